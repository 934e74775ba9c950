/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Levels that the phases of a recording give: the unloaded zero and the weight of the limb. */
#ifndef STANCE_ANALYSIS_LEVELS_H
#define STANCE_ANALYSIS_LEVELS_H

#include "stance/onset.h"
#include "stance/trace.h"

#include <stdbool.h>

/* Readings of one side, as read: neither is above the other. */
struct levels {
  bool zero_measured;
  double zero_n; /* 0 where not measured: the instrument's own zero is trusted */
  stance_reason_set zero_flags;
  bool limb_measured;
  double limb_n; /* NaN where not measured */
  stance_reason_set limb_flags;
  struct stance_span zero_span, limb_span; /* that gave them; empty where not measured */
};

/* In samples; halves where the count is even. */
static inline double span_middle(struct stance_span span)
{
  return (double)span.first + ((double)span.count - 1.0) / 2.0;
}

/* From the first unloaded phase and the last limb phase that begins before sample `before`;
   `before` is the number of samples where any may serve. */
struct levels levels_measure(const struct stance_force_trace *trace, const double *force_n,
                             const struct stance_analysis_settings *settings, size_t before);
/* Of one force: the unloaded reading before a test, and after it. */
struct zero_pair {
  bool measured; /* both */
  double before_n, after_n;
  double before, after;    /* middles of what gave them, in samples */
  stance_reason_set flags; /* of either */
};
/* The first unloaded phase, and the last one that begins after what was between. */
struct zero_pair levels_zero_pair(const struct stance_force_trace *trace, const double *force_n,
                                  const struct stance_analysis_settings *settings);
/* Whether every limb phase begins before sample `before`, so that it makes no difference. */
bool levels_begin_before(const struct stance_force_trace *trace, size_t before);

#endif
