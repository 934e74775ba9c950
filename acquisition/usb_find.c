/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is plugged in, told from its descriptors alone: nothing is opened here. */
#include "usb_private.h"

#include <string.h>

bool usb_is_port(const char *text)
{
  const size_t bus = strspn(text, "0123456789");
  if (bus == 0 || text[bus] != '-')
    return false;
  const char *ports = text + bus + 1;
  return *ports >= '0' && *ports <= '9' && strspn(ports, "0123456789.") == strlen(ports);
}

void usb_name_port(libusb_device *device, char *ret_port, size_t size)
{
  enum { DEPTH_MAX = 7 }; /* USB 3.0, 7.2: tiers */
  uint8_t number[DEPTH_MAX];
  const int depth = libusb_get_port_numbers(device, number, DEPTH_MAX);
  int used = snprintf(ret_port, size, "%u", libusb_get_bus_number(device));
  for (int k = 0; k < depth && used > 0 && (size_t)used < size; k++)
    used += snprintf(ret_port + used, size - (size_t)used, "%c%u", k == 0 ? '-' : '.', number[k]);
  if (depth <= 0 && used > 0 && (size_t)used < size) /* a root hub, or unknown */
    snprintf(ret_port + used, size - (size_t)used, "-0");
}

const struct stance_usb_id *usb_match(const struct stance_instrument *instrument, uint16_t vendor,
                                      uint16_t product)
{
  for (const struct stance_usb_id *id = instrument->ids; id->vendor != 0; id++)
    if (id->vendor == vendor && id->product == product)
      return id;
  return NULL;
}

static bool is_meant(const struct stance_usb_id *id, const char *port,
                     const struct usb_where *where)
{
  if (id->generic)
    return where->generic_port != NULL && strcmp(where->generic_port, port) == 0;
  return where->port == NULL || strcmp(where->port, port) == 0;
}

size_t usb_find(libusb_context *context, const struct stance_instrument *instrument,
                const struct usb_where *where,
                struct usb_candidate ret_candidate[USB_CANDIDATE_MAX])
{
  libusb_device **list = NULL;
  const ssize_t count = libusb_get_device_list(context, &list);
  size_t found = 0;
  for (ssize_t k = 0; k < count && found < USB_CANDIDATE_MAX; k++) {
    struct libusb_device_descriptor descriptor;
    struct usb_candidate *candidate = &ret_candidate[found];
    if (libusb_get_device_descriptor(list[k], &descriptor) != LIBUSB_SUCCESS)
      continue;
    candidate->id = usb_match(instrument, descriptor.idVendor, descriptor.idProduct);
    if (candidate->id == NULL)
      continue;
    usb_name_port(list[k], candidate->port, sizeof candidate->port);
    candidate->plugging =
        (unsigned)libusb_get_bus_number(list[k]) << 8 | libusb_get_device_address(list[k]);
    if (is_meant(candidate->id, candidate->port, where)) {
      candidate->device = libusb_ref_device(list[k]);
      found++;
    }
  }
  if (count >= 0)
    libusb_free_device_list(list, 1);
  return found;
}

void usb_candidates_release(struct usb_candidate *candidate, size_t count)
{
  for (size_t k = 0; k < count; k++)
    libusb_unref_device(candidate[k].device);
}
