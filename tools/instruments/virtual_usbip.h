/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The USB/IP protocol (the kernel's Documentation/usb/usbip_protocol.rst), bytes only: no socket,
   no thread. A peer that breaks it is refused, never followed. */
#ifndef STANCE_VIRTUAL_USBIP_H
#define STANCE_VIRTUAL_USBIP_H

#include "virtual_device.h"

/* Headers are 48 bytes, all numbers big-endian:
     0 command   4 seqnum   8 devid   12 direction (1: IN)   16 endpoint
     CMD_SUBMIT  20 flags   24 length   28 start frame   32 packets   36 interval   40 setup
     RET_SUBMIT  20 status  24 actual length   28 start frame   32 packets   36 errors
     CMD_UNLINK  20 seqnum of the submit          RET_UNLINK  20 status
   An OUT submit and an IN reply are followed by their data. */
enum {
  STANCE_USBIP_HEADER_BYTES = 48,
  STANCE_USBIP_TRANSFER_MAX = 1 << 20, /* libusb cuts at 16 KiB, a scatter list may be longer */
  STANCE_USBIP_PENDING_MAX = 4096,
  /* Bytes of all waiting transfers: four times what Linux lends to all programs (usbfs_memory_mb).
     A header of 48 bytes asks for a megabyte: without a bound a peer could have all memory. */
  STANCE_USBIP_PENDING_BYTES_MAX = 64 << 20,
  /* Answers that a peer lets lie, beyond which it is taken to be lost. */
  STANCE_USBIP_UNREAD_MAX = 4 << 20,
};

/* One attached connection: queues the host's transfers and answers them. */
struct stance_usbip_link;
STANCE_MUST_CHECK enum stance_status stance_usbip_link_create(struct stance_virtual_device *device,
                                                              struct stance_usbip_link **ret_link);
void stance_usbip_link_destroy(struct stance_usbip_link *link);
/* Bytes from the peer, cut anywhere. False: it broke the protocol or memory ran out; close. */
bool stance_usbip_link_receive(struct stance_usbip_link *link, const uint8_t *bytes, size_t count);
/* Answers what can be answered; true where something was. */
bool stance_usbip_link_deliver(struct stance_usbip_link *link);
/* Bytes for the peer. */
const uint8_t *stance_usbip_link_output(const struct stance_usbip_link *link, size_t *ret_count);
void stance_usbip_link_sent(struct stance_usbip_link *link, size_t count);

/* What comes before a link over TCP: a list of devices, or the import of one. Answers go to
   `ret_answer`. Bytes used of the request; 0: more are needed; -1: not understood, close.
   *ret_import: number of the imported device, 0 for none. */
enum { STANCE_USBIP_ANSWER_MAX = 12 + 64 * (312 + 4 * 4) };
int stance_usbip_greet(struct stance_virtual_device *const *devices, size_t device_count,
                       const uint8_t *bytes, size_t count, uint8_t *ret_answer,
                       size_t *ret_answer_length, unsigned *ret_import);

#endif
