/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worked examples that people calculate by hand, through the whole analysis. */
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double left_n[3] = {310, 325, 318}, right_n[3] = {352, 360, 347};

/* Three Nordic repetitions: 3 s of lowering, then the fall. */
static struct stance_result nordic(void)
{
  struct stance_force_trace trace = fixture_trace("LR", 50, 1000);
  for (int k = 0; k < 3; k++) {
    struct fixture_effort effort = {.shape = FIXTURE_RAMP,
                                    .start_s = 8 + 13 * k,
                                    .stop_s = 11 + 13 * k,
                                    .peak_n = left_n[k],
                                    .tau_s = 3};
    fixture_add(&trace, STANCE_LEFT, &effort);
    effort.peak_n = right_n[k];
    fixture_add(&trace, STANCE_RIGHT, &effort);
  }
  struct stance_protocol protocol = fixture_protocol("nordic");
  struct stance_analysis_context context = fixture_context();
  context.body_mass_kg = 82;
  context.lever_m = 0.42;
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  fixture_finish(&trace);
  return result;
}

static double of(const struct stance_value value[STANCE_METRIC_COUNT], enum stance_metric metric)
{
  return fixture_number(&value[metric]);
}

static void nordic_at_82_kg(void **state)
{
  (void)state;
  struct stance_result result = nordic();
  assert_int_equal(result.repetition_count, 3);
  for (int k = 0; k < 3; k++) {
    const struct stance_repetition *repetition = &result.repetition[k];
    assert_int_equal(repetition->status, STANCE_REPETITION_ACCEPTED);
    assert_int_equal(repetition->number, k + 1);
    assert_int_equal(repetition->order, k + 1);
    assert_int_equal(repetition->side, STANCE_BOTH);
    fixture_assert_close(of(repetition->value[STANCE_LEFT], STANCE_METRIC_PEAK_FORCE), left_n[k],
                         1e-9);
    fixture_assert_close(of(repetition->value[STANCE_RIGHT], STANCE_METRIC_PEAK_FORCE), right_n[k],
                         1e-9);
    fixture_assert_close(of(repetition->value[STANCE_BOTH], STANCE_METRIC_ASYMMETRY_PEAK_FORCE),
                         100 * (right_n[k] - left_n[k]) / right_n[k], 1e-9);
    /* both sides peak at once here */
    fixture_assert_close(
        of(repetition->value[STANCE_BOTH], STANCE_METRIC_ASYMMETRY_PEAK_FORCE_SAME_INSTANT),
        100 * (right_n[k] - left_n[k]) / right_n[k], 1e-9);
    assert_true(fixture_has(&repetition->value[STANCE_LEFT][STANCE_METRIC_RFD_0_50MS],
                            STANCE_REASON_NOT_EXPLOSIVE));
    assert_true((repetition->reasons & STANCE_REASON_BIT(STANCE_REASON_NOT_EXPLOSIVE)) == 0);
  }
  const struct stance_value(*best)[STANCE_METRIC_COUNT] = result.summary[STANCE_SUMMARY_BEST];
  const struct stance_value(*three)[STANCE_METRIC_COUNT] = result.summary[STANCE_SUMMARY_MEAN_OF_3];
  const double best_left_n = of(best[STANCE_LEFT], STANCE_METRIC_PEAK_FORCE);
  const double best_right_n = of(best[STANCE_RIGHT], STANCE_METRIC_PEAK_FORCE);
  fixture_assert_close(best_left_n, 325, 1e-9);
  fixture_assert_close(best_right_n, 360, 1e-9);
  fixture_assert_close((best_left_n + best_right_n) / 2, 342.5, 1e-9);
  /* 3.96 and 4.39 N/kg, 9.72 %: to the printed digits */
  assert_true(fabs(of(best[STANCE_LEFT], STANCE_METRIC_PEAK_FORCE_PER_KG) - 3.96) < 0.005);
  assert_true(fabs(of(best[STANCE_RIGHT], STANCE_METRIC_PEAK_FORCE_PER_KG) - 4.39) < 0.005);
  assert_true(fabs(of(best[STANCE_BOTH], STANCE_METRIC_ASYMMETRY_PEAK_FORCE) - 9.722222) < 5e-7);
  fixture_assert_close(of(best[STANCE_RIGHT], STANCE_METRIC_PEAK_TORQUE), 360 * 0.42, 1e-9);
  fixture_assert_close(of(three[STANCE_LEFT], STANCE_METRIC_PEAK_FORCE), 953.0 / 3, 1e-9);
  fixture_assert_close(of(three[STANCE_RIGHT], STANCE_METRIC_PEAK_FORCE), 353, 1e-9);
  fixture_assert_close(of(three[STANCE_BOTH], STANCE_METRIC_ASYMMETRY_PEAK_FORCE),
                       100 * (353 - 953.0 / 3) / 353, 1e-9);
  assert_int_equal(result.used[STANCE_LEFT], 3);
  assert_int_equal(result.attempted[STANCE_RIGHT], 3);
  stance_result_finish(&result);
}

/* Quiet second that alternates between 832 and 836 N: mean 834.00, SD 2.0010, threshold 844.01;
   the peak stands 2071.0 N above the mean. Divided by body mass as it stands on the plates. */
static void mid_thigh_pull(void **state)
{
  (void)state;
  struct stance_force_trace trace = fixture_trace("T", 12, 1000);
  const struct fixture_effort effort = {
      .shape = FIXTURE_EXPONENTIAL, .start_s = 6, .stop_s = 9, .peak_n = 2071, .tau_s = 0.1};
  fixture_add(&trace, STANCE_TOTAL, &effort);
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_TOTAL][i] += i >= 6000 ? 834 : i % 2 == 0 ? 832 : 836;
  struct stance_protocol protocol = fixture_protocol("imtp");
  struct stance_analysis_context context = fixture_context();
  context.body_mass_kg = 2905.0 / 34.17;
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  fixture_finish(&trace);
  assert_int_equal(result.repetition_count, 1);
  const struct stance_value *value = result.repetition[0].value[STANCE_TOTAL];
  fixture_assert_close(of(value, STANCE_METRIC_BASELINE_FORCE), 834, 1e-12);
  assert_true(fabs(result.repetition[0].effort[STANCE_TOTAL].baseline_sd_n - 2.0010) < 5e-5);
  assert_true(fabs(of(value, STANCE_METRIC_ONSET_THRESHOLD) - 844.01) < 0.006);
  assert_true(fabs(of(value, STANCE_METRIC_PEAK_FORCE_NET) - 2071.0) < 0.05);
  assert_true(fabs(of(value, STANCE_METRIC_PEAK_FORCE_PER_KG) - 24.36) < 0.005);
  assert_true(fixture_has(&value[STANCE_METRIC_ONSET_THRESHOLD], STANCE_REASON_NOISE_DRIVEN));
  stance_result_finish(&result);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nordic_at_82_kg),
      cmocka_unit_test(mid_thigh_pull),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
