/* SPDX-License-Identifier: GPL-3.0-or-later */
/* U3 only: Feedback, a list of small commands, and ConfigIO. */
#include "virtual_labjack.h"

#include <string.h>

/* IOTypes with the bytes that each takes in the command and gives in the response (u3.py). */
static const struct io_type {
  uint8_t type, taken, given;
} io_types[] = {
    {1, 3, 2},              /* AIN: channel, negative channel → code */
    {5, 2, 0},  {6, 2, 0},  /* WaitShort, WaitLong */
    {9, 2, 0},              /* LED */
    {10, 2, 1}, {11, 2, 0}, /* BitStateRead, BitStateWrite: bits 0-4 which, bit 7 state */
    {12, 2, 1}, {13, 2, 0}, /* BitDirRead, BitDirWrite */
    {26, 1, 3}, {27, 7, 0}, /* PortStateRead, PortStateWrite: mask, value */
    {28, 1, 3}, {29, 7, 0}, /* PortDirRead, PortDirWrite */
    {34, 2, 0}, {35, 2, 0}, /* DAC, 8 bit */
    {38, 3, 0}, {39, 3, 0}, /* DAC, 16 bit */
    {42, 4, 4}, {44, 4, 4}, /* Timer */
    {43, 4, 0}, {45, 4, 0}, /* TimerConfig */
    {54, 2, 4}, {55, 2, 4}, /* Counter: bit 0 resets */
};

static const struct io_type *find(uint8_t type)
{
  for (size_t k = 0; k < sizeof io_types / sizeof *io_types; k++)
    if (io_types[k].type == type)
      return &io_types[k];
  return NULL;
}

static void put(uint8_t *bytes, uint32_t value, unsigned count)
{
  for (unsigned k = 0; k < count; k++)
    bytes[k] = (uint8_t)(value >> 8 * k);
}

static void write_bit(uint32_t *word, uint8_t which)
{
  const uint32_t bit = UINT32_C(1) << (which & 0x1f);

  *word = (which & 0x80) != 0 ? *word | bit : *word & ~bit;
}

static void write_port(uint32_t *word, const uint8_t *mask)
{
  const uint32_t bits = mask[0] | (uint32_t)mask[1] << 8 | (uint32_t)mask[2] << 16;
  const uint32_t value = mask[3] | (uint32_t)mask[4] << 8 | (uint32_t)mask[5] << 16;

  *word = (*word & ~bits) | (value & bits);
}

static void do_writes(struct stance_virtual_labjack *state, const uint8_t *io)
{
  switch (io[0]) {
  case 11:
    write_bit(&state->port_state, io[1]);
    break;
  case 13:
    write_bit(&state->port_direction, io[1]);
    break;
  case 27:
    write_port(&state->port_state, io + 1);
    break;
  case 29:
    write_port(&state->port_direction, io + 1);
    break;
  case 34:
  case 35:
    state->dac[io[0] - 34] = (uint16_t)(io[1] << 8);
    break;
  case 38:
  case 39:
    state->dac[io[0] - 38] = (uint16_t)(io[1] | io[2] << 8);
    break;
  default: /* waits and the lamp leave nothing behind */
    break;
  }
}

static void do_reads(struct stance_virtual_device *device, const uint8_t *io, uint8_t *answer)
{
  struct stance_virtual_labjack *state = device->state;

  switch (io[0]) {
  case 1: {
    const struct stance_virtual_labjack_input input = {io[1] & 0x1f, io[2], 0};
    put(answer,
        stance_virtual_labjack_convert(
            device, &input, stance_virtual_labjack_volts(device, &input, device->clock.now_s)),
        2);
    break;
  }
  case 10:
    answer[0] = state->port_state >> (io[1] & 0x1f) & 1;
    break;
  case 12:
    answer[0] = state->port_direction >> (io[1] & 0x1f) & 1;
    break;
  case 26:
    put(answer, state->port_state, 3);
    break;
  case 28:
    put(answer, state->port_direction, 3);
    break;
  case 42:
  case 44:
    put(answer, state->timer[(io[0] - 42) / 2], 4);
    break;
  case 54:
  case 55:
    put(answer, state->counter[io[0] - 54], 4);
    if ((io[1] & 1) != 0)
      state->counter[io[0] - 54] = 0;
    break;
  default:
    break;
  }
}

/* Command: 6 echo, 7… list, a 0 where the length is odd. Response: 6 error, 7 which entry was
   wrong, 8 echo, 9… data, padded. */
size_t stance_virtual_labjack_feedback(struct stance_virtual_device *device, const uint8_t *command,
                                       size_t length, uint8_t *ret_response)
{
  size_t used = 9, at = 7;

  ret_response[1] = 0xf8;
  ret_response[3] = 0x00;
  for (uint8_t entry = 1; at < length && command[at] != 0; entry++) {
    const struct io_type *io = find(command[at]);
    if (io == NULL || at + io->taken > length ||
        used + io->given > STANCE_VIRTUAL_LABJACK_PACKET_BYTES) {
      ret_response[6] = STANCE_VIRTUAL_LABJACK_CONFIG_INVALID;
      ret_response[7] = entry;
      break;
    }
    do_writes(device->state, command + at);
    do_reads(device, command + at, ret_response + used);
    used += io->given;
    at += io->taken;
  }
  ret_response[8] = command[6];
  used += used % 2;
  ret_response[2] = (uint8_t)((used - 6) / 2);
  return used;
}

/* 12 bytes each way. Write mask: bit 0 timers and counters, bit 2 FIO analogue, bit 3 EIO. */
size_t stance_virtual_labjack_config_io_u3(struct stance_virtual_device *device,
                                           const uint8_t *command, size_t length,
                                           uint8_t *ret_response)
{
  struct stance_virtual_labjack *state = device->state;

  if (length != 12)
    return 0;
  if ((command[6] & 1) != 0)
    state->timer_counter_config = command[8];
  if ((command[6] & 4) != 0)
    state->fio_analog = command[10];
  if ((command[6] & 8) != 0)
    state->eio_analog = command[11];
  ret_response[1] = 0xf8;
  ret_response[2] = 3;
  ret_response[3] = 0x0b;
  ret_response[8] = state->timer_counter_config;
  ret_response[10] = state->fio_analog;
  ret_response[11] = state->eio_analog;
  return 12;
}
