/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peaks of a smoothed force that are efforts: SCIENCE 3. */
#include "segmentation.h"

#include <math.h>
#include <string.h>

/* SCIENCE 3: prominence of at least 30 % of the set's largest. */
static const double prominence_fraction = 0.3;
/* Two isometric maxima are two efforts when the force came back at least half-way to rest between
   them: below half, what was lost is more than what was held. */
static const double returned_fraction = 0.5;
/* … or when it lay still, for as long as a quiet window, within a tenth of the smaller one's
   height: the tolerance that SCIENCE 1.3 gives the level before a rise. */
static const double still_fraction = 0.1;

static long first_peak_index(const struct turns *turns)
{
  return turns->open_left ? 0 : 1;
}

long turns_peak_count(const struct turns *turns)
{
  return (turns->count - first_peak_index(turns) + 1) / 2;
}

long turns_peak(const struct turns *turns, long k)
{
  return (long)turns->at[first_peak_index(turns) + 2 * k];
}

long turns_valley_before(const struct turns *turns, long k)
{
  long index = first_peak_index(turns) + 2 * k - 1;
  return index >= 0 ? (long)turns->at[index] : STANCE_NO_SAMPLE;
}

long turns_valley_after(const struct turns *turns, long k)
{
  long index = first_peak_index(turns) + 2 * k + 1;
  return index < turns->count ? (long)turns->at[index] : STANCE_NO_SAMPLE;
}

double turns_prominence(const struct smooth *smooth, const struct turns *turns, long k)
{
  long before = turns_valley_before(turns, k), after = turns_valley_after(turns, k);
  double base_n = -(double)INFINITY;
  if (before != STANCE_NO_SAMPLE)
    base_n = smooth->force_n[before];
  if (after != STANCE_NO_SAMPLE)
    base_n = fmax(base_n, smooth->force_n[after]);
  return smooth->force_n[turns_peak(turns, k)] - base_n;
}

static void push(struct turns *turns, long block)
{
  turns->at[turns->count++] = (double)block;
}

/* Turning points between which the force moves by at least `limit_n`. What remains are exactly the
   peaks whose prominence reaches the limit, and the lowest points between them. */
static void find_turns(const struct smooth *smooth, double limit_n, struct turns *turns)
{
  const double *s = smooth->force_n;
  enum { UNDECIDED, RISING, FALLING } state = UNDECIDED;
  long low = 0, high = 0;
  turns->count = 0;
  turns->open_left = turns->open_right = false;

  for (long i = 1; i < smooth->count; ++i) {
    if (state != RISING && s[i] < s[low])
      low = i;
    if (state != FALLING && s[i] > s[high])
      high = i;
    if (state != FALLING && s[high] - s[i] >= limit_n) {
      turns->open_left |= state == UNDECIDED;
      push(turns, high);
      state = FALLING;
      low = i;
    } else if (state != RISING && s[i] - s[low] >= limit_n) {
      push(turns, low);
      state = RISING;
      high = i;
    }
  }
  turns->open_right = state == RISING;
  if (state != UNDECIDED)
    push(turns, state == RISING ? high : low);
}

/* The force that starts high has an unknown rise: it sets no measure for the others. */
static double largest_prominence(const struct smooth *smooth, const struct turns *turns)
{
  double largest_n = 0.0;
  for (long k = turns->open_left ? 1 : 0; k < turns_peak_count(turns); ++k)
    largest_n = fmax(largest_n, turns_prominence(smooth, turns, k));
  return largest_n;
}

/* Takes the k-th peak out, and with it the higher one of the valleys beside it. */
static void remove_peak(const struct smooth *smooth, struct turns *turns, long k)
{
  long peak = first_peak_index(turns) + 2 * k;
  long before = turns_valley_before(turns, k), after = turns_valley_after(turns, k);
  long drop = peak; /* first of the entries that go */
  long gone = 2;
  if (before == STANCE_NO_SAMPLE) {
    gone = 1;
    turns->open_left = false;
  } else if (after == STANCE_NO_SAMPLE) {
    gone = 1;
    turns->open_right = false;
  } else if (smooth->force_n[before] > smooth->force_n[after]) {
    drop = peak - 1;
  }
  memmove(turns->at + drop, turns->at + drop + gone,
          (size_t)(turns->count - drop - gone) * sizeof *turns->at);
  turns->count -= gone;
}

static bool higher(const struct smooth *smooth, long a, long b)
{
  double difference_n = smooth->force_n[a] - smooth->force_n[b];
  return difference_n > 0.0 || (difference_n == 0.0 && a < b);
}

/* The highest peak that is lower than the one at `than` (the earlier of equals is the higher);
   STANCE_NO_SAMPLE for `than` starts, and is returned at the end. */
static long next_lower(const struct smooth *smooth, const struct turns *turns, long than)
{
  long best = STANCE_NO_SAMPLE;
  for (long k = 0; k < turns_peak_count(turns); ++k) {
    long at = turns_peak(turns, k);
    if (than != STANCE_NO_SAMPLE && !higher(smooth, than, at))
      continue;
    if (best == STANCE_NO_SAMPLE || higher(smooth, at, best))
      best = at;
  }
  return best;
}

/* From the highest down, each keeps its neighbours at a distance. */
static void keep_distance(const struct smooth *smooth, double separation_s, struct turns *turns)
{
  double blocks = separation_s * smooth->rate_hz;
  long keeper = STANCE_NO_SAMPLE;
  while ((keeper = next_lower(smooth, turns, keeper)) != STANCE_NO_SAMPLE) {
    for (long k = turns_peak_count(turns) - 1; k >= 0; --k) {
      long at = turns_peak(turns, k);
      if (at != keeper && fabs((double)(at - keeper)) < blocks)
        remove_peak(smooth, turns, k);
    }
  }
}

static double lowest(const struct smooth *smooth, long first, long last)
{
  double low_n = (double)INFINITY;
  first = first > 0 ? first : 0;
  last = last < smooth->count ? last : smooth->count - 1;
  for (long i = first; i <= last; ++i)
    low_n = fmin(low_n, smooth->force_n[i]);
  return low_n;
}

/* Whether the force returned towards rest between the k-th peak and the next one: half-way to the
   lowest force shortly before the one or after the other, or to where it lay still (the weight of
   a body on a plate can be more than half of a peak). */
static bool returned_between(const struct smooth *smooth,
                             const struct stance_analysis_settings *settings,
                             const struct turns *turns, long k)
{
  const double *s = smooth->force_n;
  long one = turns_peak(turns, k), other = turns_peak(turns, k + 1);
  long valley = turns_valley_after(turns, k);
  long reach = lround(settings->quiet_search_s * smooth->rate_hz);
  double smaller_n = fmin(s[one], s[other]);
  double rest_n = fmax(lowest(smooth, one - reach, one), lowest(smooth, other, other + reach));
  if (s[valley] <= rest_n + returned_fraction * (smaller_n - rest_n))
    return true;

  double still_n = s[valley] + still_fraction * (smaller_n - s[valley]);
  long first = valley, last = valley;
  while (first > one && s[first - 1] <= still_n)
    --first;
  while (last < other && s[last + 1] <= still_n)
    ++last;
  return (double)(last - first) >= settings->quiet_window_s * smooth->rate_hz;
}

static void join_unreturned(const struct smooth *smooth,
                            const struct stance_analysis_settings *settings, struct turns *turns)
{
  long k = 0;
  while (k + 1 < turns_peak_count(turns)) {
    if (returned_between(smooth, settings, turns, k)) {
      ++k;
      continue;
    }
    bool next_is_lower = higher(smooth, turns_peak(turns, k), turns_peak(turns, k + 1));
    remove_peak(smooth, turns, next_is_lower ? k + 1 : k);
    k = 0; /* what is left of it has other neighbours now */
  }
}

void turns_find(const struct smooth *smooth, const struct stance_analysis_settings *settings,
                bool efforts_return, struct turns *turns)
{
  /* Small peaks between the large ones lift the neighbouring minima of these; with each round the
     small ones go, the largest prominence can only grow, and so the rounds end. */
  double limit_n = settings->minimum_peak_n;
  for (;;) {
    find_turns(smooth, limit_n, turns);
    double next_n = prominence_fraction * largest_prominence(smooth, turns);
    if (!(next_n > limit_n))
      break;
    limit_n = next_n;
  }
  keep_distance(smooth, settings->minimum_separation_s, turns);
  if (efforts_return)
    join_unreturned(smooth, settings, turns);
}
