/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics.h"

#include "metric_peak.h"
#include "metric_window.h"
#include "scan.h"

#include <math.h>
#include <string.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

/* More already pushed than this fraction of the peak is flagged: the method sheet's limit. */
#define PRETENSION_FRACTION 0.1

/* Quality of the baseline, as against that of the onset alone. */
#define BASELINE_FLAGS (BIT(BASELINE_DRIFT) | BIT(UNQUIET_BASELINE) | BIT(UNSTABLE_BASELINE))

static struct stance_value value_of(double number, stance_reason_set missing,
                                    stance_reason_set flags)
{
  return (struct stance_value){.value = missing != 0 ? (double)NAN : number,
                               .uncertainty = (double)NAN,
                               .reasons = missing != 0 ? missing : flags};
}

/* Time in samples from `first` until the force first reaches `level_n`, interpolated between
   samples; NaN where it does not before `end`. `ret_gap`: a lost sample on the way could hide an
   earlier crossing. */
static double crossing(const double *force_n, long first, long end, double level_n, bool *ret_gap)
{
  *ret_gap = false;
  for (long i = first; (i = scan_not_below(force_n, i, end - 1, level_n)) < end; i++) {
    if (isnan(force_n[i])) {
      *ret_gap = true;
      continue;
    }
    if (i == first || isnan(force_n[i - 1]))
      return (double)(i - first);
    const double part = (level_n - force_n[i - 1]) / (force_n[i] - force_n[i - 1]);
    return (double)(i - 1 - first) + part;
  }
  return (double)NAN;
}

/* What the metrics of one effort share. */
struct view {
  const struct metric_input *input;
  struct peak_view peak;
  stance_reason_set baseline_missing, baseline_flags;
  stance_reason_set onset_missing, onset_flags;
  stance_reason_set pretension; /* the flag, or 0 */
};

static struct view view_of(const struct metric_input *input)
{
  const struct stance_effort *effort = input->effort;
  struct view view = {.input = input, .peak = peak_view_of(input)};
  if (effort->quiet_count <= 0)
    view.baseline_missing = BIT(NO_QUIET_WINDOW) | (effort->missing & BIT(GAP_IN_WINDOW));
  else
    view.baseline_missing =
        window_missing(input, effort->quiet_first, effort->quiet_first + effort->quiet_count - 1);
  if (effort->onset < 0)
    view.onset_missing = effort->missing != 0 ? effort->missing : BIT(NO_ONSET);
  else /* onset lies between its sample and the one before: a lost one there hides it */
    view.onset_missing =
        window_missing(input, effort->onset > 0 ? effort->onset - 1 : 0, effort->onset);
  const struct levels *levels = &input->levels;
  const double rise_n = view.peak.peak_n - (levels->limb_measured ? levels->limb_n : 0);
  if (view.baseline_missing == 0 && levels->limb_measured &&
      effort->baseline_n - levels->limb_n > PRETENSION_FRACTION * rise_n)
    view.pretension = BIT(PRETENSION);
  view.baseline_flags = (effort->flags & BASELINE_FLAGS) | view.pretension;
  /* A slow rise concerns rapid-force values only; flag_kinds sees to it. */
  view.onset_flags = (effort->flags & ~BIT(NOT_EXPLOSIVE)) | view.pretension;
  return view;
}

static void fill_levels(const struct view *view, struct stance_value *value)
{
  const struct metric_input *input = view->input;
  const struct levels *levels = &input->levels;
  const stance_reason_set zero_missing = levels->zero_measured ? 0 : BIT(NOT_MEASURED);
  const stance_reason_set limb_missing = levels->limb_measured ? 0 : BIT(NOT_MEASURED);
  const stance_reason_set limb_flags = levels->limb_flags | levels->zero_flags;
  const double baseline_n = input->effort->baseline_n;
  value[STANCE_METRIC_UNLOADED_ZERO] = value_of(levels->zero_n, zero_missing, levels->zero_flags);
  value[STANCE_METRIC_LIMB_WEIGHT] =
      value_of(levels->limb_n - levels->zero_n, limb_missing, limb_flags);
  value[STANCE_METRIC_BASELINE_FORCE] =
      value_of(baseline_n - levels->zero_n, view->baseline_missing,
               view->baseline_flags | levels->zero_flags);
  value[STANCE_METRIC_PRETENSION] =
      value_of(baseline_n - levels->limb_n, view->baseline_missing | limb_missing,
               view->baseline_flags | levels->limb_flags);
  value[STANCE_METRIC_ONSET_THRESHOLD] = value_of(
      input->effort->threshold_n, input->onset_on_sum ? BIT(ONSET_ON_SUM) : view->baseline_missing,
      input->effort->flags & (BASELINE_FLAGS | BIT(NOISE_DRIVEN)));
}

/* What has to be taken off a reading to get the net force, and how that stands. */
static double net_reference(const struct view *view, stance_reason_set *ret_missing,
                            stance_reason_set *ret_flags)
{
  const struct levels *levels = &view->input->levels;
  *ret_missing = levels->limb_measured ? 0 : view->baseline_missing;
  *ret_flags = levels->limb_measured ? levels->limb_flags : view->baseline_flags;
  return levels->limb_measured ? levels->limb_n : view->input->effort->baseline_n;
}

static void fill_peak(const struct view *view, struct stance_value *value)
{
  const struct metric_input *input = view->input;
  const struct peak_view *peak = &view->peak;
  const struct levels *levels = &input->levels;
  stance_reason_set net_missing, net_flags;
  const double net_n = net_reference(view, &net_missing, &net_flags);
  value[STANCE_METRIC_PEAK_FORCE] =
      value_of(peak->peak_n - levels->zero_n, peak->missing, peak->flags | levels->zero_flags);
  value[STANCE_METRIC_PEAK_FORCE_NET] =
      value_of(peak->peak_n - net_n, peak->missing | net_missing, peak->flags | net_flags);
  value[STANCE_METRIC_PEAK_FORCE_MEAN_100MS] = value_of(
      peak->mean_100ms_n - levels->zero_n, peak->mean_missing, peak->flags | levels->zero_flags);
  const struct stance_value *compared = &value[input->compared];
  const stance_reason_set missing = stance_value_is_missing(compared) ? compared->reasons : 0;
  value[STANCE_METRIC_PEAK_TORQUE] =
      value_of(compared->value * input->lever_m,
               missing | (isnan(input->lever_m) ? BIT(NO_LEVER) : 0), compared->reasons);
  value[STANCE_METRIC_PEAK_FORCE_PER_KG] =
      value_of(compared->value / input->body_mass_kg,
               missing | (isnan(input->body_mass_kg) ? BIT(NO_BODY_MASS) : 0), compared->reasons);
}

static bool has_gap(const struct metric_input *input, long first, long last)
{
  return first >= 0 && (window_missing(input, first, last) & BIT(GAP_IN_WINDOW)) != 0;
}

static void fill_times(const struct view *view, struct stance_value *value)
{
  const struct metric_input *input = view->input;
  const struct stance_effort *effort = input->effort;
  stance_reason_set end_missing = view->onset_missing;
  if (effort->end < 0) /* lost, or not within the recording */
    end_missing |=
        has_gap(input, effort->peak, effort->last) ? BIT(GAP_IN_WINDOW) : BIT(NOT_REACHED);
  stance_reason_set held_missing = end_missing, returned_missing = end_missing;
  stance_reason_set held_flags = view->onset_flags;
  double sum = 0;
  if (end_missing == 0) {
    held_missing = window_missing(input, effort->onset, effort->end - 1);
    returned_missing = window_missing(input, effort->end - 1, effort->end);
    held_flags |= window_flags(input, effort->onset, effort->end - 1);
    sum = scan_sum(input->force_n, effort->onset, effort->end - 1);
  }
  const double held = (double)(effort->end - effort->onset);
  value[STANCE_METRIC_MEAN_FORCE] = value_of(sum / held - input->levels.zero_n, held_missing,
                                             held_flags | input->levels.zero_flags);
  value[STANCE_METRIC_DURATION] =
      value_of(held / input->rate_hz, returned_missing, view->onset_flags);
  value[STANCE_METRIC_TIME_TO_PEAK] =
      value_of((double)(effort->peak - effort->onset) / input->rate_hz,
               view->onset_missing | view->peak.missing, view->onset_flags | view->peak.flags);
  value[STANCE_METRIC_ONSET_TIME] =
      value_of(input->start_s + (double)effort->onset / input->rate_hz, view->onset_missing,
               view->onset_flags);
}

static struct stance_value time_to_fraction(const struct view *view, double fraction)
{
  const struct metric_input *input = view->input;
  const struct stance_effort *effort = input->effort;
  stance_reason_set missing = view->onset_missing | view->baseline_missing | view->peak.missing;
  if (missing != 0)
    return value_of(0, missing, 0);
  bool gap;
  const double level_n = effort->baseline_n + fraction * (view->peak.peak_n - effort->baseline_n);
  const double samples = crossing(input->force_n, effort->onset, effort->last + 1, level_n, &gap);
  missing |= gap ? BIT(GAP_IN_WINDOW) : 0;
  missing |= isnan(samples) ? BIT(NOT_REACHED) : 0;
  return value_of(samples / input->rate_hz, missing, view->onset_flags | view->peak.flags);
}

/* Flags that belong to a kind of metric rather than to one value. */
static void flag_kinds(const struct view *view, struct stance_value *value)
{
  const struct metric_input *input = view->input;
  /* Comfort 2019, Ripley: early force from 1000 Hz on. One per cent is left to a clock that is off.
   */
  const bool slow_rate = input->rate_hz < 0.99 * 1000.0;
  const bool explosive = input->explosive && (input->effort->flags & BIT(NOT_EXPLOSIVE)) == 0;
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    const struct stance_metric_info *info = stance_metric_info((enum stance_metric)metric);
    if (stance_value_is_missing(&value[metric]))
      continue;
    if (info->explosive_only && !explosive)
      value[metric].reasons |= BIT(NOT_EXPLOSIVE);
    if (info->explosive_only && slow_rate)
      value[metric].reasons |= BIT(LOW_RATE);
    if (strcmp(info->unit, "s") != 0)
      value[metric].reasons |= input->force_flags;
    /* Onset has a floor in newtons. */
    value[metric].reasons |= input->force_flags & BIT(UNCALIBRATED);
  }
}

void metrics_compute(const struct metric_input *input,
                     struct stance_value ret_value[STANCE_METRIC_COUNT])
{
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++)
    ret_value[metric] = value_of(0, BIT(SIDE_NOT_TESTED), 0);
  const struct view view = view_of(input);
  fill_levels(&view, ret_value);
  fill_peak(&view, ret_value);
  fill_times(&view, ret_value);
  ret_value[STANCE_METRIC_TIME_TO_50PCT] = time_to_fraction(&view, 0.5);
  ret_value[STANCE_METRIC_TIME_TO_90PCT] = time_to_fraction(&view, 0.9);
  const struct window_reasons reasons = {.onset_missing = view.onset_missing,
                                         .onset_flags = view.onset_flags,
                                         .baseline_missing = view.baseline_missing,
                                         .peak_missing = view.peak.missing};
  metric_windows_fill(input, &reasons, ret_value);
  flag_kinds(&view, ret_value);
}

struct stance_value metrics_compared_at(const struct metric_input *input,
                                        const struct stance_value *compared, long sample)
{
  /* what says something of the peak's own sample says nothing of another one */
  const stance_reason_set of_peak =
      BIT(FLAT_TOP) | BIT(PEAK_SPIKE) | BIT(TRUNCATED) | BIT(INTERPOLATED);
  const double reference_n = input->force_n[input->effort->peak] - compared->value;
  return value_of(input->force_n[sample] - reference_n, window_missing(input, sample, sample),
                  (compared->reasons & ~of_peak) | window_flags(input, sample, sample));
}
