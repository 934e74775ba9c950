/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MCC USB-1608FS-Plus: eight 16-bit converters that sample at once, and USB-201/202/204/205: one of
   12 bits behind a multiplexer. Requests are in mcc_talk.c, the stream in mcc_stream.c. */
#include "mcc.h"

#include <math.h>
#include <string.h>

struct settings {
  struct stance_analog_request request;
  int immediate;
};

enum { VENDOR = 0x09db, PRODUCT_204 = 0x0114, PRODUCT_205 = 0x012c };

static const struct stance_usb_id ids_1608[] = {
    {VENDOR, 0x00ea, "MCC USB-1608FS-Plus", false},
    {0},
};
static const struct stance_usb_id ids_20x[] = {
    {VENDOR, 0x0113, "MCC USB-201", false},
    {VENDOR, 0x012b, "MCC USB-202", false},
    {VENDOR, PRODUCT_204, "MCC USB-204", false},
    {VENDOR, PRODUCT_205, "MCC USB-205", false},
    {0},
};

#define TRANSFER_KEY                                                                             \
  {                                                                                              \
    .name = "transfer", .type = STANCE_KEY_CHOICE, .default_value = "block", .unit = "",         \
    .choices = "block|immediate",                                                                \
    .meaning = "immediate: each scan at once, for rates to 1000 Hz; block: 32 samples together", \
    .member = offsetof(struct settings, immediate)                                               \
  }

static const struct stance_source_key keys_1608[] = {
    STANCE_ANALOG_KEYS("0,1", 100000),
    STANCE_ANALOG_RANGE_KEY("10", "10, 5, 2 or 1"),
    TRANSFER_KEY,
    {0},
};
static const struct stance_source_key keys_20x[] = {
    STANCE_ANALOG_KEYS("0,1", 500000),
    TRANSFER_KEY,
    {0},
};

static const struct stance_mcc_family family_1608 = {
    .scheme = "mcc-1608fs-plus",
    .keys = keys_1608,
    .clock_hz = 40e6,
    .simultaneous = true,
    .has_ranges = true,
    .has_counter = true,
    .highest_code = UINT16_MAX,
    .highest_input_hz = 100e3,
    .range_v = {10, 5, 2, 1, 0},
    .range_code = {0, 1, 3, 5},
};
static const struct stance_mcc_family family_20x = {
    .scheme = "mcc-usb-20x",
    .keys = keys_20x,
    .clock_hz = 70e6,
    .highest_code = 0x0fff,
    .highest_input_hz = 500e3,
    .range_v = {10, 0},
    .range_code = {0},
};

static double highest_total_hz(const struct stance_mcc *mcc)
{
  if (mcc->family->simultaneous)
    return 400e3;
  return mcc->id->product == PRODUCT_204 || mcc->id->product == PRODUCT_205 ? 500e3 : 100e3;
}

static unsigned count_bits(unsigned mask)
{
  unsigned count = 0;
  for (; mask != 0; mask >>= 1)
    count += mask & 1;
  return count;
}

/* In blocks of 32 samples few inputs at a low rate come late. Further inputs, sampled but not
   stored, fill the block sooner. Only where each input has a converter of its own: behind a
   multiplexer an open input disturbs the next. */
static uint8_t fill_mask(const struct stance_mcc *mcc, unsigned mask)
{
  const double rate_hz = mcc->input.rate_hz * mcc->input.oversampling;
  const double prompt_s = 0.005, block = 32;

  if (!mcc->family->simultaneous || mcc->immediate)
    return (uint8_t)mask;
  for (unsigned input = 0; input < STANCE_MCC_INPUTS; input++) {
    const double samples_per_s = rate_hz * count_bits(mask);
    if (block / samples_per_s <= prompt_s || samples_per_s + rate_hz > highest_total_hz(mcc))
      break;
    mask |= 1U << input;
  }
  return (uint8_t)mask;
}

static void choose_scan(struct stance_mcc *mcc)
{
  const double rate_hz = mcc->input.rate_hz * mcc->input.oversampling;
  unsigned mask = 0;

  for (size_t k = 0; k < mcc->input.count; k++)
    mask |= 1U << mcc->input.channel[k];
  mcc->mask = fill_mask(mcc, mask);

  struct stance_mcc_stream *stream = &mcc->stream;
  for (unsigned input = 0; input < STANCE_MCC_INPUTS; input++) {
    if ((mcc->mask >> input & 1) == 0)
      continue;
    uint8_t place = STANCE_MCC_UNSTORED;
    for (size_t k = 0; k < mcc->input.count; k++)
      if (mcc->input.channel[k] == input)
        place = (uint8_t)k;
    stream->place[stream->sampled_count++] = place;
  }
  stream->highest_code = mcc->family->highest_code;

  const double ticks_hz =
      mcc->family->clock_hz / (mcc->family->simultaneous ? 1 : (double)stream->sampled_count);
  const double ticks = round(ticks_hz / rate_hz);
  mcc->pacer = (uint32_t)ticks - 1;
  mcc->rate_hz = ticks_hz / ticks;
}

static enum stance_status check_immediate(const struct stance_mcc *mcc,
                                          struct stance_problem *problem)
{
  /* A USB frame is 1 ms. [?] the mode is documented for slow rates only, without a number. */
  const double highest_hz = 1000;
  const double rate_hz = mcc->input.rate_hz * mcc->input.oversampling;

  if (!mcc->immediate || rate_hz <= highest_hz)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: transfer=immediate is for at most %g scans a second, not %g; ask "
                            "for transfer=block",
                            mcc->family->scheme, highest_hz, rate_hz);
}

static enum stance_status set_up(struct stance_mcc *mcc, const struct stance_uri *uri,
                                 struct stance_problem *problem)
{
  const struct stance_mcc_family *family = mcc->family;
  struct settings settings = {.request.range = "10"};
  char limit[100];
  enum stance_status status;

  status = stance_uri_bind_defaults(family->keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, family->keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_analog_input_read(family->scheme, &settings.request, STANCE_MCC_INPUTS - 1,
                                      family->range_v, &mcc->input, problem);
  if (status != STANCE_OK)
    return status;
  mcc->immediate = settings.immediate != 0;
  snprintf(limit, sizeof limit, "%.0f samples a second of one channel and %.0f in all",
           fmin(family->highest_input_hz, highest_total_hz(mcc)), highest_total_hz(mcc));
  const double highest_hz =
      fmin(family->highest_input_hz, highest_total_hz(mcc) / (double)mcc->input.count);
  status = stance_analog_input_oversample(family->scheme, &settings.request, highest_hz, limit,
                                          &mcc->input, problem);
  if (status == STANCE_OK)
    status = check_immediate(mcc, problem);
  if (status == STANCE_OK)
    choose_scan(mcc);
  return status;
}

static enum stance_status set_up_1608(void *state, const struct stance_uri *uri,
                                      const struct stance_usb_id *id,
                                      struct stance_problem *problem)
{
  struct stance_mcc *mcc = state;
  mcc->family = &family_1608;
  mcc->id = id;
  return set_up(mcc, uri, problem);
}

static enum stance_status set_up_20x(void *state, const struct stance_uri *uri,
                                     const struct stance_usb_id *id, struct stance_problem *problem)
{
  struct stance_mcc *mcc = state;
  mcc->family = &family_20x;
  mcc->id = id;
  return set_up(mcc, uri, problem);
}

/* How many samples of the scan come before an input's. */
static unsigned position_of(const struct stance_mcc *mcc, unsigned input)
{
  return count_bits(mcc->mask & ((1U << input) - 1));
}

/* volts = (calibrated − middle) · range / middle, calibrated = code · slope + intercept */
static void describe_channel(const struct stance_mcc *mcc, size_t k, struct stance_channel *channel)
{
  const unsigned input = mcc->input.channel[k];
  const double range_v = mcc->family->range_v[mcc->input.range[k]];
  const struct stance_mcc_line *line = &mcc->line[mcc->input.range[k]][input];
  const double middle = (mcc->family->highest_code + 1.0) / 2;
  const double volts_per_code = line->slope * range_v / middle;

  *channel = (struct stance_channel){
      .unit = "counts",
      .side = mcc->input.side[k],
      .minimum = 0,
      .maximum = mcc->family->highest_code,
      .resolution = 1,
      .converter = {.unit = "V",
                    .slope_above = volts_per_code,
                    .slope_below = volts_per_code,
                    .offset = (line->intercept - middle) * range_v / middle},
  };
  if (!mcc->family->simultaneous)
    channel->skew_s = position_of(mcc, input) / (mcc->rate_hz * (double)mcc->stream.sampled_count);
  snprintf(channel->name, sizeof channel->name, "CH%u", input);
}

static void describe(const void *state, struct stance_source_info *ret_info)
{
  const struct stance_mcc *mcc = state;

  snprintf(ret_info->model, sizeof ret_info->model, "%s", mcc->id->model);
  snprintf(ret_info->serial, sizeof ret_info->serial, "%s", mcc->serial);
  ret_info->rate_hz = mcc->rate_hz;
  ret_info->oversampling = mcc->input.oversampling;
  ret_info->channel_count = mcc->input.count;
  for (size_t k = 0; k < mcc->input.count; k++)
    describe_channel(mcc, k, &ret_info->channel[k]);
}

static void shape(const void *state, struct stance_usb_shape *ret_shape)
{
  const struct stance_mcc *mcc = state;
  const size_t scan_bytes = 2 * mcc->stream.sampled_count;
  const size_t packet_bytes = mcc->immediate ? scan_bytes : STANCE_MCC_PACKET_BYTES;

  *ret_shape = (struct stance_usb_shape){
      .interface = {0},
      .interface_count = 1,
      .endpoint = STANCE_MCC_STREAM_IN,
      .max_packet_bytes = STANCE_MCC_PACKET_BYTES,
      .packet_bytes = packet_bytes,
      .packets_per_s = mcc->rate_hz * (double)scan_bytes / (double)packet_bytes,
  };
}

static void rewind_stream(void *state)
{
  struct stance_mcc *mcc = state;
  stance_mcc_stream_rewind(&mcc->stream);
}

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  struct stance_mcc *mcc = state;
  stance_mcc_stream_decode(&mcc->stream, bytes, length, sink);
}

const struct stance_instrument stance_mcc_1608fs_plus = {
    .kind = {.scheme = "mcc-1608fs-plus",
             .summary = "MCC USB-1608FS-Plus: 8 analogue inputs at once, ±10 V to ±1 V",
             .example = "mcc-1608fs-plus:?channels=0,1&range=5&rate=1000",
             .keys = keys_1608},
    .ids = ids_1608,
    .state_size = sizeof(struct stance_mcc),
    .set_up = set_up_1608,
    .converse = stance_mcc_converse,
    .describe = describe,
    .shape = shape,
    .rewind = rewind_stream,
    .decode = decode,
};

const struct stance_instrument stance_mcc_20x = {
    .kind = {.scheme = "mcc-usb-20x",
             .summary = "MCC USB-201, 202, 204 and 205: 8 analogue inputs, ±10 V, 12 bits",
             .example = "mcc-usb-20x:?channels=0,1&rate=1000&oversample=auto",
             .keys = keys_20x},
    .ids = ids_20x,
    .state_size = sizeof(struct stance_mcc),
    .set_up = set_up_20x,
    .converse = stance_mcc_converse,
    .describe = describe,
    .shape = shape,
    .rewind = rewind_stream,
    .decode = decode,
};
