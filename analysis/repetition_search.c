/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smoothed copy of a force, and the order of what was found on it. */
#include "repetition_search.h"

#include <math.h>
#include <string.h>

/* Blocks per period of the cutoff: sixteen leave a wave at the cutoff within 0.7 % of its height
   (sinc of 1/16) and make the search ten times cheaper at 1 kHz. Only edges come from the blocks,
   never values. */
static const double blocks_per_period = 16.0;
/* Above this fraction of the block rate there is nothing left to filter. */
static const double cutoff_fraction_max = 0.4;

/* Mean of the whole instants of a block; NaN where there is none. */
static double block_mean(const struct searched *searched, long first, long count)
{
  double sum = 0.0;
  if (searched->force_n[1] == NULL) {
    for (long i = first; i < first + count; ++i)
      sum += searched->force_n[0][i];
  } else {
    for (long i = first; i < first + count; ++i)
      sum += searched->force_n[0][i] + searched->force_n[1][i];
  }
  if (isfinite(sum)) /* nearly every block */
    return sum / (double)count;
  sum = 0.0;
  long present = 0;
  for (long i = first; i < first + count; ++i) {
    double value = searched->force_n[0][i];
    if (searched->force_n[1] != NULL)
      value += searched->force_n[1][i];
    if (isfinite(value)) {
      sum += value;
      ++present;
    }
  }
  return present > 0 ? sum / (double)present : (double)NAN;
}

/* Straight lines over gaps, level ends; false where nothing is there at all. */
static bool bridge_gaps(double *value, long count)
{
  long before = STANCE_NO_SAMPLE; /* last one that is there */
  for (long i = 0; i < count; ++i) {
    if (isnan(value[i]))
      continue;
    for (long k = before + 1; k < i; ++k) {
      double share = before == STANCE_NO_SAMPLE ? 1.0 : (double)(k - before) / (double)(i - before);
      value[k] = before == STANCE_NO_SAMPLE ? value[i]
                                            : value[before] + share * (value[i] - value[before]);
    }
    before = i;
  }
  for (long k = before + 1; before != STANCE_NO_SAMPLE && k < count; ++k)
    value[k] = value[before];
  return before != STANCE_NO_SAMPLE;
}

/* Tunes the filter to the blocks; `ret_filter` is NULL where they are too slow to need it. */
static enum stance_status tune(const struct segmentation *segmentation, struct smooth *smooth,
                               struct stance_zero_phase *filter,
                               struct stance_zero_phase **ret_filter,
                               struct stance_problem *problem)
{
  double rate_hz = segmentation->trace->time.rate_hz;
  double cutoff_hz = segmentation->settings->cutoff_hz;
  long stride = (long)floor(rate_hz / (blocks_per_period * cutoff_hz));
  smooth->stride = stride > 1 ? stride : 1;
  smooth->rate_hz = rate_hz / (double)smooth->stride;
  smooth->origin = (long)segmentation->range.first;
  smooth->count = (long)segmentation->range.count / smooth->stride;
  *ret_filter = NULL;
  if (cutoff_hz > cutoff_fraction_max * smooth->rate_hz)
    return STANCE_OK;
  const struct stance_lowpass design = {
      .rate_hz = smooth->rate_hz, .cutoff_hz = cutoff_hz, .order_per_pass = 2, .passes = 2};
  enum stance_status status = stance_zero_phase_retune(filter, &design, problem);
  if (status == STANCE_OK)
    *ret_filter = filter;
  return status;
}

static void collect(struct collection *collection, const struct stance_segment *segment)
{
  size_t held = collection->count < collection->capacity ? collection->count : collection->capacity;
  size_t at = held;
  while (at > 0 && collection->segment[at - 1].peak > segment->peak)
    --at;
  collection->count += 1;
  if (at >= collection->capacity)
    return;
  size_t moved = (held < collection->capacity ? held : held - 1) - at;
  memmove(collection->segment + at + 1, collection->segment + at,
          moved * sizeof *collection->segment);
  collection->segment[at] = *segment;
}

/* Prominence of the largest peak among those of the k-th one's side. */
static double largest_of_side(const struct segmentation *segmentation, const struct smooth *smooth,
                              const struct turns *turns, long k)
{
  enum stance_side side = segmentation->order[(size_t)k % segmentation->order_count];
  double largest_n = 0.0;
  for (long other = turns->open_left ? 1 : 0; other < turns_peak_count(turns); ++other) {
    if (segmentation->order[(size_t)other % segmentation->order_count] == side)
      largest_n = fmax(largest_n, turns_prominence(smooth, turns, other));
  }
  return largest_n;
}

/* Of two legs in turn on one force the largest may be the other leg's: what 30 % of it leaves out
   is a fidget, or the weak leg, after which every attempt would be given to the wrong side. Nothing
   in the force tells which. Leaves the turns as turns_find does. */
static stance_reason_set find_in_turn(const struct segmentation *segmentation,
                                      const struct smooth *smooth, struct turns *turns)
{
  turns->keep_small = true;
  turns_find(smooth, segmentation->settings, turns);
  long all = turns_peak_count(turns);
  turns->keep_small = false;
  turns_find(smooth, segmentation->settings, turns);
  return all != turns_peak_count(turns) ? STANCE_REASON_BIT(STANCE_REASON_SIDES_DOUBTFUL) : 0;
}

/* Finds the turns; false in *ret_any where the force is not there at all. */
static enum stance_status find_turns_of(struct hunt *hunt, const struct searched *searched,
                                        bool *ret_any, struct stance_problem *problem)
{
  const struct segmentation *segmentation = &hunt->segmentation;
  struct smooth *smooth = &hunt->smooth;
  struct stance_zero_phase *tuned;
  enum stance_status status = tune(segmentation, smooth, hunt->filter, &tuned, problem);
  if (status != STANCE_OK)
    return status;
  smooth->force_n = hunt->scratch;
  for (long k = 0; k < smooth->count; ++k)
    smooth->force_n[k] = block_mean(searched, smooth->origin + k * smooth->stride, smooth->stride);
  *ret_any = bridge_gaps(smooth->force_n, smooth->count);
  if (!*ret_any)
    return STANCE_OK;
  if (tuned != NULL) {
    status =
        stance_zero_phase_apply(tuned, smooth->force_n, (size_t)smooth->count, smooth->force_n);
    if (status != STANCE_OK)
      return stance_problem_set(problem, status, "segmentation: the low-pass at %g Hz failed",
                                segmentation->settings->cutoff_hz);
  }
  hunt->turns = (struct turns){
      .at = hunt->scratch + smooth->count,
      .rest_between = segmentation->protocol->effort != STANCE_EFFORT_ECCENTRIC,
      .weight_rests = segmentation->protocol->rig != STANCE_RIG_STRAP,
  };
  hunt->doubt = 0;
  if (segmentation->order_count > 1)
    hunt->doubt = find_in_turn(segmentation, smooth, &hunt->turns);
  else
    turns_find(smooth, segmentation->settings, &hunt->turns);
  return STANCE_OK;
}

enum stance_status hunt_measure(struct hunt *hunt, const struct searched *searched,
                                double *ret_largest_n, struct stance_problem *problem)
{
  bool any;
  enum stance_status status = find_turns_of(hunt, searched, &any, problem);
  if (status == STANCE_OK)
    *ret_largest_n =
        any ? largest_of_side(&hunt->segmentation, &hunt->smooth, &hunt->turns, 0) : 0.0;
  return status;
}

/* What goes on where the stretch before cut an effort is the rest of that one. */
static void reject_remainder(const struct hunt *hunt, struct stance_segment *segment)
{
  if (hunt->cut_at == 0 || hunt->cut_at != hunt->segmentation.range.first ||
      segment->first != (long)hunt->cut_at)
    return;
  segment->status = STANCE_REPETITION_REJECTED;
  segment->reasons |=
      STANCE_REASON_BIT(STANCE_REASON_REJECTED) | STANCE_REASON_BIT(STANCE_REASON_TRUNCATED);
}

enum stance_status hunt_collect(struct hunt *hunt, const struct searched *searched, double known_n,
                                stance_reason_set reasons, struct collection *collection,
                                struct stance_problem *problem)
{
  bool any;
  enum stance_status status = find_turns_of(hunt, searched, &any, problem);
  if (status != STANCE_OK || !any)
    return status;
  const struct turns *turns = &hunt->turns;
  const struct stance_span range = hunt->segmentation.range;
  size_t cut_at = 0;
  /* Weight that rests on a plate from the start and then leaves it is no effort; a strap that is
     pulled from the start is one whose beginning is lost. */
  bool starts_loaded = turns->weight_rests && turns->open_left;
  for (long k = starts_loaded ? 1 : 0; k < turns_peak_count(turns); ++k) {
    double largest_n = fmax(known_n, largest_of_side(&hunt->segmentation, &hunt->smooth, turns, k));
    struct stance_segment segment =
        segment_judge(&hunt->segmentation, &hunt->smooth, turns, k, largest_n);
    segment.reasons |= hunt->doubt | reasons;
    reject_remainder(hunt, &segment);
    if ((segment.reasons & STANCE_REASON_BIT(STANCE_REASON_TRUNCATED)) != 0 &&
        segment.last + 1 == (long)(range.first + range.count))
      cut_at = range.first + range.count;
    collect(collection, &segment);
  }
  hunt->cut_at = cut_at;
  return STANCE_OK;
}
