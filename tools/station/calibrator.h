/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a profile and what was found out about one of its channels to the next profile. */
#ifndef STANCE_CALIBRATOR_H
#define STANCE_CALIBRATOR_H

#include "stance/evaluation.h"

/* Who calibrates what, how. Texts are borrowed; NULL: not given, the channel keeps its own. */
struct stance_calibrator {
  size_t channel; /* from 0 */
  const char *serial;
  enum stance_side side; /* STANCE_SIDE_NONE: as it is */
  const char *operator_name;
  const char *standard[STANCE_CALIBRATION_STANDARD_MAX];
  double standard_uncertainty_pct; /* 0: not given */
  double gravity_m_per_s2;         /* 0: no mass was used */
  const char *created_at;          /* RFC 3339, UTC */
  const char *valid_until;         /* YYYY-MM-DD */
  const char *id;                  /* of the new profile */
  unsigned version;
  double limit_pct;    /* a larger error is a poor fit */
  bool keep;           /* a poor fit, with a flag */
  unsigned degree_max; /* of the curve */
  /* How much each point moved while it was read, in the channel's unit; NULL: not known. */
  const double *moved_raw;
  double still_pct; /* of the largest load: more is not still; 0: no limit */
};

/* The largest error a calibration may have unless the clinic sets another limit: a scale that is
   off by more could not pass the daily check, whose tolerance is 1 % (SCIENCE 9). */
#define STANCE_CALIBRATOR_LIMIT_PCT 1.0
/* This program's choice: a fifth of that limit for what swings or creeps while it is read. */
#define STANCE_CALIBRATOR_STILL_PCT 0.2

/* `base` with the channel calibrated by `points` (their `channel` is set here), which it then
   holds. STANCE_MISMATCH, and nothing returned but the evaluation, where the fit is poor and may
   not be kept: the sentence says by how much and at which point. STANCE_INPUT where no line can be
   fitted or fewer than three different loads were applied. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_calibrator_fit(const struct stance_calibrator *calibrator,
                      const struct stance_calibration *base,
                      const struct stance_calibration_point *points, size_t count,
                      struct stance_evaluation *ret_evaluation,
                      struct stance_calibration *ret_calibration, struct stance_problem *problem);
/* The same with numbers that were entered; a negative slope turns the polarity. */
STANCE_MUST_CHECK enum stance_status
stance_calibrator_enter(const struct stance_calibrator *calibrator,
                        const struct stance_calibration *base, double slope_n_per_unit,
                        double zero_raw, double range_n, enum stance_calibration_method method,
                        struct stance_calibration *ret_calibration, struct stance_problem *problem);
/* Whether every channel that belongs to a side is calibrated; else the first that is not. */
bool stance_calibrator_is_complete(const struct stance_calibration *calibration,
                                   size_t *ret_channel);

#endif
