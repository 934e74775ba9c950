/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a profile says of how wrong the forces made with it can be. */
#include "stance/uncertainty.h"
#include "stance/calibration.h"

#include <math.h>
#include <string.h>

/* Whether the channel makes the side's force; the sum of left and right where a profile has no
   channel for total. */
static bool serves(const struct stance_calibration *calibration, size_t channel,
                   enum stance_side side)
{
  const enum stance_side own = calibration->channel[channel].side;
  if (own == side || side != STANCE_TOTAL)
    return own == side;
  for (size_t c = 0; c < calibration->channel_count; c++)
    if (calibration->channel[c].side == STANCE_TOTAL)
      return false;
  return own == STANCE_LEFT || own == STANCE_RIGHT;
}

static bool in_matrix(const struct stance_calibration *calibration,
                      const struct stance_calibration_channel *channel)
{
  return channel->plate > 0 && channel->plate <= calibration->plate_count &&
         calibration->plate[channel->plate - 1].kind == STANCE_PLATE_MATRIX;
}

/* Relative uncertainty of a line's slope, by which channels are ranked. */
static double relative_slope(const struct stance_calibration_channel *channel)
{
  return sqrt(fmax(channel->quality.covariance[2], 0.0)) / channel->slope_n_per_unit;
}

static double square(double x)
{
  return x * x;
}

/* NaN: not measured. The largest of a percentage of the range lies anywhere within ±. */
static double drift_of(const struct stance_calibration_quality *quality)
{
  const double pct = isnan(quality->zero_return_pct) ? 0.0 : quality->zero_return_pct;
  return stance_uncertainty_rectangular(pct / 100.0 * quality->range_n);
}

/* How the load is shared between the channels of a side is not known: the channel that is known
   worst stands for all of it, which is never too little. */
static void use_curve(const struct stance_calibration_channel *channel,
                      struct stance_force_uncertainty *force)
{
  if (force->curve[0] != 0.0 &&
      relative_slope(channel) * force->curve[0] <= sqrt(fmax(force->covariance[2], 0.0)))
    return;
  force->curve[0] = channel->slope_n_per_unit;
  force->curve[1] = channel->quadratic_n_per_unit2;
  force->curve[2] = channel->cubic_n_per_unit3;
  memcpy(force->covariance, channel->quality.covariance, sizeof force->covariance);
}

void stance_calibration_uncertainty(const struct stance_calibration *calibration,
                                    const struct stance_channel *channels, enum stance_side side,
                                    struct stance_force_uncertainty *ret_force)
{
  struct stance_force_uncertainty force = {.known = calibration->calibrated};
  double zero_variance = 0, residual = 0, drift = 0, resolution = 0, range_n = 0;
  bool used = false, bounded = true;
  for (size_t c = 0; c < calibration->channel_count; c++) {
    const struct stance_calibration_channel *channel = &calibration->channel[c];
    if (!serves(calibration, c, side))
      continue;
    used = true;
    /* A matrix takes values that are no newtons: what its channels say cannot be added up. */
    if (in_matrix(calibration, channel)) {
      force.known = bounded = false;
      continue;
    }
    range_n += channel->quality.range_n;
    bounded = bounded && channel->quality.range_n > 0;
    use_curve(channel, &force);
    zero_variance += channel->quality.covariance[0];
    residual += square(channel->quality.residual_sd_n);
    drift += square(drift_of(&channel->quality));
    resolution += square(channels[c].resolution * channel->slope_n_per_unit);
  }
  force.known = force.known && used;
  force.scale = calibration->standard_uncertainty_pct / 100.0 / STANCE_COVERAGE_FACTOR;
  force.covariance[0] = zero_variance;
  force.residual_n = sqrt(residual);
  force.drift_n = sqrt(drift);
  force.resolution_n = sqrt(resolution);
  force.range_n = bounded ? range_n : 0;
  *ret_force = force;
}
