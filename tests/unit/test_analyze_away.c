/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two instruments under one athlete, one of which is away for a while; and recordings of which not
   everything was recorded. */
#include "support/analysis_fixture.h"
#include "support/analysis_scene.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Nothing came from that side; its instants are gaps, as calibration lists them. */
static void take_away(enum stance_side side, double from_s, double to_s)
{
  const size_t first = (size_t)lround(from_s * 1000), end = (size_t)lround(to_s * 1000);
  for (size_t i = first; i < end; i++) {
    trace.force_n[side][i] = (double)NAN;
    if (trace.force_n[STANCE_TOTAL] != NULL)
      trace.force_n[STANCE_TOTAL][i] = (double)NAN;
  }
  trace.gap = realloc(trace.gap, (trace.gap_count + 1) * sizeof *trace.gap);
  assert_non_null(trace.gap);
  trace.gap[trace.gap_count++] = (struct stance_span){first, end - first};
}

/* Four efforts of both legs at 10, 20, 30 and 40 s; left 300 N and 10 more each time, right 20 N
   above that. */
static void four_efforts(const char *sides)
{
  trace = fixture_trace(sides, 50, 1000);
  for (int k = 0; k < 4; k++) {
    add_effort(STANCE_LEFT, 10 + 10 * k, 300 + 10 * k);
    add_effort(STANCE_RIGHT, 10 + 10 * k, 320 + 10 * k);
  }
  for (size_t i = 0; trace.force_n[STANCE_TOTAL] != NULL && i < trace.sample_count; i++)
    trace.force_n[STANCE_TOTAL][i] = trace.force_n[STANCE_LEFT][i] + trace.force_n[STANCE_RIGHT][i];
}

static double peak_of(size_t repetition, enum stance_side side)
{
  return fixture_number(&result.repetition[repetition].value[side][STANCE_METRIC_PEAK_FORCE]);
}

static void assert_alone(const struct stance_repetition *repetition, enum stance_side side)
{
  const enum stance_side other = side == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT;
  assert_int_equal(repetition->status, STANCE_REPETITION_ACCEPTED);
  assert_int_equal(repetition->side, side);
  assert_true(repetition->took_part[side]);
  assert_false(repetition->took_part[other]);
  assert_true((repetition->reasons & STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_SAMPLED)) != 0);
  assert_true(fixture_has(&repetition->value[side][STANCE_METRIC_PEAK_FORCE],
                          STANCE_REASON_SIDE_NOT_SAMPLED));
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    fixture_assert_missing(&repetition->value[other][metric], STANCE_REASON_SIDE_NOT_SAMPLED);
    fixture_assert_missing(&repetition->value[STANCE_BOTH][metric], STANCE_REASON_SIDE_NOT_SAMPLED);
  }
}

static void assert_together(const struct stance_repetition *repetition)
{
  assert_int_equal(repetition->status, STANCE_REPETITION_ACCEPTED);
  assert_int_equal(repetition->side, STANCE_BOTH);
  assert_true((repetition->reasons & STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_SAMPLED)) == 0);
  fixture_number(&repetition->value[STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE]);
}

/* Dead from 15 s to 36 s: efforts two and three are the other side's alone, the fourth is both
   sides' again. Best and mean of the side that lived hold all its efforts; the comparison only
   those that both made. */
static void efforts_of_the_living_side_stand_alone(void **state)
{
  static const char *const protocols[] = {"nordic", "imtp", "nordic", "imtp"};
  (void)state;
  for (int k = 0; k < 4; k++) {
    const bool plates = k % 2 != 0;
    const enum stance_side dead = k < 2 ? STANCE_RIGHT : STANCE_LEFT;
    const enum stance_side lives = k < 2 ? STANCE_LEFT : STANCE_RIGHT;
    const double more_n = lives == STANCE_RIGHT ? 20 : 0;
    four_efforts(plates ? "LRT" : "LR");
    take_away(dead, 15, 36);
    analyse(protocols[k]);
    assert_int_equal(result.repetition_count, 4);
    assert_together(&result.repetition[0]);
    assert_alone(&result.repetition[1], lives);
    assert_alone(&result.repetition[2], lives);
    assert_together(&result.repetition[3]);
    for (size_t r = 0; r < 4; r++)
      fixture_assert_close(peak_of(r, lives), 300 + 10 * (double)r + more_n, 1e-9);
    fixture_assert_close(peak_of(3, dead), 350 - more_n, 1e-9);
    assert_int_equal(result.used[lives], 4);
    assert_int_equal(result.used[dead], 2);
    assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_SAMPLED)) != 0);
    const struct stance_value *mean = summary(STANCE_SUMMARY_MEAN, lives, STANCE_METRIC_PEAK_FORCE);
    fixture_assert_close(fixture_number(mean), 315 + more_n, 1e-9);
    assert_true(fixture_has(mean, STANCE_REASON_SIDE_NOT_SAMPLED));
    /* 300 against 320 and 330 against 350; never 320 against 350 */
    fixture_assert_close(fixture_number(asymmetry(STANCE_SUMMARY_MEAN)),
                         100 * (335.0 - 315.0) / 335.0, 1e-9);
    fixture_assert_close(fixture_number(asymmetry(STANCE_SUMMARY_BEST)), 100 * 20.0 / 350.0, 1e-9);
    fixture_assert_missing(asymmetry(STANCE_SUMMARY_MEAN_OF_3), STANCE_REASON_TOO_FEW_REPETITIONS);
    assert_false(fixture_has(asymmetry(STANCE_SUMMARY_MEAN), STANCE_REASON_UNEQUAL_REPETITIONS));
    tear_down(NULL);
  }
}

/* It never comes back, and the other one dies later. */
static void sides_that_die_in_turn_are_not_compared(void **state)
{
  (void)state;
  four_efforts("LR");
  take_away(STANCE_RIGHT, 0, 26);
  take_away(STANCE_LEFT, 24, 50);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 4);
  for (size_t k = 0; k < 4; k++)
    assert_alone(&result.repetition[k], k < 2 ? STANCE_LEFT : STANCE_RIGHT);
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++)
    fixture_assert_missing(asymmetry((enum stance_summary_rule)rule),
                           STANCE_REASON_SIDE_NOT_SAMPLED);
}

/* Death in the middle of an effort cuts it; its remainder on the living side has no beginning. */
static void an_effort_that_is_cut_is_rejected(void **state)
{
  (void)state;
  four_efforts("LR");
  take_away(STANCE_RIGHT, 20.05, 50);
  analyse("nordic");
  unsigned accepted = 0, truncated = 0;
  for (size_t k = 0; k < result.repetition_count; k++) {
    const struct stance_repetition *repetition = &result.repetition[k];
    accepted += repetition->status == STANCE_REPETITION_ACCEPTED;
    truncated += repetition->status == STANCE_REPETITION_REJECTED &&
                 (repetition->reasons & STANCE_REASON_BIT(STANCE_REASON_TRUNCATED)) != 0;
  }
  assert_int_equal(accepted, 3);
  assert_true(truncated >= 1);
  assert_int_equal(accepted + truncated, result.repetition_count);
}

/* While the other side is away the athlete only shifts: no effort beside those that were. */
static void a_fidget_is_not_measured_by_itself(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 50, 1000);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    add_effort((enum stance_side)side, 10, 300);
    add_effort((enum stance_side)side, 40, 300);
  }
  add_effort(STANCE_LEFT, 25, 90);
  take_away(STANCE_RIGHT, 20, 32);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 3);
  assert_int_equal(result.repetition[1].status, STANCE_REPETITION_PARTIAL);
  assert_int_equal(result.used[STANCE_LEFT], 2);
}

/* Half a second of one side is a hole in an effort, not an absence. */
static void a_short_hole_keeps_both_sides(void **state)
{
  (void)state;
  four_efforts("LR");
  take_away(STANCE_RIGHT, 21, 21.5);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 4);
  for (size_t k = 0; k < 4; k++)
    assert_int_equal(result.repetition[k].side, STANCE_BOTH);
}

/* One channel alone has holes: its source lost no frame, and yet the flag and the count agree. */
static void holes_of_one_channel_are_counted(void **state)
{
  (void)state;
  four_efforts("LR");
  trace.integrity = (struct stance_integrity){.frames_expected = 50000, .frames_received = 50000};
  take_away(STANCE_RIGHT, 5, 5.04);
  take_away(STANCE_RIGHT, 17, 17.003);
  analyse("nordic");
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_FRAMES_LOST)) != 0);
  assert_int_equal(result.integrity.frames_lost, 43);
  assert_int_equal(result.integrity.longest_gap_frames, 40);
}

/* Interrupted before the efforts were called: said, and the missing values say it too. With an
   interval the user has the last word. */
static void a_run_without_efforts_says_why_it_found_none(void **state)
{
  (void)state;
  four_efforts("LR");
  fixture_phase(&trace, STANCE_PHASE_UNLOADED, 0, 2);
  fixture_phase(&trace, STANCE_PHASE_LIMB, 4, 8);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 0);
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_NO_EFFORTS_PHASE)) != 0);
  const stance_reason_set expected = STANCE_REASON_BIT(STANCE_REASON_NO_REPETITION) |
                                     STANCE_REASON_BIT(STANCE_REASON_NO_EFFORTS_PHASE);
  assert_true(summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE)->reasons ==
              expected);
  struct stance_protocol protocol = fixture_protocol("nordic");
  struct stance_analysis_context context = fixture_context();
  context.from_s = 8;
  stance_result_finish(&result);
  result = fixture_analyze(&trace, &protocol, &context);
  assert_int_equal(result.repetition_count, 4);
  fixture_phase(&trace, STANCE_PHASE_EFFORTS, 8, 50);
  stance_result_finish(&result);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 4);
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_NO_EFFORTS_PHASE)) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(efforts_of_the_living_side_stand_alone),
      cmocka_unit_test_teardown(sides_that_die_in_turn_are_not_compared, tear_down),
      cmocka_unit_test_teardown(an_effort_that_is_cut_is_rejected, tear_down),
      cmocka_unit_test_teardown(a_fidget_is_not_measured_by_itself, tear_down),
      cmocka_unit_test_teardown(a_short_hole_keeps_both_sides, tear_down),
      cmocka_unit_test_teardown(holes_of_one_channel_are_counted, tear_down),
      cmocka_unit_test_teardown(a_run_without_efforts_says_why_it_found_none, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
