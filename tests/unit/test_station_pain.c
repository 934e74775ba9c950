/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the station keeps of pain and of efforts that were broken off, and what the store makes of
   it: a rig that the test pulls on, ten times as fast as in a clinic. */
#include "stance/source.h"
#include "trial.h"

#include "support/scripted_rig.h"
#include "support/scripted_source.h"
#include "support/station_fixture.h"
#include "support/station_way.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static int begin(void **state)
{
  if (rig_setup(state) != 0)
    return -1;
  station_fixture_open(*state, "rig:", false);
  return 0;
}

static void start(struct station_fixture *fixture, const char *protocol,
                  enum stance_test_state until)
{
  station_fixture_start(fixture, protocol, "A-17");
  station_way_lead(fixture, until, NULL);
}

/* Half a second of the rig's time. */
static void pull(struct station_fixture *fixture, double left_n, double right_n)
{
  scripted_source_pull(left_n, right_n);
  assert_false(station_fixture_wait(fixture, "live", "no such text", 0.05));
}

/* The last test, as the store gives it back. */
static void load(const struct station_fixture *fixture, struct stance_trial *ret_trial,
                 struct stance_result *ret_result)
{
  const struct stance_trial_options options = stance_trial_options_default;
  struct stance_store *store = NULL;
  struct stance_analyzer *analyzer = NULL;
  struct stance_problem problem = {""};
  *ret_trial = (struct stance_trial){0};
  *ret_result = (struct stance_result){0};
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_READ, &store, NULL),
                   STANCE_OK);
  if (stance_trial_load_stored(store, fixture->id, &options, ret_trial, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  assert_int_equal(stance_analyzer_create(&analyzer, NULL), STANCE_OK);
  assert_int_equal(stance_trial_analyze(analyzer, ret_trial, &options, ret_result, NULL),
                   STANCE_OK);
  stance_analyzer_destroy(analyzer);
  stance_store_close(store);
}

/* One effort was made, is kept and is shown, and counts not. */
static void expect_one_rejected(const struct station_fixture *fixture)
{
  struct stance_trial trial;
  struct stance_result result;
  load(fixture, &trial, &result);
  assert_int_equal(result.repetition_count, 1);
  assert_int_equal(result.repetition[0].status, STANCE_REPETITION_REJECTED);
  assert_true((result.repetition[0].reasons & STANCE_REASON_BIT(STANCE_REASON_TAKEN_BACK)) != 0);
  stance_result_finish(&result);
  stance_trial_finish(&trial);
}

/* By command, and by itself: the instrument dies. */
static void a_pain_that_nobody_answers_locks_the_next_test(void **state)
{
  struct station_fixture *fixture = *state;
  start(fixture, "nordic", STANCE_TEST_PAIN);
  rig_stop(fixture);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_LOCK, ""), 2);
  start(fixture, "nordic", STANCE_TEST_WAIT);
  assert_non_null(
      strstr(station_fixture_last(fixture, "state"), "\"locked\":[\"left\",\"right\"]"));
  station_fixture_command(fixture, STANCE_COMMAND_RELEASE, STANCE_LEFT);
  station_fixture_command(fixture, STANCE_COMMAND_RELEASE, STANCE_RIGHT);
  assert_true(station_fixture_wait(fixture, "state", "\"locked\":[]", rig_patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_STOP, 0);
  station_fixture_command(fixture, STANCE_COMMAND_PAIN, 7);
  rig_come_to(fixture, "pain_side");
  scripted_source_fail(true);
  rig_wait_for_result(fixture);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_LOCK, ""), 2);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_PAIN, ""), 1);
  struct stance_trial trial;
  struct stance_result result;
  load(fixture, &trial, &result);
  assert_true(trial.pain_stop && trial.pain_max[STANCE_LEFT] == 7 &&
              trial.pain_max[STANCE_RIGHT] == 7);
  stance_result_finish(&result);
  stance_trial_finish(&trial);
}

/* The left leg has pushed; the right one hurts. */
static void pain_is_of_the_side_that_is_answered(void **state)
{
  struct station_fixture *fixture = *state;
  start(fixture, "iso-supine-90-90", STANCE_TEST_EFFORT);
  pull(fixture, 300, 0);
  pull(fixture, 0, 0);
  assert_true(station_fixture_wait(fixture, "repetition", "\"counted\":true", rig_patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_STOP, 0);
  station_fixture_command(fixture, STANCE_COMMAND_PAIN, 8);
  station_fixture_command(fixture, STANCE_COMMAND_SIDE, STANCE_RIGHT);
  rig_abort(fixture);
  struct stance_trial trial;
  struct stance_result result;
  load(fixture, &trial, &result);
  assert_true(isnan(trial.pain_max[STANCE_LEFT]));
  assert_true(trial.pain_max[STANCE_RIGHT] == 8);
  assert_int_equal(result.repetition_count, 1);
  assert_int_equal(result.repetition[0].side, STANCE_LEFT);
  assert_true(isnan(result.repetition[0].pain));
  stance_result_finish(&result);
  stance_trial_finish(&trial);
}

static void an_effort_that_was_broken_off_counts_not(void **state)
{
  struct station_fixture *fixture = *state;
  for (int pain = 0; pain < 2; pain++) {
    start(fixture, "nordic", STANCE_TEST_EFFORT);
    pull(fixture, 300, 280);
    station_fixture_command(fixture, pain ? STANCE_COMMAND_STOP : STANCE_COMMAND_REPEAT, 0);
    assert_true(
        station_fixture_wait(fixture, "repetition", "\"message\":\"broken_off\"", rig_patience_s));
    pull(fixture, 300, 280);
    pull(fixture, 0, 0);
    pull(fixture, 0, 0);
    station_fixture_command(fixture, STANCE_COMMAND_FINISH, 0);
    rig_abort(fixture);
    assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_REPETITION, ""), 1);
    assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_REJECT, ""), 1);
    assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_CUE_UNHEARD, "repeat"), 1 - pain);
    expect_one_rejected(fixture);
  }
}

static void a_false_start_counts_not(void **state)
{
  struct station_fixture *fixture = *state;
  start(fixture, "nordic", STANCE_TEST_READY);
  pull(fixture, 300, 280);
  assert_true(
      station_fixture_wait(fixture, "repetition", "\"message\":\"false_start\"", rig_patience_s));
  rig_come_to(fixture, "wait");
  pull(fixture, 300, 280);
  pull(fixture, 0, 0);
  pull(fixture, 0, 0);
  assert_non_null(strstr(station_fixture_last(fixture, "state"), "\"counted\":{\"left\":0"));
  rig_abort(fixture);
  expect_one_rejected(fixture);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, station_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(a_pain_that_nobody_answers_locks_the_next_test),
      CASE(pain_is_of_the_side_that_is_answered),
      CASE(an_effort_that_was_broken_off_counts_not),
      CASE(a_false_start_counts_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
