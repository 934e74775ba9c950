/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to input*.c: the only files here that look into the simulated rig. */
#ifndef STANCE_INPUT_PRIVATE_H
#define STANCE_INPUT_PRIVATE_H

#include "sim.h"
#include "virtual_input.h"

struct stance_virtual_input {
  struct stance_virtual_path path[STANCE_VIRTUAL_PATH_COUNT];
  size_t path_count;
  double newton_per_volt, bias_v, marks_v;
  double force_at_s;                          /* the instant that `force_n` is of */
  double force_n[STANCE_MEASURED_SIDE_COUNT]; /* NaN: not measured */
  /* the simulated athlete */
  bool has_athlete;
  struct stance_uri uri;
  struct stance_sim athlete;
  /* a recording */
  double *recorded_n[STANCE_MEASURED_SIDE_COUNT]; /* NULL: not measured */
  size_t recorded_count;
  double recorded_rate_hz;
};

enum stance_status stance_input_open_athlete(struct stance_virtual_input *input,
                                             const struct stance_virtual_input_options *options,
                                             struct stance_problem *problem);
void stance_input_athlete_force(struct stance_virtual_input *input, double time_s,
                                double ret_force_n[STANCE_MEASURED_SIDE_COUNT]);
enum stance_status stance_input_open_recording(struct stance_virtual_input *input, const char *uri,
                                               struct stance_problem *problem);
void stance_input_recorded_force(const struct stance_virtual_input *input, double time_s,
                                 double ret_force_n[STANCE_MEASURED_SIDE_COUNT]);

#endif
