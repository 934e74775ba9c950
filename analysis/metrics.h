/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of one effort of one side; definitions in analysis/metric_table.c. */
#ifndef STANCE_ANALYSIS_METRICS_H
#define STANCE_ANALYSIS_METRICS_H

#include "levels.h"
#include "stance/metric.h"
#include "stance/onset.h"

/* Everything is borrowed. */
struct metric_input {
  const double *force_n;
  size_t sample_count; /* nothing at or after it is looked at */
  double rate_hz, start_s;
  const uint8_t *saturated, *interpolated; /* NULL where nothing is */
  uint8_t side_bit;                        /* of this force in the two arrays above */
  const struct stance_effort *effort;
  bool has_gap; /* some sample before `sample_count` is lost; false makes every search cheaper */
  struct levels levels;         /* as they were at the effort */
  double zero_shift_n;          /* drift over the test that the levels were corrected by */
  double body_mass_kg, lever_m; /* NaN where unknown */
  double calibrated_to_n;       /* INFINITY where unknown */
  enum stance_metric compared;
  bool explosive;                /* the protocol asks for it */
  bool onset_on_sum;             /* the onset is that of both plates together */
  stance_reason_set force_flags; /* of every value but times; UNCALIBRATED of those too */
  bool truncated;                /* the recording was cut off */
};

/* Fills every metric of one side; those that compare sides are missing:side_not_tested. */
void metrics_compute(const struct metric_input *input,
                     struct stance_value ret_value[STANCE_METRIC_COUNT]);

/* Force at a sample as the protocol compares it: above the same level as `compared`, the effort's
   peak, which is not missing. */
struct stance_value metrics_compared_at(const struct metric_input *input,
                                        const struct stance_value *compared, long sample);

#endif
