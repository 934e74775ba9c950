/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a ring to the store: nothing is lost while the store can be written or comes back in time.
 */
#include "recorder.h"
#include "support/faulty_disk.h"
#include "support/still_clock.h"
#include "support/store_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)

/* SQLite's numbers, so that its header stays with its owner. */
enum { DISK_FULL = 13, WRITE_FAILED = 778, SYNC_FAILED = 1034 };

struct bench {
  struct store_fixture *fixture;
  struct stance_store *store;
  struct stance_recording recording;
  struct stance_frame_ring *ring;
  struct still_clock still;
  struct stance_clock clock;
  struct faulty_disk *disk;
  struct stance_recorder *recorder;
  uint64_t pushed;
  atomic_uint notices;
  struct stance_recorder_health noticed;
};

static void notice(void *context, const struct stance_recorder_health *health)
{
  struct bench *bench = context;
  bench->noticed = *health;
  atomic_fetch_add(&bench->notices, 1);
}

/* One bench at a time. */
static struct bench bench;

static int set_up(void **state)
{
  memset(&bench, 0, sizeof bench);
  if (store_fixture_setup(state) != 0)
    return -1;
  bench.fixture = *state;
  bench.disk = faulty_disk_install();
  bench.store = store_fixture_open(bench.fixture);
  bench.recording = store_fixture_recording(2, 1000);
  store_fixture_begin(bench.store, &bench.recording);
  still_clock_init(&bench.still, 1000 * NS_PER_S);
  bench.clock = still_clock_of(&bench.still);
  return stance_frame_ring_create(1 << 14, &bench.ring) == STANCE_OK ? 0 : -1;
}

static int tear_down(void **state)
{
  stance_frame_ring_destroy(bench.ring);
  return store_fixture_teardown(state);
}

static void start(size_t memory_max)
{
  const struct stance_recorder_options options = {
      .clock = &bench.clock, .memory_max = memory_max, .notify = notice, .notify_context = &bench};
  assert_int_equal(stance_recorder_start(bench.store, &bench.ring, &bench.recording, &options,
                                         &bench.recorder, NULL),
                   STANCE_OK);
}

static void push(size_t count)
{
  for (size_t k = 0; k < count; k++) {
    struct stance_raw_frame frame;
    store_fixture_frames(&frame, 1, bench.pushed++, 2);
    stance_frame_ring_push(bench.ring, &frame);
  }
}

/* A second of sampling at 1 kHz. */
static void sample_second(void)
{
  for (unsigned tenth = 0; tenth < 10; tenth++) {
    push(100);
    still_clock_advance(&bench.still, NS_PER_S / 10);
  }
}

static struct stance_recorder_health health(void)
{
  struct stance_recorder_health now;
  stance_recorder_health(bench.recorder, &now);
  return now;
}

static enum stance_status stop(struct stance_recorder_health *ret_health,
                               struct stance_problem *problem)
{
  still_clock_run(&bench.still);
  enum stance_status status = stance_recorder_stop(bench.recorder, ret_health, problem);
  still_clock_finish(&bench.still);
  stance_store_close(bench.store);
  return status;
}

/* Everything up to `count` is there, bit for bit. */
static void expect_stored(size_t count)
{
  struct store_fixture_loaded loaded = store_fixture_load(bench.fixture, bench.recording.id);
  assert_int_equal(loaded.trace.sample_count, count);
  assert_int_equal(loaded.trace.integrity.frames_lost, 0);
  assert_int_equal(loaded.trace.integrity.frames_duplicated, 0);
  for (size_t k = 0; k < count; k++)
    assert_true(loaded.trace.value[1][k] == store_fixture_value(k, 1));
  store_fixture_release(&loaded);
}

/* Nobody waits ten minutes. */
static void test_an_interrupt_gives_up_what_is_refused(void **state)
{
  (void)state;
  atomic_bool give_up = false;
  const struct stance_recorder_options options = {.clock = &bench.clock, .give_up = &give_up};
  assert_int_equal(stance_recorder_start(bench.store, &bench.ring, &bench.recording, &options,
                                         &bench.recorder, NULL),
                   STANCE_OK);
  sample_second();
  uint64_t committed = health().frames_committed;
  atomic_store(&bench.disk->write_error, DISK_FULL);
  atomic_store(&give_up, true); /* means nothing while the test goes on */
  sample_second();
  assert_true(health().failing);
  assert_false(health().gave_up);
  int64_t before_ns = bench.clock.now_ns(bench.clock.context);
  struct stance_recorder_health final;
  struct stance_problem problem = {""};
  still_clock_run(&bench.still);
  enum stance_status status = stance_recorder_stop(bench.recorder, &final, &problem);
  int64_t waited_ns = bench.clock.now_ns(bench.clock.context) - before_ns;
  still_clock_finish(&bench.still);
  stance_store_close(bench.store);
  assert_int_equal(status, STANCE_STORE);
  assert_true(waited_ns < 60 * NS_PER_S);
  assert_true(final.gave_up);
  assert_int_equal(final.frames_lost, 2000 - committed);
  assert_int_equal(final.frames_committed, committed);
}

static void test_a_block_is_committed_every_quarter_second(void **state)
{
  (void)state;
  start(0);
  unsigned syncs = atomic_load(&bench.disk->syncs);
  for (unsigned second = 1; second <= 3; second++) {
    sample_second();
    assert_int_equal(health().commits, 4 * second);
    assert_true(health().frames_committed >= 1000 * second - 250);
  }
  assert_int_equal(atomic_load(&bench.disk->syncs) - syncs, 12);
  struct stance_recorder_health final;
  assert_int_equal(stop(&final, NULL), STANCE_OK);
  assert_int_equal(final.frames_committed, 3000);
  assert_int_equal(final.frames_waiting, 0);
  assert_int_equal(atomic_load(&bench.notices), 0);
  expect_stored(3000);
}

/* The ring is emptied early when it fills faster than that. */
static void test_a_filling_ring_is_not_made_to_wait(void **state)
{
  (void)state;
  stance_frame_ring_destroy(bench.ring);
  assert_int_equal(stance_frame_ring_create(1 << 17, &bench.ring), STANCE_OK);
  start(0);
  push(1 << 16);
  still_clock_advance(&bench.still, NS_PER_S / 20);
  assert_int_equal(health().frames_committed, 1 << 16);
  assert_int_equal(stop(NULL, NULL), STANCE_OK);
  expect_stored(1 << 16);
}

static void test_a_full_disk_loses_nothing(void **state)
{
  (void)state;
  static const int errors[] = {DISK_FULL, WRITE_FAILED};
  start(0);
  for (unsigned round = 0; round < 2; round++) {
    sample_second();
    uint64_t committed = health().frames_committed;
    atomic_store(&bench.disk->write_error, errors[round]);
    for (unsigned second = 0; second < 120; second++)
      sample_second();
    assert_true(health().failing);
    assert_false(health().gave_up);
    assert_int_equal(health().frames_committed, committed);
    assert_true(health().frames_waiting >= 119000);
    assert_non_null(strstr(health().problem.text, bench.fixture->path));
    assert_int_equal(atomic_load(&bench.notices), 2 * round + 1);
    assert_true(bench.noticed.failing);
    atomic_store(&bench.disk->write_error, 0);
    sample_second();
    sample_second();
    assert_false(health().failing);
    assert_int_equal(atomic_load(&bench.notices), 2 * round + 2);
    assert_false(bench.noticed.failing);
  }
  assert_int_equal(stance_frame_ring_dropped(bench.ring), 0);
  assert_int_equal(stop(NULL, NULL), STANCE_OK);
  expect_stored((size_t)bench.pushed);
}

/* The data were written but the sync failed: nobody knows. Repeating must not double a frame. */
static void test_an_unknown_commit_is_repeated(void **state)
{
  (void)state;
  start(0);
  sample_second();
  atomic_store(&bench.disk->sync_error, SYNC_FAILED);
  sample_second();
  assert_true(health().failing);
  atomic_store(&bench.disk->sync_error, 0);
  sample_second();
  sample_second();
  assert_int_equal(stop(NULL, NULL), STANCE_OK);
  expect_stored(4000);
}

/* The disk said yes to the last commits, failed, and comes back without them: they are offered
   again, the phase among them, and counted once. */
static void test_what_a_failing_disk_forgot_is_saved_again(void **state)
{
  (void)state;
  const struct stance_phase limb = {STANCE_PHASE_LIMB, {0, 900}};
  start(0);
  assert_int_equal(stance_recorder_add_phase(bench.recorder, &limb, NULL), STANCE_OK);
  for (unsigned second = 0; second <= 20; second++) /* more than is kept */
    sample_second();
  uint64_t committed = health().frames_committed;
  faulty_disk_tamper(bench.fixture->path,
                     "DELETE FROM phases;"
                     "DELETE FROM blocks WHERE sequence > (SELECT max(sequence) - 8 FROM blocks)");
  atomic_store(&bench.disk->write_error, WRITE_FAILED);
  sample_second();
  assert_true(health().failing);
  assert_int_equal(health().frames_committed, committed);
  atomic_store(&bench.disk->write_error, 0);
  struct stance_recorder_health final;
  assert_int_equal(stop(&final, NULL), STANCE_OK);
  assert_int_equal(final.frames_committed, 22000);
  expect_stored(22000);
  assert_int_equal(faulty_disk_ask(bench.fixture->path, "SELECT count(*) FROM phases"), 1);
}

/* Stop goes on trying; what was kept is saved when the disk comes back. */
static void *mend_later(void *argument)
{
  (void)argument;
  usleep(100000);
  atomic_store(&bench.disk->write_error, 0);
  return NULL;
}

static void test_stop_waits_for_the_disk(void **state)
{
  (void)state;
  bench.clock = stance_clock_host;
  start(0);
  atomic_store(&bench.disk->write_error, DISK_FULL);
  push(2500);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, mend_later, NULL), 0);
  struct stance_recorder_health final;
  assert_int_equal(stance_recorder_stop(bench.recorder, &final, NULL), STANCE_OK);
  pthread_join(thread, NULL);
  assert_int_equal(final.frames_committed, 2500);
  stance_store_close(bench.store);
  expect_stored(2500);
}

static void test_after_ten_minutes_it_gives_up_and_counts(void **state)
{
  (void)state;
  start(0);
  sample_second();
  sample_second();
  uint64_t committed = health().frames_committed;
  atomic_store(&bench.disk->write_error, DISK_FULL);
  for (unsigned second = 0; second < 598; second++)
    sample_second();
  assert_false(health().gave_up);
  for (unsigned second = 0; second < 5; second++)
    sample_second();
  assert_true(health().gave_up);
  assert_int_equal(atomic_load(&bench.notices), 2);
  assert_true(bench.noticed.gave_up);
  struct stance_problem problem = {""};
  struct stance_recorder_health final;
  assert_int_equal(stop(&final, &problem), STANCE_STORE);
  assert_int_equal(final.frames_committed, committed);
  assert_int_equal(final.frames_committed + final.frames_lost, bench.pushed);
  assert_non_null(strstr(problem.text, "full"));
  atomic_store(&bench.disk->write_error, 0);
  expect_stored((size_t)committed);
}

/* With its memory full it leaves the frames in the ring, which counts what it must drop; what is
   kept is saved all the same, and the gap is where it happened. */
static void test_memory_is_bounded(void **state)
{
  (void)state;
  start(100000);
  sample_second();
  atomic_store(&bench.disk->write_error, DISK_FULL);
  for (unsigned second = 0; second < 60; second++)
    sample_second();
  uint64_t dropped = stance_frame_ring_dropped(bench.ring);
  assert_true(dropped > 0);
  assert_true(health().frames_waiting < 60000 - dropped);
  atomic_store(&bench.disk->write_error, 0);
  sample_second();
  sample_second();
  sample_second();
  assert_int_equal(stop(NULL, NULL), STANCE_OK);
  struct store_fixture_loaded loaded = store_fixture_load(bench.fixture, bench.recording.id);
  const struct stance_raw_trace *trace = &loaded.trace;
  assert_int_equal(trace->sample_count, bench.pushed);
  assert_int_equal(trace->integrity.frames_lost, stance_frame_ring_dropped(bench.ring));
  assert_int_equal(trace->gap_count, 1);
  for (size_t k = 0; k < trace->sample_count; k++)
    if (k < trace->gap[0].first || k >= trace->gap[0].first + trace->gap[0].count)
      assert_true(trace->value[0][k] == store_fixture_value(k, 0));
  store_fixture_release(&loaded);
}

/* A disk that stalls costs time, not frames. */
static void test_a_stalled_disk_loses_nothing(void **state)
{
  (void)state;
  start(0);
  sample_second();
  atomic_store(&bench.disk->stall_ms, 300);
  push(5000); /* into the ring while the recorder waits for the disk */
  still_clock_advance(&bench.still, NS_PER_S / 2);
  push(5000);
  still_clock_advance(&bench.still, NS_PER_S / 2);
  atomic_store(&bench.disk->stall_ms, 0);
  assert_int_equal(stop(NULL, NULL), STANCE_OK);
  assert_int_equal(stance_frame_ring_dropped(bench.ring), 0);
  expect_stored(11000);
}

static void test_phases_are_saved_and_retried_with_the_blocks(void **state)
{
  (void)state;
  start(0);
  const struct stance_phase open_phase = {STANCE_PHASE_LIMB, {0, 0}};
  assert_int_equal(stance_recorder_add_phase(bench.recorder, &open_phase, NULL), STANCE_OK);
  sample_second();
  atomic_store(&bench.disk->write_error, DISK_FULL);
  const struct stance_phase known = {STANCE_PHASE_LIMB, {0, 900}},
                            efforts = {STANCE_PHASE_EFFORTS, {900, 0}};
  assert_int_equal(stance_recorder_add_phase(bench.recorder, &known, NULL), STANCE_OK);
  assert_int_equal(stance_recorder_add_phase(bench.recorder, &efforts, NULL), STANCE_OK);
  sample_second();
  atomic_store(&bench.disk->write_error, 0);
  assert_int_equal(stop(NULL, NULL), STANCE_OK);
  struct store_fixture_loaded loaded = store_fixture_load(bench.fixture, bench.recording.id);
  assert_int_equal(loaded.phase_count, 2);
  assert_int_equal(loaded.phases[0].span.count, 900);
  assert_int_equal(loaded.phases[1].kind, STANCE_PHASE_EFFORTS);
  assert_int_equal(loaded.phases[1].span.count, 1100);
  store_fixture_release(&loaded);
}

#define RECORDER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      RECORDER_TEST(test_a_block_is_committed_every_quarter_second),
      RECORDER_TEST(test_an_interrupt_gives_up_what_is_refused),
      RECORDER_TEST(test_a_filling_ring_is_not_made_to_wait),
      RECORDER_TEST(test_a_full_disk_loses_nothing),
      RECORDER_TEST(test_an_unknown_commit_is_repeated),
      RECORDER_TEST(test_what_a_failing_disk_forgot_is_saved_again),
      RECORDER_TEST(test_stop_waits_for_the_disk),
      RECORDER_TEST(test_after_ten_minutes_it_gives_up_and_counts),
      RECORDER_TEST(test_memory_is_bounded),
      RECORDER_TEST(test_a_stalled_disk_loses_nothing),
      RECORDER_TEST(test_phases_are_saved_and_retried_with_the_blocks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
