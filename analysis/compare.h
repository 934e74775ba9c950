/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two sides of one repetition, and of the whole recording. */
#ifndef STANCE_ANALYSIS_COMPARE_H
#define STANCE_ANALYSIS_COMPARE_H

#include "metrics.h"
#include "stance/result.h"

/* Fills value[STANCE_BOTH] of a repetition in which left and right took part. `input` is that of
   the two sides. */
void compare_repetition(const struct stance_result *result, bool onset_on_sum,
                        const struct metric_input input[2], struct stance_repetition *repetition);

/* Fills `summary` and `used` from the repetitions. */
void summarise(struct stance_result *result);

#endif
