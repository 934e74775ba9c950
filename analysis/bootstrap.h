/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the recording's own noise makes of the values of one effort: parametric bootstrap (Efron &
   Tibshirani 1993, chapter 6; with the other inputs JCGM 101:2008). The force under the noise is
   estimated, noise as in the quiet window is laid on it a few hundred times, and each time the same
   method finds baseline, threshold, onset, peak, end and all values anew. */
#ifndef STANCE_ANALYSIS_BOOTSTRAP_H
#define STANCE_ANALYSIS_BOOTSTRAP_H

#include "metrics.h"
#include "noise.h"
#include "stance/result.h"

/* Memory of one analysing thread; zeroed before first use. */
struct bootstrap {
  double *sample; /* clean, noisy and scratch, one after the other */
  size_t capacity;
  struct noise_random random;
  /* What noise added to the value, of each replicate; NaN where the method found none. */
  double deviation[STANCE_METRIC_COUNT][STANCE_BOOTSTRAP_REPLICATES];
  bool covers[STANCE_METRIC_COUNT];
  bool noise_makes_spikes; /* peak_spike is what this noise does to a clean peak */
};
void bootstrap_finish(struct bootstrap *bootstrap);

struct bootstrap_request {
  const struct metric_input *input;
  const struct stance_analysis_settings *settings;
  double body_weight_n; /* NaN where unknown */
  double scale;         /* relative standard uncertainty of force: a threshold is in newtons */
};

/* Seeded by the samples themselves: the same recording gives the same digits. False where there is
   nothing to learn from: lost samples, a quiet window that does not show what the noise is, noise
   that drives the threshold, an effort of more than a million samples, no memory. */
bool bootstrap_run(struct bootstrap *bootstrap, const struct bootstrap_request *request);

/* Of one covered metric, together with the other inputs, of standard uncertainty `others`. */
struct stance_noise_effect bootstrap_effect(struct bootstrap *bootstrap, enum stance_metric metric,
                                            double others);

#endif
