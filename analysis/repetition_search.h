/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to repetition*.c: one force over one stretch. */
#ifndef STANCE_ANALYSIS_REPETITION_SEARCH_H
#define STANCE_ANALYSIS_REPETITION_SEARCH_H

#include "segmentation.h"

/* The forces whose samples add up to what is searched. */
struct searched {
  const double *force_n[2]; /* the second one NULL: a single force */
};

/* Collects segments in order of their peaks, the earliest `capacity` of them. */
struct collection {
  struct stance_segment *segment;
  size_t capacity, count;
};

/* What a force is searched with; `segmentation`, `filter` and `scratch` are the caller's. */
struct hunt {
  struct segmentation segmentation;
  struct stance_zero_phase *filter; /* is tuned to each stretch */
  double *scratch;                  /* twice as many as samples */
  struct smooth smooth;
  struct turns turns;
  stance_reason_set doubt;
  size_t cut_at; /* where the stretch before ended in the middle of an effort; 0: it did not */
};

/* Largest prominence of a force's peaks; 0 where it has none. One side alone. */
STANCE_MUST_CHECK enum stance_status hunt_measure(struct hunt *hunt,
                                                  const struct searched *searched,
                                                  double *ret_largest_n,
                                                  struct stance_problem *problem);
/* Collects the repetitions on one force, each with `reasons`. `known_n`: a prominence of the same
   force elsewhere, 0 where nothing else was searched. */
STANCE_MUST_CHECK enum stance_status hunt_collect(struct hunt *hunt,
                                                  const struct searched *searched, double known_n,
                                                  stance_reason_set reasons,
                                                  struct collection *collection,
                                                  struct stance_problem *problem);

#endif
