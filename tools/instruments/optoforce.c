/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OptoForce / OnRobot USB amplifier with a three- or six-axis sensor, as a serial port of class CDC
   (tshu/optoforce6axis src/optoDriver.cpp; jhu-saw/sawOptoforceSensor). To the amplifier:

     AA 00 32 03   speed   filter   zero   checksum, BE: sum of the seven bytes before
     speed: 0 stop, else 1000/speed Hz; zero: 255 take what is now for zero, 0 forget that

   and from it, in its own time, 16 bytes with three axes, 22 with six:

     AA 07 08 0A|10   counter, BE   status, BE   axes, BE int16   checksum, BE: sum of all before
     status: bits 4…9 overload of Tz Ty Tx Fz Fy Fx; bits 10…15 an error of sensor or amplifier

   At power-up it has speed 10. Before the host has read anything nothing leaves it; what it says
   until it is first configured belongs to no stream: a few such frames wait (fault `stale`). */
#include "virtual_serial.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { AXES_MAX = 6, COMMAND_BYTES = 9, DATA_OUT = 0x02, DATA_IN = 0x82, PACKET_BYTES = 64 };
enum { SET_LINE_CODING = 0x20, GET_LINE_CODING = 0x21, SET_CONTROL_LINE_STATE = 0x22 };
enum { ZERO_TAKE = 255, USUAL_SPEED = 10, BUFFER_BYTES = 4096, BRAKE_BYTES = 2 * PACKET_BYTES };

struct optoforce {
  struct stance_virtual_line line;
  uint8_t command[COMMAND_BYTES];
  size_t command_length;
  uint8_t line_coding[7];
  uint8_t speed, filter;
  bool takes_zero;
  int zero[AXES_MAX];
  uint16_t counter;
  unsigned skipped; /* frames that are counted but not sent */
};

/* Newtons, and newton metres, of one count: a 45-FE-1000N of the maker's own example (the torques
   are of no data sheet). */
static const double unit_per_count[AXES_MAX] = {150.0 / 10000, 150.0 / 10000, 1000.0 / 6000,
                                                10.0 / 10000,  10.0 / 10000,  10.0 / 10000};

static unsigned axis_count(const struct stance_virtual_device *device)
{
  return device->kind == &stance_virtual_optoforce_3 ? 3 : 6;
}

static uint16_t sum_of(const uint8_t *bytes, size_t count)
{
  unsigned sum = 0;
  for (size_t k = 0; k < count; k++)
    sum += bytes[k];
  return (uint16_t)sum;
}

static int count_of(const struct stance_virtual_device *device, unsigned axis, double time_s)
{
  const struct optoforce *state = device->state;
  const double newton = stance_virtual_serial_newton(device, axis, time_s);
  const double count = round(newton / unit_per_count[axis]) - state->zero[axis];
  return (int)fmin(fmax(count, INT16_MIN), INT16_MAX);
}

/* Bits 4…9, from Tz up to Fx. */
static unsigned overload_bit(unsigned axis)
{
  return 1U << (9 - axis);
}

static size_t make_frame(struct stance_virtual_device *device, double time_s, uint8_t *frame)
{
  struct optoforce *state = device->state;
  const unsigned axes = axis_count(device);
  const size_t length = 8 + 2 * (size_t)axes;
  unsigned status = 0;
  double value;

  frame[0] = 0xaa;
  frame[1] = 0x07;
  frame[2] = 0x08;
  frame[3] = (uint8_t)(4 + 2 * axes);
  stance_virtual_put_be(frame + 4, state->counter, 2);
  for (unsigned axis = 0; axis < axes; axis++) {
    const int count = count_of(device, axis, time_s);
    if (count == INT16_MIN || count == INT16_MAX)
      status |= overload_bit(axis);
    stance_virtual_put_be(frame + 8 + 2 * axis, (uint16_t)count, 2);
  }
  if (stance_virtual_fault_take(&device->faults, "overload", device->counts.sampled, 2, &value))
    status |= overload_bit((unsigned)value % AXES_MAX);
  if (stance_virtual_fault_take(&device->faults, "sensor-error", device->counts.sampled, 1, &value))
    status |= ((unsigned)value & 0x3f) << 10;
  stance_virtual_put_be(frame + 6, status, 2);
  stance_virtual_put_be(frame + length, sum_of(frame, length), 2);
  return length + 2;
}

static void take_zero(struct stance_virtual_device *device, double time_s)
{
  struct optoforce *state = device->state;

  memset(state->zero, 0, sizeof state->zero);
  for (unsigned axis = 0; axis < axis_count(device); axis++)
    state->zero[axis] = count_of(device, axis, time_s);
  state->takes_zero = false;
}

static void send_noise(struct stance_virtual_device *device, unsigned count)
{
  struct optoforce *state = device->state;

  for (unsigned k = 0; k < count; k++) { /* with the head of a frame in it */
    const uint8_t byte = (uint8_t)(k % 3 == 0 ? 0xaa : 7 * k);
    stance_virtual_line_push(device, &state->line, &byte, 1, 0, false, BUFFER_BYTES);
  }
}

static void sample(struct stance_virtual_device *device)
{
  struct optoforce *state = device->state;
  const double time_s = stance_virtual_clock_scan_s(&device->clock);
  const uint64_t frame_number = device->counts.sampled;
  uint8_t frame[8 + 2 * AXES_MAX + 2];
  double value;

  if (state->takes_zero)
    take_zero(device, time_s);
  if (stance_virtual_fault_take(&device->faults, "skip-counter", frame_number, 1, &value))
    state->skipped += (unsigned)value;
  if (stance_virtual_fault_take(&device->faults, "noise", frame_number, 10, &value))
    send_noise(device, (unsigned)value);
  size_t length = make_frame(device, time_s, frame);
  const bool bad =
      stance_virtual_fault_take(&device->faults, "bad-checksum", frame_number, 0, &value);
  if (bad)
    frame[9] ^= 0x04; /* of the first axis */
  const bool cut = stance_virtual_fault_take(&device->faults, "cut", frame_number, 3, &value);
  if (cut)
    length -= value < (double)length ? (size_t)value : length;
  device->clock.scan++;
  device->counts.sampled++;
  state->counter++;
  if (state->skipped > 0) {
    state->skipped--;
    device->counts.dropped++;
    return;
  }
  stance_virtual_line_push(device, &state->line, frame, length, 1, bad || cut, BUFFER_BYTES);
}

static void advance(struct stance_virtual_device *device)
{
  struct optoforce *state = device->state;
  while (stance_virtual_clock_is_due(&device->clock, state->line.used >= BRAKE_BYTES))
    sample(device);
}

static void send_stale(struct stance_virtual_device *device)
{
  struct optoforce *state = device->state;
  uint8_t frame[8 + 2 * AXES_MAX + 2];
  double value;

  if (!stance_virtual_fault_take(&device->faults, "stale", device->counts.sampled, 5, &value))
    return;
  for (unsigned k = 0; k < (unsigned)value; k++) {
    state->counter++;
    const size_t length = make_frame(device, device->clock.now_s, frame);
    stance_virtual_line_push(device, &state->line, frame, length, 0, false, BUFFER_BYTES);
  }
}

static void configure(struct stance_virtual_device *device, const uint8_t *command)
{
  struct optoforce *state = device->state;

  stance_virtual_serial_stop(device);
  state->speed = command[4];
  state->filter = command[5];
  state->takes_zero = command[6] == ZERO_TAKE;
  if (!state->takes_zero)
    memset(state->zero, 0, sizeof state->zero);
  stance_virtual_reach(device, STANCE_VIRTUAL_AT_CONFIGURING);
  stance_virtual_log(device, "event=configured speed=%u filter=%u", state->speed, state->filter);
  if (state->speed == 0)
    send_stale(device); /* on their way already when it was told to stop */
  else
    stance_virtual_serial_start(device, 1000.0 / state->speed);
}

static int bulk_out(struct stance_virtual_device *device, uint8_t endpoint, const uint8_t *data,
                    size_t length)
{
  static const uint8_t head[] = {0xaa, 0x00, 0x32, 0x03};
  struct optoforce *state = device->state;

  if (endpoint != DATA_OUT)
    return -EPIPE;
  for (size_t k = 0; k < length; k++) {
    if (state->command_length < sizeof head && data[k] != head[state->command_length])
      state->command_length = 0; /* not the head of a command */
    if (state->command_length >= sizeof head || data[k] == head[state->command_length])
      state->command[state->command_length++] = data[k];
    if (state->command_length < COMMAND_BYTES)
      continue;
    state->command_length = 0;
    if (sum_of(state->command, 7) == (state->command[7] << 8 | state->command[8]))
      configure(device, state->command);
    else
      stance_virtual_log(device, "event=refused reason=checksum");
  }
  return (int)length;
}

static int bulk_in(struct stance_virtual_device *device, uint8_t endpoint, uint8_t *ret_packet,
                   size_t maximum)
{
  struct optoforce *state = device->state;

  if (endpoint != DATA_IN || state->line.used == 0)
    return -EAGAIN; /* no notification is ever due */
  device->counts.packets++;
  return (int)stance_virtual_line_pull(device, &state->line, ret_packet,
                                       maximum < PACKET_BYTES ? maximum : PACKET_BYTES);
}

/* The baud rate of a port that is none: kept, and ignored. */
static int control(struct stance_virtual_device *device, const struct stance_virtual_setup *setup,
                   uint8_t *data)
{
  struct optoforce *state = device->state;

  if (setup->request_type == 0x21 && setup->request == SET_CONTROL_LINE_STATE)
    return 0;
  if (setup->length < sizeof state->line_coding)
    return -EPIPE;
  if (setup->request_type == 0x21 && setup->request == SET_LINE_CODING)
    memcpy(state->line_coding, data, sizeof state->line_coding);
  else if (setup->request_type == 0xa1 && setup->request == GET_LINE_CODING)
    memcpy(data, state->line_coding, sizeof state->line_coding);
  else
    return -EPIPE;
  return sizeof state->line_coding;
}

static void power_on(struct stance_virtual_device *device)
{
  static const uint8_t usual_coding[7] = {0x00, 0xc2, 0x01, 0, 0, 0, 8}; /* 115200 8N1 */
  struct optoforce *state = device->state;

  stance_virtual_line_clear(device, &state->line);
  memset(state, 0, sizeof *state);
  memcpy(state->line_coding, usual_coding, sizeof usual_coding);
  state->speed = USUAL_SPEED;
  send_stale(device);
}

static void describe_channel(const struct stance_virtual_device *device, unsigned input,
                             struct stance_virtual_channel *ret_channel)
{
  static const char *const names[AXES_MAX] = {"Fx", "Fy", "Fz", "Mx", "My", "Mz"};

  *ret_channel = (struct stance_virtual_channel){
      .unit_per_volt = stance_virtual_input_newton_per_volt(device->input)};
  snprintf(ret_channel->name, sizeof ret_channel->name, "%s", names[input % AXES_MAX]);
  snprintf(ret_channel->unit, sizeof ret_channel->unit, "%s", input < 3 ? "N" : "N.m");
}

/* A serial port of class CDC: notifications on 81, data on 02 and 82. */
static const uint8_t device_bytes[18] = {18,   1,    0x00, 0x02, 0x02, 0x00, 0x00, 64, 0xd8,
                                         0x04, 0x0a, 0x00, 0x00, 0x01, 1,    2,    3,  1};
static const uint8_t configuration[] = {9, 2,    67,   0,    2,    1,    0,  0x80, 50, /* */
                                        9, 4,    0,    0,    1,    0x02, 2,  1,    0,  /* control */
                                        5, 0x24, 0x00, 0x10, 0x01, /* CDC 1.10 */
                                        5, 0x24, 0x01, 0,    1,    /* */
                                        4, 0x24, 0x02, 2,          /* line coding and state */
                                        5, 0x24, 0x06, 0,    1,    /* */
                                        7, 5,    0x81, 3,    8,    0,    16,          /* */
                                        9, 4,    1,    0,    2,    0x0a, 0,  0,    0, /* data */
                                        7, 5,    0x02, 2,    64,   0,    0,           /* */
                                        7, 5,    0x82, 2,    64,   0,    0};

#define OPTOFORCE(kind_name, model_name, about, usual_serial)                                   \
  {                                                                                             \
    .name = kind_name, .model = model_name, .summary = about, .serial = usual_serial,           \
    .faults = "bad-checksum skip-counter cut noise overload sensor-error stale",                \
    .descriptors = {.speed = STANCE_VIRTUAL_FULL_SPEED,                                         \
                    .device = device_bytes,                                                     \
                    .configuration = configuration,                                             \
                    .configuration_length = sizeof configuration,                               \
                    .string = {"OnRobot", "OptoForce DAQ", "", NULL}},                          \
    .state_size = sizeof(struct optoforce), .stream_endpoint = DATA_IN,                         \
    .packet_bytes = PACKET_BYTES, .set_up = stance_virtual_serial_set_up, .power_on = power_on, \
    .control = control, .bulk_out = bulk_out, .bulk_in = bulk_in, .advance = advance,           \
    .describe_channel = describe_channel                                                        \
  }

const struct stance_virtual_kind stance_virtual_optoforce_3 =
    OPTOFORCE("optoforce-3", "OptoForce OMD-45-FE-1000N", "3 axes, 1000 Hz", "ISE0301");
const struct stance_virtual_kind stance_virtual_optoforce_6 =
    OPTOFORCE("optoforce-6", "OptoForce HEX", "6 axes, 1000 Hz", "ISE0601");
