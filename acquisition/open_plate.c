/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home-built plate that speaks the open framing (OPEN_FRAMING.md). */
#include "open_plate.h"

#include <string.h>

const char stance_open_scheme[] = "open-plate";

struct settings {
  const char *channels, *map;
  double rate_hz;
};

enum { FULL_SPEED_PACKET_BYTES = 64, HIGHEST_RATE_HZ = 100000 };

/* OPEN_FRAMING.md, "Vendor and product": the first is provisional, the second is for everybody's
   experiments. */
static const struct stance_usb_id ids[] = {
    {0x1209, 0x57a0, "open force plate", false},
    {0x1209, 0x0001, "open force plate (test code)", true},
    {0},
};

static const struct stance_source_key keys[] = {
    {.name = "channels",
     .type = STANCE_KEY_TEXT,
     .default_value = "",
     .unit = "",
     .meaning = "inputs to sample, 0,1; else all that it has",
     .member = offsetof(struct settings, channels)},
    {.name = "rate",
     .type = STANCE_KEY_NUMBER,
     .default_value = "1000",
     .unit = "Hz",
     .minimum = 1,
     .maximum = HIGHEST_RATE_HZ,
     .meaning = "samples a second; the nearest that it can do is taken",
     .member = offsetof(struct settings, rate_hz)},
    {.name = "map",
     .type = STANCE_KEY_TEXT,
     .default_value = "",
     .unit = "",
     .meaning = "side of each channel, left:0,right:1; else the first is left and the second right",
     .member = offsetof(struct settings, map)},
    {0},
};

/* The stream has the lowest channel first, whatever the order in the URI. */
static void sort_channels(struct stance_open_plate_state *plate)
{
  for (size_t k = 1; k < plate->channel_count; k++)
    for (size_t j = k; j > 0 && plate->channel[j - 1] > plate->channel[j]; j--) {
      const unsigned higher = plate->channel[j - 1];
      plate->channel[j - 1] = plate->channel[j];
      plate->channel[j] = higher;
    }
}

enum stance_status stance_open_choose_channels(struct stance_open_plate_state *plate,
                                               struct stance_problem *problem)
{
  enum stance_status status;

  if (*plate->channels != '\0') {
    status = stance_instrument_parse_channels(stance_open_scheme, plate->channels,
                                              (unsigned)plate->input_count - 1, plate->channel,
                                              &plate->channel_count, problem);
    if (status != STANCE_OK)
      return status;
    sort_channels(plate);
  } else {
    plate->channel_count = plate->input_count;
    for (size_t k = 0; k < plate->channel_count; k++)
      plate->channel[k] = (unsigned)k;
  }
  plate->stream.mask = 0;
  for (size_t k = 0; k < plate->channel_count; k++)
    plate->stream.mask |= (uint8_t)(1U << plate->channel[k]);
  plate->stream.channel_count = plate->channel_count;
  plate->stream.sample_bytes = plate->sample_bytes;
  return stance_instrument_map_sides(stance_open_scheme, plate->map, plate->channel,
                                     plate->channel_count, plate->side, problem);
}

static enum stance_status set_up(void *state, const struct stance_uri *uri,
                                 const struct stance_usb_id *id, struct stance_problem *problem)
{
  struct stance_open_plate_state *plate = state;
  struct settings settings = {0};
  enum stance_status status;

  (void)id;
  status = stance_uri_bind_defaults(keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, keys, &settings, problem);
  if (status != STANCE_OK)
    return status;
  plate->channels = settings.channels;
  plate->map = settings.map;
  plate->wanted_rate_hz = settings.rate_hz;
  /* Until it says what it has: as much as there can be, so that slips show before it is asked. */
  plate->input_count = STANCE_CHANNEL_COUNT_MAX;
  plate->sample_bytes = 3;
  plate->stream.scans_per_packet = 1;
  plate->stream.rate_hz = settings.rate_hz;
  return stance_open_choose_channels(plate, problem);
}

static void describe(const void *state, struct stance_source_info *ret_info)
{
  const struct stance_open_plate_state *plate = state;

  memcpy(ret_info->model, plate->model, sizeof plate->model);
  memcpy(ret_info->serial, plate->serial, sizeof plate->serial);
  memcpy(ret_info->firmware, plate->firmware, sizeof plate->firmware);
  ret_info->rate_hz = plate->stream.rate_hz;
  ret_info->channel_count = plate->channel_count;
  for (size_t k = 0; k < plate->channel_count; k++) {
    ret_info->channel[k] = plate->input[plate->channel[k]];
    ret_info->channel[k].side = plate->side[k];
  }
}

static void shape(const void *state, struct stance_usb_shape *ret_shape)
{
  const struct stance_open_plate_state *plate = state;
  const struct stance_open_stream *stream = &plate->stream;
  const bool known = plate->bridge.in != 0;
  const size_t scan_bytes = stream->channel_count * stream->sample_bytes;

  *ret_shape = (struct stance_usb_shape){
      .interface = {known ? plate->bridge.data_interface : 0},
      .interface_count = 1,
      .endpoint = known ? plate->bridge.in : 0x81,
      .max_packet_bytes = known ? plate->bridge.packet_bytes : FULL_SPEED_PACKET_BYTES,
      /* Checksum, the byte of COBS and the zero. */
      .packet_bytes = STANCE_OPEN_DATA_HEAD + stream->scans_per_packet * scan_bytes +
                      STANCE_OPEN_CHECK_BYTES + 2,
      .packets_per_s = stream->rate_hz / stream->scans_per_packet,
  };
}

static void rewind_stream(void *state)
{
  struct stance_open_plate_state *plate = state;
  stance_open_stream_rewind(&plate->stream);
}

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  struct stance_open_plate_state *plate = state;
  stance_open_stream_decode(&plate->stream, bytes, length, sink);
}

const struct stance_instrument stance_open_plate = {
    .kind = {.scheme = stance_open_scheme,
             .summary = "a home-built plate that speaks the open framing, up to 8 channels",
             .example = "open-plate:?rate=1000&map=left:0,right:1",
             .keys = keys},
    .ids = ids,
    .state_size = sizeof(struct stance_open_plate_state),
    .silence_condemns = true,
    .set_up = set_up,
    .converse = stance_open_converse,
    .describe = describe,
    .shape = shape,
    .rewind = rewind_stream,
    .decode = decode,
};
