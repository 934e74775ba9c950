/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Best, mean and mean of three over the accepted repetitions. */
#include "compare.h"

#include <assert.h>
#include <math.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

/* The accepted repetitions of one side in order, no more than the first `limit` of them. */
struct accepted {
  const struct stance_result *result;
  enum stance_side side; /* BOTH: those in which left and right took part */
  unsigned limit;
  bool paired; /* only those in which the other side was sampled too */
};

const char *stance_summary_id(enum stance_summary_rule rule)
{
  static const char *const ids[STANCE_SUMMARY_COUNT] = {
      [STANCE_SUMMARY_BEST] = "best",
      [STANCE_SUMMARY_MEAN] = "mean",
      [STANCE_SUMMARY_MEAN_OF_3] = "mean_of_3",
  };
  assert(rule < STANCE_SUMMARY_COUNT);
  return ids[rule];
}

static bool is_accepted(const struct stance_repetition *repetition, enum stance_side side)
{
  const bool *took_part = repetition->took_part;
  const bool takes_part =
      side == STANCE_BOTH ? took_part[STANCE_LEFT] && took_part[STANCE_RIGHT] : took_part[side];
  return takes_part && repetition->status == STANCE_REPETITION_ACCEPTED;
}

/* A bilateral test of which only one side was sampled. */
static bool is_unpaired(const struct stance_repetition *repetition)
{
  return (repetition->reasons & BIT(SIDE_NOT_SAMPLED)) != 0;
}

static unsigned accepted_count(const struct stance_result *result, enum stance_side side)
{
  unsigned count = 0;
  for (size_t k = 0; k < result->repetition_count; k++)
    count += is_accepted(&result->repetition[k], side) ? 1 : 0;
  return count;
}

/* The next accepted one at or after `*k`, NULL past the last; counts in `*seen`. */
static const struct stance_repetition *next_accepted(const struct accepted *set, size_t *k,
                                                     unsigned *seen)
{
  for (; *k < set->result->repetition_count && *seen < set->limit; (*k)++) {
    const struct stance_repetition *repetition = &set->result->repetition[*k];
    if (is_accepted(repetition, set->side) && !(set->paired && is_unpaired(repetition))) {
      (*k)++;
      (*seen)++;
      return repetition;
    }
  }
  return NULL;
}

/* By what repetitions are ranked: the compared peak, of both sides the larger. */
static double rank_of(const struct accepted *set, const struct stance_repetition *repetition)
{
  const enum stance_metric compared = set->result->protocol.compared;
  if (set->side != STANCE_BOTH)
    return repetition->value[set->side][compared].value;
  return fmax(repetition->value[STANCE_LEFT][compared].value,
              repetition->value[STANCE_RIGHT][compared].value);
}

/* The repetition with the highest compared peak. One with a countermovement stands back for any
   without; one whose peak is unknown cannot be it. NULL where there is none. */
static const struct stance_repetition *best_repetition(const struct accepted *set,
                                                       stance_reason_set *ret_unknown)
{
  const struct stance_repetition *best = NULL, *repetition;
  const enum stance_metric compared = set->result->protocol.compared;
  *ret_unknown = 0;
  size_t k = 0;
  unsigned seen = 0;
  while ((repetition = next_accepted(set, &k, &seen)) != NULL) {
    if (isnan(rank_of(set, repetition))) {
      *ret_unknown |=
          repetition->value[set->side == STANCE_BOTH ? STANCE_LEFT : set->side][compared].reasons;
      continue;
    }
    const bool dips = (repetition->reasons & BIT(COUNTERMOVEMENT)) != 0;
    const bool best_dips = best != NULL && (best->reasons & BIT(COUNTERMOVEMENT)) != 0;
    if (best == NULL || (best_dips && !dips) ||
        (best_dips == dips && rank_of(set, repetition) > rank_of(set, best)))
      best = repetition;
  }
  return best;
}

static struct stance_value missing_value(stance_reason_set reasons)
{
  return (struct stance_value){
      .value = (double)NAN, .uncertainty = (double)NAN, .reasons = reasons};
}

/* Every metric of the best repetition, not the best of every metric: the values belong together.
   Where another repetition's peak is unknown, the best one is only the best of those known. */
static struct stance_value best_value(const struct accepted *set, enum stance_metric metric)
{
  stance_reason_set unknown;
  const struct stance_repetition *best = best_repetition(set, &unknown);
  if (best == NULL)
    return missing_value(unknown);
  struct stance_value value = best->value[set->side][metric];
  if (!stance_value_is_missing(&value))
    value.reasons |= unknown | (best->reasons & BIT(COUNTERMOVEMENT));
  return value;
}

/* Uncertainty of a mean over `count` repetitions: what they share (calibration, zero) stays, what
   each has of its own (noise) averages out. */
struct mean_uncertainty {
  double shared, own_variance; /* sums over the repetitions, k = 1; NaN once one has none */
};

static void mean_uncertainty_add(struct mean_uncertainty *sum, const struct stance_value *value)
{
  const double standard = value->uncertainty / STANCE_COVERAGE_FACTOR;
  const double own_variance = value->uncertainty_own * value->uncertainty_own;
  const double shared_variance = standard * standard - own_variance;
  sum->shared += shared_variance < 0 ? 0 : sqrt(shared_variance); /* rounding may go below 0 */
  sum->own_variance += own_variance;
}

/* Mean over the repetitions that have the value; where some have not, their reasons flag it. A
   mean of three needs all three. */
static struct stance_value mean_value(const struct accepted *set, enum stance_metric metric,
                                      bool all_needed)
{
  stance_reason_set missing = 0, flags = 0;
  double sum = 0;
  struct mean_uncertainty uncertainty = {0};
  unsigned count = 0, seen = 0;
  size_t k = 0;
  const struct stance_repetition *repetition;
  while ((repetition = next_accepted(set, &k, &seen)) != NULL) {
    const struct stance_value *value = &repetition->value[set->side][metric];
    if (stance_value_is_missing(value)) {
      missing |= value->reasons;
      continue;
    }
    flags |= value->reasons;
    sum += value->value;
    mean_uncertainty_add(&uncertainty, value);
    count++;
  }
  if (count == 0 || (all_needed && missing != 0))
    return missing_value(missing);
  const double own = sqrt(uncertainty.own_variance) / count;
  return (struct stance_value){.value = sum / count,
                               .uncertainty =
                                   STANCE_COVERAGE_FACTOR * hypot(uncertainty.shared / count, own),
                               .uncertainty_own = own,
                               .reasons = flags | missing};
}

static struct stance_value rule_value(const struct stance_result *result,
                                      enum stance_summary_rule rule, enum stance_side side,
                                      enum stance_metric metric, unsigned limit, bool paired)
{
  const unsigned three = limit < 3 ? limit : 3;
  const struct accepted set = {.result = result,
                               .side = side,
                               .limit = rule == STANCE_SUMMARY_MEAN_OF_3 ? three : limit,
                               .paired = paired};
  if (rule == STANCE_SUMMARY_MEAN_OF_3 && three < 3)
    return missing_value(BIT(TOO_FEW_REPETITIONS));
  return rule == STANCE_SUMMARY_BEST ? best_value(&set, metric)
                                     : mean_value(&set, metric, rule == STANCE_SUMMARY_MEAN_OF_3);
}

/* Why a side has no accepted repetition. */
static stance_reason_set why_none(const struct stance_result *result, enum stance_side side)
{
  const bool alone = !result->measured[STANCE_LEFT] && !result->measured[STANCE_RIGHT];
  const bool on_plates = result->protocol.rig != STANCE_RIG_STRAP;
  bool under_test = result->attempted[side] > 0;
  if (side == STANCE_TOTAL)
    under_test |= result->measured[side] &&
                  (alone || (on_plates && result->protocol.sides == STANCE_SIDES_BOTH));
  else if (result->protocol.sides == STANCE_SIDES_BOTH)
    under_test |= result->measured[side];
  else if (result->protocol.sides != STANCE_SIDES_EACH)
    under_test |= (result->protocol.sides == STANCE_SIDES_LEFT) == (side == STANCE_LEFT);
  return under_test ? BIT(NO_REPETITION) | (result->flags & BIT(NO_EFFORTS_PHASE))
                    : BIT(SIDE_NOT_TESTED);
}

static void summarise_side(struct stance_result *result, enum stance_side side)
{
  const unsigned count = accepted_count(result, side);
  result->used[side] = count;
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++) {
    for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
      struct stance_value *value = &result->summary[rule][side][metric];
      if (stance_metric_info((enum stance_metric)metric)->compares_sides)
        *value = missing_value(BIT(SIDE_NOT_TESTED));
      else if (count == 0)
        *value = missing_value(why_none(result, side));
      else
        *value = rule_value(result, (enum stance_summary_rule)rule, side,
                            (enum stance_metric)metric, count, false);
    }
  }
}

/* Accepted repetitions of one side that may be compared with the other side's. */
static unsigned comparable_count(const struct stance_result *result, enum stance_side side)
{
  unsigned count = 0;
  for (size_t k = 0; k < result->repetition_count; k++)
    count += is_accepted(&result->repetition[k], side) && !is_unpaired(&result->repetition[k]);
  return count;
}

/* The same number of repetitions on each side: the best of three beats the best of one even where
   the legs are equal. */
static struct stance_value summary_asymmetry(const struct stance_result *result,
                                             enum stance_summary_rule rule)
{
  const unsigned left_count = comparable_count(result, STANCE_LEFT);
  const unsigned right_count = comparable_count(result, STANCE_RIGHT);
  const unsigned fewer = left_count < right_count ? left_count : right_count;
  const enum stance_metric compared = result->protocol.compared;
  if (fewer == 0 &&
      (left_count < result->used[STANCE_LEFT] || right_count < result->used[STANCE_RIGHT]))
    return missing_value(BIT(SIDE_NOT_SAMPLED));
  struct stance_value side_value[2];
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    side_value[side] = fewer > 0
                           ? rule_value(result, rule, (enum stance_side)side, compared, fewer, true)
                           : result->summary[rule][side][compared];
  struct stance_value value =
      stance_asymmetry((enum stance_asymmetry_formula)result->settings.asymmetry_formula,
                       &side_value[STANCE_LEFT], &side_value[STANCE_RIGHT], result->injured_side);
  if (!stance_value_is_missing(&value) && left_count != right_count)
    value.reasons |= BIT(UNEQUAL_REPETITIONS);
  const stance_reason_set doubt =
      (side_value[STANCE_LEFT].reasons | side_value[STANCE_RIGHT].reasons) & BIT(SIDES_DOUBTFUL);
  return doubt != 0 ? missing_value(doubt) : value;
}

static void flag_unequal(struct stance_result *result)
{
  for (size_t k = 0; k < result->repetition_count; k++)
    result->flags |= result->repetition[k].reasons & BIT(SIDE_NOT_SAMPLED);
  if (result->used[STANCE_LEFT] > 0 && result->used[STANCE_RIGHT] > 0 &&
      comparable_count(result, STANCE_LEFT) != comparable_count(result, STANCE_RIGHT))
    result->flags |= BIT(UNEQUAL_REPETITIONS);
}

void summarise(struct stance_result *result)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    summarise_side(result, (enum stance_side)side);
  const unsigned together = accepted_count(result, STANCE_BOTH);
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++) {
    struct stance_value *both = result->summary[rule][STANCE_BOTH];
    for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
      const bool compares =
          stance_metric_info((enum stance_metric)metric)->compares_sides && together > 0;
      both[metric] = compares ? rule_value(result, (enum stance_summary_rule)rule, STANCE_BOTH,
                                           (enum stance_metric)metric, together, true)
                              : missing_value(BIT(SIDE_NOT_TESTED));
    }
    both[STANCE_METRIC_ASYMMETRY_PEAK_FORCE] =
        summary_asymmetry(result, (enum stance_summary_rule)rule);
  }
  flag_unequal(result);
}
