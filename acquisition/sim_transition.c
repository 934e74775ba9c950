/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Smooth changes of level: getting on, a limb that moves, a dip, a hump. */
#include "sim_shape.h"

#include <math.h>

static const double pi = 3.141592653589793;

double stance_sim_step(double duration_s, double t_s)
{
  if (t_s <= 0.0)
    return 0.0;
  return t_s >= duration_s ? 1.0 : 0.5 - 0.5 * cos(pi * t_s / duration_s);
}

double stance_sim_bump(double duration_s, double t_s)
{
  if (t_s <= 0.0 || t_s >= duration_s)
    return 0.0;
  return 0.5 - 0.5 * cos(2.0 * pi * t_s / duration_s);
}
