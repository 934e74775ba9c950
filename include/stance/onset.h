/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quiet window, threshold and onset of one effort on raw force; SCIENCE 1.2 and 1.3. Pure. */
#ifndef STANCE_ONSET_H
#define STANCE_ONSET_H

#include "stance/reason.h"
#include "stance/status.h"
#include "stance/trace.h"

#include <stdbool.h>
#include <stddef.h>

enum stance_onset_method {
  STANCE_ONSET_MEAN_SD = 0,        /* mean + max(onset_sd·SD, onset_floor_n), walked back */
  STANCE_ONSET_THRESHOLD_N,        /* baseline + onset_floor_n */
  STANCE_ONSET_PERCENT_PEAK,       /* baseline + onset_percent of the net peak */
  STANCE_ONSET_PERCENT_BODYWEIGHT, /* baseline + onset_percent of body weight */
  STANCE_ONSET_DERIVATIVE,         /* first-derivative method, Liu, Qu & Stone 2020 */
  STANCE_ONSET_METHOD_COUNT,
};

/* Everything that a protocol, `--set` and `--onset-method` can change about the analysis. */
struct stance_analysis_settings {
  enum stance_onset_method onset_method;
  double onset_sd;            /* multiples of the quiet window's SD (n − 1); default 5 */
  double onset_floor_n;       /* smallest height of the threshold above baseline; default 10 */
  double onset_percent;       /* for the percent methods; default 5 */
  double onset_slope_n_per_s; /* for the derivative method; 0: from the quiet window's own */
  double
      onset_hold_ms; /* dips below the threshold shorter than this do not end the walk; default 0 */
  double onset_backstep_ms;    /* further walk to the last sample <= mean, at most this; 0: off;
                                  default; default 0 */
  double quiet_window_s;       /* 0.2 … 1.0; default 1 */
  double quiet_search_s;       /* how far before the rise it may lie; default 5 */
  double cutoff_hz;            /* of the zero-phase copy used for segmentation only; default 6 */
  double minimum_peak_n;       /* prominence below which nothing is a repetition; default 40 */
  double minimum_separation_s; /* between two repetitions; default 1.5 */
  double partial_fraction;     /* of the set's largest; below: partial; default 0.6 */
  double one_sided_fraction;   /* of the other side; below: one_sided; default 0.3 */
  double countermovement_n; /* dip below baseline that flags (plates); 0: by SD only; default 50 */
  int asymmetry_formula;    /* enum stance_asymmetry_formula */
};
extern const struct stance_analysis_settings stance_analysis_settings_default;

/* `--set key=value`: key is a member's name above (asymmetry: id of the formula; onset_method: id).
   STANCE_USAGE names the key, the value, the range, and lists the keys when unknown. */
STANCE_MUST_CHECK enum stance_status
stance_analysis_settings_set(struct stance_analysis_settings *settings, const char *key,
                             const char *value, struct stance_problem *problem);
/* Every setting as "key=value" and a line end, as stance_analysis_settings_set takes them: to the
   last bit the same settings come back. Returns the length, as snprintf. */
size_t stance_analysis_settings_write(const struct stance_analysis_settings *settings,
                                      char *ret_text, size_t size);
/* "mean_sd"; the version is a part of the id that results carry: "mean_sd/1". */
const char *stance_onset_method_id(enum stance_onset_method method);
const char *stance_onset_method_definition(enum stance_onset_method method);
/* METHOD_COUNT where there is none. */
enum stance_onset_method stance_onset_method_find(const char *id);
/* "mean_sd/1(onset_sd=5,onset_floor_n=10,quiet_window_s=1)": id, version and every parameter that
   takes part, so that two results can be told comparable. Returns the length. */
size_t stance_onset_method_describe(const struct stance_analysis_settings *settings, char *ret_text,
                                    size_t size);

enum { STANCE_NO_SAMPLE = -1 };

/* Where one effort of one side lies. Sample positions are those of the trace, STANCE_NO_SAMPLE
   where not found. */
struct stance_effort {
  long first, last; /* what belongs to this repetition: [first, last] */
  long t90;         /* first sample at >= 90 % of the rise to the peak */
  long steepest;    /* start of the steepest 50 ms in the 3 s before t90: r */
  long quiet_first, quiet_count;
  double baseline_n;    /* mean of the quiet window */
  double baseline_sd_n; /* n − 1 */
  double baseline_range_n;
  double threshold_n;        /* absolute force that onset was found with */
  long onset;                /* first sample above the threshold after the walk back */
  long peak;                 /* highest raw sample */
  long end;                  /* first sample after the peak at or below the threshold */
  stance_reason_set missing; /* why there is no onset or no quiet window */
  stance_reason_set flags;   /* quality of this effort */
};

/* One side's force and where to look. NaN samples are gaps. */
struct stance_effort_search {
  const double *force_n;
  size_t sample_count;
  double rate_hz;
  long earliest;        /* nothing before this is looked at: previous repetition's end, or --from */
  long first, last;     /* of the repetition */
  double body_weight_n; /* for percent_bodyweight; NaN where unknown */
  bool plate;           /* countermovement and range limits of plates apply */
};

/* Steps 1 to 3: anchor, quiet window, own threshold. Fills everything up to threshold_n. WORK;
   allocates nothing. */
void stance_effort_anchor(const struct stance_effort_search *search,
                          const struct stance_analysis_settings *settings,
                          struct stance_effort *ret_effort);
/* Height of an effort's threshold above its baseline, so that the larger one of two sides can be
   used for both. */
double stance_effort_threshold_height_n(const struct stance_effort *effort);
/* Steps 4 and 5 with threshold = baseline + `height_n`: onset, end, quality flags. */
void stance_effort_onset(const struct stance_effort_search *search,
                         const struct stance_analysis_settings *settings, double height_n,
                         struct stance_effort *effort);

#endif
