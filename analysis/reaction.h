/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reaction time: from the instant at which "go" left the sound card to onset. */
#ifndef STANCE_ANALYSIS_REACTION_H
#define STANCE_ANALYSIS_REACTION_H

#include "place.h"

/* Of every side that took part, from its onset time, whose flags it shares. A "go" belongs to the
   first effort behind it that comes to its peak, and only while the protocol gives it time.
   `segments` in order of time, one for each repetition. */
void reaction_fill(const struct analysis *analysis, const struct stance_segment *segments,
                   struct stance_repetition *repetitions, size_t count);

#endif
