/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the empty instrument read before and after a test says of the time between. */
#ifndef STANCE_ANALYSIS_DRIFT_H
#define STANCE_ANALYSIS_DRIFT_H

#include "levels.h"

#include "stance/side.h"

struct drift {
  double shift_n[STANCE_MEASURED_SIDE_COUNT]; /* after − before; NaN: not taken twice */
  double before[STANCE_MEASURED_SIDE_COUNT], after[STANCE_MEASURED_SIDE_COUNT]; /* samples */
  bool is_corrected;                                   /* every force, or none */
  stance_reason_set flags[STANCE_MEASURED_SIDE_COUNT]; /* of every force of that side */
  stance_reason_set recording_flags; /* of the recording, flags of the sides included */
};

/* A shift is small enough to be corrected where every force's is, all readings were still, and
   values are newtons. */
void drift_measure(const struct stance_force_trace *trace,
                   const struct stance_analysis_settings *settings, struct drift *ret_drift);
/* By how much the empty instrument's reading had moved at `sample` since zero was taken: along a
   straight line through both readings; 0 where nothing is corrected. */
double drift_at(const struct drift *drift, enum stance_side side, double sample);
/* Levels as they were at `sample`, each moved along since it was read. Samples stay as they were
   recorded, so that what repeats in them is still seen to repeat. */
void drift_move_levels(const struct drift *drift, enum stance_side side, double sample,
                       struct levels *levels);

#endif
