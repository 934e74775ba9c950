/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one repetition of one side to its own threshold: SCIENCE 1.3, steps 1 to 3. */
#include "effort.h"
#include "scan.h"

/* SCIENCE 1.3, step 1 */
static const double peak_fraction = 0.9;
static const double before_t90_s = 3.0;
/* SCIENCE 1.3, step 2: where the level just before the rise is read, and how near to it the quiet
   window must be */
static const double reference_from_s = 0.5, reference_to_s = 0.1;
static const double tolerance_floor_n = 10.0, tolerance_fraction = 0.1;
/* SCIENCE 1.3, step 3 */
static const double threshold_sd = 5.0;

static struct stance_effort blank_effort(void)
{
  return (struct stance_effort){
      .first = STANCE_NO_SAMPLE,
      .last = STANCE_NO_SAMPLE,
      .t90 = STANCE_NO_SAMPLE,
      .steepest = STANCE_NO_SAMPLE,
      .quiet_first = STANCE_NO_SAMPLE,
      .baseline_n = (double)NAN,
      .baseline_sd_n = (double)NAN,
      .baseline_range_n = (double)NAN,
      .threshold_n = (double)NAN,
      .onset = STANCE_NO_SAMPLE,
      .peak = STANCE_NO_SAMPLE,
      .end = STANCE_NO_SAMPLE,
  };
}

long first_at_or_above(const double *force_n, long first, long last, double level_n)
{
  for (long i = first; (i = scan_not_below(force_n, i, last, level_n)) <= last; ++i) {
    if (force_n[i] >= level_n) /* not so for a lost one */
      return i;
  }
  return STANCE_NO_SAMPLE;
}

/* Earliest of the highest samples; NaN never compares. */
static long highest(const double *force_n, long first, long last)
{
  double highest_n = scan_highest(force_n, first, last);
  return isinf(highest_n) ? STANCE_NO_SAMPLE : first_at_or_above(force_n, first, last, highest_n);
}

/* Start of the steepest 50 ms that ends by t90 where there is room for that. */
static long steepest_start(const struct stance_effort_search *search, long first, long t90)
{
  long width = larger_of(1, samples_of(STEEPEST_S, search->rate_hz));
  long from = larger_of(first, t90 - samples_of(before_t90_s, search->rate_hz));
  long to = smaller_of(larger_of(from, t90 - width), (long)search->sample_count - 1 - width);
  const double *f = search->force_n;
  double best_rise_n = scan_largest_rise(f, from, to, width);
  long best = STANCE_NO_SAMPLE;
  for (long i = from; i <= to && best == STANCE_NO_SAMPLE; ++i) {
    if (f[i + width] - f[i] >= best_rise_n)
      best = i;
  }
  /* The recording ends within 50 ms of the effort's start: nothing but that start is left. */
  return best == STANCE_NO_SAMPLE && to < from ? from : best;
}

static double mean_of(const double *force_n, long first, long end)
{
  double whole_sum = scan_sum(force_n, first, end - 1);
  if (isfinite(whole_sum) && end > first)
    return whole_sum / (double)(end - first);
  double sum = 0.0;
  long count = 0;
  for (long i = first; i < end; ++i) {
    if (isfinite(force_n[i])) {
      sum += force_n[i];
      ++count;
    }
  }
  return count > 0 ? sum / (double)count : (double)NAN;
}

/* [from, end) is where the level just before `anchor` is read. */
static void reference_span(const struct stance_effort_search *search, long anchor, long *ret_from,
                           long *ret_end)
{
  *ret_from = larger_of(search->earliest, anchor - samples_of(reference_from_s, search->rate_hz));
  *ret_end = larger_of(*ret_from, anchor - samples_of(reference_to_s, search->rate_hz));
}

static double level_before(const struct stance_effort_search *search, long anchor)
{
  long from, end;
  reference_span(search, anchor, &from, &end);
  return mean_of(search->force_n, from, end);
}

static double tolerance_of(double rise_n)
{
  return fmax(tolerance_floor_n, tolerance_fraction * rise_n);
}

/* How much the level must change from one reference span to the one before it to be a change: half
   the onset floor or a quarter of the tolerance. 10 % of the rise in 1.6 s is the slowest rise that
   is followed. */
static double step_of(const struct stance_analysis_settings *settings, double rise_n)
{
  return fmax(settings->onset_floor_n / 2.0, tolerance_fraction / 4.0 * rise_n);
}

/* Where the force stops falling on the way back from r, one reference span at a time. Over higher
   levels (the effort faltered) the walk goes on; a level that stays for longer than what separates
   two repetitions is rest. Back at r where all this is well within the tolerance. */
static long foot_of_rise(const struct stance_effort_search *search,
                         const struct stance_analysis_settings *settings,
                         const struct stance_effort *effort)
{
  const double first_n = level_before(search, effort->steepest);
  const double rise_n = search->force_n[effort->peak] - first_n;
  const double step_n = step_of(settings, rise_n);
  const long step = larger_of(1, samples_of(reference_from_s - reference_to_s, search->rate_hz));
  const long rest = samples_of(settings->minimum_separation_s, search->rate_hz);
  /* The level is read before the anchor: the one at rest, before the effort's own start. */
  const long earliest = larger_of(effort->first - step, search->earliest);
  long foot = effort->steepest, level_for = 0;
  double lowest_n = first_n;
  for (long anchor = foot - step; anchor > earliest && level_for <= rest; anchor -= step) {
    double level_n = level_before(search, anchor);
    if (level_n < lowest_n - step_n) {
      lowest_n = level_n;
      foot = anchor;
      level_for = 0;
    } else if (level_n <= lowest_n + step_n) {
      level_for += step;
    }
  }
  return first_n - lowest_n > tolerance_of(rise_n) / 2.0 ? foot : effort->steepest;
}

/* 10 % of the rise forgives a body that sways, yet a limb of 40 N on a plate that bears a push of
   400 N is within it: the empty plate, being calmer, would be the baseline, and onset the laying on
   of the limb. So where the level just before the rise is off the calmest window by more than half
   its threshold, the calmest window that is not takes its place, if there is one and it is level:
   one that climbs by more than the onset floor is a part of a slow rise. */
static long stay_on_level(const struct stance_effort_search *search,
                          const struct stance_analysis_settings *settings,
                          const struct quiet_request *wide, long calmest)
{
  struct quiet_statistics quiet = quiet_window_statistics(search->force_n, calmest, wide->length);
  struct quiet_request near = *wide;
  near.tolerance_n = fmax(threshold_sd * quiet.sd_n, settings->onset_floor_n) / 2.0;
  if (fabs(quiet.mean_n - wide->reference_n) <= near.tolerance_n)
    return calmest;
  long first = quiet_window_find(search->force_n, &near);
  if (first == STANCE_NO_SAMPLE ||
      fabs(effort_climb_n(search->force_n, first, near.length)) > settings->onset_floor_n)
    return calmest;
  return first;
}

/* The calmest window before `anchor`; false where none qualifies. */
static bool quiet_before(const struct stance_effort_search *search,
                         const struct stance_analysis_settings *settings, long anchor,
                         struct stance_effort *effort)
{
  long from, end;
  reference_span(search, anchor, &from, &end);
  double reference_n = median_of(search->force_n, from, end);
  double rise_n = search->force_n[effort->peak] - reference_n;
  struct quiet_request request = {
      .first = larger_of(search->earliest,
                         anchor - samples_of(settings->quiet_search_s, search->rate_hz)),
      .end = anchor,
      .length = larger_of(2, samples_of(settings->quiet_window_s, search->rate_hz)),
      .reference_n = reference_n,
      .tolerance_n = tolerance_of(rise_n),
  };
  if (isnan(reference_n))
    return false;
  long first = quiet_window_find(search->force_n, &request);
  if (first == STANCE_NO_SAMPLE)
    return false;
  first = stay_on_level(search, settings, &request, first);
  struct quiet_statistics quiet = quiet_window_statistics(search->force_n, first, request.length);
  effort->quiet_first = first;
  effort->quiet_count = request.length;
  effort->baseline_n = quiet.mean_n;
  effort->baseline_sd_n = quiet.sd_n;
  effort->baseline_range_n = quiet.range_n;
  return true;
}

/* Step 2. Leaves quiet_first at STANCE_NO_SAMPLE where no window qualifies.
   A rise can be well under way 500 ms before its steepest part: on a Nordic lowering, on a ramp, in
   any rise that starts slowly or falters. The level there is not the athlete at rest, and a window
   near that level holds a part of the rise. It shows: the threshold over such a window, 5 SD,
   leaves half of the tolerance. Only then is the window before the foot of the rise taken, if it is
   calmer. */
static void find_quiet_window(const struct stance_effort_search *search,
                              const struct stance_analysis_settings *settings,
                              struct stance_effort *effort)
{
  bool found = quiet_before(search, settings, effort->steepest, effort);
  double rise_n = search->force_n[effort->peak] - effort->baseline_n;
  if (found && threshold_sd * effort->baseline_sd_n <= tolerance_of(rise_n) / 2.0)
    return;
  long foot = foot_of_rise(search, settings, effort);
  struct stance_effort other = *effort;
  if (foot != effort->steepest && quiet_before(search, settings, foot, &other) &&
      !(other.baseline_sd_n >= effort->baseline_sd_n))
    *effort = other;
}

double effort_own_height_n(const struct stance_effort_search *search,
                           const struct stance_analysis_settings *settings,
                           const struct stance_effort *effort)
{
  switch (settings->onset_method) {
  case STANCE_ONSET_THRESHOLD_N:
    return settings->onset_floor_n;
  case STANCE_ONSET_PERCENT_PEAK:
    return settings->onset_percent / 100.0 * (search->force_n[effort->peak] - effort->baseline_n);
  case STANCE_ONSET_PERCENT_BODYWEIGHT:
    return settings->onset_percent / 100.0 * search->body_weight_n;
  case STANCE_ONSET_MEAN_SD:
  case STANCE_ONSET_DERIVATIVE: /* its end, and what two sides share */
  case STANCE_ONSET_METHOD_COUNT:
    break;
  }
  return fmax(settings->onset_sd * effort->baseline_sd_n, settings->onset_floor_n);
}

void stance_effort_anchor(const struct stance_effort_search *search,
                          const struct stance_analysis_settings *settings,
                          struct stance_effort *ret_effort)
{
  struct stance_effort effort = blank_effort();
  const double *f = search->force_n;
  effort.first = larger_of(larger_of(search->first, search->earliest), 0);
  effort.last = smaller_of(search->last, (long)search->sample_count - 1);
  effort.peak = highest(f, effort.first, effort.last);
  *ret_effort = effort;
  if (effort.peak == STANCE_NO_SAMPLE) {
    ret_effort->missing =
        STANCE_REASON_BIT(STANCE_REASON_NO_ONSET) | STANCE_REASON_BIT(STANCE_REASON_GAP_IN_WINDOW);
    return;
  }

  /* 90 % of the rise rather than of the gross peak: on a plate under a body the latter can lie
     below the athlete at rest, and adding a constant to the force must change nothing here. */
  double low_n = scan_lowest(f, effort.first, effort.peak);
  effort.t90 = first_at_or_above(f, effort.first, effort.peak,
                                 low_n + peak_fraction * (f[effort.peak] - low_n));
  effort.steepest = steepest_start(search, effort.first, effort.t90);
  if (effort.steepest == STANCE_NO_SAMPLE)
    effort.missing |= STANCE_REASON_BIT(STANCE_REASON_GAP_IN_WINDOW);
  else
    find_quiet_window(search, settings, &effort);

  if (effort.quiet_first == STANCE_NO_SAMPLE) {
    effort.missing |= STANCE_REASON_BIT(STANCE_REASON_NO_QUIET_WINDOW);
  } else {
    effort.threshold_n = effort.baseline_n + effort_own_height_n(search, settings, &effort);
    if (isnan(effort.threshold_n))
      effort.missing |= STANCE_REASON_BIT(STANCE_REASON_NO_BODY_MASS);
  }
  *ret_effort = effort;
}

double stance_effort_threshold_height_n(const struct stance_effort *effort)
{
  return effort->threshold_n - effort->baseline_n;
}
