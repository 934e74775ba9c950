/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sides, axes and units: stated once, here. */
#ifndef STANCE_SIDE_H
#define STANCE_SIDE_H

/* LEFT and RIGHT are the athlete's. TOTAL is what carries both at once: one plate under both feet,
   or the sum of two. BOTH belongs to comparisons (asymmetry, lag), never to a measured force. */
enum stance_side {
  STANCE_LEFT = 0,
  STANCE_RIGHT = 1,
  STANCE_TOTAL = 2,
  STANCE_BOTH = 3,
  STANCE_SIDE_NONE = 4,
};
enum { STANCE_MEASURED_SIDE_COUNT = 3, STANCE_SIDE_COUNT = 4 };

/* Force is positive where the athlete loads the instrument (heel pushes down, strap is pulled).
   Comparisons are right minus left: positive = right larger. Axes of a plate are right-handed. */

#define STANCE_STANDARD_GRAVITY_M_PER_S2 9.80665 /* CGPM 1901; kgf and lbf are defined with it */

/* "left", "right", "total", "both"; "" for STANCE_SIDE_NONE. */
static inline const char *stance_side_name(enum stance_side side)
{
  static const char *const names[] = {"left", "right", "total", "both", ""};
  return names[side];
}

#endif
