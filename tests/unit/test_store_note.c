/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes: kept once, in order, through a disk that refuses; and what they say of locked sides. What
   counts as the last word, on the lever too, where the computer's clock was wrong. */
#include "recorder.h"
#include "store_note.h"

#include "support/faulty_disk.h"
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct faulty_disk *disk;

static struct stance_recording begin(struct stance_store *store, const char *athlete)
{
  struct stance_recording recording = store_fixture_recording(2, 1000);
  strcpy(recording.athlete, athlete);
  store_fixture_begin(store, &recording);
  return recording;
}

static void note_all(struct stance_store *store, const struct stance_recording *recording,
                     const struct stance_note *notes, size_t count)
{
  struct stance_frame_ring *ring = NULL;
  struct stance_recorder *recorder = NULL;
  assert_int_equal(stance_frame_ring_create(64, &ring), STANCE_OK);
  assert_int_equal(stance_recorder_start(store, &ring, recording, NULL, &recorder, NULL),
                   STANCE_OK);
  for (size_t k = 0; k < count; k++)
    assert_int_equal(stance_recorder_add_note(recorder, &notes[k], NULL), STANCE_OK);
  assert_int_equal(stance_recorder_stop(recorder, NULL, NULL), STANCE_OK);
  stance_frame_ring_destroy(ring);
}

static void notes_come_back_as_they_were(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_recording recording = begin(store, "A-17");
  const struct stance_note notes[] = {
      {.kind = STANCE_NOTE_CUE,
       .frame = 5012,
       .host_ns = INT64_C(123456789012345),
       .name = "go",
       .side = STANCE_SIDE_NONE,
       .value = (double)NAN},
      {.kind = STANCE_NOTE_REPETITION, .side = STANCE_BOTH, .repetition = 2, .value = 341.5},
      {.kind = STANCE_NOTE_PAIN, .side = STANCE_RIGHT, .repetition = 2, .value = 4},
  };
  struct stance_note *back = NULL;
  size_t count = 0;
  note_all(store, &recording, notes, 3);
  assert_int_equal(stance_store_list_notes(store, recording.id, &back, &count, NULL), STANCE_OK);
  assert_int_equal(count, 3);
  for (size_t k = 0; k < count; k++) {
    assert_int_equal(back[k].kind, notes[k].kind);
    assert_int_equal(back[k].frame, notes[k].frame);
    assert_int_equal(back[k].host_ns, notes[k].host_ns);
    assert_string_equal(back[k].name, notes[k].name);
    assert_int_equal(back[k].side, notes[k].side);
    assert_int_equal(back[k].repetition, notes[k].repetition);
    assert_true(back[k].value == notes[k].value || (isnan(back[k].value) && isnan(notes[k].value)));
  }
  free(back);
  stance_recording_finish(&recording);
  stance_store_close(store);
}

/* A commit that failed half-way is repeated whole: nothing twice, nothing lost. */
static void a_disk_that_refuses_doubles_nothing(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_recording recording = begin(store, "A-17");
  struct stance_frame_ring *ring = NULL;
  struct stance_recorder *recorder = NULL;
  struct stance_note *back = NULL;
  size_t count = 0;
  assert_int_equal(stance_frame_ring_create(64, &ring), STANCE_OK);
  assert_int_equal(stance_recorder_start(store, &ring, &recording, NULL, &recorder, NULL),
                   STANCE_OK);
  atomic_store(&disk->write_error, FAULTY_DISK_FULL);
  for (unsigned k = 1; k <= 50; k++) {
    const struct stance_note note = {
        .kind = STANCE_NOTE_REPETITION, .side = STANCE_LEFT, .repetition = k, .value = k};
    assert_int_equal(stance_recorder_add_note(recorder, &note, NULL), STANCE_OK);
  }
  struct stance_recorder_health health;
  do {
    stance_clock_host.sleep_until_ns(
        stance_clock_host.context, stance_clock_host.now_ns(stance_clock_host.context) + 10000000);
    stance_recorder_health(recorder, &health);
  } while (!health.failing);
  atomic_store(&disk->write_error, 0);
  assert_int_equal(stance_recorder_stop(recorder, NULL, NULL), STANCE_OK);
  assert_int_equal(stance_store_list_notes(store, recording.id, &back, &count, NULL), STANCE_OK);
  assert_int_equal(count, 50);
  for (unsigned k = 0; k < count; k++)
    assert_int_equal(back[k].repetition, k + 1);
  free(back);
  stance_frame_ring_destroy(ring);
  stance_recording_finish(&recording);
  stance_store_close(store);
}

static void expect_locked(struct stance_store *store, const char *athlete, bool left, bool right)
{
  bool locked[2] = {!left, !right};
  assert_int_equal(stance_store_locked_sides(store, athlete, locked, NULL), STANCE_OK);
  assert_int_equal(locked[STANCE_LEFT], left);
  assert_int_equal(locked[STANCE_RIGHT], right);
}

static void add_one(struct stance_store *store, const char *athlete, enum stance_note_kind kind,
                    enum stance_side side)
{
  struct stance_recording recording = begin(store, athlete);
  const struct stance_note note = {.kind = kind, .side = side, .value = (double)NAN};
  note_all(store, &recording, &note, 1);
  stance_recording_finish(&recording);
}

static void the_last_word_on_a_side_counts(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  expect_locked(store, "A-17", false, false);
  add_one(store, "A-17", STANCE_NOTE_LOCK, STANCE_LEFT);
  expect_locked(store, "A-17", true, false);
  expect_locked(store, "B-2", false, false);
  expect_locked(store, "", false, false);
  add_one(store, "A-17", STANCE_NOTE_LOCK, STANCE_RIGHT);
  add_one(store, "A-17", STANCE_NOTE_RELEASE, STANCE_LEFT);
  expect_locked(store, "A-17", false, true);
  add_one(store, "A-17", STANCE_NOTE_LOCK, STANCE_LEFT);
  expect_locked(store, "A-17", true, true);
  add_one(store, "", STANCE_NOTE_LOCK, STANCE_LEFT);
  expect_locked(store, "", false, false);
  stance_store_close(store);
}

static void add_dated(struct stance_store *store, const char *started_at,
                      const struct stance_note *notes, size_t count)
{
  struct stance_recording recording = store_fixture_recording(2, 1000);
  strcpy(recording.athlete, "A-17");
  strcpy(recording.started_at, started_at);
  store_fixture_begin(store, &recording);
  note_all(store, &recording, notes, count);
  stance_recording_finish(&recording);
}

/* A clock that stood wrong makes no lock a released one, and keeps none for years. */
static void the_last_word_is_that_of_the_last_entry(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  const struct stance_note lock = {
      .kind = STANCE_NOTE_LOCK, .side = STANCE_LEFT, .value = (double)NAN};
  const struct stance_note release = {
      .kind = STANCE_NOTE_RELEASE, .side = STANCE_LEFT, .value = (double)NAN};
  const struct stance_note both[] = {release, lock};
  add_dated(store, "2026-01-01T00:00:00Z", &lock, 1);
  add_dated(store, "2030-01-01T00:00:00Z", &release, 1);
  expect_locked(store, "A-17", false, false);
  add_dated(store, "2026-01-02T00:00:00Z", &lock, 1);
  expect_locked(store, "A-17", true, false);
  add_dated(store, "2026-01-02T00:00:00Z", &release, 1);
  expect_locked(store, "A-17", false, false);
  add_dated(store, "2030-01-01T00:00:00Z", &lock, 1);
  add_dated(store, "2026-01-03T00:00:00Z", &release, 1);
  expect_locked(store, "A-17", false, false);
  add_dated(store, "2026-01-03T00:00:00Z", both, 2);
  expect_locked(store, "A-17", true, false);
  add_dated(store, "2026-01-02T00:00:00Z", &release, 1);
  expect_locked(store, "A-17", false, false);
  stance_store_close(store);
}

static void begin_with_lever(struct stance_store *store, const char *started_at, double lever_m)
{
  struct stance_recording recording = store_fixture_recording(2, 1000);
  strcpy(recording.athlete, "A-17");
  strcpy(recording.protocol_id, "nordic");
  strcpy(recording.started_at, started_at);
  recording.lever_m = lever_m;
  store_fixture_begin(store, &recording);
  stance_recording_finish(&recording);
}

static void the_lever_is_that_of_the_last_entry(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  double lever_m = 0;
  char day[STANCE_DAY_SIZE];
  begin_with_lever(store, "2030-01-01T00:00:00Z", 0.30);
  begin_with_lever(store, "2026-01-01T00:00:00Z", 0.35);
  begin_with_lever(store, "2026-01-02T00:00:00Z", (double)NAN);
  assert_int_equal(stance_store_last_lever(store, "A-17", "nordic", &lever_m, day, NULL),
                   STANCE_OK);
  assert_true(lever_m == 0.35);
  assert_string_equal(day, "2026-01-01");
  stance_store_close(store);
}

#define CASE(function) \
  cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(notes_come_back_as_they_were),
      CASE(a_disk_that_refuses_doubles_nothing),
      CASE(the_last_word_on_a_side_counts),
      CASE(the_lever_is_that_of_the_last_entry),
      CASE(the_last_word_is_that_of_the_last_entry),
  };
  disk = faulty_disk_install();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
