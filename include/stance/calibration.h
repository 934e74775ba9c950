/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw becomes force here and nowhere else. */
#ifndef STANCE_CALIBRATION_H
#define STANCE_CALIBRATION_H

#include "stance/reason.h"
#include "stance/status.h"
#include "stance/trace.h"
#include "stance/uncertainty.h"

#include <stdbool.h>

enum {
  STANCE_CALIBRATION_DEGREE_MAX = 3,
  STANCE_CALIBRATION_POINT_MAX =
      256, /* of all channels: 12 loads up and down, three times, twice */
  STANCE_CALIBRATION_STANDARD_MAX = 3,
  STANCE_CALIBRATION_PLATE_MAX = 2, /* two plates of four cells fill eight channels */
  STANCE_LOAD_COUNT = 6,
};

/* How a channel's numbers were found. */
enum stance_calibration_method {
  STANCE_METHOD_UNSTATED = 0,
  STANCE_METHOD_POINTS,      /* known loads: the profile holds the points */
  STANCE_METHOD_SENSITIVITY, /* the sensor's sensitivity and capacity were entered */
  STANCE_METHOD_CERTIFICATE, /* the numbers of a certificate were entered */
};

/* What a Kistler plate's channel carries; NONE on every other geometry. */
enum stance_plate_role {
  STANCE_ROLE_NONE = 0,
  STANCE_ROLE_FX12,
  STANCE_ROLE_FX34,
  STANCE_ROLE_FY14,
  STANCE_ROLE_FY23,
  STANCE_ROLE_FZ1,
  STANCE_ROLE_FZ2,
  STANCE_ROLE_FZ3,
  STANCE_ROLE_FZ4,
};

/* How well a channel's numbers are known. Zeroed: nothing is. Percentages are of `range_n` unless
   they say otherwise; NaN: not measured. */
struct stance_calibration_quality {
  double range_n; /* largest force it was calibrated with */
  double residual_sd_n;
  double degrees_of_freedom; /* of residual_sd_n: points − coefficients */
  /* Of the coefficients about zero_raw, upper triangle by columns: 00 01 11 02 12 22 03 13 23 33.
     Row 0 is the force at zero_raw itself, in N: taking a new zero replaces it. */
  double covariance[10];
  double fit_error_pct; /* largest residual of the curve that is used */
  double nonlinearity_pct, hysteresis_pct, zero_return_pct, creep_pct;
  double repeatability_pct; /* of the reading, as is */
  double reversibility_pct;
};

/* force_n = polarity · (slope·x + quadratic·x² + cubic·x³) with x = raw − zero_raw. Channels of one
   side are summed. In a matrix plate that is the value which the matrix takes, in its own unit;
   all its channels have the plate's side, and only a slope. */
struct stance_calibration_channel {
  char channel[64];      /* name of the instrument's channel */
  char serial[64];       /* of the sensor */
  char unit[16];         /* of the raw value */
  enum stance_side side; /* STANCE_SIDE_NONE: recorded, not used */
  int polarity;          /* +1 or −1 */
  double zero_raw;
  double slope_n_per_unit; /* > 0 */
  double quadratic_n_per_unit2, cubic_n_per_unit3;
  enum stance_calibration_method method;
  unsigned plate;  /* from 1; 0: a cell that stands for itself */
  double x_m, y_m; /* place of a cell under its plate */
  enum stance_plate_role role;
  char calibrated_at[32]; /* RFC 3339, UTC; the profile's other channels may be older */
  char valid_until[32];   /* YYYY-MM-DD, the last day */
  char poor_fit[64];      /* why it was kept with a flag, and by how much */
  struct stance_calibration_quality quality;
};

enum stance_plate_kind {
  STANCE_PLATE_NONE = 0,
  STANCE_PLATE_CELLS,   /* vertical cells at x_m, y_m of their channels */
  STANCE_PLATE_KISTLER, /* eight channels, by their roles */
  STANCE_PLATE_MATRIX,  /* six loads by up to eight channels, cross-talk included */
};

/* Index of a load, and row of a matrix. N and N·m, right-handed, about the sensor origin. */
enum stance_load { STANCE_FX, STANCE_FY, STANCE_FZ, STANCE_MX, STANCE_MY, STANCE_MZ };

/* plate.h tells what follows from it. The side's force is `polarity` times the force along `axis`
   (for cells and Kistler: the sum of the channels that have a side, Fz). */
struct stance_calibration_plate {
  enum stance_plate_kind kind;
  enum stance_load axis; /* of a matrix: STANCE_FX … STANCE_FZ */
  int polarity;          /* of a matrix: +1 or −1 */
  double a_m, b_m;       /* Kistler: from the centre to the sensors, in x and in y */
  double top_m;          /* signed height z of the top surface above the origin */
  bool matrix_checked;   /* its orientation was proven with known loads */
  /* loads = matrix · values; column k belongs to the plate's k-th channel. */
  double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX];
};

enum stance_load_direction {
  STANCE_LOAD_UP = 0,
  STANCE_LOAD_DOWN,
  STANCE_LOAD_PRELOAD, /* exercises the sensor: kept, not fitted */
  STANCE_LOAD_HOLD,    /* the load of the point before it, read again later: creep */
};

struct stance_calibration_point {
  unsigned channel; /* from 0 */
  unsigned repeat;  /* from 1 */
  enum stance_load_direction direction;
  double applied_n;
  double raw;
};

/* One profile: how an instrument's channels become force. Immutable once stored. Zero and "" stand
   for what was not given. */
struct stance_calibration {
  char id[64];
  char instrument[64]; /* model and serial */
  char created_at[32]; /* RFC 3339, UTC */
  char operator_name[64];
  bool calibrated;  /* false: no profile is known, values stay in the instrument's unit */
  unsigned version; /* counts an instrument's profiles from 1 */
  char standard[STANCE_CALIBRATION_STANDARD_MAX][64];
  double standard_uncertainty_pct; /* of the standards, or of the certificate; expanded, k = 2 */
  double gravity_m_per_s2;         /* with which masses became forces */
  size_t channel_count;
  struct stance_calibration_channel channel[STANCE_CHANNEL_COUNT_MAX];
  size_t plate_count;
  struct stance_calibration_plate plate[STANCE_CALIBRATION_PLATE_MAX];
  size_t point_count;
  struct stance_calibration_point point[STANCE_CALIBRATION_POINT_MAX];
};

/* Why results made with this profile at `at` (RFC 3339, UTC) are doubtful: calibration_expired,
   calibration_poor_fit, of any channel that belongs to a side or plate. `at` "": when it was
   recorded is not known. Any context. */
stance_reason_set stance_calibration_doubts(const struct stance_calibration *calibration,
                                            const char *at);

/* How well the force of a side is known. `channels`: what it is applied to, as many as the profile
   has. Nothing (`known` false) where the profile names no uncertainty of its standards, or a matrix
   makes the force. Any context. */
void stance_calibration_uncertainty(const struct stance_calibration *calibration,
                                    const struct stance_channel *channels, enum stance_side side,
                                    struct stance_force_uncertainty *ret_force);

/* Identity for channels that are already forces: unit N mN kN kgf lbf, g = 9.80665 exactly where
   it enters. Electrical units need `scale`: "left=GAIN,OFFSET;right=GAIN,OFFSET" or "GAIN,OFFSET"
   for all, force_n = GAIN · value + OFFSET. STANCE_USAGE with a sentence where that is missing. Of
   a channel that is a force "-1,0" turns the sign; any other scale for it is STANCE_USAGE. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_for_units(const struct stance_channel *channels, size_t channel_count,
                             const char *scale, struct stance_calibration *ret_calibration,
                             struct stance_problem *problem);

/* STANCE_INPUT with the first thing about a profile that is impossible: a slope that is not
   positive and finite, a polarity other than ±1, no channel, a plate without its channels, a text
   that is not terminated. Every function below that takes a profile asks this first. Any context.
 */
STANCE_MUST_CHECK enum stance_status
stance_calibration_validate(const struct stance_calibration *calibration,
                            struct stance_problem *problem);

/* Local gravity in m/s² for loads that are masses: normal gravity of WGS 84 on the ellipsoid
   (Somigliana's formula), less 3.086e-6 a metre of height. The ground under a place changes it by
   up to 0.002 m/s². Any context. */
double stance_gravity_at(double latitude_deg, double height_m);

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
