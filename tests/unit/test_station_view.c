/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an onlooker makes of events: as they are written, with nothing in them, and torn. */
#include "station_view.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stance_station_view view;

static int begin(void **state)
{
  (void)state;
  memset(&view, 0, sizeof view);
  return 0;
}

static int end(void **state)
{
  (void)state;
  stance_station_view_finish(&view);
  return 0;
}

static const char a_state[] =
    "{\"api\":1,\"version\":\"0\",\"now_s\":1.5,\"instrument\":{\"state\":\"streaming\","
    "\"name\":\"A and B\",\"serial\":null,\"rate_hz\":1000,\"measured_rate_hz\":null,"
    "\"frames\":1234,\"lost\":5,\"unit\":\"V\",\"uncalibrated\":true,\"simulated\":false,"
    "\"problem\":\"plug it in\"},\"sound\":{\"state\":\"ok\",\"device\":\"x\",\"underflows\":2,"
    "\"problem\":null},\"store\":{\"state\":\"retrying\",\"problem\":\"full\"},\"test\":{"
    "\"id\":\"12345678-1234-1234-1234-123456789abc\",\"protocol\":\"nordic\",\"title\":\"Nordic\","
    "\"athlete\":\"A\",\"instruction\":\"Kneel.\",\"lever_m\":0.41,\"lever_from\":\"2026-11-20\","
    "\"unattended\":false,\"two_sided\":true,\"state\":\"rest\",\"text\":\"Rest.\","
    "\"side\":\"right\",\"remaining_s\":2.5,\"needs\":\"next\",\"commands\":[\"next\",\"stop\","
    "\"unattended\",\"of a later version\"],\"wanted\":3,\"counted\":{\"left\":2,\"right\":1},"
    "\"attempts\":[],\"target\":null,\"locked\":[],\"sides_proved\":false},\"cut_off\":{"
    "\"id\":\"87654321-1234-1234-1234-123456789abc\",\"stored_s\":4.25},\"last_result\":null}";

static void a_state_is_read(void **state)
{
  (void)state;
  assert_int_equal(stance_station_view_take(&view, "state", a_state), STANCE_NEWS_STATE);
  assert_string_equal(view.instrument.name, "A and B");
  assert_string_equal(view.instrument.unit, "V");
  assert_true(view.instrument.uncalibrated && view.instrument.rate_hz == 1000);
  assert_true(view.instrument.frames == 1234 && view.instrument.lost == 5);
  assert_string_equal(view.instrument.problem.text, "plug it in");
  assert_string_equal(view.sound.problem.text, "");
  assert_true(view.sound_underflows == 2);
  assert_string_equal(view.store.problem.text, "full");
  assert_string_equal(view.cut_off_id, "87654321-1234-1234-1234-123456789abc");
  assert_true(view.cut_off_s == 4.25);
  assert_string_equal(view.test.title, "Nordic");
  assert_string_equal(view.test.lever_from, "2026-11-20");
  assert_true(view.test.lever_m == 0.41 && view.test.remaining_s == 2.5);
  assert_int_equal(view.test.side, STANCE_RIGHT);
  assert_string_equal(view.test.needs, "next");
  assert_int_equal(view.test.commands, 1U << STANCE_COMMAND_NEXT | 1U << STANCE_COMMAND_STOP |
                                           1U << STANCE_COMMAND_UNATTENDED);
  assert_int_equal(view.test.counted[STANCE_LEFT], 2);
  assert_int_equal(view.test.counted[STANCE_RIGHT], 1);
}

static void between_tests_there_is_none(void **state)
{
  (void)state;
  assert_int_equal(stance_station_view_take(&view, "state", a_state), STANCE_NEWS_STATE);
  assert_int_equal(stance_station_view_take(&view, "state", "{\"test\":null}"), STANCE_NEWS_STATE);
  assert_string_equal(view.test.id, "");
  assert_string_equal(view.cut_off_id, "");
  assert_int_equal(view.test.commands, 0);
  assert_true(isnan(view.test.remaining_s) && isnan(view.instrument.rate_hz));
}

static void the_newest_force_is_the_last_that_is_there(void **state)
{
  (void)state;
  assert_int_equal(stance_station_view_take(&view, "live",
                                            "{\"t_s\":2,\"dt_s\":0.5,\"left_n\":[1,2,null],"
                                            "\"right_n\":[],\"total_n\":[null],\"lost\":1}"),
                   STANCE_NEWS_LIVE);
  assert_true(view.has_force && view.force_n[STANCE_LEFT] == 2);
  assert_true(isnan(view.force_n[STANCE_RIGHT]) && isnan(view.force_n[STANCE_TOTAL]));
  assert_true(view.time_s == 3.5);
}

static void repetitions_and_messages_are_read(void **state)
{
  (void)state;
  assert_int_equal(stance_station_view_take(&view, "repetition",
                                            "{\"number\":3,\"side\":\"both\",\"counted\":true,"
                                            "\"message\":\"counted\",\"text\":\"Counted: 7 N.\","
                                            "\"peak_left_n\":3,\"peak_right_n\":4,"
                                            "\"peak_total_n\":null}"),
                   STANCE_NEWS_REPETITION);
  assert_true(view.repetition.number == 3 && view.repetition.counted);
  assert_int_equal(view.repetition.side, STANCE_BOTH);
  assert_true(view.repetition.peak_n[STANCE_RIGHT] == 4);
  assert_true(isnan(view.repetition.peak_n[STANCE_TOTAL]));
  assert_int_equal(stance_station_view_take(&view, "tell",
                                            "{\"message\":\"not_still\",\"text\":\"Once more.\","
                                            "\"side\":\"none\",\"number\":3.1}"),
                   STANCE_NEWS_TELL);
  assert_string_equal(view.told_id, "not_still");
  assert_string_equal(view.told, "Once more.");
  assert_int_equal(view.told_side, STANCE_SIDE_NONE);
}

static void a_result_says_what_went_wrong(void **state)
{
  (void)state;
  assert_int_equal(
      stance_station_view_take(&view, "result",
                               "{\"id\":\"x\",\"summary\":\"S\",\"report\":{},\"problem\":"
                               "{\"error\":\"instrument\",\"detail\":\"it died\"},"
                               "\"warnings\":[\"it died\",\"and was away\"]}"),
      STANCE_NEWS_RESULT);
  assert_int_equal(view.result.status, STANCE_INSTRUMENT);
  assert_string_equal(view.result.problem.text, "it died");
  assert_string_equal(view.result.summary.bytes, "S");
  assert_string_equal(view.result.warnings.bytes, "and was away\n"); /* the problem but once */
  assert_true(view.result.has_report);
  assert_int_equal(stance_station_view_take(&view, "result",
                                            "{\"id\":\"y\",\"summary\":\"T\",\"report\":null,"
                                            "\"problem\":null,\"warnings\":[\"away\"]}"),
                   STANCE_NEWS_RESULT);
  assert_int_equal(view.result.status, STANCE_OK);
  assert_false(view.result.has_report);
  assert_string_equal(view.result.warnings.bytes, "away\n");
}

/* Whatever is cut off or of another type changes nothing it should not, and crashes nothing. */
static void what_cannot_be_read_changes_nothing(void **state)
{
  (void)state;
  char torn[sizeof a_state];
  assert_int_equal(stance_station_view_take(&view, "state", a_state), STANCE_NEWS_STATE);
  const struct stance_station_view before = view;
  for (size_t length = 0; length < sizeof a_state - 1; length++) {
    memcpy(torn, a_state, length);
    torn[length] = '\0';
    assert_int_equal(stance_station_view_take(&view, "state", torn), STANCE_NEWS_NONE);
  }
  assert_int_equal(stance_station_view_take(&view, "state", "[]"), STANCE_NEWS_NONE);
  assert_int_equal(stance_station_view_take(&view, "missed", "{\"count\":3}"), STANCE_NEWS_NONE);
  assert_memory_equal(&before, &view, sizeof view);
  assert_int_equal(
      stance_station_view_take(&view, "state", "{\"test\":7,\"instrument\":[],\"store\":\"x\"}"),
      STANCE_NEWS_STATE);
  assert_string_equal(view.test.id, "");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(a_state_is_read),
      CASE(between_tests_there_is_none),
      CASE(the_newest_force_is_the_last_that_is_there),
      CASE(repetitions_and_messages_are_read),
      CASE(a_result_says_what_went_wrong),
      CASE(what_cannot_be_read_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
