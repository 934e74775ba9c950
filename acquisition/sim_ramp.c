/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_shape.h"

double stance_sim_ramp_n(double peak_n, double rise_s, double since_onset_s)
{
  if (since_onset_s <= 0.0)
    return 0.0;
  return since_onset_s >= rise_s ? peak_n : peak_n * since_onset_s / rise_s;
}
