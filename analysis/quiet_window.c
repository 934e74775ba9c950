/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a quiet window says: SCIENCE 1.3, step 2. quiet_search.c finds it. */
#include "effort.h"
#include "scan.h"

#include <string.h>

struct quiet_statistics quiet_window_statistics(const double *force_n, long first, long count)
{
  const double *f = force_n + first;
  const double n = (double)count, mean_n = f[0] + scan_sums_about(f, 0, count - 1, f[0]).sum / n;
  const struct scan_sums about_mean = scan_sums_about(f, 0, count - 1, mean_n);
  /* Corrected two-pass variance (Chan, Golub & LeVeque 1983, eq. 1.7). */
  const double variance = (about_mean.squares - about_mean.sum * about_mean.sum / n) / (n - 1.0);
  return (struct quiet_statistics){
      .mean_n = mean_n,
      .sd_n = sqrt(fmax(0.0, variance)),
      .range_n = scan_highest(f, 0, count - 1) - scan_lowest(f, 0, count - 1),
  };
}

enum { MEDIAN_CAPACITY = 1024 }; /* 400 ms at up to 2.56 kHz exactly; 24 kB of stack */

/* k-th smallest (from 0) of numbers, by quickselect with the middle one of three as pivot; uses
   them up, and `spare`. Each is written to both ends of what may be kept, and one of them counts,
   without asking which way a comparison went: of noise, no processor guesses that. */
static double select_kth(double *value, double *spare, long count, long k)
{
  for (;;) {
    const double a = value[0], b = value[count / 2], c = value[count - 1];
    const double pivot = higher_of(lower_of(a, b), lower_of(higher_of(a, b), c));
    long below = 0, above = 0;
    for (long i = 0; i < count; ++i) {
      const double candidate = value[i];
      spare[below] = candidate;
      below += candidate < pivot ? 1 : 0;
      value[above] = candidate; /* never ahead of the reading */
      above += candidate > pivot ? 1 : 0;
    }
    if (k >= below && k < count - above)
      return pivot;
    if (k < below) {
      double *kept = spare;
      spare = value;
      value = kept;
      count = below;
    } else {
      k -= count - above;
      count = above;
    }
  }
}

double median_of(const double *force_n, long first, long end)
{
  double value[MEDIAN_CAPACITY], rest[MEDIAN_CAPACITY], spare[MEDIAN_CAPACITY];
  long stride = larger_of(1, (end - first + MEDIAN_CAPACITY - 1) / MEDIAN_CAPACITY);
  long count = 0;
  for (long i = first; i < end; i += stride) {
    if (isfinite(force_n[i]))
      value[count++] = force_n[i];
  }
  if (count == 0)
    return (double)NAN;
  memcpy(rest, value, (size_t)count * sizeof *value);
  double upper = select_kth(rest, spare, count, count / 2);
  if (count % 2 == 1)
    return upper;
  /* The one before it: the highest that is lower, or the same again. */
  double lower = -(double)INFINITY;
  long below = 0;
  for (long i = 0; i < count; ++i) {
    below += value[i] < upper ? 1 : 0;
    lower = value[i] < upper ? higher_of(value[i], lower) : lower;
  }
  lower = below < count / 2 ? upper : lower;
  return lower + (upper - lower) / 2.0;
}
