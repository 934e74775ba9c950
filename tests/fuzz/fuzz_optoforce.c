/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An OptoForce amplifier that says anything. The first byte chooses what the rest is: bytes of the
   stream, frames of it whose checksums are made right, answers in a dialogue, or a URI. */
#include "optoforce.h"
#include "optoforce_stream.h"
#include "serial_fuzz.h"

static void seal(const struct stance_optoforce_stream *stream, uint8_t *bytes, size_t length)
{
  const size_t size = stance_optoforce_frame_bytes(stream->axis_count);

  for (; length >= size; bytes += size, length -= size) {
    unsigned sum = 0;
    if (bytes[0] == 0xff)
      continue; /* this one stays damaged */
    memcpy(bytes, stream->axis_count == 3 ? "\xaa\x07\x08\x0a" : "\xaa\x07\x08\x10", 4);
    for (size_t k = 0; k < size - 2; k++)
      sum += bytes[k];
    bytes[size - 2] = (uint8_t)(sum >> 8);
    bytes[size - 1] = (uint8_t)sum;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  if (data[0] % 4 >= 2) {
    fuzz_instrument(&stance_optoforce, data[0] % 4 == 3, data + 1, size - 1);
    return 0;
  }
  struct stance_optoforce_stream stream = {.axis_count = data[1] % 2 == 0 ? 3 : 6};
  uint8_t *bytes = fuzz_copy(data + 2, size - 2);
  if (data[0] % 4 == 1)
    seal(&stream, bytes, size - 2);
  struct stance_frame_sink sink = {.channel_count = stream.axis_count};
  stance_optoforce_stream_rewind(&stream);
  const size_t piece = 1 + data[1] / 2U;
  for (size_t at = 0; at < size - 2; at += piece)
    stance_optoforce_stream_decode(&stream, bytes + at,
                                   size - 2 - at < piece ? size - 2 - at : piece, &sink);
  fuzz_check_account(&sink);
  free(bytes);
  return 0;
}
