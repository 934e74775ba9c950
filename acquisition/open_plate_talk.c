/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dialogues with a home-built plate (OPEN_FRAMING.md). After version and type, little-endian:

   identity    01  2 channels, 3 bytes a sample, 4 lowest, 8 highest rate mHz, 12 serial (16),
                   28 model (24), 52 firmware (12)
   channel     02  2 number, 4 unit (8), 12 scale float, 16 offset float, 20 lowest, 24 highest
                   count, 28 skew ns, 32 name (16)
   done        03  2 command, 3 result: 0 as asked
   configured  04  2 mask, 3 scans a packet, 4 rate mHz
   identify    81
   describe    82  2 number
   configure   83  2 mask, 3 zero, 4 rate mHz
   start       84
   stop        85                                                                              */
#include "open_plate.h"

#include <math.h>
#include <string.h>

/* QUIET: what was sent before may be held up by a hub or the host. */
enum { TIMEOUT_MS = 500, QUIET_MS = 100, READS_MAX = 64, ATTEMPTS = 3 };
enum { IDENTITY_BYTES = 64, CHANNEL_BYTES = 48, CONFIGURED_BYTES = 8 };

/* What is done one after the other in a dialogue; the first ones are stance_bridge_ask's. */
enum act {
  ACT_STOP = STANCE_BRIDGE_QUESTIONS,
  ACT_START,
  ACT_DRAIN,
  ACT_IDENTIFY, /* from here on each has an answer */
  ACT_DESCRIBE,
  ACT_CONFIGURE,
  ACT_END,
};
static const uint8_t identify_script[] = {
    0, 1, 2, 3, ACT_STOP, ACT_DRAIN, ACT_IDENTIFY, ACT_DESCRIBE, ACT_CONFIGURE, ACT_END};
static const uint8_t configure_script[] = {ACT_STOP, ACT_DRAIN, ACT_CONFIGURE, ACT_END};
/* Their answers come among the data, which skips them. */
static const uint8_t start_script[] = {ACT_START, ACT_END};
static const uint8_t stop_script[] = {ACT_STOP, ACT_END};
static const uint8_t empty_script[] = {ACT_END};

static const uint8_t *script_of(enum stance_dialogue dialogue)
{
  switch (dialogue) {
  case STANCE_DIALOGUE_IDENTIFY:
    return identify_script;
  case STANCE_DIALOGUE_CONFIGURE:
    return configure_script;
  case STANCE_DIALOGUE_START:
    return start_script;
  case STANCE_DIALOGUE_STOP:
    return stop_script;
  case STANCE_DIALOGUE_CHECK:
  case STANCE_DIALOGUE_SELF_TEST:
    break;
  }
  return empty_script;
}

static void make_command(const struct stance_open_plate_state *plate, enum stance_open_type type,
                         const uint8_t *body, size_t count, struct stance_usb_exchange *exchange)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = STANCE_USB_BULK_OUT,
      .endpoint = plate->bridge.out,
      .timeout_ms = TIMEOUT_MS,
  };
  exchange->length = stance_open_pack(type, body, count, exchange->data);
}

static void make_read(const struct stance_open_plate_state *plate, bool drain,
                      struct stance_usb_exchange *exchange)
{
  *exchange = (struct stance_usb_exchange){
      .transfer = drain ? STANCE_USB_DRAIN : STANCE_USB_BULK_IN,
      .endpoint = plate->bridge.in,
      .length = drain ? 0 : plate->bridge.packet_bytes,
      .timeout_ms = drain ? QUIET_MS : TIMEOUT_MS,
  };
}

static void make_question(const struct stance_open_plate_state *plate, uint8_t act,
                          struct stance_usb_exchange *exchange)
{
  if (act == ACT_IDENTIFY) {
    make_command(plate, STANCE_OPEN_IDENTIFY, NULL, 0, exchange);
  } else if (act == ACT_DESCRIBE) {
    const uint8_t number = (uint8_t)plate->talk.described_count;
    make_command(plate, STANCE_OPEN_DESCRIBE, &number, 1, exchange);
  } else {
    const double rate_hz =
        fmin(fmax(plate->wanted_rate_hz, plate->lowest_rate_hz), plate->highest_rate_hz);
    const uint32_t rate_mhz = (uint32_t)llround(rate_hz * 1e3);
    const uint8_t body[] = {plate->stream.mask,        0,
                            (uint8_t)rate_mhz,         (uint8_t)(rate_mhz >> 8),
                            (uint8_t)(rate_mhz >> 16), (uint8_t)(rate_mhz >> 24)};
    make_command(plate, STANCE_OPEN_CONFIGURE, body, sizeof body, exchange);
  }
}

/* False where there is nothing to do. */
static bool make_act(struct stance_open_plate_state *plate, uint8_t act,
                     struct stance_usb_exchange *exchange)
{
  switch (act) {
  case ACT_STOP:
    make_command(plate, STANCE_OPEN_STOP, NULL, 0, exchange);
    return true;
  case ACT_START:
    make_command(plate, STANCE_OPEN_START, NULL, 0, exchange);
    return true;
  case ACT_DRAIN:
    make_read(plate, true, exchange);
    return true;
  case ACT_IDENTIFY:
  case ACT_DESCRIBE:
  case ACT_CONFIGURE:
    if (plate->talk.asked)
      make_read(plate, false, exchange);
    else
      make_question(plate, act, exchange);
    return true;
  default:
    return stance_bridge_ask(&plate->bridge, act, exchange);
  }
}

/* Text of a device that may be anything: printable ASCII up to the first zero. */
static void read_text(const uint8_t *bytes, size_t count, char *ret_text)
{
  size_t k = 0;
  for (; k < count && bytes[k] != 0; k++)
    ret_text[k] = (char)(bytes[k] >= ' ' && bytes[k] <= '~' ? bytes[k] : (uint8_t)'?');
  ret_text[k] = '\0';
}

static double get_float(const uint8_t *bytes)
{
  const uint32_t bits = stance_open_get_u32(bytes);
  float value;
  memcpy(&value, &bits, sizeof value);
  return (double)value;
}

static enum stance_status refuse(const char *what, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "%s: the plate %s; its firmware does not keep to OPEN_FRAMING.md",
                            stance_open_scheme, what);
}

static enum stance_status hear_identity(struct stance_open_plate_state *plate,
                                        const uint8_t *packet, struct stance_problem *problem)
{
  const uint8_t input_count = packet[2], sample_bytes = packet[3];
  const double lowest_rate_hz = stance_open_get_u32(packet + 4) * 1e-3;
  const double highest_rate_hz = stance_open_get_u32(packet + 8) * 1e-3;

  if (input_count < 1 || input_count > STANCE_CHANNEL_COUNT_MAX ||
      (sample_bytes != 3 && sample_bytes != 4) || !(lowest_rate_hz > 0) ||
      lowest_rate_hz > highest_rate_hz)
    return refuse("says of itself what cannot be", problem);
  plate->input_count = input_count;
  plate->sample_bytes = sample_bytes;
  plate->lowest_rate_hz = lowest_rate_hz;
  plate->highest_rate_hz = highest_rate_hz;
  read_text(packet + 12, 16, plate->serial);
  read_text(packet + 28, 24, plate->model);
  read_text(packet + 52, 12, plate->firmware);
  return stance_open_choose_channels(plate, problem);
}

static enum stance_status hear_channel(struct stance_open_plate_state *plate, const uint8_t *packet,
                                       struct stance_problem *problem)
{
  const uint8_t number = packet[2];
  const double scale = get_float(packet + 12), offset = get_float(packet + 16);
  const int32_t lowest = (int32_t)stance_open_get_u32(packet + 20);
  const int32_t highest = (int32_t)stance_open_get_u32(packet + 24);

  if (number != plate->talk.described_count || !isfinite(scale) || scale == 0 ||
      !isfinite(offset) || lowest >= highest)
    return refuse("describes a channel that cannot be", problem);
  struct stance_channel *channel = &plate->input[number];
  *channel = (struct stance_channel){
      .unit = "counts",
      .minimum = lowest,
      .maximum = highest,
      .resolution = 1,
      .skew_s = stance_open_get_u32(packet + 28) * 1e-9,
      .converter = {.slope_above = scale, .slope_below = scale, .offset = offset},
  };
  read_text(packet + 4, 8, channel->converter.unit);
  read_text(packet + 32, 16, channel->name);
  plate->talk.described_count++;
  return STANCE_OK;
}

static enum stance_status hear_configured(struct stance_open_plate_state *plate,
                                          const uint8_t *packet, struct stance_problem *problem)
{
  const size_t scan_bytes = plate->stream.channel_count * plate->stream.sample_bytes;
  const double rate_hz = stance_open_get_u32(packet + 4) * 1e-3;
  const size_t packet_bytes =
      STANCE_OPEN_DATA_HEAD + packet[3] * scan_bytes + STANCE_OPEN_CHECK_BYTES;

  if (packet[2] != plate->stream.mask || packet[3] == 0 || packet_bytes > STANCE_OPEN_PACKET_MAX ||
      !(rate_hz > 0) || rate_hz < plate->lowest_rate_hz || rate_hz > plate->highest_rate_hz)
    return refuse("was set up for something else than it was asked for", problem);
  plate->stream.scans_per_packet = packet[3];
  plate->stream.rate_hz = rate_hz;
  return STANCE_OK;
}

/* An answer of the right kind and length. */
static enum stance_status hear_packet(struct stance_open_plate_state *plate, uint8_t act,
                                      const uint8_t *packet, struct stance_problem *problem)
{
  struct stance_open_talk *talk = &plate->talk;
  enum stance_status status;

  if (act == ACT_IDENTIFY)
    status = hear_identity(plate, packet, problem);
  else if (act == ACT_DESCRIBE)
    status = hear_channel(plate, packet, problem);
  else
    status = hear_configured(plate, packet, problem);
  talk->asked = false;
  talk->attempt = 0;
  if (act != ACT_DESCRIBE || talk->described_count == plate->input_count)
    talk->act++;
  return status;
}

/* Type and length of the answer to an act. */
static size_t expected_bytes(uint8_t act, uint8_t *ret_type)
{
  static const struct {
    uint8_t type;
    size_t bytes;
  } answers[] = {{STANCE_OPEN_IDENTITY, IDENTITY_BYTES},
                 {STANCE_OPEN_CHANNEL, CHANNEL_BYTES},
                 {STANCE_OPEN_CONFIGURED, CONFIGURED_BYTES}};

  *ret_type = answers[act - ACT_IDENTIFY].type;
  return answers[act - ACT_IDENTIFY].bytes;
}

static enum stance_status hear_answer(struct stance_open_plate_state *plate, uint8_t act,
                                      const struct stance_usb_reply *reply,
                                      struct stance_problem *problem)
{
  struct stance_open_talk *talk = &plate->talk;
  uint8_t packet[STANCE_OPEN_ENCODED_MAX] = {0}, type;
  const size_t expected = expected_bytes(act, &type);
  const uint8_t *bytes = reply->data;
  size_t length = reply->length;

  while (length > 0 && stance_open_gather(&talk->gatherer, &bytes, &length)) {
    const bool rubbish = talk->gatherer.overlong;
    const size_t count =
        rubbish ? 0 : stance_open_unpack(talk->gatherer.bytes, talk->gatherer.count, packet);
    stance_open_gatherer_clear(&talk->gatherer);
    if (count == expected && packet[1] == type)
      return hear_packet(plate, act, packet, problem);
    if (count >= 4 && packet[1] == STANCE_OPEN_DONE && packet[3] != 0)
      return refuse("refuses a command", problem);
  }
  if (reply->outcome != STANCE_USB_TIMEOUT && ++talk->reads < READS_MAX)
    return STANCE_OK; /* data that was still under way */
  talk->asked = false;
  talk->reads = 0;
  if (++talk->attempt < ATTEMPTS)
    return STANCE_OK;
  return refuse("does not answer", problem);
}

static enum stance_status hear_act(struct stance_open_plate_state *plate,
                                   const struct stance_usb_reply *reply,
                                   struct stance_problem *problem)
{
  struct stance_open_talk *talk = &plate->talk;
  const uint8_t act = talk->script[talk->act];

  if (reply->outcome == STANCE_USB_FAILED ||
      (act < STANCE_BRIDGE_QUESTIONS && !stance_bridge_hear(&plate->bridge, act, reply)))
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: the plate does not answer; unplug it and plug it in again",
                              stance_open_scheme);
  if (act >= ACT_IDENTIFY && talk->asked)
    return hear_answer(plate, act, reply, problem);
  if (act >= ACT_IDENTIFY) {
    talk->asked = true;
    return STANCE_OK;
  }
  talk->act++;
  return STANCE_OK;
}

static void begin(struct stance_open_plate_state *plate, enum stance_dialogue dialogue)
{
  plate->talk = (struct stance_open_talk){.script = script_of(dialogue)};
  if (dialogue == STANCE_DIALOGUE_IDENTIFY)
    plate->bridge = (struct stance_bridge){0};
}

enum stance_status stance_open_converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                        const struct stance_usb_reply *reply,
                                        struct stance_usb_exchange *ret_exchange,
                                        struct stance_problem *problem)
{
  struct stance_open_plate_state *plate = state;
  struct stance_open_talk *talk = &plate->talk;

  if (dialogue == STANCE_DIALOGUE_CHECK) /* it sends or it does not */
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: it had stopped sending; it is started anew", stance_open_scheme);
  if (step == 0 || reply == NULL) {
    begin(plate, dialogue);
  } else {
    const enum stance_status status = hear_act(plate, reply, problem);
    if (status != STANCE_OK)
      return status;
  }
  for (; talk->script[talk->act] != ACT_END; talk->act++) {
    /* Whoever else has that number is not written to. */
    if (dialogue == STANCE_DIALOGUE_IDENTIFY && talk->script[talk->act] == ACT_STOP &&
        strncmp(plate->bridge.product, "stance", 6) != 0)
      return stance_problem_set(problem, STANCE_INSTRUMENT,
                                "%s: this device calls itself \"%s\" and is left alone; the "
                                "product name of a plate begins with \"stance\"",
                                stance_open_scheme, plate->bridge.product);
    if (make_act(plate, talk->script[talk->act], ret_exchange))
      return STANCE_OK;
  }
  return STANCE_END;
}
