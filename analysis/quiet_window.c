/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calmest window before a rise: SCIENCE 1.3, step 2. */
#include "effort.h"
#include "scan.h"

#include <float.h>
#include <string.h>

/* Sums over a window stand about `reference_n`, so that 0.3 N of noise on 3000 N keeps its digits.
   Both ends move in one step: e² − l² = (e − l)(e + l). */
static void slide(struct scan_sums *sums, double leaving_n, double entering_n, double reference_n)
{
  double difference_n = entering_n - leaving_n;
  sums->sum += difference_n;
  sums->squares += difference_n * (entering_n + leaving_n - 2.0 * reference_n);
}

/* The calmest so far: sum of squared deviations from its own mean, and how wrong that can be. */
struct calmest {
  double n, per_window, largest_sum_n; /* of the request */
  long first;
  double squares, error;
};

/* `largest_squares` bounds what the sums of squares have been since their fresh start. */
static void consider(struct calmest *calmest, const struct scan_sums *sums, double largest_squares,
                     long first)
{
  double squares = higher_of(sums->squares - sums->sum * sums->sum * calmest->per_window, 0.0);
  if (squares >= calmest->squares || !(fabs(sums->sum) <= calmest->largest_sum_n))
    return;
  /* At most 2·n additions a sum, each off by half an epsilon of the largest: together below
     four n epsilon of it. Differences below that are ties, and the earliest wins. */
  double error = 4.0 * DBL_EPSILON * calmest->n * largest_squares;
  if (squares + error < calmest->squares - calmest->error) {
    calmest->first = first;
    calmest->squares = squares;
    calmest->error = error;
  }
}

/* Looks at the windows within [from, end); false as soon as it meets a sample that is missing. A
   fresh start once per window length costs less than sliding and keeps a step that has left the
   window from leaving its rounding error behind for good. */
static bool look_through(const double *force_n, const struct quiet_request *request, long from,
                         long end, struct calmest *calmest)
{
  const long length = request->length, last = end - length;
  const double reference_n = request->reference_n;
  if (last < from)
    return true;
  struct scan_sums sums = scan_sums_about(force_n, from, from + length - 1, reference_n);
  for (long fresh = from; fresh <= last; fresh += length) {
    /* every window up to the next fresh start lies within this one and those samples */
    const long after = fresh + length;
    const struct scan_sums next =
        scan_sums_about(force_n, after, smaller_of(after + length, end) - 1, reference_n);
    const double largest_squares = sums.squares + next.squares;
    if (!isfinite(largest_squares))
      return false;
    const long until = smaller_of(after - 1, last);
    consider(calmest, &sums, largest_squares, fresh);
    for (long first = fresh + 1; first <= until; ++first) {
      slide(&sums, force_n[first - 1], force_n[first + length - 1], reference_n);
      consider(calmest, &sums, largest_squares, first);
    }
    sums = next;
  }
  return true;
}

long quiet_window_find(const double *force_n, const struct quiet_request *request)
{
  const double n = (double)request->length;
  struct calmest calmest = {.n = n,
                            .per_window = 1.0 / n,
                            .largest_sum_n = request->tolerance_n * n,
                            .first = STANCE_NO_SAMPLE,
                            .squares = (double)INFINITY};
  struct calmest between_gaps = calmest;
  if (look_through(force_n, request, request->first, request->end, &calmest))
    return calmest.first;
  long from = request->first;
  while (from < request->end) {
    long end = from;
    while (end < request->end && isfinite(force_n[end]))
      ++end;
    (void)look_through(force_n, request, from, end, &between_gaps);
    from = end + 1;
  }
  return between_gaps.first;
}

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

enum { MEDIAN_CAPACITY = 1024 }; /* 400 ms at up to 2.56 kHz exactly; 16 kB of stack */

/* k-th smallest (from 0) of numbers, by quickselect with the middle one of three as pivot; uses
   them up. What is kept of each round is written without asking which way a comparison went: of
   noise, no processor guesses that. */
static double select_kth(double *value, long count, long k)
{
  for (;;) {
    double a = value[0], b = value[count / 2], c = value[count - 1];
    double pivot = higher_of(lower_of(a, b), lower_of(higher_of(a, b), c));
    long below = 0, equal = 0;
    for (long i = 0; i < count; ++i) {
      below += value[i] < pivot ? 1 : 0;
      equal += value[i] == pivot ? 1 : 0;
    }
    if (k >= below && k < below + equal)
      return pivot;
    bool keep_lower = k < below;
    long kept = 0;
    for (long i = 0; i < count; ++i) {
      double candidate = value[i];
      value[kept] = candidate;
      kept += (keep_lower ? candidate < pivot : candidate > pivot) ? 1 : 0;
    }
    k -= keep_lower ? 0 : below + equal;
    count = kept;
  }
}

double median_of(const double *force_n, long first, long end)
{
  double value[MEDIAN_CAPACITY], rest[MEDIAN_CAPACITY];
  long stride = larger_of(1, (end - first + MEDIAN_CAPACITY - 1) / MEDIAN_CAPACITY);
  long count = 0;
  for (long i = first; i < end; i += stride) {
    if (isfinite(force_n[i]))
      value[count++] = force_n[i];
  }
  if (count == 0)
    return (double)NAN;
  memcpy(rest, value, (size_t)count * sizeof *value);
  double upper = select_kth(rest, count, count / 2);
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
