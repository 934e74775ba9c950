/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of the USB/IP headers; private to usbip_*.c. */
#ifndef STANCE_USBIP_WIRE_H
#define STANCE_USBIP_WIRE_H

#include "virtual_usbip.h"

/* A growing buffer. */
struct stance_usbip_bytes {
  uint8_t *bytes;
  size_t used, capacity;
};
bool stance_usbip_append(struct stance_usbip_bytes *buffer, const uint8_t *bytes, size_t count);
/* Takes `count` bytes off the front. */
void stance_usbip_consume(struct stance_usbip_bytes *buffer, size_t count);

struct stance_usbip_submit {
  bool unlink;
  bool in;
  uint8_t endpoint; /* number only */
  uint32_t seqnum, devid, direction;
  uint32_t victim; /* of an unlink */
  uint32_t length;
  struct stance_virtual_setup setup;
};

/* False for what no host may send: unknown command, endpoint above 15, a transfer too large,
   isochronous packets (no instrument has any). */
bool stance_usbip_parse(const uint8_t header[STANCE_USBIP_HEADER_BYTES],
                        struct stance_usbip_submit *ret_submit);
/* False where memory ran out. */
bool stance_usbip_put_submit(struct stance_usbip_bytes *output,
                             const struct stance_usbip_submit *submit, int32_t status,
                             uint32_t actual_length, const uint8_t *data);
bool stance_usbip_put_unlink(struct stance_usbip_bytes *output,
                             const struct stance_usbip_submit *unlink, int32_t status);

/* The next packet of an IN endpoint, with the server's own faults. */
int stance_virtual_in_packet(struct stance_virtual_device *device, uint8_t endpoint,
                             uint8_t *ret_packet, size_t maximum);

#endif
