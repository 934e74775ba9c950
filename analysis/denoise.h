/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The force under the noise, as far as one recording shows it. */
#ifndef STANCE_ANALYSIS_DENOISE_H
#define STANCE_ANALYSIS_DENOISE_H

#include "noise.h"

/* Estimates the noise-free force of `count` samples: at each the mean over the widest window
   before, around or after it over which means agree within the noise (intersection of confidence
   intervals, Goldenshluger & Nemirovski 1997; Katkovnik 1999). Corners stay sharp, plateaus become
   smooth, and force without noise stays as it is. `scratch` holds 2 · count + 1 numbers. No NaN. */
void denoise(const struct noise_model *model, const double *force_n, long count, double *scratch,
             double *ret_clean_n);

#endif
