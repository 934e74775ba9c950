/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples of an MCC instrument to frames. The stream has neither head, counter nor checksum: 16-bit
   codes, LE, the sampled inputs in ascending order, scan after scan (wjasper/Linux_Drivers
   USB/mcc-libusb/usb-1608FS-Plus.c, usb-20X.c):

   0…1  lowest input of scan 0    2…3  next input    …    then scan 1

   USB delivers in order or not at all, so the only loss is in the instrument, when its buffer
   overruns: the endpoint then stalls, and the transfer engine starts the instrument anew. A code
   with bits that its converter does not have says that bytes are missing. */
#include "mcc.h"

#include <string.h>

void stance_mcc_stream_rewind(struct stance_mcc_stream *stream)
{
  stream->has_half = stream->given_up = false;
  stream->position = 0;
  stream->flags = 0;
}

static void give_up(struct stance_mcc_stream *stream, struct stance_frame_sink *sink)
{
  stream->given_up = true;
  stance_frame_sink_spoil(sink, 1);
  stance_frame_sink_ask_restart(
      sink, "the instrument sent what its converter cannot measure: bytes are missing");
}

static void end_scan(struct stance_mcc_stream *stream, struct stance_frame_sink *sink)
{
  /* The place of what is not stored is beyond the channels. */
  stance_frame_sink_push(sink, stream->value, stream->flags & STANCE_FRAME_SATURATED_ANY);
  stream->position = 0;
  stream->flags = 0;
}

static inline bool take_code(struct stance_mcc_stream *stream, unsigned code,
                             struct stance_frame_sink *sink)
{
  const unsigned place = stream->place[stream->position];

  if ((code & ~(unsigned)stream->highest_code) != 0) {
    give_up(stream, sink);
    return false;
  }
  stream->value[place] = code;
  if (code == 0 || code == stream->highest_code)
    stream->flags |= STANCE_FRAME_SATURATED(place);
  if (++stream->position == stream->sampled_count)
    end_scan(stream, sink);
  return true;
}

/* A scan that lies whole in these bytes. False where a code is none of this converter. */
static inline bool take_scan(const struct stance_mcc_stream *stream, const uint8_t *bytes,
                             size_t sampled_count, struct stance_raw_frame *frame)
{
  double value[STANCE_CHANNEL_COUNT_MAX + 1] = {0};
  const unsigned highest = stream->highest_code;
  unsigned bits = 0;
  uint32_t flags = 0;

  for (size_t k = 0; k < sampled_count; k++, bytes += 2) {
    const unsigned code = (unsigned)(bytes[0] | bytes[1] << 8), place = stream->place[k];
    bits |= code;
    value[place] = code;
    if (code == 0 || code == highest)
      flags |= STANCE_FRAME_SATURATED(place);
  }
  memcpy(frame->value, value, sizeof frame->value);
  frame->flags = flags & STANCE_FRAME_SATURATED_ANY;
  return (bits & ~highest) == 0;
}

/* All whole scans up to one with such a code; returns where the next sample stands.
   `sampled_count` is mostly known to the compiler where this is called. */
static inline const uint8_t *take_scans(const struct stance_mcc_stream *stream,
                                        const uint8_t *bytes, size_t length, size_t sampled_count,
                                        struct stance_frame_sink *sink)
{
  size_t scans = length / (2 * sampled_count), good = 0;
  struct stance_frame_batch batch = {.count = 0};

  for (; scans > 0 && good == batch.count; scans -= good) {
    stance_frame_sink_begin(sink, scans, &batch);
    for (good = 0; good < batch.count; good++, bytes += 2 * sampled_count)
      if (!take_scan(stream, bytes, sampled_count, &batch.frame[good]))
        break;
    stance_frame_sink_end(sink, &batch, good);
  }
  return bytes;
}

static const uint8_t *take_whole(const struct stance_mcc_stream *stream, const uint8_t *bytes,
                                 size_t length, struct stance_frame_sink *sink)
{
  switch (stream->sampled_count) {
  case 1:
    return take_scans(stream, bytes, length, 1, sink);
  case 2:
    return take_scans(stream, bytes, length, 2, sink);
  case 4:
    return take_scans(stream, bytes, length, 4, sink);
  case 8:
    return take_scans(stream, bytes, length, 8, sink);
  default:
    return take_scans(stream, bytes, length, stream->sampled_count, sink);
  }
}

void stance_mcc_stream_decode(struct stance_mcc_stream *stream, const uint8_t *bytes, size_t length,
                              struct stance_frame_sink *sink)
{
  if (length == 0 || stream->given_up)
    return;
  if (stream->has_half) {
    stream->has_half = false;
    if (!take_code(stream, (unsigned)(stream->half | *bytes << 8), sink))
      return;
    bytes++;
    length--;
  }
  const uint8_t *end = bytes + length;
  for (; end - bytes >= 2 && stream->position > 0; bytes += 2)
    if (!take_code(stream, (unsigned)(bytes[0] | bytes[1] << 8), sink))
      return;
  bytes = take_whole(stream, bytes, (size_t)(end - bytes), sink);
  for (; end - bytes >= 2; bytes += 2)
    if (!take_code(stream, (unsigned)(bytes[0] | bytes[1] << 8), sink))
      return;
  if (bytes < end) {
    stream->has_half = true;
    stream->half = *bytes;
  }
}
