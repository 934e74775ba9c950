/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A muscle twitch sampled at 10 kHz with published times. */
#include "metrics.h"
#include "reference_data.h"
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static double of(const struct stance_value value[STANCE_METRIC_COUNT], enum stance_metric metric)
{
  return fixture_number(&value[metric]);
}

/* A twitch with published times of 10, 43, 50 and 90 % between stimulus and peak: first sample
   above the level, time (index + 1)/fs. The analysis counts from its own onset and interpolates;
   here it is asked with the threshold at the stimulus' force, so that the crossing of each level
   lies within one sample before the published one. */
static void twitch(void **state)
{
  (void)state;
  size_t count;
  double *force_n = reference_column("muscle_twitch_10khz/twitch.csv", 1, 1, &count);
  const double rate_hz = 10000, stimulus_s = 0.1002, stimulus_n = 224.067, peak_n = 412.4495;
  struct stance_effort effort = {
      .first = lround(stimulus_s * rate_hz) - 1,
      .last = (long)count - 2, /* the file's last row is an artefact */
      .onset = lround(stimulus_s * rate_hz) - 1,
      .quiet_first = 0,
      .quiet_count = 1000,
      .baseline_n = stimulus_n,
      .peak = 1140,
      .end = STANCE_NO_SAMPLE,
  };
  assert_true(force_n[effort.onset] == stimulus_n && force_n[effort.peak] == peak_n);
  const struct metric_input input = {
      .force_n = force_n,
      .sample_count = count - 1,
      .rate_hz = rate_hz,
      .start_s = 1 / rate_hz,
      .effort = &effort,
      .levels = {.limb_n = (double)NAN},
      .body_mass_kg = (double)NAN,
      .lever_m = (double)NAN,
      .compared = STANCE_METRIC_PEAK_FORCE,
      .explosive = true,
  };
  struct stance_value value[STANCE_METRIC_COUNT];
  metrics_compute(&input, value);
  const double t50_s = stimulus_s + of(value, STANCE_METRIC_TIME_TO_50PCT);
  const double t90_s = stimulus_s + of(value, STANCE_METRIC_TIME_TO_90PCT);
  assert_true(t50_s <= 0.1070 + 1e-12 && t50_s > 0.1070 - 1 / rate_hz);
  assert_true(t90_s <= 0.1107 + 1e-12 && t90_s > 0.1107 - 1 / rate_hz);
  assert_true(fabs(stimulus_s + of(value, STANCE_METRIC_TIME_TO_PEAK) - 0.1141) < 1e-12);
  assert_true(of(value, STANCE_METRIC_PEAK_FORCE) == peak_n);
  fixture_assert_missing(&value[STANCE_METRIC_DURATION], STANCE_REASON_NOT_REACHED);
  free(force_n);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(twitch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
