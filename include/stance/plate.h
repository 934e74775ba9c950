/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A force plate: its six loads, the centre of pressure and the free moment, and the matrix of a
   six-axis sensor. N and N·m, m; axes right-handed, about the sensor origin.

   Which force is the side's: profiles of cells and of Kistler plates add the vertical channels,
   positive where the athlete loads the plate; a matrix profile names the axis and its polarity,
   because a manufacturer's z may point up or down. */
#ifndef STANCE_PLATE_H
#define STANCE_PLATE_H

#include "stance/calibration.h"

/* The six loads of plate `plate` (from 0) in one frame; a corrupt frame gives NaN. Vertical cells
   measure Fz, Mx and My: their Fx and Fy are taken as 0 and Mz is NaN. Kistler: Mx = b(fz1 + fz2 −
   fz3 − fz4), My = a(−fz1 + fz2 + fz3 − fz4), Mz = b(−fx12 + fx34) + a(fy14 − fy23). The profile
   must be valid. Any context. */
void stance_plate_loads(const struct stance_calibration *calibration, size_t plate,
                        const struct stance_raw_frame *raw, double ret_load[STANCE_LOAD_COUNT]);

struct stance_plate_centre {
  double x_m, y_m;       /* centre of pressure on the top surface */
  double free_moment_nm; /* about the vertical through it */
};
/* x = (z·Fx − My)/Fz, y = (Mx + z·Fy)/Fz, Tz = Mz − x·Fy + y·Fx with z = `top_m` (mechanics of a
   rigid plate). All NaN where |Fz| is below `blank_below_n`: a small force has no place. Any
   context. */
void stance_plate_centre(const double load[STANCE_LOAD_COUNT], double top_m, double blank_below_n,
                         struct stance_plate_centre *ret_centre);

/* How a table of numbers is to be read. Sources differ, a square table does not tell. */
enum stance_matrix_orientation {
  STANCE_MATRIX_ROWS_ARE_LOADS,    /* row Fx, Fy, …: loads = table · channels */
  STANCE_MATRIX_ROWS_ARE_CHANNELS, /* row channel 1, 2, …: loads = channels · table */
};
/* `number` holds rows · columns values, row after row. The result is always loads = matrix ·
   channels. STANCE_MISMATCH, named, where a table that is not square cannot be read this way;
   STANCE_INPUT where no six loads by six to eight channels are there. */
STANCE_MUST_CHECK enum stance_status stance_matrix_orient(
    const double *number, size_t rows, size_t columns, enum stance_matrix_orientation orientation,
    double ret_matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX], struct stance_problem *problem);

/* Known loads on the plate, and what its channels then gave (values as the matrix takes them). */
struct stance_plate_point {
  double load[STANCE_LOAD_COUNT];
  double value[STANCE_CHANNEL_COUNT_MAX];
};
/* Whether the matrix reproduces known loads: the root mean square of all residuals, forces in
   percent of the largest known force, moments of the largest known moment, is at most `limit_pct`.
   STANCE_MISMATCH says how far off it is, and names the table's transpose or inverse where that
   fits instead. STANCE_INPUT without any load. */
STANCE_MUST_CHECK enum stance_status
stance_matrix_check(double matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                    size_t channel_count, const struct stance_plate_point *points,
                    size_t point_count, double limit_pct, struct stance_problem *problem);

/* The matrix by least squares from known loads at known places (Cedraro 2008): at least as many
   points as channels, loading all of them differently, else STANCE_INPUT. `ret_error_pct`: root
   mean square residual as above. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_matrix_fit(const struct stance_plate_point *points, size_t point_count, size_t channel_count,
                  double ret_matrix[STANCE_LOAD_COUNT][STANCE_CHANNEL_COUNT_MAX],
                  double *ret_error_pct, struct stance_problem *problem);

#endif
