/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Bota sensor and its FTDI chip that say anything. The first byte chooses what the rest is:
   packets of the chip, frames whose checksums are made right and packed into such packets, answers
   in a dialogue, or a URI. */
#include "bota.h"
#include "bota_stream.h"
#include "crc16.h"
#include "serial_fuzz.h"

static void seal(uint8_t *bytes, size_t length)
{
  for (; length >= STANCE_BOTA_FRAME_BYTES;
       bytes += STANCE_BOTA_FRAME_BYTES, length -= STANCE_BOTA_FRAME_BYTES) {
    if (bytes[0] == 0xff)
      continue; /* this one stays damaged */
    bytes[0] = 0xaa;
    const uint16_t crc = stance_crc16(bytes + 1, 34);
    bytes[35] = (uint8_t)crc;
    bytes[36] = (uint8_t)(crc >> 8);
  }
}

static void feed(struct stance_bota_stream *stream, const uint8_t *bytes, size_t length,
                 size_t piece, struct stance_frame_sink *sink)
{
  uint8_t packet[64] = {0x01, 0x60};

  for (size_t at = 0; at < length; at += piece) {
    const size_t count = length - at < piece ? length - at : piece;
    memcpy(packet + 2, bytes + at, count);
    stance_bota_stream_decode(stream, packet, 2 + count, sink);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  if (data[0] % 4 >= 2) {
    fuzz_instrument(&stance_bota, data[0] % 4 == 3, data + 1, size - 1);
    return 0;
  }
  struct stance_bota_stream stream = {.packet_bytes = 64, .nominal_period_us = 996.09375};
  struct stance_frame_sink sink = {.channel_count = STANCE_BOTA_AXES};
  uint8_t *bytes = fuzz_copy(data + 2, size - 2);
  stance_bota_stream_rewind(&stream);
  if (data[0] % 4 == 1) {
    seal(bytes, size - 2);
    feed(&stream, bytes, size - 2, 1 + data[1] % 62U, &sink);
  } else {
    stance_bota_stream_decode(&stream, bytes, size - 2, &sink);
  }
  fuzz_check_account(&sink);
  free(bytes);
  return 0;
}
