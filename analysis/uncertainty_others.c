/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bootstrapped value hangs on beside the recording's own noise. */
#include "metric_window.h"
#include "uncertainty_metrics.h"

#include <math.h>
#include <string.h>

/* Relative standard uncertainty of the calibration curve, of a force of this size. */
static double curve_part(const struct stance_uncertainty_terms *terms, double force_n)
{
  if (force_n == 0)
    return 0;
  return stance_force_uncertainty_curve_n(&terms->force, force_n, true) / fabs(force_n);
}

/* What all forces of a rise share: it grows with them, whatever is made of them. */
static void add_relative(struct stance_uncertainty_budget *budget, const char *id, double value,
                         double relative)
{
  stance_uncertainty_add(budget,
                         &(struct stance_uncertainty_input){.id = id,
                                                            .unit = "%",
                                                            .value = 100,
                                                            .standard_uncertainty = 100 * relative,
                                                            .sensitivity = value / 100,
                                                            .own = false});
}

/* `power` of the rate in the value: a rate of force is proportional to it, a time to its inverse.
 */
static void add_clock(struct stance_uncertainty_budget *budget,
                      const struct stance_uncertainty_terms *terms, double value, int power)
{
  stance_uncertainty_add(
      budget, &(struct stance_uncertainty_input){.id = "sample_clock",
                                                 .unit = "Hz",
                                                 .value = terms->rate_hz,
                                                 .standard_uncertainty = terms->rate_uncertainty_hz,
                                                 .sensitivity = power * value / terms->rate_hz,
                                                 .own = false});
}

static bool is_above_baseline(const struct stance_uncertainty_terms *terms,
                              enum stance_metric metric)
{
  return (metric >= STANCE_METRIC_NET_FORCE_AT_50MS &&
          metric <= STANCE_METRIC_NET_FORCE_AT_250MS) ||
         (metric == STANCE_METRIC_PEAK_FORCE_NET && !terms->limb_measured);
}

/* A force: its level has noise of its own, but that of the baseline is in the replicates. */
static void add_force(struct stance_uncertainty_budget *budget,
                      const struct stance_uncertainty_terms *terms, enum stance_metric metric,
                      double force_n, double gain)
{
  const struct stance_force_uncertainty *force = &terms->force;
  uncertainty_add_newtons(budget, "calibration_standard", force_n, fabs(force_n) * force->scale,
                          gain, false);
  uncertainty_add_newtons(budget, "calibration_curve", force_n,
                          fabs(force_n) * curve_part(terms, force_n), gain, false);
  uncertainty_add_newtons(budget, "calibration_residual", force_n, force->residual_n, gain, false);
  uncertainty_add_newtons(budget, "zero_drift", 0, force->drift_n, gain, false);
  uncertainty_add_newtons(budget, "zero_shift", 0, terms->zero_shift_n, gain, false);
  uncertainty_add_newtons(budget, "resolution", force_n, uncertainty_rounding_n(terms) * sqrt(2.0),
                          gain, false);
  if (is_above_baseline(terms, metric))
    return;
  if (metric == STANCE_METRIC_PEAK_FORCE_NET)
    uncertainty_add_newtons(budget, "noise_of_limb_weight", 0, terms->limb_n, -gain, false);
  else if (terms->zero_measured)
    uncertainty_add_newtons(budget, "noise_of_zero", 0, terms->zero_n, -gain, false);
}

/* Rates and impulses: `gain` newtons of two readings, or of the mean of many. */
static void add_window(struct stance_uncertainty_budget *budget,
                       const struct stance_uncertainty_terms *terms, double value, double gain,
                       int power)
{
  add_relative(budget, "calibration_standard", value, terms->force.scale);
  add_relative(budget, "calibration_curve", value, curve_part(terms, terms->peak_n));
  uncertainty_add_newtons(budget, "calibration_residual", 0, terms->force.residual_n, gain, false);
  uncertainty_add_newtons(budget, "resolution", 0, uncertainty_rounding_n(terms), gain, false);
  add_clock(budget, terms, value, power);
}

/* The peak that the protocol compares times a lever or over a mass. */
static bool add_derived(const struct stance_result *result,
                        const struct stance_uncertainty_terms *terms, double value,
                        enum stance_metric metric, struct stance_uncertainty_budget *budget)
{
  const bool torque = metric == STANCE_METRIC_PEAK_TORQUE;
  const double standard = torque ? terms->lever_uncertainty_m : terms->body_mass_uncertainty_kg;
  const double gain = torque ? result->lever_m : 1 / result->body_mass_kg;
  if (!(standard > 0))
    return false;
  add_force(budget, terms, result->protocol.compared, value / gain, gain);
  stance_uncertainty_add(
      budget, &(struct stance_uncertainty_input){
                  .id = torque ? "lever" : "body_mass",
                  .unit = torque ? "m" : "kg",
                  .value = torque ? result->lever_m : result->body_mass_kg,
                  .standard_uncertainty = standard,
                  .sensitivity = torque ? value / result->lever_m : -value / result->body_mass_kg,
                  .own = false});
  return true;
}

bool uncertainty_add_others(const struct stance_result *result,
                            const struct stance_uncertainty_terms *terms,
                            const struct stance_value *value, enum stance_metric metric,
                            struct stance_uncertainty_budget *budget)
{
  const char *unit = stance_metric_info(metric)->unit;
  const double length_s = metric_window_length_s(metric);
  if (metric == STANCE_METRIC_PEAK_TORQUE || metric == STANCE_METRIC_PEAK_FORCE_PER_KG)
    return add_derived(result, terms, value->value, metric, budget);
  if (strcmp(unit, "N") == 0)
    add_force(budget, terms, metric, value->value, 1);
  else if (strcmp(unit, "N/s") == 0) /* two readings */
    add_window(budget, terms, value->value, sqrt(2.0) / length_s, 1);
  else if (strcmp(unit, "N.s") == 0)
    add_window(budget, terms, value->value, length_s, -1);
  else
    add_clock(budget, terms, value->value, -1);
  return true;
}
