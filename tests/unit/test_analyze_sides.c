/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which force, which side, which onset; and what cannot be asked. */
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

/* Two plates under one body: onset on the sum, values of each side at that instant. */
static void plates_share_the_onset_of_their_sum(void **state)
{
  (void)state;
  trace = fixture_trace("LRT", 20, 1000);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    fixture_add_constant(&trace, (enum stance_side)side, 400);
  add_effort(STANCE_LEFT, 10, 800);
  add_effort(STANCE_RIGHT, 10.03, 1000); /* 30 ms later */
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_TOTAL][i] = trace.force_n[STANCE_LEFT][i] + trace.force_n[STANCE_RIGHT][i];
  analyse("imtp");
  assert_int_equal(result.repetition_count, 1);
  const struct stance_repetition *repetition = &result.repetition[0];
  const struct stance_value(*value)[STANCE_METRIC_COUNT] = repetition->value;
  const long onset = repetition->effort[STANCE_TOTAL].onset;
  assert_int_equal(repetition->effort[STANCE_LEFT].onset, onset);
  assert_int_equal(repetition->effort[STANCE_RIGHT].onset, onset);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const double *force_n = trace.force_n[side];
    fixture_assert_close(fixture_number(&value[side][STANCE_METRIC_RFD_0_100MS]),
                         (force_n[onset + 100] - force_n[onset]) / 0.1, 1e-9);
    fixture_assert_close(fixture_number(&value[side][STANCE_METRIC_BASELINE_FORCE]),
                         side == STANCE_TOTAL ? 800 : 400, 1e-9);
  }
  fixture_assert_missing(&value[STANCE_LEFT][STANCE_METRIC_ONSET_THRESHOLD],
                         STANCE_REASON_ONSET_ON_SUM);
  fixture_assert_missing(&value[STANCE_BOTH][STANCE_METRIC_ONSET_LAG], STANCE_REASON_ONSET_ON_SUM);
  fixture_assert_close(fixture_number(&value[STANCE_TOTAL][STANCE_METRIC_ONSET_THRESHOLD]), 810,
                       1e-9);
  fixture_assert_close(fixture_number(&value[STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE]), 20,
                       1e-6);
}

/* Straps: each side its own onset, with the larger threshold of the two. */
static void noisier_side_sets_both_thresholds(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 25, 1000);
  uint64_t seed = 11;
  for (size_t i = 0; i < trace.sample_count; i++)
    trace.force_n[STANCE_RIGHT][i] = 14 * (fixture_random(&seed) - 0.5); /* SD 4.04 N */
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    const struct fixture_effort effort = {.shape = FIXTURE_RAMP,
                                          .start_s = side == STANCE_LEFT ? 10 : 10.1,
                                          .stop_s = 13,
                                          .peak_n = 300,
                                          .tau_s = 2.5};
    fixture_add(&trace, (enum stance_side)side, &effort);
  }
  analyse("nordic");
  assert_int_equal(result.repetition_count, 1);
  const struct stance_effort *effort = result.repetition[0].effort;
  const double left_n = stance_effort_threshold_height_n(&effort[STANCE_LEFT]);
  const double right_n = stance_effort_threshold_height_n(&effort[STANCE_RIGHT]);
  assert_true(fabs(left_n - right_n) < 1e-9 && right_n > 18 && right_n < 22);
  const struct stance_value *lag =
      &result.repetition[0].value[STANCE_BOTH][STANCE_METRIC_ONSET_LAG];
  /* right starts 100 ms later; its noise may cross up to 14 N / (120 N/s) early or late */
  assert_true(fabs(fixture_number(lag) - 0.1) < 0.12);
  assert_true(fixture_number(lag) ==
              (double)(effort[STANCE_RIGHT].onset - effort[STANCE_LEFT].onset) / 1000);
}

/* What the weaker leg held while the stronger one was at its best. */
static void same_instant(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 20, 1000);
  struct fixture_effort effort = {
      .shape = FIXTURE_RAMP, .start_s = 8, .stop_s = 10, .peak_n = 400, .tau_s = 2};
  fixture_add(&trace, STANCE_RIGHT, &effort);
  effort.stop_s = 9.5; /* the left leg gives way half a second earlier, at 300 N */
  fixture_add(&trace, STANCE_LEFT, &effort);
  for (int i = 0; i < 400; i++) /* and hangs in at 100 N */
    trace.force_n[STANCE_LEFT][9700 + i] = fmax(trace.force_n[STANCE_LEFT][9700 + i], 100);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 1);
  const struct stance_value *both = result.repetition[0].value[STANCE_BOTH];
  fixture_assert_close(fixture_number(&both[STANCE_METRIC_ASYMMETRY_PEAK_FORCE]), 25, 1e-9);
  fixture_assert_close(fixture_number(&both[STANCE_METRIC_ASYMMETRY_PEAK_FORCE_SAME_INSTANT]), 75,
                       1e-9);
}

static const enum stance_side order[2] = {STANCE_LEFT, STANCE_RIGHT};

/* Four pushes on one force, left and right in turn. */
static void analyze_in_turn(const double peaks_n[4])
{
  trace = fixture_trace("T", 50, 1000);
  for (int k = 0; k < 4; k++)
    add_effort(STANCE_TOTAL, 6 + 10 * k, peaks_n[k]);
  struct stance_protocol protocol = fixture_protocol("iso-prone-30");
  struct stance_analysis_context context = fixture_context();
  context.side_order = order;
  context.side_order_count = 2;
  result = fixture_analyze(&trace, &protocol, &context);
}

static void one_force_used_in_turn(void **state)
{
  (void)state;
  static const double peaks_n[4] = {300, 240, 310, 250};
  analyze_in_turn(peaks_n);
  assert_int_equal(result.repetition_count, 4);
  for (int k = 0; k < 4; k++) {
    assert_int_equal(result.repetition[k].side, order[k % 2]);
    fixture_assert_close(
        fixture_number(&result.repetition[k].value[order[k % 2]][STANCE_METRIC_PEAK_FORCE]),
        peaks_n[k], 1e-9);
    fixture_assert_missing(&result.repetition[k].value[order[1 - k % 2]][STANCE_METRIC_PEAK_FORCE],
                           STANCE_REASON_SIDE_NOT_TESTED);
  }
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_SIDES_FOLLOW_ORDER)) != 0);
  fixture_assert_close(fixture_number(asymmetry(STANCE_SUMMARY_BEST)), 100.0 * (250 - 310) / 310,
                       1e-9);
}

/* A weak leg's attempts fall below 30 % of the other's and cannot be told from fidgets: from there
   on the order gives the wrong sides, and nothing may be compared. */
static void weak_leg_in_turn_is_not_compared(void **state)
{
  (void)state;
  static const double peaks_n[4] = {300, 60, 310, 65};
  analyze_in_turn(peaks_n);
  assert_int_equal(result.repetition_count, 2);
  for (int k = 0; k < 2; k++) {
    const struct stance_value *peak =
        &result.repetition[k].value[order[k % 2]][STANCE_METRIC_PEAK_FORCE];
    assert_true((peak->reasons & STANCE_REASON_BIT(STANCE_REASON_SIDES_DOUBTFUL)) != 0);
  }
  fixture_assert_missing(asymmetry(STANCE_SUMMARY_BEST), STANCE_REASON_SIDES_DOUBTFUL);
}

static void assert_usage(const char *protocol_id, struct stance_analysis_context context,
                         const char *hint)
{
  struct stance_protocol protocol = fixture_protocol(protocol_id);
  struct stance_analyzer *analyzer;
  struct stance_problem problem = {.text = ""};
  struct stance_result untouched, before;
  memset(&untouched, 0x5a, sizeof untouched);
  before = untouched;
  assert_int_equal(stance_analyzer_create(&analyzer, NULL), STANCE_OK);
  assert_int_equal(
      stance_analyze(analyzer, &trace, &protocol, NULL, &context, &untouched, &problem),
      STANCE_USAGE);
  stance_analyzer_destroy(analyzer);
  if (strstr(problem.text, hint) == NULL)
    fail_msg("\"%s\" does not hold \"%s\"", problem.text, hint);
  assert_memory_equal(&untouched, &before, sizeof before);
}

static void impossible_requests(void **state)
{
  (void)state;
  trace = fixture_trace("T", 10, 1000);
  assert_usage("nordic", fixture_context(), "nordic");
  struct stance_analysis_context context = fixture_context();
  context.from_s = 30;
  context.to_s = 40;
  assert_usage("isometric", context, "from 30 to 40 s");
  context = fixture_context();
  context.from_s = 5;
  context.to_s = 4;
  assert_usage("isometric", context, "no sample");
  fixture_finish(&trace);

  trace = fixture_trace("LR", 10, 1000);
  context = fixture_context();
  context.side_order = order;
  context.side_order_count = 2;
  assert_usage("iso-prone-30", context, "total=");
}

/* Only the interval counts: an effort outside it does not, and no window reaches beyond it. */
static void interval(void **state)
{
  (void)state;
  trace = fixture_trace("L", 40, 1000);
  trace.time.start_s = 100; /* the input's own axis */
  add_effort(STANCE_LEFT, 6, 300);
  add_effort(STANCE_LEFT, 26, 200);
  struct stance_protocol protocol = fixture_protocol("isometric");
  struct stance_analysis_context context = fixture_context();
  context.from_s = 115;
  context.to_s = 126.15;
  result = fixture_analyze(&trace, &protocol, &context);
  assert_int_equal(result.repetition_count, 1);
  const struct stance_value *value = result.repetition[0].value[STANCE_LEFT];
  assert_true(fabs(fixture_number(&value[STANCE_METRIC_ONSET_TIME]) - 126.006) < 0.002);
  assert_false(stance_value_is_missing(&value[STANCE_METRIC_RFD_0_100MS]));
  fixture_assert_missing(&value[STANCE_METRIC_RFD_0_150MS], STANCE_REASON_WINDOW_PAST_DATA);
}

/* A strong pull that dies away: 1 % of its height is more than the threshold's 10 N, and the return
   below that is seen all the same. */
static void slow_release_has_its_end(void **state)
{
  (void)state;
  const double top_n = 1500, tau_s = 0.08;
  trace = fixture_trace("T", 22, 1000);
  fixture_add_constant(&trace, STANCE_TOTAL, 800);
  add_effort(STANCE_TOTAL, 8, top_n);
  for (size_t i = 11000; i < trace.sample_count; i++) /* in place of the fixture's fall */
    trace.force_n[STANCE_TOTAL][i] = 800 + top_n * exp(-((double)i / 1000 - 11) / tau_s);
  analyse("imtp");
  assert_int_equal(result.repetition_count, 1);
  const struct stance_value *value = result.repetition[0].value[STANCE_TOTAL];
  const double end_s = 11 + tau_s * log(top_n / 10);
  const double duration_s = fixture_number(&value[STANCE_METRIC_DURATION]);
  const double onset_s = fixture_number(&value[STANCE_METRIC_ONSET_TIME]);
  assert_true(fabs(onset_s + duration_s - end_s) <= 0.001);
}

static enum stance_status analyse_status(const char *protocol_id, struct stance_problem *problem)
{
  struct stance_protocol protocol = fixture_protocol(protocol_id);
  struct stance_analysis_context context = fixture_context();
  struct stance_analyzer *analyzer = NULL;
  assert_int_equal(stance_analyzer_create(&analyzer, NULL), STANCE_OK);
  enum stance_status status =
      stance_analyze(analyzer, &trace, &protocol, NULL, &context, &result, problem);
  stance_analyzer_destroy(analyzer);
  return status;
}

/* Read with the wrong sign, rests would be repetitions of −9 N. One leg alone spoils the sum. */
static void wrong_sign_is_refused(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 40, 1000);
  for (double start_s = 8; start_s < 30; start_s += 10) {
    add_effort(STANCE_LEFT, start_s, -300);
    add_effort(STANCE_RIGHT, start_s, 340);
  }
  struct stance_problem problem = {""};
  assert_int_equal(analyse_status("nordic", &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "left"));
  assert_non_null(strstr(problem.text, "--scale left=-1,0"));
}

/* A cell that was never zeroed reads low at rest; its efforts still rise. Nor is a leg that is
   lifted off its tared plate a pull. */
static void low_rest_is_no_wrong_sign(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 40, 1000);
  for (size_t i = 0; i < trace.sample_count; i++) {
    trace.force_n[STANCE_LEFT][i] = -400;
    trace.force_n[STANCE_RIGHT][i] = i > 20000 ? -60 : 0;
  }
  add_effort(STANCE_LEFT, 8, 300);
  add_effort(STANCE_LEFT, 28, 290);
  add_effort(STANCE_RIGHT, 14, 310);
  struct stance_problem problem = {""};
  assert_int_equal(analyse_status("iso-supine-90-90", &problem), STANCE_OK);
  assert_int_equal(result.attempted[STANCE_LEFT], 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(plates_share_the_onset_of_their_sum),
      TEST(noisier_side_sets_both_thresholds),
      TEST(same_instant),
      TEST(one_force_used_in_turn),
      TEST(weak_leg_in_turn_is_not_compared),
      TEST(impossible_requests),
      TEST(interval),
      TEST(slow_release_has_its_end),
      TEST(wrong_sign_is_refused),
      TEST(low_rest_is_no_wrong_sign),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
