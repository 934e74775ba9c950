/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to calibrate_*.c and command_calibrate.c. */
#ifndef STANCE_CALIBRATE_H
#define STANCE_CALIBRATE_H

#include "calibrator.h"
#include "reading.h"
#include "stance/plate.h"
#include "stance/source.h"
#include "store.h"
#include "text.h"

#include <argp.h>

enum stance_calibrate_action {
  STANCE_CALIBRATE_NEW = 0,
  STANCE_CALIBRATE_LIST,
  STANCE_CALIBRATE_SHOW,
  STANCE_CALIBRATE_EXPORT,
  STANCE_CALIBRATE_IMPORT,
};

struct stance_calibrate_arguments {
  enum stance_calibrate_action action;
  const char *subject; /* id, or file to import */
  const char *device, *channel, *serial, *operator_name, *valid_until, *points, *pdf, *output;
  const char *standard[STANCE_CALIBRATION_STANDARD_MAX];
  size_t standard_count;
  enum stance_side side;
  double standard_uncertainty_pct;
  double gravity_m_per_s2;       /* NaN: not given */
  double latitude_deg, height_m; /* NaN: not given; 0 */
  double valid_days, seconds, limit_pct, still_pct;
  unsigned degree_max;
  struct stance_sensitivity sensitivity; /* zero: not given */
  double slope_n_per_unit, zero_raw;     /* NaN: not given; 0 */
  const char *matrix, *check;            /* files */
  enum stance_matrix_orientation orientation;
  bool orientation_given;
  enum stance_load axis;
  int axis_polarity;
  double top_m;
  bool unattended, keep;
};
/* Ends the program with status 2 and a sentence on a wrong use. */
void stance_calibrate_parse(int argc, char **argv,
                            struct stance_calibrate_arguments *ret_arguments);

/* Values of options; each ends the program with status 2 and a sentence where the text is none. */
/* A number with this unit or nothing behind it. */
double stance_calibrate_quantity(struct argp_state *state, const char *option, const char *text,
                                 const char *unit);
/* "500kg", "5 kN", "4903 N": newtons. */
double stance_calibrate_capacity(struct argp_state *state, const char *text);
/* left, right or total. */
enum stance_side stance_calibrate_side(struct argp_state *state, const char *text);
/* "-fz": axis and polarity of the matrix, into the arguments at `state->input`. */
void stance_calibrate_set_axis(struct argp_state *state, const char *text);
/* "loads" or "channels", into the same. */
void stance_calibrate_set_rows(struct argp_state *state, const char *text);

/* A calibration from beginning to end; STANCE_MISMATCH where the fit is poor. */
STANCE_MUST_CHECK enum stance_status
stance_calibrate_new(const struct stance_calibrate_arguments *arguments, FILE *out,
                     struct stance_problem *problem);

/* `base` as a plate with the matrix of --matrix; STANCE_MISMATCH where known loads deny it. */
STANCE_MUST_CHECK enum stance_status
stance_calibrate_matrix(const struct stance_calibrate_arguments *arguments,
                        const struct stance_calibrator *calibrator,
                        const struct stance_calibration *base,
                        struct stance_calibration *ret_calibration, struct stance_problem *problem);

/* Asks for loads on stderr and reads them from standard input until `end`. `ret_points` and
   `ret_moved_raw` (how much each moved while it was read) hold STANCE_CALIBRATION_POINT_MAX. */
STANCE_MUST_CHECK enum stance_status
stance_calibrate_guide(struct stance_source *source, size_t channel, double gravity_m_per_s2,
                       double seconds, double still_pct,
                       struct stance_calibration_point *ret_points, double *ret_moved_raw,
                       size_t *ret_count, struct stance_problem *problem);

/* Everything about a profile, for a person. */
void stance_calibrate_describe(struct stance_text *text,
                               const struct stance_calibration *calibration);
/* The points of one channel with their residuals, and what follows from them. */
void stance_calibrate_describe_points(struct stance_text *text,
                                      const struct stance_calibration_point *points, size_t count,
                                      const struct stance_evaluation *evaluation);

#endif
