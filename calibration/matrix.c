/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix of a six-axis sensor: which way its table is to be read, whether it reproduces known
   loads, and how it follows from them. */
#include "least_squares.h"
#include "stance/plate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum stance_status stance_matrix_orient(
    const double *number, size_t rows, size_t columns, enum stance_matrix_orientation orientation,
    double ret_matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX], struct stance_problem *problem)
{
  const bool loads_first = orientation == STANCE_MATRIX_ROWS_ARE_LOADS;
  const size_t loads = loads_first ? rows : columns, channels = loads_first ? columns : rows;

  if (channels == STANCE_LOAD_COUNT && loads > STANCE_LOAD_COUNT &&
      loads <= STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(
        problem, STANCE_MISMATCH,
        "a table of %zu rows and %zu columns has six %s, so that its rows are "
        "%s: choose the other orientation",
        rows, columns, loads_first ? "columns" : "rows", loads_first ? "channels" : "loads");
  if (loads != STANCE_LOAD_COUNT || channels < STANCE_LOAD_COUNT ||
      channels > STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(problem, STANCE_INPUT,
                              "a table of %zu rows and %zu columns is no calibration matrix: six "
                              "loads by six to %d channels are possible",
                              rows, columns, STANCE_CHANNEL_COUNT_MAX);
  for (size_t k = 0; k < rows * columns; k++)
    if (!isfinite(number[k]))
      return stance_problem_set(problem, STANCE_INPUT,
                                "row %zu, column %zu of the matrix is not a number",
                                k / columns + 1, k % columns + 1);
  memset(ret_matrix, 0, STANCE_LOAD_COUNT * sizeof *ret_matrix);
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column++) {
      if (loads_first)
        ret_matrix[row][column] = number[row * columns + column];
      else
        ret_matrix[column][row] = number[row * columns + column];
    }
  return STANCE_OK;
}

/* Largest known force and moment: what residuals are percentages of. */
static void find_scales(const struct stance_plate_point *points, size_t count, double ret_scale[2])
{
  ret_scale[0] = ret_scale[1] = 0.0;
  for (size_t k = 0; k < count; k++)
    for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
      ret_scale[row / 3] = fmax(ret_scale[row / 3], fabs(points[k].load[row]));
  if (ret_scale[1] == 0.0) /* pure forces through the origin: a metre of lever */
    ret_scale[1] = ret_scale[0];
  if (ret_scale[0] == 0.0)
    ret_scale[0] = ret_scale[1];
}

static double error_pct(double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX], size_t channels,
                        const struct stance_plate_point *points, size_t count)
{
  double scale[2], square_sum = 0.0;

  find_scales(points, count, scale);
  for (size_t k = 0; k < count; k++)
    for (size_t row = 0; row < STANCE_LOAD_COUNT; row++) {
      double load = -points[k].load[row];
      for (size_t column = 0; column < channels; column++)
        load += matrix[row][column] * points[k].value[column];
      square_sum += load / scale[row / 3] * (load / scale[row / 3]);
    }
  return 100.0 * sqrt(square_sum / (double)(count * STANCE_LOAD_COUNT));
}

static void transpose(double from[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                      double ret_to[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX])
{
  for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
    for (size_t column = 0; column < STANCE_LOAD_COUNT; column++)
      ret_to[row][column] = from[column][row];
}

/* False where there is none, or no memory for it: it is a hint, no result. */
static bool invert(double from[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                   double ret_to[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX])
{
  double design[STANCE_LOAD_COUNT * STANCE_LOAD_COUNT];
  struct least_squares squares;

  for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
    memcpy(design + row * STANCE_LOAD_COUNT, from[row], STANCE_LOAD_COUNT * sizeof *design);
  if (least_squares_init(&squares, design, STANCE_LOAD_COUNT, STANCE_LOAD_COUNT) != STANCE_OK)
    return false;
  for (size_t column = 0; column < STANCE_LOAD_COUNT; column++) {
    double unit[STANCE_LOAD_COUNT] = {0}, solution[STANCE_LOAD_COUNT];
    unit[column] = 1.0;
    least_squares_solve(&squares, unit, solution);
    for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
      ret_to[row][column] = solution[row];
  }
  least_squares_finish(&squares);
  return true;
}

/* Another reading of the same square table that reproduces the loads; NULL where none does. */
static const char *find_other_reading(double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                                      const struct stance_plate_point *points, size_t count,
                                      double limit_pct, double *ret_error_pct)
{
  double turned[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
  double inverse[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
  const char *found = NULL;

  transpose(matrix, turned);
  *ret_error_pct = error_pct(turned, STANCE_LOAD_COUNT, points, count);
  if (*ret_error_pct <= limit_pct)
    return "its transpose does: the table was read with rows and columns exchanged, choose the "
           "other orientation";
  if (invert(matrix, inverse)) {
    *ret_error_pct = error_pct(inverse, STANCE_LOAD_COUNT, points, count);
    if (*ret_error_pct <= limit_pct)
      found = "its inverse does: the table tells what the channels give for a load; enter its "
              "inverse";
    if (found == NULL && invert(turned, inverse)) {
      *ret_error_pct = error_pct(inverse, STANCE_LOAD_COUNT, points, count);
      if (*ret_error_pct <= limit_pct)
        found = "the inverse of its transpose does: the table tells what the channels give for a "
                "load, in the other orientation; enter that inverse";
    }
  }
  return found;
}

static enum stance_status check_points(const struct stance_plate_point *points, size_t count,
                                       size_t channels, struct stance_problem *problem)
{
  bool loaded = false;

  if (channels < STANCE_LOAD_COUNT || channels > STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(problem, STANCE_INPUT, "%zu channels; a matrix has six to %d",
                              channels, STANCE_CHANNEL_COUNT_MAX);
  for (size_t k = 0; k < count; k++) {
    bool finite = true;
    for (size_t row = 0; row < STANCE_LOAD_COUNT; row++) {
      finite = finite && isfinite(points[k].load[row]);
      loaded = loaded || points[k].load[row] != 0.0;
    }
    for (size_t column = 0; column < channels; column++)
      finite = finite && isfinite(points[k].value[column]);
    if (!finite)
      return stance_problem_set(problem, STANCE_INPUT,
                                "known load %zu is not a number: measure it again", k + 1);
  }
  if (!loaded)
    return stance_problem_set(problem, STANCE_INPUT,
                              "no known load was given: put a known mass on the plate");
  return STANCE_OK;
}

enum stance_status stance_matrix_check(double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                                       size_t channel_count,
                                       const struct stance_plate_point *points, size_t point_count,
                                       double limit_pct, struct stance_problem *problem)
{
  enum stance_status status = check_points(points, point_count, channel_count, problem);
  if (status != STANCE_OK)
    return status;
  const double as_read_pct = error_pct(matrix, channel_count, points, point_count);
  if (as_read_pct <= limit_pct)
    return STANCE_OK;
  double other_pct = 0.0;
  const char *other = channel_count == STANCE_LOAD_COUNT
                          ? find_other_reading(matrix, points, point_count, limit_pct, &other_pct)
                          : NULL;
  if (other != NULL)
    return stance_problem_set(problem, STANCE_MISMATCH,
                              "the matrix misses the known loads by %.3g %% (limit %.3g %%), but "
                              "to %.3g %% %s",
                              as_read_pct, limit_pct, other_pct, other);
  return stance_problem_set(problem, STANCE_MISMATCH,
                            "the matrix misses the known loads by %.3g %% (limit %.3g %%), and no "
                            "other reading of the table fits: check the order of the channels, "
                            "their gains, and where the loads stood",
                            as_read_pct, limit_pct);
}

static enum stance_status fit_rows(const struct stance_plate_point *points, size_t count,
                                   size_t channels, double *design,
                                   double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX])
{
  struct least_squares squares;
  double *target = design + count * channels;

  for (size_t k = 0; k < count; k++)
    memcpy(design + k * channels, points[k].value, channels * sizeof *design);
  enum stance_status status = least_squares_init(&squares, design, count, channels);
  if (status != STANCE_OK)
    return status;
  for (size_t row = 0; row < STANCE_LOAD_COUNT; row++) {
    for (size_t k = 0; k < count; k++)
      target[k] = points[k].load[row];
    least_squares_solve(&squares, target, matrix[row]);
  }
  least_squares_finish(&squares);
  return STANCE_OK;
}

enum stance_status stance_matrix_fit(const struct stance_plate_point *points, size_t point_count,
                                     size_t channel_count,
                                     double ret_matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                                     double *ret_error_pct, struct stance_problem *problem)
{
  double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
  enum stance_status status = check_points(points, point_count, channel_count, problem);
  if (status != STANCE_OK)
    return status;
  if (point_count < channel_count)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%zu known loads; a matrix of %zu channels needs at least as many",
                              point_count, channel_count);
  double *design = malloc(point_count * (channel_count + 1) * sizeof *design);
  status =
      design == NULL ? STANCE_MEMORY : fit_rows(points, point_count, channel_count, design, matrix);
  free(design);
  if (status == STANCE_INPUT)
    return stance_problem_set(problem, status,
                              "the known loads do not tell the channels apart: load the plate at "
                              "more places and in more directions");
  if (status != STANCE_OK)
    return stance_problem_set(problem, status, "out of memory for %zu known loads", point_count);
  memcpy(ret_matrix, matrix, sizeof matrix);
  *ret_error_pct = error_pct(matrix, channel_count, points, point_count);
  return STANCE_OK;
}
