/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the force that acts and the number that is stored: zero, drift, noise, hum, converter. */
#ifndef STANCE_SIM_SENSOR_H
#define STANCE_SIM_SENSOR_H

#include "random.h"
#include "sim_settings.h"
#include "stance/frame.h"

enum { STANCE_SIM_WANDER_ROWS = 16 };

struct stance_sim_sensor_channel {
  struct stance_random noise, wander;
  double wander_row[STANCE_SIM_WANDER_ROWS];
  double zero_raw; /* reading at no force when it was calibrated */
};

struct stance_sim_sensor {
  const struct stance_sim_settings *settings; /* borrowed */
  size_t channel_count;
  double slope_n_per_unit; /* newtons of one unit of the value */
  double lowest, highest;  /* ends of the range, in units of the value */
  double hum_rad;          /* phase of the mains at the first sample */
  struct stance_sim_sensor_channel channel[STANCE_CHANNEL_COUNT_MAX];
};

void stance_sim_sensor_init(struct stance_sim_sensor *sensor,
                            const struct stance_sim_settings *settings, size_t channel_count);

/* Value and saturation flags of the frame's instant `index`, sampled at `time_s`; call for every
   instant in turn, lost ones included. `force_n` holds one value a channel. */
void stance_sim_sensor_sample(struct stance_sim_sensor *sensor, uint64_t index, double time_s,
                              const double *force_n, struct stance_raw_frame *frame);

#endif
