/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_shape.h"

#include <math.h>

double stance_sim_exponential_n(double peak_n, double tau_s, double since_onset_s)
{
  return since_onset_s <= 0.0 ? 0.0 : -peak_n * expm1(-since_onset_s / tau_s);
}
