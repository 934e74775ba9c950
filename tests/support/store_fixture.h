/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store in a folder of its own, and recordings to put into it. Every step asserts. */
#ifndef STANCE_TEST_STORE_FIXTURE_H
#define STANCE_TEST_STORE_FIXTURE_H

#include "store.h"

struct store_fixture {
  char folder[64];
  char path[128];
};

/* cmocka's set-up and tear-down of one test: *state becomes a struct store_fixture. */
int store_fixture_setup(void **state);
int store_fixture_teardown(void **state);

struct stance_store *store_fixture_open(const struct store_fixture *fixture);
/* Up to two channels, left and right. */
struct stance_recording store_fixture_recording(size_t channel_count, double rate_hz);
void store_fixture_begin(struct stance_store *store, struct stance_recording *recording);
/* Whole numbers that depend on the index alone, so that any later reader can tell what belongs
   there. */
void store_fixture_frames(struct stance_raw_frame *ret_frames, size_t count, uint64_t first_index,
                          size_t channel_count);
double store_fixture_value(uint64_t index, size_t channel);

struct store_fixture_loaded {
  enum stance_status status;
  struct stance_recording info;
  struct stance_raw_trace traces[STANCE_STREAM_MAX];
  struct stance_raw_trace trace; /* the first of them */
  struct stance_phase *phases;
  size_t phase_count;
  struct stance_problem problem;
};
/* Opens the store for reading and loads; STANCE_OK or STANCE_END. */
struct store_fixture_loaded store_fixture_load(const struct store_fixture *fixture,
                                               const char *recording_id);
void store_fixture_release(struct store_fixture_loaded *loaded);

#endif
