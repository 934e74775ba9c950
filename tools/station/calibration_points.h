/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calibration points from a table: what a clinic writes down while it hangs weights. */
#ifndef STANCE_CALIBRATION_POINTS_H
#define STANCE_CALIBRATION_POINTS_H

#include "stance/calibration.h"

/* A point whose reading is not in the table lies in a recording, from `from_s` to `to_s`. */
struct stance_point_row {
  struct stance_calibration_point point; /* raw is NaN where it is still to be read */
  double from_s, to_s;                   /* NaN where raw is given */
};

/* Columns `load_n` or `mass_kg` (times `gravity_m_per_s2`), `raw` or `from_s` and `to_s`; optional
   `direction` (up, down, preload, hold) and `repeat`. Without them loads that fall are down, and a
   new repeat begins where they rise again. `ret_rows` holds STANCE_CALIBRATION_POINT_MAX.
   STANCE_INPUT names line and column of what cannot be. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_calibration_points_read(const char *path, double gravity_m_per_s2,
                               struct stance_point_row *ret_rows, size_t *ret_count,
                               struct stance_problem *problem);

/* Fills direction and repeat of `point` from the one before (NULL: none), as described above. */
void stance_calibration_points_infer(const struct stance_calibration_point *before,
                                     struct stance_calibration_point *point);

#endif
