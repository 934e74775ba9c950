/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one repetition of one side to its onset: SCIENCE 1.3, steps 1 to 4. */
#include "effort.h"

/* SCIENCE 1.3, step 1 */
static const double peak_fraction = 0.9;
static const double steepest_s = 0.05;
static const double before_t90_s = 3.0;
/* SCIENCE 1.3, step 2: where the level just before the rise is read, and how near to it the quiet
   window must be */
static const double reference_from_s = 0.5, reference_to_s = 0.1;
static const double tolerance_floor_n = 10.0, tolerance_fraction = 0.1;
/* The slope of the derivative method: 20 ms, the only window whose peak RFD was reliable (Comfort
   2019, SCIENCE 1.1). */
static const double slope_s = 0.02;

/* Lost samples between two that are above the threshold cost the onset nothing as long as no limb
   could have let go and pushed again in between: 20 ms, as above. */
static const double harmless_gap_s = 0.02;

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
  for (long i = first; i <= last; ++i) {
    if (force_n[i] >= level_n)
      return i;
  }
  return STANCE_NO_SAMPLE;
}

/* Earliest of the highest samples; NaN never compares. */
static long highest(const double *force_n, long first, long last)
{
  long best = STANCE_NO_SAMPLE;
  for (long i = first; i <= last; ++i) {
    if (best == STANCE_NO_SAMPLE ? isfinite(force_n[i]) : force_n[i] > force_n[best])
      best = i;
  }
  return best;
}

static double lowest_force(const double *force_n, long first, long last)
{
  double low = (double)INFINITY;
  for (long i = first; i <= last; ++i) {
    if (force_n[i] < low)
      low = force_n[i];
  }
  return low;
}

/* Start of the steepest 50 ms that ends by t90 where there is room for that. */
static long steepest_start(const struct stance_effort_search *search, long first, long t90)
{
  long width = larger_of(1, samples_of(steepest_s, search->rate_hz));
  long from = larger_of(first, t90 - samples_of(before_t90_s, search->rate_hz));
  long to = smaller_of(larger_of(from, t90 - width), (long)search->sample_count - 1 - width);
  long best = STANCE_NO_SAMPLE;
  double best_rise_n = -(double)INFINITY;
  for (long i = from; i <= to; ++i) {
    double rise_n = search->force_n[i + width] - search->force_n[i];
    if (rise_n > best_rise_n) {
      best_rise_n = rise_n;
      best = i;
    }
  }
  /* The recording ends within 50 ms of the effort's start: nothing but that start is left. */
  return best == STANCE_NO_SAMPLE && to < from ? from : best;
}

static double mean_of(const double *force_n, long first, long end)
{
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

/* A rise that is slow (20 to 80 % in more than 0.5 s, SCIENCE 1.3 step 6) can be well under way
   500 ms before its steepest part: on a Nordic lowering or a ramp the level there is not the
   athlete at rest. Then the anchor of the quiet window walks back, one reference span at a time,
   while the force before it was still lower by more than half the onset floor or a quarter of the
   quiet window's tolerance; 10 % of the rise in 1.6 s is the slowest rise that this follows. On
   a fast rise the anchor is r itself, as SCIENCE has it. */
static long quiet_anchor(const struct stance_effort_search *search,
                         const struct stance_analysis_settings *settings,
                         const struct stance_effort *effort, double low_n)
{
  const double *f = search->force_n;
  double rise_n = f[effort->peak] - low_n;
  long t80 = first_at_or_above(f, effort->first, effort->peak, low_n + 0.8 * rise_n);
  long t20 = t80;
  while (t20 > effort->first && !(f[t20] <= low_n + 0.2 * rise_n))
    --t20;
  if (t80 - t20 <= samples_of(0.5, search->rate_hz))
    return effort->steepest;

  double step_n = fmax(settings->onset_floor_n / 2.0, tolerance_fraction / 4.0 * rise_n);
  long step = larger_of(1, samples_of(reference_from_s - reference_to_s, search->rate_hz));
  long anchor = effort->steepest;
  double level_n = level_before(search, anchor);
  while (anchor - step > search->earliest) {
    double earlier_n = level_before(search, anchor - step);
    if (!(earlier_n < level_n - step_n))
      break;
    anchor -= step;
    level_n = earlier_n;
  }
  return anchor;
}

/* Step 2. Leaves quiet_first at STANCE_NO_SAMPLE where no window qualifies. */
static void find_quiet_window(const struct stance_effort_search *search,
                              const struct stance_analysis_settings *settings, double low_n,
                              struct stance_effort *effort)
{
  long anchor = quiet_anchor(search, settings, effort, low_n);
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
      .tolerance_n = fmax(tolerance_floor_n, tolerance_fraction * rise_n),
  };
  if (isnan(reference_n))
    return;
  long first = quiet_window_find(search->force_n, &request);
  if (first == STANCE_NO_SAMPLE)
    return;
  struct quiet_statistics quiet = quiet_window_statistics(search->force_n, first, request.length);
  effort->quiet_first = first;
  effort->quiet_count = request.length;
  effort->baseline_n = quiet.mean_n;
  effort->baseline_sd_n = quiet.sd_n;
  effort->baseline_range_n = quiet.range_n;
}

/* Step 3: height of the threshold above baseline, NaN where body weight is asked for and unknown.
 */
static double own_height_n(const struct stance_effort_search *search,
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
  double low_n = lowest_force(f, effort.first, effort.peak);
  effort.t90 = first_at_or_above(f, effort.first, effort.peak,
                                 low_n + peak_fraction * (f[effort.peak] - low_n));
  effort.steepest = steepest_start(search, effort.first, effort.t90);
  if (effort.steepest == STANCE_NO_SAMPLE)
    effort.missing |= STANCE_REASON_BIT(STANCE_REASON_GAP_IN_WINDOW);
  else
    find_quiet_window(search, settings, low_n, &effort);

  if (effort.quiet_first == STANCE_NO_SAMPLE) {
    effort.missing |= STANCE_REASON_BIT(STANCE_REASON_NO_QUIET_WINDOW);
  } else {
    effort.threshold_n = effort.baseline_n + own_height_n(search, settings, &effort);
    if (isnan(effort.threshold_n))
      effort.missing |= STANCE_REASON_BIT(STANCE_REASON_NO_BODY_MASS);
  }
  *ret_effort = effort;
}

double stance_effort_threshold_height_n(const struct stance_effort *effort)
{
  return effort->threshold_n - effort->baseline_n;
}

/* The walk sees the rise through one number a sample: what must exceed `limit`. */
struct walk {
  const double *force_n;
  long half_width; /* of the slope in samples; 0: the force itself */
  double width_s;
  double limit;
  long first, last; /* where the number exists */
};

static double walked(const struct walk *walk, long i)
{
  if (walk->half_width == 0)
    return walk->force_n[i];
  return (walk->force_n[i + walk->half_width] - walk->force_n[i - walk->half_width]) /
         walk->width_s;
}

/* Mean + onset_sd · SD of the slope over the quiet window. */
static double quiet_slope_limit(const struct walk *walk,
                                const struct stance_analysis_settings *settings,
                                const struct stance_effort *effort)
{
  double sum = 0.0, squares = 0.0, reference = (double)NAN;
  long count = 0;
  long end = effort->quiet_first + effort->quiet_count - walk->half_width;
  for (long i = effort->quiet_first + walk->half_width; i < end; ++i) {
    double slope = walked(walk, i);
    if (count == 0)
      reference = slope;
    sum += slope - reference;
    squares += (slope - reference) * (slope - reference);
    ++count;
  }
  double mean = sum / (double)count;
  double variance = count > 1 ? (squares - sum * mean) / (double)(count - 1) : 0.0;
  return reference + mean + settings->onset_sd * sqrt(fmax(0.0, variance));
}

static struct walk walk_of(const struct stance_effort_search *search,
                           const struct stance_analysis_settings *settings,
                           const struct stance_effort *effort)
{
  struct walk walk = {
      .force_n = search->force_n,
      .limit = effort->threshold_n,
      .first = search->earliest,
      .last = (long)search->sample_count - 1,
  };
  if (settings->onset_method == STANCE_ONSET_DERIVATIVE) {
    walk.half_width = larger_of(1, samples_of(slope_s / 2.0, search->rate_hz));
    walk.width_s = 2.0 * (double)walk.half_width / search->rate_hz;
    walk.first += walk.half_width;
    walk.last -= walk.half_width;
    walk.limit = settings->onset_slope_n_per_s > 0.0 ? settings->onset_slope_n_per_s
                                                     : quiet_slope_limit(&walk, settings, effort);
  }
  return walk;
}

/* Step 4: back from `from` to the last sample at or below the limit; onset is the next one. A run
   at or below it that is shorter than `hold` samples does not end the walk. A gap of at most
   `harmless_gap` samples between two that are above is walked over; at any other one the onset may
   lie in it. */
static long walk_back(const struct walk *walk, long from, long hold, long harmless_gap,
                      stance_reason_set *missing)
{
  long below = 0; /* length of the run being walked through */
  long lost = 0;  /* of the gap just walked over */
  for (long i = from; i >= walk->first; --i) {
    double value = walked(walk, i);
    if (!isfinite(value) && below == 0 && ++lost <= harmless_gap)
      continue;
    if (!isfinite(value) || (lost > 0 && value <= walk->limit)) {
      *missing |= STANCE_REASON_BIT(STANCE_REASON_GAP_IN_WINDOW);
      return STANCE_NO_SAMPLE;
    }
    lost = 0;
    below = value <= walk->limit ? below + 1 : 0;
    if (below >= hold && below > 0)
      return i + below;
  }
  *missing |= STANCE_REASON_BIT(lost > 0 ? STANCE_REASON_GAP_IN_WINDOW : STANCE_REASON_NO_ONSET);
  return STANCE_NO_SAMPLE;
}

/* Where the walk starts: r + 50 ms. A slow rise is not above the threshold there yet when r lies
   at its foot; then t90, which is. */
static long walk_start(const struct stance_effort_search *search, const struct walk *walk,
                       const struct stance_effort *effort)
{
  long start = effort->steepest + larger_of(1, samples_of(steepest_s, search->rate_hz));
  start = smaller_of(smaller_of(start, effort->peak), walk->last);
  if (start >= walk->first && walked(walk, start) <= walk->limit)
    start = smaller_of(larger_of(start, effort->t90), walk->last);
  return start;
}

/* SCIENCE 1.3, step 4: further back to the last sample <= mean, at most `longest` samples. */
static long step_back(const double *force_n, long earliest, long onset, long longest,
                      double baseline_n)
{
  long i = onset;
  while (i > earliest && i > onset - longest && force_n[i] > baseline_n)
    --i;
  return i;
}

/* First sample after the peak at or below the threshold; unknown where a gap may hide it. */
static long find_end(const struct stance_effort_search *search, const struct stance_effort *effort)
{
  long harmless_gap = samples_of(harmless_gap_s, search->rate_hz);
  long lost = 0;
  for (long i = effort->peak + 1; i <= effort->last; ++i) {
    if (!isfinite(search->force_n[i])) {
      if (++lost > harmless_gap)
        return STANCE_NO_SAMPLE;
      continue;
    }
    if (search->force_n[i] <= effort->threshold_n)
      return lost > 0 ? STANCE_NO_SAMPLE : i;
    lost = 0;
  }
  return STANCE_NO_SAMPLE;
}

void stance_effort_onset(const struct stance_effort_search *search,
                         const struct stance_analysis_settings *settings, double height_n,
                         struct stance_effort *effort)
{
  if (effort->quiet_first == STANCE_NO_SAMPLE || !isfinite(height_n)) {
    effort->missing |= STANCE_REASON_BIT(STANCE_REASON_NO_ONSET);
    return;
  }
  effort->threshold_n = effort->baseline_n + height_n;
  if (!(search->force_n[effort->peak] > effort->threshold_n)) {
    effort->missing |= STANCE_REASON_BIT(STANCE_REASON_NO_ONSET);
    return;
  }
  struct walk walk = walk_of(search, settings, effort);
  long hold = lround(settings->onset_hold_ms / 1000.0 * search->rate_hz);
  long harmless_gap = samples_of(harmless_gap_s, search->rate_hz);
  effort->onset =
      walk_back(&walk, walk_start(search, &walk, effort), hold, harmless_gap, &effort->missing);
  if (effort->onset > effort->peak) {
    effort->onset = STANCE_NO_SAMPLE; /* only the derivative can be below its limit at the top */
    effort->missing |= STANCE_REASON_BIT(STANCE_REASON_NO_ONSET);
  }
  effort->end = find_end(search, effort);
  if (effort->onset == STANCE_NO_SAMPLE)
    return;
  long backstep = lround(settings->onset_backstep_ms / 1000.0 * search->rate_hz);
  effort->onset =
      step_back(search->force_n, search->earliest, effort->onset, backstep, effort->baseline_n);
  effort->flags |= effort_quality(search, settings, effort);
}
