/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles in the store: found by id, by its beginning, by instrument; never changed. */
#include "support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stance_calibration profile(const char *id, const char *instrument)
{
  struct stance_calibration calibration = {.calibrated = true, .channel_count = 1};
  snprintf(calibration.id, sizeof calibration.id, "%s", id);
  snprintf(calibration.instrument, sizeof calibration.instrument, "%s", instrument);
  snprintf(calibration.created_at, sizeof calibration.created_at, "2026-01-01T00:00:0%zuZ",
           strlen(id) % 10);
  calibration.channel[0] = (struct stance_calibration_channel){
      .channel = "in", .unit = "V", .polarity = 1, .slope_n_per_unit = 2};
  return calibration;
}

static void profiles_are_found(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  static const char *const ids[] = {"abc", "abcd", "b12", "b13"};
  struct stance_calibration found;
  struct stance_problem problem;
  char(*listed)[64] = NULL;
  size_t count = 9;
  assert_int_equal(stance_store_list_calibrations(store, NULL, &listed, &count, NULL), STANCE_OK);
  assert_int_equal(count, 0);
  free(listed);
  for (size_t k = 0; k < 4; k++) {
    const struct stance_calibration calibration = profile(ids[k], k < 2 ? "rig 1" : "rig 2");
    assert_int_equal(stance_store_put_calibration(store, &calibration, NULL), STANCE_OK);
  }
  assert_int_equal(stance_store_list_calibrations(store, "rig 2", &listed, &count, NULL),
                   STANCE_OK);
  assert_int_equal(count, 2);
  assert_string_equal(listed[0], "b12");
  free(listed);
  assert_int_equal(stance_store_list_calibrations(store, NULL, &listed, &count, NULL), STANCE_OK);
  assert_int_equal(count, 4);
  assert_string_equal(listed[3], "b13"); /* as they were put */
  free(listed);

  /* A whole id goes before ids that begin with it. */
  assert_int_equal(stance_store_load_calibration(store, "abc", &found, &problem), STANCE_OK);
  assert_string_equal(found.id, "abc");
  assert_int_equal(stance_store_load_calibration(store, "b13", &found, &problem), STANCE_OK);
  assert_string_equal(found.instrument, "rig 2");
  assert_int_equal(stance_store_load_calibration(store, "b", &found, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "more than one"));
  assert_int_equal(stance_store_load_calibration(store, "x", &found, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "there is no calibration 'x'"));
  assert_int_equal(stance_store_load_calibration(store, "", &found, &problem), STANCE_INPUT);
  stance_store_close(store);
}

static void expect_in_use(struct stance_store *store, const char *id)
{
  struct stance_calibration found;
  assert_int_equal(stance_store_get_calibration(store, "rig 1", &found, NULL), STANCE_OK);
  assert_string_equal(found.id, id);
}

/* The first was made with a clock that stood in the future. */
static void the_last_entry_is_in_use_whatever_its_date(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_calibration before = profile("before", "rig 1"), now = profile("now", "rig 1");
  strcpy(before.created_at, "2030-01-01T00:00:00Z");
  assert_int_equal(stance_store_put_calibration(store, &before, NULL), STANCE_OK);
  assert_int_equal(stance_store_put_calibration(store, &now, NULL), STANCE_OK);
  expect_in_use(store, "now");
  assert_int_equal(stance_store_put_calibration(store, &before, NULL), STANCE_OK);
  expect_in_use(store, "before"); /* chosen again, by whoever imports it */
  before.channel[0].slope_n_per_unit = 3;
  assert_int_equal(stance_store_put_calibration(store, &now, NULL), STANCE_OK);
  assert_int_equal(stance_store_put_calibration(store, &before, NULL), STANCE_MISMATCH);
  expect_in_use(store, "now");
  stance_store_close(store);
}

static void a_profile_that_cannot_be_saved_says_why(void **state)
{
  struct stance_store *store = store_fixture_open(*state);
  struct stance_calibration calibration = profile("abc", "rig 1");
  struct stance_problem problem;
  calibration.channel[0].slope_n_per_unit = -1;
  assert_int_equal(stance_store_put_calibration(store, &calibration, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "slope is -1"));
  assert_null(strstr(problem.text, "memory"));
  stance_store_close(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(profiles_are_found, store_fixture_setup,
                                      store_fixture_teardown),
      cmocka_unit_test_setup_teardown(the_last_entry_is_in_use_whatever_its_date,
                                      store_fixture_setup, store_fixture_teardown),
      cmocka_unit_test_setup_teardown(a_profile_that_cannot_be_saved_says_why, store_fixture_setup,
                                      store_fixture_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
