/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of the virtual instruments that sends anything. The first byte chooses the instrument,
   the second how the bytes are cut; the rest is what comes over TCP, the greeting first where it is
   one, else what an attached kernel sends. */
#include "virtual_usbip.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum { RET_SUBMIT = 3, RET_UNLINK = 4, TURNS_MAX = 8 };

static uint32_t get32(const uint8_t *bytes)
{
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Answers leave whole, and none says more than was asked for at most. */
static void check_first(const uint8_t *bytes, size_t count)
{
  if (count == 0)
    return;
  if (count < STANCE_USBIP_HEADER_BYTES ||
      (get32(bytes) != RET_SUBMIT && get32(bytes) != RET_UNLINK) ||
      get32(bytes + 24) > STANCE_USBIP_TRANSFER_MAX)
    abort();
}

/* As the server does it; its clock is elastic, so that no time need pass. */
static void serve(struct stance_virtual_device *device, struct stance_usbip_link *link)
{
  size_t waiting;

  device->kind->advance(device);
  for (int turn = 0; turn < TURNS_MAX && stance_usbip_link_deliver(link); turn++)
    device->kind->advance(device);
  stance_virtual_clock_settle(&device->clock);
  const uint8_t *answer = stance_usbip_link_output(link, &waiting);
  check_first(answer, waiting);
  stance_usbip_link_sent(link, waiting);
}

static void attach(struct stance_virtual_device *device, const uint8_t *data, size_t size,
                   size_t piece)
{
  struct stance_usbip_link *link;

  if (stance_usbip_link_create(device, &link) != STANCE_OK)
    return;
  stance_virtual_device_power_on(device);
  while (size > 0) {
    const size_t count = piece < size ? piece : size;
    if (!stance_usbip_link_receive(link, data, count))
      break;
    serve(device, link);
    data += count;
    size -= count;
  }
  stance_usbip_link_destroy(link);
}

/* Bytes of the stream that the greeting took. */
static size_t greet(struct stance_virtual_device *device, const uint8_t *data, size_t size)
{
  static uint8_t answer[STANCE_USBIP_ANSWER_MAX];
  unsigned import;
  size_t length;
  const int taken = stance_usbip_greet(&device, 1, data, size, answer, &length, &import);

  if (length > sizeof answer || taken > (int)size || import > 1)
    abort();
  return taken > 0 ? (size_t)taken : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct stance_virtual_device *device;
  size_t kinds = 0;

  if (size < 2)
    return 0;
  while (stance_virtual_kinds[kinds] != NULL)
    kinds++;
  if (stance_virtual_device_create(stance_virtual_kinds[data[0] % kinds], NULL, NULL, &device,
                                   NULL) != STANCE_OK)
    return 0;
  device->plugged = true;
  device->clock.speed = (double)INFINITY;
  const size_t piece = data[1] == 0 ? size : data[1];
  const size_t taken = greet(device, data + 2, size - 2);
  attach(device, data + 2 + taken, size - 2 - taken, piece);
  stance_virtual_device_destroy(device);
  return 0;
}
