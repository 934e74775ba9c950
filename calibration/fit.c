/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owner of GSL in calibration/: the line through calibration points. */
#include "stance/calibration.h"

#include <gsl/gsl_fit.h>
#include <math.h>

struct moments {
  double raw_mean, applied_mean;
  double raw_low, raw_high;
  double full_scale_n;
};

static enum stance_status measure(const double *raw, const double *applied_n, size_t count,
                                  struct moments *ret_moments, struct stance_problem *problem)
{
  struct moments m = {0};

  if (count < 3)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%zu calibration points; a line with residuals needs at least 3",
                              count);
  m.raw_low = m.raw_high = raw[0];
  for (size_t k = 0; k < count; k++) {
    if (!isfinite(raw[k]) || !isfinite(applied_n[k]))
      return stance_problem_set(problem, STANCE_INPUT,
                                "calibration point %zu is not a number: measure it again", k + 1);
    m.raw_low = fmin(m.raw_low, raw[k]);
    m.raw_high = fmax(m.raw_high, raw[k]);
    m.full_scale_n = fmax(m.full_scale_n, fabs(applied_n[k]));
    /* A running mean neither overflows nor loses the small ones. */
    m.raw_mean += (raw[k] - m.raw_mean) / (double)(k + 1);
    m.applied_mean += (applied_n[k] - m.applied_mean) / (double)(k + 1);
  }
  if (m.raw_low >= m.raw_high)
    return stance_problem_set(problem, STANCE_INPUT,
                              "all %zu calibration points read %g: apply at least two different "
                              "forces, and check that the sensor is connected",
                              count, m.raw_low);
  *ret_moments = m;
  return STANCE_OK;
}

enum stance_status stance_calibration_fit(const double *raw, const double *applied_n, size_t count,
                                          struct stance_calibration_fit *ret_fit,
                                          double *ret_residual_n, struct stance_problem *problem)
{
  struct moments m = {0};
  enum stance_status status = measure(raw, applied_n, count, &m, problem);
  if (status != STANCE_OK)
    return status;

  struct stance_calibration_fit fit;
  double intercept_variance, slope_variance, residual_square_sum;
  /* Returns GSL_SUCCESS always (linear.c): a line has no step that fails. */
  gsl_fit_linear(raw, 1, applied_n, 1, count, &fit.intercept_n, &fit.slope_n_per_unit,
                 &intercept_variance, &fit.covariance, &slope_variance, &residual_square_sum);
  if (!isfinite(fit.slope_n_per_unit) || !isfinite(fit.intercept_n) ||
      !isfinite(residual_square_sum))
    return stance_problem_set(problem, STANCE_INPUT,
                              "the calibration points lie too far apart to be computed with");

  double total_square_sum = 0.0;
  double largest = 0.0;
  for (size_t k = 0; k < count; k++) {
    /* About the means: the intercept of a sensor far from its zero is large and cancels. */
    double applied = applied_n[k] - m.applied_mean;
    double residual = applied - fit.slope_n_per_unit * (raw[k] - m.raw_mean);
    total_square_sum += applied * applied;
    largest = fmax(largest, fabs(residual));
    if (ret_residual_n != NULL)
      ret_residual_n[k] = residual;
  }
  fit.slope_uncertainty = sqrt(slope_variance);
  fit.intercept_uncertainty = sqrt(intercept_variance);
  fit.residual_sd_n = sqrt(residual_square_sum / (double)(count - 2));
  /* Equal forces everywhere are fitted exactly, and explain nothing. */
  fit.r_squared = total_square_sum > 0.0 ? 1.0 - residual_square_sum / total_square_sum : 0.0;
  fit.nonlinearity_pct = m.full_scale_n > 0.0 ? 100.0 * largest / m.full_scale_n : 0.0;
  *ret_fit = fit;
  return STANCE_OK;
}
