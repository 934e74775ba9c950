/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to calibration/: how a sensor differs from itself. */
#ifndef STANCE_CALIBRATION_SPREAD_H
#define STANCE_CALIBRATION_SPREAD_H

#include "stance/calibration.h"

/* Weights are put on again a little differently, and never half a percent apart on purpose. */
bool spread_same_load(double a_n, double b_n, double full_scale_n);

/* Hysteresis, reversibility, repeatability, zero return and creep from residuals about one curve,
   which takes small differences between loads out; NaN where the points do not show it.
   `quality->range_n` is known. */
void spread_measure(const struct stance_calibration_point *points, const double *residual_n,
                    size_t count, struct stance_calibration_quality *quality);

#endif
