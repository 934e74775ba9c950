/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/asymmetry.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

struct formula_text {
  const char *id;
  const char *definition;
};

/* Names and formulas: Bishop 2016 and 2018, Parkinson 2021, Zifchock 2008. */
static const struct formula_text formula_text[STANCE_ASYMMETRY_FORMULA_COUNT] = {
    [STANCE_ASYMMETRY_PERCENT_DIFFERENCE] = {"percent_difference/1",
                                             "100*(right-left)/max(left,right)"},
    [STANCE_ASYMMETRY_MEAN_REFERENCED] = {"mean_referenced/1", "100*(right-left)/((left+right)/2)"},
    [STANCE_ASYMMETRY_BILATERAL_INDEX] = {"bilateral_index/1", "100*(right-left)/(right+left)"},
    [STANCE_ASYMMETRY_WEAKER_REFERENCED] = {"weaker_referenced/1",
                                            "100*(right-left)/min(left,right)"},
    [STANCE_ASYMMETRY_LOG_RATIO] = {"log_ratio/1", "100*ln(right/left)"},
    [STANCE_ASYMMETRY_SYMMETRY_ANGLE] = {"symmetry_angle/1",
                                         "100*(45-atan(left/right))/90, degrees"},
    [STANCE_ASYMMETRY_SHARE_OF_TOTAL] = {"share_of_total/1", "100*right/(left+right)"},
    [STANCE_ASYMMETRY_LSI] = {"lsi/1", "100*involved/uninvolved"},
    [STANCE_ASYMMETRY_LSI_DEFICIT] = {"lsi_deficit/1", "100*(1-involved/uninvolved)"},
};

const char *stance_asymmetry_id(enum stance_asymmetry_formula formula)
{
  assert(formula < STANCE_ASYMMETRY_FORMULA_COUNT);
  return formula_text[formula].id;
}

const char *stance_asymmetry_definition(enum stance_asymmetry_formula formula)
{
  assert(formula < STANCE_ASYMMETRY_FORMULA_COUNT);
  return formula_text[formula].definition;
}

enum stance_asymmetry_formula stance_asymmetry_find(const char *id)
{
  int formula = 0;
  for (; formula < STANCE_ASYMMETRY_FORMULA_COUNT; formula++) {
    const char *known = formula_text[formula].id;
    size_t bare = strcspn(known, "/");
    if (strcmp(id, known) == 0 || (strlen(id) == bare && strncmp(id, known, bare) == 0))
      break;
  }
  return (enum stance_asymmetry_formula)formula;
}

static double percent(enum stance_asymmetry_formula formula, double left, double right,
                      enum stance_side involved)
{
  const double degrees_per_radian = 180.0 / M_PI;
  const double lsi = involved == STANCE_LEFT ? 100.0 * left / right : 100.0 * right / left;
  switch (formula) {
  case STANCE_ASYMMETRY_MEAN_REFERENCED:
    return 100.0 * (right - left) / ((left + right) / 2.0);
  case STANCE_ASYMMETRY_BILATERAL_INDEX:
    return 100.0 * (right - left) / (right + left);
  case STANCE_ASYMMETRY_WEAKER_REFERENCED:
    return 100.0 * (right - left) / fmin(left, right);
  case STANCE_ASYMMETRY_LOG_RATIO:
    return 100.0 * log(right / left);
  case STANCE_ASYMMETRY_SYMMETRY_ANGLE:
    return (45.0 - atan(left / right) * degrees_per_radian) / 90.0 * 100.0;
  case STANCE_ASYMMETRY_SHARE_OF_TOTAL:
    return 100.0 * right / (left + right);
  case STANCE_ASYMMETRY_LSI:
    return lsi;
  case STANCE_ASYMMETRY_LSI_DEFICIT:
    return 100.0 - lsi;
  case STANCE_ASYMMETRY_PERCENT_DIFFERENCE:
  case STANCE_ASYMMETRY_FORMULA_COUNT:
    break;
  }
  return 100.0 * (right - left) / fmax(left, right);
}

static bool is_leg(enum stance_side side)
{
  return side == STANCE_LEFT || side == STANCE_RIGHT;
}

static bool needs_involved(enum stance_asymmetry_formula formula)
{
  return formula == STANCE_ASYMMETRY_LSI || formula == STANCE_ASYMMETRY_LSI_DEFICIT;
}

double stance_asymmetry_of_log_ratio(enum stance_asymmetry_formula formula, double log_ratio,
                                     enum stance_side involved)
{
  assert(formula < STANCE_ASYMMETRY_FORMULA_COUNT);
  if (isnan(log_ratio) || (needs_involved(formula) && !is_leg(involved)))
    return (double)NAN;
  return percent(formula, exp(-log_ratio / 200.0), exp(log_ratio / 200.0), involved);
}

/* ln(right/left). */
static double log_of(enum stance_asymmetry_formula formula, double part, enum stance_side involved)
{
  const double radians_per_degree = M_PI / 180.0;
  const double towards_right = involved == STANCE_LEFT ? -1.0 : 1.0;
  switch (formula) {
  case STANCE_ASYMMETRY_MEAN_REFERENCED:
    return 2.0 * atanh(part / 2.0);
  case STANCE_ASYMMETRY_BILATERAL_INDEX:
    return 2.0 * atanh(part);
  case STANCE_ASYMMETRY_WEAKER_REFERENCED:
    return copysign(log1p(fabs(part)), part);
  case STANCE_ASYMMETRY_LOG_RATIO:
    return part;
  case STANCE_ASYMMETRY_SYMMETRY_ANGLE:
    return -log(tan((45.0 - 90.0 * part) * radians_per_degree));
  case STANCE_ASYMMETRY_SHARE_OF_TOTAL:
    return log(part / (1.0 - part));
  case STANCE_ASYMMETRY_LSI:
    return towards_right * log(part);
  case STANCE_ASYMMETRY_LSI_DEFICIT:
    return towards_right * log1p(-part);
  case STANCE_ASYMMETRY_PERCENT_DIFFERENCE:
  case STANCE_ASYMMETRY_FORMULA_COUNT:
    break;
  }
  return copysign(-log1p(-fabs(part)), part);
}

double stance_asymmetry_to_log_ratio(enum stance_asymmetry_formula formula, double percent_value,
                                     enum stance_side involved)
{
  assert(formula < STANCE_ASYMMETRY_FORMULA_COUNT);
  if (isnan(percent_value) || (needs_involved(formula) && !is_leg(involved)))
    return (double)NAN;
  return 100.0 * log_of(formula, percent_value / 100.0, involved);
}

struct stance_value stance_asymmetry(enum stance_asymmetry_formula formula,
                                     const struct stance_value *left,
                                     const struct stance_value *right, enum stance_side involved)
{
  assert(formula < STANCE_ASYMMETRY_FORMULA_COUNT);
  struct stance_value result = {.value = (double)NAN, .uncertainty = (double)NAN};
  const bool left_is_missing = stance_value_is_missing(left);
  const bool right_is_missing = stance_value_is_missing(right);
  if (left_is_missing || right_is_missing) {
    result.reasons =
        (left_is_missing ? left->reasons : 0) | (right_is_missing ? right->reasons : 0);
    return result;
  }
  /* Two converters at their end read the same whatever the legs did. */
  result.reasons = (left->reasons | right->reasons) & STANCE_REASON_BIT(STANCE_REASON_FLAT_TOP);
  if (left->value < STANCE_ASYMMETRY_SMALLEST_N || right->value < STANCE_ASYMMETRY_SMALLEST_N)
    result.reasons |= STANCE_REASON_BIT(STANCE_REASON_SMALL_DENOMINATOR);
  if (needs_involved(formula) && !is_leg(involved))
    result.reasons |= STANCE_REASON_BIT(STANCE_REASON_NO_INVOLVED_SIDE);
  if (result.reasons == 0) {
    result.value = percent(formula, left->value, right->value, involved);
    result.reasons = left->reasons | right->reasons;
  }
  return result;
}
