/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LabJack U6 and U6-Pro (labjack/exodriver examples/U6/u6.c). Beyond the head that all commands
   share (labjack.c):

   ConfigU6 08      26 bytes, 0 from 6 on           38 bytes: 9, 10 firmware minor, major; 15…18
                                                    serial; 37 version, bit 3: Pro
   ReadCal 2D       8 bytes: 7 block                40 bytes: 8… four fixed-point numbers
   ConfigIO 0B      16 bytes: 6 write mask 1,       16 bytes
                    7…9 no timer, no counter
   StreamConfig 11  14 + 2N bytes: 6 N, 7           8 bytes
                    resolution index, 8 samples a
                    packet, 10 settling, 11 clock,
                    12…13 interval, then N times
                    channel, options
   options: bit 7 differential, bits 5…4 gain 1, 10, 100, 1000
   clock: bit 3: 48 MHz, else 4 MHz; bit 1: divided by 256

   Streams come from the 16-bit converter on a Pro as well: its calibration is blocks 0 to 3 there
   too, and 6 to 9 (the slow 24-bit converter, which cannot stream) are not read. */
#include "analog_input.h"
#include "labjack.h"

#include <math.h>
#include <string.h>

enum { CONFIG_U6 = 0x08, READ_CALIBRATION = 0x2d, CONFIG_IO = 0x0b, STREAM_CONFIG = 0x11 };
enum { RANGE_COUNT = 4, CALIBRATION_BLOCKS = 4, INPUT_MAX = 13, INPUT_PAIR_MAX = 12 };

static const char scheme[] = "labjack-u6";
static const double ranges_v[RANGE_COUNT + 1] = {10, 1, 0.1, 0.01, 0};

struct settings {
  struct stance_analog_request request;
  int differential;
  double resolution;
  double settling;
};

struct range_calibration {
  double slope, negative_slope, centre;
};

struct u6 {
  struct stance_labjack_talk talk;
  struct stance_labjack_stream stream;
  struct stance_analog_input input;
  struct stance_labjack_pace pace;
  bool differential;
  uint8_t resolution, settling;
  uint32_t serial;
  uint8_t firmware_major, firmware_minor;
  bool pro;
  struct range_calibration calibration[RANGE_COUNT];
};

static const struct stance_usb_id ids[] = {
    {STANCE_LABJACK_VENDOR, 0x0006, "LabJack U6", false},
    {0},
};

static const struct stance_source_key keys[] = {
    STANCE_ANALOG_KEYS("0,1", 50000),
    STANCE_ANALOG_RANGE_KEY("10", "10, 1, 0.1 or 0.01"),
    {.name = "inputs",
     .type = STANCE_KEY_CHOICE,
     .default_value = "single-ended",
     .unit = "",
     .choices = "single-ended|differential",
     .meaning = "differential: each even channel against the next one, as for a strain bridge",
     .member = offsetof(struct settings, differential)},
    {.name = "resolution",
     .type = STANCE_KEY_INTEGER,
     .default_value = "1",
     .unit = "",
     .minimum = 1,
     .maximum = 8,
     .meaning = "resolution index: higher is quieter and slower",
     .member = offsetof(struct settings, resolution)},
    {.name = "settling",
     .type = STANCE_KEY_INTEGER,
     .default_value = "0",
     .unit = "",
     .minimum = 0,
     .maximum = 9,
     .meaning = "settling factor before each conversion; 0: as the instrument chooses",
     .member = offsetof(struct settings, settling)},
    {0},
};

/* In all channels together, by resolution index. 1 is documented; [K] the others, from the user's
   guide, are relied on: where one is too high the instrument says so (error 55 or 58). */
static const double highest_samples_per_s[] = {0, 50000, 30000, 16000, 8400, 4000, 2000, 1000, 500};

static double highest_total_hz(const struct u6 *u6)
{
  /* [K] the settling factor counts in 10 µs. */
  const double settling_s = 10e-6 * u6->settling;
  const double fastest_hz = highest_samples_per_s[u6->resolution];
  return fastest_hz / (1 + settling_s * fastest_hz);
}

static enum stance_status check_pairs(const struct u6 *u6, struct stance_problem *problem)
{
  if (!u6->differential)
    return STANCE_OK;
  for (size_t k = 0; k < u6->input.count; k++)
    if (u6->input.channel[k] % 2 != 0 || u6->input.channel[k] > INPUT_PAIR_MAX)
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: channel %u is no positive input of a pair; with "
                                "inputs=differential the channels are 0, 2, 4 … %d",
                                scheme, u6->input.channel[k], INPUT_PAIR_MAX);
  return STANCE_OK;
}

static void choose_pace(struct u6 *u6)
{
  static const struct stance_labjack_clock clocks[] = {
      {0x00, 4e6}, {0x08, 48e6}, {0x02, 4e6 / 256}, {0x0a, 48e6 / 256}, {0}};

  stance_labjack_choose_pace(clocks, u6->input.rate_hz * u6->input.oversampling, &u6->pace);
  u6->stream.channel_count = u6->input.count;
  u6->stream.highest_code = UINT16_MAX;
  u6->stream.samples_per_packet = stance_labjack_choose_samples(u6->input.count, u6->pace.rate_hz);
}

static enum stance_status set_up(void *state, const struct stance_uri *uri,
                                 const struct stance_usb_id *id, struct stance_problem *problem)
{
  struct u6 *u6 = state;
  struct settings settings = {0};
  char limit[100];
  enum stance_status status;

  (void)id;
  status = stance_uri_bind_defaults(keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_analog_input_read(scheme, &settings.request, INPUT_MAX, ranges_v, &u6->input,
                                      problem);
  if (status != STANCE_OK)
    return status;
  u6->differential = settings.differential != 0;
  u6->resolution = (uint8_t)settings.resolution;
  u6->settling = (uint8_t)settings.settling;
  status = check_pairs(u6, problem);
  if (status != STANCE_OK)
    return status;
  snprintf(limit, sizeof limit, "%.0f samples a second in all at resolution=%u, settling=%u",
           floor(highest_total_hz(u6)), u6->resolution, u6->settling);
  status = stance_analog_input_oversample(scheme, &settings.request,
                                          highest_total_hz(u6) / (double)u6->input.count, limit,
                                          &u6->input, problem);
  if (status == STANCE_OK)
    choose_pace(u6);
  return status;
}

static void make_stream_config(const struct u6 *u6, struct stance_usb_exchange *exchange)
{
  uint8_t *data = exchange->data;

  stance_labjack_extended(exchange, STREAM_CONFIG, 14 + 2 * u6->input.count);
  data[6] = (uint8_t)u6->input.count;
  data[7] = u6->resolution;
  data[8] = (uint8_t)u6->stream.samples_per_packet;
  data[10] = u6->settling;
  data[11] = u6->pace.bits;
  data[12] = (uint8_t)u6->pace.interval;
  data[13] = (uint8_t)(u6->pace.interval >> 8);
  for (size_t k = 0; k < u6->input.count; k++) {
    data[14 + 2 * k] = (uint8_t)u6->input.channel[k];
    data[15 + 2 * k] = (uint8_t)((u6->differential ? 0x80 : 0) | (int)u6->input.range[k] << 4);
  }
}

static enum stance_status ask(void *state, enum stance_dialogue dialogue, unsigned question,
                              struct stance_usb_exchange *ret_exchange,
                              struct stance_problem *problem)
{
  const struct u6 *u6 = state;
  const bool identify = dialogue == STANCE_DIALOGUE_IDENTIFY;

  (void)problem;
  if ((!identify && dialogue != STANCE_DIALOGUE_CONFIGURE) ||
      question < STANCE_LABJACK_STOP_QUESTIONS)
    return stance_labjack_ask_stream(dialogue, question, ret_exchange);
  question -= STANCE_LABJACK_STOP_QUESTIONS;
  if (question > (identify ? CALIBRATION_BLOCKS : 1))
    return STANCE_END;
  if (identify && question == 0) {
    stance_labjack_extended(ret_exchange, CONFIG_U6, 26);
  } else if (identify) {
    stance_labjack_extended(ret_exchange, READ_CALIBRATION, 8);
    ret_exchange->data[7] = (uint8_t)(question - 1);
  } else if (question == 0) {
    stance_labjack_extended(ret_exchange, CONFIG_IO, 16);
    ret_exchange->data[6] = 1;
  } else {
    make_stream_config(u6, ret_exchange);
  }
  stance_labjack_seal(ret_exchange->data, ret_exchange->length);
  return STANCE_OK;
}

/* A tenth is far more than converters differ, and far less than what a block of zeros, of another
   number or of another instrument is off. */
static bool is_near(double value, double nominal)
{
  return fabs(value / nominal - 1) < 0.1;
}

static enum stance_status hear_calibration(struct u6 *u6, unsigned block, const uint8_t *answer,
                                           struct stance_problem *problem)
{
  const double nominal_slope = 3.1580578e-4, nominal_centre = 33523; /* at ±10 V */

  for (unsigned half = 0; half < 2; half++) {
    const unsigned range = block % 2 * 2 + half;
    const double first = stance_labjack_get_fixed(answer + 8 + 16 * half);
    const double second = stance_labjack_get_fixed(answer + 16 + 16 * half);
    const double slope = nominal_slope * ranges_v[range] / 10;
    struct range_calibration *calibration = &u6->calibration[range];
    const bool plausible = block < 2 ? is_near(first, slope)
                                     : is_near(first, -slope) && is_near(second, nominal_centre);
    if (!plausible)
      return stance_problem_set(problem, STANCE_INSTRUMENT,
                                "%s: the calibration in its memory (block %u, ±%g V) cannot be "
                                "right; restore it with the maker's software",
                                scheme, block, ranges_v[range]);
    if (block < 2) {
      calibration->slope = first; /* the offset is for another formula */
    } else {
      calibration->negative_slope = first;
      calibration->centre = second;
    }
  }
  return STANCE_OK;
}

static enum stance_status hear_identity(struct u6 *u6, const uint8_t *answer)
{
  u6->firmware_minor = answer[9];
  u6->firmware_major = answer[10];
  u6->serial = stance_labjack_get_u32(answer + 15);
  u6->pro = (answer[37] & 0x08) != 0;
  return STANCE_OK;
}

static enum stance_status hear(void *state, enum stance_dialogue dialogue, unsigned question,
                               const uint8_t *answer, size_t length, struct stance_problem *problem)
{
  static const struct stance_labjack_expected identify[] = {{38, "say what it is"},
                                                            {40, "read its calibration"}},
                                              configure[] = {{16, "turn its timers off"},
                                                             {8, "set up the stream"}};
  struct u6 *u6 = state;

  if ((dialogue != STANCE_DIALOGUE_IDENTIFY && dialogue != STANCE_DIALOGUE_CONFIGURE) ||
      question < STANCE_LABJACK_STOP_QUESTIONS)
    return stance_labjack_hear_stream(scheme, dialogue, question, answer, problem);
  question -= STANCE_LABJACK_STOP_QUESTIONS;
  const bool identifies = dialogue == STANCE_DIALOGUE_IDENTIFY;
  const enum stance_status status = stance_labjack_accept(
      scheme, &(identifies ? identify : configure)[question > 0], answer, length, problem);
  if (status != STANCE_OK || !identifies)
    return status;
  return question == 0 ? hear_identity(u6, answer)
                       : hear_calibration(u6, question - 1, answer, problem);
}

static enum stance_status converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                   const struct stance_usb_reply *reply,
                                   struct stance_usb_exchange *ret_exchange,
                                   struct stance_problem *problem)
{
  static const struct stance_labjack_script script = {.scheme = scheme, .ask = ask, .hear = hear};
  struct u6 *u6 = state;

  return stance_labjack_converse(&script, &u6->talk, u6, dialogue, step, reply, ret_exchange,
                                 problem);
}

static void describe_channel(const struct u6 *u6, size_t k, struct stance_channel *channel)
{
  const unsigned input = u6->input.channel[k];
  const struct range_calibration *calibration = &u6->calibration[u6->input.range[k]];

  *channel = (struct stance_channel){
      .unit = "counts",
      .side = u6->input.side[k],
      .minimum = 0,
      .maximum = UINT16_MAX,
      .resolution = 1,
      /* One after the other, as fast as the resolution index lets it. */
      .skew_s = (double)k / highest_total_hz(u6),
      /* Below the centre: (centre − code) · negative slope. */
      .converter = {.unit = "V",
                    .zero = calibration->centre,
                    .slope_above = calibration->slope,
                    .slope_below = -calibration->negative_slope},
  };
  if (u6->differential)
    snprintf(channel->name, sizeof channel->name, "AIN%u-AIN%u", input, input + 1);
  else
    snprintf(channel->name, sizeof channel->name, "AIN%u", input);
}

static void describe(const void *state, struct stance_source_info *ret_info)
{
  const struct u6 *u6 = state;

  snprintf(ret_info->model, sizeof ret_info->model, "LabJack U6%s", u6->pro ? "-Pro" : "");
  snprintf(ret_info->serial, sizeof ret_info->serial, "%u", u6->serial);
  snprintf(ret_info->firmware, sizeof ret_info->firmware, "%u.%02u", u6->firmware_major,
           u6->firmware_minor);
  ret_info->rate_hz = u6->pace.rate_hz;
  ret_info->oversampling = u6->input.oversampling;
  ret_info->channel_count = u6->input.count;
  for (size_t k = 0; k < u6->input.count; k++)
    describe_channel(u6, k, &ret_info->channel[k]);
}

static void shape(const void *state, struct stance_usb_shape *ret_shape)
{
  const struct u6 *u6 = state;
  stance_labjack_shape(u6->input.count, u6->stream.samples_per_packet, u6->pace.rate_hz, ret_shape);
}

static void rewind_stream(void *state)
{
  struct u6 *u6 = state;
  stance_labjack_stream_rewind(&u6->stream);
}

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  struct u6 *u6 = state;
  stance_labjack_stream_decode(&u6->stream, bytes, length, sink);
}

const struct stance_instrument stance_labjack_u6 = {
    .kind = {.scheme = scheme,
             .summary = "LabJack U6 and U6-Pro: 14 analogue inputs, ±10 V to ±10 mV",
             .example = "labjack-u6:360012345?channels=0,1&range=0.1&rate=1000",
             .keys = keys},
    .ids = ids,
    .state_size = sizeof(struct u6),
    .set_up = set_up,
    .converse = converse,
    .describe = describe,
    .shape = shape,
    .rewind = rewind_stream,
    .decode = decode,
};
