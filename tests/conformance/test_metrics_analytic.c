/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rises with closed forms through the whole analysis: every metric to 1e-9 relative where the
   samples fall on the grid. The baseline is 0 N, so that the threshold is the onset floor, 10 N. */
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double digits = 1e-9;
static const double threshold_n = 10; /* the default onset floor */
static const int window_ms[5] = {50, 100, 150, 200, 250};
static const double start_s = 6, stop_s = 9;

struct analysed {
  struct stance_result result;
  const struct stance_value *value;
  double t0_s; /* from the start of the rise to the detected onset */
};

static struct analysed analyse(const struct fixture_effort *effort, double rate_hz,
                               double constant_n)
{
  struct stance_force_trace trace = fixture_trace("L", 11, rate_hz);
  fixture_add(&trace, STANCE_LEFT, effort);
  fixture_add_constant(&trace, STANCE_LEFT, constant_n);
  struct stance_protocol protocol = fixture_protocol("isometric");
  struct stance_analysis_context context = fixture_context();
  struct analysed analysed = {.result = fixture_analyze(&trace, &protocol, &context)};
  fixture_finish(&trace);
  assert_int_equal(analysed.result.repetition_count, 1);
  analysed.value = analysed.result.repetition[0].value[STANCE_LEFT];
  const double onset_s = fixture_number(&analysed.value[STANCE_METRIC_ONSET_TIME]);
  analysed.t0_s = (double)lround((onset_s - start_s) * rate_hz) / rate_hz;
  return analysed;
}

static double number(const struct analysed *analysed, int metric)
{
  return fixture_number(&analysed->value[metric]);
}

/* The first sample above the threshold, and the one before it is not. */
static void assert_onset_is_first_above(const struct fixture_effort *effort, double rate_hz,
                                        double t0_s)
{
  assert_true(fixture_rise_n(effort, t0_s) > threshold_n);
  assert_true(fixture_rise_n(effort, t0_s - 1 / rate_hz) <= threshold_n);
}

static struct fixture_effort exponential(double peak_n, double tau_s)
{
  return (struct fixture_effort){.shape = FIXTURE_EXPONENTIAL,
                                 .start_s = start_s,
                                 .stop_s = stop_s,
                                 .peak_n = peak_n,
                                 .tau_s = tau_s};
}

/* F = Fmax (1 − e^(−t/τ)); what an onset t0 late leaves of it is the factor e^(−t0/τ). */
static void check_exponential(double peak_n, double tau_s, double rate_hz)
{
  const struct fixture_effort effort = exponential(peak_n, tau_s);
  struct analysed a = analyse(&effort, rate_hz, 0);
  assert_onset_is_first_above(&effort, rate_hz, a.t0_s);
  const double left = exp(-a.t0_s / tau_s), half_step = 0.5 / rate_hz;
  for (int k = 0; k < 5; k++) {
    const double window_s = window_ms[k] / 1000.0, rise = -expm1(-window_s / tau_s);
    const double force_n = peak_n * -expm1(-(a.t0_s + window_s) / tau_s);
    fixture_assert_close(number(&a, STANCE_METRIC_FORCE_AT_50MS + k), force_n, digits);
    fixture_assert_close(number(&a, STANCE_METRIC_NET_FORCE_AT_50MS + k), force_n, digits);
    fixture_assert_close(number(&a, STANCE_METRIC_RFD_0_50MS + k), peak_n * left * rise / window_s,
                         digits);
    /* the trapezoid of an exponential is a geometric series: h/2·coth(h/2τ) in the place of τ */
    const double tau_of_trapezoid_s = half_step / tanh(half_step / tau_s);
    fixture_assert_close(number(&a, STANCE_METRIC_IMPULSE_NET_0_50MS + k),
                         peak_n * (window_s - left * tau_of_trapezoid_s * rise), digits);
  }
  static const int from_ms[5] = {50, 100, 150, 200, 100}, to_ms[5] = {100, 150, 200, 250, 200};
  for (int k = 0; k < 5; k++) {
    const double a_s = from_ms[k] / 1000.0, b_s = to_ms[k] / 1000.0;
    fixture_assert_close(number(&a, STANCE_METRIC_RFD_50_100MS + k),
                         peak_n * left * (exp(-a_s / tau_s) - exp(-b_s / tau_s)) / (b_s - a_s),
                         digits);
  }
  fixture_assert_close(number(&a, STANCE_METRIC_RFD_PEAK_20MS),
                       peak_n * left * -expm1(-0.02 / tau_s) / 0.02, digits);
  const double held_n = peak_n * -expm1(-(stop_s - start_s) / tau_s);
  fixture_assert_close(number(&a, STANCE_METRIC_PEAK_FORCE), held_n, digits);
  fixture_assert_close(number(&a, STANCE_METRIC_PEAK_FORCE_NET), held_n, digits);
  /* a chord under an arc of curvature F/τ²: late by at most h²/8τ */
  const double late_s = half_step * half_step / (2 * tau_s) + 1e-9;
  const double t50_s = -tau_s * log1p(-0.5 * held_n / peak_n) - a.t0_s;
  const double t90_s = -tau_s * log1p(-0.9 * held_n / peak_n) - a.t0_s;
  const double d50_s = number(&a, STANCE_METRIC_TIME_TO_50PCT) - t50_s;
  const double d90_s = number(&a, STANCE_METRIC_TIME_TO_90PCT) - t90_s;
  assert_true(d50_s > -1e-9 && d50_s <= late_s);
  assert_true(d90_s > -1e-9 && d90_s <= late_s);
  stance_result_finish(&a.result);
}

static void exponential_rises(void **state)
{
  (void)state;
  check_exponential(400, 0.15, 1000);
  check_exponential(300, 0.1, 1000);
  const uint64_t first_seed = 20231121;
  uint64_t seed = first_seed;
  print_message("seed %llu\n", (unsigned long long)first_seed);
  static const double rates_hz[] = {500, 1000, 2000, 10000};
  for (int k = 0; k < 40; k++)
    check_exponential(80 + 2500 * fixture_random(&seed), 0.04 + 0.2 * fixture_random(&seed),
                      rates_hz[k % 4]);
}

/* The published numbers of one exponential, with onset at its very start: what is left of them
   after an onset t0 late is known exactly. */
static void tabulated_exponential(void **state)
{
  (void)state;
  static const double rfd[5] = {2267.749515, 1946.331524, 1685.654824, 1472.805724, 1297.799035};
  const struct fixture_effort effort = exponential(400, 0.15);
  struct analysed a = analyse(&effort, 1000, 0);
  const double left = exp(-a.t0_s / 0.15);
  for (int k = 0; k < 5; k++) /* half a unit of the table's last digit */
    assert_true(fabs(number(&a, STANCE_METRIC_RFD_0_50MS + k) / left - rfd[k]) < 6e-7);
  assert_true(fabs(number(&a, STANCE_METRIC_RFD_PEAK_20MS) / left - 2496.533619) < 6e-7);
  stance_result_finish(&a.result);
}

/* RFD is low by the same fraction in every window: the force at onset over the force to come. */
static void late_onset_costs_every_window_the_same(void **state)
{
  (void)state;
  static const double floors_n[] = {5, 10, 20, 50};
  for (int f = 0; f < 4; f++) {
    struct stance_force_trace trace = fixture_trace("L", 11, 10000);
    const struct fixture_effort effort = exponential(400, 0.15);
    fixture_add(&trace, STANCE_LEFT, &effort);
    struct stance_protocol protocol = fixture_protocol("isometric");
    protocol.analysis.onset_floor_n = floors_n[f];
    struct stance_analysis_context context = fixture_context();
    struct stance_result result = fixture_analyze(&trace, &protocol, &context);
    assert_int_equal(result.repetition_count, 1);
    const struct stance_value *value = result.repetition[0].value[STANCE_LEFT];
    const long onset = result.repetition[0].effort[STANCE_LEFT].onset;
    const double bias = -trace.force_n[STANCE_LEFT][onset] / 400;
    for (int k = 0; k < 5; k++) {
      const double window_s = window_ms[k] / 1000.0;
      const double truth = 400 * -expm1(-window_s / 0.15) / window_s;
      const double found = fixture_number(&value[STANCE_METRIC_RFD_0_50MS + k]);
      assert_true(fabs(found / truth - 1 - bias) < 1e-9);
    }
    /* −thr/Fmax, and at 10 kHz no sample overshoots the threshold by more than 0.27 N */
    assert_true(fabs(bias + floors_n[f] / 400) < 0.27 / 400);
    stance_result_finish(&result);
    fixture_finish(&trace);
  }
}

static void logistic_rise(void **state)
{
  (void)state;
  const double peak_n = 400, mid_s = 0.12, s = 0.025;
  const struct fixture_effort effort = {.shape = FIXTURE_LOGISTIC,
                                        .start_s = start_s,
                                        .stop_s = stop_s,
                                        .peak_n = peak_n,
                                        .tau_s = s,
                                        .mid_s = mid_s};
  struct analysed a = analyse(&effort, 1000, 0);
  assert_onset_is_first_above(&effort, 1000, a.t0_s);
  fixture_assert_close(number(&a, STANCE_METRIC_RFD_PEAK_20MS),
                       peak_n / 0.02 * tanh(0.02 / (4 * s)), digits);
  assert_true(fabs(number(&a, STANCE_METRIC_RFD_PEAK_20MS) - 3947.506404) < 6e-7);
  assert_true(fabs(number(&a, STANCE_METRIC_TIME_TO_50PCT) - (mid_s - a.t0_s)) < 1e-9);
  const double at_onset = peak_n / (1 + exp((mid_s - a.t0_s) / s));
  for (int k = 0; k < 5; k++) {
    const double window_s = window_ms[k] / 1000.0;
    const double force_n = peak_n / (1 + exp((mid_s - a.t0_s - window_s) / s));
    fixture_assert_close(number(&a, STANCE_METRIC_RFD_0_50MS + k), (force_n - at_onset) / window_s,
                         digits);
    /* trapezoid against integral: h²/12·T·max|F''|, with |F''| ≤ Fmax/(6√3 s²) */
    const double integral =
        peak_n * s *
        log((1 + exp((a.t0_s + window_s - mid_s) / s)) / (1 + exp((a.t0_s - mid_s) / s)));
    const double error = 1e-6 / 12 * window_s * peak_n / (6 * sqrt(3.0) * s * s);
    assert_true(fabs(number(&a, STANCE_METRIC_IMPULSE_NET_0_50MS + k) - integral) <= error);
  }
  stance_result_finish(&a.result);
}

static void ramp(void **state)
{
  (void)state;
  /* 1600 N/s is explosive (20 to 80 % in 150 ms), 250 N/s is not (960 ms) */
  static const double lengths_s[2] = {0.25, 1.6};
  for (int slow = 0; slow < 2; slow++) {
    const struct fixture_effort effort = {.shape = FIXTURE_RAMP,
                                          .start_s = start_s,
                                          .stop_s = stop_s,
                                          .peak_n = 400,
                                          .tau_s = lengths_s[slow]};
    struct analysed a = analyse(&effort, 1000, 0);
    const double slope = 400 / lengths_s[slow];
    /* thr/k falls on a sample, which is not above the threshold: onset is the next one */
    if (slow)
      assert_true(fabs(a.t0_s - 0.041) < 1e-12);
    for (int metric = STANCE_METRIC_RFD_0_50MS; metric <= STANCE_METRIC_RFD_0_200MS; metric++)
      fixture_assert_close(number(&a, metric), slope, digits);
    fixture_assert_close(number(&a, STANCE_METRIC_RFD_PEAK_20MS), slope, digits);
    for (int k = 0; k < 4; k++) {
      const double window_s = window_ms[k] / 1000.0;
      fixture_assert_close(number(&a, STANCE_METRIC_IMPULSE_NET_0_50MS + k),
                           slope * window_s * (a.t0_s + window_s / 2), digits);
      assert_int_equal(
          fixture_has(&a.value[STANCE_METRIC_RFD_0_50MS + k], STANCE_REASON_NOT_EXPLOSIVE), slow);
    }
    assert_false(fixture_has(&a.value[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_NOT_EXPLOSIVE));
    assert_false(fixture_has(&a.value[STANCE_METRIC_TIME_TO_PEAK], STANCE_REASON_NOT_EXPLOSIVE));
    stance_result_finish(&a.result);
  }
}

static void raised_cosine(void **state)
{
  (void)state;
  const struct fixture_effort effort = {
      .shape = FIXTURE_COSINE, .start_s = start_s, .stop_s = stop_s, .peak_n = 400, .tau_s = 0.25};
  struct analysed a = analyse(&effort, 1000, 0);
  assert_true(fabs(number(&a, STANCE_METRIC_RFD_PEAK_20MS) - 2506.664671) < 6e-7);
  for (int k = 0; k < 5; k++) {
    const double t = fmin(a.t0_s + window_ms[k] / 1000.0, 0.25);
    fixture_assert_close(number(&a, STANCE_METRIC_FORCE_AT_50MS + k),
                         200 * (1 - cos(M_PI * t / 0.25)), digits);
  }
  stance_result_finish(&a.result);
}

/* At rates where no window is a whole number of samples, RFD divides by the time between the
   samples that it read. */
static void odd_rates_divide_by_what_was_read(void **state)
{
  (void)state;
  static const double rates_hz[] = {333.3, 977, 1234.5, 2222};
  for (int r = 0; r < 4; r++) {
    const double rate_hz = rates_hz[r];
    const struct fixture_effort effort = {
        .shape = FIXTURE_RAMP, .start_s = start_s, .stop_s = stop_s, .peak_n = 400, .tau_s = 0.4};
    struct analysed a = analyse(&effort, rate_hz, 0);
    for (int k = 0; k < 5; k++) {
      const struct stance_value *value = &a.value[STANCE_METRIC_RFD_0_50MS + k];
      fixture_assert_close(fixture_number(value), 1000, digits);
      assert_int_equal(fixture_has(value, STANCE_REASON_LOW_RATE), rate_hz < 990);
    }
    stance_result_finish(&a.result);
  }
}

/* A weight that rests on the force from the start changes what is gross, and nothing else. */
static void constant_changes_gross_only(void **state)
{
  (void)state;
  const struct fixture_effort effort = exponential(400, 0.15);
  struct analysed bare = analyse(&effort, 1000, 0), loaded = analyse(&effort, 1000, 64);
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    const struct stance_value *a = &bare.value[metric], *b = &loaded.value[metric];
    assert_int_equal(a->reasons, b->reasons);
    if (stance_value_is_missing(a))
      continue;
    const bool gross =
        metric == STANCE_METRIC_BASELINE_FORCE || metric == STANCE_METRIC_PEAK_FORCE ||
        metric == STANCE_METRIC_PEAK_FORCE_MEAN_100MS || metric == STANCE_METRIC_MEAN_FORCE ||
        metric == STANCE_METRIC_ONSET_THRESHOLD ||
        (metric >= STANCE_METRIC_FORCE_AT_50MS && metric <= STANCE_METRIC_FORCE_AT_250MS);
    /* sums of forces near 464 N keep 1e-13 relative */
    assert_true(fabs(b->value - a->value - (gross ? 64 : 0)) <= 1e-9 * fmax(1, fabs(a->value)));
  }
  stance_result_finish(&bare.result);
  stance_result_finish(&loaded.result);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exponential_rises),
      cmocka_unit_test(tabulated_exponential),
      cmocka_unit_test(late_onset_costs_every_window_the_same),
      cmocka_unit_test(logistic_rise),
      cmocka_unit_test(ramp),
      cmocka_unit_test(raised_cosine),
      cmocka_unit_test(odd_rates_divide_by_what_was_read),
      cmocka_unit_test(constant_changes_gross_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
