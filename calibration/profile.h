/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to calibration/: what every profile must hold before it may turn raw values into force,
   whoever made it. */
#ifndef STANCE_CALIBRATION_PROFILE_H
#define STANCE_CALIBRATION_PROFILE_H

#include "stance/calibration.h"

#include <stdbool.h>

/* STANCE_INPUT unless profile and recording speak of the same channels in the same units and order,
   and at least one has a side. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_check_channels(const struct stance_calibration *calibration,
                                  const struct stance_raw_trace *raw,
                                  struct stance_problem *problem);

/* Which sides carry force under this valid profile; `total` also where left + right make it. */
struct stance_calibration_sides {
  bool measured[STANCE_MEASURED_SIDE_COUNT];
  bool total_is_sum;
};
struct stance_calibration_sides
stance_calibration_sides(const struct stance_calibration *calibration);

/* "YYYY-MM-DD", whatever follows. */
bool stance_calibration_is_date(const char *text);

/* What a channel adds to a force, its signs multiplied out. */
struct stance_calibration_share {
  double zero_raw;
  double gain_n_per_unit;
  double quadratic, cubic;
  bool curved;
};

static inline struct stance_calibration_share
stance_calibration_share_of(const struct stance_calibration_channel *channel)
{
  return (struct stance_calibration_share){
      .zero_raw = channel->zero_raw,
      .gain_n_per_unit = channel->polarity * channel->slope_n_per_unit,
      .quadratic = channel->polarity * channel->quadratic_n_per_unit2,
      .cubic = channel->polarity * channel->cubic_n_per_unit3,
      .curved = channel->quadratic_n_per_unit2 != 0.0 || channel->cubic_n_per_unit3 != 0.0,
  };
}

/* What channel `channel` adds to its side's force: in a matrix plate its part of the force along
   the plate's axis, elsewhere its own force. */
struct stance_calibration_share
stance_calibration_share_in_side(const struct stance_calibration *calibration, size_t channel);

static inline double stance_calibration_line(const struct stance_calibration_share *share,
                                             double raw)
{
  return share->gain_n_per_unit * (raw - share->zero_raw);
}

static inline double stance_calibration_curve(const struct stance_calibration_share *share,
                                              double raw)
{
  const double x = raw - share->zero_raw;
  return x * (share->gain_n_per_unit + x * (share->quadratic + x * share->cubic));
}

static inline double stance_calibration_share_force(const struct stance_calibration_share *share,
                                                    double raw)
{
  return share->curved ? stance_calibration_curve(share, raw) : stance_calibration_line(share, raw);
}

/* Of the channel by itself; in a matrix plate the value that the matrix takes. */
static inline double
stance_calibration_channel_force(const struct stance_calibration_channel *channel, double raw)
{
  const struct stance_calibration_share share = stance_calibration_share_of(channel);
  return stance_calibration_share_force(&share, raw);
}

#endif
