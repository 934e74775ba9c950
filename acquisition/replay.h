/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace that is played: what `replay:` and stance_source_from_trace share. */
#ifndef STANCE_REPLAY_H
#define STANCE_REPLAY_H

#include "stance/source.h"

struct stance_replay;

/* Takes over what `trace` owns and leaves it empty, on success only; completes `info` but for
   `uri`, which messages name. */
STANCE_MUST_CHECK enum stance_status
stance_replay_create(struct stance_raw_trace *trace, double speed, const struct stance_clock *clock,
                     struct stance_source_info *info, struct stance_replay **ret_replay,
                     struct stance_problem *problem);
/* Members of a driver (driver.h) whose state is a struct stance_replay. */
enum stance_status stance_replay_start(void *state, struct stance_frame_ring *const *rings,
                                       size_t ring_count, struct stance_problem *problem);
void stance_replay_stop(void *state);
void stance_replay_health(const void *state, struct stance_source_health *ret_health);
bool stance_replay_take_mark(void *state, struct stance_clock_mark *ret_mark);
void stance_replay_destroy(void *state);

#endif
