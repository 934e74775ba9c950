/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which repeated tests go together, and what is told of the others. */
#include "reliability_tests.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct stance_reliability_options best = {.rule = STANCE_SUMMARY_COUNT};

static struct stance_reliability_test test_of(const char *athlete, unsigned number, double left,
                                              double right)
{
  struct stance_reliability_test test = {.value = {left, right, (double)NAN}};
  snprintf(test.athlete, sizeof test.athlete, "%s", athlete);
  snprintf(test.recording, sizeof test.recording, "%s-%u", athlete, number);
  snprintf(test.started_at, sizeof test.started_at, "2026-03-%02uT10:00:00Z", number);
  snprintf(test.key.protocol, sizeof test.key.protocol, "nordic");
  snprintf(test.key.metric, sizeof test.key.metric, "peak_force");
  snprintf(test.key.rule, sizeof test.key.rule, "best");
  snprintf(test.key.method, sizeof test.key.method, "peak_force/1(zero=measured)");
  test.key.hip_deg = test.key.knee_deg = (double)NAN;
  return test;
}

static void add(struct stance_reliability_tests *tests, struct stance_reliability_test test)
{
  assert_int_equal(stance_reliability_tests_add(tests, &test, NULL), STANCE_OK);
}

/* The only study; asserts that there are `count`. */
static struct stance_reliability_study study(struct stance_reliability_tests *tests,
                                             const struct stance_reliability_options *options,
                                             size_t count)
{
  struct stance_reliability_study *studies = NULL, first = {0};
  size_t found = 0;
  assert_int_equal(stance_reliability_make_studies(tests, options, &studies, &found, NULL),
                   STANCE_OK);
  assert_int_equal(found, count);
  if (found > 0)
    first = studies[0];
  free(studies);
  return first;
}

static void expect_told(const struct stance_reliability_tests *tests, const char *words)
{
  if (tests->left_out.bytes == NULL || strstr(tests->left_out.bytes, words) == NULL)
    fail_msg("'%s' is not in:\n%s", words, tests->left_out.bytes);
}

/* In order of time, whatever the order given; what everybody has counts. */
static void in_order_of_time(void **state)
{
  (void)state;
  struct stance_reliability_tests tests = {0};
  add(&tests, test_of("Lou", 9, 347, 344));
  add(&tests, test_of("Kim", 8, 318, 331));
  add(&tests, test_of("Kim", 20, 500, 100));
  add(&tests, test_of("Lou", 1, 352, 340));
  add(&tests, test_of("Kim", 1, 310, 320));
  add(&tests, test_of("Sam", 2, 280, 300));
  const struct stance_reliability_study made = study(&tests, &best, 1);
  static const double left[] = {310, 318, 352, 347};
  struct stance_reliability expected;
  assert_int_equal(stance_reliability_of(left, 2, 2, &expected, NULL), STANCE_OK);
  assert_true(made.made[STANCE_LEFT] && made.made[STANCE_RIGHT] && made.made[STANCE_BOTH]);
  assert_false(made.made[STANCE_TOTAL]);
  const struct stance_reliability *statistics = &made.record[STANCE_LEFT].statistics;
  assert_true(statistics->typical_error.value == expected.typical_error.value);
  assert_true(statistics->shift.value == expected.shift.value);
  assert_int_equal(made.days_least, 7);
  assert_int_equal(made.days_longest, 8);
  assert_true(made.complete_key);
  expect_told(&tests, "Kim, nordic: 1 later test, since 2 of every athlete count");
  expect_told(&tests, "Sam, nordic: 1 usable test of the 2 that count");
  stance_reliability_tests_finish(&tests);
}

/* Three athletes with four tests leave 6 degrees of freedom, seven with two leave 6 as well, eight
   leave 7. */
static void most_degrees_of_freedom(void **state)
{
  (void)state;
  struct stance_reliability_tests tests = {0};
  char name[3] = "A0";
  for (unsigned athlete = 0; athlete < 8; athlete++) {
    name[1] = (char)('0' + athlete);
    for (unsigned k = 0; k < (athlete < 3 ? 4 : 2); k++)
      add(&tests, test_of(name, k + 1, 300 + 10 * athlete + (7 * k * (athlete + 3)) % 11,
                          310 + 9 * athlete + (5 * k * (athlete + 2)) % 13));
  }
  struct stance_reliability_study made = study(&tests, &best, 1);
  assert_int_equal(made.record[STANCE_LEFT].statistics.athletes, 8);
  assert_int_equal(made.record[STANCE_LEFT].statistics.tests, 2);
  /* Without the first test of each: three with three tests (4), nobody else. */
  const struct stance_reliability_options later = {.rule = STANCE_SUMMARY_COUNT,
                                                   .skip_first = true};
  made = study(&tests, &later, 1);
  assert_int_equal(made.record[STANCE_LEFT].statistics.athletes, 3);
  assert_int_equal(made.record[STANCE_LEFT].statistics.tests, 3);
  stance_reliability_tests_finish(&tests);
}

static void change_method(struct stance_reliability_key *key)
{
  strcat(key->method, "/2");
}

static void change_instrument(struct stance_reliability_key *key)
{
  strcpy(key->instrument, "rig 18");
}

static void change_rule(struct stance_reliability_key *key)
{
  strcpy(key->rule, "mean");
}

static void change_position(struct stance_reliability_key *key)
{
  key->knee_deg = 30;
}

static void change_version(struct stance_reliability_key *key)
{
  strcpy(key->protocol_version, "2");
}

/* The second tests were made in another way: nothing is repeated. */
static void never_mixed(void **state)
{
  (void)state;
  static void (*const changes[])(struct stance_reliability_key *) = {
      change_method, change_instrument, change_rule, change_position, change_version};
  for (size_t c = 0; c < sizeof changes / sizeof *changes; c++) {
    struct stance_reliability_tests tests = {0};
    for (unsigned k = 1; k <= 2; k++)
      for (unsigned athlete = 0; athlete < 3; athlete++) {
        static const char *const names[] = {"Kim", "Lou", "Sam"};
        struct stance_reliability_test test =
            test_of(names[athlete], k, 300 + 20 * athlete + k * athlete, 310);
        if (k == 2)
          changes[c](&test.key);
        add(&tests, test);
      }
    study(&tests, &best, 0);
    expect_told(&tests, "3 tests, not repeated by two athletes under just these conditions");
    stance_reliability_tests_finish(&tests);
  }
}

/* The same recording twice would make the test look better than it is. */
static void nothing_counts_twice(void **state)
{
  (void)state;
  struct stance_reliability_tests tests = {0};
  for (unsigned k = 0; k < 2; k++) {
    add(&tests, test_of("Kim", 1, 310, 320));
    add(&tests, test_of("Kim", 2, 318, 331));
    add(&tests, test_of("Lou", 1, 352, 340));
    add(&tests, test_of("Lou", 2, 347, 344));
  }
  const struct stance_reliability_study made = study(&tests, &best, 1);
  assert_int_equal(made.record[STANCE_LEFT].statistics.tests, 2);
  expect_told(&tests, "Lou, Lou-2: given more than once");
  stance_reliability_tests_finish(&tests);
}

/* A side without a value leaves out that test of that side, no other. */
static void a_missing_side(void **state)
{
  (void)state;
  struct stance_reliability_tests tests = {0};
  add(&tests, test_of("Kim", 1, 310, 320));
  add(&tests, test_of("Kim", 2, 318, 331));
  add(&tests, test_of("Lou", 1, 352, (double)NAN));
  add(&tests, test_of("Lou", 2, 347, 344));
  add(&tests, test_of("Sam", 1, 280, 300));
  add(&tests, test_of("Sam", 2, 301, 310));
  add(&tests, test_of("Toni", 1, (double)NAN, 0));
  const struct stance_reliability_study made = study(&tests, &best, 1);
  assert_int_equal(made.record[STANCE_LEFT].statistics.athletes, 3);
  assert_int_equal(made.record[STANCE_RIGHT].statistics.athletes, 2);
  assert_int_equal(made.record[STANCE_BOTH].statistics.athletes, 2);
  expect_told(&tests, "Lou, nordic: 1 usable test of the 2 that count");
  expect_told(&tests, "Toni, Toni-1: no usable peak_force above 0");
  stance_reliability_tests_finish(&tests);
}

/* A second test on one day counts where that is asked for; for each side on its own. */
static void one_test_a_day(void **state)
{
  (void)state;
  static const struct stance_reliability_options all = {.rule = STANCE_SUMMARY_COUNT,
                                                        .same_day = true};
  struct stance_reliability_tests tests = {0};
  static const char *const names[] = {"Kim", "Lou"};
  for (unsigned k = 0; k < 2; k++) {
    struct stance_reliability_test again = test_of(names[k], 1, 333 + k, 300 + 4 * k);
    strcpy(again.recording, k == 0 ? "Kim-again" : "Lou-again");
    strcpy(again.started_at, "2026-03-01T18:00:00Z");
    add(&tests, again);
    struct stance_reliability_test morning = test_of(names[k], 1, 310 + 40 * k, (double)NAN);
    add(&tests, morning);
    add(&tests, test_of(names[k], 8, 318 + 30 * k, 331 + 9 * k));
  }
  struct stance_reliability_study made = study(&tests, &best, 1);
  assert_int_equal(made.record[STANCE_LEFT].statistics.tests, 2);
  assert_true(made.record[STANCE_LEFT].statistics.mean == (310 + 350 + 318 + 348) / 4.0);
  /* the morning has no right side: the evening's counts */
  assert_true(made.record[STANCE_RIGHT].statistics.mean == (300 + 304 + 331 + 340) / 4.0);
  assert_int_equal(made.days_least, 7);
  expect_told(&tests, "Lou, nordic: a second test on 2026-03-01 (--same-day)");
  made = study(&tests, &all, 1);
  assert_int_equal(made.record[STANCE_LEFT].statistics.tests, 3);
  assert_int_equal(made.days_least, 0);
  stance_reliability_tests_finish(&tests);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_order_of_time), cmocka_unit_test(most_degrees_of_freedom),
      cmocka_unit_test(never_mixed),      cmocka_unit_test(nothing_counts_twice),
      cmocka_unit_test(a_missing_side),   cmocka_unit_test(one_test_a_day),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
