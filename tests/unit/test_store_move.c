/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording filed under another athlete has nothing of the first one's, and is undone whole. */
#include "store_move.h"
#include "store_private.h"
#include "support/faulty_disk.h"
#include "support/store_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct stance_subject stranger = {
    .athlete = "B-2",
    .body_mass_kg = (double)NAN,
    .lever_m = (double)NAN,
    .injured_side = STANCE_SIDE_NONE,
};

/* A finished one of A-1, of 80 kg, lever 0.4 m, whose left side is injured. */
static struct stance_store *begin(struct store_fixture *fixture,
                                  struct stance_recording *ret_recording)
{
  struct stance_store *store = store_fixture_open(fixture);
  struct stance_raw_frame frames[50];
  const struct stance_source_health health = {.frames_produced = 50, .ended = true};
  *ret_recording = store_fixture_recording(1, 1000);
  snprintf(ret_recording->athlete, sizeof ret_recording->athlete, "A-1");
  ret_recording->body_mass_kg = 80;
  ret_recording->lever_m = 0.4;
  ret_recording->injured_side = STANCE_LEFT;
  store_fixture_begin(store, ret_recording);
  store_fixture_frames(frames, 50, 0, 1);
  assert_int_equal(stance_store_append(store, ret_recording->id, 0, frames, 50, 1, NULL),
                   STANCE_OK);
  assert_int_equal(stance_store_finish_recording(store, ret_recording->id, &health, 1, NULL),
                   STANCE_OK);
  return store;
}

static void expect(const struct store_fixture *fixture, const char *id, const char *athlete,
                   double mass_kg, double lever_m, enum stance_side injured)
{
  struct store_fixture_loaded loaded = store_fixture_load(fixture, id);
  assert_string_equal(loaded.info.athlete, athlete);
  assert_true(isnan(mass_kg) ? isnan(loaded.info.body_mass_kg)
                             : loaded.info.body_mass_kg == mass_kg);
  assert_true(isnan(lever_m) ? isnan(loaded.info.lever_m) : loaded.info.lever_m == lever_m);
  assert_int_equal(loaded.info.injured_side, injured);
  store_fixture_release(&loaded);
}

static void test_nothing_of_the_first_athlete_stays(void **state)
{
  struct stance_recording recording;
  struct stance_store *store = begin(*state, &recording);
  const char *id = recording.id;
  assert_int_equal(stance_store_move_recording(store, id, &stranger, NULL), STANCE_OK);
  expect(*state, id, "B-2", (double)NAN, (double)NAN, STANCE_SIDE_NONE);
  const struct stance_subject third = {"C-3", 71, 0.38, STANCE_RIGHT};
  assert_int_equal(stance_store_move_recording(store, id, &third, NULL), STANCE_OK);
  expect(*state, id, "C-3", 71, 0.38, STANCE_RIGHT);
  bool holds = false;
  assert_int_equal(store_seal_holds(store, id, &holds), SQLITE_OK);
  assert_true(holds);
  stance_store_close(store);
}

static void test_undone_one_after_the_other(void **state)
{
  struct stance_recording recording;
  struct stance_store *store = begin(*state, &recording);
  const char *id = recording.id;
  const struct stance_subject third = {"C-3", 71, 0.38, STANCE_RIGHT};
  assert_int_equal(stance_store_move_recording(store, id, &stranger, NULL), STANCE_OK);
  assert_int_equal(stance_store_move_recording(store, id, &third, NULL), STANCE_OK);
  assert_int_equal(stance_store_undo_move(store, id, NULL), STANCE_OK);
  expect(*state, id, "B-2", (double)NAN, (double)NAN, STANCE_SIDE_NONE);
  assert_int_equal(stance_store_undo_move(store, id, NULL), STANCE_OK);
  expect(*state, id, "A-1", 80, 0.4, STANCE_LEFT);
  assert_int_equal(stance_store_undo_move(store, id, NULL), STANCE_MISMATCH);
  bool holds = false;
  assert_int_equal(store_seal_holds(store, id, &holds), SQLITE_OK);
  assert_true(holds);
  stance_store_close(store);
}

/* Of the schema before, in which a move left the injured side as it was. */
static void test_an_older_move_is_undone(void **state)
{
  struct store_fixture *fixture = *state;
  struct stance_recording recording;
  struct stance_store *store = begin(fixture, &recording);
  int64_t newest = 0, now = 0;
  assert_int_equal(stance_store_move_recording(store, recording.id, &stranger, NULL), STANCE_OK);
  assert_int_equal(store_query_integer(store, "PRAGMA user_version", 0, &newest), SQLITE_OK);
  stance_store_close(store);
  faulty_disk_tamper(fixture->path, "ALTER TABLE moves DROP COLUMN from_injured_side;"
                                    "UPDATE recordings SET injured_side = 'left', digest = NULL;"
                                    "PRAGMA user_version = 8");
  store = store_fixture_open(fixture);
  assert_int_equal(store_query_integer(store, "PRAGMA user_version", 0, &now), SQLITE_OK);
  assert_int_equal(now, newest);
  expect(fixture, recording.id, "B-2", (double)NAN, (double)NAN, STANCE_LEFT);
  assert_int_equal(stance_store_undo_move(store, recording.id, NULL), STANCE_OK);
  expect(fixture, recording.id, "A-1", 80, 0.4, STANCE_LEFT);
  stance_store_close(store);
}

#define STORE_TEST(function) \
  cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORE_TEST(test_nothing_of_the_first_athlete_stays),
      STORE_TEST(test_undone_one_after_the_other),
      STORE_TEST(test_an_older_move_is_undone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
