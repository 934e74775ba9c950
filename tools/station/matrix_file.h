/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A six-axis sensor's calibration matrix as its maker prints it, and known loads that prove it. */
#ifndef STANCE_MATRIX_FILE_H
#define STANCE_MATRIX_FILE_H

#include "stance/plate.h"

/* Bare numbers, row after row, separated by commas, blanks or `;`; lines that begin with # are
   comments. `ret_number` holds 64. STANCE_INPUT names the line. WORK. */
STANCE_MUST_CHECK enum stance_status stance_matrix_file_read(const char *path, double *ret_number,
                                                             size_t *ret_rows, size_t *ret_columns,
                                                             struct stance_problem *problem);

enum { STANCE_KNOWN_LOAD_MAX = 256 };
/* A table with the columns fx fy fz mx my mz (N and N·m; one that is missing is 0) and one for each
   channel of `calibration` by its name, holding its reading. The values are those the matrix takes.
   `ret_points` holds STANCE_KNOWN_LOAD_MAX. STANCE_INPUT. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_known_loads_read(const char *path, const struct stance_calibration *calibration,
                        struct stance_plate_point *ret_points, size_t *ret_count,
                        struct stance_problem *problem);

#endif
