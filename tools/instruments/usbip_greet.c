/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first words over TCP, as `usbip list` and `usbip attach` speak them. */
#include "virtual_usbip.h"

#include <string.h>

/* Documentation/usb/usbip_protocol.rst: version 1.1.1; requests have the top bit set. */
enum {
  VERSION = 0x0111,
  REQ_DEVLIST = 0x8005,
  REP_DEVLIST = 0x0005,
  REQ_IMPORT = 0x8003,
  REP_IMPORT = 0x0003,
  HEAD_BYTES = 8,
  BUSID_BYTES = 32,
  PATH_BYTES = 256,
  DEVICE_BYTES = 312,
  BUS = 1,
  INTERFACE_DESCRIPTOR = 4,
};

static uint8_t *put16(uint8_t *at, unsigned value)
{
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
  return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
  return put16(put16(at, value >> 16), value & 0xffff);
}

static void bus_id(const struct stance_virtual_device *device, char ret_id[BUSID_BYTES])
{
  memset(ret_id, 0, BUSID_BYTES);
  snprintf(ret_id, BUSID_BYTES, "1-%u", device->number);
}

/* path 256, busid 32, busnum 4, devnum 4, speed 4, idVendor 2, idProduct 2, bcdDevice 2,
   class, subclass, protocol, configuration, configurations, interfaces. */
static uint8_t *put_device(uint8_t *at, const struct stance_virtual_device *device)
{
  const struct stance_virtual_descriptors *all = &device->kind->descriptors;
  const uint8_t *d = all->device;
  char id[BUSID_BYTES];

  bus_id(device, id);
  memset(at, 0, DEVICE_BYTES);
  snprintf((char *)at, PATH_BYTES, "/sys/devices/virtual/stance/%s", id);
  memcpy(at + PATH_BYTES, id, BUSID_BYTES);
  at += PATH_BYTES + BUSID_BYTES;
  at = put32(at, BUS);
  at = put32(at, device->number);
  at = put32(at, all->speed);
  for (size_t field = 8; field <= 12; field += 2)
    at = put16(at, (unsigned)d[field] | (unsigned)d[field + 1] << 8);
  *at++ = d[4];
  *at++ = d[5];
  *at++ = d[6];
  *at++ = device->configuration_value;
  *at++ = d[17];
  *at++ = all->configuration[4];
  return at;
}

/* Class, subclass, protocol of each interface, and a byte of padding. */
static uint8_t *put_interfaces(uint8_t *at, const struct stance_virtual_device *device)
{
  const struct stance_virtual_descriptors *all = &device->kind->descriptors;

  for (size_t k = 0; k + 8 <= all->configuration_length && all->configuration[k] > 0;
       k += all->configuration[k])
    if (all->configuration[k + 1] == INTERFACE_DESCRIPTOR) {
      memcpy(at, &all->configuration[k + 5], 3);
      at[3] = 0;
      at += 4;
    }
  return at;
}

static size_t list(struct stance_virtual_device *const *devices, size_t count, uint8_t *answer)
{
  uint8_t *at = put32(put16(put16(answer, VERSION), REP_DEVLIST), 0);
  uint8_t *number = at;
  uint32_t plugged = 0;

  at += 4;
  for (size_t k = 0; k < count; k++) {
    if (!devices[k]->plugged)
      continue;
    plugged++;
    at = put_interfaces(put_device(at, devices[k]), devices[k]);
  }
  put32(number, plugged);
  return (size_t)(at - answer);
}

int stance_usbip_greet(struct stance_virtual_device *const *devices, size_t device_count,
                       const uint8_t *bytes, size_t count, uint8_t *ret_answer,
                       size_t *ret_answer_length, unsigned *ret_import)
{
  *ret_answer_length = 0;
  *ret_import = 0;
  if (count < HEAD_BYTES)
    return 0;
  const unsigned code = (unsigned)bytes[2] << 8 | bytes[3];
  if (((unsigned)bytes[0] << 8 | bytes[1]) != VERSION)
    return -1;
  if (code == REQ_DEVLIST) {
    *ret_answer_length = list(devices, device_count, ret_answer);
    return HEAD_BYTES;
  }
  if (code != REQ_IMPORT)
    return -1;
  if (count < HEAD_BYTES + BUSID_BYTES)
    return 0;
  uint8_t *at = put16(put16(ret_answer, VERSION), REP_IMPORT);
  for (size_t k = 0; k < device_count && *ret_import == 0; k++) {
    char id[BUSID_BYTES];
    bus_id(devices[k], id);
    if (devices[k]->plugged && strncmp(id, (const char *)bytes + HEAD_BYTES, BUSID_BYTES) == 0) {
      at = put_device(put32(at, 0), devices[k]);
      *ret_import = devices[k]->number;
    }
  }
  if (*ret_import == 0)
    at = put32(at, 1);
  *ret_answer_length = (size_t)(at - ret_answer);
  return HEAD_BYTES + BUSID_BYTES;
}
