/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which side is which: asked, proved, how long that holds, and said where nobody knows. */
#include "stance/source.h"

#include "store.h"

#include "support/moved_date.h"
#include "support/scripted_rig.h"
#include "support/scripted_source.h"
#include "support/station_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static int begin(void **state)
{
  moved_date_set(0);
  return rig_setup(state);
}

static void proved_sides_hold_for_the_day(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  rig_prove(fixture);
  rig_weigh(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "state"), "\"sides_proved\":true"));
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
  assert_null(strstr(station_fixture_last(fixture, "result"), "sides_unproved"));
  assert_int_equal(station_fixture_notes(fixture, STANCE_NOTE_SIDES_PROVED, ""), 1);
  rig_start(fixture);
  rig_next(fixture, "weigh"); /* not asked again */
  scripted_source_plug(false);
  rig_hear(fixture, "instrument_lost");
  assert_true(station_fixture_wait(fixture, "state", "\"state\":\"absent\"", rig_patience_s));
  scripted_source_plug(true);
  rig_hear(fixture, "instrument_back");
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "sides_unproved"));
  rig_start(fixture);
  rig_prove(fixture); /* it was plugged in anew */
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
  assert_null(strstr(station_fixture_last(fixture, "result"), "sides_unproved"));
  scripted_source_plug(false); /* while nobody looks */
  scripted_source_plug(true);
  rig_start(fixture);
  rig_next(fixture, "prove_left");
}

static void proved_sides_do_not_hold_for_the_next_day(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  rig_prove(fixture);
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
  moved_date_set(1);
  rig_start(fixture);
  rig_prove(fixture); /* before the first test of the day, though nobody has touched a cable */
  moved_date_set(2);
  rig_weigh(fixture); /* midnight in a test asks nobody anew */
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
  assert_null(strstr(station_fixture_last(fixture, "result"), "sides_unproved"));
  rig_start(fixture);
  rig_next(fixture, "prove_left"); /* but the next one: it was proved on the day before */
}

static void what_was_proved_is_which_side_is_which(void **state)
{
  struct station_fixture *fixture = *state;
  const struct stance_station_device two[] = {{.uri = "rig:1", .side = STANCE_LEFT},
                                              {.uri = "rig:2", .side = STANCE_RIGHT}};
  const struct stance_station_device exchanged[] = {{.uri = "rig:2", .side = STANCE_LEFT},
                                                    {.uri = "rig:1", .side = STANCE_RIGHT}};
  const struct stance_station_device mapped[] = {
      {.uri = "rig:?map=left:0,right:1", .side = STANCE_SIDE_NONE},
      {.uri = "rig:?map=left:1,right:0", .side = STANCE_SIDE_NONE}};
  station_fixture_open(fixture, "rig:", false);
  rig_take(fixture, two, 2);
  rig_start(fixture);
  rig_prove(fixture);
  rig_abort(fixture);
  rig_take(fixture, two, 2); /* read anew, the same */
  rig_start(fixture);
  rig_next(fixture, "weigh");
  rig_abort(fixture);
  rig_take(fixture, exchanged, 2);
  rig_start(fixture);
  rig_next(fixture, "prove_left");
  rig_abort(fixture);
  rig_take(fixture, &mapped[0], 1);
  rig_start(fixture);
  rig_prove(fixture);
  rig_abort(fixture);
  rig_take(fixture, &mapped[1], 1);
  rig_start(fixture);
  rig_next(fixture, "prove_left");
  rig_abort(fixture);
}

static void calibrate(struct station_fixture *fixture, const char *id, const char *created_at)
{
  struct stance_store *store = NULL;
  struct stance_calibration profile = {.calibrated = true, .channel_count = 2};
  snprintf(profile.id, sizeof profile.id, "%s", id);
  snprintf(profile.instrument, sizeof profile.instrument, "scripted rig 7");
  snprintf(profile.created_at, sizeof profile.created_at, "%s", created_at);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    struct stance_calibration_channel *channel = &profile.channel[side];
    *channel = (struct stance_calibration_channel){
        .unit = "N", .side = (enum stance_side)side, .polarity = 1, .slope_n_per_unit = 1};
    snprintf(channel->channel, sizeof channel->channel, "%s", stance_side_name(channel->side));
  }
  assert_int_equal(stance_store_open(fixture->store_path, STANCE_STORE_WRITE, &store, NULL),
                   STANCE_OK);
  assert_int_equal(stance_store_put_calibration(store, &profile, NULL), STANCE_OK);
  stance_store_close(store);
}

static void a_new_profile_is_proved_anew(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  calibrate(fixture, "first", "2026-01-01T00:00:00Z");
  rig_start(fixture);
  rig_prove(fixture);
  rig_abort(fixture);
  rig_start(fixture);
  rig_next(fixture, "weigh");
  rig_abort(fixture);
  calibrate(fixture, "second", "2026-01-02T00:00:00Z");
  rig_start(fixture);
  rig_next(fixture, "prove_left");
}

static void swapped_sides_are_told(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  rig_next(fixture, "prove_left");
  scripted_source_pull(0, 60);
  rig_hear(fixture, "side_wrong");
}

static void unproved_sides_are_flagged(void **state)
{
  struct station_fixture *fixture = *state;
  station_fixture_open(fixture, "rig:", false);
  rig_start(fixture);
  rig_next(fixture, "prove_left");
  rig_next(fixture, "weigh"); /* the clinician does without */
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "sides_unproved"));
  station_fixture_close(fixture);
  station_fixture_open(fixture, "rig:", true); /* and where nobody is there to pull */
  station_fixture_start(fixture, "nordic", "A-17");
  for (int k = 0; k < 60; k++) /* a second: four commits */
    assert_true(station_fixture_wait(fixture, "live", NULL, rig_patience_s));
  assert_int_equal(stance_station_stop_test(fixture->station, fixture->id, NULL), STANCE_OK);
  rig_wait_for_result(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "sides_unproved"));
  station_fixture_close(fixture);
  station_fixture_open(fixture, "rig:", false);
  station_fixture_start(fixture, "nordic", "A-17");
  assert_true(station_fixture_wait(fixture, "state", fixture->id, rig_patience_s));
  rig_come_to(fixture, "zero");
  station_fixture_command(fixture, STANCE_COMMAND_UNATTENDED, 0); /* or no longer there */
  rig_come_to(fixture, "rest");
  rig_stop(fixture);
  assert_non_null(strstr(station_fixture_last(fixture, "result"), "sides_unproved"));
}

static void watch(struct station_fixture *fixture, const char *part)
{
  if (!station_fixture_wait(fixture, "live", part, rig_patience_s))
    fail_msg("never %s: %s", part, station_fixture_last(fixture, "live"));
}

/* A force that stands still beside one that lives would look like an asymmetry. */
static void a_side_whose_instrument_is_away_has_no_force(void **state)
{
  struct station_fixture *fixture = *state;
  const struct stance_station_device two[] = {
      {.uri = "rig:1", .side = STANCE_LEFT}, {.uri = SCRIPTED_SOURCE_SECOND, .side = STANCE_RIGHT}};
  station_fixture_open(fixture, "rig:", false);
  rig_take(fixture, two, 2);
  rig_start(fixture);
  scripted_source_pull(60, 60);
  for (int k = 0; k < 2; k++) {
    watch(fixture, "\"right_n\":[60.");
    scripted_source_plug_second(false);
    rig_hear(fixture, "instrument_lost");
    watch(fixture, "\"right_n\":[null,null,null");
    assert_null(strstr(station_fixture_last(fixture, "live"), "\"left_n\":[null"));
    scripted_source_plug_second(true);
    rig_hear(fixture, "instrument_back");
  }
  watch(fixture, "\"right_n\":[60.");
  rig_abort(fixture);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, station_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(proved_sides_hold_for_the_day),
      CASE(proved_sides_do_not_hold_for_the_next_day),
      CASE(what_was_proved_is_which_side_is_which),
      CASE(a_new_profile_is_proved_anew),
      CASE(swapped_sides_are_told),
      CASE(unproved_sides_are_flagged),
      CASE(a_side_whose_instrument_is_away_has_no_force),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
