/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line through calibration points, against certified and derived values. */
#include "stance/calibration.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_close(double value, double expected, double relative)
{
  if (!(fabs(value - expected) <= relative * fabs(expected)))
    fail_msg("%.17g instead of %.17g (%.2g relative, allowed %.2g)", value, expected,
             fabs(value - expected) / fabs(expected), relative);
}

/* NIST StRD, data set Norris (public domain): calibration of ozone monitors, {y, x}. */
static const double norris[][2] = {
    {0.1, 0.2},     {338.8, 337.4}, {118.1, 118.2}, {888.0, 884.6}, {9.2, 10.1},    {228.1, 226.5},
    {668.5, 666.3}, {998.5, 996.3}, {449.1, 448.6}, {778.9, 777.0}, {559.2, 558.2}, {0.3, 0.4},
    {0.1, 0.6},     {778.1, 775.5}, {668.8, 666.9}, {339.3, 338.0}, {448.9, 447.5}, {10.8, 11.6},
    {557.7, 556.0}, {228.3, 228.1}, {998.0, 995.8}, {888.8, 887.6}, {119.6, 120.2}, {0.3, 0.3},
    {0.6, 0.3},     {557.6, 556.8}, {339.3, 339.1}, {888.0, 887.2}, {998.5, 999.0}, {778.9, 779.0},
    {10.2, 11.1},   {117.6, 118.3}, {228.9, 229.2}, {668.4, 669.1}, {449.2, 448.9}, {0.2, 0.5}};
enum { NORRIS_COUNT = sizeof norris / sizeof norris[0] };

/* Certified values; 1e-12 is what sums of 36 terms leave of double's 1e-16 here. */
static void norris_is_met(void **state)
{
  (void)state;
  double x[NORRIS_COUNT], y[NORRIS_COUNT], residual[NORRIS_COUNT];
  for (size_t k = 0; k < NORRIS_COUNT; k++) {
    y[k] = norris[k][0];
    x[k] = norris[k][1];
  }
  struct stance_calibration_fit fit;
  assert_int_equal(stance_calibration_fit(x, y, NORRIS_COUNT, &fit, residual, NULL), STANCE_OK);
  assert_close(fit.intercept_n, -0.262323073774029, 1e-12);
  assert_close(fit.slope_n_per_unit, 1.00211681802045, 1e-14);
  assert_close(fit.intercept_uncertainty, 0.232818234301152, 1e-12);
  assert_close(fit.slope_uncertainty, 0.429796848199937e-3, 1e-12);
  assert_close(fit.residual_sd_n, 0.884796396144373, 1e-12);
  assert_close(fit.r_squared, 0.999993745883712, 1e-14);
  for (size_t k = 0; k < NORRIS_COUNT; k++)
    assert_true(fabs(residual[k] - (y[k] - fit.intercept_n - fit.slope_n_per_unit * x[k])) < 1e-10);
}

/* A real load cell: deflection over load. The values are derived in exact rationals. */
static void pontius_is_met(void **state)
{
  (void)state;
  const char *folder = getenv("STANCE_REFERENCE_DATA");
  char path[1024];
  double load[64], deflection[64];
  size_t count = 0;
  snprintf(path, sizeof path, "%s/nist_pontius.csv", folder != NULL ? folder : ".");
  FILE *file = fopen(path, "r");
  if (file == NULL)
    skip();
  char line[128];
  while (fgets(line, sizeof line, file) != NULL && count < 64) {
    char *comma, *end;
    load[count] = strtod(line, &comma);
    if (comma == line || *comma != ',')
      continue; /* the header */
    deflection[count] = strtod(comma + 1, &end);
    assert_true(end > comma + 1);
    count++;
  }
  fclose(file);
  assert_int_equal(count, 40);

  struct stance_calibration_fit fit;
  assert_int_equal(stance_calibration_fit(load, deflection, count, &fit, NULL, NULL), STANCE_OK);
  assert_close(fit.slope_n_per_unit, 7.221025814536341e-07, 2e-15);
  assert_close(fit.intercept_n, 0.006149684210526316, 1e-12);
  assert_true(fabs(fit.nonlinearity_pct - 0.197150) <= 0.5e-6);
}

/* A closed form: y = x² at 0, 1, 2, 3, 4 gives slope 4, intercept −2, Σr² = 14. */
static void a_parabola_has_its_closed_form(void **state)
{
  (void)state;
  const double x[] = {0, 1, 2, 3, 4}, y[] = {0, 1, 4, 9, 16};
  const double expected_residual[] = {2, -1, -2, -1, 2};
  double residual[5];
  struct stance_calibration_fit fit;
  assert_int_equal(stance_calibration_fit(x, y, 5, &fit, residual, NULL), STANCE_OK);
  assert_close(fit.slope_n_per_unit, 4.0, 1e-15);
  assert_close(fit.intercept_n, -2.0, 1e-15);
  assert_close(fit.residual_sd_n, sqrt(14.0 / 3.0), 1e-14);
  assert_close(fit.slope_uncertainty, sqrt(14.0 / 3.0 / 10.0), 1e-14);
  assert_close(fit.intercept_uncertainty, sqrt(14.0 / 3.0 * (1.0 / 5.0 + 4.0 / 10.0)), 1e-14);
  assert_close(fit.covariance, -2.0 * 14.0 / 3.0 / 10.0, 1e-14);
  assert_close(fit.r_squared, 1.0 - 14.0 / 174.0, 1e-14);
  assert_close(fit.nonlinearity_pct, 12.5, 1e-14);
  for (size_t k = 0; k < 5; k++)
    assert_true(fabs(residual[k] - expected_residual[k]) < 1e-14);
}

static void refused_with(const double *x, const double *y, size_t count, const char *words)
{
  struct stance_calibration_fit fit, untouched;
  memset(&untouched, 0x5a, sizeof untouched);
  fit = untouched;
  struct stance_problem problem;
  assert_int_equal(stance_calibration_fit(x, y, count, &fit, NULL, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, words));
  assert_memory_equal(&fit, &untouched, sizeof fit);
}

static void impossible_points_are_refused(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3}, y[] = {10, 20, 30}, same[] = {5, 5, 5};
  const double hole[] = {1, (double)NAN, 3}, huge[] = {-1.7e308, 0, 1.7e308};
  refused_with(x, y, 2, "at least 3");
  refused_with(same, y, 3, "at least two different");
  refused_with(hole, y, 3, "point 2");
  refused_with(x, hole, 3, "point 2");
  refused_with(huge, huge, 3, "too far apart");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(norris_is_met),
      cmocka_unit_test(pontius_is_met),
      cmocka_unit_test(a_parabola_has_its_closed_form),
      cmocka_unit_test(impossible_points_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
