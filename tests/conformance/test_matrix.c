/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix of a six-axis sensor: both orientations of its table, what happens when the wrong one
   is chosen, the fit from known loads, and the side's force. */
#include "stance/plate.h"
#include "support/failing_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double value, double expected, double tolerance)
{
  if (!(fabs(value - expected) <= tolerance))
    fail_msg("%.17g instead of %.17g", value, expected);
}

/* Row after row: a sensor with cross-talk; not symmetric, so that its transpose is another one. */
static void make_matrix(double ret_matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                        size_t channels)
{
  for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
    for (size_t column = 0; column < channels; column++)
      ret_matrix[row][column] = (row == column ? 100.0 + 10.0 * (double)row : 0.0) +
                                0.7 * (double)row - 1.3 * (double)column +
                                (column >= STANCE_LOAD_COUNT ? 20.0 * (double)(row + 1) : 0.0);
}

enum { POINT_COUNT = 12 };

/* Known channel values, and the loads they mean. */
static void make_points(double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX], size_t channels,
                        struct stance_plate_point ret_points[POINT_COUNT])
{
  for (size_t k = 0; k < POINT_COUNT; k++) {
    ret_points[k] = (struct stance_plate_point){0};
    for (size_t column = 0; column < channels; column++)
      ret_points[k].value[column] = sin((double)((k + 1) * (k + 1) * (column + 2)));
    for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
      for (size_t column = 0; column < channels; column++)
        ret_points[k].load[row] += matrix[row][column] * ret_points[k].value[column];
  }
}

static void flatten(double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX], size_t channels,
                    enum stance_matrix_orientation orientation, double *ret_number)
{
  for (size_t row = 0; row < STANCE_LOAD_COUNT; row++)
    for (size_t column = 0; column < channels; column++)
      ret_number[orientation == STANCE_MATRIX_ROWS_ARE_LOADS ? row * channels + column
                                                             : column * STANCE_LOAD_COUNT + row] =
          matrix[row][column];
}

/* The same sensor, its table printed either way, gives the same matrix. */
static void both_orientations_give_the_same_loads(void **state)
{
  (void)state;
  for (size_t channels = 6; channels <= 8; channels += 2) {
    double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
    double read[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX];
    double number[48];
    struct stance_plate_point points[POINT_COUNT];
    struct stance_problem problem;
    make_matrix(matrix, channels);
    make_points(matrix, channels, points);
    flatten(matrix, channels, STANCE_MATRIX_ROWS_ARE_LOADS, number);
    assert_int_equal(
        stance_matrix_orient(number, 6, channels, STANCE_MATRIX_ROWS_ARE_LOADS, read, &problem),
        STANCE_OK);
    assert_memory_equal(read, matrix, sizeof matrix);
    flatten(matrix, channels, STANCE_MATRIX_ROWS_ARE_CHANNELS, number);
    assert_int_equal(
        stance_matrix_orient(number, channels, 6, STANCE_MATRIX_ROWS_ARE_CHANNELS, read, &problem),
        STANCE_OK);
    assert_memory_equal(read, matrix, sizeof matrix);
    assert_int_equal(stance_matrix_check(read, channels, points, POINT_COUNT, 0.1, &problem),
                     STANCE_OK);
  }
}

static void the_wrong_orientation_is_found_and_named(void **state)
{
  (void)state;
  double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
  double read[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX];
  double number[48];
  struct stance_plate_point points[POINT_COUNT];
  struct stance_problem problem;
  make_matrix(matrix, 6);
  make_points(matrix, 6, points);
  flatten(matrix, 6, STANCE_MATRIX_ROWS_ARE_CHANNELS, number);
  assert_int_equal(stance_matrix_orient(number, 6, 6, STANCE_MATRIX_ROWS_ARE_LOADS, read, &problem),
                   STANCE_OK); /* a square table does not tell */
  assert_int_equal(stance_matrix_check(read, 6, points, POINT_COUNT, 0.1, &problem),
                   STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "its transpose does"));
  assert_non_null(strstr(problem.text, "choose the other orientation"));
  /* A table that is not square does. */
  assert_int_equal(stance_matrix_orient(number, 8, 6, STANCE_MATRIX_ROWS_ARE_LOADS, read, &problem),
                   STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "choose the other orientation"));
  assert_int_equal(stance_matrix_orient(number, 5, 6, STANCE_MATRIX_ROWS_ARE_LOADS, read, &problem),
                   STANCE_INPUT);
  number[7] = (double)NAN;
  assert_int_equal(stance_matrix_orient(number, 6, 6, STANCE_MATRIX_ROWS_ARE_LOADS, read, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "row 2, column 2"));
}

/* A table that tells what the channels give for a load (rows or columns first), and one that is
   simply another sensor's. */
static void an_inverse_and_a_stranger_are_told_apart(void **state)
{
  (void)state;
  double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
  double turned[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
  struct stance_plate_point points[POINT_COUNT];
  struct stance_problem problem;
  make_matrix(matrix, 6);
  make_points(matrix, 6, points);
  for (size_t k = 0; k < POINT_COUNT; k++) /* channels = matrix · loads */
    for (size_t row = 0; row < 6; row++) {
      const double load = points[k].load[row];
      points[k].load[row] = points[k].value[row];
      points[k].value[row] = load;
    }
  assert_int_equal(stance_matrix_check(matrix, 6, points, POINT_COUNT, 0.1, &problem),
                   STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "its inverse does"));
  for (size_t row = 0; row < 6; row++)
    for (size_t column = 0; column < 6; column++)
      turned[row][column] = matrix[column][row];
  assert_int_equal(stance_matrix_check(turned, 6, points, POINT_COUNT, 0.1, &problem),
                   STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "inverse of its transpose"));
  for (size_t k = 0; k < POINT_COUNT; k++)
    points[k].load[0] += 500.0 * cos((double)k);
  assert_int_equal(stance_matrix_check(matrix, 6, points, POINT_COUNT, 0.1, &problem),
                   STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "no other reading"));
  assert_int_equal(stance_matrix_check(matrix, 6, points, 0, 0.1, &problem), STANCE_INPUT);
  points[3].load[2] = (double)NAN;
  assert_int_equal(stance_matrix_check(matrix, 6, points, POINT_COUNT, 0.1, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "known load 4"));
}

static void known_loads_give_the_matrix_back(void **state)
{
  (void)state;
  for (size_t channels = 6; channels <= 8; channels++) {
    double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
    double found[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX];
    struct stance_plate_point points[POINT_COUNT];
    struct stance_problem problem;
    double error_pct;
    make_matrix(matrix, channels);
    make_points(matrix, channels, points);
    if (stance_matrix_fit(points, POINT_COUNT, channels, found, &error_pct, &problem) != STANCE_OK)
      fail_msg("%s", problem.text);
    assert_true(error_pct < 1e-11);
    for (size_t row = 0; row < 6; row++)
      for (size_t column = 0; column < 8; column++)
        assert_near(found[row][column], matrix[row][column], 1e-10);
    assert_int_equal(stance_matrix_fit(points, channels - 1, channels, found, &error_pct, &problem),
                     STANCE_INPUT);
    for (size_t k = 0; k < POINT_COUNT; k++)
      points[k].value[1] = -2.0 * points[k].value[4];
    assert_int_equal(stance_matrix_fit(points, POINT_COUNT, channels, found, &error_pct, &problem),
                     STANCE_INPUT);
    assert_non_null(strstr(problem.text, "do not tell the channels apart"));
  }
}

static bool fit_and_forget(void *context)
{
  double found[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX], error_pct;
  struct stance_problem problem;
  const enum stance_status status =
      stance_matrix_fit(context, POINT_COUNT, 6, found, &error_pct, &problem);
  assert_true(status == STANCE_OK || status == STANCE_MEMORY);
  return status == STANCE_OK;
}

static void every_failed_allocation_is_reported(void **state)
{
  (void)state;
  if (!failing_allocator_works())
    skip();
  double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX] = {{0}};
  struct stance_plate_point points[POINT_COUNT];
  make_matrix(matrix, 6);
  make_points(matrix, 6, points);
  struct failing_allocator_sweep sweep = failing_allocator_sweep(fit_and_forget, points);
  assert_int_equal(sweep.allocations, 2);
  assert_int_equal(sweep.reported, 2);
}

static void name_channel(struct stance_calibration_channel *channel, size_t number)
{
  snprintf(channel->channel, sizeof channel->channel, "in%zu", number);
  snprintf(channel->unit, sizeof channel->unit, "V");
  channel->polarity = 1;
  channel->slope_n_per_unit = 1.0;
}

static void be_valid(const struct stance_calibration *calibration)
{
  struct stance_problem problem;
  if (stance_calibration_validate(calibration, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
}

/* A six-axis sensor under one foot, its z pointing down: the side's force is −Fz, cross-talk
   included, in the trace as in the frame. */
static void a_matrix_gives_its_side_one_force(void **state)
{
  (void)state;
  struct stance_calibration calibration = {
      .id = "six", .calibrated = true, .channel_count = 6, .plate_count = 1};
  struct stance_calibration_plate *plate = &calibration.plate[0];
  *plate = (struct stance_calibration_plate){
      .kind = STANCE_PLATE_MATRIX, .axis = STANCE_FZ, .polarity = -1};
  make_matrix(plate->matrix, 6);
  double expected = 0.0;
  struct stance_raw_frame raw = {.value = {0.5, -0.25, -2.0, 0.1, 0.2, 0.3}};
  for (size_t k = 0; k < 6; k++) {
    name_channel(&calibration.channel[k], k);
    calibration.channel[k].side = STANCE_RIGHT;
    calibration.channel[k].plate = 1;
    calibration.channel[k].zero_raw = 0.01 * (double)k;
    calibration.channel[k].slope_n_per_unit = 2.0; /* half a volt is one unit of the matrix */
    expected -=
        plate->matrix[STANCE_FZ][k] * 2.0 * (raw.value[k] - calibration.channel[k].zero_raw);
  }
  be_valid(&calibration);
  struct stance_force_frame force;
  double load[STANCE_LOAD_COUNT];
  stance_calibration_apply_frame(&calibration, &raw, &force);
  stance_plate_loads(&calibration, 0, &raw, load);
  assert_near(force.force_n[STANCE_RIGHT], expected, 1e-12 * fabs(expected));
  assert_near(load[STANCE_FZ], -expected, 1e-12 * fabs(expected));
  assert_true(isnan(force.force_n[STANCE_LEFT]));
  assert_true(expected > 0.0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_orientations_give_the_same_loads),
      cmocka_unit_test(the_wrong_orientation_is_found_and_named),
      cmocka_unit_test(an_inverse_and_a_stranger_are_told_apart),
      cmocka_unit_test(known_loads_give_the_matrix_back),
      cmocka_unit_test(every_failed_allocation_is_reported),
      cmocka_unit_test(a_matrix_gives_its_side_one_force),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
