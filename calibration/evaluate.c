/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The curve through calibration points, and the degree it has earned. */
#include "least_squares.h"
#include "spread.h"
#include "stance/evaluation.h"

#include <math.h>
#include <stdlib.h>

/* A curve bends every later number, so noise must hardly ever earn one. Chosen here. */
#define CURVE_CHANCE_MAX 0.01
/* Points that lie on a line but for rounding earn nothing. */
#define CURVE_GAIN_MIN 1e-6

enum { ROOT_STEPS_MAX = 50 };

/* The points that are fitted, as arrays; owns them. */
struct fitted {
  double *raw, *applied_n;
  size_t *position;
  size_t count, load_count;
  unsigned repeat_count;
  double low, high; /* raw */
  double full_scale_n;
};

static void fitted_finish(struct fitted *fitted)
{
  free(fitted->raw);
  free(fitted->applied_n);
  free(fitted->position);
}

static bool is_fitted(const struct stance_calibration_point *point)
{
  return point->direction == STANCE_LOAD_UP || point->direction == STANCE_LOAD_DOWN;
}

static size_t count_loads(const struct fitted *fitted)
{
  size_t count = 0;
  for (size_t k = 0; k < fitted->count; k++) {
    bool known = false;
    for (size_t before = 0; before < k && !known; before++)
      known =
          spread_same_load(fitted->applied_n[before], fitted->applied_n[k], fitted->full_scale_n);
    count += !known;
  }
  return count;
}

static enum stance_status collect(const struct stance_calibration_point *points, size_t count,
                                  struct fitted *ret_fitted, struct stance_problem *problem)
{
  struct fitted fitted = {.low = (double)INFINITY, .high = -(double)INFINITY};
  fitted.raw = calloc(count + 1, sizeof *fitted.raw); /* never of size 0 */
  fitted.applied_n = calloc(count + 1, sizeof *fitted.applied_n);
  fitted.position = calloc(count + 1, sizeof *fitted.position);
  if (fitted.raw == NULL || fitted.applied_n == NULL || fitted.position == NULL) {
    fitted_finish(&fitted);
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for %zu points", count);
  }
  for (size_t k = 0; k < count; k++) {
    if (!is_fitted(&points[k]))
      continue;
    fitted.raw[fitted.count] = points[k].raw;
    fitted.applied_n[fitted.count] = points[k].applied_n;
    fitted.position[fitted.count++] = k;
    fitted.low = fmin(fitted.low, points[k].raw);
    fitted.high = fmax(fitted.high, points[k].raw);
    fitted.full_scale_n = fmax(fitted.full_scale_n, fabs(points[k].applied_n));
    if (points[k].repeat > fitted.repeat_count)
      fitted.repeat_count = points[k].repeat;
  }
  fitted.load_count = count_loads(&fitted);
  *ret_fitted = fitted;
  return STANCE_OK;
}

static double slope_at(const struct stance_polynomial *curve, double raw)
{
  const double x = raw - curve->origin;
  double slope = 0.0;
  for (unsigned k = curve->degree; k > 0; k--)
    slope = slope * x + (double)k * curve->coefficient[k];
  return slope;
}

/* Whether force rises (or falls) all the way, so that one reading is one force. */
static bool is_monotone(const struct stance_polynomial *curve, double low, double high)
{
  const double at_low = slope_at(curve, low), at_high = slope_at(curve, high);
  bool same = at_low != 0.0 && at_low * at_high > 0.0;
  if (curve->degree == 3 && curve->coefficient[3] != 0.0) {
    const double vertex = curve->origin - curve->coefficient[2] / (3.0 * curve->coefficient[3]);
    if (vertex > low && vertex < high)
      same = same && slope_at(curve, vertex) * at_low > 0.0;
  }
  return same;
}

/* The reading without force, by Newton's steps from that of the line. */
static bool find_zero(const struct stance_polynomial *curve, double start, double *ret_zero)
{
  double zero = start;
  for (int step = 0; step < ROOT_STEPS_MAX; step++) {
    const double next = zero - stance_polynomial_at(curve, zero) / slope_at(curve, zero);
    if (!isfinite(next))
      return false;
    if (next == zero)
      break;
    zero = next;
  }
  *ret_zero = zero;
  return true;
}

/* The curve of one degree about its own zero. STANCE_MISMATCH where it is no calibration: it bends
   back between its zero and the loads. */
static enum stance_status fit_degree(const struct fitted *fitted, unsigned degree, double line_zero,
                                     struct stance_polynomial *ret_curve, double *ret_residual_n,
                                     struct stance_problem *problem)
{
  struct stance_polynomial curve;
  double zero;
  enum stance_status status = stance_polynomial_fit(fitted->raw, fitted->applied_n, fitted->count,
                                                    degree, line_zero, &curve, NULL, problem);
  if (status != STANCE_OK)
    return status;
  if (!find_zero(&curve, line_zero, &zero) ||
      !is_monotone(&curve, fmin(fitted->low, zero), fmax(fitted->high, zero)))
    return STANCE_MISMATCH;
  status = stance_polynomial_fit(fitted->raw, fitted->applied_n, fitted->count, degree, zero,
                                 &curve, ret_residual_n, problem);
  if (status != STANCE_OK)
    return status;
  curve.coefficient[0] = 0.0; /* but for rounding it is */
  *ret_curve = curve;
  return STANCE_OK;
}

static double square_sum(const struct stance_polynomial *curve)
{
  return curve->residual_sd * curve->residual_sd * curve->degrees_of_freedom;
}

/* Chance that noise alone improves `from` as much as `to` does. */
static double chance_of(const struct stance_polynomial *from, const struct stance_polynomial *to)
{
  const double gained = square_sum(from) - square_sum(to);
  const double terms = (double)(to->degree - from->degree);
  if (square_sum(to) == 0.0)
    return gained > 0.0 ? 0.0 : 1.0;
  const double ratio = gained / terms / (square_sum(to) / to->degrees_of_freedom);
  return least_squares_chance(fmax(ratio, 0.0), terms, to->degrees_of_freedom);
}

static enum stance_status choose_curve(const struct fitted *fitted, unsigned degree_max,
                                       double line_zero, struct stance_polynomial *curve,
                                       double *ret_chance, double *residual_n,
                                       struct stance_problem *problem)
{
  double best_chance = (double)NAN;

  for (unsigned degree = 2; degree <= degree_max && degree + 2 <= fitted->load_count; degree++) {
    struct stance_polynomial candidate;
    enum stance_status status = fit_degree(fitted, degree, line_zero, &candidate, NULL, problem);
    if (status == STANCE_MISMATCH || status == STANCE_INPUT)
      continue;
    if (status != STANCE_OK)
      return status;
    const double chance = chance_of(curve, &candidate);
    const bool gains =
        curve->residual_sd - candidate.residual_sd > CURVE_GAIN_MIN * fitted->full_scale_n;
    if (chance <= CURVE_CHANCE_MAX && gains) {
      *curve = candidate;
      best_chance = chance;
    } else if (curve->degree == 1) {
      best_chance = fmin(chance, isnan(best_chance) ? 1.0 : best_chance);
    }
  }
  *ret_chance = best_chance;
  return fit_degree(fitted, curve->degree, line_zero, curve, residual_n, problem);
}

static void describe(const struct fitted *fitted, const double *residual_n,
                     struct stance_evaluation *evaluation)
{
  struct stance_calibration_quality *quality = &evaluation->quality;
  double largest = -1.0;

  for (size_t k = 0; k < fitted->count; k++) {
    if (fabs(residual_n[k]) <= largest)
      continue;
    largest = fabs(residual_n[k]);
    evaluation->worst_point = fitted->position[k];
    evaluation->worst_residual_n = residual_n[k];
  }
  evaluation->zero_raw = evaluation->curve.origin;
  evaluation->load_count = fitted->load_count;
  evaluation->repeat_count = fitted->repeat_count;
  evaluation->lower_limit_n = 2.4 * evaluation->curve.residual_sd; /* ASTM E74 */
  quality->range_n = fitted->full_scale_n;
  quality->residual_sd_n = evaluation->curve.residual_sd;
  quality->degrees_of_freedom = evaluation->curve.degrees_of_freedom;
  quality->fit_error_pct =
      fitted->full_scale_n > 0.0 ? 100.0 * largest / fitted->full_scale_n : 0.0;
  quality->nonlinearity_pct = evaluation->line.nonlinearity_pct;
  for (size_t k = 0; k < sizeof quality->covariance / sizeof *quality->covariance; k++)
    quality->covariance[k] = evaluation->curve.covariance[k];
}

static enum stance_status evaluate(const struct fitted *fitted, unsigned degree_max,
                                   struct stance_evaluation *evaluation,
                                   struct stance_problem *problem)
{
  enum stance_status status = stance_calibration_fit(fitted->raw, fitted->applied_n, fitted->count,
                                                     &evaluation->line, NULL, problem);
  if (status != STANCE_OK)
    return status;
  if (evaluation->line.slope_n_per_unit == 0.0)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the reading does not follow the force: is this the channel that was "
                              "loaded?");
  const double zero = -evaluation->line.intercept_n / evaluation->line.slope_n_per_unit;
  double *residual_n = malloc(fitted->count * sizeof *residual_n);
  if (residual_n == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for %zu points",
                              fitted->count);
  status = fit_degree(fitted, 1, zero, &evaluation->curve, residual_n, problem);
  if (status == STANCE_OK)
    status = choose_curve(fitted, degree_max, zero, &evaluation->curve, &evaluation->curve_chance,
                          residual_n, problem);
  if (status == STANCE_OK)
    describe(fitted, residual_n, evaluation);
  else if (status == STANCE_MISMATCH)
    status = stance_problem_set(problem, STANCE_INPUT,
                                "the calibration points lie too far apart to be computed with");
  free(residual_n);
  return status;
}

enum stance_status stance_evaluate(const struct stance_calibration_point *points, size_t count,
                                   unsigned degree_max, struct stance_evaluation *ret_evaluation,
                                   double *ret_residual_n, struct stance_problem *problem)
{
  struct fitted fitted;
  struct stance_evaluation evaluation = {0};
  double *residual_n = calloc(count + 1, sizeof *residual_n);
  if (residual_n == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for %zu points", count);
  enum stance_status status = collect(points, count, &fitted, problem);
  if (status == STANCE_OK) {
    status = evaluate(&fitted, degree_max, &evaluation, problem);
    fitted_finish(&fitted);
  }
  if (status == STANCE_OK) {
    for (size_t k = 0; k < count; k++)
      residual_n[k] = points[k].applied_n - stance_polynomial_at(&evaluation.curve, points[k].raw);
    spread_measure(points, residual_n, count, &evaluation.quality);
    for (size_t k = 0; ret_residual_n != NULL && k < count; k++)
      ret_residual_n[k] = residual_n[k];
    *ret_evaluation = evaluation;
  }
  free(residual_n);
  return status;
}
