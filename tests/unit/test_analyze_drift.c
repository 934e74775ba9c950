/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The empty instrument before and after a test: what is corrected, what is flagged, and that
   neither is silent. */
#include "support/analysis_fixture.h"
#include "support/analysis_scene.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SECONDS = 60, RATE_HZ = 1000 };

/* Left and right empty, on it with a limb of 45 N, one effort each, off again. */
static void prepare(void)
{
  trace = fixture_trace("LR", SECONDS, RATE_HZ);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    for (size_t i = 5 * RATE_HZ; i < (SECONDS - 5) * RATE_HZ; i++)
      trace.force_n[side][i] += 45;
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 0, 3);
  fixture_phase(&trace, STANCE_PHASE_LIMB, 8, 10);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 10, 50);
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 56, 59);
  add_effort(STANCE_LEFT, 15, 200);
  add_effort(STANCE_RIGHT, 35, 200);
}

static void drift(enum stance_side side, double n_per_s)
{
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[side][i] += n_per_s * (double)i / RATE_HZ;
}

static void jump(enum stance_side side, double at_s, double by_n)
{
  for (size_t i = (size_t)(at_s * RATE_HZ); i < trace.sample_count; i++)
    trace.force_n[side][i] += by_n;
}

static const struct stance_value *of(enum stance_side side)
{
  return result.repetition[side == STANCE_RIGHT].value[side];
}

/* 4.4 N in 56 s: forces are those of a sensor that does not drift. */
static void steady_drift_is_corrected_and_stated(void **state)
{
  (void)state;
  prepare();
  drift(STANCE_LEFT, 0.08);
  drift(STANCE_RIGHT, -0.05);
  analyse("iso-supine-90-90");
  assert_true(result.drift_corrected);
  assert_true(fabs(result.zero_shift_n[STANCE_LEFT] - 0.08 * 56) < 0.1);
  assert_true(fabs(result.zero_shift_n[STANCE_RIGHT] + 0.05 * 56) < 0.1);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    const struct stance_value *value = of((enum stance_side)side);
    assert_true(fabs(fixture_number(&value[STANCE_METRIC_PEAK_FORCE]) - 245) < 0.01);
    assert_true(fabs(fixture_number(&value[STANCE_METRIC_PEAK_FORCE_NET]) - 200) < 0.01);
    assert_true(fabs(fixture_number(&value[STANCE_METRIC_LIMB_WEIGHT]) - 45) < 0.01);
    assert_int_equal(value[STANCE_METRIC_PEAK_FORCE].reasons, 0);
  }
}

/* What repeats at the end of the converter's range still repeats under a drift. */
static void flat_top_is_seen_under_drift(void **state)
{
  (void)state;
  prepare();
  uint64_t seed = 11;
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_LEFT][i] =
        fmin(trace.force_n[STANCE_LEFT][i] + 0.2 * (fixture_random(&seed) - 0.5), 230);
  jump(STANCE_LEFT, 53, 2);
  analyse("iso-supine-90-90");
  assert_true(result.drift_corrected);
  assert_true(fixture_has(&of(STANCE_LEFT)[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_FLAT_TOP));
}

static void check_shift(double by_n, stance_reason_set expected)
{
  prepare();
  jump(STANCE_LEFT, 30, by_n);
  analyse("iso-supine-90-90");
  assert_true(fabs(result.zero_shift_n[STANCE_LEFT] - by_n) < 1e-9);
  assert_true(fabs(result.zero_shift_n[STANCE_RIGHT]) < 1e-9);
  assert_int_equal(result.drift_corrected, expected == 0);
  assert_true((result.flags & expected) == expected);
  const struct stance_value *left = of(STANCE_LEFT);
  assert_int_equal(left[STANCE_METRIC_PEAK_FORCE].reasons, expected);
  assert_int_equal(left[STANCE_METRIC_PEAK_FORCE_NET].reasons, expected);
  assert_int_equal(left[STANCE_METRIC_RFD_0_100MS].reasons & expected, expected);
  assert_int_equal(left[STANCE_METRIC_ONSET_TIME].reasons & expected, 0);
  assert_int_equal(of(STANCE_RIGHT)[STANCE_METRIC_PEAK_FORCE].reasons, 0);
  const struct stance_value *compared = asymmetry(STANCE_SUMMARY_BEST);
  assert_int_equal(compared->reasons & expected, expected);
  if (expected != 0) /* as it was read */
    fixture_assert_close(fixture_number(&left[STANCE_METRIC_PEAK_FORCE]), 245, 1e-9);
  tear_down(NULL);
}

/* 5 N is the tolerance of the daily check: up to it corrected, from it on flagged. */
static void five_newtons_are_never_silent(void **state)
{
  (void)state;
  check_shift(4.99, 0);
  check_shift(-4.99, 0);
  check_shift(5.01, STANCE_REASON_BIT(STANCE_REASON_ZERO_SHIFTED));
  check_shift(-5.01, STANCE_REASON_BIT(STANCE_REASON_ZERO_SHIFTED));
  check_shift(40, STANCE_REASON_BIT(STANCE_REASON_ZERO_SHIFTED));
}

/* The limb lay on the plate while it was zeroed: afterwards it reads less than nothing. */
static void zeroing_under_load_is_recognised(void **state)
{
  (void)state;
  check_shift(-15, STANCE_REASON_BIT(STANCE_REASON_ZEROED_UNDER_LOAD));
  check_shift(-45, STANCE_REASON_BIT(STANCE_REASON_ZEROED_UNDER_LOAD));
}

/* Still getting off: what was read then corrects nothing. */
static void restless_zero_afterwards_corrects_nothing(void **state)
{
  (void)state;
  prepare();
  for (size_t i = 56 * RATE_HZ; i < 59 * RATE_HZ; i++)
    trace.force_n[STANCE_LEFT][i] = i % 500 < 250 ? 30 : 0;
  analyse("iso-supine-90-90");
  assert_false(result.drift_corrected);
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_ZERO_UNSTABLE)) != 0);
}

/* Ended early, or an empty instrument measured twice before anybody was on it. */
static void one_zero_says_nothing_of_drift(void **state)
{
  (void)state;
  prepare();
  trace.phase_count--;
  jump(STANCE_LEFT, 30, 3);
  analyse("iso-supine-90-90");
  assert_true(isnan(result.zero_shift_n[STANCE_LEFT]));
  assert_false(result.drift_corrected);
  tear_down(NULL);
  trace = fixture_trace("LR", SECONDS, RATE_HZ);
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 0, 3);
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 4, 7);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 10, 50);
  add_effort(STANCE_LEFT, 15, 200);
  analyse("iso-supine-90-90");
  assert_true(isnan(result.zero_shift_n[STANCE_LEFT]));
}

/* Calibrated up to 240 N on the left and 250 N on the right; both push 245 N. */
static void a_force_beyond_the_calibrated_range_is_flagged(void **state)
{
  (void)state;
  static const struct stance_force_uncertainty known[STANCE_MEASURED_SIDE_COUNT] = {
      [STANCE_LEFT] = {.known = true, .range_n = 240}, [STANCE_RIGHT] = {.range_n = 250}};
  struct stance_protocol protocol = fixture_protocol("iso-supine-90-90");
  struct stance_analysis_context context = fixture_context();
  context.force_uncertainty = known;
  prepare();
  result = fixture_analyze(&trace, &protocol, &context);
  const struct stance_value *left = of(STANCE_LEFT);
  assert_true(fixture_has(&left[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_BEYOND_CALIBRATION));
  assert_true(fixture_has(&left[STANCE_METRIC_PEAK_FORCE_NET], STANCE_REASON_BEYOND_CALIBRATION));
  assert_true(isnan(left[STANCE_METRIC_PEAK_FORCE].uncertainty));
  assert_false(fixture_has(&left[STANCE_METRIC_LIMB_WEIGHT], STANCE_REASON_BEYOND_CALIBRATION));
  assert_false(
      fixture_has(&of(STANCE_RIGHT)[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_BEYOND_CALIBRATION));
  assert_true(fixture_has(asymmetry(STANCE_SUMMARY_BEST), STANCE_REASON_BEYOND_CALIBRATION));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(steady_drift_is_corrected_and_stated),
      TEST(flat_top_is_seen_under_drift),
      TEST(five_newtons_are_never_silent),
      TEST(zeroing_under_load_is_recognised),
      TEST(restless_zero_afterwards_corrects_nothing),
      TEST(one_zero_says_nothing_of_drift),
      TEST(a_force_beyond_the_calibrated_range_is_flagged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
