/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vendor requests of the MCC instruments. */
#include "virtual_mcc.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
  REQUEST_AIN = 0x10,
  REQUEST_SCAN_START = 0x11,
  REQUEST_SCAN_STOP = 0x12,
  REQUEST_AIN_CONFIG = 0x14,
  REQUEST_CLEAR_FIFO = 0x15,
  REQUEST_BULK_FLUSH = 0x16,
  REQUEST_COUNTER = 0x20,
  REQUEST_CAL_MEMORY = 0x30,
  REQUEST_USER_MEMORY = 0x31,
  REQUEST_MBD_MEMORY = 0x32,
  REQUEST_BLINK = 0x41,
  REQUEST_RESET = 0x42,
  REQUEST_STATUS = 0x44,
  REQUEST_SERIAL = 0x48,
  REQUEST_DFU = 0x50,
  SERIAL_BYTES = 8,
};

bool stance_virtual_mcc_is_20x(const struct stance_virtual_device *device)
{
  return device->kind != &stance_virtual_mcc_1608fs_plus;
}

static int answer(const struct stance_virtual_setup *setup, uint8_t *data, const void *bytes,
                  size_t length)
{
  const size_t count = length < setup->length ? length : setup->length;

  memcpy(data, bytes, count);
  return (int)count;
}

static int number(const struct stance_virtual_setup *setup, uint8_t *data, uint32_t value,
                  size_t length)
{
  const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                            (uint8_t)(value >> 24)};

  return answer(setup, data, bytes, length);
}

static int memory(const struct stance_virtual_setup *setup, uint8_t *data, const uint8_t *bytes,
                  size_t size)
{
  if (setup->value >= size)
    return -EPIPE;
  return answer(setup, data, bytes + setup->value, size - setup->value);
}

static int read_input(struct stance_virtual_device *device,
                      const struct stance_virtual_setup *setup, uint8_t *data)
{
  const bool is_20x = stance_virtual_mcc_is_20x(device);

  if (device->clock.running || setup->value >= STANCE_VIRTUAL_MCC_CHANNELS ||
      (!is_20x && stance_virtual_mcc_range_v(setup->index) == 0.0))
    return -EPIPE;
  const double volts = stance_virtual_input_volts(device->input, setup->value, device->clock.now_s);
  return number(setup, data,
                stance_virtual_mcc_convert(device, setup->value, is_20x ? 0 : setup->index, volts),
                2);
}

static int request_in(struct stance_virtual_device *device,
                      const struct stance_virtual_setup *setup, uint8_t *data)
{
  struct stance_virtual_mcc *state = device->state;
  const uint32_t status = (device->clock.running ? STANCE_VIRTUAL_MCC_STATUS_RUNNING : 0) |
                          (state->overrun ? STANCE_VIRTUAL_MCC_STATUS_OVERRUN : 0);

  switch (setup->request) {
  case REQUEST_AIN:
    return read_input(device, setup, data);
  case REQUEST_AIN_CONFIG:
    return stance_virtual_mcc_is_20x(device) || device->clock.running
               ? -EPIPE
               : answer(setup, data, state->range, sizeof state->range);
  case REQUEST_COUNTER:
    return number(setup, data, state->counter, 4);
  case REQUEST_CAL_MEMORY:
    return memory(setup, data, state->calibration, sizeof state->calibration);
  case REQUEST_USER_MEMORY:
  case REQUEST_MBD_MEMORY:
    return memory(setup, data, state->user, sizeof state->user);
  case REQUEST_STATUS:
    return number(setup, data, status, 2);
  case REQUEST_SERIAL:
    stance_virtual_reach(device, STANCE_VIRTUAL_AT_CONFIGURING);
    return answer(setup, data, device->serial, SERIAL_BYTES);
  default:
    return -EPIPE;
  }
}

static int set_ranges(struct stance_virtual_device *device,
                      const struct stance_virtual_setup *setup, const uint8_t *data)
{
  struct stance_virtual_mcc *state = device->state;

  if (stance_virtual_mcc_is_20x(device) || device->clock.running ||
      setup->length != sizeof state->range)
    return -EPIPE;
  for (size_t k = 0; k < sizeof state->range; k++)
    if (stance_virtual_mcc_range_v(data[k]) == 0.0)
      return -EPIPE;
  memcpy(state->range, data, sizeof state->range);
  return setup->length;
}

static int start(struct stance_virtual_device *device, const struct stance_virtual_setup *setup,
                 const uint8_t *data)
{
  const unsigned length = stance_virtual_mcc_is_20x(device) ? 12 : 10;

  if (device->clock.running || setup->length != length || !stance_virtual_mcc_start(device, data))
    return -EPIPE;
  return setup->length;
}

/* What a driver must never do: told, and refused. */
static int refuse(const struct stance_virtual_device *device,
                  const struct stance_virtual_setup *setup)
{
  stance_virtual_log(device, "event=forbidden request=%02x", setup->request);
  return -EPIPE;
}

static int request_out(struct stance_virtual_device *device,
                       const struct stance_virtual_setup *setup, const uint8_t *data)
{
  struct stance_virtual_mcc *state = device->state;

  switch (setup->request) {
  case REQUEST_SCAN_START:
    return start(device, setup, data);
  case REQUEST_SCAN_STOP:
    stance_virtual_mcc_stop(device);
    return 0;
  case REQUEST_AIN_CONFIG:
    return set_ranges(device, setup, data);
  case REQUEST_CLEAR_FIFO:
    stance_virtual_mcc_clear(device);
    return 0;
  case REQUEST_BULK_FLUSH:
    if (!stance_virtual_mcc_is_20x(device))
      return -EPIPE;
    state->flush_packets = setup->value;
    return 0;
  case REQUEST_COUNTER:
    state->counter = 0;
    return setup->length;
  case REQUEST_BLINK:
    return setup->length;
  case REQUEST_RESET: /* it comes back by itself after a second */
    return stance_virtual_fault_add(&device->faults, NULL, "unplug@now:1000", NULL) == STANCE_OK
               ? 0
               : -EPIPE;
  case REQUEST_CAL_MEMORY:
  case REQUEST_DFU:
  default:
    return refuse(device, setup);
  }
}

static int control(struct stance_virtual_device *device, const struct stance_virtual_setup *setup,
                   uint8_t *data)
{
  if (setup->request_type == 0xc0)
    return request_in(device, setup, data);
  return setup->request_type == 0x40 ? request_out(device, setup, data) : -EPIPE;
}

static int bulk_out(struct stance_virtual_device *device, uint8_t endpoint, const uint8_t *data,
                    size_t length)
{
  (void)device;
  (void)endpoint;
  (void)data;
  (void)length;
  return -EPIPE; /* there is none */
}

static int bulk_in(struct stance_virtual_device *device, uint8_t endpoint, uint8_t *ret_packet,
                   size_t maximum)
{
  (void)maximum;
  return endpoint == STANCE_VIRTUAL_MCC_STREAM_IN ? stance_virtual_mcc_packet(device, ret_packet)
                                                  : -EPIPE;
}

static enum stance_status set_up(struct stance_virtual_device *device,
                                 struct stance_problem *problem)
{
  bool good = strlen(device->serial) == SERIAL_BYTES;

  for (size_t k = 0; good && k < SERIAL_BYTES; k++)
    good = isxdigit((unsigned char)device->serial[k]);
  if (!good)
    return stance_problem_set(problem, STANCE_USAGE,
                              "serial number '%s': an MCC instrument has eight hexadecimal digits",
                              device->serial);
  stance_virtual_mcc_calibrate(device);
  return STANCE_OK;
}

static void power_on(struct stance_virtual_device *device)
{
  struct stance_virtual_mcc *state = device->state;

  stance_virtual_mcc_stop(device);
  stance_virtual_mcc_clear(device);
  memset(state->range, 0, sizeof state->range);
  state->scans_left = 0;
  state->flush_packets = 0;
  state->channel_count = 0;
}

static void describe_channel(const struct stance_virtual_device *device, unsigned input,
                             struct stance_virtual_channel *ret_channel)
{
  (void)device;
  *ret_channel = (struct stance_virtual_channel){.unit = "V", .unit_per_volt = 1.0};
  snprintf(ret_channel->name, sizeof ret_channel->name, "CH%u", input);
}

/* Vendor 09DB; one interface of class FF with bulk 81 IN of 64 bytes. */
#define DEVICE_BYTES(product)                                                                  \
  {                                                                                            \
    18, 1, 0x00, 0x02, 0xff, 0xff, 0xff, 64, 0xdb, 0x09, (product)&0xff, (product) >> 8, 0x00, \
        0x01, 1, 2, 0, 1                                                                       \
  }
static const uint8_t device_1608[18] = DEVICE_BYTES(0x00ea), device_201[18] = DEVICE_BYTES(0x0113),
                     device_202[18] = DEVICE_BYTES(0x012b), device_204[18] = DEVICE_BYTES(0x0114),
                     device_205[18] = DEVICE_BYTES(0x012c);
static const uint8_t configuration[] = {9, 2,    25,   0,    1, 1, 0, 0x80, 250, 9,  4, 0, 0,
                                        1, 0xff, 0xff, 0xff, 0, 7, 5, 0x81, 2,   64, 0, 0};

#define MCC(kind_name, model_name, about, usual_serial, device_bytes)                        \
  {                                                                                          \
    .name = kind_name, .model = model_name, .summary = about, .serial = usual_serial,        \
    .faults = "overrun",                                                                     \
    .descriptors = {.speed = STANCE_VIRTUAL_FULL_SPEED,                                      \
                    .device = device_bytes,                                                  \
                    .configuration = configuration,                                          \
                    .configuration_length = sizeof configuration,                            \
                    .string = {"Measurement Computing Corp.", model_name}},                  \
    .state_size = sizeof(struct stance_virtual_mcc),                                         \
    .stream_endpoint = STANCE_VIRTUAL_MCC_STREAM_IN,                                         \
    .packet_bytes = STANCE_VIRTUAL_MCC_PACKET_BYTES, .set_up = set_up, .power_on = power_on, \
    .control = control, .bulk_out = bulk_out, .bulk_in = bulk_in,                            \
    .advance = stance_virtual_mcc_advance, .describe_channel = describe_channel              \
  }

const struct stance_virtual_kind stance_virtual_mcc_1608fs_plus =
    MCC("mcc-1608fs-plus", "MCC USB-1608FS-Plus", "16 bit, ±10 V to ±1 V, 8 inputs at once",
        "01A2B3C4", device_1608);
const struct stance_virtual_kind stance_virtual_mcc_201 =
    MCC("mcc-201", "MCC USB-201", "12 bit, ±10 V, 8 inputs", "01C0FFE1", device_201);
const struct stance_virtual_kind stance_virtual_mcc_202 =
    MCC("mcc-202", "MCC USB-202", "12 bit, ±10 V, 8 inputs", "01C0FFE2", device_202);
const struct stance_virtual_kind stance_virtual_mcc_204 =
    MCC("mcc-204", "MCC USB-204", "12 bit, ±10 V, 8 inputs, 500 kS/s", "01C0FFE4", device_204);
const struct stance_virtual_kind stance_virtual_mcc_205 =
    MCC("mcc-205", "MCC USB-205", "12 bit, ±10 V, 8 inputs, 500 kS/s", "01C0FFE5", device_205);
