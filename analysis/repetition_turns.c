/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peaks of a smoothed force that are efforts: SCIENCE 3. */
#include "segmentation.h"

#include "effort.h"

#include <math.h>
#include <string.h>

/* SCIENCE 3: prominence of at least 30 % of the set's largest. */
static const double prominence_fraction = 0.3;
/* Two isometric maxima are two efforts when the force came back at least half-way to rest between
   them: below half, what was lost is more than what was held … */
static const double returned_fraction = 0.5;
/* … or when it lay low for as long as a quiet window. Low is what would be too small a peak seen
   from there. */
static const double low_fraction = 0.3;
/* SCIENCE 1.3, step 1: how long before its t90 a rise is looked for. */
static const double rise_s = 3.0;

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

/* Level of the base on one side of the k-th peak: `step` is −1 or 1. -INFINITY where it is open. */
static double base_level(const struct smooth *smooth, const struct turns *turns, long k, long step)
{
  double peak_n = smooth->force_n[turns_peak(turns, k)], base_n = (double)INFINITY;
  for (long at = k;; at += step) {
    long valley = step < 0 ? turns_valley_before(turns, at) : turns_valley_after(turns, at);
    if (valley == STANCE_NO_SAMPLE)
      return at == k ? -(double)INFINITY : base_n;
    base_n = fmin(base_n, smooth->force_n[valley]);
    long next = at + step;
    if (turns->rest_between || next < 0 || next >= turns_peak_count(turns) ||
        smooth->force_n[turns_peak(turns, next)] > peak_n)
      return base_n;
  }
}

double turns_prominence(const struct smooth *smooth, const struct turns *turns, long k)
{
  return smooth->force_n[turns_peak(turns, k)] -
         fmax(base_level(smooth, turns, k, -1), base_level(smooth, turns, k, 1));
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

/* Lower one of the valleys on the far sides of the k-th peak and the next one; INFINITY where the
   force is open on both. */
static double rest_beside(const struct smooth *smooth, const struct turns *turns, long k)
{
  long before = turns_valley_before(turns, k), after = turns_valley_after(turns, k + 1);
  double rest_n = (double)INFINITY;
  if (before != STANCE_NO_SAMPLE)
    rest_n = smooth->force_n[before];
  if (after != STANCE_NO_SAMPLE)
    rest_n = fmin(rest_n, smooth->force_n[after]);
  return rest_n;
}

/* Longest time between two blocks that the force stays at or below a level. */
static double time_below_s(const struct smooth *smooth, long first, long last, double level_n)
{
  long longest = 0, run = 0;
  for (long i = first; i <= last; ++i) {
    run = smooth->force_n[i] <= level_n ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return (double)longest / smooth->rate_hz;
}

/* Whether the force returned towards rest between the k-th peak and the next one: half-way to the
   valleys beside them, or to where it lay low for a while (a plate may be empty beside the efforts,
   and the weight of a body on it more than half of a peak). */
static bool returned_between(const struct smooth *smooth,
                             const struct stance_analysis_settings *settings,
                             const struct turns *turns, long k)
{
  const double *s = smooth->force_n;
  long one = turns_peak(turns, k), other = turns_peak(turns, k + 1);
  double valley_n = s[turns_valley_after(turns, k)];
  double smaller_n = fmin(s[one], s[other]);
  double rest_n = rest_beside(smooth, turns, k);
  if (isfinite(rest_n) && valley_n <= rest_n + returned_fraction * (smaller_n - rest_n))
    return true;
  double low_n = valley_n + low_fraction * (smaller_n - valley_n);
  return time_below_s(smooth, one, other, low_n) >= settings->quiet_window_s;
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

static double prominence_limit(const struct smooth *smooth,
                               const struct stance_analysis_settings *settings,
                               const struct turns *turns)
{
  if (turns->keep_small)
    return settings->minimum_peak_n;
  return fmax(settings->minimum_peak_n, prominence_fraction * largest_prominence(smooth, turns));
}

/* Efforts that were joined stand higher above rest, and what is small beside them goes. */
static void drop_small(const struct smooth *smooth, const struct stance_analysis_settings *settings,
                       struct turns *turns)
{
  for (;;) {
    double limit_n = prominence_limit(smooth, settings, turns), smallest_n = limit_n;
    long smallest = STANCE_NO_SAMPLE;
    for (long k = 0; k < turns_peak_count(turns); ++k) {
      double prominence_n = turns_prominence(smooth, turns, k);
      if (prominence_n < smallest_n) {
        smallest_n = prominence_n;
        smallest = k;
      }
    }
    if (smallest == STANCE_NO_SAMPLE)
      return;
    remove_peak(smooth, turns, smallest);
  }
}

/* A weight that is laid on a plate overshoots and settles: the peak rose from the empty plate
   within the 3 s before it (SCIENCE 1.3, step 1) and fell by less than half of that, to where the
   weight rests. An effort comes back. */
static bool settles(const struct smooth *smooth, const struct turns *turns, long k)
{
  long peak = turns_peak(turns, k);
  long before = turns_valley_before(turns, k), after = turns_valley_after(turns, k);
  if (before == STANCE_NO_SAMPLE || after == STANCE_NO_SAMPLE)
    return false;
  const double *s = smooth->force_n;
  long t90 = before;
  while (s[t90] < s[before] + 0.9 * (s[peak] - s[before]))
    ++t90;
  double low_n = s[peak];
  for (long i = t90; i >= before && (double)(t90 - i) <= rise_s * smooth->rate_hz; --i)
    low_n = s[i] < low_n ? s[i] : low_n;
  return s[peak] - s[after] < returned_fraction * (s[peak] - low_n);
}

/* Only where it stands lower above what follows than an effort that counts (a countermovement may
   have dug a deeper valley): an effort begun while stepping on stays. */
static void drop_settling(const struct smooth *smooth,
                          const struct stance_analysis_settings *settings, struct turns *turns)
{
  for (long k = turns_peak_count(turns) - 1; k >= 0; --k) {
    if (!settles(smooth, turns, k))
      continue;
    bool is_last = k + 1 == turns_peak_count(turns);
    long peak = turns_peak(turns, k), next = is_last ? smooth->count : turns_peak(turns, k + 1);
    double height_n = smooth->force_n[peak] - median_of(smooth->force_n, peak, next);
    if (height_n < settings->partial_fraction * largest_prominence(smooth, turns))
      remove_peak(smooth, turns, k);
  }
}

void turns_find(const struct smooth *smooth, const struct stance_analysis_settings *settings,
                struct turns *turns)
{
  /* Small peaks between the large ones lift the neighbouring minima of these; with each round the
     small ones go, the largest prominence can only grow, and so the rounds end. */
  double limit_n = settings->minimum_peak_n;
  for (;;) {
    find_turns(smooth, limit_n, turns);
    double next_n = prominence_limit(smooth, settings, turns);
    if (!(next_n > limit_n))
      break;
    limit_n = next_n;
  }
  keep_distance(smooth, settings->minimum_separation_s, turns);
  if (turns->rest_between)
    join_unreturned(smooth, settings, turns);
  drop_small(smooth, settings, turns);
  if (turns->weight_rests)
    drop_settling(smooth, settings, turns);
}
