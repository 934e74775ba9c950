/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One analysis under way, and the efforts of one repetition placed on its forces. */
#ifndef STANCE_ANALYSIS_PLACE_H
#define STANCE_ANALYSIS_PLACE_H

#include "drift.h"
#include "levels.h"
#include "stance/result.h"

/* Everything but `previous_end` is borrowed and constant during one analysis. */
struct analysis {
  const struct stance_force_trace *trace;
  const struct stance_protocol *protocol;
  const struct stance_analysis_settings *settings;
  const struct stance_analysis_context *context;
  struct stance_span bounds; /* the data: nothing outside is looked at */
  struct stance_span search; /* where repetitions may lie */
  /* First sample, of each measured force, that no earlier repetition used. */
  long previous_end[STANCE_MEASURED_SIDE_COUNT];
  struct levels levels[STANCE_MEASURED_SIDE_COUNT]; /* of each measured force, from all phases */
  struct drift drift;
  bool has_gap[STANCE_MEASURED_SIDE_COUNT]; /* within the bounds, of each measured force */
  bool zero_measured, limb_measured;        /* on every force, or they count on none */
};

/* The force on which an effort of `side` was recorded: its own, or the only one there is, used for
   the sides in turn. */
enum stance_side analysis_force_of(const struct stance_force_trace *trace, enum stance_side side);

/* Onset is that of both plates together: two feet, one body. */
bool analysis_onset_on_sum(const struct analysis *analysis, enum stance_side segment_side);

/* Fills `effort` and `took_part` of a repetition whose `side` is set. */
void analysis_place_efforts(struct analysis *analysis, const struct stance_segment *segment,
                            struct stance_repetition *repetition);

/* Onset and end anew, by the method of `analysis->settings`, of efforts that were anchored. */
void analysis_place_onsets(const struct analysis *analysis, const struct stance_segment *segment,
                           const bool took_part[STANCE_MEASURED_SIDE_COUNT],
                           struct stance_effort effort[STANCE_MEASURED_SIDE_COUNT]);

#endif
