/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recording, its segments, and counts by status. */
#ifndef STANCE_TESTS_SEGMENTED_H
#define STANCE_TESTS_SEGMENTED_H

#include "stance/repetition.h"
#include "support/signals.h"

enum { SEGMENTED_CAPACITY = 32 };

struct segmented {
  struct stance_force_trace trace; /* owns its forces */
  struct stance_protocol protocol;
  struct stance_span range;
  enum stance_side order[4];
  size_t order_count;
  struct stance_segment segment[SEGMENTED_CAPACITY];
  size_t count;
  unsigned with_status[3];
};

/* Zero forces on `sides` (bits 1 << side) over `duration_s`. */
void segmented_init(struct segmented *segmented, const char *protocol_id, unsigned sides,
                    double duration_s, double rate_hz);
double *segmented_force(struct segmented *segmented, enum stance_side side);
/* Finds and counts; asserts that every segment keeps what the header promises. */
void segmented_find(struct segmented *segmented);
void segmented_finish(struct segmented *segmented);

#endif
