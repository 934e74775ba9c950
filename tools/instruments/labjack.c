/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands and answers of the U6 and U3. */
#include "virtual_labjack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
  NORMAL_STREAM_START = 0xa8,
  NORMAL_STREAM_STOP = 0xb0,
  EXTENDED = 0xf8,
  FEEDBACK = 0x00,
  CONFIG = 0x08, /* ConfigU6, ConfigU3 */
  CONFIG_IO = 0x0b,
  STREAM_CONFIG = 0x11,
  READ_CAL = 0x2d,
  CLOCK_48_MHZ = 1 << 3,
};

bool stance_virtual_labjack_is_u3(const struct stance_virtual_device *device)
{
  return device->kind == &stance_virtual_labjack_u3;
}

uint16_t stance_virtual_labjack_checksum16(const uint8_t *bytes, size_t length)
{
  unsigned sum = 0;

  for (size_t k = 6; k < length; k++)
    sum += bytes[k];
  return (uint16_t)sum;
}

uint8_t stance_virtual_labjack_checksum8(const uint8_t *bytes, size_t end)
{
  unsigned sum = 0;

  for (size_t k = 1; k < end; k++)
    sum += bytes[k];
  sum = (sum & 0xff) + (sum >> 8);
  sum = (sum & 0xff) + (sum >> 8);
  return (uint8_t)sum;
}

void stance_virtual_labjack_sign(uint8_t *bytes, size_t length)
{
  const uint16_t sum = stance_virtual_labjack_checksum16(bytes, length);

  bytes[4] = (uint8_t)sum;
  bytes[5] = (uint8_t)(sum >> 8);
  bytes[0] = stance_virtual_labjack_checksum8(bytes, 6);
}

static uint16_t get16(const uint8_t *bytes)
{
  return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void put32(uint8_t *bytes, uint32_t value)
{
  for (int k = 0; k < 4; k++)
    bytes[k] = (uint8_t)(value >> 8 * k);
}

static bool is_signed_right(const uint8_t *bytes, size_t length)
{
  if (length < 2)
    return false;
  if ((bytes[1] & 0x78) != 0x78) /* a normal command */
    return bytes[0] == stance_virtual_labjack_checksum8(bytes, length);
  return length >= 6 && get16(bytes + 4) == stance_virtual_labjack_checksum16(bytes, length) &&
         bytes[0] == stance_virtual_labjack_checksum8(bytes, 6) && length == 6U + 2U * bytes[2];
}

/* 26 bytes in; 38 out: serial 15..18, product 19..20, firmware 9..12, hardware 13..14. */
static size_t config(struct stance_virtual_device *device, uint8_t *response)
{
  const bool u3 = stance_virtual_labjack_is_u3(device);

  response[1] = EXTENDED;
  response[2] = 0x10;
  response[3] = CONFIG;
  response[10] = 1; /* firmware 1.43 */
  response[9] = 43;
  response[12] = 1; /* boot loader 1.03 */
  response[11] = 3;
  response[14] = u3 ? 1 : 2; /* hardware U3C 1.30, U6 2.00 */
  response[13] = u3 ? 30 : 0;
  put32(response + 15, (uint32_t)strtoul(device->serial, NULL, 10));
  response[19] = u3 ? 3 : 6;
  response[21] = 1; /* local id */
  if (u3) {
    response[23] = 0x0f; /* FIOAnalog at power-up */
    response[37] = 2;    /* U3C, low voltage */
  } else {
    response[37] = 4; /* U6, not Pro */
  }
  stance_virtual_reach(device, STANCE_VIRTUAL_AT_CONFIGURING);
  return 38;
}

static size_t read_cal(const struct stance_virtual_device *device, const uint8_t *command,
                       size_t length, uint8_t *response)
{
  const struct stance_virtual_labjack *state = device->state;

  if (length != 8)
    return 0;
  response[1] = EXTENDED;
  response[2] = 0x11;
  response[3] = READ_CAL;
  if (command[7] >= STANCE_VIRTUAL_LABJACK_CALIBRATION_BLOCKS) {
    response[6] = STANCE_VIRTUAL_LABJACK_CONFIG_INVALID;
    return 40;
  }
  for (int k = 0; k < 4; k++)
    for (int byte = 0; byte < 8; byte++)
      response[8 + 8 * k + byte] =
          (uint8_t)((uint64_t)state->calibration[command[7]][k] >> 8 * byte);
  return 40;
}

/* U6: timers and counters off; 16 bytes each way. */
static size_t config_io_u6(size_t length, uint8_t *response)
{
  if (length != 16)
    return 0;
  response[1] = EXTENDED;
  response[2] = 0x05;
  response[3] = CONFIG_IO;
  return 16;
}

/* Channel pairs of StreamConfig: U6 says options (bit 7 differential, bits 5-4 gain), U3 the
   negative channel. */
static enum stance_virtual_labjack_error read_inputs(struct stance_virtual_device *device,
                                                     const uint8_t *pairs, unsigned count)
{
  struct stance_virtual_labjack *state = device->state;
  const bool u3 = stance_virtual_labjack_is_u3(device);

  for (unsigned k = 0; k < count; k++) {
    const uint8_t positive = pairs[2 * k], option = pairs[2 * k + 1];
    if (positive >= STANCE_VIRTUAL_TERMINAL_COUNT)
      return STANCE_VIRTUAL_LABJACK_TABLE_INVALID;
    if (u3)
      state->input[k] = (struct stance_virtual_labjack_input){positive, option, 0};
    else if ((option & 0x80) != 0 && positive % 2 != 0)
      return STANCE_VIRTUAL_LABJACK_TABLE_INVALID; /* a pair begins with an even channel */
    else
      state->input[k] = (struct stance_virtual_labjack_input){
          positive, (option & 0x80) != 0 ? (uint8_t)(positive + 1) : 31, option >> 4 & 3};
  }
  return 0;
}

static enum stance_virtual_labjack_error stream_config(struct stance_virtual_device *device,
                                                       const uint8_t *command, size_t length)
{
  struct stance_virtual_labjack *state = device->state;
  const bool u3 = stance_virtual_labjack_is_u3(device);
  const size_t head = u3 ? 12 : 14;
  const unsigned count = command[6];
  const unsigned samples = command[u3 ? 7 : 8], scan = command[u3 ? 9 : 11];
  const unsigned divide = u3 ? 1U << 2 : 1U << 1;
  const unsigned interval = get16(command + (u3 ? 10 : 12));

  if (device->clock.running)
    return STANCE_VIRTUAL_LABJACK_STREAM_IS_ACTIVE;
  if (count < 1 || count > STANCE_VIRTUAL_LABJACK_CHANNEL_MAX || length != head + 2UL * count ||
      samples < 1 || samples > STANCE_VIRTUAL_LABJACK_SAMPLES_MAX || (!u3 && command[7] > 8))
    return STANCE_VIRTUAL_LABJACK_CONFIG_INVALID;
  if (interval == 0)
    return STANCE_VIRTUAL_LABJACK_RATE_INVALID;
  const enum stance_virtual_labjack_error error = read_inputs(device, command + head, count);
  if (error != 0)
    return error;
  state->channel_count = count;
  state->samples_per_packet = samples;
  state->rate_hz = ((scan & CLOCK_48_MHZ) != 0 ? 48e6 : 4e6) / ((scan & divide) != 0 ? 256 : 1) /
                   (double)interval;
  state->samples_per_s_max = stance_virtual_labjack_samples_per_s(device, scan);
  state->configured = true;
  return 0;
}

static size_t extended(struct stance_virtual_device *device, const uint8_t *command, size_t length,
                       uint8_t *response)
{
  const bool u3 = stance_virtual_labjack_is_u3(device);

  switch (command[3]) {
  case CONFIG:
    return length == 26 ? config(device, response) : 0;
  case READ_CAL:
    return read_cal(device, command, length, response);
  case CONFIG_IO:
    return u3 ? stance_virtual_labjack_config_io_u3(device, command, length, response)
              : config_io_u6(length, response);
  case FEEDBACK:
    return u3 ? stance_virtual_labjack_feedback(device, command, length, response) : 0;
  case STREAM_CONFIG:
    if (length < 12)
      return 0;
    response[1] = EXTENDED;
    response[2] = 1;
    response[3] = STREAM_CONFIG;
    response[6] = (uint8_t)stream_config(device, command, length);
    stance_virtual_log(device, "event=configured error=%u rate=%.6f channels=%zu", response[6],
                       ((struct stance_virtual_labjack *)device->state)->rate_hz,
                       ((struct stance_virtual_labjack *)device->state)->channel_count);
    return 8;
  default:
    return 0;
  }
}

/* A8 and B0: four bytes A9 or B1, error, 0. */
static size_t normal(struct stance_virtual_device *device, const uint8_t *command,
                     uint8_t *response)
{
  struct stance_virtual_labjack *state = device->state;
  const bool start = command[1] == NORMAL_STREAM_START;

  if (!start && command[1] != NORMAL_STREAM_STOP)
    return 0;
  response[1] = command[1] + 1;
  if (start && device->clock.running)
    response[2] = STANCE_VIRTUAL_LABJACK_STREAM_IS_ACTIVE;
  else if (start && !state->configured)
    response[2] = STANCE_VIRTUAL_LABJACK_CONFIG_INVALID;
  else if (start)
    stance_virtual_labjack_stream_start(device);
  else if (!device->clock.running)
    response[2] = STANCE_VIRTUAL_LABJACK_NOT_RUNNING;
  else
    stance_virtual_labjack_stream_stop(device);
  response[0] = stance_virtual_labjack_checksum8(response, 4);
  return 4;
}

static void push_response(struct stance_virtual_device *device, const uint8_t *bytes, size_t length)
{
  struct stance_virtual_labjack *state = device->state;
  struct stance_virtual_labjack_response *response;
  double value;

  if (stance_virtual_fault_take(&device->faults, "no-response", device->counts.sampled, 0.0,
                                &value)) {
    stance_virtual_log(device, "event=no-response");
    return;
  }
  if (state->response_count ==
      STANCE_VIRTUAL_LABJACK_RESPONSE_MAX) /* nobody reads: the oldest is lost */
    memmove(state->response, state->response + 1,
            --state->response_count * sizeof state->response[0]);
  response = &state->response[state->response_count++];
  *response =
      (struct stance_virtual_labjack_response){.length = length, .ready_ns = device->clock.host_ns};
  memcpy(response->bytes, bytes, length);
  if (stance_virtual_fault_take(&device->faults, "delay-response", device->counts.sampled, 1500.0,
                                &value)) {
    response->ready_ns += (int64_t)(value * 1e6);
    stance_virtual_log(device, "event=delay-response ms=%g", value);
  }
  if (stance_virtual_fault_take(&device->faults, "bad-response", device->counts.sampled, 0.0,
                                &value)) {
    response->bytes[0] ^= 0x55;
    stance_virtual_log(device, "event=bad-response");
  }
}

static int bulk_out(struct stance_virtual_device *device, uint8_t endpoint, const uint8_t *data,
                    size_t length)
{
  static const uint8_t bad_checksum[] = {0xb8, 0xb8};
  uint8_t response[STANCE_VIRTUAL_LABJACK_PACKET_BYTES] = {0};
  size_t count;

  if (endpoint != STANCE_VIRTUAL_LABJACK_COMMAND_OUT)
    return -EPIPE;
  if (!is_signed_right(data, length)) {
    push_response(device, bad_checksum, sizeof bad_checksum);
    return (int)length;
  }
  const bool is_extended = (data[1] & 0x78) == 0x78;
  count = is_extended ? extended(device, data, length, response) : normal(device, data, response);
  if (count == 0)
    return (int)length; /* unknown: no answer */
  if (is_extended)
    stance_virtual_labjack_sign(response, count);
  push_response(device, response, count);
  return (int)length;
}

static int bulk_in(struct stance_virtual_device *device, uint8_t endpoint, uint8_t *ret_packet,
                   size_t maximum)
{
  struct stance_virtual_labjack *state = device->state;

  (void)maximum;
  if (endpoint == STANCE_VIRTUAL_LABJACK_STREAM_IN)
    return stance_virtual_labjack_stream_packet(device, ret_packet);
  if (endpoint != STANCE_VIRTUAL_LABJACK_RESPONSE_IN)
    return -EPIPE;
  if (state->response_count == 0 || state->response[0].ready_ns > device->clock.host_ns)
    return -EAGAIN;
  const size_t length = state->response[0].length;
  memcpy(ret_packet, state->response[0].bytes, length);
  memmove(state->response, state->response + 1,
          --state->response_count * sizeof state->response[0]);
  return (int)length;
}

static enum stance_status set_up(struct stance_virtual_device *device,
                                 struct stance_problem *problem)
{
  char *end;
  const unsigned long long number = strtoull(device->serial, &end, 10);

  if (*end != '\0' || number == 0 || number > UINT32_MAX)
    return stance_problem_set(problem, STANCE_USAGE,
                              "serial number '%s': a LabJack has a whole number up to %" PRIu32,
                              device->serial, UINT32_MAX);
  stance_virtual_labjack_calibrate(device);
  return STANCE_OK;
}

static void power_on(struct stance_virtual_device *device)
{
  struct stance_virtual_labjack *state = device->state;
  double value;

  stance_virtual_labjack_stream_stop(device);
  state->response_count = 0;
  state->configured = false;
  state->stale = 0;
  state->fio_analog = 0x0f; /* the U3's default */
  if (stance_virtual_fault_take(&device->faults, "already-streaming", device->counts.sampled, 0.0,
                                &value)) {
    /* As a host that crashed has left it: four channels, 1000 scans a second. */
    state->channel_count = 4;
    for (uint8_t k = 0; k < 4; k++)
      state->input[k] = (struct stance_virtual_labjack_input){k, 31, 0};
    state->samples_per_packet = STANCE_VIRTUAL_LABJACK_SAMPLES_MAX;
    state->rate_hz = 1000.0;
    state->samples_per_s_max = stance_virtual_labjack_samples_per_s(device, 3);
    state->configured = true;
    stance_virtual_labjack_stream_start(device);
    stance_virtual_log(device, "event=already-streaming");
  }
}

static void describe_channel(const struct stance_virtual_device *device, unsigned input,
                             struct stance_virtual_channel *ret_channel)
{
  (void)device;
  *ret_channel = (struct stance_virtual_channel){.unit = "V", .unit_per_volt = 1.0};
  snprintf(ret_channel->name, sizeof ret_channel->name, "AIN%u", input);
}

/* Vendor 0CD5; one interface of class FF with bulk 01 OUT, 82 IN, 83 IN of 64 bytes. */
#define DEVICE_BYTES(product)                                                                  \
  {                                                                                            \
    18, 1, 0x00, 0x02, 0xff, 0xff, 0xff, 64, 0xd5, 0x0c, product, 0x00, 0x00, 0x00, 1, 2, 0, 1 \
  }
static const uint8_t device_u6[18] = DEVICE_BYTES(6), device_u3[18] = DEVICE_BYTES(3);
static const uint8_t configuration[] = {
    9, 2, 39,   0, 1,  1,    0,    0x80, 250, /* bus powered, 500 mA */
    9, 4, 0,    0, 3,  0xff, 0xff, 0xff, 0,   /* */
    7, 5, 0x01, 2, 64, 0,    0,               /* */
    7, 5, 0x82, 2, 64, 0,    0,               /* */
    7, 5, 0x83, 2, 64, 0,    0};

#define LABJACK(kind_name, model_name, about, usual_serial, device_bytes)                          \
  {                                                                                                \
    .name = kind_name, .model = model_name, .summary = about, .serial = usual_serial,              \
    .faults = "bad-checksum8 bad-checksum16 skip-counter overrun scan-overlap backlog-ramp stale " \
              "already-streaming no-response bad-response",                                        \
    .descriptors = {.speed = STANCE_VIRTUAL_FULL_SPEED,                                            \
                    .device = device_bytes,                                                        \
                    .configuration = configuration,                                                \
                    .configuration_length = sizeof configuration,                                  \
                    .string = {"LabJack Corporation", model_name}},                                \
    .state_size = sizeof(struct stance_virtual_labjack),                                           \
    .stream_endpoint = STANCE_VIRTUAL_LABJACK_STREAM_IN,                                           \
    .packet_bytes = STANCE_VIRTUAL_LABJACK_PACKET_BYTES, .set_up = set_up, .power_on = power_on,   \
    .bulk_out = bulk_out, .bulk_in = bulk_in, .advance = stance_virtual_labjack_advance,           \
    .describe_channel = describe_channel                                                           \
  }

const struct stance_virtual_kind stance_virtual_labjack_u6 =
    LABJACK("labjack-u6", "LabJack U6", "16 bit, ±10 V to ±10 mV, 14 inputs or 7 differential",
            "360012345", device_u6);
const struct stance_virtual_kind stance_virtual_labjack_u3 = LABJACK(
    "labjack-u3", "LabJack U3-LV", "12 bit, 0 to 2.44 V, 16 inputs", "320045678", device_u3);
