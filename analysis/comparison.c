/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/comparison.h"

#include "stance/reliability.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#define UNKNOWN __builtin_nan("")

const struct stance_repeatability stance_repeatability_unknown = {
    .error_pct = {UNKNOWN, UNKNOWN, UNKNOWN},
    .error_df = (double)INFINITY,
    .ratio_error_pct = UNKNOWN,
    .ratio_error_df = (double)INFINITY,
    .mdc95 = {UNKNOWN, UNKNOWN, UNKNOWN},
};

void stance_repeatability_assume_independence(struct stance_repeatability *repeatability,
                                              double left_error_pct, double right_error_pct)
{
  repeatability->ratio_error_pct = hypot(left_error_pct, right_error_pct);
  repeatability->ratio_error_df = repeatability->error_df;
  repeatability->assumes_independence = true;
}

double stance_repeatability_mdc95(const struct stance_repeatability *repeatability,
                                  enum stance_side side, double value)
{
  assert(side <= STANCE_TOTAL);
  if (isnan(value) || !isnan(repeatability->mdc95[side]))
    return isnan(value) ? value : repeatability->mdc95[side];
  const double error = fabs(value) * repeatability->error_pct[side] / 100;
  return stance_reliability_mdc95(error, repeatability->error_df);
}

const char *stance_distinguishable_id(enum stance_distinguishable verdict)
{
  static const char *const ids[] = {"unknown", "no", "yes"};
  return ids[verdict];
}

static double square_or_nothing(double value)
{
  return isnan(value) ? 0 : value * value;
}

static enum stance_distinguishable verdict_of(double distance, double band)
{
  if (isnan(distance) || isnan(band))
    return STANCE_DISTINGUISHABLE_UNKNOWN;
  return fabs(distance) > band ? STANCE_DISTINGUISHABLE_YES : STANCE_DISTINGUISHABLE_NO;
}

struct stance_side_comparison stance_compare_sides(enum stance_asymmetry_formula formula,
                                                   const struct stance_value *asymmetry,
                                                   enum stance_side involved,
                                                   const struct stance_repeatability *repeatability,
                                                   const double uncertainty_pct[2])
{
  struct stance_side_comparison comparison = {
      .log_ratio = stance_asymmetry_to_log_ratio(formula, asymmetry->value, involved),
      .band = UNKNOWN,
      .low_pct = UNKNOWN,
      .high_pct = UNKNOWN,
      .assumes_independence = repeatability->assumes_independence,
  };
  if (stance_value_is_missing(asymmetry)) {
    comparison.reasons = asymmetry->reasons;
    return comparison;
  }
  if (isnan(repeatability->ratio_error_pct)) {
    comparison.reasons = STANCE_REASON_BIT(STANCE_REASON_NO_RELIABILITY);
    return comparison;
  }
  const double variance = square_or_nothing(repeatability->ratio_error_pct) +
                          square_or_nothing(uncertainty_pct[STANCE_LEFT]) +
                          square_or_nothing(uncertainty_pct[STANCE_RIGHT]);
  comparison.band = stance_reliability_factor(repeatability->ratio_error_df) * sqrt(variance);
  comparison.verdict = verdict_of(comparison.log_ratio, comparison.band);
  const double left_end =
      stance_asymmetry_of_log_ratio(formula, comparison.log_ratio - comparison.band, involved);
  const double right_end =
      stance_asymmetry_of_log_ratio(formula, comparison.log_ratio + comparison.band, involved);
  comparison.low_pct = fmin(left_end, right_end);
  comparison.high_pct = fmax(left_end, right_end);
  return comparison;
}

/* "24": whole percent, below 1 with one decimal so that little does not read as nothing. */
static const char *percent(double value, char *text, size_t size)
{
  snprintf(text, size, "%.*f", value < 0.95 ? 1 : 0, value);
  return text;
}

size_t stance_side_comparison_words(const struct stance_side_comparison *comparison, char *ret_text,
                                    size_t size)
{
  if (comparison->verdict == STANCE_DISTINGUISHABLE_UNKNOWN)
    return (size_t)snprintf(ret_text, size, "%s", "");
  const double distance = fabs(comparison->log_ratio);
  /* The weaker side over the other one, at the mild and at the severe end. */
  const double mild = 100 * expm1((comparison->band - distance) / 100);
  const double severe = -100 * expm1(-(comparison->band + distance) / 100);
  const bool right_weaker = comparison->log_ratio < 0;
  const char *weaker = right_weaker ? "right" : "left", *other = right_weaker ? "left" : "right";
  char value[48], near[48], far[48];
  if (comparison->log_ratio == 0)
    snprintf(value, sizeof value, "left as strong as right");
  else
    snprintf(value, sizeof value, "%s %.1f %% weaker than %s", weaker,
             -100 * expm1(-distance / 100), other);
  percent(fabs(mild), near, sizeof near);
  percent(severe, far, sizeof far);
  return (size_t)snprintf(ret_text, size, "%s; compatible with %s %%%s to %s %% weaker", value,
                          near, mild >= 0 ? " stronger" : "", far);
}

struct stance_change stance_compare_change(double value, double baseline, unsigned baseline_tests,
                                           enum stance_side side,
                                           const struct stance_repeatability *repeatability)
{
  assert(side <= STANCE_TOTAL && baseline_tests > 0);
  struct stance_change change = {.change_pct = UNKNOWN, .low_pct = UNKNOWN, .high_pct = UNKNOWN};
  change.band = stance_reliability_factor(repeatability->error_df) *
                repeatability->error_pct[side] * sqrt(1 + 1.0 / baseline_tests);
  if (!(value > 0 && baseline > 0))
    return change;
  const double distance = 100 * log(value / baseline);
  change.change_pct = 100 * (value / baseline - 1);
  change.low_pct = 100 * expm1((distance - change.band) / 100);
  change.high_pct = 100 * expm1((distance + change.band) / 100);
  change.verdict = verdict_of(distance, change.band);
  return change;
}
