/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sides, levels and summaries of whole recordings. */
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct stance_force_trace trace;
static struct stance_result result;

static int tear_down(void **state)
{
  (void)state;
  stance_result_finish(&result);
  fixture_finish(&trace);
  return 0;
}

static void add_effort(enum stance_side side, double start_s, double peak_n)
{
  const struct fixture_effort effort = {.shape = FIXTURE_EXPONENTIAL,
                                        .start_s = start_s,
                                        .stop_s = start_s + 3,
                                        .peak_n = peak_n,
                                        .tau_s = 0.1};
  fixture_add(&trace, side, &effort);
}

static void analyse(const char *protocol_id)
{
  struct stance_protocol protocol = fixture_protocol(protocol_id);
  struct stance_analysis_context context = fixture_context();
  result = fixture_analyze(&trace, &protocol, &context);
}

static const struct stance_value *summary(enum stance_summary_rule rule, enum stance_side side,
                                          enum stance_metric metric)
{
  return &result.summary[rule][side][metric];
}

static const struct stance_value *asymmetry(enum stance_summary_rule rule)
{
  return summary(rule, STANCE_BOTH, STANCE_METRIC_ASYMMETRY_PEAK_FORCE);
}

static void nothing_happens(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 10, 1000);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 0);
  assert_int_equal(result.attempted[STANCE_LEFT], 0);
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++) {
    fixture_assert_missing(
        summary((enum stance_summary_rule)rule, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE),
        STANCE_REASON_NO_REPETITION);
    fixture_assert_missing(asymmetry((enum stance_summary_rule)rule), STANCE_REASON_NO_REPETITION);
    fixture_assert_missing(
        summary((enum stance_summary_rule)rule, STANCE_TOTAL, STANCE_METRIC_PEAK_FORCE),
        STANCE_REASON_SIDE_NOT_TESTED);
  }
}

static void no_samples_at_all(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 0, 1000);
  analyse("nordic");
  assert_int_equal(result.repetition_count, 0);
}

static void one_side_only(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 30, 1000);
  add_effort(STANCE_LEFT, 6, 300);
  add_effort(STANCE_LEFT, 16, 310);
  analyse("iso-prone-30");
  assert_int_equal(result.repetition_count, 2);
  assert_int_equal(result.repetition[0].side, STANCE_LEFT);
  fixture_assert_missing(&result.repetition[0].value[STANCE_RIGHT][STANCE_METRIC_PEAK_FORCE],
                         STANCE_REASON_SIDE_NOT_TESTED);
  fixture_assert_missing(
      &result.repetition[0].value[STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE],
      STANCE_REASON_SIDE_NOT_TESTED);
  fixture_assert_close(
      fixture_number(summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE)), 310,
      1e-9);
  fixture_assert_missing(summary(STANCE_SUMMARY_BEST, STANCE_RIGHT, STANCE_METRIC_PEAK_FORCE),
                         STANCE_REASON_SIDE_NOT_TESTED);
  fixture_assert_missing(asymmetry(STANCE_SUMMARY_BEST), STANCE_REASON_SIDE_NOT_TESTED);
  assert_int_equal(result.used[STANCE_LEFT], 2);
  assert_int_equal(result.used[STANCE_RIGHT], 0);
}

/* Left three times, right twice: the first two of each are compared. */
static void unequal_repetitions(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 60, 1000);
  static const double left_n[3] = {300, 320, 360}, right_n[2] = {310, 340};
  for (int k = 0; k < 3; k++)
    add_effort(STANCE_LEFT, 6 + 10 * k, left_n[k]);
  for (int k = 0; k < 2; k++)
    add_effort(STANCE_RIGHT, 36 + 10 * k, right_n[k]);
  analyse("iso-prone-30");
  assert_int_equal(result.repetition_count, 5);
  for (unsigned k = 0; k < 5; k++) {
    assert_int_equal(result.repetition[k].number, k + 1);
    assert_int_equal(result.repetition[k].order, k < 3 ? k + 1 : k - 2);
  }
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_UNEQUAL_REPETITIONS)) != 0);
  const struct stance_value *best = asymmetry(STANCE_SUMMARY_BEST);
  fixture_assert_close(fixture_number(best), 100.0 * (340 - 320) / 340, 1e-9);
  assert_true(fixture_has(best, STANCE_REASON_UNEQUAL_REPETITIONS));
  fixture_assert_close(fixture_number(asymmetry(STANCE_SUMMARY_MEAN)), 100.0 * (325 - 310) / 325,
                       1e-9);
  /* each side's own summary uses all it has */
  fixture_assert_close(
      fixture_number(summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE)), 360,
      1e-9);
  fixture_assert_close(
      fixture_number(summary(STANCE_SUMMARY_MEAN_OF_3, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE)),
      980.0 / 3, 1e-9);
  fixture_assert_missing(summary(STANCE_SUMMARY_MEAN_OF_3, STANCE_RIGHT, STANCE_METRIC_PEAK_FORCE),
                         STANCE_REASON_TOO_FEW_REPETITIONS);
  fixture_assert_missing(asymmetry(STANCE_SUMMARY_MEAN_OF_3), STANCE_REASON_TOO_FEW_REPETITIONS);
}

/* `best` is one repetition with all its values, not the best of every metric. */
static void best_is_one_repetition(void **state)
{
  (void)state;
  trace = fixture_trace("L", 30, 1000);
  struct fixture_effort effort = {
      .shape = FIXTURE_EXPONENTIAL, .start_s = 6, .stop_s = 9, .peak_n = 300, .tau_s = 0.05};
  fixture_add(&trace, STANCE_LEFT, &effort); /* the faster one */
  effort = (struct fixture_effort){
      .shape = FIXTURE_EXPONENTIAL, .start_s = 16, .stop_s = 19, .peak_n = 320, .tau_s = 0.2};
  fixture_add(&trace, STANCE_LEFT, &effort); /* the stronger one */
  analyse("isometric");
  assert_int_equal(result.repetition_count, 2);
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    const struct stance_value *best =
        summary(STANCE_SUMMARY_BEST, STANCE_LEFT, (enum stance_metric)metric);
    const struct stance_value *second = &result.repetition[1].value[STANCE_LEFT][metric];
    assert_true(best->value == second->value || isnan(best->value));
    assert_int_equal(best->reasons, second->reasons);
  }
}

/* The stronger repetition dips before it rises: it stays in the file and out of `best`. */
static void countermovement_stands_back(void **state)
{
  (void)state;
  for (int both = 0; both < 2; both++) {
    trace = fixture_trace("L", 30, 1000);
    fixture_add_constant(&trace, STANCE_LEFT, 60);
    add_effort(STANCE_LEFT, 6, 300);
    add_effort(STANCE_LEFT, 16, 350);
    for (int i = 0; i < 100; i++) {
      const double dip_n = 40 * sin(M_PI * i / 100);
      trace.force_n[STANCE_LEFT][15900 + i] -= dip_n;
      trace.force_n[STANCE_LEFT][5900 + i] -= both ? dip_n : 0;
    }
    analyse("isometric");
    const struct stance_value *best =
        summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE);
    fixture_assert_close(fixture_number(best), both ? 410 : 360, 1e-9);
    assert_int_equal(fixture_has(best, STANCE_REASON_COUNTERMOVEMENT), both);
    assert_int_equal(result.used[STANCE_LEFT], 2);
    if (both == 0)
      tear_down(NULL);
  }
}

static void partial_and_rejected_keep_their_numbers(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 60, 1000);
  static const double left_n[3] = {300, 150, 310}, right_n[3] = {300, 150, 50};
  for (int k = 0; k < 3; k++) {
    add_effort(STANCE_LEFT, 6 + 15 * k, left_n[k]);
    add_effort(STANCE_RIGHT, 6 + 15 * k, right_n[k]);
  }
  analyse("nordic");
  assert_int_equal(result.repetition_count, 3);
  assert_int_equal(result.repetition[1].status, STANCE_REPETITION_PARTIAL);
  assert_int_equal(result.repetition[2].status, STANCE_REPETITION_REJECTED);
  const struct stance_value *partial =
      &result.repetition[1].value[STANCE_LEFT][STANCE_METRIC_PEAK_FORCE];
  fixture_assert_close(fixture_number(partial), 150, 1e-9);
  assert_true(fixture_has(partial, STANCE_REASON_PARTIAL));
  assert_false(fixture_has(partial, STANCE_REASON_REJECTED));
  const struct stance_value *rejected =
      &result.repetition[2].value[STANCE_LEFT][STANCE_METRIC_PEAK_FORCE];
  char status[128];
  stance_value_status(rejected, status, sizeof status);
  fixture_assert_close(fixture_number(rejected), 310, 1e-9);
  assert_string_equal(status, "flagged:rejected+one_sided");
  assert_int_equal(result.used[STANCE_LEFT], 1);
  assert_int_equal(result.attempted[STANCE_LEFT], 3);
  fixture_assert_close(
      fixture_number(summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE)), 300,
      1e-9);
}

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

static void one_force_used_in_turn(void **state)
{
  (void)state;
  trace = fixture_trace("T", 50, 1000);
  static const double peaks_n[4] = {300, 240, 310, 250};
  for (int k = 0; k < 4; k++)
    add_effort(STANCE_TOTAL, 6 + 10 * k, peaks_n[k]);
  struct stance_protocol protocol = fixture_protocol("iso-prone-30");
  struct stance_analysis_context context = fixture_context();
  static const enum stance_side order[2] = {STANCE_LEFT, STANCE_RIGHT};
  context.side_order = order;
  context.side_order_count = 2;
  result = fixture_analyze(&trace, &protocol, &context);
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
  static const enum stance_side order[2] = {STANCE_LEFT, STANCE_RIGHT};
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

static void assert_method(enum stance_metric metric, const char *expected)
{
  char text[400], cut[9];
  const size_t length = stance_result_method(&result, metric, text, sizeof text);
  assert_string_equal(text, expected);
  assert_int_equal(length, strlen(expected));
  assert_int_equal(stance_result_method(&result, metric, cut, sizeof cut), length);
  assert_int_equal(strlen(cut), sizeof cut - 1);
}

static void methods_name_what_makes_values_comparable(void **state)
{
  (void)state;
  trace = fixture_trace("LR", 20, 1000);
  add_effort(STANCE_LEFT, 10, 200);
  analyse("iso-supine-90-90");
#define ONSET "onset=mean_sd/1(onset_sd=5,onset_floor_n=10,quiet_window_s=1"
  assert_true(strncmp(result.onset_method, ONSET + 6, strlen(ONSET) - 6) == 0);
  char rfd[400];
  snprintf(rfd, sizeof rfd, "rfd/1(window=0-50ms,onset=%s)", result.onset_method);
  assert_method(STANCE_METRIC_RFD_0_50MS, rfd);
  snprintf(rfd, sizeof rfd, "rfd/1(window=100-200ms,onset=%s)", result.onset_method);
  assert_method(STANCE_METRIC_RFD_100_200MS, rfd);
  snprintf(rfd, sizeof rfd, "rfd_peak/1(window=20ms,onset=%s)", result.onset_method);
  assert_method(STANCE_METRIC_RFD_PEAK_20MS, rfd);
  snprintf(rfd, sizeof rfd, "impulse_net/1(window=0-250ms,onset=%s)", result.onset_method);
  assert_method(STANCE_METRIC_IMPULSE_NET_0_250MS, rfd);
  snprintf(rfd, sizeof rfd, "force_at/1(at=150ms,zero=assumed,onset=%s)", result.onset_method);
  assert_method(STANCE_METRIC_FORCE_AT_150MS, rfd);
  snprintf(rfd, sizeof rfd, "time_to_90pct/1(onset=%s)", result.onset_method);
  assert_method(STANCE_METRIC_TIME_TO_90PCT, rfd);
  assert_method(STANCE_METRIC_PEAK_FORCE, "peak_force/1(zero=assumed)");
  assert_method(STANCE_METRIC_PEAK_FORCE_NET, "peak_force_net/1(above=baseline)");
  assert_method(STANCE_METRIC_PEAK_FORCE_PER_KG,
                "peak_force_per_kg/1(of=peak_force_net,above=baseline)");
  assert_method(STANCE_METRIC_ASYMMETRY_PEAK_FORCE,
                "percent_difference/1(compares=peak_force_net,above=baseline)");
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++)
    assert_true(stance_result_method(&result, (enum stance_metric)metric, rfd, sizeof rfd) > 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(nothing_happens),
      TEST(no_samples_at_all),
      TEST(one_side_only),
      TEST(unequal_repetitions),
      TEST(best_is_one_repetition),
      TEST(countermovement_stands_back),
      TEST(partial_and_rejected_keep_their_numbers),
      TEST(levels_of_a_recorded_run),
      TEST(unrecorded_levels_are_missing_not_zero),
      TEST(empty_plate_is_no_baseline),
      TEST(pretension_and_restless_zero_are_flagged),
      TEST(plates_share_the_onset_of_their_sum),
      TEST(noisier_side_sets_both_thresholds),
      TEST(same_instant),
      TEST(one_force_used_in_turn),
      TEST(impossible_requests),
      TEST(interval),
      TEST(methods_name_what_makes_values_comparable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
