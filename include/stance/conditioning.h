/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what an instrument sampled to even samples in its physical unit: converter counts, the skew
   of multiplexed channels, oversampling; and two instruments on one axis. All before a profile is
   applied. A recording keeps what was sampled; these are pure steps behind it. */
#ifndef STANCE_CONDITIONING_H
#define STANCE_CONDITIONING_H

#include "stance/clock.h"
#include "stance/status.h"
#include "stance/trace.h"

#include <stdbool.h>

/* One filter does all of it: a sinc with its first zeros one output sample away, under a Kaiser
   window (Kaiser 1974, eqs. 5-7: 65 dB, transition 0.5) of this half length. With rate the output
   rate: flat to 0.01 dB up to 0.25 rate, at least 60 dB down from 0.75 rate on, −6 dB at 0.5 rate;
   what folds back lands above 0.25 rate. Zero phase: a step stays where it is and spreads over this
   many output samples to either side at most, of which all but the last percent lies within 3. */
#define STANCE_CONDITIONING_HALF_LENGTH 4

/* What was done. */
struct stance_conditioning {
  bool converted;      /* counts became the converter's unit */
  unsigned decimation; /* samples that became one; 1: none */
  double skew_s;       /* the largest that was removed; 0: none */
};
/* "counts converted by the instrument's own calibration; …" in one line; "" where nothing was done.
   Returns the length. */
size_t stance_conditioning_describe(const struct stance_conditioning *done, char *ret_text,
                                    size_t size);

/* The channels as they are afterwards: in the converter's unit, without converter or skew. */
void stance_conditioning_channels(const struct stance_channel *channels, size_t channel_count,
                                  struct stance_channel *ret_channels);

/* One frame for the live path: the converter only. No allocation. Any context. */
void stance_conditioning_frame(const struct stance_channel *channels, size_t channel_count,
                               const struct stance_raw_frame *raw,
                               struct stance_raw_frame *ret_frame);

/* The whole recording, in place. `oversampling`: sampled instants for each of the result; 0 and 1:
   as sampled. Output k stands at sampled instant k · oversampling. An output that a lost or corrupt
   sample would reach is lost; one that a saturated sample reaches is saturated. At both ends of the
   recording the filter is cut and weighs what is there. Counters of frames stay those of the
   recording. STANCE_MEMORY leaves the trace as it was. WORK. */
STANCE_MUST_CHECK enum stance_status stance_conditioning_apply(struct stance_raw_trace *trace,
                                                               unsigned oversampling,
                                                               struct stance_conditioning *ret_done,
                                                               struct stance_problem *problem);
/* Where a run of sampled instants lies afterwards. */
struct stance_span stance_conditioning_span(struct stance_span span, unsigned decimation);

/* Two instruments on the axis of the first. */
struct stance_alignment {
  const struct stance_raw_trace *trace[2]; /* conditioned; borrowed */
  /* Of each trace's samples. mark_count 0 in either: their clocks are not related; the first
     samples are taken to coincide, and the uncertainty is unknown. */
  struct stance_clock_fit clock[2];
  bool uses[2][STANCE_CHANNEL_COUNT_MAX]; /* channels that the joined trace gets, in order */
};
struct stance_aligned {
  struct stance_raw_trace trace;
  size_t first;         /* sample of the first instrument at which the joined trace begins */
  double uncertainty_s; /* expanded, of the second's instants against the first's, at its largest */
};
/* The second is resampled by the filter above at its own or the first's rate, whichever is lower.
   Where one began later or ended earlier than the other by at most STANCE_ALIGNMENT_SLACK_S, both
   are cut to what they share; by more, it is a gap. STANCE_USAGE for more than
   STANCE_CHANNEL_COUNT_MAX channels, STANCE_INPUT where they share no time. WORK. */
#define STANCE_ALIGNMENT_SLACK_S 1.0
STANCE_MUST_CHECK enum stance_status
stance_alignment_apply(const struct stance_alignment *alignment, struct stance_aligned *ret_aligned,
                       struct stance_problem *problem);

#endif
