/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uncertainty of the values of one effort; what covers which is told by stance_result_budget. */
#ifndef STANCE_ANALYSIS_UNCERTAINTY_METRICS_H
#define STANCE_ANALYSIS_UNCERTAINTY_METRICS_H

#include "bootstrap.h"
#include "metrics.h"
#include "stance/result.h"

/* Noise and levels of one effort. `force` NULL: nothing is known. */
struct stance_uncertainty_terms uncertainty_terms_of(const struct metric_input *input,
                                                     const struct stance_force_uncertainty *force,
                                                     const struct stance_analysis_context *context);
/* The largest reading that calibration covers; INFINITY where nobody said. `known` as in the
   analysis context. */
double uncertainty_calibrated_to(const struct stance_force_uncertainty *known,
                                 enum stance_side force);
/* Fills the uncertainty of every metric that has one. `bootstrap` holds the replicates of this
   effort; NULL: linear propagation only. */
void uncertainty_fill(const struct stance_result *result, struct stance_repetition *repetition,
                      enum stance_side side, struct bootstrap *bootstrap);

/* ∂y/∂x in newtons: `gain` is 1 for a force, the lever for a torque, 1/mass for a force per kg. */
void uncertainty_add_newtons(struct stance_uncertainty_budget *budget, const char *id,
                             double value_n, double standard_n, double gain, bool own);
/* Standard uncertainty of one reading by the converter's steps. */
double uncertainty_rounding_n(const struct stance_uncertainty_terms *terms);

/* All that a bootstrapped value hangs on but noise: calibration, resolution, levels, clock, lever
   and mass. False where lever or mass are not known well enough. */
bool uncertainty_add_others(const struct stance_result *result,
                            const struct stance_uncertainty_terms *terms,
                            const struct stance_value *value, enum stance_metric metric,
                            struct stance_uncertainty_budget *budget);

#endif
