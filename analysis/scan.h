/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches over a stretch of samples; all but the sum step over NaN. In several independent lanes:
   a single running minimum waits for itself at every sample and takes four times as long. */
#ifndef STANCE_ANALYSIS_SCAN_H
#define STANCE_ANALYSIS_SCAN_H

#include <stdbool.h>

/* Of [first, last]; ∞ and −∞ where there is no number. */
double scan_lowest(const double *value, long first, long last);
double scan_highest(const double *value, long first, long last);
/* Largest value[i + width] − value[i] for i in [first, last]; −∞ where there is no number. */
double scan_largest_rise(const double *value, long first, long last, long width);
/* NaN where one is NaN. */
double scan_sum(const double *value, long first, long last);
/* Sum, and sum of squares, of value − about; neither finite where a value is not. */
struct scan_sums {
  double sum, squares;
};
struct scan_sums scan_sums_about(const double *value, long first, long last, double about);
/* Whether [first, last] holds a NaN (or an infinity). */
bool scan_has_nan(const double *value, long first, long last);
/* First place in [first, last] that is not below, or not above, `level`: NaN is neither.
   last + 1 where there is none. */
long scan_not_below(const double *value, long first, long last, double level);
long scan_not_above(const double *value, long first, long last, double level);
/* Last place in [first, last] that is not above `level`; first − 1 where there is none. */
long scan_back_not_above(const double *value, long first, long last, double level);

/* min and max that the compiler turns into one instruction; NaN in `candidate` loses. */
static inline double lower_of(double candidate, double best)
{
  return candidate < best ? candidate : best;
}
static inline double higher_of(double candidate, double best)
{
  return candidate > best ? candidate : best;
}

#endif
