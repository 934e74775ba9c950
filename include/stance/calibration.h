/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw becomes force here and nowhere else. */
#ifndef STANCE_CALIBRATION_H
#define STANCE_CALIBRATION_H

#include "stance/status.h"
#include "stance/trace.h"

#include <stdbool.h>

/* force_n = polarity · slope_n_per_unit · (raw − zero_raw). Channels of one side are summed. */
struct stance_calibration_channel {
  char channel[64];      /* name of the instrument's channel */
  char serial[64];       /* of the sensor */
  char unit[16];         /* of the raw value */
  enum stance_side side; /* STANCE_SIDE_NONE: recorded, not used */
  int polarity;          /* +1 or −1 */
  double zero_raw;
  double slope_n_per_unit; /* > 0 */
};

/* One profile: how an instrument's channels become force. Immutable once stored. */
struct stance_calibration {
  char id[64];
  char instrument[64]; /* model and serial */
  char created_at[32]; /* RFC 3339, UTC */
  char operator_name[64];
  bool calibrated; /* false: no profile is known, values stay in the instrument's unit */
  size_t channel_count;
  struct stance_calibration_channel channel[STANCE_CHANNEL_COUNT_MAX];
};

/* Identity for channels that are already forces: unit N mN kN kgf lbf, g = 9.80665 exactly where
   it enters. Electrical units need `scale`: "left=GAIN,OFFSET;right=GAIN,OFFSET" or "GAIN,OFFSET"
   for all, force_n = GAIN · value + OFFSET. STANCE_USAGE with a sentence where that is missing. Of
   a channel that is a force "-1,0" turns the sign; any other scale for it is STANCE_USAGE. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_for_units(const struct stance_channel *channels, size_t channel_count,
                             const char *scale, struct stance_calibration *ret_calibration,
                             struct stance_problem *problem);

/* Text form: an INI file that a person can read, exported and imported without loss. The caller
   frees the exported text. Import errors name the line. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_export(const struct stance_calibration *calibration, char **ret_text);
STANCE_MUST_CHECK enum stance_status
stance_calibration_import(const char *name, const char *text,
                          struct stance_calibration *ret_calibration,
                          struct stance_problem *problem);

/* Raw to force, gaps and flags carried over. Fills everything of the force trace but `phase`,
   `truncated`. total = left + right where both are mapped and no channel is mapped to total. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_apply(const struct stance_calibration *calibration,
                         const struct stance_raw_trace *raw, struct stance_force_trace *ret_force,
                         struct stance_problem *problem);

/* One frame, for the live path: no allocation. Any context. */
void stance_calibration_apply_frame(const struct stance_calibration *calibration,
                                    const struct stance_raw_frame *raw,
                                    struct stance_force_frame *ret_force);

/* Zero (tare): mean of a still span per channel becomes zero_raw in a copy of the profile.
   STANCE_MISMATCH, with the reading, when it is not still (standard deviation above
   `still_limit_n`), further than `offset_limit_n` from the profile's own zero, or when a sample of
   the span is lost or saturated. Channels without a side keep their zero. The copy keeps `id` and
   `created_at`: the caller renews them before storing it. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_zero(const struct stance_calibration *calibration,
                        const struct stance_raw_trace *raw, struct stance_span span,
                        double still_limit_n, double offset_limit_n,
                        struct stance_calibration *ret_calibration, struct stance_problem *problem);

/* Least-squares line through N calibration points (GSL, with covariance). */
struct stance_calibration_fit {
  double slope_n_per_unit, slope_uncertainty; /* uncertainties: standard, k = 1 */
  double intercept_n, intercept_uncertainty;
  double covariance;    /* of slope and intercept */
  double residual_sd_n; /* √(Σr²/(N−2)) */
  double r_squared;
  double nonlinearity_pct; /* 100·max|r| / full scale, the largest |applied force| */
};
/* `ret_residual_n` holds `count` values, applied − fitted, or is NULL. At least three points with
   at least two different raw values, else STANCE_INPUT. */
STANCE_MUST_CHECK enum stance_status stance_calibration_fit(const double *raw,
                                                            const double *applied_n, size_t count,
                                                            struct stance_calibration_fit *ret_fit,
                                                            double *ret_residual_n,
                                                            struct stance_problem *problem);

#endif
