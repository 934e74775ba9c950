/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bota Systems SensONE and Rokubi with a serial interface, through an FTDI chip. What is said to it
   stands in bota_talk.c, what it sends in bota_stream.c. */
#include "bota.h"

#include "axes.h"
#include "bota_stream.h"
#include "bota_talk.h"

#include <math.h>

enum { SINC_MIN = 51, SINC_MAX = 512, FULL_SPEED_PACKET_BYTES = 64 };

static const char scheme[] = "bota";
/* [K] A sinc filter of length n gives 51200/n samples a second. */
static const double sinc_rate_hz = 51200;

struct settings {
  double rate_hz;
  const char *map;
};

struct bota {
  struct stance_bota_stream stream;
  struct stance_bota_talk talk;
  enum stance_side side[STANCE_AXIS_COUNT_MAX];
};

static const struct stance_usb_id ids[] = {
    {0x0403, 0x6001, "Bota sensor on FT232R", true},
    {0x0403, 0x6010, "Bota sensor on FT2232", true},
    {0x0403, 0x6011, "Bota sensor on FT4232", true},
    {0x0403, 0x6014, "Bota sensor on FT232H", true},
    {0x0403, 0x6015, "Bota sensor on FT-X", true},
    {0},
};

static const struct stance_source_key keys[] = {
    {.name = "rate",
     .type = STANCE_KEY_NUMBER,
     .default_value = "1000",
     .unit = "Hz",
     .minimum = 100,
     .maximum = 1004,
     .meaning = "samples a second; the nearest that the sensor's filter gives is taken",
     .member = offsetof(struct settings, rate_hz)},
    {.name = "map",
     .type = STANCE_KEY_TEXT,
     .default_value = "",
     .unit = "",
     .meaning = "side of an axis, left:Fz; else Fz is the total",
     .member = offsetof(struct settings, map)},
    {0},
};

static double rate_hz(const struct bota *b)
{
  return sinc_rate_hz / b->talk.sinc;
}

static enum stance_status set_up(void *state, const struct stance_uri *uri,
                                 const struct stance_usb_id *id, struct stance_problem *problem)
{
  struct bota *b = state;
  struct settings settings = {0};
  enum stance_status status;

  (void)id;
  status = stance_uri_bind_defaults(keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_axes_map(scheme, settings.map, STANCE_AXIS_COUNT_MAX, b->side, problem);
  if (status != STANCE_OK)
    return status;
  b->talk.sinc = (unsigned)fmin(fmax(round(sinc_rate_hz / settings.rate_hz), SINC_MIN), SINC_MAX);
  b->stream.packet_bytes = FULL_SPEED_PACKET_BYTES;
  b->stream.nominal_period_us = 1e6 / rate_hz(b);
  stance_bota_stream_rewind(&b->stream);
  return STANCE_OK;
}

static enum stance_status converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                   const struct stance_usb_reply *reply,
                                   struct stance_usb_exchange *ret_exchange,
                                   struct stance_problem *problem)
{
  struct bota *b = state;
  const enum stance_status status =
      stance_bota_converse(&b->talk, dialogue, step, reply, ret_exchange, problem);

  if (status == STANCE_END && dialogue == STANCE_DIALOGUE_IDENTIFY)
    b->stream.packet_bytes = b->talk.bridge.packet_bytes;
  return status;
}

static void describe(const void *state, struct stance_source_info *ret_info)
{
  const struct bota *b = state;

  snprintf(ret_info->model, sizeof ret_info->model, "Bota sensor (%.40s)",
           b->talk.bridge.product[0] != '\0' ? b->talk.bridge.product : "FTDI");
  snprintf(ret_info->serial, sizeof ret_info->serial, "%s", b->talk.bridge.serial);
  ret_info->rate_hz = rate_hz(b);
  ret_info->channel_count = STANCE_BOTA_AXES;
  for (size_t k = 0; k < STANCE_BOTA_AXES; k++) {
    struct stance_channel *channel = &ret_info->channel[k];
    *channel = (struct stance_channel){
        .side = b->side[k],
        .minimum = (double)-INFINITY, /* the sensor itself tells when it is over range */
        .maximum = (double)INFINITY,
    };
    snprintf(channel->name, sizeof channel->name, "%s", stance_axis_names[k]);
    snprintf(channel->unit, sizeof channel->unit, "%s", stance_axis_unit(k));
  }
}

static void shape(const void *state, struct stance_usb_shape *ret_shape)
{
  const struct bota *b = state;
  const bool known = b->talk.bridge.in != 0;
  const double packets_per_s = 1e3 / STANCE_BOTA_LATENCY_MS;

  *ret_shape = (struct stance_usb_shape){
      .interface = {known ? b->talk.bridge.data_interface : 0},
      .interface_count = 1,
      .endpoint = known ? b->talk.bridge.in : 0x81,
      .max_packet_bytes = known ? b->talk.bridge.packet_bytes : FULL_SPEED_PACKET_BYTES,
      /* Sent when the latency is over, which is before a packet is full. */
      .packet_bytes = STANCE_FTDI_STATUS_BYTES +
                      (size_t)ceil(STANCE_BOTA_FRAME_BYTES * rate_hz(b) / packets_per_s),
      .packets_per_s = packets_per_s,
  };
}

static void rewind_stream(void *state)
{
  struct bota *b = state;
  stance_bota_stream_rewind(&b->stream);
}

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  struct bota *b = state;
  stance_bota_stream_decode(&b->stream, bytes, length, sink);
}

const struct stance_instrument stance_bota = {
    .kind = {.scheme = scheme,
             .summary = "Bota SensONE and Rokubi force and torque sensors over serial, 1000 Hz",
             .example = "bota:1-2.3?map=left:Fz",
             .keys = keys},
    .ids = ids,
    .state_size = sizeof(struct bota),
    .silence_condemns = true,
    .set_up = set_up,
    .converse = converse,
    .describe = describe,
    .shape = shape,
    .rewind = rewind_stream,
    .decode = decode,
};
