/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be said of the highest force of one effort. */
#ifndef STANCE_ANALYSIS_METRIC_PEAK_H
#define STANCE_ANALYSIS_METRIC_PEAK_H

#include "metrics.h"

struct peak_view {
  double peak_n;                  /* highest raw sample, as read */
  double mean_100ms_n;            /* best moving mean, as read */
  stance_reason_set missing;      /* why the peak is unknown */
  stance_reason_set mean_missing; /* why the moving mean is */
  stance_reason_set flags;        /* flat_top, peak_spike, truncated, interpolated */
};

struct peak_view peak_view_of(const struct metric_input *input);

#endif
