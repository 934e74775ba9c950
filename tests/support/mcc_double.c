/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mcc_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

float mcc_double_slope(const struct mcc_double *mcc, unsigned code, unsigned input)
{
  return mcc->slope + 0.001F * (float)code + 0.0001F * (float)input;
}

float mcc_double_intercept(unsigned code, unsigned input)
{
  return (float)code * 10 - (float)input;
}

static void put_f32(uint8_t *bytes, float value)
{
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int k = 0; k < 4; k++)
    bytes[k] = (uint8_t)(bits >> 8 * k);
}

static size_t answer_query(struct mcc_double *mcc, const struct stance_usb_exchange *exchange)
{
  static const uint8_t serial[] = {'0', '1', 'A', '2', '3', 'B', '4', 'C'};
  if (exchange->request == 0x48) {
    memcpy(mcc->answer, serial, 8);
  } else if (exchange->request == 0x44) {
    mcc->answer[0] = (uint8_t)mcc->status;
    mcc->answer[1] = (uint8_t)(mcc->status >> 8);
  } else if (exchange->request == 0x14) {
    memcpy(mcc->answer, mcc->ranges, 8);
  } else {
    assert_int_equal(exchange->request, 0x30);
    assert_int_equal(exchange->value % 8, 0);
    for (unsigned k = 0; k < exchange->length / 8; k++) {
      const unsigned line = exchange->value / 8U + k;
      put_f32(mcc->answer + (size_t)8 * k, mcc_double_slope(mcc, line / 8, line % 8));
      put_f32(mcc->answer + (size_t)8 * k + 4, mcc_double_intercept(line / 8, line % 8));
    }
  }
  return exchange->length;
}

static void send_counter(struct mcc_double *mcc)
{
  unsigned value = 65504; /* wraps on the way */
  for (unsigned k = 0; k < 256; k++) {
    if (mcc->lost_sample != 0 && k == mcc->lost_sample)
      value++;
    const unsigned count = mcc->counts_scans ? value / 8 : value;
    mcc->answer[2 * k] = (uint8_t)count;
    mcc->answer[2 * k + 1] = (uint8_t)(count >> 8);
    value++;
  }
}

struct stance_usb_reply mcc_double_answer(void *context, const struct stance_usb_exchange *exchange)
{
  struct mcc_double *mcc = context;
  struct stance_usb_reply reply = {.outcome = STANCE_USB_DONE};
  switch (exchange->transfer) {
  case STANCE_USB_BULK_IN:
    assert_int_equal(exchange->endpoint, 0x81);
    assert_int_equal(exchange->length, 512);
    send_counter(mcc);
    reply.data = mcc->answer;
    reply.length = 512;
    return reply;
  case STANCE_USB_DRAIN:
  case STANCE_USB_CLEAR_HALT:
    assert_int_equal(exchange->endpoint, 0x81);
    mcc->requests[mcc->request_count++ % 64] = exchange->transfer == STANCE_USB_DRAIN ? 0xd0 : 0xc0;
    return reply;
  default:
    break;
  }
  mcc->requests[mcc->request_count++ % 64] = exchange->request;
  /* Memory is never written, the firmware never touched. */
  assert_true(exchange->request != 0x50 && exchange->request != 0x42);
  if (exchange->request == mcc->stalled)
    return (struct stance_usb_reply){.outcome = STANCE_USB_STALL};
  if (mcc->late > 0) {
    mcc->late--;
    return (struct stance_usb_reply){.outcome = STANCE_USB_TIMEOUT};
  }
  if (exchange->transfer == STANCE_USB_CONTROL_IN) {
    assert_int_equal(exchange->request_type, 0xc0);
    reply.length = answer_query(mcc, exchange);
    reply.data = mcc->answer;
    return reply;
  }
  assert_int_equal(exchange->request_type, 0x40);
  if (exchange->request == 0x14 && !mcc->keeps_ranges)
    memcpy(mcc->ranges, exchange->data, 8);
  if (exchange->request == 0x11) {
    memcpy(mcc->start, exchange->data, sizeof mcc->start);
    mcc->start_length = exchange->length;
  }
  return reply;
}

struct mcc_double mcc_double_make(void)
{
  return (struct mcc_double){.slope = 0.99F, .status = 2};
}
