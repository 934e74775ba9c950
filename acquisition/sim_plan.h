/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the simulated athlete does and when: drawn once from the seed, then a pure function of
   time. Times are physical seconds from the first sample. */
#ifndef STANCE_SIM_PLAN_H
#define STANCE_SIM_PLAN_H

#include "sim_settings.h"
#include "stance/side.h"

#include <stdbool.h>
#include <stddef.h>

enum { STANCE_SIM_SIDE_COUNT = 2, STANCE_SIM_TREMOR_COUNT = 3, STANCE_SIM_EVENT_MAX = 24 };

/* One rise of force; what belongs to an untested side is not used. */
struct stance_sim_effort {
  enum stance_side side; /* LEFT, RIGHT or BOTH */
  bool partial;
  double onset_s[STANCE_SIM_SIDE_COUNT];
  double release_s[STANCE_SIM_SIDE_COUNT]; /* when it yields or lets go */
  double peak_n[STANCE_SIM_SIDE_COUNT];    /* rise above its rest */
  double tremor_hz[STANCE_SIM_SIDE_COUNT][STANCE_SIM_TREMOR_COUNT];
  double tremor_rad[STANCE_SIM_SIDE_COUNT][STANCE_SIM_TREMOR_COUNT];
};

/* A change of level that stays (step) or passes (bump). */
struct stance_sim_event {
  enum stance_side side;
  bool lasting;
  double start_s, duration_s, height_n;
};

/* A stretch of the timeline. Its events and its effort lie wholly inside. */
struct stance_sim_section {
  double start_s, end_s;
  double level_n[STANCE_SIM_SIDE_COUNT]; /* at its start */
  bool has_effort;
  struct stance_sim_effort effort;
  struct stance_sim_event event[STANCE_SIM_EVENT_MAX];
  size_t event_count;
};

struct stance_sim_plan {
  struct stance_sim_settings settings;
  struct stance_sim_section *section; /* owned: getting on, one for each effort, getting off */
  size_t section_count;
  double end_s; /* of the test, before `duration` cuts or fills it */
};

STANCE_MUST_CHECK enum stance_status
stance_sim_plan_init(struct stance_sim_plan *plan, const struct stance_sim_settings *settings,
                     struct stance_problem *problem);
/* Accepts a zeroed plan. */
void stance_sim_plan_finish(struct stance_sim_plan *plan);

/* True where this effort is made by `side` (LEFT or RIGHT). */
bool stance_sim_effort_uses(const struct stance_sim_effort *effort, enum stance_side side);

/* The force that truly acts at `time_s` on the left and right side, tremor, limb and dirt included,
   no sensor in between. Pure. */
void stance_sim_force(const struct stance_sim_plan *plan, double time_s,
                      double ret_force_n[STANCE_SIM_SIDE_COUNT]);

/* Truth as CSV text, repetition,side,metric,value,unit; the caller frees it. NULL: no memory. */
char *stance_sim_truth(const struct stance_sim_plan *plan);

#endif
