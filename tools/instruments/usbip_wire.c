/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "usbip_wire.h"

#include <stdlib.h>
#include <string.h>

/* Documentation/usb/usbip_protocol.rst. */
enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4, DIRECTION_IN = 1 };
static const uint32_t no_packets = UINT32_MAX; /* some clients say so for "not isochronous" */

static uint32_t get32(const uint8_t *bytes)
{
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put32(uint8_t *bytes, uint32_t value)
{
  bytes[0] = (uint8_t)(value >> 24);
  bytes[1] = (uint8_t)(value >> 16);
  bytes[2] = (uint8_t)(value >> 8);
  bytes[3] = (uint8_t)value;
}

bool stance_usbip_append(struct stance_usbip_bytes *buffer, const uint8_t *bytes, size_t count)
{
  if (buffer->used + count > buffer->capacity) {
    const size_t capacity = 2 * (buffer->used + count);
    uint8_t *larger = realloc(buffer->bytes, capacity);
    if (larger == NULL)
      return false;
    buffer->bytes = larger;
    buffer->capacity = capacity;
  }
  if (count > 0)
    memcpy(buffer->bytes + buffer->used, bytes, count);
  buffer->used += count;
  return true;
}

void stance_usbip_consume(struct stance_usbip_bytes *buffer, size_t count)
{
  if (count == 0)
    return;
  memmove(buffer->bytes, buffer->bytes + count, buffer->used - count);
  buffer->used -= count;
}

/* The setup packet itself is little-endian, as on the bus. */
static struct stance_virtual_setup get_setup(const uint8_t *bytes)
{
  return (struct stance_virtual_setup){
      .request_type = bytes[0],
      .request = bytes[1],
      .value = (uint16_t)(bytes[2] | bytes[3] << 8),
      .index = (uint16_t)(bytes[4] | bytes[5] << 8),
      .length = (uint16_t)(bytes[6] | bytes[7] << 8),
  };
}

bool stance_usbip_parse(const uint8_t header[STANCE_USBIP_HEADER_BYTES],
                        struct stance_usbip_submit *ret_submit)
{
  const uint32_t command = get32(header), endpoint = get32(header + 16);
  const uint32_t packets = get32(header + 32);
  struct stance_usbip_submit submit = {
      .unlink = command == CMD_UNLINK,
      .seqnum = get32(header + 4),
      .devid = get32(header + 8),
      .direction = get32(header + 12),
  };

  if ((command != CMD_SUBMIT && command != CMD_UNLINK) || endpoint > 15 ||
      submit.direction > DIRECTION_IN)
    return false;
  submit.in = submit.direction == DIRECTION_IN;
  submit.endpoint = (uint8_t)endpoint;
  if (submit.unlink) {
    submit.victim = get32(header + 20);
  } else {
    submit.length = get32(header + 24);
    submit.setup = get_setup(header + 40);
    if (submit.length > STANCE_USBIP_TRANSFER_MAX || (packets != 0 && packets != no_packets))
      return false;
    /* A control transfer says its direction twice. */
    if (submit.endpoint == 0 && submit.length > 0 &&
        submit.in != ((submit.setup.request_type & 0x80) != 0))
      return false;
  }
  *ret_submit = submit;
  return true;
}

static bool put_header(struct stance_usbip_bytes *output, uint32_t command,
                       const struct stance_usbip_submit *submit, int32_t status,
                       uint32_t actual_length)
{
  uint8_t header[STANCE_USBIP_HEADER_BYTES] = {0};

  put32(header, command);
  put32(header + 4, submit->seqnum);
  put32(header + 20, (uint32_t)status);
  put32(header + 24, actual_length);
  return stance_usbip_append(output, header, sizeof header);
}

bool stance_usbip_put_submit(struct stance_usbip_bytes *output,
                             const struct stance_usbip_submit *submit, int32_t status,
                             uint32_t actual_length, const uint8_t *data)
{
  return put_header(output, RET_SUBMIT, submit, status, actual_length) &&
         (!submit->in || stance_usbip_append(output, data, actual_length));
}

bool stance_usbip_put_unlink(struct stance_usbip_bytes *output,
                             const struct stance_usbip_submit *unlink, int32_t status)
{
  return put_header(output, RET_UNLINK, unlink, status, 0);
}
