/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A simulated recording in arrays, and its truth by name. */
#ifndef STANCE_TESTS_SIM_FIXTURE_H
#define STANCE_TESTS_SIM_FIXTURE_H

#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens without a thread; ends the program with the sentence where that fails. */
static inline void sim_fixture_open(struct stance_sim *sim, const char *uri)
{
  struct stance_problem problem = {""};
  struct stance_uri parsed;
  if (stance_uri_init(&parsed, uri, &problem) != STANCE_OK ||
      stance_sim_init(sim, &parsed, &problem) != STANCE_OK) {
    fprintf(stderr, "%s: %s\n", uri, problem.text);
    abort();
  }
}

/* All frames; the caller frees. */
static inline struct stance_raw_frame *sim_fixture_frames(struct stance_sim *sim, size_t *ret_count)
{
  struct stance_raw_frame *frames = calloc((size_t)sim->frame_count + 1, sizeof *frames);
  size_t count = 0;
  if (frames == NULL)
    abort();
  while (stance_sim_next(sim, &frames[count]))
    count++;
  *ret_count = count;
  return frames;
}

/* Newtons by the rig's own profile. */
static inline double sim_fixture_force_n(const struct stance_sim *sim, size_t channel, double value)
{
  return (value - sim->sensor.channel[channel].zero_raw) * sim->sensor.slope_n_per_unit;
}

/* A value of the ground truth; NaN where there is no such row. */
static inline double sim_fixture_truth(const char *truth, const char *repetition, const char *side,
                                       const char *metric)
{
  char head[100];
  snprintf(head, sizeof head, "\n%s,%s,%s,", repetition, side, metric);
  const char *row = strstr(truth, head);
  return row == NULL ? (double)NAN : strtod(row + strlen(head), NULL);
}

#endif
