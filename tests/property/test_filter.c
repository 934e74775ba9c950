/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of the filters on seeded random signals. STANCE_SEED chooses another seed. */
#include "stance/filter.h"
#include "support/dual_pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state;

/* splitmix64 (Steele, Lea & Flood 2014), as a number in [0, 1). */
static double uniform(void)
{
  uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static size_t up_to(size_t limit)
{
  return (size_t)(uniform() * (double)limit);
}

/* A force of up to about 1000 N: slow walk, noise and an offset. */
static double *random_signal(size_t count)
{
  double *signal = calloc(count + 1, sizeof *signal);
  double level = 1000.0 * uniform(), speed = 20.0 * uniform();
  for (size_t i = 0; i < count; i++) {
    level += speed * (uniform() - 0.5);
    signal[i] = level + 50.0 * uniform();
  }
  return signal;
}

static struct stance_lowpass random_design(void)
{
  double rate_hz = 100.0 * pow(100.0, uniform());
  unsigned order = 2 * (1 + (unsigned)up_to(4));
  return (struct stance_lowpass){.rate_hz = rate_hz,
                                 .cutoff_hz = rate_hz * 0.002 * pow(200.0, uniform()),
                                 .order_per_pass = order,
                                 .passes = 2,
                                 .uncorrected = uniform() < 0.3};
}

static double *filtered(const struct stance_lowpass *design, const double *in, size_t count)
{
  struct stance_zero_phase *filter;
  assert_int_equal(stance_zero_phase_create(design, &filter, NULL), STANCE_OK);
  double *out = calloc(count + 1, sizeof *out);
  assert_int_equal(stance_zero_phase_apply(filter, in, count, out), STANCE_OK);
  stance_zero_phase_destroy(filter);
  return out;
}

static void assert_all_close(const double *a, const double *b, size_t count, double tolerance)
{
  for (size_t i = 0; i < count; i++) {
    if (!(fabs(a[i] - b[i]) <= tolerance)) {
      print_error("sample %zu of %zu: %.17g is not %.17g within %g\n", i, count, a[i], b[i],
                  tolerance);
      fail();
    }
  }
}

/* So deep that the recursive filter has no edge effect left to differ by, at cutoffs near zero and
   near half the rate. */
static size_t deep_padding(const struct stance_lowpass *design)
{
  return 4 * dual_pass_padding(design) + 1000;
}

/* Lengths around every boundary of the blocks, and shorter than the padding. */
static void equals_the_dual_pass_up_to_the_ends(void **state)
{
  (void)state;
  for (int trial = 0; trial < 60; trial++) {
    struct stance_lowpass design = random_design();
    size_t count = 2 + up_to(trial % 3 == 0 ? 300 : 20000);
    double *in = random_signal(count), *recursive = calloc(count, sizeof *recursive);
    double *spectral = filtered(&design, in, count);
    dual_pass(&design, deep_padding(&design), in, count, recursive);
    assert_all_close(spectral, recursive, count, 1e-8);
    free(in);
    free(recursive);
    free(spectral);
  }
}

static void gives_the_same_at_every_length_near_a_block(void **state)
{
  (void)state;
  struct stance_lowpass design = {1000, 20, 2, 2, false};
  double *in = random_signal(9000), *recursive = calloc(9000, sizeof *recursive);
  for (size_t count = 1; count < 9000; count += count < 20 ? 1 : count % 3600 < 1000 ? 37 : 411) {
    double *spectral = filtered(&design, in, count);
    dual_pass(&design, deep_padding(&design), in, count, recursive);
    assert_all_close(spectral, recursive, count, 1e-9);
    free(spectral);
  }
  free(in);
  free(recursive);
}

static void works_in_place(void **state)
{
  (void)state;
  for (int trial = 0; trial < 40; trial++) {
    struct stance_lowpass design = random_design();
    size_t count = up_to(20000);
    double *signal = random_signal(count), *expected = filtered(&design, signal, count);
    struct stance_zero_phase *filter;
    assert_int_equal(stance_zero_phase_create(&design, &filter, NULL), STANCE_OK);
    assert_int_equal(stance_zero_phase_apply(filter, signal, count, signal), STANCE_OK);
    assert_memory_equal(signal, expected, count * sizeof *signal);
    stance_zero_phase_destroy(filter);
    free(signal);
    free(expected);
  }
}

static void returns_constants_to_the_last_bit(void **state)
{
  (void)state;
  for (int trial = 0; trial < 40; trial++) {
    struct stance_lowpass design = random_design();
    size_t count = 1 + up_to(20000);
    double level = 2e4 * (uniform() - 0.5);
    double *signal = calloc(count, sizeof *signal);
    for (size_t i = 0; i < count; i++) {
      signal[i] = level;
    }
    double *out = filtered(&design, signal, count);
    assert_memory_equal(out, signal, count * sizeof *signal);
    free(signal);
    free(out);
  }
}

static void returns_lines(void **state)
{
  (void)state;
  for (int trial = 0; trial < 40; trial++) {
    struct stance_lowpass design = random_design();
    size_t count = 2 + up_to(20000);
    double start = 1000.0 * uniform(), rise = 2000.0 * (uniform() - 0.5);
    double *signal = calloc(count, sizeof *signal);
    for (size_t i = 0; i < count; i++) {
      signal[i] = start + rise * (double)i / (double)(count - 1);
    }
    double *out = filtered(&design, signal, count);
    /* The rounding is that of the largest number on the way: a block, or the continuation, may
       rise many times further than a short line. */
    double further = 1.0 + 4096.0 / (double)count;
    assert_all_close(out, signal, count, 1e-14 * (fabs(start) + fabs(rise) * further));
    free(signal);
    free(out);
  }
}

static void is_linear(void **state)
{
  (void)state;
  for (int trial = 0; trial < 20; trial++) {
    struct stance_lowpass design = random_design();
    size_t count = 2 + up_to(10000);
    double *a = random_signal(count), *b = random_signal(count), *sum = calloc(count, sizeof *sum);
    double scale = 4.0 * uniform() - 2.0;
    for (size_t i = 0; i < count; i++) {
      sum[i] = scale * a[i] + b[i];
    }
    double *of_a = filtered(&design, a, count), *of_b = filtered(&design, b, count);
    double *of_sum = filtered(&design, sum, count);
    for (size_t i = 0; i < count; i++) {
      sum[i] = scale * of_a[i] + of_b[i];
    }
    assert_all_close(of_sum, sum, count, 1e-9);
    double *all[] = {a, b, sum, of_a, of_b, of_sum};
    for (size_t k = 0; k < 6; k++) {
      free(all[k]);
    }
  }
}

static void reverse(double *signal, size_t count)
{
  for (size_t i = 0; i < count / 2; i++) {
    double kept = signal[i];
    signal[i] = signal[count - 1 - i];
    signal[count - 1 - i] = kept;
  }
}

/* Zero phase: backwards in, backwards out. */
static void does_not_know_the_direction_of_time(void **state)
{
  (void)state;
  for (int trial = 0; trial < 20; trial++) {
    struct stance_lowpass design = random_design();
    design.passes = 1 + (unsigned)up_to(2);
    size_t count = 2 + up_to(10000);
    double *signal = random_signal(count);
    double *forwards = filtered(&design, signal, count);
    reverse(signal, count);
    double *backwards = filtered(&design, signal, count);
    reverse(backwards, count);
    assert_all_close(forwards, backwards, count, 1e-9);
    free(signal);
    free(forwards);
    free(backwards);
  }
}

/* Away from the ends a shifted signal gives the shifted result, wherever the blocks fall. */
static void shifts_with_the_signal(void **state)
{
  (void)state;
  for (int trial = 0; trial < 20; trial++) {
    struct stance_lowpass design = {1000, 10.0 + 200.0 * uniform(), 2, 2, false};
    size_t count = 12000, shift = 1 + up_to(5000);
    size_t margin = 2 * dual_pass_padding(&design);
    double *signal = random_signal(count);
    double *whole = filtered(&design, signal, count);
    double *later = filtered(&design, signal + shift, count - shift);
    assert_all_close(whole + shift + margin, later + margin, count - shift - 2 * margin, 1e-9);
    free(signal);
    free(whole);
    free(later);
  }
}

/* One pass of zero phase has the magnitude of one pass: a sine shrinks by it and does not move. */
static void shrinks_a_sine_by_the_gain_of_its_passes(void **state)
{
  (void)state;
  enum { COUNT = 20000 };
  for (int trial = 0; trial < 20; trial++) {
    struct stance_lowpass design = {1000, 5.0 + 100.0 * uniform(), 2, 1 + (unsigned)up_to(2), true};
    double frequency = design.cutoff_hz * (0.3 + 2.0 * uniform());
    double warped = tan(M_PI * frequency / 1000) / tan(M_PI * design.cutoff_hz / 1000);
    double gain = pow(1.0 / sqrt(1.0 + pow(warped, 4.0)), design.passes);
    double *signal = calloc(COUNT, sizeof *signal), *expected = calloc(COUNT, sizeof *expected);
    for (int i = 0; i < COUNT; i++) {
      signal[i] = 100.0 * sin(2.0 * M_PI * frequency * i / 1000);
      expected[i] = gain * signal[i];
    }
    double *out = filtered(&design, signal, COUNT);
    size_t margin = 2 * dual_pass_padding(&design);
    assert_all_close(out + margin, expected + margin, COUNT - 2 * margin, 1e-9);
    free(signal);
    free(expected);
    free(out);
  }
}

static void causal_result_does_not_depend_on_the_blocks(void **state)
{
  (void)state;
  for (int trial = 0; trial < 40; trial++) {
    struct stance_lowpass design = random_design();
    design.passes = 1;
    size_t channels = 1 + up_to(8), count = 500;
    double *frames = random_signal(count * channels);
    double *whole = calloc(count * channels, sizeof *whole);
    struct stance_causal at_once, in_pieces;
    assert_int_equal(stance_causal_init(&at_once, &design, channels, NULL), STANCE_OK);
    in_pieces = at_once;
    stance_causal_process(&at_once, frames, count, whole);
    for (size_t done = 0; done < count;) {
      size_t drawn = up_to(40), piece = drawn < count - done ? drawn : count - done;
      stance_causal_process(&in_pieces, frames + done * channels, piece, frames + done * channels);
      done += piece;
    }
    assert_memory_equal(frames, whole, count * channels * sizeof *whole);
    free(frames);
    free(whole);
  }
}

/* A channel among others gives what it gives alone. */
static void causal_channels_do_not_mix(void **state)
{
  (void)state;
  for (size_t channels = 1; channels <= 8; channels++) {
    struct stance_lowpass design = random_design();
    design.passes = 1;
    enum { COUNT = 300 };
    double *frames = random_signal(COUNT * channels), alone[COUNT];
    double *together = calloc(COUNT * channels, sizeof *together);
    struct stance_causal filter;
    assert_int_equal(stance_causal_init(&filter, &design, channels, NULL), STANCE_OK);
    stance_causal_process(&filter, frames, COUNT, together);
    for (size_t c = 0; c < channels; c++) {
      for (size_t i = 0; i < COUNT; i++) {
        alone[i] = frames[i * channels + c];
      }
      assert_int_equal(stance_causal_init(&filter, &design, 1, NULL), STANCE_OK);
      stance_causal_process(&filter, alone, COUNT, alone);
      for (size_t i = 0; i < COUNT; i++) {
        assert_true(alone[i] == together[i * channels + c]);
      }
    }
    free(frames);
    free(together);
  }
}

int main(void)
{
  const char *seed = getenv("STANCE_SEED");
  random_state = seed != NULL ? strtoull(seed, NULL, 10) : 20240607;
  print_message("seed %llu\n", (unsigned long long)random_state);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_dual_pass_up_to_the_ends),
      cmocka_unit_test(gives_the_same_at_every_length_near_a_block),
      cmocka_unit_test(works_in_place),
      cmocka_unit_test(returns_constants_to_the_last_bit),
      cmocka_unit_test(returns_lines),
      cmocka_unit_test(is_linear),
      cmocka_unit_test(does_not_know_the_direction_of_time),
      cmocka_unit_test(shifts_with_the_signal),
      cmocka_unit_test(shrinks_a_sine_by_the_gain_of_its_passes),
      cmocka_unit_test(causal_result_does_not_depend_on_the_blocks),
      cmocka_unit_test(causal_channels_do_not_mix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
