/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_events.h"

#include <assert.h>

static void add(struct stance_sim_section *section, const struct stance_sim_event *event)
{
  assert(section->event_count < STANCE_SIM_EVENT_MAX);
  section->event[section->event_count++] = *event;
}

void stance_sim_add_step(struct stance_sim_section *section, size_t side, double start_s,
                         double duration_s, double height_n)
{
  const struct stance_sim_event event = {.side = (enum stance_side)side,
                                         .lasting = true,
                                         .start_s = start_s,
                                         .duration_s = duration_s,
                                         .height_n = height_n};
  add(section, &event);
}

void stance_sim_add_bump(struct stance_sim_section *section, size_t side, double start_s,
                         double duration_s, double height_n)
{
  const struct stance_sim_event event = {.side = (enum stance_side)side,
                                         .start_s = start_s,
                                         .duration_s = duration_s,
                                         .height_n = height_n};
  add(section, &event);
}
