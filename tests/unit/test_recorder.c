/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a ring to the store: nothing is lost while the store can be written or comes back. */
#include "recorder.h"
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_everything_pushed_is_stored(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_recording recording = store_fixture_recording(2, 1000);
  store_fixture_begin(store, &recording);
  struct stance_frame_ring *ring;
  assert_int_equal(stance_frame_ring_create(1 << 12, &ring), STANCE_OK);
  struct stance_recorder *recorder;
  assert_int_equal(stance_recorder_start(store, ring, &recording, NULL, &recorder, NULL),
                   STANCE_OK);
  const struct stance_phase open_phase = {STANCE_PHASE_EFFORTS, {500, 0}};
  assert_int_equal(stance_recorder_add_phase(recorder, &open_phase, NULL), STANCE_OK);
  struct stance_raw_frame frames[3000];
  store_fixture_frames(frames, 3000, 0, 2);
  for (size_t k = 0; k < 3000; k++)
    assert_true(stance_frame_ring_push(ring, &frames[k]));
  struct stance_recorder_health health;
  assert_int_equal(stance_recorder_stop(recorder, &health, NULL), STANCE_OK);
  assert_int_equal(health.frames_committed, 3000);
  assert_int_equal(health.frames_waiting, 0);
  stance_frame_ring_destroy(ring);
  stance_store_close(store);

  struct store_fixture_loaded loaded = store_fixture_load(fixture, recording.id);
  assert_int_equal(loaded.trace.sample_count, 3000);
  for (size_t k = 0; k < 3000; k++)
    assert_true(loaded.trace.value[1][k] == store_fixture_value(k, 1));
  assert_string_equal(loaded.info.finished_at, "");
  assert_int_equal(loaded.phase_count, 1);
  assert_int_equal(loaded.phases[0].span.count, 2500);
  store_fixture_release(&loaded);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_everything_pushed_is_stored, store_fixture_setup,
                                      store_fixture_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
