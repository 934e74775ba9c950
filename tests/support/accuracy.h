/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors of what is measured in simulated recordings, over many trials. */
#ifndef STANCE_TESTS_ACCURACY_H
#define STANCE_TESTS_ACCURACY_H

#include "sim_truth.h"
#include "support/sim_trial.h"

enum accuracy_shape {
  ACCURACY_EXPONENTIAL,
  ACCURACY_LOGISTIC,
  ACCURACY_RAMP,
  ACCURACY_NORDIC,
  ACCURACY_IMTP,
  ACCURACY_KIND_COUNT
};
struct accuracy_kind {
  const char *title;
  const char *uri; /* what the trial draws is appended */
  const char *protocol;
  unsigned trials; /* for each level of noise */
};
extern const struct accuracy_kind accuracy_kinds[ACCURACY_KIND_COUNT];

/* The sensor: white noise and 1/f noise by their SD, hum by its amplitude. */
struct accuracy_level {
  double noise_n, wander_n, hum_n;
};
enum { ACCURACY_LEVEL_COUNT = 3 };
extern const struct accuracy_level accuracy_levels[ACCURACY_LEVEL_COUNT];

struct accuracy_quantity {
  enum stance_metric metric;
  const char *unit; /* of the error: "N", "ms", "%" of the true value, "points" */
  double factor;    /* from the metric's own unit */
  bool relative;
};
enum { ACCURACY_QUANTITY_COUNT = 12 };
extern const struct accuracy_quantity accuracy_quantities[ACCURACY_QUANTITY_COUNT];

/* Mean and standard deviation (n − 1) of errors, by Welford's recurrence (Knuth, TAOCP 2, 4.2.2).
 */
struct accuracy_errors {
  unsigned count;
  double mean, squares;
};
double accuracy_low(const struct accuracy_errors *errors); /* bias − 1.96 SD: Bland & Altman 1986 */
double accuracy_high(const struct accuracy_errors *errors); /* bias + 1.96 SD */

struct accuracy_row {
  struct accuracy_errors of_truth;  /* against the force that truly acts, at the true onset */
  struct accuracy_errors of_method; /* against the same method on the noise-free force */
  unsigned missing, flagged;
};

/* Looks at each trial: the noise-free analysis of one side against its truth. */
typedef void accuracy_look(enum accuracy_shape kind, const struct sim_trial *clean,
                           enum stance_side side, const struct stance_sim_truth *truth);

/* Every `every`-th trial, with each level of noise. Rows in the order of the quantities; where none
   applies all is 0. */
void accuracy_measure(enum accuracy_shape kind, unsigned every, accuracy_look *look,
                      struct accuracy_row ret_row[ACCURACY_LEVEL_COUNT][ACCURACY_QUANTITY_COUNT]);

#endif
