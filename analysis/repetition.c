/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which force is searched for repetitions, and over which stretches. */
#include "stance/repetition.h"

#include "repetition_parts.h"
#include "repetition_search.h"

#include <math.h>

/* What is searched, and whose it is. */
struct plan {
  struct {
    struct searched searched;
    enum stance_side side;
  } item[2];
  int count;
  const double *left_n, *right_n; /* of a bilateral force that is their sum; else NULL */
};

static void add_to_plan(struct plan *plan, const double *force_n, const double *second_n,
                        enum stance_side side)
{
  plan->item[plan->count].searched = (struct searched){.force_n = {force_n, second_n}};
  plan->item[plan->count++].side = side;
}

/* A total of its own may be there where a side is not. */
static bool lacks_what_sides_lack(const double *total_n, const double *left_n,
                                  const double *right_n, size_t count)
{
  for (size_t i = 0; i < count; ++i)
    if (isfinite(total_n[i]) && !isfinite(left_n[i] + right_n[i]))
      return false;
  return true;
}

static void plan_both(const struct stance_force_trace *trace,
                      const struct stance_protocol *protocol, struct plan *plan)
{
  const double *left_n = trace->force_n[STANCE_LEFT], *right_n = trace->force_n[STANCE_RIGHT];
  const double *total_n = trace->force_n[STANCE_TOTAL];
  bool two = left_n != NULL && right_n != NULL;
  bool summed = two && (protocol->rig == STANCE_RIG_STRAP || total_n == NULL);
  if (summed)
    add_to_plan(plan, left_n, right_n, STANCE_BOTH);
  else if (total_n != NULL)
    add_to_plan(plan, total_n, NULL, STANCE_BOTH);
  else if (left_n != NULL)
    add_to_plan(plan, left_n, NULL, STANCE_LEFT);
  else if (right_n != NULL)
    add_to_plan(plan, right_n, NULL, STANCE_RIGHT);
  if (summed || (two && lacks_what_sides_lack(total_n, left_n, right_n, trace->sample_count))) {
    plan->left_n = left_n;
    plan->right_n = right_n;
  }
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

static void enter_part(struct hunt *hunt, const struct part *part, const enum stance_side *side)
{
  hunt->segmentation.range =
      (struct stance_span){(size_t)part->first, (size_t)(part->end - part->first)};
  hunt->segmentation.order = side;
  hunt->segmentation.order_count = 1;
}

/* False where that force was not sampled in the part, or the part is too short for an effort and
   the quiet before it. */
static bool choose_in_part(const struct plan *plan, const struct part *part, long shortest,
                           enum stance_side side, struct searched *ret_searched)
{
  const bool both = part->sampled[STANCE_LEFT] && part->sampled[STANCE_RIGHT];
  if (part->end - part->first < shortest || !(side == STANCE_BOTH ? both : part->sampled[side]))
    return false;
  *ret_searched = plan->item[0].searched;
  if (side != STANCE_BOTH)
    *ret_searched =
        (struct searched){.force_n = {side == STANCE_LEFT ? plan->left_n : plan->right_n}};
  return true;
}

static const enum stance_side part_sides[] = {STANCE_LEFT, STANCE_RIGHT, STANCE_BOTH};
enum { PART_SIDE_COUNT = sizeof part_sides / sizeof *part_sides };

/* The largest prominence of each force over all parts in which it was sampled: in a part where an
   athlete only fidgets the fidget must not be the measure. */
static enum stance_status measure_parts(struct hunt *hunt, const struct plan *plan,
                                        struct stance_span range, long shortest,
                                        double ret_largest_n[STANCE_SIDE_COUNT],
                                        struct stance_problem *problem)
{
  struct part part = {0};
  enum stance_status status = STANCE_OK;
  while (status == STANCE_OK && parts_next(plan->left_n, plan->right_n, range, shortest, &part))
    for (size_t k = 0; k < PART_SIDE_COUNT && status == STANCE_OK; ++k) {
      const enum stance_side side = part_sides[k];
      struct searched searched;
      double largest_n = 0.0;
      if (!choose_in_part(plan, &part, shortest, side, &searched))
        continue;
      enter_part(hunt, &part, &side);
      status = hunt_measure(hunt, &searched, &largest_n, problem);
      ret_largest_n[side] = fmax(ret_largest_n[side], largest_n);
    }
  return status;
}

/* While one of the two instruments is away the other one's efforts are efforts of its side. */
static enum stance_status search_parts(struct hunt *hunt, const struct plan *plan,
                                       struct stance_span range, long shortest,
                                       struct collection *collection,
                                       struct stance_problem *problem)
{
  double largest_n[STANCE_SIDE_COUNT] = {0};
  enum stance_status status = measure_parts(hunt, plan, range, shortest, largest_n, problem);
  struct part part = {0};
  while (status == STANCE_OK && parts_next(plan->left_n, plan->right_n, range, shortest, &part)) {
    const bool *sampled = part.sampled;
    const bool both = sampled[STANCE_LEFT] == sampled[STANCE_RIGHT]; /* or nobody */
    const enum stance_side alone = sampled[STANCE_LEFT] ? STANCE_LEFT : STANCE_RIGHT;
    const enum stance_side side = both ? STANCE_BOTH : alone;
    struct searched searched;
    if (!choose_in_part(plan, &part, shortest, side, &searched))
      continue;
    enter_part(hunt, &part, &side);
    status = hunt_collect(hunt, &searched, largest_n[side],
                          both ? 0 : STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_SAMPLED), collection,
                          problem);
  }
  return status;
}

/* Whether one of the two sides was away for a while. */
static bool comes_in_parts(const struct plan *plan, struct stance_span range, long shortest)
{
  struct part part = {0};
  return plan->left_n != NULL && range.count > 0 &&
         parts_next(plan->left_n, plan->right_n, range, shortest, &part) &&
         (part.end < (long)(range.first + range.count) || !part.sampled[0] || !part.sampled[1]);
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
  struct hunt hunt = {
      .segmentation = {.trace = trace, .range = range, .protocol = protocol, .settings = settings},
      .filter = filter,
      .scratch = scratch,
  };
  struct collection collection = {.segment = ret_segments, .capacity = capacity};
  const long shortest = lround(settings->quiet_window_s * trace->time.rate_hz);
  const bool in_parts = comes_in_parts(&plan, range, shortest > 2 ? shortest : 2);
  if (in_parts)
    status = search_parts(&hunt, &plan, range, shortest > 2 ? shortest : 2, &collection, problem);
  for (int k = 0; k < plan.count && status == STANCE_OK && !in_parts; ++k) {
    bool in_turn = plan.count == 1 && side_order_count > 0;
    hunt.segmentation.order = in_turn ? side_order : &plan.item[k].side;
    hunt.segmentation.order_count = in_turn ? side_order_count : 1;
    status = hunt_collect(&hunt, &plan.item[k].searched, 0.0, 0, &collection, problem);
  }
  if (status == STANCE_OK)
    *ret_count = collection.count;
  return status;
}
