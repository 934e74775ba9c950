/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a rig's instruments are there, told before anybody needs them. */
#include "stance/usb.h"

#include "usb_private.h"

#include <stdlib.h>
#include <string.h>

/* What one URI asks for, and what there is of it. */
struct sought {
  bool by_usb;
  const struct stance_instrument *kind; /* NULL: any */
  char port[32], serial[64];            /* "": any */
  size_t match_count;
  const char *match; /* port of the last one */
};

static bool find_kind(const char *scheme, struct sought *sought)
{
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    if (strcmp(stance_instruments[k]->kind.scheme, scheme) == 0) {
      sought->kind = stance_instruments[k];
      return true;
    }
  return strcmp(stance_usb_driver.kind.scheme, scheme) == 0;
}

/* False where it names a terminal that is not there. */
static bool read_uri(const char *root, const char *text, struct sought *sought,
                     struct stance_problem *ret_why)
{
  struct stance_uri uri;
  if (stance_uri_init(&uri, text, NULL) != STANCE_OK || !find_kind(uri.scheme, sought))
    return true;
  sought->by_usb = true;
  if (uri.path[0] == '/')
    return usb_port_of_terminal(root, uri.path, sought->port, sizeof sought->port, ret_why) ==
           STANCE_OK;
  const bool is_port = usb_is_port(uri.path);
  snprintf(sought->port, sizeof sought->port, "%s", is_port ? uri.path : "");
  snprintf(sought->serial, sizeof sought->serial, "%s", is_port ? "" : uri.path);
  return true;
}

/* As opening would have it: a chip that is in many machines is meant only where its port is named.
 */
static bool is_meant(const struct stance_usb_device *device, const struct sought *sought)
{
  if (sought->kind != NULL && strcmp(device->scheme, sought->kind->kind.scheme) != 0)
    return false;
  if (device->generic && (sought->kind == NULL || sought->port[0] == '\0'))
    return false;
  return sought->port[0] == '\0' || strcmp(device->port, sought->port) == 0;
}

static bool is_there(const struct stance_usb_device *device, size_t device_count,
                     struct sought *sought, struct stance_problem *ret_why)
{
  for (size_t k = 0; k < device_count; k++)
    if (is_meant(&device[k], sought)) {
      sought->match_count++;
      sought->match = device[k].port;
    }
  if (!sought->by_usb || sought->match_count > 0)
    return true;
  (void)usb_complain_missing(sought->kind, sought->serial, sought->port, ret_why);
  return false;
}

/* One instrument cannot be both. */
static bool are_two(const struct sought sought[2], struct stance_problem *ret_why)
{
  if (!sought[0].by_usb || !sought[1].by_usb || sought[0].match_count > 1 ||
      sought[1].match_count > 1 || strcmp(sought[0].match, sought[1].match) != 0)
    return true;
  stance_problem_write(ret_why,
                       "only one of the rig's two instruments is connected, at USB port %s; plug "
                       "the other one in",
                       sought[0].match);
  return false;
}

bool stance_usb_is_plugged_in(const char *root, const char *const *uri, size_t count,
                              struct stance_problem *ret_why)
{
  struct sought sought[2] = {{0}};
  struct stance_usb_device *device = NULL;
  size_t device_count = 0;
  bool there = true, by_usb = false;
  ret_why->text[0] = '\0';
  for (size_t k = 0; k < count && there; k++) {
    there = read_uri(root, uri[k], &sought[k], ret_why);
    by_usb = by_usb || sought[k].by_usb;
  }
  /* no memory to look is no reason to call it away */
  if (!there || !by_usb || usb_devices_present(root, &device, &device_count) != STANCE_OK)
    return there;
  for (size_t k = 0; k < count && there; k++)
    there = is_there(device, device_count, &sought[k], ret_why);
  there = there && (count < 2 || are_two(sought, ret_why));
  free(device);
  return there;
}
