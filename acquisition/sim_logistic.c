/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_shape.h"

#include <math.h>

double stance_sim_logistic_n(double peak_n, double delay_s, double scale_s, double since_onset_s)
{
  return peak_n / (1.0 + exp((delay_s - since_onset_s) / scale_s));
}
