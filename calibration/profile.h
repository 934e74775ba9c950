/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to calibration/: what every profile must hold before it may turn raw values into force,
   whoever made it. */
#ifndef STANCE_CALIBRATION_PROFILE_H
#define STANCE_CALIBRATION_PROFILE_H

#include "stance/calibration.h"

#include <stdbool.h>

/* STANCE_INPUT with the first thing that is impossible: a slope that is not positive and finite, a
   polarity other than ±1, no channel, a text that is not terminated. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_validate(const struct stance_calibration *calibration,
                            struct stance_problem *problem);

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

static inline double
stance_calibration_channel_force(const struct stance_calibration_channel *channel, double raw)
{
  return (double)channel->polarity * channel->slope_n_per_unit * (raw - channel->zero_raw);
}

#endif
