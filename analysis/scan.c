/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan.h"

#include <math.h>
#include <string.h>

enum { LANES = 8 };

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

/* The compiler's own vectors (gcc and clang have them for any machine): left to itself gcc 12
   shuffles the lanes of a sum across iterations and takes three times as long. */
typedef double pair __attribute__((vector_size(2 * sizeof(double))));
enum { PAIRS = 4, STEP = 2 * PAIRS };

static pair pair_at(const double *value)
{
  pair loaded;
  memcpy(&loaded, value, sizeof loaded);
  return loaded;
}

static double total_of(const pair lane[PAIRS])
{
  const pair total = (lane[0] + lane[1]) + (lane[2] + lane[3]);
  return total[0] + total[1];
}

/* What a comparison of two pairs gives: all bits where it holds. */
typedef long long pair_bits __attribute__((vector_size(2 * sizeof(long long))));

static bool all_of(const pair_bits lane[PAIRS])
{
  const pair_bits all = (lane[0] & lane[1]) & (lane[2] & lane[3]);
  return (all[0] & all[1]) != 0;
}

static bool step_is_below(const double *value, double level)
{
  pair_bits below[PAIRS];
  for (int k = 0; k < PAIRS; k++)
    below[k] = pair_at(value + 2 * k) < (pair){level, level};
  return all_of(below);
}

static bool step_is_above(const double *value, double level)
{
  pair_bits above[PAIRS];
  for (int k = 0; k < PAIRS; k++)
    above[k] = pair_at(value + 2 * k) > (pair){level, level};
  return all_of(above);
}

long scan_not_below(const double *value, long first, long last, double level)
{
  long i = first;
  while (i + STEP <= last + 1 && step_is_below(value + i, level))
    i += STEP;
  while (i <= last && value[i] < level)
    i++;
  return i;
}

long scan_not_above(const double *value, long first, long last, double level)
{
  long i = first;
  while (i + STEP <= last + 1 && step_is_above(value + i, level))
    i += STEP;
  while (i <= last && value[i] > level)
    i++;
  return i;
}

long scan_back_not_above(const double *value, long first, long last, double level)
{
  long i = last;
  while (i - STEP + 1 >= first && step_is_above(value + i - STEP + 1, level))
    i -= STEP;
  while (i >= first && value[i] > level)
    i--;
  return i;
}

bool scan_has_nan(const double *value, long first, long last)
{
  pair lane[PAIRS] = {{0}}; /* zero times anything but NaN and ∞ is zero */
  double rest = 0;
  long i = first;
  for (; i + STEP <= last + 1; i += STEP)
    for (int k = 0; k < PAIRS; k++)
      lane[k] += pair_at(value + i + 2 * k) * (pair){0.0, 0.0};
  for (; i <= last; i++)
    rest += value[i] * 0.0;
  return isnan(total_of(lane) + rest);
}

double scan_sum(const double *value, long first, long last)
{
  pair lane[PAIRS] = {{0}};
  double rest = 0;
  long i = first;
  for (; i + STEP <= last + 1; i += STEP)
    for (int k = 0; k < PAIRS; k++)
      lane[k] += pair_at(value + i + 2 * k);
  for (; i <= last; i++)
    rest += value[i];
  return total_of(lane) + rest;
}

struct scan_sums scan_sums_about(const double *value, long first, long last, double about)
{
  pair sum[PAIRS] = {{0}}, squares[PAIRS] = {{0}};
  struct scan_sums rest = {0, 0};
  long i = first;
  for (; i + STEP <= last + 1; i += STEP)
    for (int k = 0; k < PAIRS; k++) {
      const pair deviation = pair_at(value + i + 2 * k) - (pair){about, about};
      sum[k] += deviation;
      squares[k] += deviation * deviation;
    }
  for (; i <= last; i++) {
    rest.sum += value[i] - about;
    rest.squares += (value[i] - about) * (value[i] - about);
  }
  return (struct scan_sums){total_of(sum) + rest.sum, total_of(squares) + rest.squares};
}
