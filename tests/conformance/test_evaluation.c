/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calibration points against certified values, closed forms and worked examples. */
#include "stance/evaluation.h"
#include "support/failing_allocator.h"

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

enum { PONTIUS_COUNT = 40 };

static void read_pontius(double *ret_load, double *ret_deflection)
{
  const char *folder = getenv("STANCE_REFERENCE_DATA");
  char path[1024], line[128];
  size_t count = 0;
  snprintf(path, sizeof path, "%s/nist_pontius.csv", folder != NULL ? folder : ".");
  FILE *file = fopen(path, "r");
  if (file == NULL)
    skip();
  while (fgets(line, sizeof line, file) != NULL && count < PONTIUS_COUNT)
    if (sscanf(line, "%lf,%lf", &ret_load[count], &ret_deflection[count]) == 2)
      count++;
  fclose(file);
  assert_int_equal(count, PONTIUS_COUNT);
}

/* NIST StRD, data set Pontius: a real load cell, certified to 15 digits. The standard deviations
   of the coefficients are NIST's too. */
static void pontius_is_met_to_the_certified_digits(void **state)
{
  (void)state;
  double load[PONTIUS_COUNT], deflection[PONTIUS_COUNT], residual[PONTIUS_COUNT];
  struct stance_polynomial polynomial;
  read_pontius(load, deflection);
  assert_int_equal(
      stance_polynomial_fit(load, deflection, PONTIUS_COUNT, 2, 0.0, &polynomial, residual, NULL),
      STANCE_OK);
  /* The readings are decimals up to 2: rounding them to doubles moves the intercept by 2e-17 and a
     residual of 2e-4 by up to 2e-16. */
  assert_close(polynomial.coefficient[0], 0.673565789473684E-03, 5e-14);
  assert_close(polynomial.coefficient[1], 0.732059160401003E-06, 2e-15);
  assert_close(polynomial.coefficient[2], -0.316081871345029E-14, 1e-14);
  assert_close(polynomial.residual_sd, 0.205177424076185E-03, 1e-13);
  assert_close(sqrt(polynomial.covariance[0]), 0.107938612033077E-03, 1e-13);
  assert_close(sqrt(polynomial.covariance[2]), 0.157817399981659E-09, 1e-13);
  assert_close(sqrt(polynomial.covariance[5]), 0.486652849992036E-16, 1e-13);
  double mean = 0, total = 0, left = 0;
  for (size_t k = 0; k < PONTIUS_COUNT; k++)
    mean += deflection[k] / PONTIUS_COUNT;
  for (size_t k = 0; k < PONTIUS_COUNT; k++) {
    total += (deflection[k] - mean) * (deflection[k] - mean);
    left += residual[k] * residual[k];
  }
  assert_close(1.0 - left / total, 0.999999900178537, 1e-14);
  /* ASTM E74's 2.4 · s, and that in loads. */
  assert_true(fabs(2.4 * polynomial.residual_sd - 4.924258e-4) <= 0.5e-10);
  assert_true(fabs(2.4 * polynomial.residual_sd / polynomial.coefficient[1] - 672.66) <= 0.005);
}

static void pontius_repeats_itself(void **state)
{
  (void)state;
  double load[PONTIUS_COUNT], deflection[PONTIUS_COUNT], largest = 0;
  read_pontius(load, deflection);
  for (size_t k = 0; k < PONTIUS_COUNT / 2; k++) {
    const double reading[] = {deflection[k], deflection[k + PONTIUS_COUNT / 2]};
    assert_true(load[k] == load[k + PONTIUS_COUNT / 2]);
    largest = fmax(largest, stance_repeatability_pct(reading, 2));
  }
  assert_true(fabs(largest - 0.299035) <= 0.5e-6);
}

/* The same cell as a calibration: force over reading. It has earned a curve. */
static void pontius_earns_its_curve(void **state)
{
  (void)state;
  double load[PONTIUS_COUNT], deflection[PONTIUS_COUNT];
  struct stance_calibration_point point[PONTIUS_COUNT];
  struct stance_evaluation evaluation;
  read_pontius(load, deflection);
  for (size_t k = 0; k < PONTIUS_COUNT; k++)
    point[k] = (struct stance_calibration_point){
        .repeat = k < 20 ? 1 : 2, .applied_n = load[k], .raw = deflection[k]};
  assert_int_equal(stance_evaluate(point, PONTIUS_COUNT, 1, &evaluation, NULL, NULL), STANCE_OK);
  assert_int_equal(evaluation.curve.degree, 1);
  assert_true(isnan(evaluation.curve_chance));
  const double line_error_pct = evaluation.quality.fit_error_pct;
  assert_close(line_error_pct, evaluation.quality.nonlinearity_pct, 1e-9);
  assert_int_equal(stance_evaluate(point, PONTIUS_COUNT, 3, &evaluation, NULL, NULL), STANCE_OK);
  assert_int_equal(evaluation.curve.degree, 2);
  assert_true(evaluation.curve_chance < 1e-20);
  assert_true(evaluation.quality.fit_error_pct < line_error_pct / 5);
  assert_int_equal(evaluation.load_count, 20);
  assert_int_equal(evaluation.repeat_count, 2);
  /* Less than at the reading itself: the curve's zero is not the deflection's. */
  assert_true(fabs(evaluation.quality.repeatability_pct - 0.299035) < 0.01);
  assert_true(isnan(evaluation.quality.hysteresis_pct));
}

/* Zero is where the curve is zero; the covariance is about it. For a line s and x̄ are known. */
static void a_line_has_its_zero_and_covariance(void **state)
{
  (void)state;
  static const double wobble[] = {0.3, -0.5, 0.1, 0.4, -0.3}; /* of the force, N */
  struct stance_calibration_point point[5];
  double mean = 0, square = 0;
  for (size_t k = 0; k < 5; k++) {
    point[k] = (struct stance_calibration_point){
        .repeat = 1, .applied_n = -20.0 * (double)k + wobble[k], .raw = 7.0 + (double)k};
    mean += point[k].raw / 5;
  }
  struct stance_evaluation evaluation;
  double residual[5];
  assert_int_equal(stance_evaluate(point, 5, 3, &evaluation, residual, NULL), STANCE_OK);
  assert_int_equal(evaluation.curve.degree, 1);
  const struct stance_calibration_fit *line = &evaluation.line;
  assert_close(evaluation.curve.coefficient[1], line->slope_n_per_unit, 1e-14);
  assert_close(evaluation.zero_raw, -line->intercept_n / line->slope_n_per_unit, 1e-13);
  for (size_t k = 0; k < 5; k++)
    square += (point[k].raw - mean) * (point[k].raw - mean);
  const double s2 = line->residual_sd_n * line->residual_sd_n;
  const double lever = evaluation.zero_raw - mean;
  assert_close(evaluation.quality.covariance[0], s2 * (0.2 + lever * lever / square), 1e-12);
  assert_close(evaluation.quality.covariance[1], s2 * lever / square, 1e-12);
  assert_close(evaluation.quality.covariance[2], s2 / square, 1e-12);
  struct stance_calibration_channel channel = {.side = STANCE_LEFT};
  stance_evaluation_use(&evaluation, &channel);
  assert_int_equal(channel.polarity, -1); /* the sensor hangs the other way round */
  assert_close(channel.slope_n_per_unit, -line->slope_n_per_unit, 1e-14);
  assert_int_equal(channel.method, STANCE_METHOD_POINTS);
  assert_close(evaluation.lower_limit_n, 2.4 * line->residual_sd_n, 1e-13);
  for (size_t k = 0; k < 5; k++)
    assert_true(fabs(residual[k] - (point[k].applied_n +
                                    channel.slope_n_per_unit * (point[k].raw - channel.zero_raw))) <
                1e-12);
}

static struct stance_calibration_point at(double applied_n, double raw,
                                          enum stance_load_direction direction, unsigned repeat)
{
  return (struct stance_calibration_point){
      .applied_n = applied_n, .raw = raw, .direction = direction, .repeat = repeat};
}

/* Readings in newtons whose line is the identity, because errors come in pairs about it. */
static void differences_of_the_sensor_have_their_closed_forms(void **state)
{
  (void)state;
  const struct stance_calibration_point points[] = {
      at(1000, 2000, STANCE_LOAD_PRELOAD, 1), /* nothing of it is fitted */
      at(0, 1, STANCE_LOAD_UP, 1),
      at(500, 505, STANCE_LOAD_UP, 1),
      at(1000, 1000, STANCE_LOAD_UP, 1),
      at(1000, 1003, STANCE_LOAD_HOLD, 1),
      at(1000, 996, STANCE_LOAD_HOLD, 1),
      at(500, 495, STANCE_LOAD_DOWN, 1),
      at(0, -1, STANCE_LOAD_DOWN, 1),
      at(0, 1, STANCE_LOAD_UP, 2),
      at(500, 495, STANCE_LOAD_UP, 2),
      at(1000, 1000, STANCE_LOAD_UP, 2),
      at(500, 505, STANCE_LOAD_DOWN, 2),
      at(0, -1, STANCE_LOAD_DOWN, 2),
  };
  enum { COUNT = sizeof points / sizeof *points };
  struct stance_evaluation evaluation;
  double residual[COUNT];
  assert_int_equal(stance_evaluate(points, COUNT, 1, &evaluation, residual, NULL), STANCE_OK);
  const struct stance_calibration_quality *quality = &evaluation.quality;
  const double slope = evaluation.curve.coefficient[1]; /* a hair below 1 */
  assert_close(slope, 1.0, 1e-3);
  assert_close(quality->range_n, 1000, 0);
  assert_close(quality->hysteresis_pct, slope * 1.0, 1e-12);                /* 10 of 1000 N */
  assert_close(quality->zero_return_pct, slope * 0.2, 1e-12);               /* 2 of 1000 N */
  assert_close(quality->creep_pct, slope * 0.4, 1e-12);                     /* 4 of 1000 N */
  assert_close(quality->repeatability_pct, slope * 100 * 10 / 500.0, 1e-3); /* 505 and 495 */
  assert_close(quality->reversibility_pct, slope * 100 * 10 / 495.0, 1e-3);
  assert_close(residual[0], 1000 - slope * (2000 - evaluation.zero_raw), 1e-12);
  assert_int_equal(points[evaluation.worst_point].applied_n, 500);

  char reason[64];
  assert_true(stance_evaluation_is_good(&evaluation, points, 2.5, reason, sizeof reason));
  assert_string_equal(reason, "");
  assert_false(stance_evaluation_is_good(&evaluation, points, 1.5, reason, sizeof reason));
  assert_non_null(strstr(reason, "repeatability 2 % of reading, limit 1.5 %"));
  evaluation.quality.repeatability_pct = (double)NAN;
  evaluation.quality.hysteresis_pct = 0.1;
  assert_false(stance_evaluation_is_good(&evaluation, points, 0.3, reason, sizeof reason));
  if (strstr(reason, "(500 N): 0.5007 % of range, limit 0.3 %") == NULL)
    fail_msg("%s", reason);
}

static void refused(const struct stance_calibration_point *points, size_t count, const char *words)
{
  struct stance_evaluation evaluation, untouched;
  memset(&untouched, 0x5a, sizeof untouched);
  memcpy(&evaluation, &untouched, sizeof evaluation);
  struct stance_problem problem = {""};
  assert_int_equal(stance_evaluate(points, count, 3, &evaluation, NULL, &problem), STANCE_INPUT);
  if (strstr(problem.text, words) == NULL)
    fail_msg("'%s' does not say '%s'", problem.text, words);
  assert_memory_equal(&evaluation, &untouched, sizeof evaluation);
}

static void impossible_points_are_refused(void **state)
{
  (void)state;
  struct stance_calibration_point points[] = {at(0, 1, STANCE_LOAD_UP, 1),
                                              at(10, 2, STANCE_LOAD_UP, 1),
                                              at(20, 3, STANCE_LOAD_PRELOAD, 1),
                                              at(20, 1, STANCE_LOAD_UP, 1),
                                              at(30, (double)NAN, STANCE_LOAD_UP, 1),
                                              at(30, 1, STANCE_LOAD_HOLD, 1)};
  refused(points, 0, "0 calibration points");
  refused(points, 3, "2 calibration points");
  refused(points, 6, "not a number");
  points[1].raw = 1;
  refused(points, 4, "all 3 calibration points read 1");
  points[0] = at(10, 1, STANCE_LOAD_UP, 1);
  points[1] = at(10, 2, STANCE_LOAD_UP, 1);
  points[3] = at(10, 3, STANCE_LOAD_UP, 1);
  refused(points, 4, "does not follow the force");
}

/* A data sheet: 2 mV/V at 500 kg, supplied with 5 V. */
static void a_data_sheet_gives_a_slope(void **state)
{
  (void)state;
  struct stance_sensitivity sheet = {.sensitivity_mv_per_v = 2.0, .capacity_n = 500 * 9.80665};
  struct stance_problem problem;
  double slope = 0;
  assert_int_equal(stance_sensitivity_slope(&sheet, "mV/V", &slope, &problem), STANCE_OK);
  assert_close(slope, 2451.6625, 1e-15);
  assert_int_equal(stance_sensitivity_slope(&sheet, "V", &slope, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "--excitation"));
  sheet.excitation_v = 5;
  assert_int_equal(stance_sensitivity_slope(&sheet, "mV", &slope, &problem), STANCE_OK);
  assert_close(slope, 490.3325, 1e-15);
  sheet.gain = 100;
  assert_int_equal(stance_sensitivity_slope(&sheet, "V", &slope, &problem), STANCE_OK);
  assert_close(slope, 4903.325, 1e-14);
  assert_int_equal(stance_sensitivity_slope(&sheet, "counts", &slope, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "--counts-per-volt"));
  sheet.units_per_volt = 3276.8;
  assert_int_equal(stance_sensitivity_slope(&sheet, "counts", &slope, &problem), STANCE_OK);
  assert_close(slope, 4903.325 / 3276.8, 1e-14);
  assert_int_equal(stance_sensitivity_slope(&sheet, "N", &slope, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "known loads"));
  sheet.capacity_n = 0;
  assert_int_equal(stance_sensitivity_slope(&sheet, "mV/V", &slope, &problem), STANCE_USAGE);
}

/* WGS 84's own values at the equator and the poles; 0.3 % between them is what a nominal g costs.
 */
static void gravity_is_local(void **state)
{
  (void)state;
  assert_close(stance_gravity_at(0, 0), 9.7803253359, 1e-15);
  assert_close(stance_gravity_at(90, 0), 9.8321849378, 1e-10);
  assert_close(stance_gravity_at(-90, 0), 9.8321849378, 1e-10);
  assert_close(stance_gravity_at(45, 1000), stance_gravity_at(45, 0) - 3.086e-3, 1e-15);
}

static bool evaluate_and_forget(void *context)
{
  struct stance_evaluation evaluation;
  struct stance_problem problem = {""};
  const enum stance_status status = stance_evaluate(context, 12, 3, &evaluation, NULL, &problem);
  assert_true(status == STANCE_OK || (status == STANCE_MEMORY && problem.text[0] != '\0'));
  return status == STANCE_OK;
}

static void every_failed_allocation_is_reported(void **state)
{
  (void)state;
  if (!failing_allocator_works())
    skip();
  struct stance_calibration_point points[12];
  for (size_t k = 0; k < 12; k++)
    points[k] = at(100.0 * (double)k + 5.0 * (double)(k * k), 0.1 * (double)k, STANCE_LOAD_UP, 1);
  struct failing_allocator_sweep sweep = failing_allocator_sweep(evaluate_and_forget, points);
  assert_true(sweep.allocations >= 10);
  assert_int_equal(sweep.reported, sweep.allocations);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pontius_is_met_to_the_certified_digits),
      cmocka_unit_test(pontius_repeats_itself),
      cmocka_unit_test(pontius_earns_its_curve),
      cmocka_unit_test(a_line_has_its_zero_and_covariance),
      cmocka_unit_test(differences_of_the_sensor_have_their_closed_forms),
      cmocka_unit_test(impossible_points_are_refused),
      cmocka_unit_test(a_data_sheet_gives_a_slope),
      cmocka_unit_test(gravity_is_local),
      cmocka_unit_test(every_failed_allocation_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
