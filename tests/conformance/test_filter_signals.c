/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The filters on signals: against SciPy's vectors, against each other, and against the effects on
   onset and rate of force development that SCIENCE §2 tabulates. */
#include "reference_data.h"
#include "stance/filter.h"
#include "support/dual_pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static double largest_difference(const double *a, const double *b, size_t first, size_t end)
{
  double largest = 0.0;
  for (size_t i = first; i < end; i++) {
    largest = fmax(largest, fabs(a[i] - b[i]));
  }
  return largest;
}

static double range_of(const double *signal, size_t count)
{
  double low = signal[0], high = signal[0];
  for (size_t i = 1; i < count; i++) {
    low = fmin(low, signal[i]);
    high = fmax(high, signal[i]);
  }
  return high - low;
}

static void zero_phase(const struct stance_lowpass *design, const double *in, size_t count,
                       double *ret_out)
{
  struct stance_zero_phase *filter;
  assert_int_equal(stance_zero_phase_create(design, &filter, NULL), STANCE_OK);
  assert_int_equal(stance_zero_phase_apply(filter, in, count, ret_out), STANCE_OK);
  stance_zero_phase_destroy(filter);
}

static double *reference_vector(const char *pattern, const char *filter, const char *input,
                                size_t *ret_count)
{
  char name[128];
  snprintf(name, sizeof name, "filters/%s%s%s%s.txt", "dev_", filter, pattern, input);
  return reference_column(name, 0, 0, ret_count);
}

static const struct {
  const char *name;
  unsigned order;
  double cutoff_hz;
} REFERENCE_FILTER[] = {{"bw2_50_1000", 2, 50}, {"bw4_20_1000", 4, 20}, {"bw2_15_1000", 2, 15}};
enum { REFERENCE_FILTER_COUNT = sizeof REFERENCE_FILTER / sizeof *REFERENCE_FILTER };
static const char *const REFERENCE_INPUT[] = {"impulse", "step", "imtp_ex2"};
enum { REFERENCE_INPUT_COUNT = sizeof REFERENCE_INPUT / sizeof *REFERENCE_INPUT };

static void check_lfilter(const struct stance_lowpass *design, const double *in, size_t count,
                          const double *expected)
{
  struct stance_causal filter;
  assert_int_equal(stance_causal_init(&filter, design, 1, NULL), STANCE_OK);
  double *out = calloc(count, sizeof *out), zero = 0.0;
  stance_causal_process(&filter, &zero, 1, &zero); /* lfilter starts from rest */
  stance_causal_process(&filter, in, count, out);
  double limit = 1e-9 * fmax(1.0, range_of(in, count));
  assert_true(largest_difference(out, expected, 0, count) <= limit);
  free(out);
}

static void check_filtfilt(const struct stance_lowpass *design, const double *in, size_t count,
                           const double *expected)
{
  double *out = calloc(count, sizeof *out);
  /* SciPy's own padding: 3 · (order + 1). */
  dual_pass(design, 3 * (design->order_per_pass + 1), in, count, out);
  double limit = 1e-9 * fmax(1.0, range_of(in, count));
  assert_true(largest_difference(out, expected, 0, count) <= limit);
  free(out);
}

static void equals_scipy_sample_by_sample(void **state)
{
  (void)state;
  for (size_t f = 0; f < REFERENCE_FILTER_COUNT; f++) {
    for (size_t k = 0; k < REFERENCE_INPUT_COUNT; k++) {
      const char *name = REFERENCE_FILTER[f].name, *input = REFERENCE_INPUT[k];
      struct stance_lowpass design = {1000, REFERENCE_FILTER[f].cutoff_hz,
                                      REFERENCE_FILTER[f].order, 1, false};
      size_t count, expected_count;
      double *in = reference_vector("in_", "", input, &count);
      static const char *const kind[] = {"_lfilter_", "_filtfilt_", "_sosfiltfilt_"};
      for (size_t j = 0; j < 3; j++) {
        double *expected = reference_vector(kind[j], name, input, &expected_count);
        assert_int_equal(expected_count, count);
        (j == 0 ? check_lfilter : check_filtfilt)(&design, in, count, expected);
        free(expected);
      }
      free(in);
    }
  }
}

/* SCIENCE §10.3: both padded by 6·rate/cutoff, ends of 6/cutoff excluded, 1e-8 of the range.
   Returns how many samples were compared. */
static size_t check_equal_inside(const struct stance_lowpass *design, const double *in,
                                 size_t count)
{
  size_t padding = dual_pass_padding(design);
  if (count <= 2 * padding) {
    return 0;
  }
  double *recursive = calloc(count, sizeof *recursive), *spectral = calloc(count, sizeof *spectral);
  dual_pass(design, padding, in, count, recursive);
  zero_phase(design, in, count, spectral);
  double largest = largest_difference(recursive, spectral, padding, count - padding);
  double range = range_of(in, count);
  if (!(largest <= 1e-8 * range)) {
    print_error("order %u, cutoff %g Hz at %g Hz, %zu samples: %g of the range\n",
                design->order_per_pass, design->cutoff_hz, design->rate_hz, count, largest / range);
    fail();
  }
  free(recursive);
  free(spectral);
  return count - 2 * padding;
}

static size_t check_all_designs(const double *in, size_t count)
{
  static const double cutoff_hz[] = {2, 6, 10, 15, 20, 50, 100, 150};
  size_t compared = 0;
  for (size_t k = 0; k < sizeof cutoff_hz / sizeof *cutoff_hz; k++) {
    for (unsigned order = 2; order <= 4; order += 2) {
      struct stance_lowpass design = {1000, cutoff_hz[k], order, 2, false};
      compared += check_equal_inside(&design, in, count);
      design.uncorrected = true;
      compared += check_equal_inside(&design, in, count);
    }
  }
  return compared;
}

static void equals_the_dual_pass_on_the_reference_inputs(void **state)
{
  (void)state;
  size_t compared = 0, count;
  for (size_t k = 0; k < REFERENCE_INPUT_COUNT; k++) {
    double *in = reference_vector("in_", "", REFERENCE_INPUT[k], &count);
    compared += check_all_designs(in, count);
    free(in);
  }
  assert_true(compared > 20000);
}

static void equals_the_dual_pass_on_real_pulls(void **state)
{
  (void)state;
  static const char *const name[] = {"imtp/Example2.csv", "imtp/Example3.csv"};
  for (size_t k = 0; k < 2; k++) {
    size_t count;
    double *in = reference_column(name[k], 1, 1, &count);
    assert_true(count > 10000);
    assert_true(check_all_designs(in, count) > 100000);
    free(in);
  }
}

enum { TABLE_ZERO = 3000, TABLE_COUNT = 6000 };

/* SCIENCE §10.1 A at 1 kHz: rest, then 400·(1 − e^(−t/0.15)). */
static void exponential(double ret_force[TABLE_COUNT])
{
  for (int i = 0; i < TABLE_COUNT; i++) {
    ret_force[i] = i < TABLE_ZERO ? 0.0 : 400.0 * (1.0 - exp(-(i - TABLE_ZERO) * 1e-3 / 0.15));
  }
}

static int first_above(const double *force, double threshold_n)
{
  int i = 0;
  while (force[i] <= threshold_n) {
    i++;
    assert_true(i < TABLE_COUNT);
  }
  return i;
}

static void check_row(const double *force, int onset_ms, double rfd_50, double rfd_100)
{
  int onset = first_above(force, 5.0);
  assert_int_equal(onset - TABLE_ZERO, onset_ms);
  assert_true(fabs((force[onset + 50] - force[onset]) / 0.05 - rfd_50) <= 0.005001);
  assert_true(fabs((force[onset + 100] - force[onset]) / 0.1 - rfd_100) <= 0.005001);
}

static void smears_onset_as_tabulated(void **state)
{
  (void)state;
  static const struct {
    double cutoff_hz;
    int onset_ms;
    double rfd_50, rfd_100;
  } row[] = {
      {6, -16, 1434.03, 1648.70}, {10, -6, 1890.69, 1807.52}, {15, -2, 2078.55, 1862.36},
      {20, 0, 2148.44, 1886.33},  {50, 2, 2229.59, 1916.49},  {100, 2, 2242.33, 1922.86},
  };
  double force[TABLE_COUNT], filtered[TABLE_COUNT];
  exponential(force);
  check_row(force, 2, 2237.71, 1920.55);
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    struct stance_lowpass design = {1000, row[k].cutoff_hz, 2, 2, false};
    zero_phase(&design, force, TABLE_COUNT, filtered);
    check_row(filtered, row[k].onset_ms, row[k].rfd_50, row[k].rfd_100);
  }
}

static void delays_onset_live_as_stated(void **state)
{
  (void)state;
  static const double cutoff_hz[] = {10, 20, 50, 100};
  static const int late_ms[] = {15, 9, 5, 3};
  double force[TABLE_COUNT], filtered[TABLE_COUNT];
  exponential(force);
  for (size_t k = 0; k < 4; k++) {
    struct stance_lowpass design = {1000, cutoff_hz[k], 2, 1, false};
    struct stance_causal filter;
    assert_int_equal(stance_causal_init(&filter, &design, 1, NULL), STANCE_OK);
    stance_causal_process(&filter, force, TABLE_COUNT, filtered);
    print_message("%g Hz: %d ms\n", cutoff_hz[k],
                  first_above(filtered, 5.0) - first_above(force, 5.0));
    assert_int_equal(first_above(filtered, 5.0) - first_above(force, 5.0), late_ms[k]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(smears_onset_as_tabulated),
      cmocka_unit_test(delays_onset_live_as_stated),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (failed != 0) {
    return failed;
  }
  const struct CMUnitTest with_reference[] = {
      cmocka_unit_test(equals_scipy_sample_by_sample),
      cmocka_unit_test(equals_the_dual_pass_on_the_reference_inputs),
      cmocka_unit_test(equals_the_dual_pass_on_real_pulls),
  };
  return cmocka_run_group_tests(with_reference, NULL, NULL);
}
