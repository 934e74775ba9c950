/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether an instrument still measures what its calibration says: zero, a known mass, the same mass
   on both sides, the place of a load. Forces in newtons in, a verdict out; pure. The dynamic check
   is step_release.h's. SCIENCE 9. */
#ifndef STANCE_VERIFICATION_H
#define STANCE_VERIFICATION_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

enum stance_check_kind {
  STANCE_CHECK_ZERO,
  STANCE_CHECK_MASS,
  STANCE_CHECK_SWAP,
  STANCE_CHECK_COP,
  STANCE_CHECK_DYNAMIC,
  STANCE_CHECK_KIND_COUNT,
};
const char *stance_check_id(enum stance_check_kind kind); /* "zero", "mass", … */

/* UNDECIDED: the check resolves less than its limit, so it says neither. */
enum stance_check_verdict {
  STANCE_CHECK_PASSED,
  STANCE_CHECK_FAILED,
  STANCE_CHECK_UNDECIDED,
  STANCE_CHECK_VERDICT_COUNT,
};
const char *stance_check_verdict_id(enum stance_check_verdict verdict); /* "passed" */

/* How far a verdict goes. `uncertainty` is expanded (95 %), in the unit of `value`; a value that is
   smaller cannot be told from 0. PASSED where |value| is within the limit and so is the
   uncertainty; FAILED where |value| exceeds the limit; else UNDECIDED. A true deviation of twice
   the limit is thus found in at least 97 of 100 decided checks, and a faultless instrument fails at
   most 5. */
struct stance_check_result {
  enum stance_check_verdict verdict;
  double value, uncertainty, limit;
};
struct stance_check_result stance_check_judge(double value, double uncertainty, double limit);

/* The mean of a stretch that should stand still. */
struct stance_still_reading {
  double mean;
  double sd;          /* n − 1, of the samples */
  double moved;       /* largest less smallest mean of ten equal parts: what slow motion does */
  double uncertainty; /* standard, of the mean: from the scatter of those parts, drift included */
  size_t count;
};
/* `value` in any unit. STANCE_INPUT for fewer than 20 samples or one that is not finite. */
STANCE_MUST_CHECK enum stance_status stance_still_read(const double *value, size_t count,
                                                       struct stance_still_reading *ret_reading,
                                                       struct stance_problem *problem);

/* The empty instrument: newtons from the zero of its profile. `reading` in newtons. */
struct stance_check_result stance_check_zero(const struct stance_still_reading *reading,
                                             double limit_n);

/* A reading with its standard uncertainty, in newtons. */
struct stance_check_force {
  double force_n, uncertainty_n;
};

/* A known load: deviation of (loaded − empty) from `applied_n`, in percent of it.
   `standard_uncertainty_pct`: expanded, of mass and gravity. Of several readings the scatter counts
   too. STANCE_INPUT without a load. */
STANCE_MUST_CHECK enum stance_status
stance_check_mass(const struct stance_check_force *loaded, size_t count,
                  const struct stance_check_force *empty, double applied_n,
                  double standard_uncertainty_pct, double limit_pct,
                  struct stance_check_result *ret_result, struct stance_problem *problem);

/* The same load on left and right in turn: `left` and `right` hold `count` readings above the empty
   instrument, in order. The mismatch of each pair is 100·(R − L)/((R + L)/2) percent, the result
   their mean; its uncertainty is Student's t times their scatter, and what the readings themselves
   do not resolve. STANCE_INPUT for fewer than two pairs (one shows nothing of how placing the load
   repeats) or a load below 20 N (SCIENCE 6: a ratio of less says nothing). */
STANCE_MUST_CHECK enum stance_status stance_check_swap(const struct stance_check_force *left,
                                                       const struct stance_check_force *right,
                                                       size_t count, double limit_pct,
                                                       struct stance_check_result *ret_result,
                                                       struct stance_problem *problem);

/* A load at known places of a plate, and where it was read. */
struct stance_check_place {
  double placed_x_m, placed_y_m;
  double read_x_m, read_y_m;
  double force_n;
};
struct stance_check_places {
  struct stance_check_result distance; /* largest distance of read from placed, in metres */
  struct stance_check_result force; /* largest deviation of the force from its mean, in percent */
};
/* `placing_uncertainty_m`: standard, of where the load was put. STANCE_INPUT for fewer than five
   places, or places that do not differ. */
STANCE_MUST_CHECK enum stance_status stance_check_places(const struct stance_check_place *places,
                                                         size_t count, double placing_uncertainty_m,
                                                         double limit_m, double force_limit_pct,
                                                         struct stance_check_places *ret_result,
                                                         struct stance_problem *problem);

#endif
