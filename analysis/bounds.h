/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which part of a recording is looked at, and which part of that for repetitions. */
#ifndef STANCE_ANALYSIS_BOUNDS_H
#define STANCE_ANALYSIS_BOUNDS_H

#include "place.h"

/* A live run that ended before the efforts were called. */
bool bounds_lack_efforts(const struct stance_force_trace *trace);

/* Fills `bounds`, the interval that the context names, and `search`. STANCE_USAGE where it holds no
   sample, or the rate is none. */
STANCE_MUST_CHECK enum stance_status bounds_find(struct analysis *analysis,
                                                 struct stance_problem *problem);

#endif
