/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uncertainty of the values of one effort; what covers which is told by stance_result_budget. */
#ifndef STANCE_ANALYSIS_UNCERTAINTY_METRICS_H
#define STANCE_ANALYSIS_UNCERTAINTY_METRICS_H

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
/* Fills the uncertainty of every metric that has one. */
void uncertainty_fill(const struct stance_result *result, struct stance_repetition *repetition,
                      enum stance_side side);

#endif
