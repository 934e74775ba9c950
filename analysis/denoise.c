/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "denoise.h"

#include "effort.h"

#include <math.h>
#include <string.h>

/* Widest window 2^10 samples to a side; nothing in a push is straight for longer at 1 kHz. */
enum { LEVELS = 10 };
enum { MEDIAN_REACH_MAX = 16 };
/* Half-width of an interval in its SDs. 2 to 3 is usual: below, noise stops the widening; above,
   corners are rounded. */
#define INTERVAL_SD 3.0

enum window { BEFORE, AROUND, AFTER, WINDOW_COUNT };

struct estimate {
  double value_n;
  long count;
};

/* Widens one kind of window as long as its mean agrees with all narrower ones. */
static struct estimate widen(const struct noise_model *model, const double *sum, long at, long end,
                             enum window window)
{
  struct estimate best = {0, 0};
  double low = -(double)INFINITY, high = (double)INFINITY;
  for (int level = 0; level <= LEVELS; level++) {
    const long reach = level == 0 ? 0 : 1L << (level - 1);
    const long from = window == AFTER ? at : at - reach;
    const long to = window == BEFORE ? at : at + reach;
    if (from < 0 || to >= end)
      break;
    const long count = to - from + 1;
    const double mean_n = (sum[to + 1] - sum[from]) / (double)count;
    const double independent = (double)count / fmin((double)count, model->correlation);
    const double half_n = INTERVAL_SD * model->sd_n / sqrt(independent);
    low = fmax(low, mean_n - half_n);
    high = fmin(high, mean_n + half_n);
    if (low > high)
      break;
    best = (struct estimate){mean_n, count};
  }
  return best;
}

/* Middle one of `count` numbers, an odd one; puts them in order. */
static double middle_of(double *value, int count)
{
  for (int i = 1; i < count; i++)
    for (int k = i; k > 0 && value[k] < value[k - 1]; k--) {
      const double higher = value[k - 1];
      value[k - 1] = value[k];
      value[k] = higher;
    }
  return value[count / 2];
}

/* A sample that noise threw far off agrees with no wider window, and stays: of a few thousand, one
   does, and would be the peak. Medians take such ones out, and leave slopes and corners. */
static void drop_outliers(const struct noise_model *model, const double *from_n, long count,
                          double *to_n)
{
  const long reach = (long)fmin(2.0 * model->correlation, MEDIAN_REACH_MAX);
  for (long i = 0; i < count; i++) {
    double near[2 * MEDIAN_REACH_MAX + 1];
    const long side = smaller_of(reach, smaller_of(i, count - 1 - i));
    const int wide = (int)(2 * side + 1);
    for (int k = 0; k < wide; k++)
      near[k] = from_n[i - side + k];
    to_n[i] = middle_of(near, wide);
  }
}

void denoise(const struct noise_model *model, const double *force_n, long count, double *scratch,
             double *ret_clean_n)
{
  /* Sums about a near value keep their digits. */
  const double pivot_n = count > 0 ? force_n[0] : 0;
  double *sum = scratch, *estimate_n = scratch + count + 1;
  sum[0] = 0;
  for (long i = 0; i < count; i++)
    sum[i + 1] = sum[i] + (force_n[i] - pivot_n);
  for (long i = 0; i < count; i++) {
    struct estimate best = {0, 0};
    for (int window = 0; window < WINDOW_COUNT; window++) {
      const struct estimate one = widen(model, sum, i, count, (enum window)window);
      best = one.count > best.count ? one : best;
    }
    estimate_n[i] = best.count > 1 ? pivot_n + best.value_n : force_n[i];
  }
  if (model->sd_n > 0)
    drop_outliers(model, estimate_n, count, ret_clean_n);
  else
    memcpy(ret_clean_n, force_n, (size_t)count * sizeof *ret_clean_n);
}
