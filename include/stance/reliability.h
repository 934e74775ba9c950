/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far two tests of an unchanged athlete differ: statistics of repeated tests. Pure.
   Sources: Hopkins 2000 (Sports Med 30:1, typical error, CV of the logarithm), Shrout & Fleiss 1979
   (Psychol Bull 86:420, ICC and limits), McGraw & Wong 1996 (Psychol Methods 1:30, limits of
   ICC(2,1)), de Vet 2006 (J Clin Epidemiol 59:1033, agreement against consistency). */
#ifndef STANCE_RELIABILITY_H
#define STANCE_RELIABILITY_H

#include "stance/status.h"

#include <stddef.h>

/* With 95 % confidence limits; all three NaN where the data do not give it. */
struct stance_estimate {
  double value, low, high;
};

/* Values are in the unit of the data unless a name says otherwise. */
struct stance_reliability {
  size_t athletes; /* n */
  size_t tests;    /* k of each athlete */
  double mean;
  double degrees_of_freedom;            /* of the typical error: (n − 1)(k − 1) */
  struct stance_estimate typical_error; /* √ of the error mean square of athletes × tests; with two
                                           tests the SD of the differences / √2. A shift of all
                                           athletes from test to test does not enter. */
  struct stance_estimate sem;    /* of agreement: √ of the mean square within athletes. Such
                                    a shift enters. */
  struct stance_estimate mdc95;  /* t · √2 · typical_error */
  struct stance_estimate cv_pct; /* 100·(e^s − 1), s the typical error of the logarithm; NaN
                                    unless all values are above 0 */
  double log_error_pct;          /* 100·s: what bands on the scale 100·ln are made of */
  double cv_simple_pct;          /* 100 · typical_error / mean; NaN unless the mean is > 0 */
  struct stance_estimate icc_1_1, icc_2_1, icc_3_1;
  struct stance_estimate icc_1_k, icc_2_k, icc_3_k;
  struct stance_estimate shift; /* mean of last test − first test */
};

/* `value[a * tests + t]`: athlete a, test t. Complete tables only: an empty cell (NaN) is refused,
   never filled in; leave the athlete out. STANCE_INPUT with athlete and test counted from 1 for a
   cell that is no finite number, for fewer than two athletes or tests, and where the tests differ
   by nothing but a shift (one recording read twice). STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status stance_reliability_of(const double *value, size_t athletes,
                                                           size_t tests,
                                                           struct stance_reliability *ret_result,
                                                           struct stance_problem *problem);
/* Of 100·ln(right/left), the scale on which sides are compared: typical_error is its `s`. Errors
   common to both sides cancel. The CVs are NaN. STANCE_INPUT also for a side that is not above 0.
   WORK. */
STANCE_MUST_CHECK enum stance_status
stance_reliability_of_sides(const double *left, const double *right, size_t athletes, size_t tests,
                            struct stance_reliability *ret_result, struct stance_problem *problem);

/* Two-sided 95 %: Student's t at these degrees of freedom, 1.96 at INFINITY. */
double stance_reliability_factor(double degrees_of_freedom);
/* factor · √2 · typical_error. */
double stance_reliability_mdc95(double typical_error, double degrees_of_freedom);

#endif
