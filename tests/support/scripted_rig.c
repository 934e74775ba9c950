/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/scripted_rig.h"

#include "support/scripted_source.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static double speed = 10;
static struct stance_clock clock_of_test;

int rig_setup(void **state)
{
  if (station_fixture_setup(state) != 0)
    return -1;
  struct station_fixture *fixture = *state;
  clock_of_test = fast_clock(&speed);
  fixture->clock = &clock_of_test;
  scripted_source_plug(true);
  scripted_source_plug_second(true);
  scripted_source_fail(false);
  scripted_source_pull(0, 0);
  return 0;
}

void rig_come_to(struct station_fixture *fixture, const char *state)
{
  char wanted[48];
  snprintf(wanted, sizeof wanted, "\"state\":\"%s\"", state);
  if (!station_fixture_wait(fixture, "state", wanted, rig_patience_s))
    fail_msg("never came to %s: %s", state, station_fixture_last(fixture, "state"));
}

void rig_hear(struct station_fixture *fixture, const char *message)
{
  char wanted[48];
  snprintf(wanted, sizeof wanted, "\"message\":\"%s\"", message);
  if (!station_fixture_wait(fixture, "tell", wanted, rig_patience_s))
    fail_msg("never said %s: %s", message, station_fixture_last(fixture, "state"));
}

void rig_next(struct station_fixture *fixture, const char *state)
{
  station_fixture_command(fixture, STANCE_COMMAND_NEXT, 0);
  rig_come_to(fixture, state);
}

void rig_wait_for_result(struct station_fixture *fixture)
{
  char id[64];
  scripted_source_pull(0, 0);
  snprintf(id, sizeof id, "\"id\":\"%s\"", fixture->id);
  if (!station_fixture_wait(fixture, "result", id, rig_patience_s))
    fail_msg("no result; the state is %s", station_fixture_last(fixture, "state"));
  assert_true(station_fixture_wait(fixture, "state", "\"test\":null", rig_patience_s));
}

void rig_stop(struct station_fixture *fixture)
{
  assert_int_equal(stance_station_stop_test(fixture->station, fixture->id, NULL), STANCE_OK);
  rig_wait_for_result(fixture);
  assert_null(strstr(station_fixture_last(fixture, "result"), "\"report\":null"));
}

void rig_start(struct station_fixture *fixture)
{
  station_fixture_start(fixture, "nordic", "A-17");
  assert_true(station_fixture_wait(fixture, "state", fixture->id, rig_patience_s));
  rig_come_to(fixture, "zero");
  rig_next(fixture, "zeroing");
  rig_come_to(fixture, "get_on");
}

void rig_pull_both(struct station_fixture *fixture)
{
  scripted_source_pull(60, 0);
  rig_come_to(fixture, "prove_right");
  scripted_source_pull(0, 0);
  scripted_source_pull(0, 120);
  rig_come_to(fixture, "weigh");
  scripted_source_pull(30, 30);
}

void rig_prove(struct station_fixture *fixture)
{
  rig_next(fixture, "prove_left");
  rig_pull_both(fixture);
}

void rig_weigh(struct station_fixture *fixture)
{
  rig_next(fixture, "weighing");
  rig_come_to(fixture, "wait");
}

void rig_abort(struct station_fixture *fixture)
{
  station_fixture_command(fixture, STANCE_COMMAND_ABORT, 0);
  rig_wait_for_result(fixture);
}

void rig_take(struct station_fixture *fixture, const struct stance_station_device *device,
              size_t count)
{
  assert_int_equal(stance_station_pause(fixture->station, NULL), STANCE_OK);
  assert_int_equal(stance_station_resume(fixture->station, device, count, NULL, NULL), STANCE_OK);
}
