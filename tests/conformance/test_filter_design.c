/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coefficients, corrections and gains against closed forms and SCIENCE §2 and §10.1. */
#include "stance/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static void assert_close(double actual, double expected, double tolerance)
{
  if (!(fabs(actual - expected) <= tolerance)) {
    print_error("%.17g is not %.17g within %g\n", actual, expected, tolerance);
    fail();
  }
}

/* |c0 + c1·z⁻¹ + c2·z⁻²| at z = e^(j·angle). */
static double magnitude(double c0, double c1, double c2, double angle)
{
  double real = c0 + c1 * cos(angle) + c2 * cos(2.0 * angle);
  double imaginary = c1 * sin(angle) + c2 * sin(2.0 * angle);
  return hypot(real, imaginary);
}

static double gain_at(const struct stance_lowpass *design, double frequency_hz)
{
  struct stance_biquad section[STANCE_BIQUAD_COUNT_MAX];
  size_t count;
  assert_int_equal(stance_lowpass_sections(design, section, &count, NULL), STANCE_OK);
  double angle = 2.0 * M_PI * frequency_hz / design->rate_hz, gain = 1.0;
  for (size_t k = 0; k < count; k++) {
    gain *= magnitude(section[k].b0, section[k].b1, section[k].b2, angle) /
            magnitude(1.0, section[k].a1, section[k].a2, angle);
  }
  return pow(gain, design->passes);
}

static void corrects_the_cutoff_for_the_passes(void **state)
{
  (void)state;
  assert_close(stance_lowpass_correction(2, 2), 0.8022432629, 5e-11);
  assert_close(stance_lowpass_correction(4, 2), 0.8956803352, 5e-11);
  assert_close(stance_lowpass_correction(2, 1), 1.0, 0.0);
  assert_close(stance_lowpass_correction(8, 1), 1.0, 0.0);
}

static void designs_the_published_sections(void **state)
{
  (void)state;
  struct stance_biquad section[STANCE_BIQUAD_COUNT_MAX];
  size_t count;
  struct stance_lowpass single = {
      .rate_hz = 1000, .cutoff_hz = 100, .order_per_pass = 2, .passes = 1};
  assert_int_equal(stance_lowpass_sections(&single, section, &count, NULL), STANCE_OK);
  assert_int_equal(count, 1);
  assert_close(section->b0, 0.0674552738890719, 1e-15);
  assert_close(section->b1, 2 * 0.0674552738890719, 1e-15);
  assert_close(section->b2, 0.0674552738890719, 1e-15);
  assert_close(section->a1, -1.1429805025399011, 1e-15);
  assert_close(section->a2, 0.4128015980961886, 1e-15);

  struct stance_lowpass dual = {.rate_hz = 1000, .cutoff_hz = 20, .order_per_pass = 2, .passes = 2};
  assert_int_equal(stance_lowpass_sections(&dual, section, &count, NULL), STANCE_OK);
  assert_close(section->b0, 0.005505744328490265, 1e-15);
  assert_close(section->a1, -1.7794063037358867, 1e-15);
  assert_close(section->a2, 0.8014292810498477, 1e-15);
  double tangent = tan(M_PI * 20 / 1000) / stance_lowpass_correction(2, 2);
  assert_close(atan(tangent) * 1000 / M_PI, 24.911964653, 5e-10);
}

static void meets_the_cutoff_exactly_when_corrected(void **state)
{
  (void)state;
  struct stance_lowpass design = {
      .rate_hz = 1000, .cutoff_hz = 20, .order_per_pass = 2, .passes = 2};
  assert_close(gain_at(&design, 20), 0.707106781187, 1e-12);
  for (unsigned order = 2; order <= 16; order += 2) {
    for (unsigned passes = 1; passes <= 2; passes++) {
      for (int k = 0; k < 8; k++) {
        double cutoff = 0.5 * pow(2.6, k); /* to 402 Hz */
        struct stance_lowpass any = {1000, cutoff, order, passes, false};
        /* 1e-9: at 0.5 Hz the poles lie 3e-3 from 1 and amplify the rounding of a1 and a2. */
        assert_close(gain_at(&any, cutoff), sqrt(0.5), 1e-9);
        assert_close(gain_at(&any, 0), 1.0, 1e-15);
        assert_close(gain_at(&any, 500), 0.0, 1e-15);
      }
    }
  }
}

static void loses_6_db_at_the_cutoff_when_uncorrected(void **state)
{
  (void)state;
  struct stance_lowpass design = {1000, 20, 2, 2, true};
  assert_close(gain_at(&design, 20), 0.5, 1e-13);
  assert_close(gain_at(&design, 16.052391), sqrt(0.5), 1e-7);
}

static void attenuates_mains_as_stated(void **state)
{
  (void)state;
  struct stance_lowpass design = {1000, 20, 2, 2, false};
  assert_close(20 * log10(gain_at(&design, 50)), -24.9, 0.05);
  assert_close(20 * log10(gain_at(&design, 60)), -31.1, 0.05);
}

static void passes_a_constant_with_a_gain_of_exactly_one(void **state)
{
  (void)state;
  for (int step = 0; step < 41; step++) {
    struct stance_lowpass design = {1000, 0.01 * pow(1.3, step), 6, 1, false};
    struct stance_biquad section[STANCE_BIQUAD_COUNT_MAX];
    size_t count;
    assert_int_equal(stance_lowpass_sections(&design, section, &count, NULL), STANCE_OK);
    assert_int_equal(count, 3);
    for (size_t k = 0; k < count; k++) {
      double numerator = section[k].b0 + section[k].b1 + section[k].b2;
      assert_true(numerator == 1.0 + section[k].a1 + section[k].a2);
    }
  }
}

static void refuses(struct stance_lowpass design, const char *word)
{
  struct stance_biquad section[STANCE_BIQUAD_COUNT_MAX];
  struct stance_problem problem = {0};
  size_t count = 99;
  assert_int_equal(stance_lowpass_sections(&design, section, &count, &problem), STANCE_USAGE);
  assert_int_equal(count, 99);
  assert_non_null(strstr(problem.text, word));
  assert_int_equal(stance_lowpass_sections(&design, section, &count, NULL), STANCE_USAGE);
  struct stance_zero_phase *filter = NULL;
  assert_int_equal(stance_zero_phase_create(&design, &filter, NULL), STANCE_USAGE);
  assert_null(filter);
  struct stance_causal causal;
  assert_int_equal(stance_causal_init(&causal, &design, 1, NULL), STANCE_USAGE);
}

static void refuses_what_is_no_filter(void **state)
{
  (void)state;
  refuses((struct stance_lowpass){0, 20, 2, 1, false}, "rate");
  refuses((struct stance_lowpass){-1000, 20, 2, 1, false}, "rate");
  refuses((struct stance_lowpass){(double)NAN, 20, 2, 1, false}, "rate");
  refuses((struct stance_lowpass){(double)INFINITY, 20, 2, 1, false}, "rate");
  refuses((struct stance_lowpass){1000, 0, 2, 1, false}, "cutoff");
  refuses((struct stance_lowpass){1000, 500, 2, 1, false}, "between 0 and 500 Hz");
  refuses((struct stance_lowpass){1000, (double)NAN, 2, 1, false}, "cutoff");
  refuses((struct stance_lowpass){1000, 20, 0, 1, false}, "order 0");
  refuses((struct stance_lowpass){1000, 20, 3, 1, false}, "order 3");
  refuses((struct stance_lowpass){1000, 20, 18, 1, false}, "2 to 16");
  refuses((struct stance_lowpass){1000, 20, 2, 0, false}, "0 passes");
  refuses((struct stance_lowpass){1000, 20, 2, 3, false}, "3 passes");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(corrects_the_cutoff_for_the_passes),
      cmocka_unit_test(designs_the_published_sections),
      cmocka_unit_test(meets_the_cutoff_exactly_when_corrected),
      cmocka_unit_test(loses_6_db_at_the_cutoff_when_uncorrected),
      cmocka_unit_test(attenuates_mains_as_stated),
      cmocka_unit_test(loses_6_db_at_the_cutoff_when_uncorrected),
      cmocka_unit_test(attenuates_mains_as_stated),
      cmocka_unit_test(passes_a_constant_with_a_gain_of_exactly_one),
      cmocka_unit_test(refuses_what_is_no_filter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
