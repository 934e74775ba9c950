/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From calibration points to a channel: the curve through them, how well it fits, how well the
   sensor repeats itself. */
#ifndef STANCE_EVALUATION_H
#define STANCE_EVALUATION_H

#include "stance/calibration.h"

/* y = Σ coefficient[k]·(x − origin)^k, by least squares. */
struct stance_polynomial {
  unsigned degree;
  double origin;
  double coefficient[STANCE_CALIBRATION_DEGREE_MAX + 1];
  double covariance[10]; /* upper triangle by columns, as in struct stance_calibration_quality */
  double residual_sd;    /* √(Σr²/degrees_of_freedom) */
  double degrees_of_freedom;
};
/* Digits: solved about the middle of the data, refined once in extended precision. `ret_residual`
   (y − fitted) holds `count` values, or is NULL. STANCE_INPUT unless there are more points than
   coefficients, with as many different x as coefficients. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_polynomial_fit(const double *x, const double *y, size_t count, unsigned degree,
                      double origin, struct stance_polynomial *ret_polynomial, double *ret_residual,
                      struct stance_problem *problem);
double stance_polynomial_at(const struct stance_polynomial *polynomial, double x);

/* Largest difference among `count` readings of one load, in percent of their mean. */
double stance_repeatability_pct(const double *reading, size_t count);

/* What the points of one channel say. Loads closer together than half a percent of the largest
   count as the same load, and at most half a percent of it as none. */
struct stance_evaluation {
  struct stance_polynomial curve; /* force over raw, about zero_raw; coefficient[0] is 0 */
  double zero_raw;                /* where the curve gives no force */
  /* Chance that noise alone would improve the fit as much as the terms above the line do (F-test);
     a curve is used from 1 % down. NaN where there are too few loads for a curve. */
  double curve_chance;
  struct stance_calibration_fit line; /* the straight line, for comparison */
  struct stance_calibration_quality quality;
  double lower_limit_n;    /* 2.4 · residual_sd_n, as ASTM E74 computes it; static loads only */
  size_t worst_point;      /* position of the largest residual */
  double worst_residual_n; /* applied − fitted */
  size_t load_count;       /* different loads that were fitted */
  unsigned repeat_count;
};
/* `points` of one channel in the order in which they were measured. `degree_max` limits the curve
   (1: a line). Preloads and holds are not fitted. `ret_residual_n` holds `count` values (applied −
   fitted, of all points) or is NULL. STANCE_INPUT where no line can be fitted: fewer than three
   points, or equal readings. WORK. */
STANCE_MUST_CHECK enum stance_status stance_evaluate(const struct stance_calibration_point *points,
                                                     size_t count, unsigned degree_max,
                                                     struct stance_evaluation *ret_evaluation,
                                                     double *ret_residual_n,
                                                     struct stance_problem *problem);
/* The channel's numbers follow from the evaluation; name, serial, unit, side and place stay. */
void stance_evaluation_use(const struct stance_evaluation *evaluation,
                           struct stance_calibration_channel *channel);
/* Whether every error is within `limit_pct`. Otherwise `ret_reason` (terminated) says which is the
   largest, by how much, and at which point. */
bool stance_evaluation_is_good(const struct stance_evaluation *evaluation,
                               const struct stance_calibration_point *points, double limit_pct,
                               char *ret_reason, size_t size);

/* A sensor's data sheet: it gives `sensitivity_mv_per_v` at `capacity_n`. */
struct stance_sensitivity {
  double sensitivity_mv_per_v;
  double capacity_n;
  double excitation_v;   /* 0: not given */
  double gain;           /* of an amplifier; 0: none */
  double units_per_volt; /* of a channel in counts; 0: not given */
};
/* Newtons per unit of a channel in `unit` (mV/V, mV, V, counts). STANCE_USAGE names what is missing
   for that unit. */
STANCE_MUST_CHECK enum stance_status
stance_sensitivity_slope(const struct stance_sensitivity *sensitivity, const char *unit,
                         double *ret_slope_n_per_unit, struct stance_problem *problem);

#endif
