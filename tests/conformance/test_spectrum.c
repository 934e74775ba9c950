/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spectrum, mains hum and residual analysis against signals whose content is known. */
#include "stance/filter.h"
#include "stance/spectrum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 5;

/* splitmix64 (Steele, Lea & Flood 2014). */
static double uniform(void)
{
  uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

/* Box & Muller 1958. */
static double gaussian(void)
{
  return sqrt(-2.0 * log(uniform())) * cos(2.0 * M_PI * uniform());
}

static void assert_close(double actual, double expected, double tolerance)
{
  if (!(fabs(actual - expected) <= tolerance)) {
    print_error("%.12g is not %.12g within %g\n", actual, expected, tolerance);
    fail();
  }
}

static void add_sine(double *signal, size_t count, double rate_hz, double frequency_hz,
                     double amplitude)
{
  for (size_t i = 0; i < count; i++) {
    signal[i] += amplitude * sin(2.0 * M_PI * frequency_hz * (double)i / rate_hz + 0.7);
  }
}

static double *amplitudes(const double *signal, size_t count, size_t segment,
                          enum stance_window window)
{
  struct stance_spectrum *spectrum;
  assert_int_equal(stance_spectrum_create(segment, window, &spectrum, NULL), STANCE_OK);
  assert_int_equal(stance_spectrum_bin_count(spectrum), segment / 2 + 1);
  double *amplitude = calloc(segment / 2 + 1, sizeof *amplitude);
  assert_int_equal(stance_spectrum_apply(spectrum, signal, count, amplitude), STANCE_OK);
  stance_spectrum_destroy(spectrum);
  return amplitude;
}

static void reads_the_amplitude_of_a_sine_on_a_bin(void **state)
{
  (void)state;
  static const size_t segments[] = {16, 1000, 1001, 4096};
  for (size_t k = 0; k < 4; k++) {
    for (enum stance_window window = STANCE_WINDOW_HANN; window <= STANCE_WINDOW_FLAT_TOP;
         window++) {
      size_t length = segments[k], bin = length / 2 - 1 - length / 8;
      double *signal = calloc(3 * length, sizeof *signal);
      add_sine(signal, 3 * length, (double)length, (double)bin, 12.5);
      double *amplitude = amplitudes(signal, 3 * length, length, window);
      if (length > 16) { /* there the window's feet reach from the line to its mirror image */
        assert_close(amplitude[bin], 12.5, 1e-9);
        assert_close(amplitude[bin - 6], 0.0, 1e-9);
      }
      free(amplitude);
      free(signal);
    }
  }
}

static void reads_mean_and_half_the_rate_once(void **state)
{
  (void)state;
  double signal[64];
  for (int i = 0; i < 64; i++) {
    signal[i] = -834.0 + (i % 2 == 0 ? 3.0 : -3.0);
  }
  double *amplitude = amplitudes(signal, 64, 64, STANCE_WINDOW_HANN);
  assert_close(amplitude[0], 834.0, 1e-10);
  assert_close(amplitude[32], 3.0, 1e-10);
  free(amplitude);
}

static void flat_top_reads_between_bins(void **state)
{
  (void)state;
  enum { LENGTH = 1000 };
  double signal[LENGTH], worst = 0.0;
  for (int k = 0; k <= 10; k++) {
    double shift = 0.05 * k;
    memset(signal, 0, sizeof signal);
    add_sine(signal, LENGTH, LENGTH, 100.0 + shift, 10.0);
    double *amplitude = amplitudes(signal, LENGTH, LENGTH, STANCE_WINDOW_FLAT_TOP);
    worst = fmax(worst, fabs(amplitude[100] / 10.0 - 1.0));
    free(amplitude);
  }
  print_message("flat top: at most %.3g %% off\n", 100.0 * worst);
  assert_true(worst < 0.002);
}

static void shows_white_noise_at_its_level(void **state)
{
  (void)state;
  enum { LENGTH = 512, COUNT = 100 * LENGTH, LINES = LENGTH / 2 - 2 };
  double *signal = calloc(COUNT, sizeof *signal);
  for (int i = 0; i < COUNT; i++) {
    signal[i] = 2.0 * gaussian();
  }
  double *amplitude = amplitudes(signal, COUNT, LENGTH, STANCE_WINDOW_HANN), mean_square = 0.0;
  for (int k = 2; k < LENGTH / 2; k++) {
    mean_square += amplitude[k] * amplitude[k] / LINES;
  }
  /* Mean square of a bin = 4·σ²·Σw²/(Σw)², Hann: Σw²/(Σw)² = 1.5/N. */
  assert_close(mean_square / (4.0 * 4.0 * 1.5 / LENGTH), 1.0, 0.05);
  free(amplitude);
  free(signal);
}

static void refuses_spectra_of_nothing(void **state)
{
  (void)state;
  struct stance_spectrum *spectrum = NULL;
  struct stance_problem problem = {0};
  assert_int_equal(stance_spectrum_create(8, STANCE_WINDOW_HANN, &spectrum, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "8 samples"));
  assert_null(spectrum);
  assert_int_equal(stance_spectrum_create(64, STANCE_WINDOW_HANN, &spectrum, NULL), STANCE_OK);
  double signal[64] = {[5] = (double)NAN}, amplitude[33];
  assert_int_equal(stance_spectrum_apply(spectrum, signal, 63, amplitude), STANCE_INPUT);
  assert_int_equal(stance_spectrum_apply(spectrum, signal, 64, amplitude), STANCE_INPUT);
  stance_spectrum_destroy(spectrum);
  stance_spectrum_destroy(NULL);
}

enum { HUM_COUNT = 10000 };

static struct stance_hum hum_of(const double *signal, size_t count, double rate_hz)
{
  struct stance_hum hum;
  assert_int_equal(stance_hum_measure(signal, count, rate_hz, &hum, NULL), STANCE_OK);
  return hum;
}

static void measures_hum_of_any_frequency_on_a_drifting_baseline(void **state)
{
  (void)state;
  static const double frequency_hz[] = {49.7, 50.0, 50.013, 59.95, 60.0, 60.4};
  static const double rate_hz[] = {1000.0, 999.93, 2048.0};
  for (size_t k = 0; k < 6; k++) {
    for (size_t r = 0; r < 3; r++) {
      static double signal[HUM_COUNT];
      for (int i = 0; i < HUM_COUNT; i++) {
        signal[i] = 850.0 + 0.02 * i;
      }
      add_sine(signal, HUM_COUNT, rate_hz[r], frequency_hz[k], 1.5);
      add_sine(signal, HUM_COUNT, rate_hz[r], 3.0 * frequency_hz[k], 0.4);
      add_sine(signal, HUM_COUNT, rate_hz[r], 7.0 * frequency_hz[k], 0.1);
      struct stance_hum hum = hum_of(signal, HUM_COUNT, rate_hz[r]);
      bool is_50 = frequency_hz[k] < 55.0;
      const struct stance_hum_family *family = is_50 ? &hum.at_50 : &hum.at_60;
      const struct stance_hum_family *other = is_50 ? &hum.at_60 : &hum.at_50;
      assert_true(family->present && !other->present);
      assert_close(hum.mains_hz, frequency_hz[k], 2e-4);
      assert_close(family->amplitude[0], 1.5, 1e-4);
      assert_close(family->amplitude[1], 0.0, 1e-4);
      assert_close(family->amplitude[2], 0.4, 1e-4);
      assert_close(family->amplitude[6], 0.1, 1e-4);
      assert_close(family->rms, sqrt((1.5 * 1.5 + 0.4 * 0.4 + 0.1 * 0.1) / 2.0), 1e-4);
      assert_close(other->rms, 0.0, 1e-3);
    }
  }
}

static void counts_the_lines_below_half_the_rate(void **state)
{
  (void)state;
  static double signal[HUM_COUNT];
  memset(signal, 0, sizeof signal);
  add_sine(signal, HUM_COUNT, 1000, 50, 1.0);
  struct stance_hum hum = hum_of(signal, HUM_COUNT, 1000);
  assert_int_equal(hum.at_50.line_count, 9);
  assert_int_equal(hum.at_60.line_count, 8);
  hum = hum_of(signal, HUM_COUNT, 10000);
  assert_int_equal(hum.at_50.line_count, STANCE_HUM_LINE_COUNT_MAX);
}

static void tells_both_families_apart(void **state)
{
  (void)state;
  static double signal[HUM_COUNT];
  memset(signal, 0, sizeof signal);
  add_sine(signal, HUM_COUNT, 1000, 50, 0.3);
  add_sine(signal, HUM_COUNT, 1000, 60, 2.0);
  struct stance_hum hum = hum_of(signal, HUM_COUNT, 1000);
  assert_true(hum.at_50.present && hum.at_60.present);
  assert_close(hum.mains_hz, 60.0, 1e-3);
  assert_close(hum.at_50.amplitude[0], 0.3, 1e-3);
  assert_close(hum.at_60.amplitude[0], 2.0, 1e-3);
}

static void an_effort_is_no_hum(void **state)
{
  (void)state;
  static double signal[HUM_COUNT];
  for (int i = 0; i < HUM_COUNT; i++) {
    double t = (i - 4500) * 1e-3;
    signal[i] = 80.0 + (t > 0.0 && t < 2.0 ? 400.0 * (1.0 - exp(-t / 0.05)) : 0.0) + gaussian();
  }
  add_sine(signal, HUM_COUNT, 1000, 50.02, 0.8);
  struct stance_hum hum = hum_of(signal, HUM_COUNT, 1000);
  assert_true(hum.at_50.present && !hum.at_60.present);
  assert_close(hum.mains_hz, 50.02, 0.05);
  assert_close(hum.at_50.amplitude[0], 0.8, 0.08);
}

static void noise_is_no_hum(void **state)
{
  (void)state;
  static double signal[HUM_COUNT];
  unsigned false_alarms = 0;
  for (int trial = 0; trial < 20; trial++) {
    size_t count = trial % 2 == 0 ? 1000 : 3000;
    for (size_t i = 0; i < count; i++) {
      signal[i] = 300.0 + gaussian();
    }
    struct stance_hum hum = hum_of(signal, count, 1000);
    false_alarms += hum.at_50.present || hum.at_60.present;
    assert_true(isnan(hum.mains_hz) == (!hum.at_50.present && !hum.at_60.present));
    /* σ·√(4/N): rms amplitude of white noise at one frequency over one second. */
    assert_close(hum.at_50.noise[3], sqrt(4.0 / 1000.0), 0.04);
  }
  assert_int_equal(false_alarms, 0);
  memset(signal, 0, sizeof signal);
  assert_true(isnan(hum_of(signal, HUM_COUNT, 1000).mains_hz));
  for (int i = 0; i < HUM_COUNT; i++) {
    signal[i] = 1e4 / 3.0 + i / 7.0;
  }
  assert_true(isnan(hum_of(signal, HUM_COUNT, 1000).mains_hz));
}

static void refuses_hum_of_too_little(void **state)
{
  (void)state;
  static double signal[HUM_COUNT];
  struct stance_hum hum = {.mains_hz = 42.0};
  struct stance_problem problem = {0};
  assert_int_equal(stance_hum_measure(signal, 999, 1000, &hum, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "999"));
  assert_int_equal(stance_hum_measure(signal, 1000, 100, &hum, &problem), STANCE_USAGE);
  assert_int_equal(stance_hum_measure(signal, 1000, (double)NAN, &hum, &problem), STANCE_USAGE);
  signal[77] = (double)NAN;
  assert_int_equal(stance_hum_measure(signal, 1000, 1000, &hum, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "sample 77"));
  assert_true(hum.mains_hz == 42.0);
  signal[77] = 0.0;
}

enum { CUTOFFS = 60 };

/* Noise alone: what a zero-lag filter of cutoff fc takes away of white noise is known, and its tail
   extended to 0 gives about the noise. */
static void estimates_the_noise_and_advises(void **state)
{
  (void)state;
  static double signal[HUM_COUNT], clean[HUM_COUNT];
  double cutoff_hz[CUTOFFS], residual[CUTOFFS];
  for (int k = 0; k < CUTOFFS; k++) {
    cutoff_hz[k] = 2.0 * (k + 1);
  }
  for (int i = 0; i < HUM_COUNT; i++) {
    clean[i] = 200.0 * sin(2.0 * M_PI * 1.3e-3 * i) + 30.0 * sin(2.0 * M_PI * 6.1e-3 * i);
    signal[i] = clean[i] + 2.0 * gaussian();
  }
  struct stance_residual_advice advice;
  assert_int_equal(stance_residual_analyze(signal, HUM_COUNT, 1000, 2, cutoff_hz, CUTOFFS, residual,
                                           &advice, NULL),
                   STANCE_OK);
  print_message("noise %.3f N, slope %.4f N/Hz, R² %.4f, advice %.2f Hz\n", advice.noise_rms,
                advice.slope, advice.r_squared, advice.cutoff_hz);
  assert_close(advice.noise_rms, 2.0, 0.06);
  assert_true(advice.slope < 0.0 && advice.r_squared > 0.98);
  assert_true(advice.cutoff_hz > 6.1 && advice.cutoff_hz < 30.0);
  for (int k = 1; k < CUTOFFS; k++) {
    assert_true(residual[k] < residual[k - 1]);
  }
  /* By its own definition: the residual at the advice is the noise. */
  struct stance_lowpass design = {1000, advice.cutoff_hz, 2, 2, false};
  struct stance_zero_phase *filter;
  assert_int_equal(stance_zero_phase_create(&design, &filter, NULL), STANCE_OK);
  assert_int_equal(stance_zero_phase_apply(filter, signal, HUM_COUNT, clean), STANCE_OK);
  double squares = 0.0;
  for (int i = 0; i < HUM_COUNT; i++) {
    squares += (signal[i] - clean[i]) * (signal[i] - clean[i]);
  }
  assert_close(sqrt(squares / HUM_COUNT), advice.noise_rms, 0.05);
  stance_zero_phase_destroy(filter);
}

static void refuses_residuals_of_nonsense(void **state)
{
  (void)state;
  double signal[100] = {0};
  struct stance_residual_advice advice = {.slope = 42.0};
  double few[] = {1, 2, 3}, descending[] = {1, 2, 2, 3}, beyond[] = {1, 2, 3, 600};
  assert_int_equal(stance_residual_analyze(signal, 100, 1000, 2, few, 3, NULL, &advice, NULL),
                   STANCE_USAGE);
  assert_int_equal(
      stance_residual_analyze(signal, 100, 1000, 2, descending, 4, NULL, &advice, NULL),
      STANCE_USAGE);
  assert_int_equal(stance_residual_analyze(signal, 100, 1000, 2, beyond, 4, NULL, &advice, NULL),
                   STANCE_USAGE);
  double good[] = {5, 10, 15, 20};
  assert_int_equal(stance_residual_analyze(signal, 1, 1000, 2, good, 4, NULL, &advice, NULL),
                   STANCE_INPUT);
  signal[9] = (double)NAN;
  assert_int_equal(stance_residual_analyze(signal, 100, 1000, 2, good, 4, NULL, &advice, NULL),
                   STANCE_INPUT);
  assert_true(advice.slope == 42.0);
}

int main(void)
{
  print_message("seed %llu\n", (unsigned long long)random_state);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_the_amplitude_of_a_sine_on_a_bin),
      cmocka_unit_test(reads_mean_and_half_the_rate_once),
      cmocka_unit_test(flat_top_reads_between_bins),
      cmocka_unit_test(shows_white_noise_at_its_level),
      cmocka_unit_test(refuses_spectra_of_nothing),
      cmocka_unit_test(measures_hum_of_any_frequency_on_a_drifting_baseline),
      cmocka_unit_test(counts_the_lines_below_half_the_rate),
      cmocka_unit_test(tells_both_families_apart),
      cmocka_unit_test(an_effort_is_no_hum),
      cmocka_unit_test(noise_is_no_hum),
      cmocka_unit_test(refuses_hum_of_too_little),
      cmocka_unit_test(estimates_the_noise_and_advises),
      cmocka_unit_test(refuses_residuals_of_nonsense),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
