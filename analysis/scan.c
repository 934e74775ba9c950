/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan.h"

#include <math.h>

/* Extremes stay in one register a lane; sums take two lanes a register. */
enum { LANES = 8, SUM_LANES = 16 };

double scan_highest(const double *value, long first, long last)
{
  double lane[LANES];
  for (int k = 0; k < LANES; k++)
    lane[k] = -(double)INFINITY;
  long i = first;
  for (; i + LANES <= last + 1; i += LANES)
    for (int k = 0; k < LANES; k++)
      lane[k] = higher_of(value[i + k], lane[k]);
  for (; i <= last; i++)
    lane[0] = higher_of(value[i], lane[0]);
  for (int k = 1; k < LANES; k++)
    lane[0] = higher_of(lane[k], lane[0]);
  return lane[0];
}

double scan_lowest(const double *value, long first, long last)
{
  double lane[LANES];
  for (int k = 0; k < LANES; k++)
    lane[k] = (double)INFINITY;
  long i = first;
  for (; i + LANES <= last + 1; i += LANES)
    for (int k = 0; k < LANES; k++)
      lane[k] = lower_of(value[i + k], lane[k]);
  for (; i <= last; i++)
    lane[0] = lower_of(value[i], lane[0]);
  for (int k = 1; k < LANES; k++)
    lane[0] = lower_of(lane[k], lane[0]);
  return lane[0];
}

double scan_largest_rise(const double *value, long first, long last, long width)
{
  double lane[LANES];
  for (int k = 0; k < LANES; k++)
    lane[k] = -(double)INFINITY;
  long i = first;
  for (; i + LANES <= last + 1; i += LANES)
    for (int k = 0; k < LANES; k++)
      lane[k] = higher_of(value[i + k + width] - value[i + k], lane[k]);
  for (; i <= last; i++)
    lane[0] = higher_of(value[i + width] - value[i], lane[0]);
  for (int k = 1; k < LANES; k++)
    lane[0] = higher_of(lane[k], lane[0]);
  return lane[0];
}

bool scan_has_nan(const double *value, long first, long last)
{
  double lane[SUM_LANES] = {0}; /* zero times anything but NaN and ∞ is zero */
  long i = first;
  for (; i + SUM_LANES <= last + 1; i += SUM_LANES)
    for (int k = 0; k < SUM_LANES; k++)
      lane[k] += value[i + k] * 0.0;
  for (; i <= last; i++)
    lane[0] += value[i] * 0.0;
  for (int k = 1; k < SUM_LANES; k++)
    lane[0] += lane[k];
  return isnan(lane[0]);
}

double scan_sum(const double *value, long first, long last)
{
  double lane[SUM_LANES] = {0};
  long i = first;
  for (; i + SUM_LANES <= last + 1; i += SUM_LANES)
    for (int k = 0; k < SUM_LANES; k++)
      lane[k] += value[i + k];
  for (; i <= last; i++)
    lane[0] += value[i];
  for (int k = 1; k < SUM_LANES; k++)
    lane[0] += lane[k];
  return lane[0];
}
