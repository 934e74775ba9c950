/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home-built plate that says anything. The first byte chooses what the rest is: bytes of the
   stream, data whose packing is made right, answers in a dialogue, the same made right, or a URI.
 */
#include "open_frame.h"
#include "serial_fuzz.h"

/* Each piece of data, packed: a length, a type, a body. */
static size_t pack_all(const uint8_t *data, size_t size, uint8_t *packed, bool reply_heads)
{
  size_t used = 0;

  while (size >= 2 && used + 2 * STANCE_OPEN_ENCODED_MAX < 65536) {
    size_t count = data[0] % 200U;
    uint8_t wire[STANCE_OPEN_ENCODED_MAX];
    count = count < size - 2 ? count : size - 2;
    const size_t length = stance_open_pack((enum stance_open_type)data[1], data + 2, count, wire);
    for (size_t at = 0; at < length; at += 63) {
      const size_t run = length - at < 63 ? length - at : 63;
      if (reply_heads)
        packed[used++] = (uint8_t)run;
      memcpy(packed + used, wire + at, run);
      used += run;
    }
    data += 2 + count;
    size -= 2 + count;
  }
  return used;
}

static void decode(const uint8_t *data, size_t size, bool packed)
{
  static uint8_t wire[65536];
  struct stance_open_stream stream = {
      .mask = data[0], .sample_bytes = 3 + data[1] % 2U, .scans_per_packet = 4, .rate_hz = 1000};
  const size_t piece = 1 + data[2] % 64U, length = size - 3;

  for (unsigned channel = 0; channel < STANCE_CHANNEL_COUNT_MAX; channel++)
    stream.channel_count += stream.mask >> channel & 1;
  if (stream.channel_count == 0)
    return;
  uint8_t *bytes = fuzz_copy(data + 3, length);
  const uint8_t *from = packed ? wire : bytes;
  const size_t count = packed ? pack_all(bytes, length, wire, false) : length;
  struct stance_frame_sink sink = {.channel_count = stream.channel_count}, whole_sink = sink;
  stance_open_stream_rewind(&stream);
  struct stance_open_stream whole = stream;
  for (size_t at = 0; at < count; at += piece)
    stance_open_stream_decode(&stream, from + at, count - at < piece ? count - at : piece, &sink);
  stance_open_stream_decode(&whole, from, count, &whole_sink);
  fuzz_check_account(&sink);
  if (memcmp(&sink, &whole_sink, sizeof sink) != 0)
    abort(); /* split differently, the same */
  free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static uint8_t wire[65536];

  if (size < 4)
    return 0;
  switch (data[0] % 5) {
  case 0:
  case 1:
    decode(data + 1, size - 1, data[0] % 5 == 1);
    break;
  case 2:
  case 3:
    fuzz_instrument(&stance_open_plate, data[0] % 5 == 3, data + 1, size - 1);
    break;
  default: {
    /* The descriptors are answers of their own and stand first, as they are. */
    const size_t plain = data[1] < size - 2 ? data[1] : size - 2;
    memcpy(wire, data + 2, plain);
    const size_t length = plain + pack_all(data + 2 + plain, size - 2 - plain, wire + plain, true);
    fuzz_instrument(&stance_open_plate, false, wire, length);
    break;
  }
  }
  return 0;
}
