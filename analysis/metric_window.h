/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics that read a fixed window after onset: force at a time, RFD, impulse. */
#ifndef STANCE_ANALYSIS_METRIC_WINDOW_H
#define STANCE_ANALYSIS_METRIC_WINDOW_H

#include "metrics.h"

/* Why the samples [first, last] cannot be used: past the data, lost, saturated; 0 where they can.
 */
stance_reason_set window_missing(const struct metric_input *input, long first, long last);
/* What to know of samples that can: interpolated. Nothing for a window past the data. */
stance_reason_set window_flags(const struct metric_input *input, long first, long last);

/* Length of the window over which a rate or an impulse is taken; 0 of every other metric. */
double metric_window_length_s(enum stance_metric metric);

struct window_reasons {
  stance_reason_set onset_missing, onset_flags, baseline_missing, peak_missing;
};
void metric_windows_fill(const struct metric_input *input, const struct window_reasons *reasons,
                         struct stance_value *value);

#endif
