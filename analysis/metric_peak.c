/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metric_peak.h"

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
  double best = -(double)INFINITY;
  for (long i = effort->first; i + window <= effort->peak; i++)
    best = fmax(best, input->force_n[i + window] - input->force_n[i]); /* fmax drops NaN */
  return best > 0 ? best * input->rate_hz / (double)window : (double)INFINITY;
}

/* A lost stretch hides a higher peak when the force could have risen there from the higher of its
   two neighbours to the peak, at the steepest rate that the effort showed. */
static bool gap_can_hide_peak(const struct metric_input *input, const struct peak_view *view)
{
  const struct stance_effort *effort = input->effort;
  double before = -(double)INFINITY;
  long lost = 0;
  for (long i = effort->first; i <= effort->last; i++) {
    const bool is_lost = isnan(input->force_n[i]);
    lost += is_lost ? 1 : 0;
    if (is_lost && i < effort->last)
      continue;
    if (lost > 0) {
      const double neighbour = fmax(before, input->force_n[i]); /* fmax drops NaN */
      const double reach = view->rise_n_per_s * (double)(lost + 1) / input->rate_hz;
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
  double lowest = peak_n;
  for (long i = effort->first; i <= effort->last; i++)
    lowest = fmin(lowest, input->force_n[i]);
  const double middle = lowest + (peak_n - lowest) / 2;
  for (long i = effort->first; i <= effort->last; i++)
    if (is_saturated(input, i) && input->force_n[i] >= middle)
      return true;
  return false;
}

/* Longest run of equal samples in [first, last]; of one value only where `value` is not NaN. */
static long longest_run(const double *force_n, long first, long last, double value)
{
  long best = 0, run = 0;
  for (long i = first; i <= last; i++) {
    const bool counts = isnan(value) || force_n[i] == value;
    const bool repeats = i > first && force_n[i] == force_n[i - 1];
    run = !counts ? 0 : repeats ? run + 1 : 1;
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
  return longest_run(input->force_n, effort->first, effort->last, peak_n) >= FLAT_RUN &&
         longest_run(input->force_n, effort->quiet_first, quiet_last, (double)NAN) < FLAT_RUN;
}

/* Best moving mean. A lost sample counts as the peak when asking whether a window that holds it
   could have been the best one. */
static void best_mean(const struct metric_input *input, struct peak_view *view)
{
  const struct stance_effort *effort = input->effort;
  long window = lround(MEAN_WINDOW_S * input->rate_hz);
  window = window < 1 ? 1 : window;
  if (effort->last - effort->first + 1 < window) {
    view->mean_missing |= BIT(WINDOW_PAST_DATA);
    return;
  }
  const double *force_n = input->force_n;
  const double pivot = view->peak_n; /* sums about a near value keep their digits */
  double sum = 0, best = -(double)INFINITY, best_possible = -(double)INFINITY;
  long lost = 0, best_first = effort->first;
  for (long i = effort->first; i <= effort->last; i++) {
    const bool leaves = i - effort->first >= window;
    const double leaving = leaves ? force_n[i - window] : pivot;
    lost += isnan(force_n[i]) ? 1 : 0;
    lost -= isnan(leaving) ? 1 : 0;
    sum += (isnan(force_n[i]) ? 0 : force_n[i] - pivot) - (isnan(leaving) ? 0 : leaving - pivot);
    if (i - effort->first + 1 < window)
      continue;
    if (lost > 0) {
      best_possible = fmax(best_possible, sum);
    } else if (sum > best) {
      best = sum;
      best_first = i - window + 1;
    }
  }
  if (best_possible > best) {
    view->mean_missing |= BIT(GAP_IN_WINDOW);
    return;
  }
  sum = 0;
  for (long i = best_first; i < best_first + window; i++)
    sum += force_n[i] - pivot;
  view->mean_100ms_n = pivot + sum / (double)window;
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
  view.rise_n_per_s = steepest_rise(input);
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
  return view;
}
