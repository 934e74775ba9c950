/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metric_peak.h"

#include "scan.h"

#include <math.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

/* 0.1 s moving mean, as Chronojump has it; flagged from 3 % on: both as the method sheet asks. */
#define MEAN_WINDOW_S 0.1
#define SPIKE_FRACTION 0.03
/* A converter at its end repeats one code. A noisy plateau does not repeat its very highest value
   ten times running unless its noise hides below one step, and then the quiet window repeats too.
 */
#define FLAT_RUN 10
#define RISE_WINDOW_S 0.02

static bool is_saturated(const struct metric_input *input, long i)
{
  return input->saturated != NULL && (input->saturated[i] & input->side_bit) != 0;
}

/* Steepest 20 ms from the repetition's start to its peak; +∞ where gaps leave no window. */
static double steepest_rise(const struct metric_input *input)
{
  const struct stance_effort *effort = input->effort;
  long window = lround(RISE_WINDOW_S * input->rate_hz);
  window = window < 1 ? 1 : window;
  const double best =
      scan_largest_rise(input->force_n, effort->first, effort->peak - window, window);
  return best > 0 ? best * input->rate_hz / (double)window : (double)INFINITY;
}

/* A lost stretch hides a higher peak when the force could have risen there from the higher of its
   two neighbours to the peak, at the steepest rate that the effort showed. */
static bool gap_can_hide_peak(const struct metric_input *input, const struct peak_view *view)
{
  const struct stance_effort *effort = input->effort;
  if (!input->has_gap)
    return false;
  const double rise_n_per_s = steepest_rise(input);
  double before = -(double)INFINITY;
  long lost = 0;
  for (long i = effort->first; i <= effort->last; i++) {
    const bool is_lost = isnan(input->force_n[i]);
    lost += is_lost ? 1 : 0;
    if (is_lost && i < effort->last)
      continue;
    if (lost > 0) {
      const double neighbour = fmax(before, input->force_n[i]); /* fmax drops NaN */
      const double reach = rise_n_per_s * (double)(lost + 1) / input->rate_hz;
      if (view->peak_n - neighbour <= reach)
        return true;
    }
    lost = 0;
    before = input->force_n[i];
  }
  return false;
}

/* The lower half is left out: a converter that rests at its lower end says nothing of the peak. */
static bool saturation_can_hide_peak(const struct metric_input *input, double peak_n)
{
  const struct stance_effort *effort = input->effort;
  if (input->saturated == NULL)
    return false;
  const double lowest = scan_lowest(input->force_n, effort->first, effort->last);
  const double middle = lowest + (peak_n - lowest) / 2;
  for (long i = effort->first; i <= effort->last; i++)
    if (is_saturated(input, i) && input->force_n[i] >= middle)
      return true;
  return false;
}

/* Longest run of samples that equal `value`; few reach it. */
static long longest_run_of(const double *force_n, long first, long last, double value)
{
  long best = 0;
  for (long i = first; (i = scan_not_below(force_n, i, last, value)) <= last; i++) {
    const long begin = i;
    while (i <= last && force_n[i] == value)
      i++;
    best = i - begin > best ? i - begin : best;
  }
  return best;
}

/* Longest run of samples that equal the one before them. */
static long longest_run(const double *force_n, long first, long last)
{
  long best = 1, run = 1;
  for (long i = first + 1; i <= last; i++) {
    run = force_n[i] == force_n[i - 1] ? run + 1 : 1;
    best = run > best ? run : best;
  }
  return best;
}

static bool top_is_flat(const struct metric_input *input, double peak_n)
{
  const struct stance_effort *effort = input->effort;
  if (effort->quiet_count <= 0)
    return false;
  const long quiet_last = effort->quiet_first + effort->quiet_count - 1;
  return longest_run_of(input->force_n, effort->peak, effort->last, peak_n) >= FLAT_RUN &&
         longest_run(input->force_n, effort->quiet_first, quiet_last) < FLAT_RUN;
}

/* The window that ends with the peak, or the first one. */
static long window_before_peak(const struct stance_effort *effort, long window)
{
  const long first = effort->peak - window + 1;
  return first > effort->first ? first : effort->first;
}

/* Start of the window with the highest sum of force − pivot. */
static long best_window(const struct stance_effort *effort, const double *force_n, long window,
                        double pivot_n, double *ret_sum)
{
  const long first = window_before_peak(effort, window);
  double sum = 0;
  for (long i = first; i < first + window; i++)
    sum += force_n[i] - pivot_n;
  /* A window that is nowhere above the mean of the one that ends with the peak cannot beat it. */
  const double mean_n = pivot_n + sum / (double)window;
  long from = effort->first, to = effort->last;
  from = scan_not_below(force_n, from, to, mean_n);
  while (force_n[to] < mean_n)
    to--;
  from = from - window + 1 > effort->first ? from - window + 1 : effort->first;
  to = to < effort->last - window + 1 ? to : effort->last - window + 1;
  sum = 0;
  for (long i = from; i < from + window; i++)
    sum += force_n[i] - pivot_n;
  long best_first = from;
  *ret_sum = sum;
  for (long i = from + 1; i <= to; i++) {
    sum += force_n[i + window - 1] - force_n[i - 1];
    if (sum > *ret_sum) {
      *ret_sum = sum;
      best_first = i;
    }
  }
  return best_first;
}

/* The same where samples are lost: they count as the pivot, and windows that hold one are
   candidates where `lost_ones`, the others where not. −∞ where there is no candidate. */
static long best_window_with_gaps(const struct stance_effort *effort, const double *force_n,
                                  long window, double pivot_n, bool lost_ones, double *ret_sum)
{
  double sum = 0;
  long lost = 0, best_first = effort->first;
  *ret_sum = -(double)INFINITY;
  for (long i = effort->first; i <= effort->last; i++) {
    const long left = i - window;
    const double entering = force_n[i] - pivot_n;
    const double leaving = left >= effort->first ? force_n[left] - pivot_n : 0;
    lost += (isnan(entering) ? 1 : 0) - (isnan(leaving) ? 1 : 0);
    sum += (isnan(entering) ? 0 : entering) - (isnan(leaving) ? 0 : leaving);
    if (left + 1 >= effort->first && (lost > 0) == lost_ones && sum > *ret_sum) {
      *ret_sum = sum;
      best_first = left + 1;
    }
  }
  return best_first;
}

/* Best moving mean. A window that holds a lost sample could have been the best one if it were so
   with the peak in its place. */
static void best_mean(const struct metric_input *input, struct peak_view *view)
{
  const struct stance_effort *effort = input->effort;
  long window = lround(MEAN_WINDOW_S * input->rate_hz);
  window = window < 1 ? 1 : window;
  if (effort->last - effort->first + 1 < window) {
    view->mean_missing |= BIT(WINDOW_PAST_DATA);
    return;
  }
  /* sums about a near value keep their digits */
  const double pivot_n = view->peak_n;
  const double *force_n = input->force_n;
  double sum, possible_sum = -(double)INFINITY;
  long first;
  if (input->has_gap) {
    first = best_window_with_gaps(effort, force_n, window, pivot_n, false, &sum);
    (void)best_window_with_gaps(effort, force_n, window, pivot_n, true, &possible_sum);
  } else {
    first = best_window(effort, force_n, window, pivot_n, &sum);
  }
  if (possible_sum > sum || isinf(sum)) {
    view->mean_missing |= BIT(GAP_IN_WINDOW);
    return;
  }
  sum = 0;
  for (long i = first; i < first + window; i++)
    sum += force_n[i] - pivot_n;
  view->mean_100ms_n = pivot_n + sum / (double)window;
}

struct peak_view peak_view_of(const struct metric_input *input)
{
  const struct stance_effort *effort = input->effort;
  struct peak_view view = {.peak_n = (double)NAN, .mean_100ms_n = (double)NAN};
  if (effort->peak < 0 || isnan(input->force_n[effort->peak])) {
    view.missing = BIT(GAP_IN_WINDOW);
    view.mean_missing = view.missing;
    return view;
  }
  view.peak_n = input->force_n[effort->peak];
  if (saturation_can_hide_peak(input, view.peak_n))
    view.missing |= BIT(SATURATED);
  if (gap_can_hide_peak(input, &view))
    view.missing |= BIT(GAP_IN_WINDOW);
  view.mean_missing = view.missing & BIT(SATURATED);
  best_mean(input, &view);
  if (view.missing == 0 && top_is_flat(input, view.peak_n))
    view.flags |= BIT(FLAT_TOP);
  if (input->interpolated != NULL && (input->interpolated[effort->peak] & input->side_bit) != 0)
    view.flags |= BIT(INTERPOLATED);
  /* Still rising, or at least not yet back, when the recording was cut off. */
  if (effort->peak == (long)input->sample_count - 1 || (input->truncated && effort->end < 0))
    view.flags |= BIT(TRUNCATED);
  const double zero_n = input->levels.zero_n;
  if (view.peak_n - view.mean_100ms_n > SPIKE_FRACTION * (view.peak_n - zero_n))
    view.flags |= BIT(PEAK_SPIKE);
  if (view.peak_n - zero_n > input->calibrated_to_n)
    view.flags |= BIT(BEYOND_CALIBRATION);
  return view;
}
