/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quiet window, walk and quality flags, one situation each. */
#include "effort.h"
#include "support/signals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

enum { COUNT = 12000 };
static const double rate_hz = 1000.0;
static double force_n[COUNT];

static struct stance_effort_search fresh(double noise_sd_n, uint64_t seed)
{
  struct random random = random_seeded(seed);
  memset(force_n, 0, sizeof force_n);
  add_noise(force_n, COUNT, &random, noise_sd_n);
  return search_whole(force_n, COUNT, rate_hz);
}

/* 300 N with a time constant of 0.1 s from 8 s, held to 11 s. */
static void pull(void)
{
  add_plateau(force_n, COUNT, rate_hz, 8.0, 11.0, 0.1, 0.3, 300.0, 0.0);
}

static struct stance_effort analysed(const struct stance_effort_search *search)
{
  return effort_of(search, &stance_analysis_settings_default);
}

static void limb_is_the_baseline_not_the_empty_plate(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.5, 1);
  search.plate = true;
  add_step(force_n, COUNT, rate_hz, 3.0, 0.3, 45.0);
  pull();
  struct stance_effort effort = analysed(&search);
  assert_int_equal(effort.missing, 0);
  assert_true(fabs(effort.baseline_n - 45.0) < 0.1);
  assert_true(effort.quiet_first >= 3300 && effort.quiet_first + effort.quiet_count <= 8100);
  assert_in_range(effort.onset, 8002, 8006); /* 10 N are crossed after 3.4 ms */
}

/* The same with a ramp of 2.5 s instead of an explosive pull: its steepest 50 ms lie anywhere. */
static void limb_is_the_baseline_of_a_slow_rise_too(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    struct stance_effort_search search = fresh(1.0, seed);
    add_step(force_n, COUNT, rate_hz, 2.0, 0.3, 45.0);
    for (int i = 8000; i < 10500; ++i)
      force_n[i] += 300.0 * (i - 8000) / 2500.0;
    struct stance_effort effort = analysed(&search);
    assert_int_equal(effort.missing, 0);
    assert_true(fabs(effort.baseline_n - 45.0) < 0.5);
    /* 10 N after 83 ms, give or take 5 SD of 1 N at 120 N/s */
    assert_true(labs(effort.onset - 8083) < 42);
    assert_true(effort.flags & BIT(NOT_EXPLOSIVE));
  }
}

static void a_nordic_lowering_starts_from_rest(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    struct stance_effort_search search = fresh(1.0, seed);
    add_lowering(force_n, COUNT, rate_hz, 5.0, 9.0, 0.2, 300.0);
    struct stance_effort effort = analysed(&search);
    assert_int_equal(effort.missing, 0);
    assert_true(fabs(effort.baseline_n) < 1.0);
    /* t² crosses 10 N after 0.73 s, at 27 N/s */
    assert_true(labs(effort.onset - 5730) < 180);
    assert_in_range(effort.end, 9150, 9200);
  }
}

static void calmest_window_wins_and_the_earliest_of_equals(void **state)
{
  (void)state;
  fresh(0.0, 1);
  for (int i = 0; i < COUNT; ++i)
    force_n[i] = (i / 1000) % 3 == 1 ? 5.0 + 0.25 * (i % 2) : 5.0 + 0.5 * (i % 2);
  struct quiet_request request = {
      .first = 0, .end = COUNT, .length = 500, .reference_n = 5.0, .tolerance_n = 10.0};
  assert_int_equal(quiet_window_find(force_n, &request), 1000);
  request.first = 1510; /* past the last whole one of the first calm second */
  assert_int_equal(quiet_window_find(force_n, &request), 4000);
  request.end = 4499;
  long first = quiet_window_find(force_n, &request);
  assert_true(first >= 1510 && first != 4000);
  request.tolerance_n = 0.01;
  assert_int_equal(quiet_window_find(force_n, &request), STANCE_NO_SAMPLE);
}

/* Numerically hard: 0.3 N of noise on 3000 N, and a step of 3000 N that has just left the window.
 */
static void small_noise_on_a_large_force_keeps_its_digits(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    fresh(0.3, seed);
    for (int i = 500; i < COUNT; ++i)
      force_n[i] += 3000.0;
    struct quiet_request request = {
        .first = 0, .end = COUNT, .length = 1000, .reference_n = 3000.0, .tolerance_n = 10.0};
    long found = quiet_window_find(force_n, &request), expected = -1;
    double least = (double)INFINITY;
    for (long first = 500; first + 1000 <= COUNT; ++first) {
      double sd_n = quiet_window_statistics(force_n, first, 1000).sd_n;
      if (sd_n < least) {
        least = sd_n;
        expected = first;
      }
    }
    assert_int_equal(found, expected);
  }
}

static void median_is_that_of_sorted_values(void **state)
{
  (void)state;
  struct random random = random_seeded(3);
  for (int trial = 0; trial < 2000; ++trial) {
    double value[64];
    long count = random_whole(&random, 1, 64);
    for (long i = 0; i < count; ++i)
      value[i] = (double)random_whole(&random, -5, 5);
    double median = median_of(value, 0, count);
    long below = 0, above = 0;
    for (long i = 0; i < count; ++i) {
      below += value[i] < median;
      above += value[i] > median;
    }
    assert_true(2 * below <= count && 2 * above <= count);
  }
  const double odd[] = {3, (double)NAN, 1, 2}, none[] = {(double)NAN};
  assert_true(median_of(odd, 0, 4) == 2.0);
  assert_true(median_of(odd, 0, 3) == 2.0); /* of 3 and 1: half-way */
  assert_true(isnan(median_of(none, 0, 1)) && isnan(median_of(none, 0, 0)));
}

static void no_quiet_window_is_said(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.5, 1);
  pull();
  search.earliest = search.first = 7400; /* 0.6 s before the pull: no whole second */
  struct stance_effort effort = analysed(&search);
  assert_int_equal(effort.missing, BIT(NO_QUIET_WINDOW) | BIT(NO_ONSET));
  assert_true(isnan(effort.baseline_n) && isnan(effort.threshold_n));
  assert_int_equal(effort.onset, STANCE_NO_SAMPLE);
  assert_in_range(effort.peak, 8500, 11000);

  struct stance_analysis_settings settings = stance_analysis_settings_default;
  settings.quiet_window_s = 0.2;
  effort = effort_of(&search, &settings);
  assert_int_equal(effort.missing, 0);
  assert_true(effort.quiet_first >= 7400);
}

static void gaps_are_met_or_avoided(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.5, 1);
  pull();
  force_n[8003] = force_n[8004] = (double)NAN; /* where the threshold is crossed */
  struct stance_effort effort = analysed(&search);
  assert_int_equal(effort.missing, BIT(GAP_IN_WINDOW));
  assert_int_equal(effort.onset, STANCE_NO_SAMPLE);
  assert_int_not_equal(effort.quiet_first, STANCE_NO_SAMPLE);

  search = fresh(0.5, 1);
  pull();
  for (int i = 3500; i < 7000; i += 900)
    force_n[i] = (double)NAN; /* no whole second before 6201 but the first */
  for (int i = 8010; i < 8030; ++i)
    force_n[i] = (double)NAN; /* 20 ms above the threshold: nothing can hide in them */
  effort = analysed(&search);
  assert_int_equal(effort.missing, 0);
  assert_in_range(effort.onset, 8002, 8006);
  assert_true(effort.quiet_first > 6200 || effort.quiet_first + 1000 <= 3500);
  force_n[8030] = (double)NAN; /* 90 N more within it: the pull is as steep as that */
  assert_int_equal(analysed(&search).missing, BIT(GAP_IN_WINDOW));

  search = fresh(0.5, 1);
  add_lowering(force_n, COUNT, rate_hz, 5.0, 9.0, 0.2, 300.0);
  long onset = analysed(&search).onset;
  for (int i = 8000; i < 8150; ++i)
    force_n[i] = (double)NAN; /* a slow rise cannot come from the threshold within 150 ms */
  assert_int_equal(analysed(&search).onset, onset);

  search = fresh(0.5, 1);
  pull();
  assert_in_range(analysed(&search).end, 11250, 11300);
  for (int i = 11200; i < 11221; ++i)
    force_n[i] = (double)NAN; /* while it returns */
  effort = analysed(&search);
  assert_int_equal(effort.missing, 0);
  assert_int_equal(effort.end, STANCE_NO_SAMPLE);

  for (int i = 0; i < COUNT; ++i)
    force_n[i] = (double)NAN;
  effort = analysed(&search);
  assert_int_equal(effort.missing, BIT(GAP_IN_WINDOW) | BIT(NO_ONSET));
  assert_int_equal(effort.peak, STANCE_NO_SAMPLE);
}

static void flat_and_falling_forces_have_no_onset(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.0, 1);
  assert_true(analysed(&search).missing & BIT(NO_ONSET));
  for (int i = 0; i < COUNT; ++i)
    force_n[i] = -0.01 * i;
  assert_true(analysed(&search).missing & BIT(NO_ONSET));
  search = fresh(0.5, 1);
  add_hump(force_n, COUNT, rate_hz, 8.0, 8.2, 8.3, 8.5, 7.0); /* below the floor */
  assert_int_equal(analysed(&search).missing, BIT(NO_ONSET));
}

/* Force returns below the threshold for 4 ms, 20 ms after it was crossed. */
static void short_dips_do_not_end_the_walk_when_held(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.0, 1);
  pull();
  for (int i = 8020; i < 8024; ++i)
    force_n[i] = 9.0;
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  assert_int_equal(effort_of(&search, &settings).onset, 8024);
  settings.onset_hold_ms = 4.0;
  assert_int_equal(effort_of(&search, &settings).onset, 8024); /* not shorter than that */
  settings.onset_hold_ms = 5.0;
  assert_int_equal(effort_of(&search, &settings).onset, 8004);
}

static void backstep_goes_to_the_mean_or_its_limit(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.0, 1);
  for (int i = 8000; i < COUNT; ++i)
    force_n[i] = 0.5 * (i - 8000); /* 10 N are passed at 8021 */
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  assert_int_equal(effort_of(&search, &settings).onset, 8021);
  settings.onset_backstep_ms = 60.0;
  assert_int_equal(effort_of(&search, &settings).onset, 8000);
  settings.onset_backstep_ms = 15.0;
  assert_int_equal(effort_of(&search, &settings).onset, 8006);
}

static void methods_differ_as_they_say(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.0, 1);
  for (int i = 0; i < COUNT; ++i)
    force_n[i] = 100.0 + (i > 8000 ? fmin(400.0, (double)(i - 8000)) : 0.0); /* 1 N a sample */
  search.body_weight_n = 800.0;
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  const struct {
    enum stance_onset_method method;
    long onset;
    double height_n;
  } rows[] = {
      {STANCE_ONSET_MEAN_SD, 8011, 10.0},
      {STANCE_ONSET_THRESHOLD_N, 8011, 10.0},
      {STANCE_ONSET_PERCENT_PEAK, 8021, 20.0},       /* 5 % of 400 */
      {STANCE_ONSET_PERCENT_BODYWEIGHT, 8041, 40.0}, /* 5 % of 800 */
      {STANCE_ONSET_DERIVATIVE, 7991, 10.0},         /* sees 10 ms ahead */
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; ++k) {
    settings.onset_method = rows[k].method;
    struct stance_effort effort = effort_of(&search, &settings);
    assert_int_equal(effort.missing, 0);
    assert_int_equal(effort.onset, rows[k].onset);
    assert_true(fabs(stance_effort_threshold_height_n(&effort) - rows[k].height_n) < 1e-9);
  }
  settings.onset_slope_n_per_s = 500.0; /* half of the ramp's: half of the 20 ms are on it */
  assert_int_equal(effort_of(&search, &settings).onset, 8001);
  settings.onset_method = STANCE_ONSET_PERCENT_BODYWEIGHT;
  search.body_weight_n = (double)NAN;
  assert_int_equal(effort_of(&search, &settings).missing, BIT(NO_BODY_MASS) | BIT(NO_ONSET));
}

static void larger_height_of_two_sides_is_noise_driven(void **state)
{
  (void)state;
  struct stance_effort_search search = fresh(0.5, 1);
  pull();
  struct stance_effort effort;
  stance_effort_anchor(&search, &stance_analysis_settings_default, &effort);
  assert_true(stance_effort_threshold_height_n(&effort) == 10.0);
  stance_effort_onset(&search, &stance_analysis_settings_default, 20.0, &effort);
  assert_true(effort.threshold_n == effort.baseline_n + 20.0);
  assert_true(effort.flags & BIT(NOISE_DRIVEN));
  assert_in_range(effort.onset, 8006, 8010); /* 20 N after 6.9 ms */
}

/* Adds to a clean pull what a flag is for, and sees that flag and no other. */
static void each_flag_has_its_cause(void **state)
{
  (void)state;
  enum cause { NONE, DIP, DEEP_DIP, BLIP, DRIFT, SWAY, NOISE };
  const struct {
    enum cause cause;
    bool plate;
    stance_reason_set flags;
  } rows[] = {
      {NONE, false, 0},
      {NONE, true, 0},
      {DIP, false, BIT(COUNTERMOVEMENT)},
      {DEEP_DIP, true, BIT(COUNTERMOVEMENT)},
      {BLIP, false, BIT(UNSTABLE_BASELINE)},
      {DRIFT, false, BIT(BASELINE_DRIFT) | BIT(NOISE_DRIVEN)},
      {SWAY, true, BIT(UNQUIET_BASELINE) | BIT(NOISE_DRIVEN)},
      {SWAY, false, BIT(NOISE_DRIVEN)},
      {NOISE, false, BIT(NOISE_DRIVEN)},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; ++k) {
    enum cause cause = rows[k].cause;
    struct stance_effort_search search = fresh(cause == NOISE ? 3.0 : 0.5, k);
    search.plate = rows[k].plate;
    pull();
    if (cause == DIP || cause == DEEP_DIP)
      add_hump(force_n, COUNT, rate_hz, 7.85, 7.9, 7.92, 8.0, cause == DIP ? -18.0 : -60.0);
    if (cause == BLIP)
      add_hump(force_n, COUNT, rate_hz, 7.85, 7.89, 7.9, 7.95, 20.0);
    for (int i = 0; i < COUNT && cause == DRIFT; ++i)
      force_n[i] += 14.0 * i / rate_hz;
    for (int i = 0; i < COUNT && cause == SWAY; ++i)
      force_n[i] += 28.0 * sin(2.0 * M_PI * 3.0 * i / rate_hz);
    struct stance_effort effort = analysed(&search);
    if (effort.missing != 0 || effort.flags != rows[k].flags) {
      char flags[160];
      stance_reason_join(effort.flags, flags, sizeof flags);
      fail_msg("row %zu: flags '%s', missing %llx", k, flags, (unsigned long long)effort.missing);
    }
  }
}

/* 20 to 80 % of an exponential takes tau·ln 4: 0.5 s at tau 0.361 s. */
static void slow_rises_are_not_explosive(void **state)
{
  (void)state;
  for (int k = 0; k < 2; ++k) {
    struct stance_effort_search search = fresh(0.0, 1);
    add_plateau(force_n, COUNT, rate_hz, 6.0, 11.9, k == 0 ? 0.35 : 0.37, 0.05, 300.0, 0.0);
    assert_int_equal((analysed(&search).flags & BIT(NOT_EXPLOSIVE)) != 0, k == 1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limb_is_the_baseline_not_the_empty_plate),
      cmocka_unit_test(limb_is_the_baseline_of_a_slow_rise_too),
      cmocka_unit_test(a_nordic_lowering_starts_from_rest),
      cmocka_unit_test(calmest_window_wins_and_the_earliest_of_equals),
      cmocka_unit_test(small_noise_on_a_large_force_keeps_its_digits),
      cmocka_unit_test(median_is_that_of_sorted_values),
      cmocka_unit_test(no_quiet_window_is_said),
      cmocka_unit_test(gaps_are_met_or_avoided),
      cmocka_unit_test(flat_and_falling_forces_have_no_onset),
      cmocka_unit_test(short_dips_do_not_end_the_walk_when_held),
      cmocka_unit_test(backstep_goes_to_the_mean_or_its_limit),
      cmocka_unit_test(methods_differ_as_they_say),
      cmocka_unit_test(larger_height_of_two_sides_is_noise_driven),
      cmocka_unit_test(each_flag_has_its_cause),
      cmocka_unit_test(slow_rises_are_not_explosive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
