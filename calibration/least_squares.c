/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "least_squares.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A column that the others explain to this fraction carries no information: 2^10 roundings. */
#define RANK_TOLERANCE (1024 * 0x1p-52)

static double *work_of(const struct least_squares *squares)
{
  return squares->factor + squares->rows * squares->columns;
}

static double diagonal(const struct least_squares *squares, size_t k)
{
  return squares->factor[k * squares->columns + k];
}

/* Column by column against its own length, so that units do not matter. */
static bool has_full_rank(const struct least_squares *squares, const double *design)
{
  for (size_t k = 0; k < squares->columns; k++) {
    double length = 0.0;
    for (size_t row = 0; row < squares->rows; row++)
      length = hypot(length, design[row * squares->columns + k]);
    if (!(fabs(diagonal(squares, k)) > RANK_TOLERANCE * length))
      return false;
  }
  return true;
}

enum stance_status least_squares_init(struct least_squares *ret_squares, const double *design,
                                      size_t rows, size_t columns)
{
  assert(columns > 0 && columns <= LEAST_SQUARES_COLUMNS_MAX && rows >= columns);
  struct least_squares squares = {.rows = rows, .columns = columns};
  squares.factor = malloc(rows * (columns + 2) * sizeof *squares.factor);
  if (squares.factor == NULL)
    return STANCE_MEMORY;
  memcpy(squares.factor, design, rows * columns * sizeof *design);
  gsl_matrix_view factor = gsl_matrix_view_array(squares.factor, rows, columns);
  gsl_vector_view tau = gsl_vector_view_array(squares.tau, columns);
  gsl_linalg_QR_decomp(&factor.matrix, &tau.vector); /* fails on wrong shapes only */
  if (!has_full_rank(&squares, design)) {
    least_squares_finish(&squares);
    return STANCE_INPUT;
  }
  *ret_squares = squares;
  return STANCE_OK;
}

void least_squares_solve(const struct least_squares *squares, const double *target,
                         double *ret_solution)
{
  double *copy = work_of(squares);
  memcpy(copy, target, squares->rows * sizeof *copy);
  gsl_matrix_const_view factor =
      gsl_matrix_const_view_array(squares->factor, squares->rows, squares->columns);
  gsl_vector_const_view tau = gsl_vector_const_view_array(squares->tau, squares->columns);
  gsl_vector_const_view wanted = gsl_vector_const_view_array(copy, squares->rows);
  gsl_vector_view solution = gsl_vector_view_array(ret_solution, squares->columns);
  gsl_vector_view residual = gsl_vector_view_array(copy + squares->rows, squares->rows);
  gsl_linalg_QR_lssolve(&factor.matrix, &tau.vector, &wanted.vector, &solution.vector,
                        &residual.vector);
}

void least_squares_covariance(const struct least_squares *squares, double *ret_inverse)
{
  const size_t n = squares->columns;
  double inverse[LEAST_SQUARES_COLUMNS_MAX][LEAST_SQUARES_COLUMNS_MAX] = {{0}}; /* of R */

  for (size_t column = 0; column < n; column++) {
    inverse[column][column] = 1.0 / diagonal(squares, column);
    for (size_t row = column; row-- > 0;) {
      double sum = 0.0;
      for (size_t k = row + 1; k <= column; k++)
        sum += squares->factor[row * n + k] * inverse[k][column];
      inverse[row][column] = -sum / diagonal(squares, row);
    }
  }
  for (size_t row = 0; row < n; row++)
    for (size_t column = 0; column < n; column++) {
      double sum = 0.0;
      for (size_t k = row > column ? row : column; k < n; k++)
        sum += inverse[row][k] * inverse[column][k];
      ret_inverse[row * n + column] = sum;
    }
}

void least_squares_finish(struct least_squares *squares)
{
  free(squares->factor);
  squares->factor = NULL;
}

double least_squares_chance(double ratio, double numerator_freedom, double denominator_freedom)
{
  return gsl_cdf_fdist_Q(ratio, numerator_freedom, denominator_freedom);
}

double least_squares_student_t(double confidence, double freedom)
{
  return gsl_cdf_tdist_Pinv((1.0 + confidence) / 2.0, freedom);
}
