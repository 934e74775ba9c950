/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to repetition*.c. */
#ifndef STANCE_ANALYSIS_REPETITION_PARTS_H
#define STANCE_ANALYSIS_REPETITION_PARTS_H

#include "stance/trace.h"

/* [first, end) in which no side goes away or comes back. Zeroed before the first. */
struct part {
  long first, end;
  bool sampled[2]; /* left, right */
};

/* The part after `part`; false past the last one. A side is away where it holds no number for
   `shortest` samples or more: shorter holes are holes in an effort. O(samples) over all parts. */
bool parts_next(const double *left_n, const double *right_n, struct stance_span range,
                long shortest, struct part *part);

#endif
