/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/evaluation.h"

#include <math.h>
#include <string.h>

static enum stance_status missing(const char *unit, const char *what,
                                  struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_USAGE,
                            "the channel is in '%s': its force also depends on the %s", unit, what);
}

enum stance_status stance_sensitivity_slope(const struct stance_sensitivity *sensitivity,
                                            const char *unit, double *ret_slope_n_per_unit,
                                            struct stance_problem *problem)
{
  const bool counts = strcmp(unit, "counts") == 0, volts = strcmp(unit, "V") == 0;
  const bool millivolts = strcmp(unit, "mV") == 0;
  double at_capacity = sensitivity->sensitivity_mv_per_v; /* in the channel's unit */

  if (!counts && !volts && !millivolts && strcmp(unit, "mV/V") != 0)
    return stance_problem_set(problem, STANCE_USAGE,
                              "the channel is in '%s': a sensitivity in mV/V serves channels in "
                              "mV/V, mV, V and counts; calibrate this one with known loads",
                              unit);
  if ((counts || volts || millivolts) && sensitivity->excitation_v == 0.0)
    return missing(unit, "bridge's supply: give --excitation VOLTS", problem);
  if (counts && sensitivity->units_per_volt == 0.0)
    return missing(unit, "converter: give --counts-per-volt", problem);
  if (counts || volts || millivolts)
    at_capacity *= sensitivity->excitation_v * (sensitivity->gain == 0.0 ? 1.0 : sensitivity->gain);
  if (counts || volts)
    at_capacity *= 1e-3;
  if (counts)
    at_capacity *= sensitivity->units_per_volt;
  const double slope = sensitivity->capacity_n / at_capacity;
  if (!(isfinite(slope) && slope != 0.0))
    return stance_problem_set(problem, STANCE_USAGE,
                              "sensitivity %g mV/V and capacity %g N give no slope",
                              sensitivity->sensitivity_mv_per_v, sensitivity->capacity_n);
  *ret_slope_n_per_unit = slope;
  return STANCE_OK;
}
