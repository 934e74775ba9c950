/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data of the open framing (OPEN_FRAMING.md), behind COBS and checksum. Numbers are little-endian.

   0   version 1, type 10
   2   index    of the first scan, from 0 at START, wraps at 2^32
   6   time     of the first scan, µs, wraps at 2^32
   10  mask     bit k: channel k is in each scan
   11  bytes    3 or 4 of a sample
   12  flags    bit 0 overrun, 1 a conversion was missed; 8 + k: channel k out of range
   14  scans    one after the other, the lowest channel first                              */
#include "open_frame.h"

#include <math.h>
#include <string.h>

enum { INDEX_AT = 2, TIME_AT = 6, MASK_AT = 10, BYTES_AT = 11, FLAGS_AT = 12 };
enum { OVERRUN = 1 << 0, MISSED = 1 << 1, OUT_OF_RANGE_FIRST = 8 };

enum {
  BACKWARDS = INT32_MAX, /* an index further ahead lies behind */
  /* Ten seconds without a byte would have ended the stream: what is further is another count. */
  JUMP_MAX_S = 30,
  /* Packets in a row that are none: a second and more of any stream. */
  UNREADABLE_MAX = 5000,
};

void stance_open_stream_rewind(struct stance_open_stream *stream)
{
  *stream = (struct stance_open_stream){
      .mask = stream->mask,
      .channel_count = stream->channel_count,
      .sample_bytes = stream->sample_bytes,
      .scans_per_packet = stream->scans_per_packet,
      .rate_hz = stream->rate_hz,
  };
}

static void restart(struct stance_open_stream *stream, struct stance_frame_sink *sink,
                    const char *reason)
{
  stance_frame_sink_ask_restart(sink, reason);
  stream->given_up = true;
}

/* Scans between the last good packet and this one. False where the packet is not to be used. */
static bool account(struct stance_open_stream *stream, uint32_t index, uint32_t count,
                    struct stance_frame_sink *sink)
{
  const uint32_t missing = index - stream->index; /* `index` is 0 before the first */
  const double jump_max = JUMP_MAX_S * stream->rate_hz;

  if (stream->any && index == stream->last_index) {
    stance_frame_sink_repeat(sink, count);
    return false;
  }
  if (missing > BACKWARDS || missing > jump_max) {
    restart(stream, sink,
            "its sample index jumped: it lost its supply or was reset, or its firmware does not "
            "count from 0 at each start");
    return false;
  }
  if (missing != 0) {
    const uint64_t held = stream->damaged * stream->scans_per_packet;
    const uint64_t spoilt = held < missing ? held : missing;
    stance_frame_sink_spoil(sink, spoilt);
    stance_frame_sink_lose(sink, missing - spoilt);
  }
  stream->damaged = 0;
  stream->unreadable = 0;
  return true;
}

/* An instrument whose time passes without its index has lost samples that it does not count. Its
   crystal, and the converter's own oscillator above all, may be far off. */
static void compare_time(const struct stance_open_stream *stream, uint32_t index, uint32_t time_us,
                         struct stance_frame_sink *sink)
{
  static const double tolerance_samples = 3, tolerance = 0.2;
  const double expected = (uint32_t)(index - stream->last_index);
  const double passed = (uint32_t)(time_us - stream->last_us) * 1e-6 * stream->rate_hz;

  if (stream->any && fabs(passed - expected) > tolerance_samples + tolerance * expected)
    stance_frame_sink_warn(sink, STANCE_WARNING_OVERRUN);
}

static inline double get_sample(const uint8_t *bytes, size_t sample_bytes)
{
  const uint32_t low = (uint32_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
  const int32_t sign = 1 << 23;
  if (sample_bytes == 4)
    return (int32_t)(low | (uint32_t)bytes[3] << 24);
  return (int32_t)(low ^ (uint32_t)sign) - sign;
}

/* Bits of channels become bits of positions in a scan. */
static uint32_t saturated(uint8_t mask, unsigned channels)
{
  uint32_t flags = 0;
  unsigned position = 0;

  for (unsigned channel = 0; channel < STANCE_CHANNEL_COUNT_MAX; channel++)
    if ((mask >> channel & 1) != 0) {
      flags |= (channels >> channel & 1) != 0 ? STANCE_FRAME_SATURATED(position) : 0;
      position++;
    }
  return flags;
}

static inline void take_scan(const uint8_t *sample, size_t sample_bytes, size_t channel_count,
                             uint32_t flags, struct stance_raw_frame *frame)
{
  for (size_t k = 0; k < channel_count; k++, sample += sample_bytes)
    frame->value[k] = get_sample(sample, sample_bytes);
  for (size_t k = channel_count; k < STANCE_CHANNEL_COUNT_MAX; k++)
    frame->value[k] = 0;
  frame->flags = flags;
}

/* `sample_bytes`, and mostly `channel_count`, is known to the compiler where this is called. */
static inline void push_each(const uint8_t *sample, size_t sample_bytes, size_t channel_count,
                             size_t count, uint32_t flags, struct stance_frame_sink *sink)
{
  struct stance_frame_batch batch;

  for (; count > 0; count -= batch.count) {
    stance_frame_sink_begin(sink, count, &batch);
    for (size_t k = 0; k < batch.count; k++, sample += channel_count * sample_bytes)
      take_scan(sample, sample_bytes, channel_count, flags, &batch.frame[k]);
    stance_frame_sink_end(sink, &batch, batch.count);
  }
}

static void push_scans(const struct stance_open_stream *stream, const uint8_t *sample, size_t count,
                       uint16_t wire_flags, struct stance_frame_sink *sink)
{
  uint32_t flags = 0;

  if (wire_flags >> OUT_OF_RANGE_FIRST != 0)
    flags = saturated(stream->mask, wire_flags >> OUT_OF_RANGE_FIRST);
  if (flags != 0)
    stance_frame_sink_warn(sink, STANCE_WARNING_OVERLOAD);
  if (stream->sample_bytes == 3 && stream->channel_count == 8)
    push_each(sample, 3, 8, count, flags, sink);
  else if (stream->sample_bytes == 4)
    push_each(sample, 4, stream->channel_count, count, flags, sink);
  else
    push_each(sample, 3, stream->channel_count, count, flags, sink);
}

static void take_data(struct stance_open_stream *stream, const uint8_t *packet, size_t length,
                      struct stance_frame_sink *sink)
{
  const size_t scan_bytes = stream->channel_count * stream->sample_bytes;
  const size_t count =
      length < STANCE_OPEN_DATA_HEAD ? 0 : (length - STANCE_OPEN_DATA_HEAD) / scan_bytes;

  if (count == 0 || STANCE_OPEN_DATA_HEAD + count * scan_bytes != length ||
      packet[MASK_AT] != stream->mask || packet[BYTES_AT] != stream->sample_bytes) {
    restart(stream, sink, "it sends other channels than it was set up for; is its firmware right?");
    return;
  }
  const uint32_t index = stance_open_get_u32(packet + INDEX_AT);
  const uint32_t time_us = stance_open_get_u32(packet + TIME_AT);
  const uint16_t flags = stance_open_get_u16(packet + FLAGS_AT);
  if (!account(stream, index, (uint32_t)count, sink))
    return;
  compare_time(stream, index, time_us, sink);
  stream->any = true;
  stream->last_index = index;
  stream->last_us = time_us;
  stream->index = index + (uint32_t)count;
  if ((flags & OVERRUN) != 0)
    stance_frame_sink_warn(sink, STANCE_WARNING_OVERRUN);
  if ((flags & MISSED) != 0) /* which scan is not said: none of them is believed */
    stance_frame_sink_spoil(sink, count);
  else
    push_scans(stream, packet + STANCE_OPEN_DATA_HEAD, count, flags, sink);
}

/* What stood before a zero. */
static void take_packet(struct stance_open_stream *stream, const uint8_t *encoded, size_t count,
                        bool overlong, struct stance_frame_sink *sink)
{
  uint8_t packet[STANCE_OPEN_ENCODED_MAX];
  const size_t length = overlong ? 0 : stance_open_unpack(encoded, count, packet);
  /* Zeros in a row are allowed: they end nothing. */
  const bool empty = count == 0 && !overlong;

  if (length == 0 && !empty) {
    stream->damaged++;
    if (++stream->unreadable == UNREADABLE_MAX)
      restart(stream, sink,
              "what it sends cannot be read; does its firmware keep to "
              "OPEN_FRAMING.md?");
  } else if (length > 0 && packet[1] == STANCE_OPEN_DATA) {
    take_data(stream, packet, length, sink);
  }
}

void stance_open_stream_decode(struct stance_open_stream *stream, const uint8_t *bytes,
                               size_t length, struct stance_frame_sink *sink)
{
  struct stance_open_gatherer *gatherer = &stream->gatherer;

  while (length > 0 && !stream->given_up) {
    /* A packet that comes whole need not be gathered. */
    const uint8_t *zero =
        gatherer->count == 0 && !gatherer->overlong ? memchr(bytes, 0, length) : NULL;
    if (zero != NULL) {
      const size_t count = (size_t)(zero - bytes);
      take_packet(stream, bytes, count, count > sizeof gatherer->bytes, sink);
      bytes += count + 1;
      length -= count + 1;
    } else if (stance_open_gather(gatherer, &bytes, &length)) {
      take_packet(stream, gatherer->bytes, gatherer->count, gatherer->overlong, sink);
      stance_open_gatherer_clear(gatherer);
    }
  }
}
