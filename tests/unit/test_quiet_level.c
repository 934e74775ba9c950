/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The quiet window lies on the level that the athlete left: not on the empty plate, however calm
   and near it is, and not on the rise itself. */
#include "sim_truth.h"
#include "support/sim_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ONE_PUSH                                                                                 \
  "sim:isometric?rig=plate&sides=left&repetitions=1&unloaded_s=1.5&get_on_s=1&limb_s=1.2"        \
  "&rest_s=1&get_off_s=0.5&tail_s=0.3&effort_s=2&release_s=0.3&zero_shift_n=0&drift_n_per_min=0" \
  "&variation_pct=0"

/* Onset of the only push, late by what the floor of 10 N takes, a little noise, and what the foot
   of the rise adds to a window that reaches into it (then flagged noise_driven); the baseline is
   the limb. */
static void assert_starts_from_limb(const char *uri, bool live, double delay_s)
{
  struct sim_trial trial;
  struct stance_sim_truth truth;

  sim_trial_run(&trial, uri, "iso-supine-90-90", live, STANCE_LEFT);
  assert_int_equal(trial.result.repetition_count, 1);
  stance_sim_truth_measure(&trial.sim.plan, sim_trial_effort(&trial, 0), STANCE_LEFT, &truth);
  const struct stance_effort *effort = &trial.result.repetition[0].effort[STANCE_LEFT];
  const double late_s = (double)effort->onset / 1000.0 - truth.onset_s;
  if (!(fabs(effort->baseline_n - truth.limb_n) < 1.0 && late_s > -0.005 &&
        late_s < delay_s + 0.01))
    fail_msg("%s: baseline %g N instead of %g, onset %g s late", uri, effort->baseline_n,
             truth.limb_n, late_s);
  sim_trial_finish(&trial);
}

/* A limb of 15 to 60 N is within 10 % of a push of 600 N, and the empty plate within 5 s of it. */
static void test_empty_plate_is_no_baseline_of_a_limb_on_it(void **state)
{
  (void)state;
  for (int limb_n = 15; limb_n <= 60; limb_n += 15)
    for (int peak_n = 200; peak_n <= 600; peak_n += 200)
      for (int seed = 0; seed < 4; seed++) {
        char uri[500];
        snprintf(uri, sizeof uri,
                 ONE_PUSH "&limb_n=%d&peak_n=%d&tau_s=0.1&seed=%d&noise_n=%g&wander_n=0.1", limb_n,
                 peak_n, seed, seed % 2 == 0 ? 0.0 : 0.5);
        assert_starts_from_limb(uri, seed / 2 == 0, 0.1 * 10.0 / (peak_n - 10.0));
      }
}

/* The steepest 50 ms of a ramp may be its last ones: 500 ms before them is then the rise. */
static void test_ramp_is_no_baseline(void **state)
{
  (void)state;
  for (int rise_ms = 200; rise_ms <= 600; rise_ms += 50)
    for (int seed = 0; seed < 12; seed++) {
      char uri[500];
      snprintf(uri, sizeof uri,
               ONE_PUSH "&shape=ramp&rise_s=%g&limb_n=30&peak_n=400&seed=%d&noise_n=%g",
               rise_ms / 1000.0, seed, seed % 4 == 0 ? 0.0 : 0.3);
      assert_starts_from_limb(uri, seed % 2 == 0, rise_ms / 1000.0 * 10.0 / 400.0);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty_plate_is_no_baseline_of_a_limb_on_it),
      cmocka_unit_test(test_ramp_is_no_baseline),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
