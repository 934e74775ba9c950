/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to calibration/: linear least squares by Householder reflections (GSL). */
#ifndef STANCE_CALIBRATION_LEAST_SQUARES_H
#define STANCE_CALIBRATION_LEAST_SQUARES_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { LEAST_SQUARES_COLUMNS_MAX = 8 };

/* A factored design; owns its memory. */
struct least_squares {
  size_t rows, columns;
  double *factor; /* rows · columns, and two columns of work */
  double tau[LEAST_SQUARES_COLUMNS_MAX];
};
/* `design` is row after row, rows >= columns. STANCE_INPUT where its columns do not differ,
   STANCE_MEMORY. */
STANCE_MUST_CHECK enum stance_status least_squares_init(struct least_squares *ret_squares,
                                                        const double *design, size_t rows,
                                                        size_t columns);
/* Minimises |design · x − target|. */
void least_squares_solve(const struct least_squares *squares, const double *target,
                         double *ret_solution);
/* (designᵀ·design)⁻¹, columns · columns. */
void least_squares_covariance(const struct least_squares *squares, double *ret_inverse);
/* Accepts a zeroed one. */
void least_squares_finish(struct least_squares *squares);

/* Chance that a ratio of variances as large as `ratio` comes from noise alone (F distribution). */
double least_squares_chance(double ratio, double numerator_freedom, double denominator_freedom);
/* Half-width, in standard errors, of the interval that holds `confidence` of Student's t. */
double least_squares_student_t(double confidence, double freedom);

#endif
