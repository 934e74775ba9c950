/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare.h"

#include <math.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

/* Both forces at the instant of the larger side's peak: what the weaker leg held while the
   stronger one was at its best. */
static struct stance_value same_instant(const struct stance_result *result,
                                        const struct metric_input input[2],
                                        const struct stance_repetition *repetition)
{
  const enum stance_metric compared = result->protocol.compared;
  const struct stance_value *left = &repetition->value[STANCE_LEFT][compared];
  const struct stance_value *right = &repetition->value[STANCE_RIGHT][compared];
  struct stance_value value = {.value = (double)NAN, .uncertainty = (double)NAN};
  if (stance_value_is_missing(left) || stance_value_is_missing(right)) {
    value.reasons = (stance_value_is_missing(left) ? left->reasons : 0) |
                    (stance_value_is_missing(right) ? right->reasons : 0);
    return value;
  }
  const enum stance_side larger = right->value > left->value ? STANCE_RIGHT : STANCE_LEFT;
  const long instant = repetition->effort[larger].peak;
  const struct stance_value left_then = metrics_compared_at(&input[STANCE_LEFT], left, instant);
  const struct stance_value right_then = metrics_compared_at(&input[STANCE_RIGHT], right, instant);
  return stance_asymmetry((enum stance_asymmetry_formula)result->settings.asymmetry_formula,
                          &left_then, &right_then, result->injured_side);
}

static struct stance_value onset_lag(const struct stance_result *result,
                                     const struct stance_repetition *repetition)
{
  struct stance_value lag = {.value = (double)NAN, .uncertainty = (double)NAN};
  stance_reason_set missing = 0, flags = 0;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    const struct stance_value *onset = &repetition->value[side][STANCE_METRIC_ONSET_TIME];
    missing |= stance_value_is_missing(onset) ? onset->reasons : 0;
    flags |= onset->reasons;
  }
  const long samples =
      repetition->effort[STANCE_RIGHT].onset - repetition->effort[STANCE_LEFT].onset;
  lag.reasons = missing != 0 ? missing : flags;
  if (missing != 0)
    return lag;
  lag.value = (double)samples / result->time.rate_hz;
  /* No interval: alignment of the clocks is a part of it, and noise moves an onset by more. */
  if (isnan(result->time.alignment_s))
    lag.reasons |= BIT(CLOCKS_UNRELATED);
  return lag;
}

void compare_repetition(const struct stance_result *result, bool onset_on_sum,
                        const struct metric_input input[2], struct stance_repetition *repetition)
{
  const enum stance_metric compared = result->protocol.compared;
  struct stance_value *both = repetition->value[STANCE_BOTH];
  both[STANCE_METRIC_ASYMMETRY_PEAK_FORCE] =
      stance_asymmetry((enum stance_asymmetry_formula)result->settings.asymmetry_formula,
                       &repetition->value[STANCE_LEFT][compared],
                       &repetition->value[STANCE_RIGHT][compared], result->injured_side);
  both[STANCE_METRIC_ASYMMETRY_PEAK_FORCE_SAME_INSTANT] = same_instant(result, input, repetition);
  both[STANCE_METRIC_ONSET_LAG] = onset_on_sum ? (struct stance_value){.value = (double)NAN,
                                                                       .uncertainty = (double)NAN,
                                                                       .reasons = BIT(ONSET_ON_SUM)}
                                               : onset_lag(result, repetition);
}
