/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The athlete of `sim:`: the force that truly acts, in closed form at any instant, and the noise
   of his load cells. The converter is the instrument's own, not the one of `sim:`. */
#include "input_private.h"

#include <math.h>
#include <string.h>

/* The load cells of `sim:` end there; the instrument's range comes first. */
static const double no_limit_n = 1e6;

enum stance_status stance_input_open_athlete(struct stance_virtual_input *input,
                                             const struct stance_virtual_input_options *options,
                                             struct stance_problem *problem)
{
  char text[STANCE_URI_SIZE];
  const int length = snprintf(text, sizeof text, "%s%cclock_ppm=%.17g", options->uri,
                              strchr(options->uri, '?') == NULL ? '?' : '&', options->clock_ppm);

  if (length < 0 || (size_t)length >= sizeof text)
    return stance_problem_set(problem, STANCE_USAGE, "%.64s…: the URI is too long", options->uri);
  enum stance_status status = stance_uri_init(&input->uri, text, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_sim_init(&input->athlete, &input->uri, problem);
  if (status != STANCE_OK)
    return status;
  input->has_athlete = true;
  input->athlete.plan.settings.bits = 0; /* no converter of its own */
  input->athlete.plan.settings.range_n = no_limit_n;
  stance_sim_rewind(&input->athlete, 0);
  return STANCE_OK;
}

void stance_input_athlete_force(struct stance_virtual_input *input, double time_s,
                                double ret_force_n[STANCE_MEASURED_SIDE_COUNT])
{
  struct stance_sim *athlete = &input->athlete;
  struct stance_raw_frame frame = {0};
  double force_n[STANCE_CHANNEL_COUNT_MAX];

  stance_sim_channel_force(athlete, time_s, force_n);
  stance_sim_sensor_sample(&athlete->sensor, athlete->index++, time_s, force_n, &frame);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    ret_force_n[side] = (double)NAN;
  if (athlete->plan.settings.rig == STANCE_SIM_PLATE) {
    ret_force_n[STANCE_TOTAL] = frame.value[0];
    return;
  }
  ret_force_n[STANCE_LEFT] = frame.value[0];
  ret_force_n[STANCE_RIGHT] = frame.value[1];
  ret_force_n[STANCE_TOTAL] = frame.value[0] + frame.value[1];
}
