/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise that is measured and made anew, the force under it, the intervals that come of it, and the
   spread of other people's onsets. How often the intervals hold: conformance/test_coverage.c. */
#include "denoise.h"
#include "noise.h"
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { COUNT = 20000 };

static void gaussian_moments_and_tails(void **state)
{
  (void)state;
  struct noise_random random;
  noise_random_init(&random, 7);
  double sum = 0, squares = 0;
  int beyond_two = 0, beyond_four = 0;
  const int count = 1000000;
  for (int i = 0; i < count; i++) {
    const double x = noise_gaussian(&random);
    sum += x;
    squares += x * x;
    beyond_two += fabs(x) > 2 ? 1 : 0;
    beyond_four += fabs(x) > 4 ? 1 : 0;
  }
  /* within five standard deviations of what a normal distribution gives */
  assert_true(fabs(sum / count) < 5e-3);
  assert_true(fabs(squares / count - 1) < 7.1e-3);
  assert_true(abs(beyond_two - 45500) < 1045);
  assert_true(abs(beyond_four - 63) < 40);
}

static void colour_is_recovered(void **state)
{
  (void)state;
  static double zero[COUNT], noise[COUNT];
  const struct noise_model made = {.sd_n = 2.2942, /* 1/√(1 − 0.81) */
                                   .innovation_sd_n = 1,
                                   .order = 1,
                                   .coefficient = {0.9},
                                   .correlation = 19};
  struct noise_random random;
  noise_random_init(&random, 8);
  noise_add(&made, &random, zero, COUNT, noise);
  struct noise_model found;
  assert_true(noise_model_fit(noise, 0, COUNT, &found));
  assert_true(found.order >= 1 && fabs(found.coefficient[0] - 0.9) < 0.04);
  assert_true(fabs(found.sd_n - made.sd_n) < 0.25 && fabs(found.correlation - 19) < 5);
  /* a hundred samples of this are five independent ones */
  assert_false(noise_model_fit(noise, 0, 100, &found));
}

static void white_noise_has_no_order(void **state)
{
  (void)state;
  static double zero[COUNT], noise[COUNT];
  const struct noise_model made = {.sd_n = 0.5, .innovation_sd_n = 0.5, .correlation = 1};
  struct noise_random random;
  noise_random_init(&random, 9);
  noise_add(&made, &random, zero, COUNT, noise);
  struct noise_model found;
  assert_true(noise_model_fit(noise, 0, 1000, &found));
  assert_int_equal(found.order, 0);
  assert_true(fabs(found.sd_n - 0.5) < 0.06);
  noise[500] = (double)NAN;
  assert_false(noise_model_fit(noise, 0, 1000, &found));
  memset(noise, 0, sizeof noise);
  assert_true(noise_model_fit(noise, 0, 1000, &found) && found.sd_n == 0);
}

/* A corner between rest and 6 N a sample, and a plateau: the plateau becomes smooth, the corner
   stays. */
static void smooth_where_it_may_be(void **state)
{
  (void)state;
  enum { CORNER = 500, TOP = 550, END = 2500 };
  static double clean[END], noisy[END], found[END], scratch[2 * END + 1];
  for (int i = 0; i < END; i++)
    clean[i] = i < CORNER ? 20 : i < TOP ? 20 + 6.0 * (i - CORNER) : 320;
  const struct noise_model model = {.sd_n = 1, .innovation_sd_n = 1, .correlation = 1};
  struct noise_random random;
  noise_random_init(&random, 10);
  noise_add(&model, &random, clean, END, noisy);
  denoise(&model, noisy, END, scratch, found);
  double squares = 0, highest = 0, corner = 0;
  for (int i = TOP + 100; i < END; i++)
    squares += (found[i] - 320) * (found[i] - 320);
  for (int i = 0; i < END; i++)
    highest = fmax(highest, found[i]);
  for (int i = CORNER - 3; i < CORNER + 6; i++)
    corner = fmax(corner, fabs(found[i] - clean[i]));
  assert_true(sqrt(squares / (END - TOP - 100)) < 0.2);
  assert_true(highest < 321); /* the raw maximum is above 323 */
  assert_true(corner < 4.5);
  const struct noise_model silent = {.correlation = 1};
  denoise(&silent, clean, END, scratch, found);
  assert_memory_equal(found, clean, sizeof clean);
}

static const struct stance_force_uncertainty known[STANCE_MEASURED_SIDE_COUNT] = {
    [STANCE_TOTAL] = {.known = true, .scale = 0.0025, .covariance = {0, 0, 0.04}},
};

static struct stance_force_trace noisy_trace(double sd_n)
{
  struct stance_force_trace trace = fixture_trace("T", 12, 1000);
  const struct fixture_effort effort = {
      .shape = FIXTURE_EXPONENTIAL, .start_s = 6, .stop_s = 8, .peak_n = 400, .tau_s = 0.15};
  fixture_add_constant(&trace, STANCE_TOTAL, 30);
  fixture_add(&trace, STANCE_TOTAL, &effort);
  struct noise_random random;
  noise_random_init(&random, 11);
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_TOTAL][i] += sd_n * noise_gaussian(&random);
  return trace;
}

static struct stance_result analysed(const struct stance_force_trace *trace,
                                     enum stance_uncertainty_extent extent)
{
  const struct stance_protocol protocol = fixture_protocol("isometric");
  struct stance_analysis_context context = fixture_context();
  context.force_uncertainty = known;
  context.uncertainty = extent;
  return fixture_analyze(trace, &protocol, &context);
}

static double uncertainty_of(const struct stance_result *result, enum stance_metric metric)
{
  return result->repetition[0].value[STANCE_TOTAL][metric].uncertainty;
}

static void extent_decides(void **state)
{
  (void)state;
  struct stance_force_trace trace = noisy_trace(0.4);
  struct stance_result none = analysed(&trace, STANCE_UNCERTAINTY_NONE);
  struct stance_result linear = analysed(&trace, STANCE_UNCERTAINTY_LINEAR);
  const clock_t before = clock();
  struct stance_result full = analysed(&trace, STANCE_UNCERTAINTY_FULL);
  const double took_s = (double)(clock() - before) / CLOCKS_PER_SEC;
  assert_true(isnan(uncertainty_of(&none, STANCE_METRIC_BASELINE_FORCE)));
  assert_true(uncertainty_of(&linear, STANCE_METRIC_BASELINE_FORCE) > 0);
  assert_true(isnan(uncertainty_of(&linear, STANCE_METRIC_RFD_0_100MS)));
  assert_true(uncertainty_of(&full, STANCE_METRIC_PEAK_FORCE) > 2 * 0.0025 * 400);
  assert_true(uncertainty_of(&full, STANCE_METRIC_RFD_0_100MS) > 2 * 0.0025 * 1800);
  assert_true(uncertainty_of(&full, STANCE_METRIC_RFD_0_100MS) < 100);
  assert_true(isnan(uncertainty_of(&full, STANCE_METRIC_TIME_TO_PEAK)));
  assert_true(took_s < 1); /* the issue's own limit; a sanitizer keeps it too */
  struct stance_uncertainty_budget budget;
  assert_true(stance_result_budget(&full, &full.repetition[0], STANCE_TOTAL,
                                   STANCE_METRIC_PEAK_FORCE, &budget));
  assert_true(budget.bias > 0.4 && budget.bias < 2); /* of 2,000 samples' maximum: about 3 SD */
  assert_true(stance_result_budget(&full, &full.repetition[0], STANCE_TOTAL,
                                   STANCE_METRIC_RFD_0_100MS, &budget));
  assert_true(budget.expanded == uncertainty_of(&full, STANCE_METRIC_RFD_0_100MS));
  stance_result_finish(&none);
  stance_result_finish(&linear);
  stance_result_finish(&full);
  fixture_finish(&trace);
}

static void same_recording_same_digits(void **state)
{
  (void)state;
  struct stance_force_trace trace = noisy_trace(0.5);
  struct stance_result first = analysed(&trace, STANCE_UNCERTAINTY_FULL);
  struct stance_result second = analysed(&trace, STANCE_UNCERTAINTY_FULL);
  for (int m = 0; m < STANCE_METRIC_COUNT; m++) {
    const double a = uncertainty_of(&first, (enum stance_metric)m);
    const double b = uncertainty_of(&second, (enum stance_metric)m);
    assert_true(a == b || (isnan(a) && isnan(b)));
  }
  stance_result_finish(&first);
  stance_result_finish(&second);
  fixture_finish(&trace);
}

/* Noise of more than a twentieth of the threshold; a lost sample leaves nothing to
   smooth. */
static void nothing_where_it_would_not_hold(void **state)
{
  (void)state;
  struct stance_force_trace loud = noisy_trace(0.7), holed = noisy_trace(0.5);
  fixture_lose(&holed, 7000, 1);
  struct stance_result by_noise = analysed(&loud, STANCE_UNCERTAINTY_FULL);
  struct stance_result by_gap = analysed(&holed, STANCE_UNCERTAINTY_FULL);
  assert_true(isnan(uncertainty_of(&by_noise, STANCE_METRIC_RFD_0_100MS)));
  assert_true(isnan(uncertainty_of(&by_gap, STANCE_METRIC_RFD_0_100MS)));
  stance_result_finish(&by_noise);
  stance_result_finish(&by_gap);
  fixture_finish(&loud);
  fixture_finish(&holed);
}

/* Of an exponential, RFD is less by threshold over height, whatever the window: SCIENCE 1.3. */
static void spread_of_onsets(void **state)
{
  (void)state;
  struct stance_force_trace trace = noisy_trace(0.01);
  struct stance_protocol protocol = fixture_protocol("isometric");
  protocol.effort = STANCE_EFFORT_EXPLOSIVE;
  struct stance_analysis_context context = fixture_context();
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  const struct stance_value *rfd =
      &result.repetition[0].value[STANCE_TOTAL][STANCE_METRIC_RFD_0_100MS];
  const double without_threshold = 1946.331524; /* SCIENCE 10.1, A */
  assert_int_equal(rfd->spread_count, 4);       /* no body mass, no part of body weight */
  fixture_assert_close(rfd->spread_low, without_threshold * (1 - 75.0 / 400), 0.008);
  fixture_assert_close(rfd->spread_high, without_threshold, 0.008);
  assert_true(rfd->spread_low < rfd->value && rfd->value < rfd->spread_high);
  stance_result_finish(&result);
  context.body_mass_kg = 80; /* 39.2 N */
  result = fixture_analyze(&trace, &protocol, &context);
  assert_int_equal(
      result.repetition[0].value[STANCE_TOTAL][STANCE_METRIC_FORCE_AT_100MS].spread_count, 5);
  assert_int_equal(result.repetition[0].value[STANCE_TOTAL][STANCE_METRIC_PEAK_FORCE].spread_count,
                   0);
  stance_result_finish(&result);
  fixture_finish(&trace);
}

static void unknown_calibration_is_said(void **state)
{
  (void)state;
  struct stance_force_trace trace = noisy_trace(0.01);
  const struct stance_protocol protocol = fixture_protocol("isometric");
  static const struct stance_force_uncertainty newtons[STANCE_MEASURED_SIDE_COUNT] = {
      [STANCE_TOTAL] = {.known = true}};
  struct stance_analysis_context context = fixture_context();
  context.force_uncertainty = newtons;
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  const struct stance_value *value = result.repetition[0].value[STANCE_TOTAL];
  assert_true(value[STANCE_METRIC_BASELINE_FORCE].uncertainty > 0);
  assert_true(fixture_has(&value[STANCE_METRIC_BASELINE_FORCE], STANCE_REASON_CALIBRATION_UNKNOWN));
  assert_false(fixture_has(&value[STANCE_METRIC_TIME_TO_PEAK], STANCE_REASON_CALIBRATION_UNKNOWN));
  stance_result_finish(&result);
  fixture_finish(&trace);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gaussian_moments_and_tails),
      cmocka_unit_test(colour_is_recovered),
      cmocka_unit_test(white_noise_has_no_order),
      cmocka_unit_test(smooth_where_it_may_be),
      cmocka_unit_test(extent_decides),
      cmocka_unit_test(same_recording_same_digits),
      cmocka_unit_test(nothing_where_it_would_not_hold),
      cmocka_unit_test(spread_of_onsets),
      cmocka_unit_test(unknown_calibration_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
