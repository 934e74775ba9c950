/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "polarity.h"

#include "scan.h"

#include <math.h>
#include <stdlib.h>

/* Means over 0.1 s, as peak_force_mean_100ms has them: a spike of a few samples is no pull. */
static const double block_s = 0.1;

static int by_size(const void *left, const void *right)
{
  const double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

/* Means of the whole blocks without a lost sample, above `zero_n`; returns how many. */
static size_t block_means(const double *force_n, struct stance_span span, size_t width,
                          double zero_n, double *ret_mean_n)
{
  size_t count = 0;
  for (size_t first = span.first; first + width <= span.first + span.count; first += width) {
    const double sum_n = scan_sum(force_n, (long)first, (long)(first + width) - 1);
    if (!isnan(sum_n))
      ret_mean_n[count++] = sum_n / (double)width - zero_n;
  }
  return count;
}

/* It reaches further below the zero than above it, and further below its own usual level than above
   that: a rest that merely reads low has its efforts above itself. */
static bool pulls_downwards(double *mean_n, size_t count, double smallest_n, double *ret_low_n,
                            double *ret_high_n)
{
  double low_n = (double)INFINITY, high_n = -(double)INFINITY;
  for (size_t k = 0; k < count; k++) {
    low_n = mean_n[k] < low_n ? mean_n[k] : low_n;
    high_n = mean_n[k] > high_n ? mean_n[k] : high_n;
  }
  *ret_low_n = low_n;
  *ret_high_n = high_n;
  if (count == 0 || -low_n < smallest_n || -low_n <= high_n)
    return false;
  qsort(mean_n, count, sizeof *mean_n, by_size);
  const double usual_n = mean_n[count / 2];
  return usual_n - low_n > high_n - usual_n && usual_n - low_n >= smallest_n;
}

static bool is_tested(const struct analysis *analysis, enum stance_side side)
{
  double *const *force_n = analysis->trace->force_n;
  const enum stance_protocol_sides sides = analysis->protocol->sides;
  if (force_n[side] == NULL)
    return false;
  if (side == STANCE_TOTAL)
    return force_n[STANCE_LEFT] == NULL && force_n[STANCE_RIGHT] == NULL;
  return side == STANCE_LEFT ? sides != STANCE_SIDES_RIGHT : sides != STANCE_SIDES_LEFT;
}

enum stance_status polarity_check(const struct analysis *analysis, double *scratch,
                                  struct stance_problem *problem)
{
  const struct stance_force_trace *trace = analysis->trace;
  size_t width = (size_t)lround(block_s * trace->time.rate_hz);
  width = width > 0 ? width : 1;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (!is_tested(analysis, (enum stance_side)side))
      continue;
    double low_n, high_n;
    const size_t count = block_means(trace->force_n[side], analysis->search, width,
                                     analysis->levels[side].zero_n, scratch);
    if (!pulls_downwards(scratch, count, analysis->settings->minimum_peak_n, &low_n, &high_n))
      continue;
    const char *name = stance_side_name((enum stance_side)side);
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: the force falls to %.0f N and rises to %.0f N at most: its sign "
                              "is reversed; turn it with --scale %s=-1,0 (a file), or with the "
                              "polarity of the instrument's calibration",
                              name, low_n, high_n, name);
  }
  return STANCE_OK;
}
