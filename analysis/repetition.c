/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which force is searched for repetitions, its smoothed copy, and the order of what was found. */
#include "stance/repetition.h"

#include "segmentation.h"

#include <math.h>
#include <string.h>

/* Blocks per period of the cutoff: sixteen leave a wave at the cutoff within 0.7 % of its height
   (sinc of 1/16) and make the search ten times cheaper at 1 kHz. Only edges come from the blocks,
   never values. */
static const double blocks_per_period = 16.0;
/* Above this fraction of the block rate there is nothing left to filter. */
static const double cutoff_fraction_max = 0.4;

/* The forces whose samples add up to what is searched. */
struct searched {
  const double *force_n[2]; /* the second one NULL: a single force */
};

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

/* Collects segments in order of their peaks, the earliest `capacity` of them. */
struct collection {
  struct stance_segment *segment;
  size_t capacity, count;
};

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

/* The repetitions on one force. `smooth` is tuned; `turns` has room for as many blocks. */
static enum stance_status search(const struct segmentation *segmentation,
                                 const struct searched *searched, struct smooth *smooth,
                                 struct stance_zero_phase *filter, double *scratch,
                                 struct collection *collection)
{
  smooth->force_n = scratch;
  for (long k = 0; k < smooth->count; ++k)
    smooth->force_n[k] = block_mean(searched, smooth->origin + k * smooth->stride, smooth->stride);
  if (!bridge_gaps(smooth->force_n, smooth->count))
    return STANCE_OK;
  if (filter != NULL) {
    enum stance_status status =
        stance_zero_phase_apply(filter, smooth->force_n, (size_t)smooth->count, smooth->force_n);
    if (status != STANCE_OK)
      return status;
  }
  struct turns turns = {
      .at = scratch + smooth->count,
      .rest_between = segmentation->protocol->effort != STANCE_EFFORT_ECCENTRIC,
      .weight_rests = segmentation->protocol->rig != STANCE_RIG_STRAP,
  };
  stance_reason_set doubt = 0;
  if (segmentation->order_count > 1)
    doubt = find_in_turn(segmentation, smooth, &turns);
  else
    turns_find(smooth, segmentation->settings, &turns);
  /* Weight that rests on a plate from the start and then leaves it is no effort; a strap that is
     pulled from the start is one whose beginning is lost. */
  bool starts_loaded = turns.weight_rests && turns.open_left;
  for (long k = starts_loaded ? 1 : 0; k < turns_peak_count(&turns); ++k) {
    double largest_n = largest_of_side(segmentation, smooth, &turns, k);
    struct stance_segment segment = segment_judge(segmentation, smooth, &turns, k, largest_n);
    segment.reasons |= doubt;
    collect(collection, &segment);
  }
  return STANCE_OK;
}

/* What is searched, and whose it is. */
struct plan {
  struct {
    struct searched searched;
    enum stance_side side;
  } item[2];
  int count;
};

static void add_to_plan(struct plan *plan, const double *force_n, const double *second_n,
                        enum stance_side side)
{
  plan->item[plan->count].searched = (struct searched){.force_n = {force_n, second_n}};
  plan->item[plan->count++].side = side;
}

static void plan_both(const struct stance_force_trace *trace,
                      const struct stance_protocol *protocol, struct plan *plan)
{
  const double *left_n = trace->force_n[STANCE_LEFT], *right_n = trace->force_n[STANCE_RIGHT];
  const double *total_n = trace->force_n[STANCE_TOTAL];
  bool two = left_n != NULL && right_n != NULL;
  if (two && (protocol->rig == STANCE_RIG_STRAP || total_n == NULL))
    add_to_plan(plan, left_n, right_n, STANCE_BOTH);
  else if (total_n != NULL)
    add_to_plan(plan, total_n, NULL, STANCE_BOTH);
  else if (left_n != NULL)
    add_to_plan(plan, left_n, NULL, STANCE_LEFT);
  else if (right_n != NULL)
    add_to_plan(plan, right_n, NULL, STANCE_RIGHT);
}

/* The sides that the protocol names, each on its own force, else on the only one there is. */
static void plan_sides(const struct stance_force_trace *trace,
                       const struct stance_protocol *protocol, struct plan *plan)
{
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; ++side) {
    bool named = protocol->sides == STANCE_SIDES_EACH ||
                 (protocol->sides == STANCE_SIDES_LEFT) == (side == STANCE_LEFT);
    if (named && trace->force_n[side] != NULL)
      add_to_plan(plan, trace->force_n[side], NULL, (enum stance_side)side);
  }
  if (plan->count > 0 || trace->force_n[STANCE_TOTAL] == NULL)
    return;
  enum stance_side side = protocol->sides == STANCE_SIDES_LEFT    ? STANCE_LEFT
                          : protocol->sides == STANCE_SIDES_RIGHT ? STANCE_RIGHT
                                                                  : STANCE_BOTH;
  add_to_plan(plan, trace->force_n[STANCE_TOTAL], NULL, side);
}

static enum stance_status make_plan(const struct stance_force_trace *trace,
                                    const struct stance_protocol *protocol, size_t side_order_count,
                                    struct plan *ret_plan, struct stance_problem *problem)
{
  if (protocol->sides == STANCE_SIDES_BOTH)
    plan_both(trace, protocol, ret_plan);
  else
    plan_sides(trace, protocol, ret_plan);
  if (ret_plan->count == 0)
    return stance_problem_set(problem, STANCE_USAGE,
                              "protocol %s tests the side '%s', which this recording does not "
                              "have; name the columns (left=…, right=…) or choose another protocol",
                              protocol->id, stance_protocol_sides_name(protocol->sides));
  bool sides_unknown = ret_plan->item[0].side == STANCE_BOTH &&
                       trace->force_n[STANCE_LEFT] == NULL &&
                       trace->force_n[STANCE_RIGHT] == NULL && side_order_count == 0;
  if (sides_unknown && protocol->effort == STANCE_EFFORT_ECCENTRIC)
    return stance_problem_set(
        problem, STANCE_USAGE,
        "protocol %s needs the force of each leg, and this recording has one "
        "force without a side; name the columns (left=…, right=…) or the side",
        protocol->id);
  return STANCE_OK;
}

enum stance_status stance_repetitions_find(
    const struct stance_force_trace *trace, struct stance_span range,
    const struct stance_protocol *protocol, const struct stance_analysis_settings *settings,
    const enum stance_side *side_order, size_t side_order_count, struct stance_zero_phase *filter,
    double *scratch, struct stance_segment *ret_segments, size_t capacity, size_t *ret_count,
    struct stance_problem *problem)
{
  struct plan plan = {.count = 0};
  enum stance_status status = make_plan(trace, protocol, side_order_count, &plan, problem);
  if (status != STANCE_OK)
    return status;
  struct segmentation segmentation = {
      .trace = trace, .range = range, .protocol = protocol, .settings = settings};
  struct smooth smooth;
  struct stance_zero_phase *tuned;
  status = tune(&segmentation, &smooth, filter, &tuned, problem);
  if (status != STANCE_OK)
    return status;

  struct collection collection = {.segment = ret_segments, .capacity = capacity};
  for (int k = 0; k < plan.count; ++k) {
    bool in_turn = plan.count == 1 && side_order_count > 0;
    segmentation.order = in_turn ? side_order : &plan.item[k].side;
    segmentation.order_count = in_turn ? side_order_count : 1;
    status = search(&segmentation, &plan.item[k].searched, &smooth, tuned, scratch, &collection);
    if (status != STANCE_OK)
      return stance_problem_set(problem, status, "segmentation: the low-pass at %g Hz failed",
                                settings->cutoff_hz);
  }
  *ret_count = collection.count;
  return STANCE_OK;
}
