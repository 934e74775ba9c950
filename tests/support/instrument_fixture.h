/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An instrument without a transfer engine: set up from a URI, asked and answered exchange by
   exchange, its stream decoded into a ring that a test reads. */
#ifndef STANCE_TESTS_INSTRUMENT_FIXTURE_H
#define STANCE_TESTS_INSTRUMENT_FIXTURE_H

#include "instrument.h"

struct bench_instrument {
  const struct stance_instrument *instrument;
  struct stance_uri uri;
  void *state;
  struct stance_frame_ring *ring;
  struct stance_frame_sink sink;
  struct stance_problem problem;
};

/* Failing the test where `text` is refused. `id`: which line of the instrument's table. */
void bench_instrument_open(struct bench_instrument *bench,
                           const struct stance_instrument *instrument, size_t id, const char *text);
void bench_instrument_close(struct bench_instrument *bench);
/* The refusal of `text`: fails the test where it is accepted. */
struct stance_problem bench_instrument_refusal(const struct stance_instrument *instrument,
                                               size_t id, const char *text);

/* Answers one exchange. */
typedef struct stance_usb_reply (*bench_answer)(void *context,
                                                const struct stance_usb_exchange *exchange);
/* Runs a whole dialogue; STANCE_OK where it succeeded. Fails the test where it does not end. */
enum stance_status bench_instrument_converse(struct bench_instrument *bench,
                                             enum stance_dialogue dialogue, bench_answer answer,
                                             void *context);

/* Rewinds, and starts the count of frames anew with the channels that the instrument describes. */
void bench_instrument_start(struct bench_instrument *bench);
void bench_instrument_feed(struct bench_instrument *bench, const void *bytes, size_t length);
/* The next frame; fails the test where there is none. */
struct stance_raw_frame bench_instrument_frame(struct bench_instrument *bench);
/* How many wait to be read. */
size_t bench_instrument_waiting(const struct bench_instrument *bench);

#endif
