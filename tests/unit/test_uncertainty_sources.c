/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a value's uncertainty comes from: the profile of its side, the repetitions of a mean, and
   what makes it unknown. */
#include "stance/calibration.h"
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct stance_calibration two_cells(void)
{
  struct stance_calibration calibration = {
      .calibrated = true, .standard_uncertainty_pct = 0.4, .channel_count = 3};
  for (size_t c = 0; c < calibration.channel_count; c++) {
    struct stance_calibration_channel *channel = &calibration.channel[c];
    channel->side = c == 2 ? STANCE_SIDE_NONE : (enum stance_side)c;
    channel->polarity = 1;
    channel->slope_n_per_unit = 100;
    channel->quality = (struct stance_calibration_quality){
        .range_n = 1000,
        .residual_sd_n = c == 0 ? 0.3 : 0.4,
        .covariance = {0.01, 0, c == 0 ? 0.04 : 0.09},
        .zero_return_pct = (double)NAN,
    };
  }
  return calibration;
}

static const struct stance_channel channels[3] = {
    {.resolution = 0.003}, {.resolution = 0.004}, {.resolution = 9}};

static struct stance_force_uncertainty of(const struct stance_calibration *calibration,
                                          enum stance_side side)
{
  struct stance_force_uncertainty force;
  stance_calibration_uncertainty(calibration, channels, side, &force);
  return force;
}

static void each_side_has_its_channel(void **state)
{
  (void)state;
  const struct stance_calibration calibration = two_cells();
  const struct stance_force_uncertainty left = of(&calibration, STANCE_LEFT);
  assert_true(left.known && fabs(left.scale - 0.002) < 1e-15);
  assert_true(left.residual_n == 0.3 && left.drift_n == 0);
  assert_true(fabs(left.resolution_n - 0.3) < 1e-12);
  assert_true(fabs(stance_force_uncertainty_curve_n(&left, 500, true) - 1) < 1e-12);
}

/* Their own errors add by squares; the worse of the two curves stands for the sum. */
static void the_sum_has_both(void **state)
{
  (void)state;
  struct stance_calibration calibration = two_cells();
  const struct stance_force_uncertainty total = of(&calibration, STANCE_TOTAL);
  assert_true(total.known && fabs(total.residual_n - 0.5) < 1e-12);
  assert_true(fabs(total.resolution_n - 0.5) < 1e-12);
  assert_true(fabs(stance_force_uncertainty_curve_n(&total, 500, true) - 1.5) < 1e-12);
  assert_true(fabs(stance_force_uncertainty_curve_n(&total, 0, false) - sqrt(0.02)) < 1e-12);
  calibration.channel[2].side = STANCE_TOTAL; /* a column of its own: nothing is summed */
  assert_true(of(&calibration, STANCE_TOTAL).residual_n == 0.4);
}

static void zero_return_is_a_drift(void **state)
{
  (void)state;
  struct stance_calibration calibration = two_cells();
  calibration.channel[0].quality.zero_return_pct = -0.06;
  assert_true(fabs(of(&calibration, STANCE_LEFT).drift_n - 0.6 / sqrt(3)) < 1e-12);
}

static void unknown_stays_unknown(void **state)
{
  (void)state;
  struct stance_calibration calibration = two_cells();
  calibration.standard_uncertainty_pct = 0; /* noise alone, and flagged so */
  assert_true(of(&calibration, STANCE_LEFT).known && of(&calibration, STANCE_LEFT).scale == 0);
  calibration = two_cells();
  calibration.calibrated = false;
  assert_false(of(&calibration, STANCE_LEFT).known);
  calibration = two_cells();
  calibration.channel[1].side = STANCE_SIDE_NONE;
  assert_false(of(&calibration, STANCE_RIGHT).known);
  calibration = two_cells();
  calibration.plate_count = 1;
  calibration.plate[0].kind = STANCE_PLATE_MATRIX;
  calibration.channel[0].plate = 1;
  assert_false(of(&calibration, STANCE_LEFT).known);
}

/* Three efforts on one force, with noise that no generator is needed for: ± `noise_n` in turn. */
static struct stance_force_trace three_efforts(double noise_n)
{
  struct stance_force_trace trace = fixture_trace("T", 40, 1000);
  fixture_add_constant(&trace, STANCE_TOTAL, 20);
  for (int k = 0; k < 3; k++) {
    const struct fixture_effort effort = {.shape = FIXTURE_EXPONENTIAL,
                                          .start_s = 8 + 10 * k,
                                          .stop_s = 11 + 10 * k,
                                          .peak_n = 300 + 20 * k,
                                          .tau_s = 0.15};
    fixture_add(&trace, STANCE_TOTAL, &effort);
  }
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_TOTAL][i] += i % 2 == 0 ? noise_n : -noise_n;
  return trace;
}

static const struct stance_force_uncertainty one_percent[STANCE_MEASURED_SIDE_COUNT] = {
    [STANCE_TOTAL] = {.known = true, .scale = 0.005}};

/* Calibration is shared: it does not average out. Noise does. */
static void a_mean_averages_noise_alone(void **state)
{
  (void)state;
  struct stance_force_trace trace = three_efforts(0.1);
  const struct stance_protocol protocol = fixture_protocol("isometric");
  struct stance_analysis_context context = fixture_context();
  context.force_uncertainty = one_percent;
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  assert_int_equal(result.repetition_count, 3);
  const enum stance_metric metric = STANCE_METRIC_PEAK_FORCE;
  double sum = 0;
  for (size_t k = 0; k < 3; k++) {
    const struct stance_value *value = &result.repetition[k].value[STANCE_TOTAL][metric];
    const double sd = 0.1 * sqrt(1000.0 / 999.0); /* of a window of 1000, n − 1 */
    assert_true(fabs(value->uncertainty_own - sd) < 1e-9);
    assert_true(fabs(value->uncertainty - 2 * hypot(0.005 * value->value, sd)) < 1e-9);
    sum += value->value;
  }
  const struct stance_value *mean = &result.summary[STANCE_SUMMARY_MEAN][STANCE_TOTAL][metric];
  const double own = 0.1 * sqrt(1000.0 / 999.0 / 3.0);
  assert_true(fabs(mean->uncertainty_own - own) < 1e-9);
  assert_true(fabs(mean->uncertainty - 2 * hypot(0.005 * sum / 3, own)) < 1e-9);
  const struct stance_value *best = &result.summary[STANCE_SUMMARY_BEST][STANCE_TOTAL][metric];
  assert_true(best->uncertainty == result.repetition[2].value[STANCE_TOTAL][metric].uncertainty);
  stance_result_finish(&result);
  fixture_finish(&trace);
}

static struct stance_value peak_with(double noise_n, stance_reason_set force_flags,
                                     const struct stance_force_uncertainty *known)
{
  struct stance_force_trace trace = three_efforts(noise_n);
  const struct stance_protocol protocol = fixture_protocol("isometric");
  struct stance_analysis_context context = fixture_context();
  context.force_uncertainty = known;
  context.force_flags = force_flags;
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  const struct stance_value peak =
      result.repetition[0].value[STANCE_TOTAL][STANCE_METRIC_PEAK_FORCE];
  for (int metric = 0; known == NULL && metric < STANCE_METRIC_COUNT; metric++)
    assert_true(isnan(result.repetition[0].value[STANCE_TOTAL][metric].uncertainty));
  stance_result_finish(&result);
  fixture_finish(&trace);
  return peak;
}

/* No interval rather than a wrong one: nothing known, noise that raises the peak by more than the
   interval allows for, a calibration that has expired. The value stays. */
static void no_interval_where_none_holds(void **state)
{
  (void)state;
  const struct stance_value known = peak_with(0.1, 0, one_percent);
  assert_true(!isnan(known.uncertainty));
  assert_true(isnan(peak_with(0.1, 0, NULL).uncertainty));
  const struct stance_value noisy = peak_with(1, 0, one_percent);
  assert_true(isnan(noisy.uncertainty) && !isnan(noisy.value));
  const stance_reason_set expired = STANCE_REASON_BIT(STANCE_REASON_CALIBRATION_EXPIRED);
  const struct stance_value old = peak_with(0.1, expired, one_percent);
  assert_true(isnan(old.uncertainty) && old.value == known.value);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_side_has_its_channel),   cmocka_unit_test(the_sum_has_both),
      cmocka_unit_test(zero_return_is_a_drift),      cmocka_unit_test(unknown_stays_unknown),
      cmocka_unit_test(a_mean_averages_noise_alone), cmocka_unit_test(no_interval_where_none_holds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
