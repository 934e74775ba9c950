/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instrument_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RING_FRAMES = 65536, EXCHANGES_MAX = 1000 };

static enum stance_status set_up(struct bench_instrument *bench,
                                 const struct stance_instrument *instrument, size_t id,
                                 const char *text)
{
  *bench = (struct bench_instrument){.instrument = instrument,
                                     .state = calloc(1, instrument->state_size)};
  assert_non_null(bench->state);
  assert_int_equal(stance_uri_init(&bench->uri, text, &bench->problem), STANCE_OK);
  return instrument->set_up(bench->state, &bench->uri, &instrument->ids[id], &bench->problem);
}

void bench_instrument_open(struct bench_instrument *bench,
                           const struct stance_instrument *instrument, size_t id, const char *text)
{
  if (set_up(bench, instrument, id, text) != STANCE_OK)
    fail_msg("%s: %s", text, bench->problem.text);
  assert_int_equal(stance_frame_ring_create(RING_FRAMES, &bench->ring), STANCE_OK);
}

void bench_instrument_close(struct bench_instrument *bench)
{
  stance_frame_ring_destroy(bench->ring);
  free(bench->state);
}

struct stance_problem bench_instrument_refusal(const struct stance_instrument *instrument,
                                               size_t id, const char *text)
{
  struct bench_instrument bench;
  if (set_up(&bench, instrument, id, text) != STANCE_USAGE)
    fail_msg("%s is not refused", text);
  free(bench.state);
  return bench.problem;
}

enum stance_status bench_instrument_converse(struct bench_instrument *bench,
                                             enum stance_dialogue dialogue, bench_answer answer,
                                             void *context)
{
  struct stance_usb_exchange exchange;
  struct stance_usb_reply reply;

  for (unsigned step = 0; step < EXCHANGES_MAX; step++) {
    memset(&exchange, 0, sizeof exchange);
    const enum stance_status status = bench->instrument->converse(
        bench->state, dialogue, step, step == 0 ? NULL : &reply, &exchange, &bench->problem);
    if (status != STANCE_OK)
      return status == STANCE_END ? STANCE_OK : status;
    reply = answer(context, &exchange);
  }
  fail_msg("the dialogue does not end");
  return STANCE_INSTRUMENT;
}

void bench_instrument_start(struct bench_instrument *bench)
{
  struct stance_source_info info = {0};
  struct stance_raw_frame frame;

  while (stance_frame_ring_read(bench->ring, &frame, 1) > 0)
    continue;
  bench->instrument->describe(bench->state, &info);
  bench->sink = (struct stance_frame_sink){
      .ring = {bench->ring}, .ring_count = 1, .channel_count = info.channel_count};
  bench->instrument->rewind(bench->state);
}

void bench_instrument_feed(struct bench_instrument *bench, const void *bytes, size_t length)
{
  bench->instrument->decode(bench->state, bytes, length, &bench->sink);
}

struct stance_raw_frame bench_instrument_frame(struct bench_instrument *bench)
{
  struct stance_raw_frame frame = {0};
  assert_int_equal(stance_frame_ring_read(bench->ring, &frame, 1), 1);
  return frame;
}

size_t bench_instrument_waiting(const struct bench_instrument *bench)
{
  return stance_frame_ring_used(bench->ring);
}
