/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Left against right in a report: with the noise of the test, or not at all. */
#include "report_private.h"

#include <ctype.h>
#include <math.h>

bool stance_report_repeatability(const struct stance_report *report, enum stance_metric metric,
                                 enum stance_summary_rule rule,
                                 struct stance_repeatability *ret_repeatability)
{
  struct stance_reliability_key key;
  if (report->calibration == STANCE_CALIBRATION_NONE)
    return false; /* not newtons */
  stance_reliability_key_of(report->result, report->instrument, metric, rule, &key);
  return stance_repeatability_find(report->reliability, &report->result->protocol, &key,
                                   ret_repeatability);
}

double stance_report_mdc95(const struct stance_report *report, enum stance_summary_rule rule,
                           enum stance_side side, enum stance_metric metric,
                           const struct stance_value *value,
                           struct stance_repeatability *ret_repeatability)
{
  struct stance_repeatability known;
  if (stance_value_is_missing(value) || side == STANCE_BOTH ||
      !stance_report_repeatability(report, metric, rule, &known))
    return (double)NAN;
  const double mdc95 = stance_repeatability_mdc95(&known, side, value->value);
  if (!isnan(mdc95))
    *ret_repeatability = known;
  return mdc95;
}

struct stance_side_comparison
stance_report_comparison(const struct stance_report *report, enum stance_summary_rule rule,
                         struct stance_repeatability *ret_repeatability)
{
  const struct stance_result *result = report->result;
  const enum stance_metric compared = result->protocol.compared;
  double uncertainty_pct[2];
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    const struct stance_value *value = &result->summary[rule][side][compared];
    uncertainty_pct[side] = 100 * value->uncertainty / 2 / value->value; /* expanded with k = 2 */
  }
  struct stance_repeatability known = stance_repeatability_unknown;
  if (!stance_report_repeatability(report, compared, rule, &known))
    known = stance_repeatability_unknown;
  *ret_repeatability = known;
  struct stance_side_comparison comparison =
      stance_compare_sides((enum stance_asymmetry_formula)result->settings.asymmetry_formula,
                           &result->summary[rule][STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE],
                           result->injured_side, &known, uncertainty_pct);
  if (report->calibration == STANCE_CALIBRATION_NONE)
    comparison.reasons = STANCE_REASON_BIT(STANCE_REASON_UNCALIBRATED);
  return comparison;
}

static void capitalised(struct stance_text *text, const char *word)
{
  stance_text_format(text, "%c%s", toupper((unsigned char)word[0]), word + 1);
}

static void not_tested(struct stance_text *text, const struct stance_result *result)
{
  if (!result->measured[STANCE_LEFT] && !result->measured[STANCE_RIGHT]) {
    stance_text_string(text,
                       "One force carries both sides: left and right cannot be told apart.\n");
    return;
  }
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    if (result->measured[side] && result->attempted[side] > 0)
      continue;
    capitalised(text, stance_side_name((enum stance_side)side));
    stance_text_string(text, result->measured[side]
                                 ? " was recorded, but no repetition was found on it"
                                 : " was not tested");
    stance_text_string(text, ": nothing is compared with it.\n");
  }
}

/* No comparison without its noise: not even which side is the weaker one. */
static void not_compared(struct stance_text *text, const struct stance_report *report,
                         const struct stance_side_comparison *comparison)
{
  char reasons[STANCE_REASONS_SIZE];
  const bool no_reliability =
      comparison->reasons == STANCE_REASON_BIT(STANCE_REASON_NO_RELIABILITY);
  stance_reason_join(comparison->reasons, reasons, sizeof reasons);
  if (!no_reliability)
    not_tested(text, report->result);
  stance_text_format(text, "Left and right are not compared (missing:%s).\n", reasons);
  if (no_reliability)
    stance_text_string(text,
                       "No repeatability of this test is known here, so that nobody can tell a "
                       "difference from chance: `stance reliability` measures it.\n");
}

/* The formula that the clinic chose, where it is not the one that the words speak. */
static void other_formula(struct stance_text *text, const struct stance_report *report,
                          enum stance_summary_rule rule,
                          const struct stance_side_comparison *comparison)
{
  const struct stance_result *result = report->result;
  const enum stance_asymmetry_formula formula =
      (enum stance_asymmetry_formula)result->settings.asymmetry_formula;
  const struct stance_value *value =
      &result->summary[rule][STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE];
  stance_text_format(text, "%s", stance_asymmetry_id(formula));
  if (formula != STANCE_ASYMMETRY_PERCENT_DIFFERENCE)
    stance_text_format(text, ": %.1f, compatible with %.1f to %.1f", value->value,
                       comparison->low_pct, comparison->high_pct);
}

void stance_report_comparison_text(struct stance_text *text, const struct stance_report *report)
{
  static const enum stance_summary_rule rule = STANCE_SUMMARY_BEST;
  struct stance_repeatability known;
  const struct stance_side_comparison comparison = stance_report_comparison(report, rule, &known);
  stance_text_string(text, "\n");
  if (comparison.verdict == STANCE_DISTINGUISHABLE_UNKNOWN) {
    not_compared(text, report, &comparison);
    return;
  }
  char words[STANCE_COMPARISON_WORDS_SIZE];
  stance_side_comparison_words(&comparison, words, sizeof words);
  capitalised(text, words);
  stance_text_string(text, " (best repetitions, ");
  other_formula(text, report, rule, &comparison);
  stance_text_string(text, ").\n");
  stance_text_string(text, comparison.verdict == STANCE_DISTINGUISHABLE_YES
                               ? "This is more than two tests of equal sides differ by (19 times "
                                 "in 20). It does not say why, or whether it matters.\n"
                               : "This cannot be told apart from measurement error. It does not "
                                 "show that the limbs are equal.\n");
  stance_text_format(text, "Repeatability: %s.%s\n", known.source,
                     comparison.assumes_independence
                         ? " It assumes independent sides: the range is probably too wide."
                         : "");
  if (known.published)
    stance_text_string(text, "`stance reliability` measures that of your own test.\n");
}
