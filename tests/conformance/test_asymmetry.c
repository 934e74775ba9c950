/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bishop 2016's 25 against 20 and a Nordic pair, by every formula. */
#include "stance/asymmetry.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct stance_value newtons(double force_n)
{
  return (struct stance_value){.value = force_n, .uncertainty = (double)NAN};
}

static double percent(enum stance_asymmetry_formula formula, double left_n, double right_n)
{
  const struct stance_value left = newtons(left_n), right = newtons(right_n);
  /* the left side is the weaker one in the tables: the involved one */
  const struct stance_value value = stance_asymmetry(formula, &left, &right, STANCE_LEFT);
  assert_int_equal(value.reasons, 0);
  return value.value;
}

static void published_table(void **state)
{
  (void)state;
  static const struct {
    const char *id;
    double of_25_20, of_nordic;
  } rows[] = {
      {"lsi", 80, 90.277778},
      {"lsi_deficit", 20, 9.722222},
      {"mean_referenced", 22.222222, 10.218978},
      {"percent_difference", 20, 9.722222},
      {"bilateral_index", 11.111111, 5.109489},
      {"weaker_referenced", 25, 10.769231},
      {"log_ratio", 22.314355, 10.227885},
      {"symmetry_angle", 7.044657, 3.249975},
      {"share_of_total", 55.555556, 52.554745},
  };
  assert_int_equal(sizeof rows / sizeof rows[0], STANCE_ASYMMETRY_FORMULA_COUNT);
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    const enum stance_asymmetry_formula formula = stance_asymmetry_find(rows[k].id);
    assert_true(formula < STANCE_ASYMMETRY_FORMULA_COUNT);
    /* half a unit of the table's last digit */
    assert_true(fabs(percent(formula, 20, 25) - rows[k].of_25_20) <= 5e-7);
    assert_true(fabs(percent(formula, 325, 360) - rows[k].of_nordic) <= 5e-7);
  }
}

static void swapped_limbs_change_the_sign(void **state)
{
  (void)state;
  static const struct {
    const char *id;
    double swapped;
  } rows[] = {{"percent_difference", -20},
              {"bilateral_index", -11.111111},
              {"log_ratio", -22.314355},
              {"symmetry_angle", -7.044657}};
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
    assert_true(fabs(percent(stance_asymmetry_find(rows[k].id), 25, 20) - rows[k].swapped) <= 5e-7);
  /* the only one whose size changes */
  assert_true(fabs(percent(STANCE_ASYMMETRY_LSI_DEFICIT, 25, 20) + 25) <= 1e-9);
}

static void ids_are_found_with_and_without_version(void **state)
{
  (void)state;
  for (int formula = 0; formula < STANCE_ASYMMETRY_FORMULA_COUNT; formula++) {
    const char *id = stance_asymmetry_id((enum stance_asymmetry_formula)formula);
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(id, "/"), id);
    assert_int_equal(stance_asymmetry_find(id), formula);
    assert_int_equal(stance_asymmetry_find(bare), formula);
    assert_non_null(stance_asymmetry_definition((enum stance_asymmetry_formula)formula));
  }
  assert_int_equal(stance_asymmetry_find("lsi/2"), STANCE_ASYMMETRY_FORMULA_COUNT);
  assert_int_equal(stance_asymmetry_find("ls"), STANCE_ASYMMETRY_FORMULA_COUNT);
  assert_int_equal(stance_asymmetry_find(""), STANCE_ASYMMETRY_FORMULA_COUNT);
}

static void refuses_small_forces_and_unnamed_limbs(void **state)
{
  (void)state;
  const struct stance_value small = newtons(19.99), least = newtons(20), large = newtons(400);
  struct stance_value value =
      stance_asymmetry(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &small, &large, STANCE_SIDE_NONE);
  assert_true(stance_value_is_missing(&value));
  assert_int_equal(value.reasons, STANCE_REASON_BIT(STANCE_REASON_SMALL_DENOMINATOR));
  value = stance_asymmetry(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &least, &large, STANCE_SIDE_NONE);
  assert_true(value.value == 95.0);
  value = stance_asymmetry(STANCE_ASYMMETRY_LSI, &least, &large, STANCE_SIDE_NONE);
  assert_int_equal(value.reasons, STANCE_REASON_BIT(STANCE_REASON_NO_INVOLVED_SIDE));
  value = stance_asymmetry(STANCE_ASYMMETRY_LSI, &least, &large, STANCE_RIGHT);
  assert_true(value.value == 2000.0);
}

static void reasons_are_handed_on(void **state)
{
  (void)state;
  struct stance_value missing = newtons((double)NAN), flagged = newtons(300);
  missing.reasons = STANCE_REASON_BIT(STANCE_REASON_SATURATED);
  flagged.reasons = STANCE_REASON_BIT(STANCE_REASON_PEAK_SPIKE);
  struct stance_value value =
      stance_asymmetry(STANCE_ASYMMETRY_LOG_RATIO, &missing, &flagged, STANCE_SIDE_NONE);
  assert_true(stance_value_is_missing(&value));
  assert_int_equal(value.reasons, missing.reasons);
  const struct stance_value right = newtons(300);
  value = stance_asymmetry(STANCE_ASYMMETRY_LOG_RATIO, &flagged, &right, STANCE_SIDE_NONE);
  assert_true(value.value == 0);
  assert_int_equal(value.reasons, flagged.reasons);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_table),
      cmocka_unit_test(swapped_limbs_change_the_sign),
      cmocka_unit_test(ids_are_found_with_and_without_version),
      cmocka_unit_test(refuses_small_forces_and_unnamed_limbs),
      cmocka_unit_test(reasons_are_handed_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
