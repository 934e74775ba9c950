/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_truth.h"

#include <math.h>

/* Extremes and crossings are looked for in steps that the fastest part (12 Hz tremor, time
   constants of 10 ms and up) cannot hide in, then closed in on. */
static const double coarse_s = 1e-3;
static const double fine_s = 1e-5;
static const double peak_window_s = 0.02;
enum { SIMPSON_INTERVALS = 512, BISECTIONS = 60 };

double stance_sim_truth_window_s(size_t k)
{
  return 0.05 * (double)(k + 1);
}

double stance_sim_side_force_n(const struct stance_sim_plan *plan, enum stance_side side,
                               double time_s)
{
  double side_n[STANCE_SIM_SIDE_COUNT];

  stance_sim_force(plan, time_s, side_n);
  if (side == STANCE_TOTAL || plan->settings.rig == STANCE_SIM_PLATE)
    return side_n[STANCE_LEFT] + side_n[STANCE_RIGHT];
  return side_n[side];
}

static double earlier(const double *per_side)
{
  return fmin(per_side[STANCE_LEFT], per_side[STANCE_RIGHT]);
}

/* Under one body onset is that of the sum (SCIENCE 1.3, step 4): the earlier side begins it. */
static double find_onset_s(const struct stance_sim_plan *plan,
                           const struct stance_sim_effort *effort, enum stance_side side)
{
  if (side == STANCE_TOTAL ||
      (effort->side == STANCE_BOTH && plan->settings.rig != STANCE_SIM_STRAP))
    return earlier(effort->onset_s);
  return effort->onset_s[side];
}

static double find_end_s(const struct stance_sim_plan *plan, const struct stance_sim_effort *effort,
                         enum stance_side side)
{
  const double release_s =
      side == STANCE_TOTAL ? fmax(effort->release_s[STANCE_LEFT], effort->release_s[STANCE_RIGHT])
                           : effort->release_s[side];
  return release_s + plan->settings.release_s;
}

/* Highest force of [from, to]; the instants when a side lets go are looked at themselves, since
   force may have a corner there. */
static double find_peak(const struct stance_sim_plan *plan, const struct stance_sim_effort *effort,
                        enum stance_side side, double from_s, double to_s, double *ret_peak_s)
{
  double best_s = from_s, best_n = stance_sim_side_force_n(plan, side, from_s);
  double step_s = coarse_s;

  for (int pass = 0; pass < 2; pass++) {
    for (double time_s = from_s; time_s <= to_s; time_s += step_s) {
      const double force_n = stance_sim_side_force_n(plan, side, time_s);
      if (force_n > best_n) {
        best_n = force_n;
        best_s = time_s;
      }
    }
    from_s = best_s - coarse_s;
    to_s = best_s + coarse_s;
    step_s = fine_s;
  }
  for (size_t k = 0; k < STANCE_SIM_SIDE_COUNT; k++) {
    const double force_n = stance_sim_side_force_n(plan, side, effort->release_s[k]);
    if (stance_sim_effort_uses(effort, (enum stance_side)k) && force_n > best_n) {
      best_n = force_n;
      best_s = effort->release_s[k];
    }
  }
  *ret_peak_s = best_s;
  return best_n;
}

/* Simpson's rule of force − baseline over [from, from + length]. */
static double impulse_ns(const struct stance_sim_plan *plan, enum stance_side side, double from_s,
                         double length_s, double baseline_n)
{
  const double h = length_s / SIMPSON_INTERVALS;
  double sum = 0.0;

  for (int k = 0; k <= SIMPSON_INTERVALS; k++) {
    const double weight = k == 0 || k == SIMPSON_INTERVALS ? 1.0 : k % 2 == 1 ? 4.0 : 2.0;
    sum += weight * (stance_sim_side_force_n(plan, side, from_s + h * k) - baseline_n);
  }
  return sum * h / 3.0;
}

/* First time after `from_s` at which force reaches `level_n`, known to be reached by `to_s`. */
static double find_crossing_s(const struct stance_sim_plan *plan, enum stance_side side,
                              double from_s, double to_s, double level_n)
{
  double low_s = from_s, high_s = from_s;

  while (high_s < to_s && stance_sim_side_force_n(plan, side, high_s) < level_n) {
    low_s = high_s;
    high_s = fmin(high_s + coarse_s, to_s);
  }
  for (int k = 0; k < BISECTIONS; k++) {
    const double middle_s = low_s + (high_s - low_s) / 2.0;
    if (stance_sim_side_force_n(plan, side, middle_s) < level_n)
      low_s = middle_s;
    else
      high_s = middle_s;
  }
  return high_s;
}

static double find_rfd_peak(const struct stance_sim_plan *plan, enum stance_side side,
                            double onset_s, double peak_s)
{
  double best_n = -HUGE_VAL;

  for (double time_s = onset_s; time_s <= peak_s; time_s += coarse_s) {
    const double rise_n = stance_sim_side_force_n(plan, side, time_s + peak_window_s) -
                          stance_sim_side_force_n(plan, side, time_s);
    best_n = fmax(best_n, rise_n);
  }
  return best_n / peak_window_s;
}

static bool carries(const struct stance_sim_effort *effort, enum stance_side side, size_t limb)
{
  if (side == STANCE_TOTAL)
    return true;
  return (size_t)side == limb && stance_sim_effort_uses(effort, side);
}

void stance_sim_truth_measure(const struct stance_sim_plan *plan,
                              const struct stance_sim_section *section, enum stance_side side,
                              struct stance_sim_truth *ret_truth)
{
  const struct stance_sim_effort *effort = &section->effort;
  struct stance_sim_truth truth = {.side = side};

  for (size_t limb = 0; limb < STANCE_SIM_SIDE_COUNT; limb++)
    if (carries(effort, side, limb)) {
      truth.limb_n += plan->settings.limb_n;
      truth.baseline_n += section->level_n[limb] + plan->settings.pretension_n;
    }
  truth.onset_s = find_onset_s(plan, effort, side);
  truth.end_s = find_end_s(plan, effort, side);
  truth.onset_n = stance_sim_side_force_n(plan, side, truth.onset_s);
  truth.peak_n = find_peak(plan, effort, side, truth.onset_s, truth.end_s, &truth.peak_s);
  for (size_t k = 0; k < STANCE_SIM_WINDOW_COUNT; k++) {
    const double window_s = stance_sim_truth_window_s(k);
    truth.force_n[k] = stance_sim_side_force_n(plan, side, truth.onset_s + window_s);
    truth.impulse_net_ns[k] = impulse_ns(plan, side, truth.onset_s, window_s, truth.baseline_n);
  }
  truth.rfd_peak_20ms_n_per_s = find_rfd_peak(plan, side, truth.onset_s, truth.peak_s);
  const double net_n = truth.peak_n - truth.baseline_n;
  truth.time_to_50pct_s =
      find_crossing_s(plan, side, truth.onset_s, truth.peak_s, truth.baseline_n + 0.5 * net_n) -
      truth.onset_s;
  truth.time_to_90pct_s =
      find_crossing_s(plan, side, truth.onset_s, truth.peak_s, truth.baseline_n + 0.9 * net_n) -
      truth.onset_s;
  *ret_truth = truth;
}
