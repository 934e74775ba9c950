/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unloaded zero, limb weight, baseline and pre-tension of whole recordings. */
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

/* A 45 N limb: gross makes 16.3 % of a true 20 %, net does not. */
static void levels_of_a_recorded_run(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 80, 1000);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    fixture_add_constant(&trace, (enum stance_side)side,
                         3); /* the instrument reads 3 N when empty */
    for (size_t i = 4000; i < trace.sample_count; i++)
      trace.force_n[side][i] += 45;
  }
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 0, 3);
  fixture_phase(&trace, STANCE_PHASE_LIMB, 8, 10);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 10, 80);
  add_effort(STANCE_LEFT, 15, 160);
  add_effort(STANCE_RIGHT, 35, 200);
  analyse("iso-supine-90-90");
  assert_true(result.zero_measured && result.limb_measured);
  assert_int_equal(result.repetition_count, 2);
  const struct stance_value *value = result.repetition[0].value[STANCE_LEFT];
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_UNLOADED_ZERO]), 3, 1e-9);
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_LIMB_WEIGHT]), 45, 1e-9);
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_BASELINE_FORCE]), 45, 1e-9);
  assert_true(fabs(fixture_number(&value[STANCE_METRIC_PRETENSION])) < 1e-9);
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_PEAK_FORCE]), 205, 1e-9);
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_PEAK_FORCE_NET]), 160, 1e-9);
  fixture_assert_close(fixture_number(asymmetry(STANCE_SUMMARY_BEST)), 20, 1e-9);
  const struct stance_value *left =
      summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE);
  const struct stance_value *right =
      summary(STANCE_SUMMARY_BEST, STANCE_RIGHT, STANCE_METRIC_PEAK_FORCE);
  const struct stance_value gross =
      stance_asymmetry(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, left, right, STANCE_SIDE_NONE);
  assert_true(fabs(gross.value - 16.3) < 0.05);
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_ZERO_ASSUMED)) == 0);
}

static void unrecorded_levels_are_missing_not_zero(void **state)
{
  (void)state;
  trace = fixture_trace("L", 20, 1000);
  fixture_add_constant(&trace, STANCE_LEFT, 45);
  add_effort(STANCE_LEFT, 10, 200);
  analyse("iso-supine-90-90");
  const struct stance_value *value = result.repetition[0].value[STANCE_LEFT];
  fixture_assert_missing(&value[STANCE_METRIC_UNLOADED_ZERO], STANCE_REASON_NOT_MEASURED);
  fixture_assert_missing(&value[STANCE_METRIC_LIMB_WEIGHT], STANCE_REASON_NOT_MEASURED);
  fixture_assert_missing(&value[STANCE_METRIC_PRETENSION], STANCE_REASON_NOT_MEASURED);
  fixture_assert_missing(&value[STANCE_METRIC_PEAK_TORQUE], STANCE_REASON_NO_LEVER);
  fixture_assert_missing(&value[STANCE_METRIC_PEAK_FORCE_PER_KG], STANCE_REASON_NO_BODY_MASS);
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_PEAK_FORCE]), 245, 1e-9);
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_PEAK_FORCE_NET]), 200, 1e-9);
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_ZERO_ASSUMED)) != 0);
}

/* An empty plate first, then the limb: the limb is the baseline. */
static void empty_plate_is_no_baseline(void **state)
{
  (void)state;
  trace = fixture_trace("L", 20, 1000);
  uint64_t seed = 3;
  for (size_t i = 0; i < trace.sample_count; i++) /* still when empty, trembling when loaded */
    trace.force_n[STANCE_LEFT][i] = i < 6500 ? 0 : 45 + 2 * (fixture_random(&seed) - 0.5);
  add_effort(STANCE_LEFT, 10, 200);
  analyse("iso-supine-90-90");
  size_t counted = 0;
  for (size_t k = 0; k < result.repetition_count; k++) {
    const struct stance_repetition *repetition = &result.repetition[k];
    if (repetition->status != STANCE_REPETITION_ACCEPTED)
      continue;
    counted++;
    const double baseline_n =
        fixture_number(&repetition->value[STANCE_LEFT][STANCE_METRIC_BASELINE_FORCE]);
    assert_true(fabs(baseline_n - 45) < 0.2);
  }
  assert_int_equal(counted, 1);
}

static void pretension_and_restless_zero_are_flagged(void **state)
{
  (void)state;
  trace = fixture_trace("L", 30, 1000);
  uint64_t seed = 5;
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_LEFT][i] = i < 4000   ? 12 * (fixture_random(&seed) - 0.5)
                                    : i < 9000 ? 45
                                               : 70; /* 25 N are pushed before the effort */
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 0, 3);
  fixture_phase(&trace, STANCE_PHASE_LIMB, 6, 8);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 10, 30);
  add_effort(STANCE_LEFT, 16, 200);
  analyse("iso-supine-90-90");
  const struct stance_repetition *repetition = &result.repetition[result.repetition_count - 1];
  const struct stance_value *value = repetition->value[STANCE_LEFT];
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_PRETENSION]), 25, 1e-9);
  assert_true(fixture_has(&value[STANCE_METRIC_PRETENSION], STANCE_REASON_PRETENSION));
  assert_true(fixture_has(&value[STANCE_METRIC_RFD_0_50MS], STANCE_REASON_PRETENSION));
  assert_false(fixture_has(&value[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_PRETENSION));
  assert_true((repetition->reasons & STANCE_REASON_BIT(STANCE_REASON_PRETENSION)) != 0);
  assert_true(fixture_has(&value[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_ZERO_UNSTABLE));
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_ZERO_UNSTABLE)) != 0);
}

/* Interrupted while the athlete got into position: what rose there was no repetition. */
static void run_without_efforts_has_no_repetition(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 12, 1000);
  add_effort(STANCE_LEFT, 8, 150);
  add_effort(STANCE_RIGHT, 8, 150);
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 0, 3);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 0);
  const stance_reason_set expected = STANCE_REASON_BIT(STANCE_REASON_NO_REPETITION) |
                                     STANCE_REASON_BIT(STANCE_REASON_NO_EFFORTS_PHASE);
  assert_true(asymmetry(STANCE_SUMMARY_BEST)->reasons == expected);
}

/* The right side's limb was not recorded: net means above the baseline on both sides, or the sides
   would not be comparable. */
static void levels_count_on_all_sides_or_on_none(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 50, 1000);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    fixture_add_constant(&trace, (enum stance_side)side, 45);
  for (size_t i = 6000; i < 8000; i++)
    trace.force_n[STANCE_LEFT][i] = 40; /* lighter then than just before the effort */
  for (size_t i = 6000; i < 8000; i++)
    trace.force_n[STANCE_RIGHT][i] = (double)NAN;
  fixture_phase(&trace, STANCE_PHASE_LIMB, 6, 8);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 9, 50);
  add_effort(STANCE_LEFT, 15, 160);
  add_effort(STANCE_RIGHT, 35, 200);
  analyse("iso-supine-90-90");
  assert_false(result.limb_measured);
  fixture_assert_close(
      fixture_number(summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE_NET)), 160,
      1e-9);
  fixture_assert_missing(summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_LIMB_WEIGHT),
                         STANCE_REASON_NOT_MEASURED);
  fixture_assert_close(fixture_number(asymmetry(STANCE_SUMMARY_BEST)), 20, 1e-9);
}

/* The limb was weighed again before the second effort. */
static void last_limb_phase_before_the_effort_counts(void **state)
{
  (void)state;
  trace = fixture_trace("L", 50, 1000);
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_LEFT][i] = i < 25000 ? 45 : 52;
  fixture_phase(&trace, STANCE_PHASE_LIMB, 6, 8);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 9, 24);
  fixture_phase(&trace, STANCE_PHASE_LIMB, 28, 30);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 31, 50);
  add_effort(STANCE_LEFT, 15, 200);
  add_effort(STANCE_LEFT, 38, 200);
  analyse("iso-supine-90-90");
  assert_int_equal(result.repetition_count, 2);
  for (int k = 0; k < 2; k++) {
    const struct stance_value *value = result.repetition[k].value[STANCE_LEFT];
    fixture_assert_close(fixture_number(&value[STANCE_METRIC_LIMB_WEIGHT]), k == 0 ? 45 : 52, 1e-9);
    fixture_assert_close(fixture_number(&value[STANCE_METRIC_PEAK_FORCE_NET]), 200, 1e-9);
  }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(levels_of_a_recorded_run),
      TEST(unrecorded_levels_are_missing_not_zero),
      TEST(empty_plate_is_no_baseline),
      TEST(levels_count_on_all_sides_or_on_none),
      TEST(last_limb_phase_before_the_effort_counts),
      TEST(pretension_and_restless_zero_are_flagged),
      TEST(run_without_efforts_has_no_repetition),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
