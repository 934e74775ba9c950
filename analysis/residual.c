/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/filter.h"
#include "stance/spectrum.h"

#include <math.h>
#include <stdlib.h>

static double rms_difference(const double *a, const double *b, size_t count)
{
  double sum = 0.0;
  for (size_t i = 0; i < count; i++) {
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  }
  return sqrt(sum / (double)count);
}

/* Ordinary least squares through the tail; r_squared is 1 for a tail that is flat to the bit. */
static void fit_line(const double *x, const double *y, size_t count,
                     struct stance_residual_advice *ret_advice)
{
  double mean_x = 0.0, mean_y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0;
  for (size_t i = 0; i < count; i++) {
    mean_x += x[i] / (double)count;
    mean_y += y[i] / (double)count;
  }
  for (size_t i = 0; i < count; i++) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  ret_advice->slope = xy / xx;
  ret_advice->noise_rms = mean_y - ret_advice->slope * mean_x;
  ret_advice->r_squared = yy > 0.0 ? xy * xy / (xx * yy) : 1.0;
}

/* Where the residual falls to `level`, by interpolation between two cutoffs. */
static double crossing(const double *cutoff_hz, const double *residual, size_t count, double level)
{
  for (size_t k = 1; k < count; k++) {
    if (residual[k - 1] > level && residual[k] <= level) {
      double part = (residual[k - 1] - level) / (residual[k - 1] - residual[k]);
      return cutoff_hz[k - 1] + part * (cutoff_hz[k] - cutoff_hz[k - 1]);
    }
  }
  return (double)NAN;
}

static enum stance_status residuals(const double *signal, size_t count,
                                    struct stance_lowpass *design, const double *cutoff_hz,
                                    size_t cutoff_count, double *ret_residual,
                                    struct stance_problem *problem)
{
  double *filtered = malloc(count * sizeof *filtered);
  if (filtered == NULL) {
    return stance_problem_set(problem, STANCE_MEMORY, "residual analysis: no memory");
  }
  struct stance_zero_phase *filter = NULL;
  design->cutoff_hz = cutoff_hz[0];
  enum stance_status status = stance_zero_phase_create(design, &filter, problem);
  for (size_t k = 0; k < cutoff_count && status == STANCE_OK; k++) {
    design->cutoff_hz = cutoff_hz[k];
    status = stance_zero_phase_retune(filter, design, problem);
    if (status != STANCE_OK) {
      break;
    }
    status = stance_zero_phase_apply(filter, signal, count, filtered);
    if (status != STANCE_OK) {
      stance_problem_set(problem, status, "residual analysis: a sample is not a number");
      break;
    }
    ret_residual[k] = rms_difference(signal, filtered, count);
  }
  stance_zero_phase_destroy(filter);
  free(filtered);
  return status;
}

enum stance_status stance_residual_analyze(const double *signal, size_t count, double rate_hz,
                                           unsigned order_per_pass, const double *cutoff_hz,
                                           size_t cutoff_count, double *ret_residual_rms,
                                           struct stance_residual_advice *ret_advice,
                                           struct stance_problem *problem)
{
  if (cutoff_count < 4) {
    return stance_problem_set(problem, STANCE_USAGE,
                              "residual analysis: %zu cutoffs; at least 4 are needed",
                              cutoff_count);
  }
  for (size_t k = 1; k < cutoff_count; k++) {
    if (!(cutoff_hz[k] > cutoff_hz[k - 1])) {
      return stance_problem_set(problem, STANCE_USAGE,
                                "residual analysis: cutoff %g Hz after %g Hz; they must ascend",
                                cutoff_hz[k], cutoff_hz[k - 1]);
    }
  }
  if (count < 2) {
    return stance_problem_set(problem, STANCE_INPUT, "residual analysis: %zu samples", count);
  }
  double *residual = malloc(cutoff_count * sizeof *residual);
  if (residual == NULL) {
    return stance_problem_set(problem, STANCE_MEMORY, "residual analysis: no memory");
  }
  struct stance_lowpass design = {
      .rate_hz = rate_hz, .order_per_pass = order_per_pass, .passes = 2};
  enum stance_status status =
      residuals(signal, count, &design, cutoff_hz, cutoff_count, residual, problem);
  if (status == STANCE_OK) {
    size_t tail = cutoff_count / 2;
    fit_line(cutoff_hz + tail, residual + tail, cutoff_count - tail, ret_advice);
    ret_advice->cutoff_hz = crossing(cutoff_hz, residual, cutoff_count, ret_advice->noise_rms);
    for (size_t k = 0; k < cutoff_count && ret_residual_rms != NULL; k++) {
      ret_residual_rms[k] = residual[k];
    }
  }
  free(residual);
  return status;
}
