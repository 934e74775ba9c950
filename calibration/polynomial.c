/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "least_squares.h"
#include "stance/evaluation.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COEFFICIENTS = STANCE_CALIBRATION_DEGREE_MAX + 1 };

/* The data on [−1, 1], where powers stay apart. */
struct axis {
  double middle, half;
};

static long double place(const struct axis *axis, double x)
{
  return ((long double)x - (long double)axis->middle) / (long double)axis->half;
}

static enum stance_status find_axis(const double *x, const double *y, size_t count, unsigned degree,
                                    struct axis *ret_axis, struct stance_problem *problem)
{
  double low = (double)INFINITY, high = -(double)INFINITY;

  if (count < degree + 2)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%zu points; a curve of degree %u needs at least %u", count, degree,
                              degree + 2);
  for (size_t k = 0; k < count; k++) {
    if (!isfinite(x[k]) || !isfinite(y[k]))
      return stance_problem_set(problem, STANCE_INPUT,
                                "calibration point %zu is not a number: measure it again", k + 1);
    low = fmin(low, x[k]);
    high = fmax(high, x[k]);
  }
  const struct axis axis = {.middle = low / 2 + high / 2, .half = high / 2 - low / 2};
  if (!(axis.half > 0.0) || !isfinite(axis.half))
    return stance_problem_set(problem, STANCE_INPUT,
                              "all %zu points read %g: apply different forces, and check that the "
                              "sensor is connected",
                              count, low);
  *ret_axis = axis;
  return STANCE_OK;
}

static long double residual_at(const struct axis *axis, const long double *coefficient,
                               unsigned degree, double x, double y)
{
  const long double t = place(axis, x);
  long double fitted = coefficient[degree];
  for (unsigned k = degree; k-- > 0;)
    fitted = fitted * t + coefficient[k];
  return (long double)y - fitted;
}

/* `work` holds count · (degree + 2) values. */
static enum stance_status solve(const double *x, const double *y, size_t count, unsigned degree,
                                const struct axis *axis, double *work,
                                long double ret_coefficient[COEFFICIENTS], double *ret_inverse)
{
  const size_t columns = degree + 1;
  struct least_squares squares;
  double step[COEFFICIENTS], *target = work + count * columns;

  for (size_t k = 0; k < count; k++) {
    long double power = 1.0L;
    for (size_t column = 0; column < columns; column++) {
      work[k * columns + column] = (double)power;
      power *= place(axis, x[k]);
    }
  }
  enum stance_status status = least_squares_init(&squares, work, count, columns);
  if (status != STANCE_OK)
    return status;
  for (size_t column = 0; column < COEFFICIENTS; column++)
    ret_coefficient[column] = 0.0L;
  /* The second round takes the rounding of the first one back. */
  for (int round = 0; round < 3; round++) {
    for (size_t k = 0; k < count; k++)
      target[k] = (double)residual_at(axis, ret_coefficient, degree, x[k], y[k]);
    least_squares_solve(&squares, target, step);
    for (size_t column = 0; column < columns; column++)
      ret_coefficient[column] += (long double)step[column];
  }
  least_squares_covariance(&squares, ret_inverse);
  least_squares_finish(&squares);
  return STANCE_OK;
}

/* Powers of t in powers of (x − origin): t = (x − origin)/half + shift. */
static void find_change(const struct axis *axis, double origin, unsigned degree,
                        long double ret_change[COEFFICIENTS][COEFFICIENTS])
{
  const long double shift = place(axis, origin);
  memset(ret_change, 0, COEFFICIENTS * sizeof *ret_change);
  ret_change[0][0] = 1.0L;
  for (unsigned power = 1; power <= degree; power++) /* column: the power of t */
    for (unsigned k = 0; k <= power; k++)
      ret_change[k][power] =
          shift * ret_change[k][power - 1] +
          (k > 0 ? ret_change[k - 1][power - 1] / (long double)axis->half : 0.0L);
}

static void change_origin(const struct axis *axis, const long double *coefficient,
                          const double *inverse, struct stance_polynomial *polynomial)
{
  const unsigned columns = polynomial->degree + 1;
  long double change[COEFFICIENTS][COEFFICIENTS];
  const long double variance =
      (long double)polynomial->residual_sd * (long double)polynomial->residual_sd;
  size_t position = 0;

  find_change(axis, polynomial->origin, polynomial->degree, change);
  for (unsigned column = 0; column < columns; column++) {
    long double sum = 0.0L;
    for (unsigned k = 0; k < columns; k++)
      sum += change[column][k] * coefficient[k];
    polynomial->coefficient[column] = (double)sum;
    for (unsigned row = 0; row <= column; row++) {
      long double product = 0.0L;
      for (unsigned a = 0; a < columns; a++)
        for (unsigned b = 0; b < columns; b++)
          product += change[row][a] * (long double)inverse[a * columns + b] * change[column][b];
      polynomial->covariance[position++] = (double)(variance * product);
    }
  }
}

enum stance_status stance_polynomial_fit(const double *x, const double *y, size_t count,
                                         unsigned degree, double origin,
                                         struct stance_polynomial *ret_polynomial,
                                         double *ret_residual, struct stance_problem *problem)
{
  assert(degree <= STANCE_CALIBRATION_DEGREE_MAX);
  struct axis axis;
  enum stance_status status = find_axis(x, y, count, degree, &axis, problem);
  if (status != STANCE_OK)
    return status;
  double *work = malloc(count * (degree + 2) * sizeof *work);
  if (work == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for %zu points", count);
  long double coefficient[COEFFICIENTS];
  double inverse[COEFFICIENTS * COEFFICIENTS];
  status = solve(x, y, count, degree, &axis, work, coefficient, inverse);
  free(work);
  if (status == STANCE_INPUT)
    return stance_problem_set(problem, status,
                              "the points have too few different readings for a curve of degree %u",
                              degree);
  if (status != STANCE_OK)
    return stance_problem_set(problem, status, "out of memory for %zu points", count);

  struct stance_polynomial polynomial = {.degree = degree, .origin = origin};
  long double square_sum = 0.0L;
  for (size_t k = 0; k < count; k++) {
    const long double residual = residual_at(&axis, coefficient, degree, x[k], y[k]);
    square_sum += residual * residual;
    if (ret_residual != NULL)
      ret_residual[k] = (double)residual;
  }
  polynomial.degrees_of_freedom = (double)(count - degree - 1);
  polynomial.residual_sd = (double)sqrtl(square_sum / (long double)(count - degree - 1));
  change_origin(&axis, coefficient, inverse, &polynomial);
  *ret_polynomial = polynomial;
  return STANCE_OK;
}

double stance_polynomial_at(const struct stance_polynomial *polynomial, double x)
{
  double value = polynomial->coefficient[polynomial->degree];
  for (unsigned k = polynomial->degree; k-- > 0;)
    value = value * (x - polynomial->origin) + polynomial->coefficient[k];
  return value;
}
