/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "u6_double.h"

#include "labjack_packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void put_calibration(struct u6_double *u6, unsigned block)
{
  static const double blocks[4][4] = {{3.1e-4, -10.5, 3.2e-5, -1.05},
                                      {3.3e-6, -0.105, 3.0e-7, -0.0105},
                                      {-3.11e-4, 33500, -3.21e-5, 33510},
                                      {-3.31e-6, 33520, -3.01e-7, 33530}};
  assert_in_range(block, 0, 3);
  for (int k = 0; k < 4; k++)
    labjack_put_fixed(u6->answer + 8 + 8 * k, blocks[block][k] * u6->slope_factor);
}

static void answer_extended(struct u6_double *u6, const uint8_t *command)
{
  static const struct {
    uint8_t number, length;
  } lengths[] = {{0x08, 38}, {0x2d, 40}, {0x0b, 16}, {0x11, 8}};
  for (size_t k = 0; k < 4; k++)
    if (lengths[k].number == command[3])
      u6->answer_length = lengths[k].length;
  assert_in_range(u6->answer_length, 8, 40);
  u6->answer[1] = 0xf8;
  u6->answer[2] = (uint8_t)((u6->answer_length - 6) / 2);
  u6->answer[3] = command[3];
  if (command[3] == 0x08) {
    static const uint8_t identity[] = {0, 0, 0, 37, 1, 1, 2, 3, 4, 0x39, 0x30, 0x75, 0x15, 6, 0};
    memcpy(u6->answer + 6, identity, sizeof identity);
    u6->answer[37] = u6->pro ? 12 : 4;
  }
  if (command[3] == 0x2d)
    put_calibration(u6, command[7]);
  if (command[3] == u6->error_of)
    u6->answer[6] = u6->error_code;
  labjack_seal(u6->answer, u6->answer_length);
}

static void answer_normal(struct u6_double *u6, const uint8_t *command)
{
  u6->answer_length = 4;
  u6->answer[1] = (uint8_t)(command[1] + 1);
  if (command[1] == 0xa8)
    u6->answer[2] = u6->streaming ? 48 : 0;
  else
    u6->answer[2] = u6->streaming ? 0 : 52;
  if (command[1] == u6->error_of)
    u6->answer[2] = u6->error_code;
  u6->streaming = command[1] == 0xa8;
  labjack_seal_normal(u6->answer, 4);
}

static void receive(struct u6_double *u6, const struct stance_usb_exchange *exchange)
{
  uint8_t sealed[64];
  assert_int_equal(exchange->endpoint, 0x01);
  assert_in_range(exchange->length, 2, 40);
  memcpy(sealed, exchange->data, exchange->length);
  if (exchange->data[1] == 0xf8)
    labjack_seal(sealed, exchange->length);
  else
    labjack_seal_normal(sealed, exchange->length);
  assert_memory_equal(sealed, exchange->data, exchange->length);
  memcpy(u6->commands[u6->command_count++ % 64], exchange->data, exchange->length);
  memset(u6->answer, 0, sizeof u6->answer);
  u6->answer_length = 0;
  if (u6->silent > 0) {
    u6->silent--;
  } else if (u6->refused > 0) {
    u6->refused--;
    memset(u6->answer, 0xb8, 2);
    u6->answer_length = 2;
  } else {
    if (exchange->data[1] == 0xf8)
      answer_extended(u6, exchange->data);
    else
      answer_normal(u6, exchange->data);
    if (u6->garbled > 0) {
      u6->garbled--;
      u6->answer[u6->answer_length - 1]++;
    }
  }
}

struct stance_usb_reply u6_double_answer(void *context, const struct stance_usb_exchange *exchange)
{
  struct u6_double *u6 = context;
  struct stance_usb_reply reply = {.outcome = STANCE_USB_DONE};
  if (u6->broken)
    return (struct stance_usb_reply){.outcome = STANCE_USB_FAILED};
  if (exchange->transfer == STANCE_USB_BULK_OUT) {
    receive(u6, exchange);
  } else if (exchange->transfer == STANCE_USB_BULK_IN) {
    assert_int_equal(exchange->endpoint, 0x82);
    assert_int_equal(exchange->length, 64);
    reply.data = u6->answer;
    reply.length = u6->answer_length;
    if (u6->answer_length == 0)
      reply.outcome = STANCE_USB_TIMEOUT;
    u6->answer_length = 0;
  } else {
    assert_int_equal(exchange->transfer, STANCE_USB_DRAIN);
    assert_true(exchange->endpoint == 0x82 || exchange->endpoint == 0x83);
  }
  return reply;
}

struct u6_double u6_double_make(void)
{
  return (struct u6_double){.slope_factor = 1};
}
