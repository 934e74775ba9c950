/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often equal athletes are called different, and how often a real deficit is found, on seeded
   athletes. STANCE_SEED chooses another seed. */
#include "stance/comparison.h"

#include "random.h"
#include "stance/reliability.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* cmocka's own compares floats. */
#define assert_near(value, expected, tolerance) \
  assert_true(fabs((value) - (expected)) <= (tolerance))

/* A share of 5 % of 10,000 has a standard deviation of 0.22 %, one of 50 % has 0.5 %; bounds below
   are four of them. */
enum { ATHLETES = 10000, STUDY_ATHLETES = 20, STUDY_TESTS = 2 };
static const double cv = 0.067; /* of a side from test to test; SCIENCE 6 follows from it */

static uint64_t seed = 20261121;
static struct stance_random source;

/* One test of an athlete whose sides have these true forces; what the day adds to both is
   `correlation` of the error. */
static void test_sides(double correlation, double true_left, double true_right, double *ret_left,
                       double *ret_right)
{
  const double common = stance_random_normal(&source);
  const double own =
      correlation * common + sqrt(1 - correlation * correlation) * stance_random_normal(&source);
  *ret_left = true_left * exp(cv * common);
  *ret_right = true_right * exp(cv * own);
}

/* What a clinic finds out that tests twenty athletes twice. */
static struct stance_repeatability clinic_study(double correlation)
{
  double left[STUDY_ATHLETES * STUDY_TESTS], right[STUDY_ATHLETES * STUDY_TESTS];
  for (size_t a = 0; a < STUDY_ATHLETES; a++) {
    const double true_left = stance_random_between(&source, 200, 450);
    const double true_right = true_left * stance_random_between(&source, 0.85, 1.15);
    for (size_t t = 0; t < STUDY_TESTS; t++)
      test_sides(correlation, true_left, true_right, &left[a * STUDY_TESTS + t],
                 &right[a * STUDY_TESTS + t]);
  }
  struct stance_repeatability known = stance_repeatability_unknown;
  struct stance_reliability of_left, of_right, of_ratio;
  assert_int_equal(stance_reliability_of(left, STUDY_ATHLETES, STUDY_TESTS, &of_left, NULL), 0);
  assert_int_equal(stance_reliability_of(right, STUDY_ATHLETES, STUDY_TESTS, &of_right, NULL), 0);
  assert_int_equal(
      stance_reliability_of_sides(left, right, STUDY_ATHLETES, STUDY_TESTS, &of_ratio, NULL), 0);
  known.error_pct[STANCE_LEFT] = of_left.log_error_pct;
  known.error_pct[STANCE_RIGHT] = of_right.log_error_pct;
  known.error_df = of_left.degrees_of_freedom;
  known.ratio_error_pct = of_ratio.typical_error.value;
  known.ratio_error_df = of_ratio.degrees_of_freedom;
  return known;
}

static enum stance_distinguishable compare(const struct stance_repeatability *known,
                                           double correlation, double true_left, double true_right)
{
  static const double no_uncertainty[2] = {(double)NAN, (double)NAN};
  struct stance_value left = {.uncertainty = (double)NAN}, right = left;
  test_sides(correlation, true_left, true_right, &left.value, &right.value);
  const struct stance_value asymmetry =
      stance_asymmetry(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &left, &right, STANCE_SIDE_NONE);
  return stance_compare_sides(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &asymmetry, STANCE_SIDE_NONE,
                              known, no_uncertainty)
      .verdict;
}

/* Each athlete judged by the study of another clinic: by its ratio's error, and by those of the
   sides. */
static void share_called_different(double correlation, double *ret_share, double *ret_by_sides)
{
  unsigned different = 0, by_sides = 0;
  for (unsigned k = 0; k < ATHLETES; k++) {
    struct stance_repeatability known = clinic_study(correlation);
    different += compare(&known, correlation, 340, 340) == STANCE_DISTINGUISHABLE_YES ? 1 : 0;
    stance_repeatability_assume_independence(&known, known.error_pct[STANCE_LEFT],
                                             known.error_pct[STANCE_RIGHT]);
    by_sides += compare(&known, correlation, 340, 340) == STANCE_DISTINGUISHABLE_YES ? 1 : 0;
  }
  *ret_share = 100.0 * different / ATHLETES;
  *ret_by_sides = 100.0 * by_sides / ATHLETES;
}

static void symmetric_athletes(void **state)
{
  (void)state;
  static const double correlation[] = {0, 0.5, 0.8};
  for (size_t c = 0; c < 3; c++) {
    double share, by_sides;
    share_called_different(correlation[c], &share, &by_sides);
    print_message("correlation %.1f: %.2f %% of equal athletes called different; by sides taken "
                  "to be independent %.2f %%\n",
                  correlation[c], share, by_sides);
    /* Student's t makes it 5 %, whatever the size of the study. */
    assert_near(share, 5, 0.9);
    assert_true(by_sides < 5.9);
  }
}

/* SCIENCE 6: at correlation 0.5 a true deficit of 15 % is found in 68 % of athletes by the ratio's
   own error, in 36 % where the sides are taken to be independent. */
static void deficit_of_15_percent(void **state)
{
  (void)state;
  struct stance_repeatability own = stance_repeatability_unknown, independent = own;
  own.ratio_error_pct = 100 * cv * sqrt(2 * (1 - 0.5));
  stance_repeatability_assume_independence(&independent, 100 * cv, 100 * cv);
  unsigned found = 0, found_independent = 0;
  for (unsigned k = 0; k < ATHLETES; k++) {
    found += compare(&own, 0.5, 340 * 0.85, 340) == STANCE_DISTINGUISHABLE_YES ? 1 : 0;
    found_independent +=
        compare(&independent, 0.5, 340 * 0.85, 340) == STANCE_DISTINGUISHABLE_YES ? 1 : 0;
  }
  const double share = 100.0 * found / ATHLETES;
  const double share_independent = 100.0 * found_independent / ATHLETES;
  print_message("a deficit of 15 %%: found in %.1f %%, taken to be independent %.1f %%\n", share,
                share_independent);
  assert_near(share, 68, 2);
  assert_near(share_independent, 36, 2);
}

/* SCIENCE 8b: an unchanged athlete leaves the band of n baseline tests in 5 %. */
static void unchanged_athletes(void **state)
{
  (void)state;
  struct stance_repeatability known = stance_repeatability_unknown;
  known.error_pct[STANCE_LEFT] = 100 * cv;
  for (unsigned n = 1; n <= 3; n++) {
    unsigned changed = 0;
    for (unsigned k = 0; k < ATHLETES; k++) {
      double sum = 0;
      for (unsigned t = 0; t < n; t++)
        sum += cv * stance_random_normal(&source);
      const struct stance_change change =
          stance_compare_change(340 * exp(cv * stance_random_normal(&source)), 340 * exp(sum / n),
                                n, STANCE_LEFT, &known);
      changed += change.verdict == STANCE_DISTINGUISHABLE_YES ? 1 : 0;
    }
    assert_near(100.0 * changed / ATHLETES, 5, 0.9);
  }
}

/* The limits hold the true typical error, and the true ICC, in 95 % of studies. */
static void limits(void **state)
{
  (void)state;
  enum { STUDIES = 4000, N = 10, K = 3 };
  static const double between = 60, error = 22;
  unsigned inside = 0, icc_inside = 0, agreement_inside = 0;
  const double icc = between * between / (between * between + error * error);
  for (unsigned s = 0; s < STUDIES; s++) {
    double value[N * K];
    for (size_t a = 0; a < N; a++) {
      const double athlete = 340 + between * stance_random_normal(&source);
      for (size_t t = 0; t < K; t++)
        value[a * K + t] = athlete + error * stance_random_normal(&source);
    }
    struct stance_reliability result;
    assert_int_equal(stance_reliability_of(value, N, K, &result, NULL), STANCE_OK);
    inside += result.typical_error.low < error && error < result.typical_error.high ? 1 : 0;
    icc_inside += result.icc_3_1.low < icc && icc < result.icc_3_1.high ? 1 : 0;
    agreement_inside += result.icc_2_1.low < icc && icc < result.icc_2_1.high ? 1 : 0;
  }
  /* SD of the share 0.31 %; the limits of ICC(2,1) are approximate. */
  assert_near(100.0 * inside / STUDIES, 95, 1.3);
  assert_near(100.0 * icc_inside / STUDIES, 95, 1.3);
  assert_near(100.0 * agreement_inside / STUDIES, 95, 2);
}

/* Every formula's number and the ratio that it came from. */
static void formulas_and_back(void **state)
{
  (void)state;
  for (unsigned k = 0; k < ATHLETES; k++) {
    struct stance_value left = {.value = stance_random_between(&source, 21, 900)};
    struct stance_value right = {.value = stance_random_between(&source, 21, 900)};
    const double log_ratio = 100 * log(right.value / left.value);
    const enum stance_side involved = k % 2 == 0 ? STANCE_LEFT : STANCE_RIGHT;
    for (int f = 0; f < STANCE_ASYMMETRY_FORMULA_COUNT; f++) {
      const enum stance_asymmetry_formula formula = (enum stance_asymmetry_formula)f;
      const double percent = stance_asymmetry(formula, &left, &right, involved).value;
      assert_near(stance_asymmetry_to_log_ratio(formula, percent, involved), log_ratio, 1e-8);
      assert_near(stance_asymmetry_of_log_ratio(formula, log_ratio, involved), percent,
                  1e-9 * fmax(1, fabs(percent)));
    }
  }
}

int main(void)
{
  if (getenv("STANCE_SEED") != NULL)
    seed = strtoull(getenv("STANCE_SEED"), NULL, 10);
  print_message("seed %" PRIu64 "\n", seed);
  stance_random_init(&source, seed, 0);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(symmetric_athletes), cmocka_unit_test(deficit_of_15_percent),
      cmocka_unit_test(unchanged_athletes), cmocka_unit_test(limits),
      cmocka_unit_test(formulas_and_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
