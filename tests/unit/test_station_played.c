/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a test may be asked for beyond its protocol, and recordings played back. */
#include "stance/source.h"

#include "store.h"
#include "store_block.h"
#include "store_note.h"
#include "trial.h"

#include "support/station_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double patience_s = 60;

static void start(struct station_fixture *fixture, const struct stance_test_request *request)
{
  struct stance_problem problem = {""};
  if (stance_station_start(fixture->station, request, fixture->id, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
}

static const char *result_of(struct station_fixture *fixture)
{
  char id[64];
  snprintf(id, sizeof id, "\"id\":\"%s\"", fixture->id);
  if (!station_fixture_wait(fixture, "result", id, patience_s))
    fail_msg("no result; the state is %s", station_fixture_last(fixture, "state"));
  return station_fixture_last(fixture, "result");
}

static void expect(const char *text, const char *part)
{
  if (strstr(text, part) == NULL)
    fail_msg("'%s' is not in %.3000s", part, text);
}

/* Two hundred times faster than a rig: no ring may be too small for it. */
static void a_fast_rig_loses_nothing(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "sim:?speed=200", true);
  station_fixture_start(fixture, "iso-supine-90-90", "A-17");
  expect(result_of(fixture), "Nothing was lost");
}

static void settings_and_the_order_of_sides_are_kept(void **state)
{
  struct station_fixture *fixture = *state;
  const struct stance_setting settings[] = {{"onset_sd", "7"}};
  struct stance_test_request request = stance_test_request_default;
  request.protocol = "iso-supine-90-90";
  request.setting = settings;
  request.setting_count = 1;
  request.unattended = true;
  request.side_order = "left,right,left,right,left,right";
  station_fixture_open(fixture, "sim:isometric?rig=plate&speed=max&unloaded_s=3&tail_s=20", false);
  start(fixture, &request);
  assert_true(station_fixture_wait(fixture, "state", "\"unattended\":true", patience_s));
  const char *result = result_of(fixture);
  expect(result, "\"onset_sd\":7");
  expect(result, "sides_follow_order");
  expect(result, "\"problem\":null");
}

static void what_the_analysis_would_refuse_is_refused_at_once(void **state)
{
  struct station_fixture *fixture = *state;
  const struct stance_setting wrong[] = {{"onset_sd", "minus"}};
  struct stance_test_request request = stance_test_request_default;
  struct stance_problem problem = {""};
  char id[STANCE_UUID_SIZE];
  station_fixture_open(fixture, "sim:nordic?speed=max", true);
  request.protocol = "nordic";
  request.setting = wrong;
  request.setting_count = 1;
  assert_int_not_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_OK);
  expect(problem.text, "onset_sd");
  request.setting_count = 0;
  request.side_order = "left,up";
  assert_int_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_USAGE);
  request.side_order = "left,right"; /* this rig has two straps */
  assert_int_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_USAGE);
  expect(problem.text, "side_order");
  assert_false(stance_station_is_testing(fixture->station));
}

/* The part of a report that does not say which recording it is of. */
static void copy_values(const char *result, char *ret_values, size_t size)
{
  const char *values = strstr(result, "\"repetitions\":");
  assert_non_null(values);
  snprintf(ret_values, size, "%s", values);
  char *end = strstr(ret_values, "\"problem\":");
  assert_non_null(end);
  *end = '\0';
}

static void a_stored_recording_gives_the_same_values_again(void **state)
{
  struct station_fixture *fixture = *state;
  static char first[1 << 18], second[1 << 18], device[64];
  station_fixture_open(fixture, "sim:nordic?seed=3&speed=20&gaps=20000:80", true);
  station_fixture_start(fixture, "nordic", "A-17");
  assert_true(station_fixture_wait(fixture, "repetition", "\"counted\":true", patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_REJECT, 0);
  copy_values(result_of(fixture), first, sizeof first);
  expect(first, "taken_back");
  station_fixture_close(fixture);
  snprintf(device, sizeof device, "replay:%s?speed=max", fixture->id);
  station_fixture_open(fixture, device, false);
  station_fixture_start(fixture, "nordic", NULL);
  copy_values(result_of(fixture), second, sizeof second);
  assert_string_equal(first, second);
  station_fixture_close(fixture);
  station_fixture_open(fixture, "replay:00000000-0000-4000-8000-000000000000", false);
  struct stance_test_request request = stance_test_request_default;
  request.protocol = "nordic";
  assert_int_equal(stance_station_start(fixture->station, &request, fixture->id, NULL),
                   STANCE_INPUT);
}

static void expect_locked(const struct station_fixture *fixture, const char *athlete, bool left)
{
  struct stance_store *store = NULL;
  bool locked[2] = {!left, true};
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_READ, &store, NULL),
                   STANCE_OK);
  assert_int_equal(stance_store_locked_sides(store, athlete, locked, NULL), STANCE_OK);
  stance_store_close(store);
  assert_int_equal(locked[STANCE_LEFT], left);
  assert_false(locked[STANCE_RIGHT]);
}

static void say(const struct station_fixture *fixture, const struct stance_note *notes,
                size_t count)
{
  struct stance_store *store = NULL;
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_WRITE, &store, NULL),
                   STANCE_OK);
  for (size_t k = 0; k < count; k++) {
    const struct stance_numbered_note numbered = {.number = 1000 + k, .note = notes[k]};
    const struct stance_commit commit = {.notes = &numbered, .note_count = 1};
    assert_int_equal(stance_store_commit(store, fixture->id, &commit, NULL), STANCE_OK);
  }
  stance_store_close(store);
}

static void expect_pain_stop(const struct station_fixture *fixture)
{
  struct stance_store *store = NULL;
  struct stance_trial trial = {0};
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_READ, &store, NULL),
                   STANCE_OK);
  assert_int_equal(
      stance_trial_load_stored(store, fixture->id, &stance_trial_options_default, &trial, NULL),
      STANCE_OK);
  assert_true(trial.pain_stop);
  assert_true(trial.pain_max[STANCE_LEFT] == 7 && isnan(trial.pain_max[STANCE_RIGHT]));
  stance_trial_finish(&trial);
  stance_store_close(store);
}

/* Played back under whichever name, and that played back: flagged as it was, and nobody is locked.
 */
static void what_was_said_of_it_holds_when_it_is_played_back(void **state)
{
  struct station_fixture *fixture = *state;
  static const char *const athletes[] = {"B-2", "C-3"};
  const struct stance_note notes[] = {
      {.kind = STANCE_NOTE_SIDES_UNPROVED, .side = STANCE_SIDE_NONE, .value = (double)NAN},
      {.kind = STANCE_NOTE_PAIN, .side = STANCE_BOTH, .repetition = 1, .value = 7},
      {.kind = STANCE_NOTE_LOCK, .side = STANCE_LEFT, .value = (double)NAN},
  };
  char device[64];
  station_fixture_open(fixture, "sim:nordic?seed=3&speed=max", true);
  station_fixture_start(fixture, "nordic", "A-17");
  (void)result_of(fixture);
  station_fixture_close(fixture);
  say(fixture, notes, sizeof notes / sizeof *notes);
  expect_locked(fixture, "A-17", true);
  for (size_t k = 0; k < 2; k++) {
    snprintf(device, sizeof device, "replay:%s?speed=max", fixture->id);
    station_fixture_open(fixture, device, false);
    station_fixture_start(fixture, "nordic", athletes[k]);
    const char *result = result_of(fixture);
    expect(result, "sides_unproved");
    expect(result, "\"pain_0_10\":7");
    station_fixture_close(fixture);
    expect_pain_stop(fixture);
    expect_locked(fixture, athletes[k], false);
  }
  expect_locked(fixture, "A-17", true);
}

#define CASE(function) \
  cmocka_unit_test_setup_teardown(function, station_fixture_setup, station_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(a_fast_rig_loses_nothing),
      CASE(settings_and_the_order_of_sides_are_kept),
      CASE(what_the_analysis_would_refuse_is_refused_at_once),
      CASE(a_stored_recording_gives_the_same_values_again),
      CASE(what_was_said_of_it_holds_when_it_is_played_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
