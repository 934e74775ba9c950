/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/verification.h"

#include "least_squares.h"
#include "stance/uncertainty.h"

#include <math.h>

const char *stance_check_id(enum stance_check_kind kind)
{
  static const char *const ids[] = {"zero", "mass", "swap", "cop", "dynamic"};
  return ids[kind];
}

const char *stance_check_verdict_id(enum stance_check_verdict verdict)
{
  static const char *const ids[] = {"passed", "failed", "undecided"};
  return ids[verdict];
}

struct stance_check_result stance_check_judge(double value, double uncertainty, double limit)
{
  struct stance_check_result result = {
      .value = value, .uncertainty = uncertainty, .limit = limit, .verdict = STANCE_CHECK_PASSED};
  /* What the check does not resolve it neither passes nor fails, unless it is beyond doubt. */
  if (!(uncertainty <= limit))
    result.verdict =
        fabs(value) - uncertainty > limit ? STANCE_CHECK_FAILED : STANCE_CHECK_UNDECIDED;
  else if (!(fabs(value) <= limit))
    result.verdict = STANCE_CHECK_FAILED;
  return result;
}

/* Sample mean and SD (n − 1) in two passes. */
static double mean_of(const double *value, size_t count)
{
  double sum = 0;
  for (size_t k = 0; k < count; k++)
    sum += value[k] - value[0];
  return value[0] + sum / (double)count;
}

static double sd_of(const double *value, size_t count, double mean)
{
  double squares = 0;
  for (size_t k = 0; k < count; k++)
    squares += (value[k] - mean) * (value[k] - mean);
  return count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
}

enum { PARTS = 10, PART_LEAST = 2 };

enum stance_status stance_still_read(const double *value, size_t count,
                                     struct stance_still_reading *ret_reading,
                                     struct stance_problem *problem)
{
  double part[PARTS];
  if (count < PARTS * PART_LEAST)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%zu samples are too few for a reading: read for longer", count);
  for (size_t k = 0; k < count; k++)
    if (!isfinite(value[k]))
      return stance_problem_set(problem, STANCE_INPUT,
                                "sample %zu of the reading is lost or damaged: read again", k + 1);
  double lowest = (double)INFINITY, highest = -(double)INFINITY;
  for (size_t p = 0; p < PARTS; p++) {
    const size_t first = p * count / PARTS, end = (p + 1) * count / PARTS;
    part[p] = mean_of(value + first, end - first);
    lowest = fmin(lowest, part[p]);
    highest = fmax(highest, part[p]);
  }
  const double mean = mean_of(value, count);
  *ret_reading = (struct stance_still_reading){
      .mean = mean,
      .sd = sd_of(value, count, mean),
      .moved = highest - lowest,
      .uncertainty = sd_of(part, PARTS, mean_of(part, PARTS)) / sqrt((double)PARTS),
      .count = count,
  };
  return STANCE_OK;
}

struct stance_check_result stance_check_zero(const struct stance_still_reading *reading,
                                             double limit_n)
{
  return stance_check_judge(reading->mean, STANCE_COVERAGE_FACTOR * reading->uncertainty, limit_n);
}

/* Expanded (95 %) uncertainty of the mean of repeats because they differ. */
static double scatter(const double *value, size_t count)
{
  if (count < 2)
    return 0;
  const double n = (double)count;
  return least_squares_student_t(0.95, n - 1) * sd_of(value, count, mean_of(value, count)) /
         sqrt(n);
}

enum { REPEATS_MAX = 64 };

enum stance_status stance_check_mass(const struct stance_check_force *loaded, size_t count,
                                     const struct stance_check_force *empty, double applied_n,
                                     double standard_uncertainty_pct, double limit_pct,
                                     struct stance_check_result *ret_result,
                                     struct stance_problem *problem)
{
  double deviation_pct[REPEATS_MAX], reading_n = 0;
  if (count < 1 || count > REPEATS_MAX || !(applied_n > 0))
    return stance_problem_set(problem, STANCE_INPUT,
                              "a check with a known mass needs the mass and 1 to %d readings of it",
                              REPEATS_MAX);
  for (size_t k = 0; k < count; k++) {
    deviation_pct[k] = 100 * (loaded[k].force_n - empty->force_n - applied_n) / applied_n;
    reading_n = fmax(reading_n, loaded[k].uncertainty_n);
  }
  const double resolved_pct =
      100 * STANCE_COVERAGE_FACTOR * hypot(reading_n, empty->uncertainty_n) / applied_n;
  const double uncertainty_pct =
      hypot(hypot(scatter(deviation_pct, count), resolved_pct), standard_uncertainty_pct);
  *ret_result = stance_check_judge(mean_of(deviation_pct, count), uncertainty_pct, limit_pct);
  return STANCE_OK;
}

/* Of smaller forces no ratio is formed: SCIENCE 6. */
#define LEAST_LOAD_N 20.0

enum stance_status stance_check_swap(const struct stance_check_force *left,
                                     const struct stance_check_force *right, size_t count,
                                     double limit_pct, struct stance_check_result *ret_result,
                                     struct stance_problem *problem)
{
  double mismatch_pct[REPEATS_MAX], reading_pct = 0;
  if (count < 2 || count > REPEATS_MAX)
    return stance_problem_set(problem, STANCE_INPUT,
                              "a swap needs 2 to %d pairs of left and right, there are %zu: one "
                              "pair shows nothing of how placing the load repeats",
                              REPEATS_MAX, count);
  for (size_t k = 0; k < count; k++) {
    const double middle_n = (left[k].force_n + right[k].force_n) / 2;
    if (!(left[k].force_n >= LEAST_LOAD_N && right[k].force_n >= LEAST_LOAD_N))
      return stance_problem_set(problem, STANCE_INPUT,
                                "pair %zu reads %.1f N left and %.1f N right: a load of at least "
                                "%.0f N is needed on each side",
                                k + 1, left[k].force_n, right[k].force_n, LEAST_LOAD_N);
    mismatch_pct[k] = 100 * (right[k].force_n - left[k].force_n) / middle_n;
    reading_pct =
        fmax(reading_pct, 100 * hypot(left[k].uncertainty_n, right[k].uncertainty_n) / middle_n);
  }
  /* The readings' own noise is in the scatter too; what all pairs share (the empty reading) is
     not. */
  const double uncertainty_pct =
      hypot(scatter(mismatch_pct, count), STANCE_COVERAGE_FACTOR * reading_pct);
  *ret_result = stance_check_judge(mean_of(mismatch_pct, count), uncertainty_pct, limit_pct);
  return STANCE_OK;
}

enum stance_status stance_check_places(const struct stance_check_place *places, size_t count,
                                       double placing_uncertainty_m, double limit_m,
                                       double force_limit_pct,
                                       struct stance_check_places *ret_result,
                                       struct stance_problem *problem)
{
  enum { LEAST = 5 };
  double force_n[REPEATS_MAX], farthest_m = 0, spread_m = 0, largest_pct = 0;
  if (count < LEAST || count > REPEATS_MAX)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the centre of pressure is checked at %d to %d places, there are "
                              "%zu: the middle and near the four corners",
                              LEAST, REPEATS_MAX, count);
  for (size_t k = 0; k < count; k++) {
    force_n[k] = places[k].force_n;
    spread_m = fmax(spread_m, hypot(places[k].placed_x_m - places[0].placed_x_m,
                                    places[k].placed_y_m - places[0].placed_y_m));
  }
  if (!(spread_m > 0))
    return stance_problem_set(problem, STANCE_INPUT,
                              "all places are the same: load the middle and the four corners");
  const double mean_n = mean_of(force_n, count);
  for (size_t k = 0; k < count; k++) {
    const double off_m =
        hypot(places[k].read_x_m - places[k].placed_x_m, places[k].read_y_m - places[k].placed_y_m);
    if (!isfinite(off_m) || !(places[k].force_n >= LEAST_LOAD_N))
      return stance_problem_set(problem, STANCE_INPUT,
                                "place %zu reads %.1f N: a force below %.0f N has no place", k + 1,
                                places[k].force_n, LEAST_LOAD_N);
    farthest_m = fmax(farthest_m, off_m);
    largest_pct = fmax(largest_pct, 100 * fabs(force_n[k] - mean_n) / mean_n);
  }
  ret_result->distance =
      stance_check_judge(farthest_m, STANCE_COVERAGE_FACTOR * placing_uncertainty_m, limit_m);
  ret_result->force = stance_check_judge(largest_pct, 0, force_limit_pct);
  return STANCE_OK;
}
