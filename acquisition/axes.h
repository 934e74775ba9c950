/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channels of a sensor of several axes: forces Fx Fy Fz, then moments Mx My Mz. */
#ifndef STANCE_AXES_H
#define STANCE_AXES_H

#include "stance/source.h"

#include <stddef.h>

enum { STANCE_AXIS_COUNT_MAX = 6 };

extern const char *const stance_axis_names[STANCE_AXIS_COUNT_MAX];
/* "N" of a force, "Nm" of a moment. */
const char *stance_axis_unit(size_t axis);

/* "left:Fz" or "left:2": sides of the first `count` axes. "" makes Fz the total: one sensor carries
   one load, and the other axes are not sides of it. STANCE_USAGE names what is allowed. */
STANCE_MUST_CHECK enum stance_status stance_axes_map(const char *scheme, const char *text,
                                                     size_t count, enum stance_side *ret_side,
                                                     struct stance_problem *problem);

#endif
