/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rapid force would be by other people's onsets. */
#ifndef STANCE_ANALYSIS_SPREAD_H
#define STANCE_ANALYSIS_SPREAD_H

#include "metrics.h"
#include "place.h"

/* Fills spread_low, spread_high and spread_count of every rate and force at a time of the sides
   that took part, from the methods that found an onset. `analysis->previous_end` as it was before
   this repetition was placed; `input` of each side that took part. */
void spread_fill(const struct analysis *analysis, const struct stance_segment *segment,
                 const struct metric_input input[STANCE_MEASURED_SIDE_COUNT],
                 struct stance_repetition *repetition);

#endif
