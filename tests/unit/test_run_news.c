/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `stance run` says of the states that it is told. */
#include "run.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static char said[4096];

void stance_run_say(struct stance_run *run, const char *format, ...)
{
  va_list arguments;
  (void)run;
  const size_t length = strlen(said);
  va_start(arguments, format);
  vsnprintf(said + length, sizeof said - length, format, arguments);
  va_end(arguments);
}

int64_t stance_run_now_ns(void)
{
  return 0;
}

void stance_run_keys_calm(struct stance_run *run)
{
  (void)run;
}

static void a_sound_that_runs_dry_is_said(void **state)
{
  static const struct stance_run_link_kind kind = {0};
  static struct stance_run_link link = {.kind = &kind};
  static struct stance_run run = {.link = &link, .id = "x"};
  static const struct {
    double underflows;
    const char *wanted;
  } steps[] = {
      {4, NULL}, /* in the tests before */
      {4, NULL}, {5, "THE SOUND RAN DRY, 1 time in"}, {5, NULL}, {6, "DRY, 2 times in this test"},
      {7, NULL}, {9, "DRY, 5 times in this test"},
  };
  (void)state;
  strcpy(run.view.test.id, "x");
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    run.view.sound_underflows = steps[k].underflows;
    said[0] = '\0';
    stance_run_say_news(&run, STANCE_NEWS_STATE);
    if (steps[k].wanted == NULL)
      assert_null(strstr(said, "DRY"));
    else
      assert_non_null(strstr(said, steps[k].wanted));
  }
}

static void a_station_that_does_not_count_says_nothing(void **state)
{
  static const struct stance_run_link_kind kind = {0};
  static struct stance_run_link link = {.kind = &kind};
  static struct stance_run run = {.link = &link, .id = "x"};
  (void)state;
  strcpy(run.view.test.id, "x");
  run.view.sound_underflows = (double)NAN;
  said[0] = '\0';
  for (int k = 0; k < 2; k++)
    stance_run_say_news(&run, STANCE_NEWS_STATE);
  assert_null(strstr(said, "DRY"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_sound_that_runs_dry_is_said),
      cmocka_unit_test(a_station_that_does_not_count_says_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
