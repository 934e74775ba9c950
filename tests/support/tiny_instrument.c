/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/tiny_instrument.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  HEAD = 2,
  FRAME_BYTES = 4,
  SUM_BYTES = 2,
  PACKET_MAX = 64,
  FRAMES_MAX = 15,
  STREAM_IN = 0x81,
  /* Requests. */
  IDENTIFY = 1,
  CONFIGURE = 2,
  START = 3,
  STOP = 4,
  STATUS = 5,
  /* In the place of the number of frames: what the decoder tells of. */
  PLEASE_RESTART = 0xfe,
  GIVE_UP = 0xff,
};

/* ---- what the station knows ------------------------------------------------------------------ */

struct tiny {
  double rate_hz, frames, interfaces;
  uint32_t serial;
  uint8_t packet[PACKET_MAX];
  size_t used;
  bool in_step;
  uint8_t expected;
};

static const struct stance_source_key keys[] = {
    {"rate", STANCE_KEY_NUMBER, "1500", "Hz", 1, 100000, NULL, "frames a second",
     offsetof(struct tiny, rate_hz)},
    {"frames", STANCE_KEY_INTEGER, "15", "", 1, FRAMES_MAX, NULL, "frames in a packet",
     offsetof(struct tiny, frames)},
    {"interfaces", STANCE_KEY_INTEGER, "1", "", 1, 2, NULL, "interfaces that are claimed",
     offsetof(struct tiny, interfaces)},
    {0},
};

static size_t packet_bytes(const struct tiny *tiny)
{
  return HEAD + (size_t)tiny->frames * FRAME_BYTES + SUM_BYTES;
}

static uint16_t sum(const uint8_t *bytes, size_t count)
{
  unsigned total = 0;
  for (size_t k = 0; k < count; k++)
    total += bytes[k];
  return (uint16_t)total;
}

static enum stance_status set_up(void *state, const struct stance_uri *uri,
                                 const struct stance_usb_id *id, struct stance_problem *problem)
{
  const enum stance_status status = stance_uri_bind_defaults(keys, state, problem);
  (void)id;
  return status == STANCE_OK ? stance_uri_bind(uri, keys, state, problem) : status;
}

static struct stance_usb_exchange request(uint8_t request, bool in, uint16_t value, uint16_t index,
                                          size_t length)
{
  return (struct stance_usb_exchange){
      .transfer = in ? STANCE_USB_CONTROL_IN : STANCE_USB_CONTROL_OUT,
      .request_type = in ? 0xc0 : 0x40,
      .request = request,
      .value = value,
      .index = index,
      .length = length,
      .timeout_ms = 200,
  };
}

static enum stance_status identify(struct tiny *tiny, unsigned step,
                                   const struct stance_usb_reply *reply,
                                   struct stance_usb_exchange *ret_exchange)
{
  switch (step) {
  case 0:
    *ret_exchange = request(STOP, false, 0, 0, 0);
    return STANCE_OK;
  case 1:
    *ret_exchange = (struct stance_usb_exchange){
        .transfer = STANCE_USB_DRAIN, .endpoint = STREAM_IN, .timeout_ms = 20};
    return STANCE_OK;
  case 2:
    *ret_exchange = request(IDENTIFY, true, 0, 0, sizeof tiny->serial);
    return STANCE_OK;
  default:
    memcpy(&tiny->serial, reply->data, sizeof tiny->serial);
    return STANCE_END;
  }
}

static enum stance_status check(unsigned step, const struct stance_usb_reply *reply,
                                struct stance_usb_exchange *ret_exchange)
{
  *ret_exchange = request(STATUS, true, 0, 0, 1);
  return step == 0 ? STANCE_OK : reply->data[0] != 0 ? STANCE_END : STANCE_INSTRUMENT;
}

static enum stance_status converse(void *state, enum stance_dialogue dialogue, unsigned step,
                                   const struct stance_usb_reply *reply,
                                   struct stance_usb_exchange *ret_exchange,
                                   struct stance_problem *problem)
{
  struct tiny *tiny = state;
  if (reply != NULL && reply->outcome != STANCE_USB_DONE)
    return stance_problem_set(problem, STANCE_INSTRUMENT, "tiny: no answer");
  switch (dialogue) {
  case STANCE_DIALOGUE_IDENTIFY:
    return identify(tiny, step, reply, ret_exchange);
  case STANCE_DIALOGUE_CONFIGURE:
    *ret_exchange = request(CONFIGURE, false, (uint16_t)tiny->rate_hz, (uint16_t)tiny->frames, 0);
    return step == 0 ? STANCE_OK : STANCE_END;
  case STANCE_DIALOGUE_START:
    *ret_exchange = request(START, false, 0, 0, 0);
    return step == 0 ? STANCE_OK : STANCE_END;
  case STANCE_DIALOGUE_STOP:
    *ret_exchange = request(STOP, false, 0, 0, 0);
    return step == 0 ? STANCE_OK : STANCE_END;
  case STANCE_DIALOGUE_CHECK:
    return check(step, reply, ret_exchange);
  default:
    return STANCE_END;
  }
}

static enum stance_status converse_unasked(void *state, enum stance_dialogue dialogue,
                                           unsigned step, const struct stance_usb_reply *reply,
                                           struct stance_usb_exchange *ret_exchange,
                                           struct stance_problem *problem)
{
  if (dialogue == STANCE_DIALOGUE_CHECK)
    return stance_problem_set(problem, STANCE_INSTRUMENT, "tiny: it had stopped sending");
  return converse(state, dialogue, step, reply, ret_exchange, problem);
}

static void describe(const void *state, struct stance_source_info *ret_info)
{
  const struct tiny *tiny = state;
  snprintf(ret_info->model, sizeof ret_info->model, "Tiny");
  snprintf(ret_info->serial, sizeof ret_info->serial, "%u", tiny->serial);
  snprintf(ret_info->firmware, sizeof ret_info->firmware, "1.0");
  ret_info->rate_hz = tiny->rate_hz;
  ret_info->channel_count = 2;
}

static void shape(const void *state, struct stance_usb_shape *ret_shape)
{
  const struct tiny *tiny = state;
  *ret_shape = (struct stance_usb_shape){
      .interface = {0, 1},
      .interface_count = (size_t)tiny->interfaces,
      .endpoint = STREAM_IN,
      .max_packet_bytes = PACKET_MAX,
      .packet_bytes = packet_bytes(tiny),
      .packets_per_s = tiny->rate_hz / tiny->frames,
  };
}

static void rewind_stream(void *state)
{
  struct tiny *tiny = state;
  tiny->used = 0;
  tiny->in_step = false;
}

static double get_u16(const uint8_t *bytes)
{
  return bytes[0] + 256 * bytes[1];
}

static void take_packet(struct tiny *tiny, struct stance_frame_sink *sink)
{
  const unsigned frames = (unsigned)tiny->frames;
  const size_t summed = packet_bytes(tiny) - SUM_BYTES;
  const uint8_t *packet = tiny->packet;
  if (tiny->in_step && packet[0] != tiny->expected)
    stance_frame_sink_lose(sink, (uint64_t)(uint8_t)(packet[0] - tiny->expected) * frames);
  tiny->expected = (uint8_t)(packet[0] + 1);
  tiny->in_step = true;
  if (packet[1] == PLEASE_RESTART)
    stance_frame_sink_ask_restart(sink, "The tiny instrument asks to be started anew.");
  if (packet[1] == GIVE_UP)
    stance_frame_sink_fail(sink, "the rate is too high for the tiny instrument");
  if (packet[1] >= PLEASE_RESTART)
    return;
  if (get_u16(packet + summed) != sum(packet, summed)) {
    stance_frame_sink_spoil(sink, frames);
    return;
  }
  for (unsigned k = 0; k < frames; k++) {
    const uint8_t *at = packet + HEAD + (size_t)k * FRAME_BYTES;
    const double value[STANCE_CHANNEL_COUNT_MAX] = {get_u16(at), get_u16(at + 2)};
    stance_frame_sink_push(sink, value, 0);
  }
}

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  struct tiny *tiny = state;
  for (size_t k = 0; k < length; k++) {
    tiny->packet[tiny->used++] = bytes[k];
    if (tiny->used == packet_bytes(tiny)) {
      tiny->used = 0;
      take_packet(tiny, sink);
    }
  }
}

static const struct stance_usb_id ids[] = {
    {TINY_VENDOR, TINY_PRODUCT, "Tiny", false},
    {TINY_VENDOR, TINY_GENERIC_PRODUCT, "some chip", true},
    {0},
};

#define TINY                                                                             \
  .kind = {.scheme = "tiny", .summary = "for tests", .example = "tiny:", .keys = keys},  \
  .ids = ids, .state_size = sizeof(struct tiny), .set_up = set_up, .describe = describe, \
  .shape = shape, .rewind = rewind_stream, .decode = decode

const struct stance_instrument tiny_instrument = {TINY, .converse = converse};
const struct stance_instrument tiny_unasked_instrument = {TINY, .converse = converse_unasked,
                                                          .silence_condemns = true};

/* ---- what the device does -------------------------------------------------------------------- */

static double samples_per_ns(const struct tiny_device *device)
{
  return device->rate_hz * (1 + device->rate_error) / 1e9;
}

uint64_t tiny_sample_at(const struct tiny_device *device, int64_t at_ns)
{
  return (uint64_t)floor((double)at_ns * samples_per_ns(device));
}

uint64_t tiny_number(const struct stance_raw_frame *frame)
{
  return (uint64_t)frame->value[0] + ((uint64_t)frame->value[1] << 15);
}

static void device_plugged(void *context, int64_t now_ns)
{
  struct tiny_device *device = context;
  (void)now_ns;
  device->streaming = device->overrun = false;
}

static void device_start(struct tiny_device *device, int64_t now_ns)
{
  device->started++;
  device->streaming = true;
  device->overrun = device->silent_until_start = device->stopped_alone = false;
  device->counter = 0;
  device->next_sample = tiny_sample_at(device, now_ns) + 1;
}

static int device_control(void *context, int64_t now_ns, uint8_t request_type, uint8_t request,
                          uint16_t value, uint16_t index, uint8_t *data, int length)
{
  struct tiny_device *device = context;
  (void)request_type;
  if (device->mute || device->deaf_answers > 0) {
    device->deaf_answers -= device->deaf_answers > 0 ? 1 : 0;
    return FAKE_NO_ANSWER;
  }
  switch (request) {
  case IDENTIFY:
    device->identified++;
    memcpy(data, &device->serial, sizeof device->serial);
    return length;
  case CONFIGURE:
    device->configured++;
    device->rate_hz = value;
    device->frames_per_packet = index;
    return 0;
  case START:
    if (device->refuses_start)
      return FAKE_STALL;
    device_start(device, now_ns);
    return 0;
  case STOP:
    device->stopped++;
    device->streaming = device->streaming && device->hands_over_at_stop;
    device->silent = device->silent && !device->hands_over_at_stop;
    return 0;
  case STATUS:
    device->checked++;
    data[0] = device->streaming && !device->overrun && !device->stopped_alone;
    return 1;
  default:
    return FAKE_STALL;
  }
}

static void fill(struct tiny_device *device, uint8_t *packet)
{
  const unsigned frames = device->frames_per_packet;
  const size_t summed = HEAD + (size_t)frames * FRAME_BYTES;
  packet[0] = device->counter++;
  packet[1] = device->fatal_next     ? GIVE_UP
              : device->restart_next ? PLEASE_RESTART
                                     : (uint8_t)frames;
  for (unsigned k = 0; k < frames; k++) {
    const uint64_t number = device->next_sample + k;
    uint8_t *at = packet + HEAD + (size_t)k * FRAME_BYTES;
    at[0] = (uint8_t)number;
    at[1] = (uint8_t)(number >> 8 & 0x7f);
    at[2] = (uint8_t)(number >> 15);
    at[3] = (uint8_t)(number >> 23);
  }
  const uint16_t total = sum(packet, summed);
  packet[summed] = (uint8_t)total;
  packet[summed + 1] = (uint8_t)(total >> 8);
  if (device->corrupt_next)
    packet[HEAD] ^= 1;
  device->corrupt_next = device->fatal_next = device->restart_next = false;
  device->next_sample += frames;
}

static int device_packet(void *context, uint8_t endpoint, int64_t now_ns, uint8_t *data, int size,
                         int64_t *ret_next_ns)
{
  struct tiny_device *device = context;
  const unsigned frames = device->frames_per_packet;
  (void)size;
  if (endpoint != STREAM_IN || !device->streaming || device->silent || device->silent_until_start ||
      device->overrun)
    return -1;
  if (device->skip_next) {
    device->counter++;
    device->next_sample += frames;
    device->skip_next = false;
  }
  const uint64_t sampled = tiny_sample_at(device, now_ns) + 1;
  const uint64_t complete = device->next_sample + frames;
  if (device->fifo_packets > 0 &&
      sampled > device->next_sample + (device->fifo_packets + 1) * frames) {
    device->overrun = true;
    return -1;
  }
  if (sampled < complete) {
    /* The last sample of the packet, numbered complete − 1, is taken at its number's instant. */
    *ret_next_ns = (int64_t)ceil((double)(complete - 1) / samples_per_ns(device)) + 1;
    return -1;
  }
  fill(device, data);
  return HEAD + (int)frames * FRAME_BYTES + SUM_BYTES;
}

const struct fake_model tiny_model = {device_plugged, device_control, device_packet};
