/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/uncertainty.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char *const extent_ids[STANCE_UNCERTAINTY_EXTENT_COUNT] = {
    [STANCE_UNCERTAINTY_LINEAR] = "linear",
    [STANCE_UNCERTAINTY_FULL] = "full",
    [STANCE_UNCERTAINTY_NONE] = "none",
};

const char *stance_uncertainty_extent_id(enum stance_uncertainty_extent extent)
{
  assert(extent < STANCE_UNCERTAINTY_EXTENT_COUNT);
  return extent_ids[extent];
}

enum stance_uncertainty_extent stance_uncertainty_extent_find(const char *id)
{
  int extent = 0;
  while (extent < STANCE_UNCERTAINTY_EXTENT_COUNT && strcmp(extent_ids[extent], id) != 0)
    extent++;
  return (enum stance_uncertainty_extent)extent;
}

void stance_uncertainty_add(struct stance_uncertainty_budget *budget,
                            const struct stance_uncertainty_input *input)
{
  if (input->standard_uncertainty == 0.0 || input->sensitivity == 0.0)
    return;
  assert(budget->count < STANCE_UNCERTAINTY_INPUT_MAX);
  budget->input[budget->count++] = *input;
}

static double variance_of(const struct stance_uncertainty_input *input)
{
  const double contribution = input->sensitivity * input->standard_uncertainty;
  return contribution * contribution;
}

struct stance_uncertainty stance_uncertainty_combine(const struct stance_uncertainty_budget *budget)
{
  double variance = 0, own = 0;
  for (size_t k = 0; k < budget->count; k++) {
    variance += variance_of(&budget->input[k]);
    own += budget->input[k].own ? variance_of(&budget->input[k]) : 0;
  }
  const double standard = sqrt(variance);
  return (struct stance_uncertainty){
      .standard = standard,
      .expanded = budget->expanded > 0 ? budget->expanded : STANCE_COVERAGE_FACTOR * standard,
      .own = sqrt(own)};
}

double stance_uncertainty_share_pct(const struct stance_uncertainty_budget *budget, size_t input)
{
  const double standard = stance_uncertainty_combine(budget).standard;
  return 100.0 * variance_of(&budget->input[input]) / (standard * standard);
}

double stance_uncertainty_peak_bias(double sd, size_t count)
{
  return count > 1 ? sd * sqrt(2.0 * log((double)count)) : 0.0;
}

/* Where the curve reads `force_n`, in raw units from its zero. */
static double raw_at(const double curve[3], double force_n)
{
  /* Newton from the line: calibration curves bend by percents, so each step squares an error of at
     most that; five leave none. */
  double x = force_n / curve[0];
  for (int step = 0; step < 5; step++) {
    const double force = x * (curve[0] + x * (curve[1] + x * curve[2]));
    const double slope = curve[0] + x * (2.0 * curve[1] + x * 3.0 * curve[2]);
    x -= (force - force_n) / slope;
  }
  return x;
}

double stance_force_uncertainty_curve_n(const struct stance_force_uncertainty *force,
                                        double force_n, bool zero_measured)
{
  if (force->curve[0] == 0.0)
    return 0.0;
  const double x = raw_at(force->curve, force_n);
  const double power[4] = {1.0, x, x * x, x * x * x};
  double variance = 0;
  for (int column = 0, k = 0; column < 4; column++)
    for (int row = 0; row <= column; row++, k++) {
      const double twice = row == column ? 1.0 : 2.0;
      if (row > 0 || !zero_measured)
        variance += twice * power[row] * power[column] * force->covariance[k];
    }
  return sqrt(fmax(variance, 0.0)); /* rounding may leave a trifle below 0 */
}
