/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calmest window before a rise: SCIENCE 1.3, step 2. */
#include "effort.h"

#include <float.h>

/* Running sums over the window, about `reference_n`, so that 0.3 N of noise on 3000 N keeps its
   digits. */
struct running {
  double sum, sum_of_squares;
  double largest_sum_of_squares; /* since the last fresh start: scale of the rounding error */
};

static void enter(struct running *running, double deviation_n)
{
  running->sum += deviation_n;
  running->sum_of_squares += deviation_n * deviation_n;
  if (running->sum_of_squares > running->largest_sum_of_squares)
    running->largest_sum_of_squares = running->sum_of_squares;
}

static void leave(struct running *running, double deviation_n)
{
  running->sum -= deviation_n;
  running->sum_of_squares -= deviation_n * deviation_n;
}

static struct running start_afresh(const double *force_n, long first, long length,
                                   double reference_n)
{
  struct running running = {0};
  for (long i = first; i < first + length; ++i)
    enter(&running, force_n[i] - reference_n);
  return running;
}

/* The calmest so far: sum of squared deviations from its own mean, and how wrong that can be. */
struct calmest {
  long first;
  double squares, error;
};

/* Looks at the windows within [from, end), where nothing is missing. */
static void look_through(const double *force_n, const struct quiet_request *request, long from,
                         long end, struct calmest *calmest)
{
  const double per_window = 1.0 / (double)request->length;
  const double reference_n = request->reference_n;
  struct running running = {0};
  long until_fresh = 0;
  for (long first = from; first + request->length <= end; ++first) {
    /* A fresh start once per window length costs as much as sliding and keeps a step that has
       left the window from leaving its rounding error behind for good. */
    if (until_fresh == 0) {
      running = start_afresh(force_n, first, request->length, reference_n);
      until_fresh = request->length;
    } else {
      leave(&running, force_n[first - 1] - reference_n);
      enter(&running, force_n[first + request->length - 1] - reference_n);
    }
    --until_fresh;

    double mean = running.sum * per_window;
    if (mean > request->tolerance_n || mean < -request->tolerance_n)
      continue;
    double squares = running.sum_of_squares - running.sum * mean;
    squares = squares > 0.0 ? squares : 0.0;
    /* At most 2·n additions a sum, each off by half an epsilon of the largest: together below
       four n epsilon of it. Differences below that are ties, and the earliest wins. */
    double error = 4.0 * DBL_EPSILON * (double)request->length * running.largest_sum_of_squares;
    if (calmest->first == STANCE_NO_SAMPLE || squares + error < calmest->squares - calmest->error)
      *calmest = (struct calmest){.first = first, .squares = squares, .error = error};
  }
}

long quiet_window_find(const double *force_n, const struct quiet_request *request)
{
  struct calmest calmest = {.first = STANCE_NO_SAMPLE};
  long from = request->first;
  while (from < request->end) {
    long end = from;
    while (end < request->end && isfinite(force_n[end]))
      ++end;
    look_through(force_n, request, from, end, &calmest);
    from = end + 1;
  }
  return calmest.first;
}

struct quiet_statistics quiet_window_statistics(const double *force_n, long first, long count)
{
  const double *f = force_n + first;
  double sum = 0.0, low = f[0], high = f[0];
  for (long i = 0; i < count; ++i) {
    sum += f[i] - f[0];
    low = f[i] < low ? f[i] : low;
    high = f[i] > high ? f[i] : high;
  }
  double mean = f[0] + sum / (double)count;

  double squares = 0.0, residue = 0.0;
  for (long i = 0; i < count; ++i) {
    double deviation = f[i] - mean;
    squares += deviation * deviation;
    residue += deviation;
  }
  /* Corrected two-pass variance (Chan, Golub & LeVeque 1983, eq. 1.7). */
  double variance = (squares - residue * residue / (double)count) / (double)(count - 1);
  return (struct quiet_statistics){
      .mean_n = mean, .sd_n = sqrt(fmax(0.0, variance)), .range_n = high - low};
}

enum { MEDIAN_CAPACITY = 1024 }; /* 400 ms at up to 2.56 kHz exactly; 8 kB of stack */

/* k-th smallest (from 0) by quickselect with the middle one of three as pivot; reorders. */
static double select_kth(double *value, long count, long k)
{
  long low = 0, high = count - 1;
  while (low < high) {
    double a = value[low], b = value[low + (high - low) / 2], c = value[high];
    double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
    long i = low, j = high;
    /* The pivot is one of the values, so that both walks end at it.
       NOLINTBEGIN(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    while (i <= j) {
      while (value[i] < pivot)
        ++i;
      while (value[j] > pivot)
        --j;
      if (i <= j) {
        double swapped = value[i];
        value[i++] = value[j];
        value[j--] = swapped;
      }
    }
    /* NOLINTEND(clang-analyzer-core.UndefinedBinaryOperatorResult) */
    if (k <= j)
      high = j;
    else if (k >= i)
      low = i;
    else
      break;
  }
  return value[k];
}

double median_of(const double *force_n, long first, long end)
{
  double value[MEDIAN_CAPACITY];
  long stride = larger_of(1, (end - first + MEDIAN_CAPACITY - 1) / MEDIAN_CAPACITY);
  long count = 0;
  for (long i = first; i < end; i += stride) {
    if (isfinite(force_n[i]))
      value[count++] = force_n[i];
  }
  if (count == 0)
    return (double)NAN;
  double upper = select_kth(value, count, count / 2);
  if (count % 2 == 1)
    return upper;
  /* quickselect leaves everything below the k-th in front of it */
  double lower = value[0];
  for (long i = 1; i < count / 2; ++i)
    lower = fmax(lower, value[i]);
  return lower + (upper - lower) / 2.0;
}
