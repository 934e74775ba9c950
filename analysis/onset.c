/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an effort's anchor and threshold to its onset and end: SCIENCE 1.3, step 4. */
#include "effort.h"
#include "scan.h"

/* The slope of the derivative method: 20 ms, the only window whose peak RFD was reliable (Comfort
   2019, SCIENCE 1.1). */
static const double slope_s = 0.02;

/* Lost samples between two that are above the threshold cost the onset nothing as long as no limb
   could have let go and pushed again in between: 20 ms, as above. */
static const double harmless_gap_s = 0.02;

/* The walk sees the rise through one number a sample: what must exceed `limit`. */
struct walk {
  const double *force_n;
  long half_width; /* of the slope in samples; 0: the force itself */
  double width_s;
  double limit;
  long first, last;       /* where the number exists */
  long harmless_gap;      /* samples */
  double rise_per_sample; /* of the force at its steepest; NaN where unknown */
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
      .harmless_gap = samples_of(harmless_gap_s, search->rate_hz),
      .rise_per_sample = (double)NAN,
  };
  long width = larger_of(1, samples_of(STEEPEST_S, search->rate_hz));
  if (settings->onset_method != STANCE_ONSET_DERIVATIVE && effort->steepest + width <= walk.last)
    walk.rise_per_sample =
        (search->force_n[effort->steepest + width] - search->force_n[effort->steepest]) /
        (double)width;
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

/* Whether the onset can lie in a gap that ends at a value of `later`: not in a short one, nor where
   the force would have had to climb there twice as fast as at the steepest that was seen (a steeper
   part may be lost in the gap). */
static bool gap_can_hide_onset(const struct walk *walk, long lost, double later)
{
  return lost > walk->harmless_gap &&
         !(later - walk->limit > 2.0 * walk->rise_per_sample * (double)lost);
}

/* Step 4: back from `from` to the last sample at or below the limit; onset is the next one. A run
   at or below it that is shorter than `hold` samples does not end the walk. A gap is walked over
   where it lies between two samples above and cannot hide the onset. */
static long walk_back(const struct walk *walk, long from, long hold, stance_reason_set *missing)
{
  long below = 0; /* length of the run being walked through */
  long lost = 0;  /* of the gap just walked over */
  double later = (double)NAN;
  for (long i = from; i >= walk->first; --i) {
    double value = walked(walk, i);
    if (value > walk->limit && lost == 0) { /* nearly every sample */
      if (walk->half_width == 0)
        i = scan_back_not_above(walk->force_n, walk->first, i, walk->limit) + 1;
      later = walked(walk, i);
      below = 0;
      continue;
    }
    if (!isfinite(value) && below == 0) {
      ++lost;
      continue;
    }
    if (!isfinite(value) ||
        (lost > 0 && (value <= walk->limit || gap_can_hide_onset(walk, lost, later)))) {
      *missing |= STANCE_REASON_BIT(STANCE_REASON_GAP_IN_WINDOW);
      return STANCE_NO_SAMPLE;
    }
    lost = 0;
    later = value;
    below = value <= walk->limit ? below + 1 : 0;
    if (below >= hold && below > 0)
      return i + below;
  }
  *missing |= STANCE_REASON_BIT(lost > 0 ? STANCE_REASON_GAP_IN_WINDOW : STANCE_REASON_NO_ONSET);
  return STANCE_NO_SAMPLE;
}

/* Where the walk starts: r + 50 ms. A slow rise may not be above the threshold there yet; then t90,
   or the peak, which is. */
static long walk_start(const struct stance_effort_search *search, const struct walk *walk,
                       const struct stance_effort *effort)
{
  long start = effort->steepest + larger_of(1, samples_of(STEEPEST_S, search->rate_hz));
  start = smaller_of(smaller_of(start, effort->peak), walk->last);
  if (start >= walk->first && walked(walk, start) <= walk->limit)
    start = smaller_of(larger_of(start, effort->t90), walk->last);
  if (start >= walk->first && walked(walk, start) <= walk->limit)
    start = smaller_of(effort->peak, walk->last);
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
    if (lost == 0)
      i = scan_not_above(search->force_n, i, effort->last, effort->threshold_n);
    if (i > effort->last)
      break;
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

void effort_find_onset(const struct stance_effort_search *search,
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
  effort->onset = walk_back(&walk, walk_start(search, &walk, effort), hold, &effort->missing);
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
}

void stance_effort_onset(const struct stance_effort_search *search,
                         const struct stance_analysis_settings *settings, double height_n,
                         struct stance_effort *effort)
{
  effort_find_onset(search, settings, height_n, effort);
  if (effort->onset != STANCE_NO_SAMPLE)
    effort->flags |= effort_quality(search, settings, effort);
}
