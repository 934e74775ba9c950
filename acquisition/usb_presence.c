/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a URI's instrument is there, told before anybody needs it. */
#include "stance/usb.h"

#include "usb_private.h"

#include <stdlib.h>
#include <string.h>

/* NULL: none in particular, for `usb:`. STANCE_END: no USB instrument at all. */
static enum stance_status find_kind(const char *scheme, const struct stance_instrument **ret_kind)
{
  *ret_kind = NULL;
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    if (strcmp(stance_instruments[k]->kind.scheme, scheme) == 0) {
      *ret_kind = stance_instruments[k];
      return STANCE_OK;
    }
  return strcmp(stance_usb_driver.kind.scheme, scheme) == 0 ? STANCE_OK : STANCE_END;
}

/* As opening would have it: a chip that is in many machines is meant only where its port is named.
 */
static bool is_meant(const struct stance_usb_device *device, const struct stance_instrument *kind,
                     const char *port)
{
  if (kind != NULL && strcmp(device->scheme, kind->kind.scheme) != 0)
    return false;
  if (device->generic && (kind == NULL || port[0] == '\0'))
    return false;
  return port[0] == '\0' || strcmp(device->port, port) == 0;
}

static bool is_listed(const char *root, const struct stance_instrument *kind, const char *port)
{
  struct stance_usb_device *device = NULL;
  size_t count = 0;
  bool found = false;
  if (stance_usb_devices(root, &device, &count) != STANCE_OK)
    return true; /* no memory to look is no reason to call it away */
  for (size_t k = 0; k < count && !found; k++)
    found = is_meant(&device[k], kind, port);
  free(device);
  return found;
}

bool stance_usb_is_plugged_in(const char *root, const char *uri, struct stance_problem *ret_why)
{
  const struct stance_instrument *kind;
  struct stance_uri parsed;
  char port[32] = "";
  ret_why->text[0] = '\0';
  if (stance_uri_init(&parsed, uri, NULL) != STANCE_OK ||
      find_kind(parsed.scheme, &kind) != STANCE_OK)
    return true;
  const bool is_port = usb_is_port(parsed.path), is_terminal = parsed.path[0] == '/';
  if (is_terminal &&
      usb_port_of_terminal(root, parsed.path, port, sizeof port, ret_why) != STANCE_OK)
    return false;
  if (is_port)
    snprintf(port, sizeof port, "%s", parsed.path);
  if (is_listed(root, kind, port))
    return true;
  (void)usb_complain_missing(kind, is_port || is_terminal ? "" : parsed.path, port, ret_why);
  return false;
}
