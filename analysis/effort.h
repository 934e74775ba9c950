/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the onset algorithm, SCIENCE 1.3; private to analysis/. Nothing here allocates. */
#ifndef STANCE_ANALYSIS_EFFORT_H
#define STANCE_ANALYSIS_EFFORT_H

#include "stance/onset.h"

/* Length of a time in samples: the sampling instants are the axis, so it is rounded. */
static inline long samples_of(double time_s, double rate_hz)
{
  return lround(time_s * rate_hz);
}

static inline long larger_of(long a, long b)
{
  return a > b ? a : b;
}

static inline long smaller_of(long a, long b)
{
  return a < b ? a : b;
}

#define STEEPEST_S 0.05 /* length of the steepest part of a rise: SCIENCE 1.3, step 1 */

/* What the quiet window must satisfy. */
struct quiet_request {
  long first, end;    /* it lies within [first, end) */
  long length;        /* in samples, at least 2 */
  double reference_n; /* its mean lies within `tolerance_n` of this */
  double tolerance_n;
};

/* Start of the calmest window (smallest SD, n − 1; the earliest on ties), STANCE_NO_SAMPLE where
   none qualifies. Windows that hold a NaN do not. O(end − first). */
long quiet_window_find(const double *force_n, const struct quiet_request *request);

/* Mean, SD (n − 1) and range of a window without NaN, in two passes. */
struct quiet_statistics {
  double mean_n, sd_n, range_n;
};
struct quiet_statistics quiet_window_statistics(const double *force_n, long first, long count);

/* Median of the finite samples of [first, end); NaN where there is none. Above 1024 samples it is
   the median of every k-th one. */
double median_of(const double *force_n, long first, long end);

/* Step 3: height of the threshold above baseline by the method of `settings`; NaN where it asks for
   a body weight that is not known. */
double effort_own_height_n(const struct stance_effort_search *search,
                           const struct stance_analysis_settings *settings,
                           const struct stance_effort *effort);

/* Step 4 without the flags of step 5. */
void effort_find_onset(const struct stance_effort_search *search,
                       const struct stance_analysis_settings *settings, double height_n,
                       struct stance_effort *effort);

/* Step 5: quality of the 200 ms before onset, and what the quiet window and the rise say. */
stance_reason_set effort_quality(const struct stance_effort_search *search,
                                 const struct stance_analysis_settings *settings,
                                 const struct stance_effort *effort);

/* Climb of the least-squares line over [first, first + count), in newtons. */
double effort_climb_n(const double *force_n, long first, long count);

/* First position in [first, last] whose force is at or above `level_n`; STANCE_NO_SAMPLE if none.
 */
long first_at_or_above(const double *force_n, long first, long last, double level_n);

#endif
