/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Natural frequency and damping of damped sinusoids that are known, with and without noise, and
   what is refused. */
#include "stance/step_release.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/analysis_fixture.h"

enum { COUNT = 10000 };
static double force_n[COUNT];
static struct stance_problem problem;

static double gaussian(uint64_t *state)
{
  /* Box & Muller 1958 */
  const double radius = sqrt(-2.0 * log(1.0 - fixture_random(state)));
  return radius * cos(2.0 * M_PI * fixture_random(state));
}

/* A mass of 200 N comes off after 2 s: the free response of one mass on a spring (Rao, Mechanical
   Vibrations, free vibration with viscous damping). */
static void ring(double natural_hz, double damping, double rate_hz, double noise_n, uint64_t seed)
{
  const double natural = 2 * M_PI * natural_hz, damped = natural * sqrt(1 - damping * damping);
  for (size_t i = 0; i < COUNT; i++) {
    const double t = (double)i / rate_hz - 2;
    const double swing = exp(-damping * natural * t) *
                         (cos(damped * t) + damping * natural / damped * sin(damped * t));
    force_n[i] = (t < 0 ? 200 : 200 * swing) + noise_n * gaussian(&seed);
  }
}

static void check(double natural_hz, double damping, double rate_hz)
{
  struct stance_step_release fit;
  ring(natural_hz, damping, rate_hz, 0, 1);
  assert_int_equal(stance_step_release_fit(force_n, COUNT, rate_hz, &fit, &problem), STANCE_OK);
  fixture_assert_close(fit.natural_hz, natural_hz, 1e-6);
  fixture_assert_close(fit.damping, damping, 1e-5);
  fixture_assert_close(fit.step_n, -200, 1e-3);
  assert_true(fabs(fit.released_s - 2) <= 0.5 / natural_hz);
}

static void known_oscillations_are_found(void **state)
{
  (void)state;
  static const double natural_hz[] = {8, 23.7, 61, 180}, damping[] = {0.01, 0.03, 0.1, 0.2};
  for (size_t f = 0; f < 4; f++)
    for (size_t d = 0; d < 4; d++)
      check(natural_hz[f], damping[d], 1000);
  check(430, 0.02, 2000);
  check(35, 0.05, 500);
}

/* 2 N of noise on 200 N: the errors are what the uncertainty says, 95 % within two of them. */
static void noise_costs_what_the_uncertainty_says(void **state)
{
  (void)state;
  enum { TRIALS = 300 };
  unsigned frequency_held = 0, damping_held = 0;
  for (uint64_t trial = 0; trial < TRIALS; trial++) {
    struct stance_step_release fit;
    ring(41, 0.03, 1000, 2, 20261121 + trial);
    assert_int_equal(stance_step_release_fit(force_n, COUNT, 1000, &fit, &problem), STANCE_OK);
    frequency_held += fabs(fit.natural_hz - 41) <= 2 * fit.natural_uncertainty_hz;
    damping_held += fabs(fit.damping - 0.03) <= 2 * fit.damping_uncertainty;
  }
  print_message("held of %d: frequency %u, damping %u\n", TRIALS, frequency_held, damping_held);
  /* 95.4 % of 300 is 286; SD of the count 3.6 */
  assert_in_range(frequency_held, 272, 299);
  assert_in_range(damping_held, 272, 299);
}

static void what_is_no_release_is_refused(void **state)
{
  (void)state;
  struct stance_step_release fit;
  uint64_t seed = 4;
  for (size_t i = 0; i < COUNT; i++)
    force_n[i] = 200 + gaussian(&seed);
  assert_int_equal(stance_step_release_fit(force_n, COUNT, 1000, &fit, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "no release is seen"));
  for (size_t i = 2000; i < COUNT; i++) /* falls and does not ring */
    force_n[i] = 200 * exp(-((double)i - 2000) / 300) + gaussian(&seed);
  assert_int_equal(stance_step_release_fit(force_n, COUNT, 1000, &fit, &problem), STANCE_INPUT);
  ring(330, 0.02, 1000, 0, 1);
  assert_int_equal(stance_step_release_fit(force_n, COUNT, 1000, &fit, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "sample faster"));
  ring(20, 0.02, 1000, 0, 1);
  force_n[3000] = (double)NAN;
  assert_int_equal(stance_step_release_fit(force_n, COUNT, 1000, &fit, &problem), STANCE_INPUT);
  assert_int_equal(stance_step_release_fit(force_n, 10, 1000, &fit, &problem), STANCE_INPUT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_oscillations_are_found),
      cmocka_unit_test(noise_costs_what_the_uncertainty_says),
      cmocka_unit_test(what_is_no_release_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
