/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reliability and comparison: what is refused, what is missing, and the words. */
#include "stance/comparison.h"

#include "stance/reliability.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* cmocka's own compares floats. */
#define assert_near(value, expected, tolerance) \
  assert_true(fabs((value) - (expected)) <= (tolerance))

static const double no_uncertainty[2] = {(double)NAN, (double)NAN};

static struct stance_value asymmetry_of(double left_n, double right_n)
{
  const struct stance_value left = {.value = left_n}, right = {.value = right_n};
  return stance_asymmetry(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &left, &right, STANCE_SIDE_NONE);
}

static struct stance_side_comparison compare(double left_n, double right_n, double error_pct)
{
  struct stance_repeatability known = stance_repeatability_unknown;
  known.ratio_error_pct = error_pct;
  const struct stance_value asymmetry = asymmetry_of(left_n, right_n);
  return stance_compare_sides(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &asymmetry, STANCE_SIDE_NONE,
                              &known, no_uncertainty);
}

static void assert_words(double left_n, double right_n, double error_pct, const char *expected)
{
  char words[STANCE_COMPARISON_WORDS_SIZE];
  const struct stance_side_comparison comparison = compare(left_n, right_n, error_pct);
  const size_t length = stance_side_comparison_words(&comparison, words, sizeof words);
  assert_string_equal(words, expected);
  assert_int_equal(length, strlen(expected));
}

/* SCIENCE 6: 325 against 360 N, TE 21.7 N of their mean as each side's CV. */
static void words(void **state)
{
  (void)state;
  assert_words(325, 360, 8.75,
               "left 9.7 % weaker than right; compatible with 7 % stronger to 24 % "
               "weaker");
  assert_words(360, 325, 8.75,
               "right 9.7 % weaker than left; compatible with 7 % stronger to 24 % "
               "weaker");
  assert_words(200, 300, 5, "left 33.3 % weaker than right; compatible with 26 % to 40 % weaker");
  assert_words(300, 300, 5, "left as strong as right; compatible with 10 % stronger to 9 % weaker");
  assert_words(272, 300, 5,
               "left 9.3 % weaker than right; compatible with 0.0 % stronger to 18 % weaker");
}

static void verdicts(void **state)
{
  (void)state;
  struct stance_side_comparison comparison = compare(325, 360, 8.75);
  assert_int_equal(comparison.verdict, STANCE_DISTINGUISHABLE_NO);
  assert_near(comparison.log_ratio, 10.227885, 1e-6);
  assert_near(comparison.band, 1.959964 * 8.75, 1e-5);
  assert_near(comparison.low_pct, -100 * (1 - exp(-(17.149685 - 10.227885) / 100)), 1e-4);
  assert_near(comparison.high_pct, 100 * (1 - exp(-(17.149685 + 10.227885) / 100)), 1e-4);
  comparison = compare(200, 300, 8.75);
  assert_int_equal(comparison.verdict, STANCE_DISTINGUISHABLE_YES);
  assert_true(comparison.low_pct > 0);
  assert_string_equal(stance_distinguishable_id(comparison.verdict), "yes");
}

/* The instrument's share widens the band: √(8.75² + 3² + 4²). */
static void instrument_widens(void **state)
{
  (void)state;
  struct stance_repeatability known = stance_repeatability_unknown;
  known.ratio_error_pct = 8.75;
  const struct stance_value asymmetry = asymmetry_of(325, 360);
  static const double uncertainty[2] = {3, 4};
  const struct stance_side_comparison comparison = stance_compare_sides(
      STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &asymmetry, STANCE_SIDE_NONE, &known, uncertainty);
  assert_near(comparison.band, 1.959964 * sqrt(8.75 * 8.75 + 9 + 16), 1e-5);
}

static void unknown_without_reliability(void **state)
{
  (void)state;
  char text[STANCE_COMPARISON_WORDS_SIZE];
  const struct stance_value asymmetry = asymmetry_of(325, 360);
  struct stance_side_comparison comparison =
      stance_compare_sides(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &asymmetry, STANCE_SIDE_NONE,
                           &stance_repeatability_unknown, no_uncertainty);
  assert_int_equal(comparison.verdict, STANCE_DISTINGUISHABLE_UNKNOWN);
  assert_int_equal(comparison.reasons, STANCE_REASON_BIT(STANCE_REASON_NO_RELIABILITY));
  assert_true(isnan(comparison.low_pct) && isnan(comparison.high_pct) && isnan(comparison.band));
  assert_int_equal(stance_side_comparison_words(&comparison, text, sizeof text), 0);
  assert_string_equal(text, "");
  /* What is missing stays missing for its own reason, whatever is known of the test. */
  comparison = compare(10, 360, 8.75);
  assert_int_equal(comparison.verdict, STANCE_DISTINGUISHABLE_UNKNOWN);
  assert_int_equal(comparison.reasons, STANCE_REASON_BIT(STANCE_REASON_SMALL_DENOMINATOR));
}

/* Low and high are of the formula asked for, whatever its direction. */
static void other_formulas(void **state)
{
  (void)state;
  struct stance_repeatability known = stance_repeatability_unknown;
  known.ratio_error_pct = 5;
  const struct stance_value left = {.value = 325}, right = {.value = 360};
  for (int f = 0; f < STANCE_ASYMMETRY_FORMULA_COUNT; f++) {
    const enum stance_asymmetry_formula formula = (enum stance_asymmetry_formula)f;
    const struct stance_value value = stance_asymmetry(formula, &left, &right, STANCE_LEFT);
    const struct stance_side_comparison comparison =
        stance_compare_sides(formula, &value, STANCE_LEFT, &known, no_uncertainty);
    assert_near(comparison.log_ratio, 10.227885, 1e-6);
    assert_int_equal(comparison.verdict, STANCE_DISTINGUISHABLE_YES);
    assert_true(comparison.low_pct < value.value && value.value < comparison.high_pct);
  }
}

static void change(void **state)
{
  (void)state;
  struct stance_repeatability known = stance_repeatability_unknown;
  known.error_pct[STANCE_LEFT] = 6.3;
  struct stance_change of_one = stance_compare_change(180 * 0.8, 180, 1, STANCE_LEFT, &known);
  assert_near(of_one.change_pct, -20, 1e-9);
  assert_near(of_one.band, 1.959964 * 6.3 * sqrt(2), 1e-5);
  assert_int_equal(of_one.verdict, STANCE_DISTINGUISHABLE_YES);
  assert_true(of_one.high_pct < 0 && of_one.low_pct < -20);
  assert_true(stance_compare_change(180, 180, 4, STANCE_LEFT, &known).band < of_one.band);
  assert_int_equal(stance_compare_change(180, 180, 1, STANCE_RIGHT, &known).verdict,
                   STANCE_DISTINGUISHABLE_UNKNOWN);
  assert_int_equal(stance_compare_change(0, 180, 1, STANCE_LEFT, &known).verdict,
                   STANCE_DISTINGUISHABLE_UNKNOWN);
  assert_true(isnan(stance_compare_change((double)NAN, 180, 1, STANCE_LEFT, &known).change_pct));
}

/* Two tests: the SD of the differences over √2, and the mean difference as shift. */
static void two_tests(void **state)
{
  (void)state;
  static const double value[] = {310, 318, 352, 347, 280, 301, 400, 391, 333, 340};
  double mean = 0, squares = 0;
  for (size_t a = 0; a < 5; a++)
    mean += (value[2 * a + 1] - value[2 * a]) / 5;
  for (size_t a = 0; a < 5; a++)
    squares += pow(value[2 * a + 1] - value[2 * a] - mean, 2);
  struct stance_reliability result;
  assert_int_equal(stance_reliability_of(value, 5, 2, &result, NULL), STANCE_OK);
  assert_near(result.typical_error.value, sqrt(squares / 4 / 2), 1e-9);
  assert_near(result.shift.value, mean, 1e-9);
  assert_near(result.degrees_of_freedom, 4, 0);
  /* Everybody better the second time: no inconsistency, but a disagreement. */
  double learned[10];
  for (size_t c = 0; c < 10; c++)
    learned[c] = value[c] + (c % 2 == 0 ? 0 : 50);
  struct stance_reliability after;
  assert_int_equal(stance_reliability_of(learned, 5, 2, &after, NULL), STANCE_OK);
  assert_near(after.typical_error.value, result.typical_error.value, 1e-9);
  assert_near(after.icc_3_1.value, result.icc_3_1.value, 1e-9);
  assert_near(after.shift.value, mean + 50, 1e-9);
  assert_true(after.icc_2_1.value < after.icc_3_1.value);
  assert_true(after.sem.value > after.typical_error.value);
}

/* What is common to both sides leaves the ratio alone. */
static void common_error_cancels(void **state)
{
  (void)state;
  static const double left[] = {300, 330, 250, 225, 400, 420};
  static const double right[] = {330, 363.5, 240, 216.3, 410, 430.2};
  struct stance_reliability ratio, side;
  assert_int_equal(stance_reliability_of_sides(left, right, 3, 2, &ratio, NULL), STANCE_OK);
  assert_int_equal(stance_reliability_of(left, 3, 2, &side, NULL), STANCE_OK);
  assert_true(ratio.typical_error.value < 0.5 && side.log_error_pct > 5);
  assert_true(isnan(ratio.cv_pct.value) && isnan(ratio.log_error_pct));
}

static void assert_refused(const double *value, size_t athletes, size_t tests, const char *why)
{
  struct stance_problem problem = {""};
  struct stance_reliability result = {.athletes = 77};
  assert_int_equal(stance_reliability_of(value, athletes, tests, &result, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, why));
  assert_int_equal(result.athletes, 77);
}

static void refusals(void **state)
{
  (void)state;
  static const double hole[] = {310, 318, 352, (double)NAN, 280, 301};
  static const double twice[] = {310, 310, 352, 352, 280, 280};
  static const double shifted[] = {310, 315, 352, 357, 280, 285};
  assert_refused(hole, 3, 2, "athlete 2 has no value in test 2");
  assert_refused(hole, 1, 2, "at least two athletes");
  assert_refused(hole, 3, 1, "tested at least twice");
  assert_refused(twice, 3, 2, "counted twice");
  assert_refused(shifted, 3, 2, "counted twice");
  static const double huge[] = {1e308, 1, 1, 1e308, 5e-324, 1e308};
  assert_refused(huge, 3, 2, "squares");
  static const double zero[] = {310, 0, 352, 347, 280, 301};
  struct stance_reliability result;
  struct stance_problem problem = {""};
  assert_int_equal(stance_reliability_of_sides(zero, shifted, 3, 2, &result, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "athlete 1, test 2"));
  assert_int_equal(stance_reliability_of(zero, 3, 2, &result, NULL), STANCE_OK);
  assert_true(isnan(result.cv_pct.value) && isnan(result.cv_simple_pct));
}

/* Nothing but noise between athletes: ICCs below 0, limits in order, nothing that ends the
   program. */
static void worse_than_chance(void **state)
{
  (void)state;
  static const double value[] = {300, 320, 321, 301, 302, 319, 318, 303};
  struct stance_reliability result;
  assert_int_equal(stance_reliability_of(value, 4, 2, &result, NULL), STANCE_OK);
  assert_true(result.icc_3_1.value < 0 && result.icc_2_1.value < 0);
  assert_true(result.icc_2_1.low < result.icc_2_1.value);
  assert_true(result.icc_2_1.value < result.icc_2_1.high);
  static const double smallest[] = {300, 310, 310, 300};
  assert_int_equal(stance_reliability_of(smallest, 2, 2, &result, NULL), STANCE_OK);
}

static void mdc_of_a_value(void **state)
{
  (void)state;
  struct stance_repeatability known = stance_repeatability_unknown;
  assert_true(isnan(stance_repeatability_mdc95(&known, STANCE_LEFT, 300)));
  known.error_pct[STANCE_LEFT] = 5;
  assert_near(stance_repeatability_mdc95(&known, STANCE_LEFT, 300), 1.959964 * sqrt(2) * 15, 1e-4);
  known.mdc95[STANCE_LEFT] = 60.1;
  assert_near(stance_repeatability_mdc95(&known, STANCE_LEFT, 300), 60.1, 0);
  assert_true(isnan(stance_repeatability_mdc95(&known, STANCE_LEFT, (double)NAN)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words),
      cmocka_unit_test(verdicts),
      cmocka_unit_test(instrument_widens),
      cmocka_unit_test(unknown_without_reliability),
      cmocka_unit_test(other_formulas),
      cmocka_unit_test(change),
      cmocka_unit_test(two_tests),
      cmocka_unit_test(common_error_cancels),
      cmocka_unit_test(refusals),
      cmocka_unit_test(worse_than_chance),
      cmocka_unit_test(mdc_of_a_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
