/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LabJack U3-LV and U3-HV (labjack/exodriver examples/U3, labjack/LabJackPython src/u3.py). Beyond
   the head that all commands share (labjack.c):

   ConfigU3 08      26 bytes, 0 from 6 on           38 bytes: 9, 10 firmware minor, major; 15…18
                                                    serial; 37 version, [K] 18: U3-HV
   ReadCal 2D       8 bytes: 7 block                40 bytes: 8… four fixed-point numbers
   ConfigIO 0B      12 bytes: 6 write mask, 8       12 bytes: 8 timers, 10, 11 analogue inputs
                    timers, 9 DAC1, 10 and 11       as they now are
                    analogue inputs 0…7, 8…15
   StreamConfig 11  12 + 2N bytes: 6 N, 7 samples   8 bytes
                    a packet, 9 clock and
                    resolution, 10…11 interval,
                    then N times positive, negative
                    channel (31: single-ended)
   clock: bit 3: 48 MHz, else 4 MHz; bit 2: divided by 256; bits 1…0: 12.8, 11.9, 11.3, 10.5 bit

   [K] from exodriver's u3.c, relied on: calibration block 0 holds slope and offset of single-ended,
   then of differential inputs; blocks 3 and 4 the slopes and offsets of the four ±10 V inputs of a
   U3-HV; volts = code · slope + offset throughout. */
#include "analog_input.h"
#include "labjack.h"

#include <math.h>
#include <string.h>

enum { CONFIG_U3 = 0x08, READ_CALIBRATION = 0x2d, CONFIG_IO = 0x0b, STREAM_CONFIG = 0x11 };
enum { INPUT_MAX = 15, HV_INPUTS = 4, SINGLE_ENDED = 31, VERSION_HV = 18 };
enum { WRITE_TIMERS = 1, WRITE_LOW = 4, WRITE_HIGH = 8, NO_TIMER_FROM_PIN_4 = 0x40 };

static const char scheme[] = "labjack-u3";

struct settings {
  struct stance_analog_request request;
  int differential;
};

struct line {
  double slope, offset;
};

struct u3 {
  struct stance_labjack_talk talk;
  struct stance_labjack_stream stream;
  struct stance_analog_input input;
  struct stance_labjack_pace pace;
  bool differential;
  unsigned resolution; /* position in `resolutions` */
  uint32_t serial;
  uint8_t firmware_major, firmware_minor;
  bool high_voltage;
  struct line single, pair, high[HV_INPUTS];
};

static const struct stance_usb_id ids[] = {
    {STANCE_LABJACK_VENDOR, 0x0003, "LabJack U3", false},
    {0},
};

static const struct stance_source_key keys[] = {
    STANCE_ANALOG_KEYS("0,1", 50000),
    {.name = "inputs",
     .type = STANCE_KEY_CHOICE,
     .default_value = "single-ended",
     .unit = "",
     .choices = "single-ended|differential",
     .meaning = "differential: each channel against the next one",
     .member = offsetof(struct settings, differential)},
    {0},
};

/* Samples a second in all channels. The first and the last are documented; [K] the two between. */
static const double highest_samples_per_s[] = {2500, 10000, 20000, 50000};

static enum stance_status check_pairs(const struct u3 *u3, struct stance_problem *problem)
{
  if (u3->differential)
    for (size_t k = 0; k < u3->input.count; k++)
      if (u3->input.channel[k] == INPUT_MAX)
        return stance_problem_set(problem, STANCE_USAGE,
                                  "%s: channel %d has no next one; with inputs=differential the "
                                  "channels are 0 to %d",
                                  scheme, INPUT_MAX, INPUT_MAX - 1);
  return STANCE_OK;
}

/* The finest resolution that is fast enough. */
static void choose_pace(struct u3 *u3)
{
  static const struct stance_labjack_clock clocks[] = {
      {0x00, 4e6}, {0x08, 48e6}, {0x04, 4e6 / 256}, {0x0c, 48e6 / 256}, {0}};
  const double rate_hz = u3->input.rate_hz * u3->input.oversampling;

  while (highest_samples_per_s[u3->resolution] < rate_hz * (double)u3->input.count)
    u3->resolution++;
  stance_labjack_choose_pace(clocks, rate_hz, &u3->pace);
  u3->stream.channel_count = u3->input.count;
  u3->stream.samples_per_packet = stance_labjack_choose_samples(u3->input.count, u3->pace.rate_hz);
  u3->stream.highest_code = 0xfff0; /* [K] twelve bits, the four below them are 0 */
}

static enum stance_status set_up(void *state, const struct stance_uri *uri,
                                 const struct stance_usb_id *id, struct stance_problem *problem)
{
  struct u3 *u3 = state;
  struct settings settings = {0};
  enum stance_status status;

  (void)id;
  status = stance_uri_bind_defaults(keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, keys, &settings, problem);
  if (status == STANCE_OK)
    status =
        stance_analog_input_read(scheme, &settings.request, INPUT_MAX, NULL, &u3->input, problem);
  if (status != STANCE_OK)
    return status;
  u3->differential = settings.differential != 0;
  status = check_pairs(u3, problem);
  if (status == STANCE_OK)
    status = stance_analog_input_oversample(scheme, &settings.request,
                                            highest_samples_per_s[3] / (double)u3->input.count,
                                            "50000 samples a second in all", &u3->input, problem);
  if (status == STANCE_OK)
    choose_pace(u3);
  return status;
}

static void make_config_io(const struct u3 *u3, struct stance_usb_exchange *exchange)
{
  unsigned analogue = 0;

  for (size_t k = 0; k < u3->input.count; k++)
    analogue |= (u3->differential ? 3U : 1U) << u3->input.channel[k];
  stance_labjack_extended(exchange, CONFIG_IO, 12);
  exchange->data[6] = WRITE_TIMERS | WRITE_LOW | WRITE_HIGH;
  exchange->data[8] = NO_TIMER_FROM_PIN_4;
  exchange->data[10] = (uint8_t)analogue;
  exchange->data[11] = (uint8_t)(analogue >> 8);
}

static void make_stream_config(const struct u3 *u3, struct stance_usb_exchange *exchange)
{
  uint8_t *data = exchange->data;

  stance_labjack_extended(exchange, STREAM_CONFIG, 12 + 2 * u3->input.count);
  data[6] = (uint8_t)u3->input.count;
  data[7] = (uint8_t)u3->stream.samples_per_packet;
  data[9] = (uint8_t)(u3->pace.bits | u3->resolution);
  data[10] = (uint8_t)u3->pace.interval;
  data[11] = (uint8_t)(u3->pace.interval >> 8);
  for (size_t k = 0; k < u3->input.count; k++) {
    data[12 + 2 * k] = (uint8_t)u3->input.channel[k];
    data[13 + 2 * k] = (uint8_t)(u3->differential ? u3->input.channel[k] + 1 : SINGLE_ENDED);
  }
}

static const uint8_t calibration_blocks[] = {0, 3, 4};

static enum stance_status ask(void *state, enum stance_dialogue dialogue, unsigned question,
                              struct stance_usb_exchange *ret_exchange,
                              struct stance_problem *problem)
{
  const struct u3 *u3 = state;
  const bool identify = dialogue == STANCE_DIALOGUE_IDENTIFY;

  (void)problem;
  if ((!identify && dialogue != STANCE_DIALOGUE_CONFIGURE) ||
      question < STANCE_LABJACK_STOP_QUESTIONS)
    return stance_labjack_ask_stream(dialogue, question, ret_exchange);
  question -= STANCE_LABJACK_STOP_QUESTIONS;
  const unsigned last = !identify || !u3->high_voltage ? 1 : sizeof calibration_blocks;
  if (question > last)
    return STANCE_END;
  if (identify && question == 0) {
    stance_labjack_extended(ret_exchange, CONFIG_U3, 26);
  } else if (identify) {
    stance_labjack_extended(ret_exchange, READ_CALIBRATION, 8);
    ret_exchange->data[7] = calibration_blocks[question - 1];
  } else if (question == 0) {
    make_config_io(u3, ret_exchange);
  } else {
    make_stream_config(u3, ret_exchange);
  }
  stance_labjack_seal(ret_exchange->data, ret_exchange->length);
  return STANCE_OK;
}

/* A tenth is far more than converters differ, and far less than what a block of zeros, of another
   number or of another instrument is off; the same of the range for an offset. */
static bool is_plausible(const struct line *line, double slope, double offset)
{
  return fabs(line->slope / slope - 1) < 0.1 && fabs(line->offset - offset) < 0.1 * 65536 * slope;
}

static enum stance_status hear_calibration(struct u3 *u3, unsigned block, const uint8_t *answer,
                                           struct stance_problem *problem)
{
  bool plausible = true;
  double number[4];

  for (size_t k = 0; k < 4; k++)
    number[k] = stance_labjack_get_fixed(answer + 8 + 8 * k);
  if (block == 0) {
    u3->single = (struct line){number[0], number[1]};
    u3->pair = (struct line){number[2], number[3]};
    plausible =
        is_plausible(&u3->single, 3.7231e-5, 0) && is_plausible(&u3->pair, 7.4463e-5, -2.44);
  }
  for (size_t k = 0; block == 3 && k < HV_INPUTS; k++)
    u3->high[k].slope = number[k];
  for (size_t k = 0; block == 4 && k < HV_INPUTS; k++) {
    u3->high[k].offset = number[k];
    plausible = plausible && is_plausible(&u3->high[k], 3.14e-4, -10.3);
  }
  if (plausible)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%s: the calibration in its memory (block %u) cannot be right; restore "
                            "it with the maker's software",
                            scheme, block);
}

static enum stance_status hear_identity(struct u3 *u3, const uint8_t *answer,
                                        struct stance_problem *problem)
{
  u3->firmware_minor = answer[9];
  u3->firmware_major = answer[10];
  u3->serial = stance_labjack_get_u32(answer + 15);
  u3->high_voltage = answer[37] == VERSION_HV;
  for (size_t k = 0; u3->high_voltage && u3->differential && k < u3->input.count; k++)
    if (u3->input.channel[k] < HV_INPUTS)
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: channels 0 to 3 of a U3-HV cannot be differential; use 4 to "
                                "%d, or inputs=single-ended",
                                scheme, INPUT_MAX - 1);
  return STANCE_OK;
}

/* The inputs that are asked for must be analogue now: a digital one would read nonsense. */
static enum stance_status hear_config_io(const struct u3 *u3, const uint8_t *answer,
                                         struct stance_problem *problem)
{
  const unsigned analogue = stance_labjack_get_u16(answer + 10);

  for (size_t k = 0; k < u3->input.count; k++)
    if ((analogue >> u3->input.channel[k] & 1) == 0)
      return stance_problem_set(problem, STANCE_INSTRUMENT,
                                "%s: it did not make channel %u an analogue input", scheme,
                                u3->input.channel[k]);
  return STANCE_OK;
}

static enum stance_status hear(void *state, enum stance_dialogue dialogue, unsigned question,
                               const uint8_t *answer, size_t length, struct stance_problem *problem)
{
  static const struct stance_labjack_expected identify[] = {{38, "say what it is"},
                                                            {40, "read its calibration"}},
                                              configure[] = {{12, "set up its inputs"},
                                                             {8, "set up the stream"}};
  struct u3 *u3 = state;

  if ((dialogue != STANCE_DIALOGUE_IDENTIFY && dialogue != STANCE_DIALOGUE_CONFIGURE) ||
      question < STANCE_LABJACK_STOP_QUESTIONS)
    return stance_labjack_hear_stream(scheme, dialogue, question, answer, problem);
  question -= STANCE_LABJACK_STOP_QUESTIONS;
  const bool identifies = dialogue == STANCE_DIALOGUE_IDENTIFY;
  const enum stance_status status = stance_labjack_accept(
      scheme, &(identifies ? identify : configure)[question > 0], answer, length, problem);
  if (status != STANCE_OK)
    return status;
  if (identifies)
    return question == 0 ? hear_identity(u3, answer, problem)
                         : hear_calibration(u3, calibration_blocks[question - 1], answer, problem);
  return question == 0 ? hear_config_io(u3, answer, problem) : STANCE_OK;
}

static enum stance_status converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                   const struct stance_usb_reply *reply,
                                   struct stance_usb_exchange *ret_exchange,
                                   struct stance_problem *problem)
{
  static const struct stance_labjack_script script = {.scheme = scheme, .ask = ask, .hear = hear};
  struct u3 *u3 = state;

  return stance_labjack_converse(&script, &u3->talk, u3, dialogue, step, reply, ret_exchange,
                                 problem);
}

static void describe_channel(const struct u3 *u3, size_t k, struct stance_channel *channel)
{
  const unsigned input = u3->input.channel[k];
  const bool high = u3->high_voltage && input < HV_INPUTS;
  const struct line *line = high ? &u3->high[input] : u3->differential ? &u3->pair : &u3->single;

  *channel = (struct stance_channel){
      .unit = "counts",
      .side = u3->input.side[k],
      .minimum = 0,
      .maximum = u3->stream.highest_code,
      .resolution = 16,
      /* One after the other, as fast as the resolution lets it. */
      .skew_s = (double)k / highest_samples_per_s[u3->resolution],
      .converter = {.unit = "V",
                    .slope_above = line->slope,
                    .slope_below = line->slope,
                    .offset = line->offset},
  };
  if (u3->differential)
    snprintf(channel->name, sizeof channel->name, "AIN%u-AIN%u", input, input + 1);
  else
    snprintf(channel->name, sizeof channel->name, "AIN%u", input);
}

static void describe(const void *state, struct stance_source_info *ret_info)
{
  const struct u3 *u3 = state;

  snprintf(ret_info->model, sizeof ret_info->model, "LabJack U3-%s",
           u3->high_voltage ? "HV" : "LV");
  snprintf(ret_info->serial, sizeof ret_info->serial, "%u", u3->serial);
  snprintf(ret_info->firmware, sizeof ret_info->firmware, "%u.%02u", u3->firmware_major,
           u3->firmware_minor);
  ret_info->rate_hz = u3->pace.rate_hz;
  ret_info->oversampling = u3->input.oversampling;
  ret_info->channel_count = u3->input.count;
  for (size_t k = 0; k < u3->input.count; k++)
    describe_channel(u3, k, &ret_info->channel[k]);
}

static void shape(const void *state, struct stance_usb_shape *ret_shape)
{
  const struct u3 *u3 = state;
  stance_labjack_shape(u3->input.count, u3->stream.samples_per_packet, u3->pace.rate_hz, ret_shape);
}

static void rewind_stream(void *state)
{
  struct u3 *u3 = state;
  stance_labjack_stream_rewind(&u3->stream);
}

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  struct u3 *u3 = state;
  stance_labjack_stream_decode(&u3->stream, bytes, length, sink);
}

const struct stance_instrument stance_labjack_u3 = {
    .kind = {.scheme = scheme,
             .summary = "LabJack U3-LV and U3-HV: 16 analogue inputs, 2.44 V or ±10 V",
             .example = "labjack-u3:?channels=0,1&rate=1000",
             .keys = keys},
    .ids = ids,
    .state_size = sizeof(struct u3),
    .set_up = set_up,
    .converse = converse,
    .describe = describe,
    .shape = shape,
    .rewind = rewind_stream,
    .decode = decode,
};
