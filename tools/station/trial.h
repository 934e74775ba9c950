/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recording ready to be analysed, wherever it comes from: a file, two one-sided files, the
   store. */
#ifndef STANCE_TRIAL_H
#define STANCE_TRIAL_H

#include "pipeline.h"
#include "report.h"
#include "stance/csv.h"
#include "store.h"

/* `--set`: applied in order to the settings of the protocol. */
struct stance_setting {
  const char *key;
  const char *value;
};

enum { STANCE_SIDE_ORDER_MAX = 64 };

/* What the user asks for. Zeroes, NULL and NaN mean: as the file, store or protocol has it.
   Everything is borrowed. Start from stance_trial_options_default. */
struct stance_trial_options {
  const struct stance_protocol *protocol; /* NULL: stored ones their own, files `isometric` */
  const char *protocol_path;              /* of a clinic's own file: a note tells */
  struct stance_csv_options csv;          /* files only */
  const char *scale;                      /* files only; see calibration.h */
  const struct stance_setting *setting;
  size_t setting_count;
  double body_mass_kg, lever_m;
  double body_mass_uncertainty_kg, lever_uncertainty_m; /* expanded, k = 2; 0: not known */
  double calibration_uncertainty_pct; /* expanded; where no profile says it; 0: not known */
  enum stance_uncertainty_extent uncertainty;
  double from_s, to_s;
  enum stance_side injured_side; /* STANCE_SIDE_NONE */
  enum stance_side side_order[STANCE_SIDE_ORDER_MAX];
  size_t side_order_count;
  const char *athlete;
};
extern const struct stance_trial_options stance_trial_options_default;

/* "left,right,right": the sides of the attempts on one force, in turn. STANCE_USAGE otherwise. */
STANCE_MUST_CHECK enum stance_status stance_trial_side_order(const char *text,
                                                             enum stance_side *ret_order,
                                                             size_t *ret_count,
                                                             struct stance_problem *problem);

/* Owns everything in it. */
struct stance_trial {
  struct stance_raw_trace raw;
  struct stance_calibration calibration;
  enum stance_calibration_state calibration_state;
  struct stance_protocol protocol;
  struct stance_phase *phase;
  size_t phase_count;
  bool truncated;
  size_t tail_count;       /* see pipeline.h */
  stance_reason_set flags; /* known before the analysis */
  /* What the instruments' checks say of every force, and their ids joined with "+". */
  stance_reason_set verification_flags;
  struct stance_text verification;
  double body_mass_kg, lever_m;
  enum stance_side injured_side;
  enum stance_side side_order[STANCE_SIDE_ORDER_MAX];
  size_t side_order_count;
  struct stance_attempt *attempt; /* as the test was led */
  size_t attempt_count;
  struct stance_clock_fit clock; /* of the trace's samples; mark_count 0: none is known */
  unsigned decimation;           /* frames of the first stream that are one sample */
  size_t first_sample;           /* of that stream, at which the trace begins */
  struct stance_go *go;          /* cues that were heard */
  size_t go_count;
  double pain_max[2]; /* left, right; NaN: nobody asked */
  bool pain_stop;     /* a side was locked */
  int utc_offset_min;
  char session[STANCE_UUID_SIZE];
  char athlete[64];
  char operator_name[64];
  char instrument[136];
  char firmware[136];
  char digest[2 * STANCE_RECORDING_DIGEST_SIZE]; /* see report.h */
  char started_at[32];
  char *recording; /* path as given, PATH#GROUP, or UUID */
  struct stance_text notes;
};
/* Accepts NULL, zeroed and half-built trials. */
void stance_trial_finish(struct stance_trial *trial);
void stance_trials_free(struct stance_trial *trials, size_t count);

/* All trials of a CSV file: one, or one for each value of the group column. STANCE_USAGE and
   STANCE_INPUT as csv.h, STANCE_USAGE where electrical units come without a scale. */
STANCE_MUST_CHECK enum stance_status
stance_trial_load_file(const char *path, const struct stance_trial_options *options,
                       struct stance_trial **ret_trials, size_t *ret_count,
                       struct stance_problem *problem);

/* Two one-sided recordings of one test, made one after the other, as one trial. They are laid
   side by side with their starts together, the shorter one is continued by nothing (NaN), and the
   protocol's sides become `left,right`: each side is searched on its own, nothing is taken to have
   happened at the same instant. Times are on each file's own axis. STANCE_USAGE where the rates
   differ by more than one part in 10,000: a resampled onset is another onset. */
STANCE_MUST_CHECK enum stance_status
stance_trial_load_pair(const char *left_path, const char *right_path,
                       const struct stance_trial_options *options, struct stance_trial *ret_trial,
                       struct stance_problem *problem);

/* A recording of the store with the protocol and calibration it was made with. Options that were
   given win over what was stored. STANCE_INPUT where there is no such recording, or where it was
   cut off before its first commit. */
STANCE_MUST_CHECK enum stance_status
stance_trial_load_stored(struct stance_store *store, const char *recording_id,
                         const struct stance_trial_options *options, struct stance_trial *ret_trial,
                         struct stance_problem *problem);

/* `ret_result` by stance_result_finish. */
STANCE_MUST_CHECK enum stance_status
stance_trial_analyze(struct stance_analyzer *analyzer, const struct stance_trial *trial,
                     const struct stance_trial_options *options, struct stance_result *ret_result,
                     struct stance_problem *problem);
/* Borrows from both. */
void stance_trial_report(const struct stance_trial *trial, const struct stance_result *result,
                         struct stance_report *ret_report);

#endif
