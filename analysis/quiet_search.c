/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calmest window before a rise: SCIENCE 1.3, step 2.

   A window slides by taking one sample out of its sums and another one in, which then wait for each
   other: one window is as fast as an addition takes, several at once cost hardly more. So four
   lanes slide side by side, each over a quarter of the windows, and note the least of every
   stretch. Then the stretches are compared, and the earliest window among equals is looked for in
   the one that has it. */
#include "effort.h"
#include "scan.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

typedef double pair __attribute__((vector_size(2 * sizeof(double))));
typedef long long pair_bits __attribute__((vector_size(2 * sizeof(long long))));

enum {
  PAIRS = 2,
  LANES = 2 * PAIRS,
  STRETCHES = 64,   /* of all lanes together in one search, and … */
  FRESH_STARTS = 16 /* … how often each starts afresh at most */
};

/* Sums over the windows at which the lanes stand, about `reference_n`, so that 0.3 N of noise on
   3000 N keeps its digits. */
struct lanes {
  pair sum[PAIRS], squares[PAIRS];
  pair largest[PAIRS]; /* of the sums of squares since their fresh start */
  pair least[PAIRS];   /* of the sums of squared deviations from a window's own mean */
};

/* Windows that were looked at together: `count` from `first` on, in each lane. */
struct stretch {
  long first; /* after the lane's own first window */
  long count;
  struct lanes begin; /* at the first of them; but `largest` and `least` of all */
};

/* A search over windows that lie between gaps. */
struct search {
  const double *force_n;
  const struct quiet_request *request;
  double per_window, largest_sum_n;
  long lane_first[LANES]; /* first window of each lane … */
  long lane_count;        /* … and how many it has; lanes may overlap */
  struct stretch stretch[STRETCHES];
  int stretch_count;
};

/* The calmest so far: sum of squared deviations from its own mean, and how wrong that can be. */
struct calmest {
  long first;
  double squares, error;
};

/* A lone sum must round as those of a lane do. */
static double own_squares(const struct search *search, double sum, double squares)
{
  return squares - sum * sum * search->per_window;
}

/* What two lanes found, with one window more. Windows whose mean is too far off do not count. */
static inline void note(const struct search *search, pair sum, pair squares, pair *largest,
                        pair *least)
{
  const pair per_window = {search->per_window, search->per_window};
  const pair largest_sum = {search->largest_sum_n, search->largest_sum_n};
  const pair_bits magnitude = {INT64_MAX, INT64_MAX}; /* all but the sign */
  const pair_bits off = (pair)((pair_bits)sum & magnitude) > largest_sum;
  /* all bits: a NaN, which is never lower */
  const pair counted = (pair)((pair_bits)(squares - sum * sum * per_window) | off);
  *least = (pair){lower_of(counted[0], (*least)[0]), lower_of(counted[1], (*least)[1])};
  *largest = (pair){higher_of(squares[0], (*largest)[0]), higher_of(squares[1], (*largest)[1])};
}

/* Sums of their own, for the windows at `at` of each lane: the rounding that a step has left behind
   in them ends here. */
static void start_afresh(const struct search *search, long at, struct lanes *lanes)
{
  const struct quiet_request *request = search->request;
  for (int lane = 0; lane < LANES; lane++) {
    const long first = search->lane_first[lane] + at;
    const struct scan_sums sums =
        scan_sums_about(search->force_n, first, first + request->length - 1, request->reference_n);
    lanes->sum[lane / 2][lane % 2] = sums.sum;
    lanes->squares[lane / 2][lane % 2] = sums.squares;
    lanes->largest[lane / 2][lane % 2] = 0;
  }
}

/* From the windows at `at` to those at `at + count`. Both ends move in one step:
   e² − l² = (e − l)(e + l). */
static void slide(const struct search *search, long at, long count, struct lanes *ret_lanes)
{
  const double reference_n = search->request->reference_n;
  const pair twice_reference = {2.0 * reference_n, 2.0 * reference_n};
  const long length = search->request->length;
  const double *lane[LANES];
  for (int k = 0; k < LANES; k++)
    lane[k] = search->force_n + search->lane_first[k] + at;
  struct lanes lanes = *ret_lanes;
  pair sum[PAIRS], squares[PAIRS], largest[PAIRS], least[PAIRS]; /* in registers */
  memcpy(sum, lanes.sum, sizeof sum);
  memcpy(squares, lanes.squares, sizeof squares);
  memcpy(largest, lanes.largest, sizeof largest);
  memcpy(least, lanes.least, sizeof least);
  for (long i = 0; i < count; i++) {
    for (int k = 0; k < PAIRS; k++) {
      const double *one = lane[2 * k] + i, *other = lane[2 * k + 1] + i;
      const pair leaving = {one[0], other[0]}, entering = {one[length], other[length]};
      const pair difference = entering - leaving;
      sum[k] += difference;
      squares[k] += difference * (entering + leaving - twice_reference);
      note(search, sum[k], squares[k], &largest[k], &least[k]);
    }
  }
  memcpy(lanes.sum, sum, sizeof sum);
  memcpy(lanes.squares, squares, sizeof squares);
  memcpy(lanes.largest, largest, sizeof largest);
  memcpy(lanes.least, least, sizeof least);
  *ret_lanes = lanes;
}

/* The same for one lane: the first of the windows in the stretch whose squares are `limit` at most.
 */
static long find_at_most(const struct search *search, const struct stretch *stretch, int lane,
                         double limit)
{
  const double *force_n = search->force_n;
  const long length = search->request->length, begin = search->lane_first[lane] + stretch->first;
  const double twice_reference = 2.0 * search->request->reference_n;
  double sum = stretch->begin.sum[lane / 2][lane % 2];
  double squares = stretch->begin.squares[lane / 2][lane % 2];
  for (long first = begin; first < begin + stretch->count; first++) {
    if (fabs(sum) <= search->largest_sum_n && own_squares(search, sum, squares) <= limit)
      return first;
    if (first + length >= search->request->end)
      break;
    const double leaving = force_n[first], entering = force_n[first + length];
    sum += entering - leaving;
    squares += (entering - leaving) * (entering + leaving - twice_reference);
  }
  return STANCE_NO_SAMPLE;
}

/* How wrong the least of a stretch can be: at most 2·n additions a sum, each off by half an epsilon
   of the largest, together below four n epsilon of it. */
static double error_of(const struct search *search, const struct stretch *stretch, int lane)
{
  return 4.0 * DBL_EPSILON * (double)search->request->length *
         stretch->begin.largest[lane / 2][lane % 2];
}

/* Looks at all windows of the lanes; false where one holds a sample that is missing. */
static bool look_through(struct search *search)
{
  const long longest = larger_of(64, search->lane_count / (STRETCHES / 4));
  /* Once or twice a window length: that costs less than sliding. */
  const long starts = larger_of(1, search->lane_count / search->request->length);
  const long fresh_for = (search->lane_count + starts - 1) / starts;
  struct lanes lanes;
  search->stretch_count = 0;
  for (long at = 0; at < search->lane_count;) {
    struct stretch *stretch = &search->stretch[search->stretch_count++];
    const long since_fresh = at % fresh_for;
    const long rest = smaller_of(fresh_for - since_fresh, search->lane_count - at);
    stretch->first = at;
    stretch->count = smaller_of(longest, rest);
    for (int k = 0; k < PAIRS; k++)
      lanes.least[k] = (pair){(double)INFINITY, (double)INFINITY};
    if (since_fresh == 0) {
      start_afresh(search, at, &lanes);
      for (int k = 0; k < PAIRS; k++)
        note(search, lanes.sum[k], lanes.squares[k], &lanes.largest[k], &lanes.least[k]);
    } else {
      slide(search, at - 1, 1, &lanes);
    }
    stretch->begin = lanes;
    slide(search, at, stretch->count - 1, &lanes);
    memcpy(stretch->begin.least, lanes.least, sizeof lanes.least);
    memcpy(stretch->begin.largest, lanes.largest, sizeof lanes.largest);
    for (int k = 0; k < PAIRS; k++) /* a missing sample stays in the sums */
      if (!isfinite(lanes.squares[k][0] + lanes.squares[k][1]))
        return false;
    at += stretch->count;
  }
  return true;
}

/* The earliest of the windows that may be the calmest of this search, if it is calmer than those
   before. */
static void choose(const struct search *search, struct calmest *calmest)
{
  double limit = (double)INFINITY; /* the calmest one is not calmer than this */
  for (int lane = 0; lane < LANES; lane++)
    for (int k = 0; k < search->stretch_count; k++)
      limit = lower_of(search->stretch[k].begin.least[lane / 2][lane % 2] +
                           error_of(search, &search->stretch[k], lane),
                       limit);
  if (!(limit < calmest->squares - calmest->error))
    return;
  for (int lane = 0; lane < LANES; lane++)
    for (int k = 0; k < search->stretch_count; k++) {
      const struct stretch *stretch = &search->stretch[k];
      const double error = error_of(search, stretch, lane);
      if (!(stretch->begin.least[lane / 2][lane % 2] - error <= limit))
        continue;
      calmest->first = find_at_most(search, stretch, lane, limit + error);
      calmest->squares = limit;
      calmest->error = error;
      return;
    }
}

/* The windows within [from, end); false as soon as one holds a sample that is missing. */
static bool search_between(const double *force_n, const struct quiet_request *request, long from,
                           long end, struct calmest *calmest)
{
  const double n = (double)request->length;
  struct search search; /* its stretches are written before they are read */
  search.force_n = force_n;
  search.request = request;
  search.per_window = 1.0 / n;
  search.largest_sum_n = request->tolerance_n * n;
  const long last = end - request->length;
  for (long first = from; first <= last;) {
    const long most = LANES * FRESH_STARTS * request->length;
    const long count = smaller_of(last - first + 1, most);
    search.lane_count = (count + LANES - 1) / LANES;
    for (long lane = 0; lane < LANES; lane++)
      search.lane_first[lane] =
          smaller_of(first + lane * search.lane_count, first + count - search.lane_count);
    if (!look_through(&search))
      return false;
    choose(&search, calmest);
    first += count;
  }
  return true;
}

long quiet_window_find(const double *force_n, const struct quiet_request *request)
{
  struct calmest calmest = {.first = STANCE_NO_SAMPLE, .squares = (double)INFINITY};
  struct calmest between_gaps = calmest;
  if (search_between(force_n, request, request->first, request->end, &calmest))
    return calmest.first;
  long from = request->first;
  while (from < request->end) {
    long end = from;
    while (end < request->end && isfinite(force_n[end]))
      ++end;
    (void)search_between(force_n, request, from, end, &between_gaps);
    from = end + 1;
  }
  return between_gaps.first;
}
