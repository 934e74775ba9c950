/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Bota SensONE or Rokubi sends (BOTAsys/matlab bota_serial; the rokubimini_serial driver),
   inside the packets of an FTDI chip. Numbers are little-endian.

   0   AA
   1   status       bit 0 too slow: samples were skipped, 1 over range, 2 invalid, 3 raw
   3   Fx Fy Fz     N, float
   15  Mx My Mz     Nm, float
   27  time stamp   µs, wraps after 71.6 minutes
   31  temperature  °C, float
   35  CRC-16/X.25  over the 34 bytes from 1 on

   There is no counter: how many samples are missing follows from the time stamps, on an even grid
   that follows the sensor's own period. A stamp may be off by less than half a period, and a gap is
   exact up to half a period in error of the grid: thousands of samples. */
#include "bota_stream.h"

#include "crc16.h"
#include "usb_serial.h"

#include <math.h>

enum {
  HEAD = 0xaa,
  STATUS_AT = 1,
  VALUES_AT = 3,
  STAMP_AT = 27,
  CHECK_AT = 35,
  /* A time stamp further ahead is another clock: 10 s without a byte would have ended the stream
     long before. */
  JUMP_MAX_US = 30000000,
  FOREIGN_MAX = 46080, /* what 460800 baud carry in a second */
  EMPTY_MAX = 1000,    /* a second at the chip's latency of 1 ms */
  INVALID_MAX = 1000,  /* a second of frames */
};

enum { SKIPPED = 1 << 0, OVER_RANGE = 1 << 1, INVALID = 1 << 2, RAW = 1 << 3 };

/* Gain of the grid: stamps scatter by a task's delay in the sensor, its crystal does not move. From
   1/16 at first, to find the period, to 1/116 after a thousand frames: a scatter of 100 µs then
   leaves the period uncertain by some 14 ppm. */
enum { GAIN_FRAMES_MAX = 1000 };
static const double gain_first_inverse = 16, gain_inverse_per_frame = 0.1;
/* [?] How near the rate of each filter is to what is documented: no period beyond 2 % is learnt. */
static const double period_tolerance = 0.02;

static uint16_t get_u16(const uint8_t *bytes)
{
  return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get_u32(const uint8_t *bytes)
{
  return (uint32_t)get_u16(bytes) | (uint32_t)get_u16(bytes + 2) << 16;
}

static double get_float(const uint8_t *bytes)
{
  const uint32_t bits = get_u32(bytes);
  float value;
  memcpy(&value, &bits, sizeof value);
  return (double)value;
}

/* False where one of them is infinite or no number: an exponent of all ones, which one more makes
   carry into the sign. Two at a time. */
static bool are_finite(const uint8_t *values)
{
  const uint64_t signs = UINT64_C(0x8000000080000000), ones = UINT64_C(0x0080000000800000);
  uint64_t carries = 0;

  for (size_t axis = 0; axis < STANCE_BOTA_AXES; axis += 2) {
    const uint8_t *pair = values + 4 * axis;
    const uint64_t bits = (uint64_t)get_u32(pair) | (uint64_t)get_u32(pair + 4) << 32;
    carries |= (bits & ~signs) + ones;
  }
  return (carries & signs) == 0;
}

static double gain_after(unsigned frames)
{
  return 1 / (gain_first_inverse + gain_inverse_per_frame * frames);
}

void stance_bota_stream_rewind(struct stance_bota_stream *stream)
{
  *stream = (struct stance_bota_stream){
      .packet_bytes = stream->packet_bytes,
      .nominal_period_us = stream->nominal_period_us,
      .period_us = stream->nominal_period_us,
      .gain = gain_after(0),
  };
}

static void restart(struct stance_bota_stream *stream, struct stance_frame_sink *sink,
                    const char *reason)
{
  stance_frame_sink_ask_restart(sink, reason);
  stream->given_up = true;
}

/* On the grid, whose last instant lies `late_us` before the last frame. */
static inline double since_grid_us(const struct stance_bota_stream *stream, uint32_t elapsed_us)
{
  return elapsed_us + stream->late_us;
}

static inline bool is_next(const struct stance_bota_stream *stream, double since_us)
{
  return since_us < 1.5 * stream->period_us;
}

/* The grid follows a frame of so many steps after the last one. */
static inline void follow(struct stance_bota_stream *stream, double since_us, double steps)
{
  const double error_us = since_us - steps * stream->period_us;
  const double gain = stream->gain;
  const double most_us = stream->nominal_period_us * (1 + period_tolerance);
  const double least_us = stream->nominal_period_us * (1 - period_tolerance);

  /* Critically damped: the gain of the period is a quarter of the square. */
  stream->late_us = error_us * (1 - gain);
  stream->period_us += gain * gain / 4 * error_us / steps;
  if (stream->followed < GAIN_FRAMES_MAX)
    stream->gain = gain_after(++stream->followed);
  if (stream->period_us > most_us)
    stream->period_us = most_us;
  if (stream->period_us < least_us)
    stream->period_us = least_us;
}

/* Samples from the last good frame to the one of `elapsed_us` later, at least 1; the grid follows.
 */
static uint64_t count_steps(struct stance_bota_stream *stream, uint32_t elapsed_us)
{
  const double since_us = since_grid_us(stream, elapsed_us);
  const double steps = is_next(stream, since_us) ? 1 : floor(since_us / stream->period_us + 0.5);

  follow(stream, since_us, steps);
  return (uint64_t)steps;
}

/* Samples between the last good frame and this one. False where the frame is not to be used. */
static bool account(struct stance_bota_stream *stream, uint32_t stamp_us,
                    struct stance_frame_sink *sink)
{
  const uint32_t elapsed_us = stamp_us - stream->last_us;
  uint64_t missing = 0;

  if (stream->any && elapsed_us == 0) {
    stance_frame_sink_repeat(sink, 1);
    return false;
  }
  if (stream->any && elapsed_us > JUMP_MAX_US) {
    restart(stream, sink,
            "the sensor's clock began anew: it lost its supply or was reset; check its plug");
    return false;
  }
  if (stream->any)
    missing = count_steps(stream, elapsed_us) - 1;
  if (missing != 0) {
    const uint64_t spoilt = stream->damaged < missing ? stream->damaged : missing;
    stance_frame_sink_spoil(sink, spoilt);
    stance_frame_sink_lose(sink, missing - spoilt);
  }
  stream->damaged = 0;
  stream->foreign = 0;
  stream->last_us = stamp_us;
  stream->any = true;
  return true;
}

static inline void push_values(const uint8_t *values, uint32_t flags,
                               struct stance_frame_sink *sink)
{
  struct stance_frame_batch batch;

  stance_frame_sink_begin(sink, 1, &batch);
  for (size_t axis = 0; axis < STANCE_BOTA_AXES; axis++)
    batch.frame->value[axis] = get_float(values + 4 * axis);
  for (size_t k = STANCE_BOTA_AXES; k < STANCE_CHANNEL_COUNT_MAX; k++)
    batch.frame->value[k] = 0;
  batch.frame->flags = flags;
  stance_frame_sink_end(sink, &batch, 1);
}

static void take_frame(struct stance_bota_stream *stream, const uint8_t *frame,
                       struct stance_frame_sink *sink)
{
  const uint16_t status = get_u16(frame + STATUS_AT);
  uint32_t flags = 0;

  if (!account(stream, get_u32(frame + STAMP_AT), sink))
    return;
  if ((status & RAW) != 0) {
    stance_frame_sink_fail(sink, "the sensor sends values without its calibration; set it up anew "
                                 "with the maker's software");
    stream->given_up = true;
    return;
  }
  if ((status & SKIPPED) != 0)
    stance_frame_sink_warn(sink, STANCE_WARNING_OVERRUN);
  if ((status & OVER_RANGE) != 0) { /* it does not say which axis */
    stance_frame_sink_warn(sink, STANCE_WARNING_OVERLOAD);
    flags = STANCE_FRAME_SATURATED_ANY & ((UINT32_C(1) << STANCE_BOTA_AXES) - 1);
  }
  if ((status & INVALID) == 0 && are_finite(frame + VALUES_AT)) {
    stream->invalid = 0;
    push_values(frame + VALUES_AT, flags, sink);
    return;
  }
  stance_frame_sink_spoil(sink, 1);
  if (++stream->invalid == INVALID_MAX) {
    stance_frame_sink_fail(sink, "the sensor calls its own values invalid; unplug it and plug it "
                                 "in again, and if that does not help have it repaired");
    stream->given_up = true;
  }
}

/* The head is right. */
static inline bool checksum_holds(const uint8_t *frame)
{
  return stance_crc16(frame + STATUS_AT, CHECK_AT - STATUS_AT) == get_u16(frame + CHECK_AT);
}

/* Takes every whole frame of these bytes; returns how many are done with. */
static size_t consume(struct stance_bota_stream *stream, const uint8_t *bytes, size_t length,
                      struct stance_frame_sink *sink)
{
  size_t at = 0;

  while (at < length && !stream->given_up) {
    const bool head = bytes[at] == HEAD;
    if (head && STANCE_BOTA_FRAME_BYTES > length - at)
      break;
    if (head && checksum_holds(bytes + at)) {
      take_frame(stream, bytes + at, sink);
      at += STANCE_BOTA_FRAME_BYTES;
    } else {
      stream->damaged += head;
      stream->foreign++;
      at++;
    }
  }
  return at;
}

static void take_payload(struct stance_bota_stream *stream, const uint8_t *bytes, size_t length,
                         struct stance_frame_sink *sink)
{
  struct stance_serial_window *window = &stream->window;

  if (window->count == 0) { /* a frame that comes whole need not be copied */
    const size_t taken = consume(stream, bytes, length, sink);
    bytes += taken;
    length -= taken;
  }
  while (length > 0 && !stream->given_up) {
    const size_t taken = stance_serial_window_fill(window, bytes, length);
    bytes += taken;
    length -= taken;
    stance_serial_window_drop(window, consume(stream, window->bytes, window->count, sink));
  }
}

/* A frame by itself in a transfer of one packet. */
enum { PLAIN_BYTES = STANCE_FTDI_STATUS_BYTES + STANCE_BOTA_FRAME_BYTES };

static bool all_is_well(const struct stance_bota_stream *stream)
{
  return stream->any && !stream->given_up && stream->window.count == 0 && stream->damaged == 0 &&
         stream->foreign == 0 && stream->empty == 0 && stream->invalid == 0;
}

/* Frames that are split, joined or damaged, and packets without any. */
__attribute__((noinline)) static void decode_pieces(struct stance_bota_stream *stream,
                                                    const uint8_t *bytes, size_t length,
                                                    struct stance_frame_sink *sink)
{
  struct stance_ftdi_packet packet;

  while (!stream->given_up && stance_ftdi_next(&bytes, &length, stream->packet_bytes, &packet)) {
    stream->empty = packet.length == 0 ? stream->empty + 1 : 0;
    if ((packet.line_status & STANCE_FTDI_OVERRUN) != 0)
      stance_frame_sink_warn(sink, STANCE_WARNING_OVERRUN);
    take_payload(stream, packet.data, packet.length, sink);
    /* The chip goes on telling its own status when nothing is behind it. */
    if (stream->empty >= EMPTY_MAX)
      restart(stream, sink,
              "the adapter answers, but the sensor sends nothing; check the plug at "
              "the sensor");
    else if (stream->foreign > FOREIGN_MAX)
      restart(stream, sink, "what it sends cannot be read; is it a Bota sensor at 460800 baud?");
  }
  stream->plain = all_is_well(stream) && PLAIN_BYTES <= stream->packet_bytes;
}

/* The next frame, with nothing to tell but its values: it only moves time stamp and grid. */
static inline bool take_plain(struct stance_bota_stream *stream, const uint8_t *frame,
                              struct stance_frame_sink *sink)
{
  const uint32_t stamp_us = get_u32(frame + STAMP_AT);
  const double since_us = since_grid_us(stream, stamp_us - stream->last_us);

  if (frame[0] != HEAD || get_u16(frame + STATUS_AT) != 0 || stamp_us == stream->last_us ||
      !is_next(stream, since_us) || !are_finite(frame + VALUES_AT) || !checksum_holds(frame))
    return false;
  follow(stream, since_us, 1);
  stream->last_us = stamp_us;
  push_values(frame + VALUES_AT, 0, sink);
  return true;
}

void stance_bota_stream_decode(struct stance_bota_stream *stream, const uint8_t *bytes,
                               size_t length, struct stance_frame_sink *sink)
{
  if (!stream->plain || length != PLAIN_BYTES || (bytes[1] & STANCE_FTDI_OVERRUN) != 0 ||
      !take_plain(stream, bytes + STANCE_FTDI_STATUS_BYTES, sink))
    decode_pieces(stream, bytes, length, sink);
}
