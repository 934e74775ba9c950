/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the segmentation into repetitions, SCIENCE 3; private to analysis/. */
#ifndef STANCE_ANALYSIS_SEGMENTATION_H
#define STANCE_ANALYSIS_SEGMENTATION_H

#include "stance/repetition.h"

/* The smoothed copy of one force: block k is the mean of `stride` raw samples from
   `origin + k · stride`, low-passed. */
struct smooth {
  double *force_n;
  long count;
  long origin;
  long stride;
  double rate_hz; /* of the blocks */
};

/* Alternating valleys and peaks of a smoothed force, in order of time: blocks, kept as doubles
   because they live in the caller's scratch memory. Where the force begins (ends) high, the first
   (last) one is a peak: it is open on that side. */
struct turns {
  double *at;
  long count;
  bool open_left, open_right;
  bool rest_between; /* efforts from rest: every valley is one, and heights are above it */
  bool weight_rests; /* a limb or a body can be laid on, and stays */
  bool keep_small;   /* whatever reaches minimum_peak_n, however small beside the largest */
};

long turns_peak_count(const struct turns *turns);
long turns_peak(const struct turns *turns, long k);
/* STANCE_NO_SAMPLE on an open side. */
long turns_valley_before(const struct turns *turns, long k);
long turns_valley_after(const struct turns *turns, long k);
/* Height of the k-th peak above the higher one of its bases. A base is the neighbouring valley
   where efforts come from rest (the plate may have been empty before the athlete stepped on it),
   else the lowest valley before a higher peak (prominence as topography has it: what falters within
   one lowering takes nothing from its highest point). */
double turns_prominence(const struct smooth *smooth, const struct turns *turns, long k);

/* All peaks of prominence >= max(minimum_peak_n, 30 % of the largest), at least
   minimum_separation_s apart and, where `turns->rest_between` is set, with a return towards rest
   between them; without the overshoot of a weight that is laid on. `turns->at` holds
   `smooth->count` values; the caller sets it and the last three members. */
void turns_find(const struct smooth *smooth, const struct stance_analysis_settings *settings,
                struct turns *turns);

/* What is done with one force. */
struct segmentation {
  const struct stance_force_trace *trace;
  struct stance_span range;
  const struct stance_protocol *protocol;
  const struct stance_analysis_settings *settings;
  const enum stance_side *order; /* the side of each attempt in turn */
  size_t order_count;            /* at least 1 */
};

/* The k-th segment with its edges and status. `largest_n` is the prominence of the largest peak of
   the same side. */
struct stance_segment segment_judge(const struct segmentation *segmentation,
                                    const struct smooth *smooth, const struct turns *turns, long k,
                                    double largest_n);

#endif
