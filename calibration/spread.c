/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "spread.h"

#include "stance/evaluation.h"

#include <math.h>
#include <string.h>

#define SAME_LOAD 0.005 /* of full scale */

bool spread_same_load(double a_n, double b_n, double full_scale_n)
{
  return fabs(a_n - b_n) <= SAME_LOAD * full_scale_n;
}

/* NaN, as what was not measured, is less than anything. */
static double larger(double a, double b)
{
  return isnan(a) || b > a ? b : a;
}

double stance_repeatability_pct(const double *reading, size_t count)
{
  double low = (double)INFINITY, high = -(double)INFINITY, sum = 0.0;

  for (size_t k = 0; k < count; k++) {
    low = fmin(low, reading[k]);
    high = fmax(high, reading[k]);
    sum += reading[k];
  }
  return count < 2 || sum == 0.0 ? (double)NAN : 100.0 * (high - low) / fabs(sum / (double)count);
}

struct spread {
  const struct stance_calibration_point *point;
  const double *residual_n;
  size_t count;
  double range_n;
};

static bool is_loaded(const struct spread *spread, size_t k)
{
  return !spread_same_load(spread->point[k].applied_n, 0.0, spread->range_n);
}

static bool same_load(const struct spread *spread, size_t a, size_t b)
{
  return spread_same_load(spread->point[a].applied_n, spread->point[b].applied_n, spread->range_n);
}

/* Up against down at the same load, within a repeat. */
static void compare_directions(const struct spread *spread,
                               struct stance_calibration_quality *quality)
{
  for (size_t up = 0; up < spread->count; up++) {
    if (spread->point[up].direction != STANCE_LOAD_UP || !is_loaded(spread, up))
      continue;
    for (size_t down = 0; down < spread->count; down++) {
      if (spread->point[down].direction != STANCE_LOAD_DOWN || !same_load(spread, up, down) ||
          spread->point[down].repeat != spread->point[up].repeat)
        continue;
      const double difference_n = fabs(spread->residual_n[down] - spread->residual_n[up]);
      const double reading_n = fabs(spread->point[up].applied_n - spread->residual_n[up]);
      quality->hysteresis_pct =
          larger(quality->hysteresis_pct, 100.0 * difference_n / spread->range_n);
      quality->reversibility_pct =
          larger(quality->reversibility_pct, 100.0 * difference_n / reading_n);
    }
  }
}

/* The same load in the same direction, again and again. The first point of each such group. */
static void compare_repeats(const struct spread *spread, struct stance_calibration_quality *quality)
{
  double reading_n[STANCE_CALIBRATION_POINT_MAX];

  for (size_t k = 0; k < spread->count; k++) {
    const enum stance_load_direction direction = spread->point[k].direction;
    if (direction > STANCE_LOAD_DOWN || !is_loaded(spread, k))
      continue;
    size_t count = 0;
    for (size_t other = 0; other < spread->count && count < STANCE_CALIBRATION_POINT_MAX; other++) {
      if (spread->point[other].direction != direction || !same_load(spread, k, other))
        continue;
      reading_n[count++] = spread->point[k].applied_n - spread->residual_n[other];
    }
    if (count > 1)
      quality->repeatability_pct =
          larger(quality->repeatability_pct, stance_repeatability_pct(reading_n, count));
  }
}

/* Readings without load, within a repeat: the largest difference. */
static void compare_zeros(const struct spread *spread, struct stance_calibration_quality *quality)
{
  for (size_t first = 0; first < spread->count; first++) {
    if (spread->point[first].direction > STANCE_LOAD_DOWN || is_loaded(spread, first))
      continue;
    for (size_t last = first + 1; last < spread->count; last++)
      if (spread->point[last].direction <= STANCE_LOAD_DOWN && !is_loaded(spread, last) &&
          spread->point[last].repeat == spread->point[first].repeat)
        quality->zero_return_pct = larger(
            quality->zero_return_pct,
            100.0 * fabs(spread->residual_n[last] - spread->residual_n[first]) / spread->range_n);
  }
}

/* Later readings against the first one under a load that stayed. */
static void compare_holds(const struct spread *spread, struct stance_calibration_quality *quality)
{
  size_t start = spread->count;

  for (size_t k = 0; k < spread->count; k++) {
    if (spread->point[k].direction != STANCE_LOAD_HOLD)
      start = k;
    else if (start < spread->count && same_load(spread, start, k))
      quality->creep_pct =
          larger(quality->creep_pct,
                 100.0 * fabs(spread->residual_n[k] - spread->residual_n[start]) / spread->range_n);
  }
}

void spread_measure(const struct stance_calibration_point *points, const double *residual_n,
                    size_t count, struct stance_calibration_quality *quality)
{
  const struct spread spread = {points, residual_n, count, quality->range_n};

  quality->hysteresis_pct = quality->reversibility_pct = (double)NAN;
  quality->repeatability_pct = quality->zero_return_pct = quality->creep_pct = (double)NAN;
  if (!(spread.range_n > 0.0))
    return;
  compare_directions(&spread, quality);
  compare_repeats(&spread, quality);
  compare_zeros(&spread, quality);
  compare_holds(&spread, quality);
}

void stance_evaluation_use(const struct stance_evaluation *evaluation,
                           struct stance_calibration_channel *channel)
{
  const double *coefficient = evaluation->curve.coefficient;
  const int polarity = coefficient[1] < 0.0 ? -1 : 1;
  const unsigned degree = evaluation->curve.degree;

  channel->polarity = polarity;
  channel->zero_raw = evaluation->zero_raw;
  channel->slope_n_per_unit = fabs(coefficient[1]);
  channel->quadratic_n_per_unit2 = degree >= 2 ? polarity * coefficient[2] : 0.0;
  channel->cubic_n_per_unit3 = degree >= 3 ? polarity * coefficient[3] : 0.0;
  channel->method = STANCE_METHOD_POINTS;
  channel->quality = evaluation->quality;
}

bool stance_evaluation_is_good(const struct stance_evaluation *evaluation,
                               const struct stance_calibration_point *points, double limit_pct,
                               char *ret_reason, size_t size)
{
  const struct stance_calibration_quality *quality = &evaluation->quality;
  const struct {
    double error_pct;
    const char *name, *of;
  } errors[] = {
      {quality->hysteresis_pct, "hysteresis", "range"},
      {quality->repeatability_pct, "repeatability", "reading"},
      {quality->zero_return_pct, "zero return", "range"},
      {quality->creep_pct, "creep", "range"},
  };
  double largest_pct = quality->fit_error_pct;

  snprintf(ret_reason, size, "point %zu (%.4g N): %.4g %% of range, limit %.3g %%",
           evaluation->worst_point + 1, points[evaluation->worst_point].applied_n, largest_pct,
           limit_pct);
  for (size_t k = 0; k < sizeof errors / sizeof *errors; k++) {
    if (!(errors[k].error_pct > largest_pct))
      continue;
    largest_pct = errors[k].error_pct;
    snprintf(ret_reason, size, "%s %.4g %% of %s, limit %.3g %%", errors[k].name, largest_pct,
             errors[k].of, limit_pct);
  }
  if (largest_pct <= limit_pct && size > 0)
    ret_reason[0] = '\0';
  return largest_pct <= limit_pct;
}
