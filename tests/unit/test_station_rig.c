/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station with a rig that the test pulls on, unplugs and fails, and with a disk that refuses:
   ten times as fast as in a clinic. */
#include "stance/source.h"

#include "support/faulty_disk.h"
#include "support/scripted_rig.h"
#include "support/scripted_source.h"
#include "support/station_fixture.h"
#include "support/station_way.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct faulty_disk *disk;

static int begin(void **state)
{
  atomic_store(&disk->write_error, 0);
  return rig_setup(state);
}

static void a_cable_out_between_tests_is_told(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"idle\"", rig_patience_s));
  scripted_source_plug(false);
  assert_true(station_fixture_wait(
      fixture, "state", "\"problem\":\"rig: is not connected; plug it in\"", rig_patience_s));
  assert_non_null(strstr(station_fixture_last(fixture, "state"), "\"state\":\"absent\""));
  scripted_source_plug(true);
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"idle\"", rig_patience_s));
  rig_start(fixture); /* in one nobody looks: it tells itself */
  rig_prove(fixture);
}

static void who_starts_too_early_waits(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  rig_prove(fixture);
  rig_weigh(fixture);
  rig_next(fixture, "ready");
  scripted_source_pull(300, 300);
  rig_hear(fixture, "false_start");
  assert_true(
      station_fixture_wait(fixture, "repetition", "\"message\":\"false_start\"", rig_patience_s));
}

static void an_effort_counts_or_is_repeated(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  rig_prove(fixture);
  rig_weigh(fixture);
  rig_next(fixture, "ready");
  rig_come_to(fixture, "effort");
  scripted_source_pull(300, 280);
  assert_true(station_fixture_wait(fixture, "live", NULL, rig_patience_s));
  for (int k = 0; k < 5; k++) /* half a second of the rig's time */
    station_fixture_wait(fixture, "live", "no such text", 0.01);
  scripted_source_pull(30, 30);
  assert_true(station_fixture_wait(fixture, "repetition", "\"counted\":true", rig_patience_s));
  rig_come_to(fixture, "rest");
  station_fixture_command(fixture, STANCE_COMMAND_REPEAT, 0);
  assert_true(station_fixture_wait(fixture, "repetition", "\"counted\":false", rig_patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_PAIN, 5); /* above the protocol's limit */
  assert_true(station_fixture_wait(fixture, "state", "\"needs\":\"side\"", rig_patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_REPETITION, ""), 1);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_REJECT, ""), 1);
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_PAIN, ""), 1);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "taken_back"));
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "\"pain_0_10\":5"));
}

static void pull_left(void)
{
  scripted_source_pull(60, 0);
}

/* In `at`, behind the first commits: what is kept is to be analysed. */
static void start_at(struct station_fixture *fixture, enum stance_test_state at)
{
  station_fixture_start(fixture, "nordic", "A-17");
  for (int k = 0; k < 30; k++)
    assert_true(station_fixture_wait(fixture, "live", NULL, rig_patience_s));
  station_way_lead(fixture, at, pull_left);
}

/* Where a test is when its instrument has come back. */
static enum stance_test_state regained(enum stance_test_state lost)
{
  switch (lost) {
  case STANCE_TEST_PROVE_RIGHT: /* whatever was plugged in may have its sides the other way round */
    return STANCE_TEST_PROVE_LEFT;
  case STANCE_TEST_READY: /* nobody knows what he did meanwhile: once more */
  case STANCE_TEST_EFFORT:
    return STANCE_TEST_WAIT;
  default:
    return lost;
  }
}

/* What was asked when it vanished can still be answered. */
static void answer(struct station_fixture *fixture, enum stance_test_state at)
{
  switch (at) {
  case STANCE_TEST_PROVE_LEFT:
    rig_pull_both(fixture);
    break;
  case STANCE_TEST_PAIN:
    station_fixture_command(fixture, STANCE_COMMAND_PAIN, 3);
    rig_come_to(fixture, "pain_side");
    break;
  case STANCE_TEST_PAIN_SIDE:
    station_fixture_command(fixture, STANCE_COMMAND_SIDE, STANCE_LEFT);
    rig_hear(fixture, "locked");
    rig_come_to(fixture, "wait");
    break;
  default:
    break;
  }
}

static void it_is_waited_for_in_every_state(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  for (int k = 0; k < STANCE_TEST_STATE_COUNT; k++) {
    const enum stance_test_state at = (enum stance_test_state)k;
    char wanted[48];
    if (!station_way_is_chosen(at, 4) && at != STANCE_TEST_PROVE_RIGHT)
      continue;
    start_at(fixture, at);
    scripted_source_plug(false);
    rig_hear(fixture, "instrument_lost");
    scripted_source_pull(0, 0); /* nobody pulls while the cable is looked for: half a second */
    assert_false(station_fixture_wait(fixture, "live", "no such text", 0.05));
    scripted_source_plug(true);
    rig_hear(fixture, "instrument_back");
    assert_true(station_fixture_wait(fixture, "state", NULL, rig_patience_s));
    snprintf(wanted, sizeof wanted, "\"state\":\"%s\"", stance_test_state_id(regained(at)));
    if (strstr(station_fixture_last(fixture, "state"), wanted) == NULL)
      fail_msg("unplugged in %s: %s", stance_test_state_id(at),
               station_fixture_last(fixture, "state"));
    answer(fixture, regained(at));
    rig_stop(fixture);
  }
}

static void a_full_disk_costs_nothing_in_any_state(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  for (int k = 0; k < STANCE_TEST_STATE_COUNT; k++) {
    if (!station_way_is_chosen((enum stance_test_state)k, 2))
      continue;
    start_at(fixture, (enum stance_test_state)k);
    atomic_store(&disk->write_error, FAULTY_DISK_FULL);
    assert_true(station_fixture_wait(fixture, "state", "\"store\":{\"state\":\"retrying\"",
                                     rig_patience_s));
    atomic_store(&disk->write_error, 0);
    assert_true(
        station_fixture_wait(fixture, "state", "\"store\":{\"state\":\"ok\"", rig_patience_s));
    rig_stop(fixture);
    assert_non_null(strstr(station_fixture_last(fixture, "result"), "\"frames_lost\":0"));
  }
}

static void a_disk_that_refuses_costs_nothing(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  atomic_store(&disk->write_error, FAULTY_DISK_FULL);
  assert_true(
      station_fixture_wait(fixture, "state", "\"store\":{\"state\":\"retrying\"", rig_patience_s));
  rig_next(fixture, "prove_left"); /* the test goes on */
  atomic_store(&disk->write_error, 0);
  assert_true(
      station_fixture_wait(fixture, "state", "\"store\":{\"state\":\"ok\"", rig_patience_s));
  atomic_store(&disk->write_error, FAULTY_DISK_FULL);
  assert_true(
      station_fixture_wait(fixture, "state", "\"store\":{\"state\":\"retrying\"", rig_patience_s));
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"aborted\"", rig_patience_s));
  assert_true(stance_station_is_testing(fixture->station));
  assert_int_equal(
      stance_station_command(fixture->station, fixture->id, STANCE_COMMAND_NEXT, 0, NULL),
      STANCE_MISMATCH);
  atomic_store(&disk->write_error, 0);
  rig_wait_for_result(fixture);
  const char *result = station_fixture_last(fixture, "result");
  assert_non_null(strstr(result, "\"warnings\":[]"));
  assert_non_null(strstr(result, "\"frames_lost\":0"));
}

static void one_that_dies_is_named(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  scripted_source_fail(true);
  rig_wait_for_result(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "it fell silent"));
}

static void who_is_left_alone_waits_a_minute(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  station_fixture_command(fixture, STANCE_COMMAND_UNATTENDED, 0);
  scripted_source_plug(false);
  rig_wait_for_result(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "did not come back"));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, station_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(a_cable_out_between_tests_is_told),
      CASE(who_starts_too_early_waits),
      CASE(an_effort_counts_or_is_repeated),
      CASE(it_is_waited_for_in_every_state),
      CASE(a_disk_that_refuses_costs_nothing),
      CASE(a_full_disk_costs_nothing_in_any_state),
      CASE(one_that_dies_is_named),
      CASE(who_is_left_alone_waits_a_minute),
  };
  disk = faulty_disk_install();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
