/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/live_recording.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NS_PER_MS INT64_C(1000000)

void live_recording_start(struct live_recording *live, const struct store_fixture *fixture)
{
  *live = (struct live_recording){.fixture = fixture};
  live->store = store_fixture_open(fixture);
  live->recording = store_fixture_recording(2, 1000);
  store_fixture_begin(live->store, &live->recording);
  assert_int_equal(stance_frame_ring_create(1 << 15, &live->ring), STANCE_OK);
  const struct stance_recorder_options options = {.block_ns = 50 * NS_PER_MS};
  assert_int_equal(stance_recorder_start(live->store, &live->ring, &live->recording, &options,
                                         &live->recorder, NULL),
                   STANCE_OK);
}

void live_recording_run(struct live_recording *live, unsigned duration_ms)
{
  const struct stance_clock *clock = &stance_clock_host;
  int64_t now_ns = clock->now_ns(clock->context);
  for (unsigned ms = 0; ms < duration_ms; ms += 10) {
    for (unsigned k = 0; k < 10; k++) {
      struct stance_raw_frame frame;
      store_fixture_frames(&frame, 1, live->pushed++, 2);
      assert_true(stance_frame_ring_push(live->ring, &frame));
    }
    now_ns += 10 * NS_PER_MS;
    clock->sleep_until_ns(clock->context, now_ns);
  }
}

struct stance_recorder_health live_recording_health(const struct live_recording *live)
{
  struct stance_recorder_health health;
  stance_recorder_health(live->recorder, &health);
  return health;
}

void live_recording_run_until(struct live_recording *live, bool failing)
{
  for (unsigned tries = 0; tries < 100; tries++) {
    live_recording_run(live, 100);
    if (live_recording_health(live).failing == failing)
      return;
  }
  fail_msg("after 10 s the recorder is %sfailing", failing ? "not " : "still ");
}

void live_recording_finish(struct live_recording *live)
{
  struct stance_problem problem = {""};
  if (stance_recorder_stop(live->recorder, NULL, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  stance_frame_ring_destroy(live->ring);
  assert_int_equal(stance_store_check(live->store, NULL), STANCE_OK);
  stance_store_close(live->store);
  struct store_fixture_loaded loaded = store_fixture_load(live->fixture, live->recording.id);
  assert_int_equal(loaded.trace.sample_count, live->pushed);
  assert_int_equal(loaded.trace.integrity.frames_lost, 0);
  assert_int_equal(loaded.trace.integrity.frames_duplicated, 0);
  for (size_t k = 0; k < live->pushed; k++)
    for (size_t channel = 0; channel < 2; channel++)
      assert_true(loaded.trace.value[channel][k] == store_fixture_value(k, channel));
  store_fixture_release(&loaded);
}
