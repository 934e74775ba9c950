/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "virtual_trip.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKET_BYTES = 64, STEPS_MAX = 5000, DRAIN_MAX_MS = 3000, NS_PER_MS = 1000000 };

static struct stance_usb_reply reply_of(struct virtual_trip *trip, enum stance_usb_outcome outcome)
{
  return (struct stance_usb_reply){
      .outcome = outcome, .data = trip->answer, .length = trip->answer_length};
}

/* A transfer ends when it is full, with a packet that is not, or when its time is over. */
static enum stance_usb_outcome read_bulk(struct virtual_trip *trip, uint8_t endpoint, size_t wanted,
                                         unsigned timeout_ms)
{
  struct stance_virtual_device *device = trip->line.device;

  trip->answer_length = 0;
  if (stance_virtual_is_halted(device, endpoint))
    return STANCE_USB_STALL;
  for (unsigned ms = 0; ms < timeout_ms;) {
    const int count =
        device->kind->bulk_in(device, endpoint, trip->answer + trip->answer_length, PACKET_BYTES);
    if (count == -EAGAIN) {
      virtual_line_wait(&trip->line, 1);
      ms++;
      continue;
    }
    if (count < 0)
      return count == -EPIPE ? STANCE_USB_STALL : STANCE_USB_FAILED;
    trip->answer_length += (size_t)count;
    if (count < PACKET_BYTES || trip->answer_length >= wanted)
      return STANCE_USB_DONE;
  }
  return STANCE_USB_TIMEOUT;
}

static struct stance_usb_reply drain(struct virtual_trip *trip,
                                     const struct stance_usb_exchange *exchange)
{
  const int64_t end_ns = trip->line.now_ns + (int64_t)DRAIN_MAX_MS * NS_PER_MS;
  enum stance_usb_outcome outcome;
  do
    outcome = read_bulk(trip, exchange->endpoint, STANCE_USB_DATA_MAX, exchange->timeout_ms);
  while (outcome == STANCE_USB_DONE && trip->line.now_ns < end_ns);
  return reply_of(trip, outcome);
}

static struct stance_usb_reply control(struct virtual_trip *trip,
                                       const struct stance_usb_exchange *exchange)
{
  const struct stance_virtual_setup setup = {exchange->request_type, exchange->request,
                                             exchange->value, exchange->index,
                                             (uint16_t)exchange->length};
  memcpy(trip->answer, exchange->data, exchange->length);
  const int count = stance_virtual_device_control(trip->line.device, &setup, trip->answer);
  virtual_line_wait(&trip->line, 1);
  trip->answer_length = count > 0 ? (size_t)count : 0;
  return reply_of(trip, count >= 0 ? STANCE_USB_DONE : STANCE_USB_STALL);
}

static struct stance_usb_reply carry_out(struct virtual_trip *trip,
                                         const struct stance_usb_exchange *exchange)
{
  struct stance_virtual_device *device = trip->line.device;

  trip->answer_length = 0;
  switch (exchange->transfer) {
  case STANCE_USB_CONTROL_OUT:
  case STANCE_USB_CONTROL_IN:
    return control(trip, exchange);
  case STANCE_USB_BULK_OUT:
    if (device->kind->bulk_out(device, exchange->endpoint, exchange->data, exchange->length) < 0)
      return reply_of(trip, STANCE_USB_STALL);
    virtual_line_wait(&trip->line, 1);
    break;
  case STANCE_USB_BULK_IN:
    return reply_of(trip,
                    read_bulk(trip, exchange->endpoint, exchange->length, exchange->timeout_ms));
  case STANCE_USB_CLEAR_HALT:
    stance_virtual_set_halt(device, exchange->endpoint, false);
    if (device->kind->clear_halt != NULL)
      device->kind->clear_halt(device, exchange->endpoint);
    break;
  case STANCE_USB_DRAIN:
    return drain(trip, exchange);
  case STANCE_USB_PAUSE:
    virtual_line_wait(&trip->line, exchange->timeout_ms);
    break;
  }
  return reply_of(trip, STANCE_USB_DONE);
}

enum stance_status virtual_trip_converse(struct virtual_trip *trip, enum stance_dialogue dialogue,
                                         struct stance_problem *problem)
{
  struct stance_usb_reply reply;

  for (unsigned step = 0; step < STEPS_MAX; step++) {
    memset(&trip->exchange, 0, sizeof trip->exchange);
    const enum stance_status status = trip->instrument->converse(
        trip->state, dialogue, step, step == 0 ? NULL : &reply, &trip->exchange, problem);
    if (status != STANCE_OK)
      return status == STANCE_END ? STANCE_OK : status;
    reply = carry_out(trip, &trip->exchange);
  }
  fail_msg("the dialogue does not end");
  return STANCE_INSTRUMENT;
}

static void must(struct virtual_trip *trip, enum stance_dialogue dialogue)
{
  struct stance_problem problem = {""};
  if (virtual_trip_converse(trip, dialogue, &problem) != STANCE_OK)
    fail_msg("%s, dialogue %d: %s", trip->line.device->kind->name, (int)dialogue, problem.text);
}

/* The line of the driver's table that the instrument's descriptor names. */
static const struct stance_usb_id *find_id(const struct stance_instrument *instrument,
                                           const uint8_t *descriptor)
{
  const struct stance_usb_id *id = instrument->ids;
  while (id->vendor != 0 && (id->vendor != (descriptor[8] | descriptor[9] << 8) ||
                             id->product != (descriptor[10] | descriptor[11] << 8)))
    id++;
  assert_int_not_equal(id->vendor, 0);
  return id;
}

void virtual_trip_open(struct virtual_trip *trip, const char *uri,
                       const struct stance_virtual_kind *kind, double step_v)
{
  struct stance_problem problem = {""};

  memset(trip, 0, sizeof *trip);
  virtual_line_open(&trip->line, kind, kind->stream_endpoint, 0, step_v);
  assert_int_equal(stance_uri_init(&trip->uri, uri, &problem), STANCE_OK);
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    if (strcmp(stance_instruments[k]->kind.scheme, trip->uri.scheme) == 0)
      trip->instrument = stance_instruments[k];
  assert_non_null(trip->instrument);
  trip->state = calloc(1, trip->instrument->state_size);
  assert_non_null(trip->state);
  if (trip->instrument->set_up(trip->state, &trip->uri,
                               find_id(trip->instrument, kind->descriptors.device),
                               &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  must(trip, STANCE_DIALOGUE_IDENTIFY);
  must(trip, STANCE_DIALOGUE_SELF_TEST);
  must(trip, STANCE_DIALOGUE_CONFIGURE);
  trip->instrument->describe(trip->state, &trip->info);
  trip->instrument->shape(trip->state, &trip->shape);
  decoder_bench_init(&trip->bench, trip->info.channel_count);
}

void virtual_trip_close(struct virtual_trip *trip)
{
  decoder_bench_finish(&trip->bench);
  free(trip->state);
  virtual_line_close(&trip->line);
}

/* What has come since the last look, into the decoder. */
static void take(struct virtual_trip *trip)
{
  trip->instrument->decode(trip->state, trip->line.bytes, trip->line.length, &trip->bench.sink);
  trip->line.length = 0;
  decoder_bench_read(&trip->bench);
}

void virtual_trip_start(struct virtual_trip *trip)
{
  trip->line.in = trip->shape.endpoint;
  trip->instrument->rewind(trip->state);
  must(trip, STANCE_DIALOGUE_START);
}

void virtual_trip_run(struct virtual_trip *trip, unsigned ms)
{
  for (; ms > 0; ms--) {
    virtual_line_run(&trip->line, 1, 0);
    take(trip);
  }
}

void virtual_trip_stop(struct virtual_trip *trip)
{
  must(trip, STANCE_DIALOGUE_STOP);
}
