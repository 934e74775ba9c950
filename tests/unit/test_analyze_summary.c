/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Best, mean and mean of three, and what stays out of them. */
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
  static const struct {
    double peak_n[2];
    bool dips[2];
    double best_n;
  } cases[] = {
      {{300, 350}, {false, true}, 360},
      {{350, 300}, {true, false}, 360},
      {{300, 350}, {true, true}, 410}, /* nothing better exists */
  };
  for (size_t k = 0; k < 3; k++) {
    trace = fixture_trace("L", 30, 1000);
    fixture_add_constant(&trace, STANCE_LEFT, 60);
    for (int effort = 0; effort < 2; effort++) {
      add_effort(STANCE_LEFT, 6 + 10 * effort, cases[k].peak_n[effort]);
      for (int i = 0; i < 100 && cases[k].dips[effort]; i++)
        trace.force_n[STANCE_LEFT][5900 + 10000 * effort + i] -= 40 * sin(M_PI * i / 100);
    }
    analyse("isometric");
    const struct stance_value *best =
        summary(STANCE_SUMMARY_BEST, STANCE_LEFT, STANCE_METRIC_PEAK_FORCE);
    fixture_assert_close(fixture_number(best), cases[k].best_n, 1e-9);
    assert_int_equal(fixture_has(best, STANCE_REASON_COUNTERMOVEMENT), k == 2);
    assert_int_equal(result.used[STANCE_LEFT], 2);
    if (k < 2)
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
  assert_true(strncmp(result.onset_method, &ONSET[6], strlen(ONSET) - 6) == 0);
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
      TEST(methods_name_what_makes_values_comparable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
