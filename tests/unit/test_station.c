/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole station on the simulated rig: from a request to the result, numbered like the scenarios
   that a clinician meets. Its threads are the real ones. */
#include "stance/source.h"

#include "support/station_fixture.h"

#include "stance/protocol.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for a machine that does much else. */
static const double patience_s = 60;

/* Of a simulated athlete who waits for nobody; attended, because the URI has a timing of its own.
 */
#define ATTENDED "sim:nordic?unloaded_s=600&duration=620&noise_n=0.2&wander_n=0&zero_shift_n=0"

static void wait_for_result(struct station_fixture *fixture)
{
  char id[64];
  snprintf(id, sizeof id, "\"id\":\"%s\"", fixture->id);
  if (!station_fixture_wait(fixture, "result", id, patience_s))
    fail_msg("no result; the state is %s", station_fixture_last(fixture, "state"));
  assert_true(station_fixture_wait(fixture, "state", "\"test\":null", patience_s));
}

static void a_posted_nordic_runs_to_its_end(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "sim:?speed=max", true);
  station_fixture_start(fixture, "nordic", "A-17");
  assert_true(stance_station_is_testing(fixture->station));
  wait_for_result(fixture);
  assert_false(stance_station_is_testing(fixture->station));
  const char *result = station_fixture_last(fixture, "result");
  assert_non_null(strstr(result, "\"warnings\":[]"));
  assert_null(strstr(result, "\"report\":null"));
  assert_non_null(strstr(result, "\"athlete\":\"A-17\""));
  assert_null(strstr(result, "\n"));
  assert_int_equal(station_fixture_count(fixture, "repetition", "\"counted\":true"), 3);
  assert_int_equal(station_fixture_count(fixture, "onset", "\"side\":\"both\""), 3);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_REPETITION, ""), 3);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_CUE_UNHEARD, "go"), 3);
  assert_true(station_fixture_count(fixture, "live", "\"left_n\":[") > 0);
  assert_non_null(strstr(station_fixture_last(fixture, "state"), fixture->id));
}

static void every_protocol_runs_to_its_end(void **state)
{
  struct station_fixture *fixture = *state;
  const char *id = NULL;
  station_fixture_open(fixture, "sim:?speed=max&rate=250", true);
  for (size_t k = 0; stance_protocol_builtin_text(k, &id) != NULL; k++) {
    struct stance_protocol protocol;
    char wanted[32];
    assert_int_equal(stance_protocol_builtin(id, &protocol, NULL), STANCE_OK);
    const size_t before = station_fixture_count(fixture, "repetition", "\"counted\":true");
    station_fixture_start(fixture, id, "A-17");
    wait_for_result(fixture);
    snprintf(wanted, sizeof wanted, "\"id\":\"%s\"", id);
    const char *result = station_fixture_last(fixture, "result");
    if (strstr(result, "\"warnings\":[]") == NULL || strstr(result, wanted) == NULL)
      fail_msg("%s: %s", id, result);
    const unsigned sides = protocol.sides == STANCE_SIDES_EACH ? 2 : 1;
    const size_t counted =
        station_fixture_count(fixture, "repetition", "\"counted\":true") - before;
    if (counted != sides * protocol.repetitions)
      fail_msg("%s: %zu repetitions counted live, not %u", id, counted,
               sides * protocol.repetitions);
  }
}

static void one_test_at_a_time(void **state)
{
  struct station_fixture *fixture = *state;
  struct stance_test_request request = stance_test_request_default;
  struct stance_problem problem = {""};
  char other[STANCE_UUID_SIZE] = "untouched";
  request.protocol = "nordic";
  station_fixture_open(fixture, ATTENDED, false);
  station_fixture_start(fixture, "nordic", "A-17");
  assert_int_equal(stance_station_start(fixture->station, &request, other, &problem),
                   STANCE_MISMATCH);
  assert_string_equal(other, "untouched");
  assert_int_equal(
      stance_station_command(fixture->station, "another", STANCE_COMMAND_NEXT, 0, NULL),
      STANCE_END);
  assert_int_equal(stance_station_stop_test(fixture->station, "another", NULL), STANCE_END);
  assert_int_equal(
      stance_station_command(fixture->station, fixture->id, STANCE_COMMAND_PAIN, 11, NULL),
      STANCE_USAGE);
  assert_int_equal(
      stance_station_command(fixture->station, fixture->id, STANCE_COMMAND_STOP, 0, NULL),
      STANCE_MISMATCH);
  assert_int_equal(stance_station_stop_test(fixture->station, fixture->id, NULL), STANCE_OK);
  wait_for_result(fixture);
  assert_int_equal(stance_station_stop_test(fixture->station, fixture->id, NULL), STANCE_OK);
}

static void what_is_impossible_is_refused(void **state)
{
  struct station_fixture *fixture = *state;
  struct stance_test_request request = stance_test_request_default;
  struct stance_problem problem = {""};
  char id[STANCE_UUID_SIZE];
  station_fixture_open(fixture, "sim:?speed=max", true);
  assert_int_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_USAGE);
  request.protocol = "no-such-protocol";
  assert_int_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_USAGE);
  request.protocol = "nordic";
  request.body_mass_kg = 180000; /* grams */
  assert_int_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "mass_kg"));
  assert_false(stance_station_is_testing(fixture->station));
  station_fixture_close(fixture);
  station_fixture_open(fixture, "sim:?no_such_key=1", true);
  request.body_mass_kg = 82;
  assert_int_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_USAGE);
  assert_false(stance_station_is_testing(fixture->station));
}

/* What SIGHUP changes, changes between two tests. */
static void instruments_change_between_tests_alone(void **state)
{
  struct station_fixture *fixture = *state;
  static const struct stance_station_device other = {.uri = "sim:?speed=max&seed=8",
                                                     .side = STANCE_SIDE_NONE};
  static const struct stance_station_device half[2] = {{.uri = "sim:", .side = STANCE_LEFT},
                                                       {.uri = "sim:", .side = STANCE_LEFT}};
  struct stance_test_request request = stance_test_request_default;
  char id[STANCE_UUID_SIZE];
  request.protocol = "nordic";
  station_fixture_open(fixture, ATTENDED, false);
  station_fixture_start(fixture, "nordic", "A-17");
  assert_int_equal(stance_station_pause(fixture->station, NULL), STANCE_MISMATCH);
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  wait_for_result(fixture);
  assert_int_equal(stance_station_pause(fixture->station, NULL), STANCE_OK);
  assert_int_equal(stance_station_start(fixture->station, &request, id, NULL), STANCE_MISMATCH);
  assert_int_equal(stance_station_resume(fixture->station, half, 2, NULL, NULL), STANCE_USAGE);
  assert_true(station_fixture_wait(fixture, "state", "unloaded_s=600", patience_s));
  assert_int_equal(stance_station_pause(fixture->station, NULL), STANCE_OK);
  assert_int_equal(stance_station_resume(fixture->station, &other, 1, NULL, NULL), STANCE_OK);
  station_fixture_start(fixture, "nordic", "A-17");
  wait_for_result(fixture);
  assert_true(station_fixture_wait(fixture, "state", "seed=8", patience_s));
}

static void go_on(struct station_fixture *fixture, const char *until)
{
  char wanted[48];
  station_fixture_command(fixture, STANCE_COMMAND_NEXT, 0);
  snprintf(wanted, sizeof wanted, "\"state\":\"%s\"", until);
  if (!station_fixture_wait(fixture, "state", wanted, patience_s))
    fail_msg("never came to %s: %s", until, station_fixture_last(fixture, "state"));
}

/* The rig is empty and stands still: to the first effort. */
static void lead_to_wait(struct station_fixture *fixture)
{
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"zero\"", patience_s));
  go_on(fixture, "zeroing");
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"get_on\"", patience_s));
  if (strstr(station_fixture_last(fixture, "state"), "\"sides_proved\":true") == NULL)
    go_on(fixture, "prove_left");
  go_on(fixture, "weigh");
  go_on(fixture, "weighing");
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"wait\"", patience_s));
}

static void pain_locks_the_side_until_it_is_released(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, ATTENDED "&speed=20", false);
  station_fixture_start(fixture, "nordic", "A-17");
  lead_to_wait(fixture);
  station_fixture_command(fixture, STANCE_COMMAND_STOP, 0);
  assert_true(station_fixture_wait(fixture, "state", "\"needs\":\"pain\"", patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_PAIN, 6);
  assert_true(station_fixture_wait(fixture, "state", "\"needs\":\"side\"", patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_SIDE, STANCE_LEFT);
  assert_true(station_fixture_wait(fixture, "state", "\"locked\":[\"left\"]", patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  wait_for_result(fixture);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_PAIN, ""), 1);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_LOCK, ""), 1);
  station_fixture_close(fixture);

  /* another day, another daemon, the same store */
  station_fixture_open(fixture, ATTENDED "&speed=20", false);
  station_fixture_start(fixture, "nordic", "B-2");
  assert_true(station_fixture_wait(fixture, "state", "\"athlete\":\"B-2\"", patience_s));
  assert_non_null(strstr(station_fixture_last(fixture, "state"), "\"locked\":[]"));
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  wait_for_result(fixture);
  station_fixture_start(fixture, "nordic", "A-17");
  lead_to_wait(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "state"), "\"locked\":[\"left\"]"));
  assert_int_equal(
      stance_station_command(fixture->station, fixture->id, STANCE_COMMAND_NEXT, 0, NULL),
      STANCE_MISMATCH);
  station_fixture_command(fixture, STANCE_COMMAND_RELEASE, STANCE_LEFT);
  station_fixture_command(fixture, STANCE_COMMAND_NEXT, 0);
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  wait_for_result(fixture);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_RELEASE, ""), 1);
  station_fixture_start(fixture, "nordic", "A-17");
  assert_true(station_fixture_wait(fixture, "state", fixture->id, patience_s));
  assert_non_null(strstr(station_fixture_last(fixture, "state"), "\"locked\":[]"));
}

/* Whatever the state: what was recorded is kept, analysed and told. */
static void it_can_be_aborted_at_each_state(void **state)
{
  struct station_fixture *fixture = *state;
  static const char *const way[] = {"zero",     "zeroing", "get_on", "prove_left", "weigh",
                                    "weighing", "wait",    "ready",  "effort",     "rest"};
  station_fixture_open(fixture, ATTENDED "&speed=20", false);
  for (size_t last = 0; last < sizeof way / sizeof *way; last++) {
    char wanted[48];
    station_fixture_start(fixture, "nordic", "A-17");
    for (size_t k = 0; k <= last; k++) {
      snprintf(wanted, sizeof wanted, "\"state\":\"%s\"", way[k]);
      if (!station_fixture_wait(fixture, "state", wanted, patience_s))
        fail_msg("never came to %s: %s", way[k], station_fixture_last(fixture, "state"));
      const char *now = station_fixture_last(fixture, "state");
      const bool waits = strstr(now, "\"needs\":\"next\"") != NULL ||
                         strcmp(way[k], "prove_left") == 0; /* which may be passed over */
      if (k < last && waits)
        station_fixture_command(fixture, STANCE_COMMAND_NEXT, 0);
    }
    station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
    wait_for_result(fixture);
  }
}

static void an_instrument_that_dies_ends_the_test_and_says_so(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "sim:nordic?speed=max&fail_s=40", true);
  station_fixture_start(fixture, "nordic", "A-17");
  wait_for_result(fixture);
  const char *result = station_fixture_last(fixture, "result");
  assert_null(strstr(result, "\"warnings\":[]"));
  assert_null(strstr(result, "\"report\":null"));
}

static void closing_keeps_the_test(void **state)
{
  struct station_fixture *fixture = *state;
  struct stance_store *store = NULL;
  struct stance_recording_summary *list = NULL;
  size_t count = 0;
  station_fixture_open(fixture, ATTENDED, false);
  station_fixture_start(fixture, "nordic", "A-17");
  assert_true(station_fixture_wait(fixture, "live", "\"right_n\":[", patience_s));
  station_fixture_close(fixture);
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_READ, &store, NULL),
                   STANCE_OK);
  assert_int_equal(stance_store_list_recordings(store, &list, &count, NULL), STANCE_OK);
  assert_int_equal(count, 1);
  assert_true(list[0].finished_at[0] != '\0');
  assert_true(list[0].frames_stored > 0);
  free(list);
  stance_store_close(store);
}

static void a_recording_is_played_back(void **state)
{
  struct station_fixture *fixture = *state;
  struct stance_problem problem = {""};
  char id[STANCE_UUID_SIZE];
  station_fixture_open(fixture, "replay:/nonexistent?speed=max", true);
  struct stance_test_request request = stance_test_request_default;
  request.protocol = "nordic";
  assert_int_not_equal(stance_station_start(fixture->station, &request, id, &problem), STANCE_OK);
  assert_non_null(strstr(problem.text, "/nonexistent"));
}

#define CASE(function) \
  cmocka_unit_test_setup_teardown(function, station_fixture_setup, station_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(a_posted_nordic_runs_to_its_end),
      CASE(every_protocol_runs_to_its_end),
      CASE(one_test_at_a_time),
      CASE(what_is_impossible_is_refused),
      CASE(instruments_change_between_tests_alone),
      CASE(pain_locks_the_side_until_it_is_released),
      CASE(it_can_be_aborted_at_each_state),
      CASE(an_instrument_that_dies_ends_the_test_and_says_so),
      CASE(closing_keeps_the_test),
      CASE(a_recording_is_played_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
