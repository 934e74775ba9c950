/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an athlete's maximum is, by what is kept of earlier tests. */
#include "maximum.h"

#include "support/kept_result.h"
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct stance_maximum find(struct stance_store *store, const char *athlete)
{
  struct stance_maximum maximum;
  struct stance_problem problem = {""};
  if (stance_maximum_find(store, athlete, "iso-prone-30", &maximum, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  return maximum;
}

static void the_last_day_speaks_and_its_highest_test(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_maximum maximum = find(store, "A-17");
  assert_string_equal(maximum.day, "");
  assert_true(isnan(maximum.force_n[STANCE_LEFT]));
  kept_result_put(store, "A-17", "iso-prone-30", "2026-03-01", 900, 900, "N");
  kept_result_put(store, "A-17", "iso-prone-30", "2026-03-20", 300, 310, "N");
  kept_result_put(store, "A-17", "iso-prone-30", "2026-03-20", 320, 305, "N");
  kept_result_put(store, "A-17", "iso-prone-60", "2026-03-21", 700, 700, "N");
  kept_result_put(store, "B-2", "iso-prone-30", "2026-03-22", 600, 600, "N");
  kept_result_put(store, "A-17", "iso-prone-30", "2026-03-23", 5, 5,
                  "V"); /* nobody knows what that is */
  maximum = find(store, "A-17");
  assert_string_equal(maximum.day, "2026-03-20");
  assert_string_equal(maximum.protocol_id, "iso-prone-30");
  assert_int_equal(maximum.compared, STANCE_METRIC_PEAK_FORCE);
  assert_true(maximum.force_n[STANCE_LEFT] == 320);
  assert_true(maximum.force_n[STANCE_RIGHT] == 310);
  assert_true(isnan(maximum.force_n[STANCE_TOTAL]));
  maximum = find(store, "");
  assert_string_equal(maximum.day, "");
  stance_store_close(store);
}

static void a_side_that_was_not_tested_has_none(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  kept_result_put(store, "A-17", "iso-prone-30", "2026-03-20", 300, (double)NAN, "N");
  const struct stance_maximum maximum = find(store, "A-17");
  assert_true(maximum.force_n[STANCE_LEFT] == 300);
  assert_true(isnan(maximum.force_n[STANCE_RIGHT]));
  stance_store_close(store);
}

static void a_protocol_that_is_not_there_is_named(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_maximum maximum = {.day = "x"};
  struct stance_problem problem = {""};
  assert_int_equal(stance_maximum_find(store, "A-17", "iso-prone-31", &maximum, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "iso-prone-31"));
  assert_string_equal(maximum.day, "x");
  stance_store_close(store);
}

#define CASE(function) \
  cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(the_last_day_speaks_and_its_highest_test),
      CASE(a_side_that_was_not_tested_has_none),
      CASE(a_protocol_that_is_not_there_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
