/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "labjack_packets.h"

#include <string.h>

static unsigned sum(const uint8_t *bytes, size_t first, size_t end)
{
  unsigned total = 0;
  while (first < end)
    total += bytes[first++];
  return total;
}

static uint8_t folded(unsigned total)
{
  for (int time = 0; time < 2; time++)
    total = total % 256 + total / 256;
  return (uint8_t)total;
}

void labjack_seal(uint8_t *bytes, size_t length)
{
  const unsigned total = sum(bytes, 6, length);
  bytes[4] = (uint8_t)(total % 256);
  bytes[5] = (uint8_t)(total / 256);
  bytes[0] = folded(sum(bytes, 1, 6));
}

void labjack_seal_normal(uint8_t *bytes, size_t length)
{
  bytes[0] = folded(sum(bytes, 1, length));
}

size_t labjack_packet(uint8_t counter, uint8_t error, uint16_t missed, uint8_t backlog,
                      const uint16_t *samples, size_t count, uint8_t *ret_packet)
{
  const size_t length = 14 + 2 * count;
  memset(ret_packet, 0, length);
  ret_packet[1] = 0xf9;
  ret_packet[2] = (uint8_t)(4 + count);
  ret_packet[3] = 0xc0;
  ret_packet[6] = (uint8_t)(missed % 256);
  ret_packet[7] = (uint8_t)(missed / 256);
  ret_packet[10] = counter;
  ret_packet[11] = error;
  for (size_t k = 0; k < count; k++) {
    ret_packet[12 + 2 * k] = (uint8_t)(samples[k] % 256);
    ret_packet[13 + 2 * k] = (uint8_t)(samples[k] / 256);
  }
  ret_packet[12 + 2 * count] = backlog;
  labjack_seal(ret_packet, length);
  return length;
}

void labjack_put_fixed(uint8_t *bytes, double value)
{
  const int64_t fixed = (int64_t)(value * 4294967296.0 + (value < 0 ? -0.5 : 0.5));
  for (int k = 0; k < 8; k++)
    bytes[k] = (uint8_t)((uint64_t)fixed >> 8 * k);
}
