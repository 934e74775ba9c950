/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the repetitions of a recording lie; SCIENCE 3. Values never come from here: only the
   segments, found on a 6 Hz zero-phase copy. Pure. */
#ifndef STANCE_REPETITION_H
#define STANCE_REPETITION_H

#include "stance/filter.h"
#include "stance/onset.h"
#include "stance/protocol.h"
#include "stance/trace.h"

enum stance_repetition_status {
  STANCE_REPETITION_ACCEPTED,
  STANCE_REPETITION_PARTIAL,  /* shown, not counted */
  STANCE_REPETITION_REJECTED, /* shown, not counted, with the reason */
};

/* `side` is BOTH for a bilateral repetition found on left + right (or on the total), else the side
   that made the effort. */
struct stance_segment {
  enum stance_side side;
  long first, peak, last;
  enum stance_repetition_status status;
  stance_reason_set reasons;
};

/* Finds at most `capacity` segments in order of the time of their peaks; returns how many there
   are (more than `capacity`: the rest was not written). `range` limits the search (--from, --to).
   `side_order` with `side_order_count` > 0 names the side of each attempt on a single force in
   turn, repeated over the attempts. Where one side of a bilateral test holds no number for a quiet
   window or longer (its instrument was away), segments found there are the other side's, with
   SIDE_NOT_SAMPLED. `scratch` holds at least 2 · sample_count doubles. The filter
   is retuned to the trace's rate and settings->cutoff_hz. */
STANCE_MUST_CHECK enum stance_status stance_repetitions_find(
    const struct stance_force_trace *trace, struct stance_span range,
    const struct stance_protocol *protocol, const struct stance_analysis_settings *settings,
    const enum stance_side *side_order, size_t side_order_count, struct stance_zero_phase *filter,
    double *scratch, struct stance_segment *ret_segments, size_t capacity, size_t *ret_count,
    struct stance_problem *problem);

#endif
