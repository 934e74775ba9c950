/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/station_way.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIFTH = 5 };
static const double patience_s = 60;

enum leaving { NO_WAY, FIRST, BY_ITSELF, BY_COMMAND, BY_PULL };

/* How each state is come to: from the one before it. */
static const struct {
  enum leaving leaving;
  enum stance_test_state before;
  enum stance_test_command command;
  int value;
} way[STANCE_TEST_STATE_COUNT] = {
    [STANCE_TEST_ZERO] = {FIRST, STANCE_TEST_ZERO, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_ZEROING] = {BY_COMMAND, STANCE_TEST_ZERO, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_GET_ON] = {BY_ITSELF, STANCE_TEST_ZEROING, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_PROVE_LEFT] = {BY_COMMAND, STANCE_TEST_GET_ON, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_PROVE_RIGHT] = {BY_PULL, STANCE_TEST_PROVE_LEFT, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_WEIGH] = {BY_COMMAND, STANCE_TEST_PROVE_LEFT, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_WEIGHING] = {BY_COMMAND, STANCE_TEST_WEIGH, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_WAIT] = {BY_ITSELF, STANCE_TEST_WEIGHING, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_READY] = {BY_COMMAND, STANCE_TEST_WAIT, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_EFFORT] = {BY_ITSELF, STANCE_TEST_READY, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_REST] = {BY_ITSELF, STANCE_TEST_EFFORT, STANCE_COMMAND_NEXT, 0},
    [STANCE_TEST_PAIN] = {BY_COMMAND, STANCE_TEST_WAIT, STANCE_COMMAND_STOP, 0},
    [STANCE_TEST_PAIN_SIDE] = {BY_COMMAND, STANCE_TEST_PAIN, STANCE_COMMAND_PAIN, 3},
    [STANCE_TEST_GET_OFF] = {BY_COMMAND, STANCE_TEST_WAIT, STANCE_COMMAND_FINISH, 0},
    [STANCE_TEST_ZEROING_AFTER] = {BY_COMMAND, STANCE_TEST_GET_OFF, STANCE_COMMAND_NEXT, 0},
};

static bool goes_on(enum stance_test_state at)
{
  return at != STANCE_TEST_FINISHED && at != STANCE_TEST_ABORTED;
}

void station_way_names_every_state(void **state)
{
  (void)state;
  for (int at = 0; at < STANCE_TEST_STATE_COUNT; at++)
    if (goes_on((enum stance_test_state)at) && way[at].leaving == NO_WAY)
      fail_msg("nothing is shown in %s: the table has no way there",
               stance_test_state_id((enum stance_test_state)at));
}

static void release(struct station_fixture *fixture)
{
  const char *now = station_fixture_last(fixture, "state");
  const bool left = strstr(now, "\"locked\":[\"left\"") != NULL;
  const bool right = strstr(now, "\"right\"],\"sides_proved\"") != NULL;
  if (left)
    station_fixture_command(fixture, STANCE_COMMAND_RELEASE, STANCE_LEFT);
  if (right)
    station_fixture_command(fixture, STANCE_COMMAND_RELEASE, STANCE_RIGHT);
}

void station_way_lead(struct station_fixture *fixture, enum stance_test_state wanted,
                      void (*pull_left)(void))
{
  char now[48];
  assert_true(way[wanted].leaving != NO_WAY);
  if (way[wanted].leaving == FIRST)
    assert_true(station_fixture_wait(fixture, "state", fixture->id, patience_s));
  else
    station_way_lead(fixture, way[wanted].before, pull_left);
  if (way[wanted].before == STANCE_TEST_WAIT) /* a pain on the way before may have locked them */
    release(fixture);
  if (way[wanted].leaving == BY_COMMAND)
    station_fixture_command(fixture, way[wanted].command, way[wanted].value);
  if (way[wanted].leaving == BY_PULL && pull_left != NULL)
    pull_left();
  snprintf(now, sizeof now, "\"state\":\"%s\"", stance_test_state_id(wanted));
  if (!station_fixture_wait(fixture, "state", now, patience_s))
    fail_msg("never came to %s: %s", stance_test_state_id(wanted),
             station_fixture_last(fixture, "state"));
}

bool station_way_is_chosen(enum stance_test_state wanted, unsigned place)
{
  const char *full = getenv("STANCE_FULL");
  if (!goes_on(wanted))
    return false;
  return (full != NULL && strcmp(full, "1") == 0) || (unsigned)wanted % FIFTH == place;
}
