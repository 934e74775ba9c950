/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building blocks of a plan, shared by the plan and by what spoils it. */
#ifndef STANCE_SIM_EVENTS_H
#define STANCE_SIM_EVENTS_H

#include "random.h"
#include "sim_plan.h"

/* A change of level that stays, over `duration_s`. Must lie inside the section. */
void stance_sim_add_step(struct stance_sim_section *section, size_t side, double start_s,
                         double duration_s, double height_n);
/* A change that passes. Must lie inside the section. */
void stance_sim_add_bump(struct stance_sim_section *section, size_t side, double start_s,
                         double duration_s, double height_n);
/* What `settings->dirty` adds to effort `number` (from 0), whose rest begins at `rest_start_s`. */
void stance_sim_dirty(const struct stance_sim_settings *settings, size_t number,
                      double rest_start_s, struct stance_random *random,
                      struct stance_sim_section *section);

#endif
