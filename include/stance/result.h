/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From force to a result: the one pure function that `stance run`, the daemon and
   `stance analyze` all call on the same recording. */
#ifndef STANCE_RESULT_H
#define STANCE_RESULT_H

#include "stance/asymmetry.h"
#include "stance/filter.h"
#include "stance/metric.h"
#include "stance/onset.h"
#include "stance/protocol.h"
#include "stance/repetition.h"
#include "stance/trace.h"
#include "stance/uncertainty.h"

/* What was said of an attempt while the test went on. */
struct stance_attempt {
  size_t until;          /* sample that the test had reached when it was judged: it began before */
  enum stance_side side; /* BOTH: of both legs together */
  bool taken_back;       /* or broken off: it counts not */
  double pain;           /* 0 to 10; NaN: nobody asked */
};

/* A "go" that was heard. */
struct stance_go {
  double sample;             /* of the trace, whole or not, as well as it is known */
  double uncertainty_s;      /* expanded, k = 2; NaN where it is not known */
  stance_reason_set missing; /* why the instant is not known well enough for a reaction time */
};

/* What the analysis must know beside the force. Zeroes and NaN mean unknown. */
struct stance_analysis_context {
  double body_mass_kg;           /* NaN: unknown */
  double lever_m;                /* NaN: unknown */
  double from_s, to_s;           /* analyse only this interval of the input's own axis; NaN: open */
  enum stance_side injured_side; /* STANCE_SIDE_NONE: not named */
  const enum stance_side *side_order; /* borrowed; see repetition.h */
  size_t side_order_count;
  stance_reason_set recording_flags; /* known before the analysis (unit_assumed, …) */
  /* Doubts about the forces themselves (calibration_expired, …): flags of the recording and of
     every value but times. */
  stance_reason_set force_flags;
  /* Of each measured side, STANCE_MEASURED_SIDE_COUNT of them; borrowed. NULL: nothing known. */
  const struct stance_force_uncertainty *force_uncertainty;
  double body_mass_uncertainty_kg, lever_uncertainty_m; /* standard; 0: not known */
  enum stance_uncertainty_extent uncertainty;
  const struct stance_attempt *attempt; /* borrowed; in order of time */
  size_t attempt_count;
  const struct stance_go *go; /* borrowed; in order of time */
  size_t go_count;
};

/* What the recording's own noise makes of one value. */
struct stance_noise_effect {
  double standard; /* SD over the replicates; NaN: not known */
  double bias;     /* their mean minus what the method finds without noise */
  double expanded; /* see struct stance_uncertainty_budget */
};

/* What the uncertainties of one effort are made of. */
struct stance_uncertainty_terms {
  bool known; /* false: no interval is printed */
  struct stance_force_uncertainty force;
  double noise_n; /* SD (n − 1) of one sample: of the unloaded phase, else quiet window */
  double noise_mean_100ms_n;         /* SD of a 100 ms mean, slow noise (1/f) included */
  double zero_n, limb_n, baseline_n; /* standard uncertainties of the levels because of noise */
  double zero_shift_n;               /* standard: the corrected drift need not have been steady */
  bool zero_measured, limb_measured;
  size_t sample_count;     /* of the repetition: from so many the highest was taken */
  size_t mean_100ms_count; /* samples of the 100 ms mean */
  double body_mass_uncertainty_kg, lever_uncertainty_m;
  double rate_hz, rate_uncertainty_hz; /* the clock's, standard; 0: not known */
  double peak_n;                       /* gross */
  bool bootstrapped;                   /* `noise` was filled, and */
  bool noise_makes_spikes; /* a peak_spike says nothing: this noise makes one of a clean peak */
  struct stance_noise_effect noise[STANCE_METRIC_COUNT];
};

struct stance_repetition {
  unsigned number;       /* from 1 in order of time over the recording */
  enum stance_side side; /* BOTH: bilateral */
  unsigned order;        /* from 1 among the attempts of this side */
  enum stance_repetition_status status;
  stance_reason_set reasons;
  double pain; /* 0 to 10, of the attempt that it was; NaN: nobody asked */
  struct stance_effort effort[STANCE_MEASURED_SIDE_COUNT]; /* of the sides that took part */
  bool took_part[STANCE_MEASURED_SIDE_COUNT];
  struct stance_value value[STANCE_SIDE_COUNT][STANCE_METRIC_COUNT];
  struct stance_uncertainty_terms uncertainty[STANCE_MEASURED_SIDE_COUNT];
};

enum stance_summary_rule {
  STANCE_SUMMARY_BEST,      /* each side's highest accepted repetition */
  STANCE_SUMMARY_MEAN,      /* over the accepted repetitions */
  STANCE_SUMMARY_MEAN_OF_3, /* over the first three accepted; missing with fewer */
  STANCE_SUMMARY_COUNT,
};
const char *stance_summary_id(enum stance_summary_rule rule); /* "best", "mean", "mean_of_3" */

struct stance_result {
  struct stance_protocol protocol;
  struct stance_analysis_settings settings; /* as used */
  double body_mass_kg, lever_m;
  enum stance_side injured_side;
  bool measured[STANCE_MEASURED_SIDE_COUNT]; /* the trace has this side */
  struct stance_repetition *repetition;
  size_t repetition_count;
  unsigned attempted[STANCE_MEASURED_SIDE_COUNT];
  unsigned used[STANCE_MEASURED_SIDE_COUNT];
  struct stance_value summary[STANCE_SUMMARY_COUNT][STANCE_SIDE_COUNT][STANCE_METRIC_COUNT];
  stance_reason_set flags; /* of the whole recording */
  bool zero_measured;      /* else 0 N is the instrument's own zero, taken on trust */
  bool limb_measured;      /* else net means above the baseline */
  /* Unloaded reading after the test minus before it, of each force; NaN: not taken twice. */
  double zero_shift_n[STANCE_MEASURED_SIDE_COUNT];
  bool drift_corrected; /* by a straight line through both readings, taken off every sample */
  enum stance_uncertainty_extent uncertainty; /* as asked for */
  struct stance_time_axis time;
  struct stance_integrity integrity;
  char onset_method[192]; /* stance_onset_method_describe */
  char force_unit[16];    /* of what is called force: "N" and "" newtons; else the instrument's own,
                             where no calibration is known */
};

/* Planned filter and scratch memory of one analysing thread. Creating two at once is not allowed
   (FFTW's planner). */
struct stance_analyzer;
STANCE_MUST_CHECK enum stance_status stance_analyzer_create(struct stance_analyzer **ret_analyzer,
                                                            struct stance_problem *problem);
void stance_analyzer_destroy(struct stance_analyzer *analyzer);

/* The result owns its memory. STANCE_OK also when no repetition is found: the result then says so.
   STANCE_USAGE where the protocol cannot be applied (a Nordic test on one force without a side).
   STANCE_INPUT where a tested force has the wrong sign.
   `settings` NULL: the protocol's own. WORK. */
STANCE_MUST_CHECK enum stance_status stance_analyze(struct stance_analyzer *analyzer,
                                                    const struct stance_force_trace *trace,
                                                    const struct stance_protocol *protocol,
                                                    const struct stance_analysis_settings *settings,
                                                    const struct stance_analysis_context *context,
                                                    struct stance_result *ret_result,
                                                    struct stance_problem *problem);
void stance_result_finish(struct stance_result *result);

/* What the uncertainty of one value of a repetition is made of. False where it has none: nothing is
   known of the force, the metric is covered neither by linear propagation nor by the bootstrap (or
   that was not asked for), or a flag says that the value may be wrong by more. Linear propagation
   covers levels, and a peak where noise raises it by less than 0.3 of its standard uncertainty
   (95 % become 94 %). analysis/COVERAGE.md shows what was measured. */
bool stance_result_budget(const struct stance_result *result,
                          const struct stance_repetition *repetition, enum stance_side side,
                          enum stance_metric metric, struct stance_uncertainty_budget *ret_budget);

/* The onset methods under which rapid force is recomputed, beside the one that was asked for: how
   much of a difference between two programs is their onset. */
enum { STANCE_SPREAD_METHOD_COUNT = 5 };
struct stance_spread_method {
  const char *name, *source;
  enum stance_onset_method method;
  double sd, percent, floor_n;
};
const struct stance_spread_method *stance_spread_method(size_t index);

/* Method of one value as the long layout prints it: id, version and parameters. */
size_t stance_result_method(const struct stance_result *result, enum stance_metric metric,
                            char *ret_text, size_t size);

#endif
