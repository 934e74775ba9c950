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

/* False where it is infinite or no number: an exponent of all ones. */
static bool get_float(const uint8_t *bytes, double *ret_value)
{
  const uint32_t bits = get_u32(bytes), exponent = UINT32_C(0x7f800000);
  float value;
  memcpy(&value, &bits, sizeof value);
  *ret_value = (double)value;
  return (bits & exponent) != exponent;
}

void stance_bota_stream_rewind(struct stance_bota_stream *stream)
{
  *stream = (struct stance_bota_stream){
      .packet_bytes = stream->packet_bytes,
      .nominal_period_us = stream->nominal_period_us,
      .period_us = stream->nominal_period_us,
  };
}

static void restart(struct stance_bota_stream *stream, struct stance_frame_sink *sink,
                    const char *reason)
{
  sink->restart_reason = reason;
  stream->given_up = true;
}

/* Samples from the last good frame to the one of `elapsed_us` later, at least 1; the grid follows.
 */
static uint64_t count_steps(struct stance_bota_stream *stream, uint32_t elapsed_us)
{
  const double since_grid_us = elapsed_us + stream->late_us;
  /* floor and fmax are calls, and nearly every frame is the next one. */
  const double steps =
      since_grid_us < 1.5 * stream->period_us ? 1 : floor(since_grid_us / stream->period_us + 0.5);
  const double error_us = since_grid_us - steps * stream->period_us;
  const double gain = 1 / (gain_first_inverse + gain_inverse_per_frame * stream->followed);
  const double most_us = stream->nominal_period_us * (1 + period_tolerance);
  const double least_us = stream->nominal_period_us * (1 - period_tolerance);

  /* Critically damped: the gain of the period is a quarter of the square. */
  stream->late_us = error_us * (1 - gain);
  stream->period_us += gain * gain / 4 * error_us / steps;
  stream->followed += stream->followed < GAIN_FRAMES_MAX;
  if (stream->period_us > most_us)
    stream->period_us = most_us;
  if (stream->period_us < least_us)
    stream->period_us = least_us;
  return (uint64_t)steps;
}

/* Samples between the last good frame and this one. False where the frame is not to be used. */
static bool account(struct stance_bota_stream *stream, uint32_t stamp_us,
                    struct stance_frame_sink *sink)
{
  const uint32_t elapsed_us = stamp_us - stream->last_us;
  uint64_t missing = 0;

  if (stream->any && elapsed_us == 0) {
    sink->duplicated++;
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

static void take_frame(struct stance_bota_stream *stream, const uint8_t *frame,
                       struct stance_frame_sink *sink)
{
  const uint16_t status = get_u16(frame + STATUS_AT);
  double value[STANCE_CHANNEL_COUNT_MAX] = {0};
  uint32_t flags = 0;
  bool finite = true;

  if (!account(stream, get_u32(frame + STAMP_AT), sink))
    return;
  if ((status & RAW) != 0) {
    sink->fatal_reason = "the sensor sends values without its calibration; set it up anew with "
                         "the maker's software";
    stream->given_up = true;
    return;
  }
  for (size_t axis = 0; axis < STANCE_BOTA_AXES; axis++)
    finite &= get_float(frame + VALUES_AT + 4 * axis, &value[axis]);
  if ((status & SKIPPED) != 0)
    sink->warnings |= STANCE_WARNING_OVERRUN;
  if ((status & OVER_RANGE) != 0) { /* it does not say which axis */
    sink->warnings |= STANCE_WARNING_OVERLOAD;
    flags = STANCE_FRAME_SATURATED_ANY & ((UINT32_C(1) << STANCE_BOTA_AXES) - 1);
  }
  if ((status & INVALID) == 0 && finite) {
    stream->invalid = 0;
    stance_frame_sink_push(sink, value, flags);
    return;
  }
  stance_frame_sink_spoil(sink, 1);
  if (++stream->invalid == INVALID_MAX) {
    sink->fatal_reason = "the sensor calls its own values invalid; unplug it and plug it in again, "
                         "and if that does not help have it repaired";
    stream->given_up = true;
  }
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
    if (head && stance_crc16(bytes + at + STATUS_AT, CHECK_AT - STATUS_AT) ==
                    get_u16(bytes + at + CHECK_AT)) {
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

void stance_bota_stream_decode(struct stance_bota_stream *stream, const uint8_t *bytes,
                               size_t length, struct stance_frame_sink *sink)
{
  struct stance_ftdi_packet packet;

  while (!stream->given_up && stance_ftdi_next(&bytes, &length, stream->packet_bytes, &packet)) {
    stream->empty = packet.length == 0 ? stream->empty + 1 : 0;
    if ((packet.line_status & STANCE_FTDI_OVERRUN) != 0)
      sink->warnings |= STANCE_WARNING_OVERRUN;
    take_payload(stream, packet.data, packet.length, sink);
    /* The chip goes on telling its own status when nothing is behind it. */
    if (stream->empty >= EMPTY_MAX)
      restart(stream, sink,
              "the adapter answers, but the sensor sends nothing; check the plug at "
              "the sensor");
    else if (stream->foreign > FOREIGN_MAX)
      restart(stream, sink, "what it sends cannot be read; is it a Bota sensor at 460800 baud?");
  }
}
