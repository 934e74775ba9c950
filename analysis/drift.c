/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drift.h"

#include <math.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

/* Tolerance of the daily check in newtons (SCIENCE 9): what would fail it is not corrected. */
#define CORRECTED_SHIFT_N 5.0
/* So far below the zero before the test no sensor drifts in minutes; the lightest limb weighs more.
   The live test warns at the same. */
#define UNDER_LOAD_N 15.0

/* The sum of two forces may shift by what both may. */
static double tolerance_of(const struct stance_force_trace *trace, int side)
{
  const bool of_both = side == STANCE_TOTAL && trace->force_n[STANCE_LEFT] != NULL &&
                       trace->force_n[STANCE_RIGHT] != NULL;
  return of_both ? 2 * CORRECTED_SHIFT_N : CORRECTED_SHIFT_N;
}

static stance_reason_set judge(double shift_n, double tolerance_n)
{
  if (shift_n <= -UNDER_LOAD_N)
    return BIT(ZEROED_UNDER_LOAD);
  return fabs(shift_n) > tolerance_n ? BIT(ZERO_SHIFTED) : 0;
}

void drift_measure(const struct stance_force_trace *trace,
                   const struct stance_analysis_settings *settings, struct drift *ret_drift)
{
  struct drift drift = {.recording_flags = 0};
  bool any = false, all = trace->calibrated, moved = false;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    drift.shift_n[side] = (double)NAN;
    if (trace->force_n[side] == NULL)
      continue;
    const struct zero_pair pair = levels_zero_pair(trace, trace->force_n[side], settings);
    all = all && pair.measured && pair.after > pair.before;
    if (!pair.measured)
      continue;
    any = true;
    drift.shift_n[side] = pair.after_n - pair.before_n;
    drift.before[side] = pair.before;
    drift.after[side] = pair.after;
    if (trace->calibrated)
      drift.flags[side] = judge(drift.shift_n[side], tolerance_of(trace, side));
    drift.recording_flags |= drift.flags[side] | pair.flags;
    moved = moved || drift.shift_n[side] != 0;
  }
  drift.is_corrected = any && all && moved && drift.recording_flags == 0;
  *ret_drift = drift;
}

double drift_at(const struct drift *drift, enum stance_side side, double sample)
{
  if (!drift->is_corrected)
    return 0;
  return drift->shift_n[side] * (sample - drift->before[side]) /
         (drift->after[side] - drift->before[side]);
}

void drift_move_levels(const struct drift *drift, enum stance_side side, double sample,
                       struct levels *levels)
{
  const double now_n = drift_at(drift, side, sample);
  levels->zero_n += now_n - drift_at(drift, side, span_middle(levels->zero_span));
  levels->limb_n += now_n - drift_at(drift, side, span_middle(levels->limb_span));
}
