/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real transforms, and the plans that were made while building. */
#include "fft.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* FFTW took the plans of this machine's build: what it knows is what it was told, no search added
   to it. */
static void the_usual_length_is_not_planned_again(void **state)
{
  (void)state;
  struct stance_fft *fft;
  assert_int_equal(stance_fft_create(STANCE_FFT_USUAL_LENGTH, &fft), STANCE_OK);
  char *known = stance_fft_write_plans();
  assert_non_null(known);
  assert_non_null(strstr(stance_fft_plans, "fftw_wisdom"));
  assert_int_equal(strlen(known), strlen(stance_fft_plans));
  free(known);
  stance_fft_destroy(fft);
}

/* A sine of 37 periods is one line of height length / 2, and comes back as it was. */
static void a_sine_is_one_line(void **state)
{
  (void)state;
  static const size_t lengths[] = {STANCE_FFT_USUAL_LENGTH, 1000, 8192};
  for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
    const size_t length = lengths[l];
    const double step = 2 * M_PI * 37 / (double)length;
    struct stance_fft *fft;
    assert_int_equal(stance_fft_create(length, &fft), STANCE_OK);
    for (size_t k = 0; k < length; k++)
      stance_fft_signal(fft)[k] = sin(step * (double)k);
    stance_fft_forward(fft);
    for (size_t k = 0; k <= length / 2; k++) {
      const double expected = k == 37 ? -0.5 * (double)length : 0;
      assert_true(fabs(stance_fft_spectrum(fft)[2 * k]) < 1e-9);
      assert_true(fabs(stance_fft_spectrum(fft)[2 * k + 1] - expected) < 1e-9);
    }
    stance_fft_backward(fft);
    for (size_t k = 0; k < length; k++)
      assert_true(fabs(stance_fft_signal(fft)[k] / (double)length - sin(step * (double)k)) < 1e-14);
    stance_fft_destroy(fft);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_usual_length_is_not_planned_again),
      cmocka_unit_test(a_sine_is_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
