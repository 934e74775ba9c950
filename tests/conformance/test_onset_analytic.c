/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Onset on signals whose onset is known in closed form: SCIENCE 10.1 and 10.2. */
#include "support/signals.h"

#include "effort.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const double start_s = 3.0, seconds = 8.0;

static struct stance_analysis_settings with_floor(double floor_n)
{
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  settings.onset_floor_n = floor_n;
  return settings;
}

static double *force(double rate_hz, size_t *ret_count, double (*shape)(double t, double parameter),
                     double parameter)
{
  size_t count = (size_t)lround(seconds * rate_hz);
  double *force_n = calloc(count, sizeof *force_n);
  for (size_t i = 0; i < count; ++i) {
    double t = ((double)i - start_s * rate_hz) / rate_hz;
    force_n[i] = t > 0.0 ? shape(t, parameter) : 0.0;
  }
  *ret_count = count;
  return force_n;
}

static double ramp(double t, double slope)
{
  return slope * t;
}

/* Fmax 400 N, SCIENCE 10.1 A */
static double exponential(double t, double tau_s)
{
  return 400.0 * (1.0 - exp(-t / tau_s));
}

/* C: the delay is threshold / slope exactly, so the first sample after that instant. */
static void ramp_is_delayed_by_threshold_over_slope(void **state)
{
  (void)state;
  const double rates_hz[] = {500.0, 1000.0, 10000.0};
  const double slopes[] = {37.0, 61.3, 97.1, 230.9, 470.7, 1234.5, 3217.0};
  for (size_t r = 0; r < sizeof rates_hz / sizeof rates_hz[0]; ++r) {
    for (size_t k = 0; k < sizeof slopes / sizeof slopes[0]; ++k) {
      size_t count;
      double *force_n = force(rates_hz[r], &count, ramp, slopes[k]);
      struct stance_effort_search search = search_whole(force_n, count, rates_hz[r]);
      struct stance_analysis_settings settings = with_floor(10.0);
      struct stance_effort effort = effort_of(&search, &settings);
      long start = lround(start_s * rates_hz[r]);
      assert_int_equal(effort.onset - start, (long)ceil(10.0 / slopes[k] * rates_hz[r]));
      assert_true(effort.baseline_n == 0.0 && effort.baseline_sd_n == 0.0);
      assert_int_equal(effort.flags & ~STANCE_REASON_BIT(STANCE_REASON_NOT_EXPLOSIVE), 0);
      assert_true(effort.flags & STANCE_REASON_BIT(STANCE_REASON_NOT_EXPLOSIVE));
      free(force_n);
    }
  }
}

/* A: delays of 1.886817, 7.693994 and 20.029709 ms; a bias of −F(onset)/Fmax in every RFD. */
static void exponential_is_delayed_and_biased_as_computed(void **state)
{
  (void)state;
  const double threshold_n[] = {5.0, 20.0, 50.0}, delay_ms[] = {1.886817, 7.693994, 20.029709};
  const double rate_hz = 100000.0; /* a sample is 0.01 ms */
  for (int k = 0; k < 3; ++k) {
    size_t count;
    double *force_n = force(rate_hz, &count, exponential, 0.15);
    struct stance_effort_search search = search_whole(force_n, count, rate_hz);
    struct stance_analysis_settings settings = with_floor(threshold_n[k]);
    struct stance_effort effort = effort_of(&search, &settings);
    long start = lround(start_s * rate_hz);
    assert_int_equal(effort.onset - start, (long)ceil(delay_ms[k] * rate_hz / 1000.0));
    for (double window_s = 0.05; window_s < 0.26; window_s += 0.05) {
      long n = samples_of(window_s, rate_hz);
      double rfd = (force_n[effort.onset + n] - force_n[effort.onset]) / window_s;
      double bias = rfd / (exponential(window_s, 0.15) / window_s) - 1.0;
      assert_true(fabs(bias + force_n[effort.onset] / 400.0) < 1e-12);
      assert_true(fabs(bias + threshold_n[k] / 400.0) < 1e-4); /* the sample after the crossing */
    }
    assert_false(effort.flags & STANCE_REASON_BIT(STANCE_REASON_NOT_EXPLOSIVE));
    free(force_n);
  }
}

/* 832/836 alternating: mean 834.00, SD 2.0010, threshold 844.01. */
static void worked_example_of_the_mid_thigh_pull(void **state)
{
  (void)state;
  const double rate_hz = 1000.0;
  size_t count;
  double *force_n = force(rate_hz, &count, exponential, 0.2);
  for (size_t i = 0; i < count; ++i)
    force_n[i] = 5.1775 * force_n[i] + (i % 2 == 0 ? 832.0 : 836.0);
  struct stance_effort_search search = search_whole(force_n, count, rate_hz);
  search.plate = true;
  struct stance_effort effort = effort_of(&search, &stance_analysis_settings_default);
  assert_int_equal(effort.quiet_first, 0); /* all are as calm: the earliest */
  assert_int_equal(effort.quiet_count, 1000);
  assert_true(effort.baseline_n == 834.0);
  assert_true(fabs(effort.baseline_sd_n - sqrt(4000.0 / 999.0)) < 1e-12);
  assert_true(fabs(effort.baseline_sd_n - 2.0010) < 5e-5);
  assert_true(fabs(effort.threshold_n - 844.01) < 5e-3);
  assert_true(effort.baseline_range_n == 4.0);
  assert_true(effort.flags == STANCE_REASON_BIT(STANCE_REASON_NOISE_DRIVEN));
  free(force_n);
}

/* data/onset_unit_vector.json, taken over by its values: runs at or above 1 are those above 0.5. */
static void runs_of_the_unit_vector(void **state)
{
  (void)state;
  const double nan = (double)NAN;
  const double x[] = {0, 0, 2, 0, nan, 0, 2, 3, 3, 0, 1, 1, 0};
  const long runs[][3] = {{2, 2, 2}, {6, 7, 8}, {10, 10, 11}}; /* first, peak, last */
  for (int k = 0; k < 3; ++k) {
    struct stance_effort_search search = search_whole(x, sizeof x / sizeof x[0], 1000.0);
    struct stance_effort effort = {
        .last = 12, .t90 = runs[k][1], .quiet_count = 2, .peak = runs[k][1]};
    stance_effort_onset(&search, &stance_analysis_settings_default, 0.5, &effort);
    assert_int_equal(effort.missing, 0);
    assert_int_equal(effort.onset, runs[k][0]);
    assert_int_equal(effort.end, runs[k][2] + 1);
  }
}

/* Gaussian tails: a sample above mean + 3 SD every 1.35e-3, above 5 SD every 2.87e-7. The interval
   is 5 SD of the count, so that a good generator fails once in 10^6 seeds. */
static void false_alarms_follow_the_gaussian_tails(void **state)
{
  (void)state;
  enum { COUNT = 4000000 };
  struct random random = random_seeded(20160601);
  double *noise_n = calloc(COUNT, sizeof *noise_n);
  add_noise(noise_n, COUNT, &random, 0.7);
  struct quiet_statistics quiet = quiet_window_statistics(noise_n, 0, COUNT);
  const double sd[] = {3.0, 4.0, 5.0}, tail[] = {1.349898e-3, 3.167124e-5, 2.866516e-7};
  for (int k = 0; k < 3; ++k) {
    long above = 0;
    for (long i = 0; i < COUNT; ++i)
      above += noise_n[i] > quiet.mean_n + sd[k] * quiet.sd_n;
    double expected = tail[k] * COUNT;
    if (fabs((double)above - expected) > 5.0 * sqrt(expected) + 1.0)
      fail_msg("%ld of %d samples above %g SD instead of %.1f", above, COUNT, sd[k], expected);
  }
  free(noise_n);
}

/* With the window taken for its calm and the threshold walked back to, noise alone must not pull
   onset away from a rise: over many trials the error stays at the crossing itself. */
static void noise_alone_does_not_move_onset(void **state)
{
  (void)state;
  const double rate_hz = 1000.0;
  struct random random = random_seeded(7);
  double sum = 0.0;
  enum { TRIALS = 200 };
  for (int k = 0; k < TRIALS; ++k) {
    size_t count;
    double *force_n = force(rate_hz, &count, exponential, 0.15);
    add_noise(force_n, count, &random, 1.0);
    struct stance_effort_search search = search_whole(force_n, count, rate_hz);
    struct stance_effort effort = effort_of(&search, &stance_analysis_settings_default);
    double error_ms = (double)(effort.onset - lround(start_s * rate_hz));
    /* 10 N above zero are crossed after 3.8 ms; ±5 SD of 1 N at 2667 N/s are ±2 ms */
    assert_true(error_ms >= 1.0 && error_ms <= 7.0);
    sum += error_ms;
    free(force_n);
  }
  assert_true(fabs(sum / TRIALS - 4.3) < 0.3); /* the sample after 3.8 ms, 4.3 on average */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ramp_is_delayed_by_threshold_over_slope),
      cmocka_unit_test(exponential_is_delayed_and_biased_as_computed),
      cmocka_unit_test(worked_example_of_the_mid_thigh_pull),
      cmocka_unit_test(runs_of_the_unit_vector),
      cmocka_unit_test(false_alarms_follow_the_gaussian_tails),
      cmocka_unit_test(noise_alone_does_not_move_onset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
