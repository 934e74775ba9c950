/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as a function of time. */
#include "sim_plan.h"
#include "sim_shape.h"

#include <math.h>

/* Tremor sets in after the first 0.3 s and is full 0.3 s later: it belongs to holding, and the RFD
   windows (up to 250 ms) keep their closed forms. */
static const double tremor_delay_s = 0.3;
static const double tremor_fade_s = 0.3;
static const double two_pi = 6.283185307179586;

bool stance_sim_effort_uses(const struct stance_sim_effort *effort, enum stance_side side)
{
  return effort->side == STANCE_BOTH || effort->side == side;
}

static double shape_n(const struct stance_sim_settings *settings, double peak_n, double effort_s,
                      double since_onset_s)
{
  switch (settings->shape) {
  case STANCE_SIM_EXPONENTIAL:
    return stance_sim_exponential_n(peak_n, settings->tau_s, since_onset_s);
  case STANCE_SIM_LOGISTIC:
    return stance_sim_logistic_n(peak_n, settings->delay_s, settings->scale_s, since_onset_s);
  case STANCE_SIM_RAMP:
    return stance_sim_ramp_n(peak_n, settings->rise_s, since_onset_s);
  default:
    return stance_sim_nordic_n(peak_n, effort_s, since_onset_s);
  }
}

/* 1 + the sum of three sines: with amplitude √(2/3)·RMS each, their sum has that RMS. */
static double tremor_factor(const struct stance_sim_settings *settings,
                            const struct stance_sim_effort *effort, size_t side,
                            double since_onset_s)
{
  double sum = 0.0;

  if (settings->tremor_pct <= 0.0 || since_onset_s <= tremor_delay_s)
    return 1.0;
  for (size_t k = 0; k < STANCE_SIM_TREMOR_COUNT; k++)
    sum += sin(two_pi * effort->tremor_hz[side][k] * since_onset_s + effort->tremor_rad[side][k]);
  return 1.0 + settings->tremor_pct / 100.0 * sqrt(2.0 / STANCE_SIM_TREMOR_COUNT) * sum *
                   stance_sim_step(tremor_fade_s, since_onset_s - tremor_delay_s);
}

static double effort_n(const struct stance_sim_settings *settings,
                       const struct stance_sim_effort *effort, size_t side, double time_s)
{
  const double since_onset_s = time_s - effort->onset_s[side];
  const double effort_s = effort->release_s[side] - effort->onset_s[side];
  const double rise_n = shape_n(settings, effort->peak_n[side], effort_s,
                                since_onset_s < effort_s ? since_onset_s : effort_s);
  const double held = 1.0 - stance_sim_step(settings->release_s, since_onset_s - effort_s);

  return rise_n * held * tremor_factor(settings, effort, side, since_onset_s);
}

/* The last section that has begun; sections follow each other without a gap, the first from 0. */
static const struct stance_sim_section *find_section(const struct stance_sim_plan *plan,
                                                     double time_s)
{
  size_t low = 0, high = plan->section_count;

  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (plan->section[middle].start_s <= time_s)
      low = middle;
    else
      high = middle;
  }
  return &plan->section[low];
}

void stance_sim_force(const struct stance_sim_plan *plan, double time_s,
                      double ret_force_n[STANCE_SIM_SIDE_COUNT])
{
  const struct stance_sim_section *section = find_section(plan, time_s);

  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++)
    ret_force_n[side] = section->level_n[side];
  for (size_t k = 0; k < section->event_count; k++) {
    const struct stance_sim_event *event = &section->event[k];
    const double since_s = time_s - event->start_s;
    ret_force_n[event->side] +=
        event->height_n * (event->lasting ? stance_sim_step(event->duration_s, since_s)
                                          : stance_sim_bump(event->duration_s, since_s));
  }
  if (!section->has_effort)
    return;
  for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++)
    if (stance_sim_effort_uses(&section->effort, (enum stance_side)side))
      ret_force_n[side] += effort_n(&plan->settings, &section->effort, side, time_s);
}
