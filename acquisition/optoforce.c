/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OptoForce (OnRobot) amplifiers for sensors of three or six axes, over CDC-ACM; the baud rate has
   no meaning there. One command of 9 bytes, big-endian:

   0  AA 00 32 03
   4  speed     0 stop, 1: 1000 Hz (3, 10, 33, 100: that many milliseconds)
   5  filter    0 none, 1 500 Hz, 2 150, 3 50, 4 15, 5 5, 6 1.5 Hz
   6  zero      255: what is measured now becomes zero; 0: no such zero
   7  checksum  sum of the 7 bytes before it

   Only 1000 Hz is used: [?] what the counter of the frames counts at other speeds is not written
   down. The amplifier's own zero is never set: a recording must say what was on the sensor.
   [K] vendor and product are those of Microchip's example, which other machines have too. */
#include "optoforce.h"

#include "axes.h"
#include "optoforce_stream.h"
#include "usb_serial.h"

#include <stdlib.h>
#include <string.h>

enum {
  BAUD = 115200,
  TIMEOUT_MS = 500,
  QUIET_MS = 100, /* what was sent before may be held up by a hub or the host */
  LISTEN_MAX = 50,
  FULL_SPEED_PACKET_BYTES = 64,
};

static const char scheme[] = "optoforce";

struct settings {
  int filter;
  const char *counts_per_n;
  const char *map;
};

struct optoforce {
  struct stance_optoforce_stream stream;
  struct stance_bridge bridge;
  uint8_t filter;
  double counts_per_unit[STANCE_AXIS_COUNT_MAX];
  size_t sensitivity_count; /* 0: not given */
  enum stance_side side[STANCE_AXIS_COUNT_MAX];
  /* Of the dialogue under way. */
  const uint8_t *script;
  size_t act;
  unsigned listened;
  struct stance_serial_window heard; /* apart from the stream's: STOP comes while frames still do */
};

static const struct stance_usb_id ids[] = {
    {0x04d8, 0x000a, "OptoForce amplifier", true},
    {0},
};

static const struct stance_source_key keys[] = {
    {.name = "filter",
     .type = STANCE_KEY_CHOICE,
     .default_value = "500",
     .unit = "Hz",
     .choices = "none|500|150|50|15|5|1.5",
     .meaning = "low-pass filter in the amplifier; below 500 it slows the rise of force",
     .member = offsetof(struct settings, filter)},
    {.name = "counts_per_n",
     .type = STANCE_KEY_TEXT,
     .default_value = "",
     .unit = "",
     .meaning = "of the sensor's data sheet, one number for each axis: counts per newton, then "
                "counts per newton metre; 66.667,66.667,6",
     .member = offsetof(struct settings, counts_per_n)},
    {.name = "map",
     .type = STANCE_KEY_TEXT,
     .default_value = "",
     .unit = "",
     .meaning = "side of an axis, left:Fz; else Fz is the total",
     .member = offsetof(struct settings, map)},
    {0},
};

static enum stance_status read_sensitivities(struct optoforce *o, const char *text,
                                             struct stance_problem *problem)
{
  const char *rest = text;

  for (o->sensitivity_count = 0; *rest != '\0' && o->sensitivity_count < STANCE_AXIS_COUNT_MAX;) {
    char *end;
    const double value = strtod(rest, &end);
    const size_t length = (size_t)(end - rest);
    if (length == 0 || strspn(rest, "0123456789.eE+-") < length || !(value > 0) || value > 1e9 ||
        (*end != ',' && *end != '\0') || (*end == ',' && end[1] == '\0'))
      break;
    o->counts_per_unit[o->sensitivity_count++] = value;
    rest = *end == ',' ? end + 1 : end;
  }
  if (*rest == '\0' && (o->sensitivity_count % 3 == 0))
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_USAGE,
                            "%s: counts_per_n=%.100s is not allowed; three or six numbers above "
                            "zero from the sensor's data sheet, separated by commas",
                            scheme, text);
}

static enum stance_status set_up(void *state, const struct stance_uri *uri,
                                 const struct stance_usb_id *id, struct stance_problem *problem)
{
  struct optoforce *o = state;
  struct settings settings = {0};
  enum stance_status status;

  (void)id;
  status = stance_uri_bind_defaults(keys, &settings, problem);
  if (status == STANCE_OK)
    status = stance_uri_bind(uri, keys, &settings, problem);
  if (status == STANCE_OK)
    status = read_sensitivities(o, settings.counts_per_n, problem);
  /* Whether the sensor has moments is not known yet. */
  if (status == STANCE_OK)
    status = stance_axes_map(scheme, settings.map, STANCE_AXIS_COUNT_MAX, o->side, problem);
  if (status != STANCE_OK)
    return status;
  o->filter = (uint8_t)settings.filter;
  o->stream.axis_count = 3; /* until it is heard */
  return STANCE_OK;
}

/* What is done one after the other in a dialogue; the first ones are stance_bridge_ask's. */
enum act {
  ACT_LINE_CODING = STANCE_BRIDGE_QUESTIONS,
  ACT_RAISE_LINES,
  ACT_STOP,
  ACT_START,
  ACT_DRAIN,
  ACT_LISTEN,
  ACT_END,
};
static const uint8_t identify_script[] = {
    0,         1,         2,          3,        ACT_LINE_CODING, ACT_RAISE_LINES, ACT_STOP,
    ACT_DRAIN, ACT_START, ACT_LISTEN, ACT_STOP, ACT_DRAIN,       ACT_END};
static const uint8_t configure_script[] = {ACT_LINE_CODING, ACT_RAISE_LINES, ACT_STOP, ACT_DRAIN,
                                           ACT_END};
static const uint8_t start_script[] = {ACT_START, ACT_END};
static const uint8_t stop_script[] = {ACT_STOP, ACT_END};
static const uint8_t empty_script[] = {ACT_END};

static void make_command(const struct optoforce *o, bool running,
                         struct stance_usb_exchange *exchange)
{
  uint8_t *data = exchange->data;
  unsigned sum = 0;

  *exchange = (struct stance_usb_exchange){
      .transfer = STANCE_USB_BULK_OUT,
      .endpoint = o->bridge.out,
      .data = {0xaa, 0x00, 0x32, 0x03, running ? 1 : 0, o->filter, 0},
      .length = 9,
      .timeout_ms = TIMEOUT_MS,
  };
  for (size_t k = 0; k < 7; k++)
    sum += data[k];
  data[7] = (uint8_t)(sum >> 8);
  data[8] = (uint8_t)sum;
}

/* False where there is nothing to do. */
static bool make_act(const struct optoforce *o, uint8_t act, struct stance_usb_exchange *exchange)
{
  switch (act) {
  case ACT_LINE_CODING:
    stance_cdc_line_coding(exchange, o->bridge.control_interface, BAUD);
    return true;
  case ACT_RAISE_LINES:
    stance_cdc_control_lines(exchange, o->bridge.control_interface, true);
    return true;
  case ACT_STOP:
  case ACT_START:
    make_command(o, act == ACT_START, exchange);
    return true;
  case ACT_DRAIN:
  case ACT_LISTEN:
    *exchange = (struct stance_usb_exchange){
        .transfer = act == ACT_DRAIN ? STANCE_USB_DRAIN : STANCE_USB_BULK_IN,
        .endpoint = o->bridge.in,
        .length = act == ACT_DRAIN ? 0 : FULL_SPEED_PACKET_BYTES,
        .timeout_ms = act == ACT_DRAIN ? QUIET_MS : TIMEOUT_MS,
    };
    return true;
  default:
    return stance_bridge_ask(&o->bridge, act, exchange);
  }
}

static enum stance_status note_axes(struct optoforce *o, size_t axes,
                                    struct stance_problem *problem)
{
  o->stream.axis_count = axes;
  if (o->sensitivity_count != 0 && o->sensitivity_count != axes)
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: counts_per_n names %zu axes, but this sensor has %zu", scheme,
                              o->sensitivity_count, axes);
  for (size_t k = axes; k < STANCE_AXIS_COUNT_MAX; k++)
    if (o->side[k] != STANCE_SIDE_NONE)
      return stance_problem_set(problem, STANCE_USAGE,
                                "%s: map names %s, but this sensor has Fx, Fy and Fz only", scheme,
                                stance_axis_names[k]);
  return STANCE_OK;
}

/* Until a whole frame came. *ret_again: it has not come yet. */
static enum stance_status hear_frames(struct optoforce *o, const struct stance_usb_reply *reply,
                                      bool *ret_again, struct stance_problem *problem)
{
  struct stance_serial_window *window = &o->heard;

  if (window->count + reply->length > sizeof window->bytes)
    stance_serial_window_drop(window, window->count / 2);
  if (reply->length > 0)
    stance_serial_window_fill(window, reply->data, reply->length);
  const size_t axes = stance_optoforce_find_axes(window->bytes, window->count);
  if (axes != 0)
    return note_axes(o, axes, problem);
  if (reply->outcome == STANCE_USB_TIMEOUT || ++o->listened == LISTEN_MAX)
    return stance_problem_set(
        problem, STANCE_INSTRUMENT,
        "%s: %s; is it an OptoForce amplifier, and the sensor plugged into "
        "it?",
        scheme, window->count == 0 ? "it sends nothing" : "what it sends cannot be read");
  *ret_again = true;
  return STANCE_OK;
}

static enum stance_status hear_act(struct optoforce *o, uint8_t act,
                                   const struct stance_usb_reply *reply, bool *ret_again,
                                   struct stance_problem *problem)
{
  /* Line coding and lines have no meaning to the amplifier: refusing them is no failure. */
  const bool optional = act == ACT_LINE_CODING || act == ACT_RAISE_LINES || act == ACT_DRAIN;
  const bool done = reply->outcome == STANCE_USB_DONE ||
                    (optional && reply->outcome != STANCE_USB_FAILED) || act == ACT_LISTEN;

  if (act < STANCE_BRIDGE_QUESTIONS && !stance_bridge_hear(&o->bridge, act, reply))
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: it does not say which endpoints it has; unplug it and plug it "
                              "in again",
                              scheme);
  if (act >= STANCE_BRIDGE_QUESTIONS && (!done || reply->outcome == STANCE_USB_FAILED))
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: it does not take a command; unplug it and plug it in again",
                              scheme);
  return act == ACT_LISTEN ? hear_frames(o, reply, ret_again, problem) : STANCE_OK;
}

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

static void begin(struct optoforce *o, enum stance_dialogue dialogue)
{
  o->script = script_of(dialogue);
  o->act = 0;
  o->listened = 0;
  o->heard.count = 0;
  if (dialogue == STANCE_DIALOGUE_IDENTIFY)
    o->bridge = (struct stance_bridge){0};
}

static enum stance_status converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                   const struct stance_usb_reply *reply,
                                   struct stance_usb_exchange *ret_exchange,
                                   struct stance_problem *problem)
{
  struct optoforce *o = state;
  bool again = false;

  if (dialogue == STANCE_DIALOGUE_CHECK) /* it has nothing to be asked: it sends or it does not */
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "%s: it had stopped sending; it is started anew", scheme);
  if (step == 0 || reply == NULL) {
    begin(o, dialogue);
  } else {
    const enum stance_status status = hear_act(o, o->script[o->act], reply, &again, problem);
    if (status != STANCE_OK)
      return status;
    o->act += !again;
  }
  while (o->script[o->act] != ACT_END && !make_act(o, o->script[o->act], ret_exchange))
    o->act++;
  return o->script[o->act] == ACT_END ? STANCE_END : STANCE_OK;
}

static void describe(const void *state, struct stance_source_info *ret_info)
{
  const struct optoforce *o = state;

  snprintf(ret_info->model, sizeof ret_info->model, "%s",
           o->bridge.product[0] != '\0' ? o->bridge.product : ids[0].model);
  snprintf(ret_info->serial, sizeof ret_info->serial, "%s", o->bridge.serial);
  ret_info->rate_hz = STANCE_OPTOFORCE_RATE_HZ;
  ret_info->channel_count = o->stream.axis_count;
  for (size_t k = 0; k < o->stream.axis_count; k++) {
    struct stance_channel *channel = &ret_info->channel[k];
    *channel = (struct stance_channel){
        .unit = "counts",
        .side = o->side[k],
        .minimum = INT16_MIN,
        .maximum = INT16_MAX,
        .resolution = 1,
    };
    snprintf(channel->name, sizeof channel->name, "%s", stance_axis_names[k]);
    if (o->sensitivity_count == 0)
      continue;
    const double slope = 1 / o->counts_per_unit[k];
    channel->converter = (struct stance_converter){.slope_above = slope, .slope_below = slope};
    snprintf(channel->converter.unit, sizeof channel->converter.unit, "%s", stance_axis_unit(k));
  }
}

static void shape(const void *state, struct stance_usb_shape *ret_shape)
{
  const struct optoforce *o = state;

  *ret_shape = (struct stance_usb_shape){
      /* Until the descriptors are read: as Microchip's example has them. */
      .interface = {o->bridge.control_interface, 1},
      .interface_count = 2,
      .endpoint = 0x82,
      .max_packet_bytes = FULL_SPEED_PACKET_BYTES,
      .packet_bytes = stance_optoforce_frame_bytes(o->stream.axis_count),
      .packets_per_s = STANCE_OPTOFORCE_RATE_HZ,
  };
  if (o->bridge.in != 0) {
    ret_shape->interface[1] = o->bridge.data_interface;
    ret_shape->endpoint = o->bridge.in;
    ret_shape->max_packet_bytes = o->bridge.packet_bytes;
  }
}

static void rewind_stream(void *state)
{
  struct optoforce *o = state;
  stance_optoforce_stream_rewind(&o->stream);
}

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  struct optoforce *o = state;
  stance_optoforce_stream_decode(&o->stream, bytes, length, sink);
}

const struct stance_instrument stance_optoforce = {
    .kind = {.scheme = scheme,
             .summary = "OptoForce and OnRobot force sensors of three or six axes, 1000 Hz",
             .example = "optoforce:1-2.3?counts_per_n=66.667,66.667,6&map=left:Fz",
             .keys = keys},
    .ids = ids,
    .state_size = sizeof(struct optoforce),
    .silence_condemns = true,
    .set_up = set_up,
    .converse = converse,
    .describe = describe,
    .shape = shape,
    .rewind = rewind_stream,
    .decode = decode,
};
