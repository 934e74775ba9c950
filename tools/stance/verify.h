/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to verify_*.c and command_verify.c. */
#ifndef STANCE_VERIFY_H
#define STANCE_VERIFY_H

#include "reading.h"
#include "stance/plate.h"
#include "stance/source.h"
#include "store.h"
#include "text.h"

#include <argp.h>

enum stance_verify_action { STANCE_VERIFY_CHECK, STANCE_VERIFY_LIST, STANCE_VERIFY_EXPORT };

struct stance_verify_arguments {
  enum stance_verify_action action;
  const char *subject; /* id to export */
  enum stance_check_kind kind;
  bool kind_given;
  const char *device[STANCE_STREAM_MAX]; /* URIs, without their side */
  enum stance_side device_side[STANCE_STREAM_MAX];
  size_t device_count;
  const char *instrument, *points, *operator_name, *standard;
  enum stance_side side;
  double mass_kg, load_n;                          /* NaN: not given */
  double gravity_m_per_s2, latitude_deg, height_m; /* NaN: not given; 0 */
  double standard_uncertainty_pct, placing_mm;
  double seconds, limit, still_n, valid_days; /* NaN: as the kind has it */
  unsigned repeats;
  bool unattended, json;
};
/* Ends the program with status 2 and a sentence on a wrong use. */
void stance_verify_parse(int argc, char **argv, struct stance_verify_arguments *ret_arguments);

/* What a kind of check does unless it is told otherwise. */
struct stance_verify_kind {
  const char *unit; /* of the limit */
  double limit;     /* in that unit */
  double seconds;   /* of one reading */
  double valid_days;
};
extern const struct stance_verify_kind stance_verify_kinds[STANCE_CHECK_KIND_COUNT];

/* One reading of a check: of the empty instrument, or of a load. NaN where not known. */
struct stance_verify_row {
  bool is_empty;
  enum stance_side side;                      /* that carries the load; NONE: any */
  double placed_x_m, placed_y_m;              /* cop */
  double from_s, to_s;                        /* where it lies in the recording */
  double force_n[STANCE_MEASURED_SIDE_COUNT]; /* above the profile's zero */
  double uncertainty_n[STANCE_MEASURED_SIDE_COUNT];
  double load[STANCE_LOAD_COUNT]; /* of the plate */
  double read_x_m, read_y_m;
};
enum { STANCE_VERIFY_ROW_MAX = 128 };

/* CSV: step (empty or load), side, force_n and uncertainty_n (or from_s and to_s), x_m and y_m,
   read_x_m and read_y_m. STANCE_INPUT names line and column of what cannot be. */
STANCE_MUST_CHECK enum stance_status stance_verify_read_points(const char *path,
                                                               struct stance_verify_row *ret_rows,
                                                               size_t *ret_count,
                                                               struct stance_problem *problem);

/* The instruments of a check, open and running; none with typed readings. */
struct stance_verify_device {
  struct stance_source *source;
  struct stance_source_info info;
  struct stance_live_reader *live;
  struct stance_calibration calibration;
  char instrument[136];
};
struct stance_verify {
  const struct stance_verify_arguments *arguments;
  struct stance_store *store;
  struct stance_verify_device device[STANCE_STREAM_MAX];
  size_t device_count;
  double gravity_m_per_s2; /* NaN: not known */
  double limit, seconds;
  struct stance_verify_row row[STANCE_VERIFY_ROW_MAX];
  size_t row_count;
  struct stance_step_release *release; /* dynamic: owned */
  struct stance_verification check;    /* what will be kept */
};
STANCE_MUST_CHECK enum stance_status stance_verify_open(struct stance_verify *verify,
                                                        struct stance_problem *problem);
void stance_verify_close(struct stance_verify *verify);

/* Fills a row's reading from every device that it concerns. STANCE_INPUT with how much it moved
   where it is not still. */
STANCE_MUST_CHECK enum stance_status stance_verify_take(struct stance_verify *verify,
                                                        struct stance_verify_row *row,
                                                        struct stance_problem *problem);
/* Records the force of the checked side over `seconds`, or all of a recording's points, and fits
   the release. */
STANCE_MUST_CHECK enum stance_status stance_verify_take_release(struct stance_verify *verify,
                                                                struct stance_problem *problem);
/* Asks on stderr for one step after the other, and reads each. */
STANCE_MUST_CHECK enum stance_status stance_verify_guide(struct stance_verify *verify,
                                                         struct stance_problem *problem);
/* Verdict, words and values from the rows. */
STANCE_MUST_CHECK enum stance_status stance_verify_evaluate(struct stance_verify *verify,
                                                            struct stance_problem *problem);

/* The side that carries the load: --side, or the only one there is; NONE where nothing says. */
enum stance_side stance_verify_side(const struct stance_verify *verify);

void stance_verify_list_rows(struct stance_text *text, const struct stance_verification *checks,
                             size_t count);
void stance_verify_export_text(struct stance_text *text, const struct stance_verification *check);

#endif
