/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an OptoForce (OnRobot) amplifier sends (tshu/optoforce6axis src/optoDriver.cpp;
   jhu-saw/sawOptoforceSensor components/code/mtsOptoforce3D.cpp). Numbers are big-endian.

   0   AA 07 08    0A: three axes, 10: six
   4   counter     of the sample, wraps at 65536
   6   status      bits 0…2 number of the sensor, 3 several sensors, 4…9 overload of Mz My Mx Fz Fy
                   Fx, 10…15 fault of sensor or amplifier
   8   Fx Fy Fz    and Mx My Mz, int16
   14  checksum    of three axes, 20 of six: sum of all bytes before it, in 16 bits

   Nothing is flushed: where a frame is broken, the next is looked for one byte further on, and the
   counter of the next good one says how many instants are missing. */
#include "optoforce_stream.h"

enum {
  HEAD_BYTES = 4,
  COUNTER_AT = 4,
  STATUS_AT = 6,
  VALUES_AT = 8,
  AXES_MAX = 6,
  /* A counter further ahead than half its range lies behind: 33 s without a byte would have ended
     the stream long before. */
  BACKWARDS = 0x8000,
  /* A second of a six-axis stream, all of it unreadable. */
  FOREIGN_MAX = 22 * STANCE_OPTOFORCE_RATE_HZ,
  FAULTY_MAX = STANCE_OPTOFORCE_RATE_HZ, /* a second */
};

enum {
  SENSOR_NUMBER = 7,
  SEVERAL_SENSORS = 1 << 3,
  OVERLOAD_FIRST = 4, /* Mz; Fx is AXES_MAX - 1 further */
  OVERLOAD_ANY = 0x3f << OVERLOAD_FIRST,
  FAULT_ANY = 0x3f << 10,
};

static uint16_t get_u16(const uint8_t *bytes)
{
  return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get_u32(const uint8_t *bytes)
{
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | get_u16(bytes + 2);
}

static inline bool is_head(const uint8_t *bytes, size_t axis_count)
{
  return get_u32(bytes) == (axis_count == 3 ? 0xaa07080a : 0xaa070810);
}

static size_t axes_of_head(const uint8_t *bytes)
{
  return is_head(bytes, 3) ? 3 : is_head(bytes, 6) ? 6 : 0;
}

/* The eight bytes of a word in four sums of 16 bits side by side: room for 128 words. */
static uint64_t side_sums(uint64_t word)
{
  const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
  return (word & even) + (word >> 8 & even);
}

static unsigned sum_of(uint64_t side_sums)
{
  return (unsigned)(side_sums * UINT64_C(0x0001000100010001) >> 48);
}

static uint64_t get_word(const uint8_t *bytes)
{
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

/* `axis_count` is 3 or 6. The head is right: its sum is known. */
static inline bool checksum_holds(const uint8_t *frame, size_t axis_count)
{
  const unsigned head = 0xaa + 0x07 + 0x08;
  const uint64_t sums = side_sums(get_word(frame + HEAD_BYTES));

  if (axis_count == 3)
    return (uint16_t)(head + 0x0a + sum_of(sums) + frame[12] + frame[13]) == get_u16(frame + 14);
  return (uint16_t)(head + 0x10 + sum_of(sums + side_sums(get_word(frame + 12)))) ==
         get_u16(frame + 20);
}

/* A sum of bytes cannot tell a frame that was cut short and filled up from the next one, but that
   one then lacks its head. One damaged byte of the head is no reason to refuse the frame before. */
static bool head_may_follow(const uint8_t *bytes, size_t length)
{
  return length < 2 || bytes[0] == 0xaa || bytes[1] == 0x07;
}

size_t stance_optoforce_find_axes(const uint8_t *bytes, size_t length)
{
  for (size_t at = 0; at + HEAD_BYTES <= length; at++) {
    const size_t axes = axes_of_head(bytes + at);
    const size_t frame_bytes = stance_optoforce_frame_bytes(axes);
    if (axes != 0 && frame_bytes <= length - at && checksum_holds(bytes + at, axes))
      return axes;
  }
  return 0;
}

void stance_optoforce_stream_rewind(struct stance_optoforce_stream *stream)
{
  *stream = (struct stance_optoforce_stream){.axis_count = stream->axis_count};
}

/* The counter is not the expected one. False where the frame is not to be used. */
__attribute__((noinline)) static bool account_jump(struct stance_optoforce_stream *stream,
                                                   uint16_t missing, struct stance_frame_sink *sink)
{
  if (missing == UINT16_MAX) {
    stance_frame_sink_repeat(sink, 1);
    return false;
  }
  if (missing >= BACKWARDS) {
    stance_frame_sink_ask_restart(sink, "the sensor began to count anew: it lost its supply or was "
                                        "reset; check the plug at the amplifier");
    stream->given_up = true;
    return false;
  }
  const uint64_t spoilt = stream->damaged < missing ? stream->damaged : missing;
  stance_frame_sink_spoil(sink, spoilt);
  stance_frame_sink_lose(sink, missing - spoilt);
  return true;
}

/* Instants between the last good frame and this one. False where the frame is not to be used. */
static inline bool account(struct stance_optoforce_stream *stream, uint16_t counter,
                           uint16_t status, struct stance_frame_sink *sink)
{
  const uint16_t missing = stream->any ? (uint16_t)(counter - (stream->next >> 16)) : 0;

  if (missing != 0 && !account_jump(stream, missing, sink))
    return false;
  stream->damaged = 0;
  stream->foreign = 0;
  stream->next = (counter + UINT32_C(1)) << 16 | (status & SENSOR_NUMBER);
  stream->any = true;
  return true;
}

/* What the sensor says is wrong with this frame. False where its values mean nothing. */
__attribute__((noinline)) static bool judge_status(struct stance_optoforce_stream *stream,
                                                   uint16_t status, struct stance_frame_sink *sink,
                                                   uint32_t *flags)
{
  if ((status & SEVERAL_SENSORS) != 0) {
    stance_frame_sink_fail(sink, "the amplifier has several sensors, whose frames cannot be told "
                                 "apart in time; leave one sensor plugged in");
    stream->given_up = true;
    return false;
  }
  if ((status & FAULT_ANY) != 0) {
    stance_frame_sink_spoil(sink, 1);
    if (++stream->faulty == FAULTY_MAX) {
      stance_frame_sink_fail(sink, "the sensor or its amplifier reports a fault of its own; check "
                                   "the cable between them, unplug it and plug it in again");
      stream->given_up = true;
    }
    return false;
  }
  stream->faulty = 0;
  if ((status & OVERLOAD_ANY) != 0) {
    stance_frame_sink_warn(sink, STANCE_WARNING_OVERLOAD);
    for (unsigned axis = 0; axis < stream->axis_count; axis++)
      if ((status >> (OVERLOAD_FIRST + AXES_MAX - 1 - axis) & 1) != 0)
        *flags |= STANCE_FRAME_SATURATED(axis);
  }
  return true;
}

static inline void push_values(const uint8_t *values, size_t axis_count, uint32_t flags,
                               struct stance_frame_sink *sink)
{
  struct stance_frame_batch batch;

  stance_frame_sink_begin(sink, 1, &batch);
  for (size_t axis = 0; axis < axis_count; axis++)
    batch.frame->value[axis] = (int16_t)get_u16(values + 2 * axis);
  for (size_t k = axis_count; k < STANCE_CHANNEL_COUNT_MAX; k++)
    batch.frame->value[k] = 0;
  batch.frame->flags = flags;
  stance_frame_sink_end(sink, &batch, 1);
}

static inline void take_frame(struct stance_optoforce_stream *stream, size_t axis_count,
                              const uint8_t *frame, struct stance_frame_sink *sink)
{
  const uint16_t status = get_u16(frame + STATUS_AT);
  uint32_t flags = 0;

  if (!account(stream, get_u16(frame + COUNTER_AT), status, sink))
    return;
  if (status == 0)
    stream->faulty = 0;
  else if (!judge_status(stream, status, sink, &flags))
    return;
  push_values(frame + VALUES_AT, axis_count, flags, sink);
}

/* `axis_count` is known to the compiler where this is called, here and below. */
static inline size_t consume_axes(struct stance_optoforce_stream *stream, size_t axis_count,
                                  const uint8_t *bytes, size_t length,
                                  struct stance_frame_sink *sink)
{
  const size_t frame_bytes = stance_optoforce_frame_bytes(axis_count);
  size_t at = 0;

  while (at + HEAD_BYTES <= length && !stream->given_up) {
    const bool head = is_head(bytes + at, axis_count);
    if (head && frame_bytes > length - at)
      break;
    if (head && checksum_holds(bytes + at, axis_count) &&
        head_may_follow(bytes + at + frame_bytes, length - at - frame_bytes)) {
      take_frame(stream, axis_count, bytes + at, sink);
      at += frame_bytes;
    } else {
      stream->damaged += head;
      stream->foreign++;
      at++;
    }
  }
  return at;
}

/* Takes every whole frame of these bytes; returns how many are done with. */
static size_t consume(struct stance_optoforce_stream *stream, const uint8_t *bytes, size_t length,
                      struct stance_frame_sink *sink)
{
  return stream->axis_count == 6 ? consume_axes(stream, 6, bytes, length, sink)
                                 : consume_axes(stream, 3, bytes, length, sink);
}

/* Frames that are split, joined or damaged. */
__attribute__((noinline)) static void decode_pieces(struct stance_optoforce_stream *stream,
                                                    const uint8_t *bytes, size_t length,
                                                    struct stance_frame_sink *sink)
{
  struct stance_serial_window *window = &stream->window;

  while (length > 0 && !stream->given_up) {
    const size_t taken = stance_serial_window_fill(window, bytes, length);
    bytes += taken;
    length -= taken;
    stance_serial_window_drop(window, consume(stream, window->bytes, window->count, sink));
  }
  if (stream->foreign > FOREIGN_MAX && !stream->given_up) {
    stance_frame_sink_ask_restart(
        sink, "what it sends cannot be read; is the amplifier an OptoForce one?");
    stream->given_up = true;
  }
  const bool well = stream->any && !stream->given_up && window->count == 0 &&
                    stream->damaged == 0 && stream->foreign == 0 && stream->faulty == 0;
  stream->plain_bytes = well ? stance_optoforce_frame_bytes(stream->axis_count) : 0;
}

/* The next frame, with nothing to tell but its values. */
static inline bool is_plain(const struct stance_optoforce_stream *stream, size_t axis_count,
                            const uint8_t *frame)
{
  return is_head(frame, axis_count) && get_u32(frame + COUNTER_AT) == stream->next &&
         checksum_holds(frame, axis_count);
}

static inline void take_plain(struct stance_optoforce_stream *stream, size_t axis_count,
                              const uint8_t *frame, struct stance_frame_sink *sink)
{
  stream->next += UINT32_C(1) << 16;
  push_values(frame + VALUES_AT, axis_count, 0, sink);
}

void stance_optoforce_stream_decode(struct stance_optoforce_stream *stream, const uint8_t *bytes,
                                    size_t length, struct stance_frame_sink *sink)
{
  /* The amplifier sends each frame by itself: mostly a transfer brings just one. */
  const bool one = length == stream->plain_bytes;

  if (one && length == stance_optoforce_frame_bytes(3) && is_plain(stream, 3, bytes))
    take_plain(stream, 3, bytes, sink);
  else if (one && length == stance_optoforce_frame_bytes(6) && is_plain(stream, 6, bytes))
    take_plain(stream, 6, bytes, sink);
  else
    decode_pieces(stream, bytes, length, sink);
}
