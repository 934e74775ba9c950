/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repetitions found in simulated recordings against those that were made. */
#ifndef STANCE_TESTS_DETECTION_H
#define STANCE_TESTS_DETECTION_H

#include <stdbool.h>
#include <stddef.h>

/* Attempts, over all recordings of a case. */
struct detection_counts {
  unsigned accepted, partial, rejected;
};

struct detection_case {
  const char *name;
  const char *uri; /* what the seed draws is appended */
  const char *protocol;
  unsigned seeds;
  bool one_plate; /* left and right in turn on one force, in the order given */
  bool weak_leg;  /* both at once: a leg under 30 % of the other is to be rejected */
};
/* Clean ones first. */
extern const struct detection_case detection_cases[];
extern const size_t detection_case_count, detection_clean_count;

struct detection {
  unsigned recordings, right; /* right: every attempt found once, with its side and status */
  unsigned exact;             /* … and nothing else shown beside them */
  struct detection_counts made, found;
};

/* Every `every`-th seed. */
struct detection detection_run(const struct detection_case *of, unsigned every);

#endif
