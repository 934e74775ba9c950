/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated rig without a thread: what the driver plays and what tests look into. */
#ifndef STANCE_SIM_H
#define STANCE_SIM_H

#include "sim_plan.h"
#include "sim_sensor.h"
#include "stance/source.h"

struct stance_sim {
  struct stance_sim_plan plan;
  struct stance_sim_sensor sensor;
  struct stance_random losses;
  size_t channel_count;
  uint64_t frame_count;    /* of the whole recording, lost ones included */
  double sampled_rate_hz;  /* nominal, oversampling included */
  double true_rate_hz;     /* of the rig's clock */
  double begin_s;          /* athlete's time at the first instant */
  uint64_t index;          /* of the next instant */
  uint64_t random_gap_end; /* first instant after a random loss */
  size_t next_gap;         /* of settings.gap */
  uint64_t instants_lost;  /* just before `index` */
};

/* `uri` as for stance_source_open. The struct must stay where it is until finish. */
STANCE_MUST_CHECK enum stance_status stance_sim_init(struct stance_sim *sim,
                                                     const struct stance_uri *uri,
                                                     struct stance_problem *problem);
void stance_sim_finish(struct stance_sim *sim);
/* The next frame that is not lost; false at the end. */
bool stance_sim_next(struct stance_sim *sim, struct stance_raw_frame *ret_frame);
/* Back to the first frame, sampled when the host's clock shows `start_ns`. */
void stance_sim_rewind(struct stance_sim *sim, int64_t start_ns);
/* Model, serial, channels and profile text. */
void stance_sim_describe(const struct stance_sim *sim, struct stance_source_info *info);

/* Physical time of an instant: that of the host's clock, not the nominal one. */
double stance_sim_time_s(const struct stance_sim *sim, uint64_t index);
/* The force that acts on each channel at a physical time: one value a channel. Pure. */
void stance_sim_channel_force(const struct stance_sim *sim, double time_s, double *ret_force_n);

#endif
