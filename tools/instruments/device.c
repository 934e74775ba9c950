/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chapter 9 of the USB 2.0 specification, as far as a full-speed instrument needs it. */
#include "virtual_device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* bRequest, USB 2.0 table 9-4; descriptor types, table 9-5. */
enum {
  GET_STATUS = 0,
  CLEAR_FEATURE = 1,
  SET_FEATURE = 3,
  SET_ADDRESS = 5,
  GET_DESCRIPTOR = 6,
  GET_CONFIGURATION = 8,
  SET_CONFIGURATION = 9,
  GET_INTERFACE = 10,
  SET_INTERFACE = 11,
  DESCRIPTOR_DEVICE = 1,
  DESCRIPTOR_CONFIGURATION = 2,
  DESCRIPTOR_STRING = 3,
  TO_ENDPOINT = 2,
  ENDPOINT_HALT = 0,
  LANGUAGE_US_ENGLISH = 0x0409,
};

static uint32_t halt_bit(uint8_t endpoint)
{
  return UINT32_C(1) << ((endpoint & 0x0f) + ((endpoint & 0x80) != 0 ? 16 : 0));
}

bool stance_virtual_is_halted(const struct stance_virtual_device *device, uint8_t endpoint)
{
  return (device->halted & halt_bit(endpoint)) != 0;
}

void stance_virtual_set_halt(struct stance_virtual_device *device, uint8_t endpoint, bool halted)
{
  if (halted)
    device->halted |= halt_bit(endpoint);
  else
    device->halted &= ~halt_bit(endpoint);
}

static int answer(const struct stance_virtual_setup *setup, uint8_t *data, const void *bytes,
                  size_t length)
{
  const size_t count = length < setup->length ? length : setup->length;

  memcpy(data, bytes, count);
  return (int)count;
}

static int string_descriptor(const struct stance_virtual_device *device,
                             const struct stance_virtual_setup *setup, uint8_t *data)
{
  const unsigned index = setup->value & 0xff;
  uint8_t text[2 + 2 * 126] = {0, DESCRIPTOR_STRING};
  size_t length = 2;

  if (index == 0) {
    text[length++] = LANGUAGE_US_ENGLISH & 0xff;
    text[length++] = LANGUAGE_US_ENGLISH >> 8;
  } else {
    const char *string =
        index <= STANCE_VIRTUAL_STRING_MAX ? device->kind->descriptors.string[index - 1] : NULL;
    if (string == NULL)
      return -EPIPE;
    if (*string == '\0')
      string = device->serial;
    for (; *string != '\0' && length + 2 <= sizeof text; string++, length += 2)
      text[length] = (uint8_t)*string;
  }
  text[0] = (uint8_t)length;
  return answer(setup, data, text, length);
}

static int descriptor(const struct stance_virtual_device *device,
                      const struct stance_virtual_setup *setup, uint8_t *data)
{
  const struct stance_virtual_descriptors *all = &device->kind->descriptors;

  switch (setup->value >> 8) {
  case DESCRIPTOR_DEVICE:
    return answer(setup, data, all->device, all->device[0]);
  case DESCRIPTOR_CONFIGURATION:
    return answer(setup, data, all->configuration, all->configuration_length);
  case DESCRIPTOR_STRING:
    return string_descriptor(device, setup, data);
  default:
    return -EPIPE; /* a device qualifier: full speed only */
  }
}

static int standard_in(const struct stance_virtual_device *device,
                       const struct stance_virtual_setup *setup, uint8_t *data)
{
  const uint8_t zero[2] = {0};
  const uint8_t halted[2] = {(setup->request_type & 0x1f) == TO_ENDPOINT &&
                             stance_virtual_is_halted(device, (uint8_t)setup->index)};

  switch (setup->request) {
  case GET_STATUS:
    return answer(setup, data, halted, sizeof halted);
  case GET_DESCRIPTOR:
    return descriptor(device, setup, data);
  case GET_CONFIGURATION:
    return answer(setup, data, &device->configuration_value, 1);
  case GET_INTERFACE:
    return answer(setup, data, zero, 1);
  default:
    return -EPIPE;
  }
}

static int standard_out(struct stance_virtual_device *device,
                        const struct stance_virtual_setup *setup)
{
  const bool endpoint = (setup->request_type & 0x1f) == TO_ENDPOINT;

  switch (setup->request) {
  case SET_ADDRESS:
  case SET_INTERFACE:
    return 0;
  case SET_CONFIGURATION:
    if (setup->value > 1)
      return -EPIPE;
    device->configuration_value = (uint8_t)setup->value;
    device->halted = 0;
    if (setup->value == 1)
      stance_virtual_reach(device, STANCE_VIRTUAL_AT_IDLE);
    return 0;
  case CLEAR_FEATURE:
  case SET_FEATURE:
    if (!endpoint || setup->value != ENDPOINT_HALT)
      return endpoint ? -EPIPE : 0; /* remote wake-up: accepted, unused */
    stance_virtual_set_halt(device, (uint8_t)setup->index, setup->request == SET_FEATURE);
    if (setup->request == CLEAR_FEATURE && device->kind->clear_halt != NULL)
      device->kind->clear_halt(device, (uint8_t)setup->index);
    return 0;
  default:
    return -EPIPE;
  }
}

int stance_virtual_device_control(struct stance_virtual_device *device,
                                  const struct stance_virtual_setup *setup, uint8_t *data)
{
  if ((setup->request_type & 0x60) != 0)
    return device->kind->control == NULL ? -EPIPE : device->kind->control(device, setup, data);
  return (setup->request_type & 0x80) != 0 ? standard_in(device, setup, data)
                                           : standard_out(device, setup);
}

enum stance_status stance_virtual_device_create(const struct stance_virtual_kind *kind,
                                                const char *serial,
                                                struct stance_virtual_input *input,
                                                struct stance_virtual_device **ret_device,
                                                struct stance_problem *problem)
{
  const char *name = serial == NULL ? kind->serial : serial;
  struct stance_virtual_device *device = calloc(1, sizeof *device);
  enum stance_status status;

  if (device == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  *device = (struct stance_virtual_device){
      .kind = kind, .number = 1, .input = input, .clock = {.speed = 1.0, .elastic = true}};
  device->state = calloc(1, kind->state_size);
  if (device->state == NULL)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  else if (strlen(name) >= sizeof device->serial)
    status = stance_problem_set(problem, STANCE_USAGE, "serial number '%s' is too long", name);
  else {
    strcpy(device->serial, name);
    status = kind->set_up(device, problem);
  }
  if (status != STANCE_OK) {
    stance_virtual_device_destroy(device);
    return status;
  }
  stance_virtual_device_power_on(device);
  *ret_device = device;
  return STANCE_OK;
}

void stance_virtual_device_destroy(struct stance_virtual_device *device)
{
  if (device != NULL)
    free(device->state);
  free(device);
}

void stance_virtual_device_power_on(struct stance_virtual_device *device)
{
  stance_virtual_clock_stop(&device->clock);
  device->configuration_value = 0;
  device->halted = 0;
  device->kind->power_on(device);
}

void stance_virtual_log(const struct stance_virtual_device *device, const char *format, ...)
{
  va_list arguments;

  if (device->log == NULL)
    return;
  fprintf(device->log, "instrument=%u ", device->number);
  va_start(arguments, format);
  vfprintf(device->log, format, arguments);
  va_end(arguments);
  fputc('\n', device->log);
  fflush(device->log);
}

void stance_virtual_log_counts(const struct stance_virtual_device *device)
{
  const struct stance_virtual_counts *counts = &device->counts;

  stance_virtual_log(device,
                     "event=counts streams=%" PRIu64 " sampled=%" PRIu64 " delivered=%" PRIu64
                     " spoilt=%" PRIu64 " dropped=%" PRIu64 " discarded=%" PRIu64
                     " packets=%" PRIu64 " faults=%" PRIu64,
                     counts->streams, counts->sampled, counts->delivered, counts->spoilt,
                     counts->dropped, counts->discarded, counts->packets, device->faults.taken);
}

void stance_virtual_reach(struct stance_virtual_device *device, enum stance_virtual_moment moment)
{
  device->moments |= UINT32_C(1) << moment;
}

const struct stance_virtual_kind *stance_virtual_kind_find(const char *name)
{
  for (size_t k = 0; stance_virtual_kinds[k] != NULL; k++)
    if (strcmp(stance_virtual_kinds[k]->name, name) == 0)
      return stance_virtual_kinds[k];
  return NULL;
}
