/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the store fails once, SQLite's own among them: the failure is told, nothing
   half-loaded comes out, nothing leaks, and the store stays sound. */
#include "support/failing_allocator.h"
#include "support/faulty_disk.h"
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES = 6000 }; /* more than a loader reserves at first */

struct subject {
  const struct store_fixture *fixture;
  char recording[STANCE_UUID_SIZE];
};

static bool attempt_load(void *context)
{
  const struct subject *subject = context;
  struct stance_store *store;
  struct stance_recording info = {0};
  struct stance_raw_trace traces[STANCE_STREAM_MAX] = {0};
  struct stance_phase *phases = NULL;
  size_t phase_count = 0;
  if (stance_store_open(subject->fixture->path, STANCE_STORE_READ, &store, NULL) != STANCE_OK)
    return false;
  enum stance_status status =
      stance_store_load(store, subject->recording, &info, traces, &phases, &phase_count, NULL);
  failing_allocator_disarm(); /* what follows only looks */
  if (status == STANCE_OK) {
    assert_int_equal(traces[0].sample_count, FRAMES);
    assert_int_equal(traces[0].integrity.frames_lost, 0);
    assert_int_equal(phase_count, 1);
    assert_true(traces[0].value[0][FRAMES - 1] == store_fixture_value(FRAMES - 1, 0));
  } else {
    assert_null(traces[0].value[0]);
    assert_null(info.protocol_text);
    assert_null(phases);
  }
  stance_recording_finish(&info);
  stance_raw_trace_finish(&traces[0]);
  free(phases);
  stance_store_close(store);
  return status == STANCE_OK;
}

static bool attempt_append(void *context)
{
  const struct subject *subject = context;
  static struct stance_raw_frame frames[100];
  struct stance_store *store;
  if (stance_store_open(subject->fixture->path, STANCE_STORE_WRITE, &store, NULL) != STANCE_OK)
    return false;
  struct stance_recording recording = store_fixture_recording(1, 1000);
  store_fixture_frames(frames, 100, 0, 1);
  bool stored = stance_store_begin(store, &recording, NULL) == STANCE_OK &&
                stance_store_append(store, recording.id, 0, frames, 100, 1, NULL) == STANCE_OK;
  failing_allocator_disarm();
  assert_int_equal(stance_store_check(store, NULL), STANCE_OK);
  stance_store_close(store);
  return stored;
}

static void test_every_allocation_may_fail(void **state)
{
  if (!failing_allocator_works())
    skip();
  atomic_store(&faulty_disk_install()->forgets, true); /* a thousand commits, sooner */
  struct subject subject = {.fixture = *state};
  struct stance_store *store = store_fixture_open(subject.fixture);
  struct stance_recording recording = store_fixture_recording(2, 1000);
  store_fixture_begin(store, &recording);
  static struct stance_raw_frame frames[FRAMES];
  store_fixture_frames(frames, FRAMES, 0, 2);
  const struct stance_phase phase = {STANCE_PHASE_LIMB, {0, 0}};
  assert_int_equal(stance_store_append(store, recording.id, 0, frames, FRAMES, 2, NULL), STANCE_OK);
  assert_int_equal(stance_store_add_phase(store, recording.id, &phase, NULL), STANCE_OK);
  stance_store_close(store);
  memcpy(subject.recording, recording.id, sizeof subject.recording);

  struct failing_allocator_sweep load = failing_allocator_sweep(attempt_load, &subject);
  struct failing_allocator_sweep append = failing_allocator_sweep(attempt_append, &subject);
  print_message("load: %zu allocations, %zu failures told, %zu absorbed; begin and append: %zu, "
                "%zu, %zu\n",
                load.allocations, load.reported, load.absorbed, append.allocations, append.reported,
                append.absorbed);
  assert_true(load.reported > 20);
  assert_true(append.reported > 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_every_allocation_may_fail, store_fixture_setup,
                                      store_fixture_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
