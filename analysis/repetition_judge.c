/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edges and status of one repetition: SCIENCE 3. */
#include "segmentation.h"

#include "scan.h"

#include <math.h>

/* An edge is where the smoothed force has come down to its neighbouring minimum, give or take half
   the onset floor (so that it lies before any onset) or 1 % of the flank. */
static const double edge_fraction = 0.01;
/* A break falls at least as fast as the slowest rise that SCIENCE 1.3 calls explosive climbs: 60 %
   of the height in 0.5 s, so 80 to 50 % in 0.25 s. Below half a strap may go on being loaded by
   the athlete lying in it. */
static const double break_from = 0.8, break_to = 0.5, break_s = 0.25;
/* Averages out sensor noise, which would raise the weak side's share; SCIENCE 1.2 uses the same
   length for peak_force_mean_100ms. */
static const double side_mean_s = 0.1;
/* The other side may begin before this one's edge: SCIENCE 1.3 reads the level before a rise from
   500 ms before it. */
static const double side_lead_s = 0.5;

static stance_reason_set bit(enum stance_reason reason)
{
  return STANCE_REASON_BIT(reason);
}

static double edge_level(const struct smooth *smooth,
                         const struct stance_analysis_settings *settings, long peak, long valley)
{
  double flank_n = smooth->force_n[peak] - smooth->force_n[valley];
  return smooth->force_n[valley] + fmax(settings->onset_floor_n / 2.0, edge_fraction * flank_n);
}

/* First and last raw sample of the k-th repetition. */
static void set_edges(const struct smooth *smooth, const struct turns *turns, long k,
                      const struct stance_analysis_settings *settings, long range_end,
                      struct stance_segment *segment)
{
  long peak = turns_peak(turns, k);
  long before = turns_valley_before(turns, k), after = turns_valley_after(turns, k);
  segment->peak = smooth->origin + peak * smooth->stride + smooth->stride / 2;
  segment->first = smooth->origin;
  segment->last = range_end - 1;
  if (before != STANCE_NO_SAMPLE) {
    double level_n = edge_level(smooth, settings, peak, before);
    long edge = peak;
    while (edge > before && smooth->force_n[edge] > level_n)
      --edge;
    segment->first = smooth->origin + edge * smooth->stride;
  }
  if (after != STANCE_NO_SAMPLE) {
    /* Not 1 % of the flank: the return below the threshold must lie inside. */
    double level_n = smooth->force_n[after] + settings->onset_floor_n / 2.0;
    long edge = peak;
    while (edge < after && smooth->force_n[edge] > level_n)
      ++edge;
    segment->last = smooth->origin + (edge + 1) * smooth->stride - 1;
  }
}

/* Whether the force fell rapidly after the peak, as it does when it can no longer be resisted. */
static bool breaks(const struct smooth *smooth, const struct turns *turns, long k)
{
  long peak = turns_peak(turns, k);
  long before = turns_valley_before(turns, k), after = turns_valley_after(turns, k);
  if (before == STANCE_NO_SAMPLE || after == STANCE_NO_SAMPLE)
    return false;
  double base_n = smooth->force_n[before];
  double height_n = smooth->force_n[peak] - base_n;
  long high = peak, half = peak;
  while (half <= after && smooth->force_n[half] > base_n + break_to * height_n) {
    if (smooth->force_n[half] >= base_n + break_from * height_n)
      high = half;
    ++half;
  }
  return half <= after && (double)(half - high) <= break_s * smooth->rate_hz;
}

/* How far the 100 ms mean of one force stands above its lowest so far: at most over [first, last],
   and at the end of it. NaN where it has no 100 ms without a gap. */
struct side_rise {
  double largest_n, last_n;
};

static struct side_rise side_rise(const double *force_n, double rate_hz, long first, long last)
{
  long width = lround(side_mean_s * rate_hz);
  width = width > 1 ? width : 1;
  struct side_rise rise = {.largest_n = (double)NAN, .last_n = (double)NAN};
  double low_n = (double)INFINITY;
  /* From the end, so that the last mean ends there. */
  long blocks = (last + 1 - first) / width;
  for (long i = last + 1 - blocks * width; i + width <= last + 1; i += width) {
    double mean_n = scan_sum(force_n, i, i + width - 1) / (double)width;
    if (!isfinite(mean_n))
      continue;
    low_n = mean_n < low_n ? mean_n : low_n;
    rise.last_n = mean_n - low_n;
    rise.largest_n = rise.largest_n > rise.last_n ? rise.largest_n : rise.last_n;
  }
  return rise;
}

/* In a bilateral repetition: one side's largest force under 30 % of the other's. In one of a single
   side: at its peak it stood under 30 % of what the other side did at that moment (the passive leg
   that follows, cross-talk); a weak leg on its own is as strong as it is. */
static bool one_sided(const struct segmentation *segmentation, const struct stance_segment *segment)
{
  double *const *force_n = segmentation->trace->force_n;
  if (force_n[STANCE_LEFT] == NULL || force_n[STANCE_RIGHT] == NULL)
    return false;
  double rate_hz = segmentation->trace->time.rate_hz;
  double fraction = segmentation->settings->one_sided_fraction;
  long first = segment->first - lround(side_lead_s * rate_hz);
  if (first < (long)segmentation->range.first)
    first = (long)segmentation->range.first;
  long last = segment->side == STANCE_BOTH ? segment->last : segment->peak;
  struct side_rise left = side_rise(force_n[STANCE_LEFT], rate_hz, first, last);
  struct side_rise right = side_rise(force_n[STANCE_RIGHT], rate_hz, first, last);
  if (segment->side == STANCE_LEFT)
    return left.last_n < fraction * right.last_n;
  if (segment->side == STANCE_RIGHT)
    return right.last_n < fraction * left.last_n;
  return left.largest_n < fraction * right.largest_n || right.largest_n < fraction * left.largest_n;
}

/* The highest point that was seen lies so close to the end of the range that a break after it would
   not be over: the repetition's own peak may be beyond. What is held is past its rise when it has
   been above 90 % of it (t90, SCIENCE 1.3) for as long. */
static bool still_rising(const struct segmentation *segmentation, const struct smooth *smooth,
                         const struct turns *turns, long k)
{
  long peak = turns_peak(turns, k), before = turns_valley_before(turns, k);
  long seen = smooth->count - (long)(break_s * smooth->rate_hz);
  if (turns_valley_after(turns, k) != STANCE_NO_SAMPLE || before == STANCE_NO_SAMPLE || peak < seen)
    return false;
  if (segmentation->protocol->effort == STANCE_EFFORT_ECCENTRIC || seen < before)
    return true;
  const double *s = smooth->force_n;
  return s[seen] < s[before] + 0.9 * (s[peak] - s[before]);
}

struct stance_segment segment_judge(const struct segmentation *segmentation,
                                    const struct smooth *smooth, const struct turns *turns, long k,
                                    double largest_n)
{
  struct stance_segment segment = {
      .side = segmentation->order[(size_t)k % segmentation->order_count],
      .status = STANCE_REPETITION_ACCEPTED,
  };
  const struct stance_span range = segmentation->range;
  set_edges(smooth, turns, k, segmentation->settings, (long)(range.first + range.count), &segment);

  bool cut_off = turns_valley_before(turns, k) == STANCE_NO_SAMPLE ||
                 still_rising(segmentation, smooth, turns, k);
  if (segmentation->protocol->effort == STANCE_EFFORT_ECCENTRIC && !breaks(smooth, turns, k))
    segment.reasons |= bit(STANCE_REASON_NO_BREAK);
  if (turns_prominence(smooth, turns, k) < segmentation->settings->partial_fraction * largest_n) {
    segment.status = STANCE_REPETITION_PARTIAL;
    segment.reasons |= bit(STANCE_REASON_PARTIAL);
  }
  bool rejected = false;
  if (one_sided(segmentation, &segment)) {
    rejected = true;
    segment.reasons |= bit(STANCE_REASON_ONE_SIDED);
  }
  if (cut_off) {
    rejected = true;
    segment.reasons |= bit(STANCE_REASON_TRUNCATED);
  }
  if (rejected) {
    segment.status = STANCE_REPETITION_REJECTED;
    segment.reasons |= bit(STANCE_REASON_REJECTED);
  }
  return segment;
}
