/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How wrong a number can be because of the instrument: GUM (JCGM 100:2008), linear propagation
   where it covers, else a parametric bootstrap (analysis/bootstrap.c). The measurand is what the
   named method finds on noise-free force; what noise shifts a method by is a bias, stated beside
   the interval. Never the test's repeatability. Pure; any context. */
#ifndef STANCE_UNCERTAINTY_H
#define STANCE_UNCERTAINTY_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define STANCE_COVERAGE_FACTOR 2.0 /* about 95 %: GUM 6.3.3 */

/* One input quantity x of y: it contributes sensitivity · standard_uncertainty. */
struct stance_uncertainty_input {
  const char *id;   /* "calibration" */
  const char *unit; /* of value and standard_uncertainty */
  double value;
  double standard_uncertainty; /* k = 1 */
  double sensitivity;          /* ∂y/∂x */
  bool own; /* of this repetition alone; false: all repetitions share the same error */
};
enum { STANCE_UNCERTAINTY_INPUT_MAX = 12 };
struct stance_uncertainty_budget {
  struct stance_uncertainty_input input[STANCE_UNCERTAINTY_INPUT_MAX];
  size_t count;
  double bias; /* by which noise shifts the method, in the unit of y; of linear propagation an upper
                  bound; 0: not at all */
  /* Of the bootstrap: half-width that holds 95.45 % (k = 2 of a normal distribution) of what the
     inputs and `bias` make of the value as it is printed. 0: linear, k times the standard one. */
  double expanded;
};
/* The 0.9545 quantile of 300 replicates, each with two draws of the other inputs, wanders by 1 % of
   probability: what a coverage of 93 to 97 % leaves room for. */
enum { STANCE_BOOTSTRAP_REPLICATES = 300 };

/* How far the uncertainty of an analysis goes. */
enum stance_uncertainty_extent {
  STANCE_UNCERTAINTY_LINEAR = 0, /* linear propagation only, where it covers */
  STANCE_UNCERTAINTY_FULL,       /* and the bootstrap where it does not */
  STANCE_UNCERTAINTY_NONE,
  STANCE_UNCERTAINTY_EXTENT_COUNT,
};
const char *stance_uncertainty_extent_id(enum stance_uncertainty_extent extent); /* "linear" */
/* EXTENT_COUNT where there is none. */
enum stance_uncertainty_extent stance_uncertainty_extent_find(const char *id);
/* Inputs without uncertainty are left out. At most STANCE_UNCERTAINTY_INPUT_MAX. */
void stance_uncertainty_add(struct stance_uncertainty_budget *budget,
                            const struct stance_uncertainty_input *input);

struct stance_uncertainty {
  double standard; /* √Σ(c·u)²: GUM eq. 10, inputs independent */
  double expanded; /* k = 2, or what the bootstrap found */
  double own;      /* standard, of the inputs that are of this repetition alone */
};
struct stance_uncertainty
stance_uncertainty_combine(const struct stance_uncertainty_budget *budget);
/* Part of one input in the combined variance, in percent. */
double stance_uncertainty_share_pct(const struct stance_uncertainty_budget *budget, size_t input);

/* Standard uncertainty of what lies anywhere within ± `half_width`: GUM 4.3.7. */
static inline double stance_uncertainty_rectangular(double half_width)
{
  return fabs(half_width) / sqrt(3.0);
}
/* Upper bound of the expected maximum of `count` Gaussian values of one mean: sd · √(2 ln count).
   Correlated values reach less far. */
double stance_uncertainty_peak_bias(double sd, size_t count);

/* What a profile says of the force of one side. Zeroed: nothing is known, and no interval is
   printed. */
struct stance_force_uncertainty {
  bool known;
  double scale;          /* relative, standard: of the standards or certificate */
  double curve[3];       /* N per unit, unit², unit³: of the channel that is known worst */
  double covariance[10]; /* of that channel; see struct stance_calibration_quality. N² in [0] is of
                            all channels of the side together */
  double residual_n;     /* standard: what readings of one load differ from the curve by */
  double drift_n;        /* standard: what remained on the empty sensor after calibrating */
  double resolution_n;   /* one converter step */
  double range_n;        /* largest force it was calibrated with, known or not; 0: nobody said */
};
/* Standard uncertainty of the curve at `force_n`, in N. Where the zero was measured anew, row 0 of
   the covariance does not count. */
double stance_force_uncertainty_curve_n(const struct stance_force_uncertainty *force,
                                        double force_n, bool zero_measured);

#endif
