/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of the open framing: COBS (Cheshire and Baker 1999), a zero at the end of each, and
   CRC-16/IBM-SDLC over what COBS hides. */
#include "open_frame.h"

#include "crc16.h"

#include <string.h>

uint16_t stance_open_get_u16(const uint8_t *bytes)
{
  return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t stance_open_get_u32(const uint8_t *bytes)
{
  return (uint32_t)stance_open_get_u16(bytes) | (uint32_t)stance_open_get_u16(bytes + 2) << 16;
}

size_t stance_open_pack(enum stance_open_type type, const uint8_t *body, size_t count,
                        uint8_t ret_encoded[STANCE_OPEN_ENCODED_MAX])
{
  uint8_t packet[STANCE_OPEN_PACKET_MAX] = {STANCE_OPEN_VERSION, (uint8_t)type};
  size_t length = 2, code_at = 0, used = 1;

  if (count > 0)
    memcpy(packet + length, body, count);
  length += count;
  const uint16_t check = stance_crc16(packet, length);
  packet[length++] = (uint8_t)check;
  packet[length++] = (uint8_t)(check >> 8);
  for (size_t k = 0; k < length; k++) {
    if (packet[k] != 0) {
      ret_encoded[used++] = packet[k];
      continue;
    }
    ret_encoded[code_at] = (uint8_t)(used - code_at);
    code_at = used++;
  }
  ret_encoded[code_at] = (uint8_t)(used - code_at);
  ret_encoded[used++] = 0;
  return used;
}

/* What COBS encodes is what stands behind its first byte, but for the other bytes that say where
   the next of them is: these stand for a zero. */
size_t stance_open_unpack(const uint8_t *encoded, size_t count,
                          uint8_t ret_packet[STANCE_OPEN_ENCODED_MAX])
{
  size_t length = count - 1, at = 0;

  if (count < 1 + 2 + STANCE_OPEN_CHECK_BYTES || length > STANCE_OPEN_PACKET_MAX)
    return 0;
  memcpy(ret_packet, encoded + 1, length);
  for (;;) {
    const size_t step = encoded[at];
    at += step;
    if (at >= count || step == 0)
      break;
    ret_packet[at - 1] = 0;
  }
  if (at != count || ret_packet[0] != STANCE_OPEN_VERSION)
    return 0;
  length -= STANCE_OPEN_CHECK_BYTES;
  return stance_crc16(ret_packet, length) == stance_open_get_u16(ret_packet + length) ? length : 0;
}

void stance_open_gatherer_clear(struct stance_open_gatherer *gatherer)
{
  gatherer->count = 0;
  gatherer->overlong = false;
}

bool stance_open_gather(struct stance_open_gatherer *gatherer, const uint8_t **bytes,
                        size_t *length)
{
  const uint8_t *zero = memchr(*bytes, 0, *length);
  const size_t count = zero == NULL ? *length : (size_t)(zero - *bytes);
  const size_t taken = zero == NULL ? count : count + 1;

  if (count > sizeof gatherer->bytes - gatherer->count)
    gatherer->overlong = true;
  else
    memcpy(gatherer->bytes + gatherer->count, *bytes, count);
  if (!gatherer->overlong)
    gatherer->count += count;
  *bytes += taken;
  *length -= taken;
  return zero != NULL;
}
