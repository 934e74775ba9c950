/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Propagation of uncertainty: known answers in closed form. */
#include "stance/uncertainty.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka's own compares floats. */
#define assert_near(value, expected, tolerance) \
  assert_true(fabs((value) - (expected)) <= (tolerance))

static void add(struct stance_uncertainty_budget *budget, double uncertainty, double sensitivity,
                bool own)
{
  stance_uncertainty_add(budget, &(struct stance_uncertainty_input){
                                     .id = "input",
                                     .unit = "N",
                                     .standard_uncertainty = uncertainty,
                                     .sensitivity = sensitivity,
                                     .own = own,
                                 });
}

/* ±0.5 anywhere, 0.02 % of 500 anywhere, 0.8 and 0.3. */
static void worked_example(void **state)
{
  (void)state;
  struct stance_uncertainty_budget budget = {.count = 0};
  add(&budget, stance_uncertainty_rectangular(0.5), 1, false);
  add(&budget, stance_uncertainty_rectangular(0.0002), 500, false);
  add(&budget, 0.8, 1, true);
  add(&budget, 0.3, -1, true);
  const struct stance_uncertainty combined = stance_uncertainty_combine(&budget);
  assert_near(combined.standard, 0.903696, 5e-7);
  assert_near(combined.expanded, 1.807392, 5e-7);
  assert_near(combined.own, sqrt(0.73), 1e-15);
  double share = 0;
  for (size_t k = 0; k < budget.count; k++)
    share += stance_uncertainty_share_pct(&budget, k);
  assert_near(share, 100, 1e-12);
  assert_near(stance_uncertainty_share_pct(&budget, 2), 100 * 0.64 / (0.49 / 0.6), 1e-9);
}

static void what_is_certain_adds_nothing(void **state)
{
  (void)state;
  struct stance_uncertainty_budget budget = {.count = 0};
  add(&budget, 0, 3, false);
  add(&budget, 3, 0, false);
  assert_int_equal(budget.count, 0);
  assert_true(stance_uncertainty_combine(&budget).expanded == 0);
}

/* SCIENCE 2: 2 N and 1000 samples give 7.4 N. */
static void noise_raises_a_peak(void **state)
{
  (void)state;
  assert_near(stance_uncertainty_peak_bias(2, 1000), 7.4339, 1e-4);
  assert_true(stance_uncertainty_peak_bias(2, 1) == 0 && stance_uncertainty_peak_bias(2, 0) == 0);
}

/* Variance of a + b·x: C00 + 2·C01·x + C11·x²; without a: C11·x². */
static void line_at_a_force(void **state)
{
  (void)state;
  const struct stance_force_uncertainty force = {.curve = {100}, .covariance = {0.04, -0.01, 0.09}};
  const double x = 3.5;
  assert_near(stance_force_uncertainty_curve_n(&force, 350, false),
              sqrt(0.04 - 2 * 0.01 * x + 0.09 * x * x), 1e-12);
  assert_near(stance_force_uncertainty_curve_n(&force, 350, true), 0.3 * x, 1e-12);
  assert_near(stance_force_uncertainty_curve_n(&force, 0, false), 0.2, 1e-12);
  assert_true(stance_force_uncertainty_curve_n(&force, 0, true) == 0);
}

/* A cubic, at the force that its own polynomial has at x = 2: every element of the covariance. */
static void curve_at_a_force(void **state)
{
  (void)state;
  const struct stance_force_uncertainty force = {.curve = {100, -1, 0.25},
                                                 .covariance = {1, 2, 30, 4, 5, 60, 7, 8, 9, 100}};
  const double expected =
      1 + 4 * 30 + 16 * 60 + 64 * 100 + 2 * (2 * 2 + 4 * 4 + 8 * 5 + 8 * 7 + 16 * 8 + 32 * 9);
  assert_near(stance_force_uncertainty_curve_n(&force, 198, false), sqrt(expected), 1e-9);
}

static void nothing_known_of_the_curve(void **state)
{
  (void)state;
  const struct stance_force_uncertainty force = {.known = true, .scale = 0.01};
  assert_true(stance_force_uncertainty_curve_n(&force, 300, false) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(worked_example),      cmocka_unit_test(what_is_certain_adds_nothing),
      cmocka_unit_test(noise_raises_a_peak), cmocka_unit_test(line_at_a_force),
      cmocka_unit_test(curve_at_a_force),    cmocka_unit_test(nothing_known_of_the_curve),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
