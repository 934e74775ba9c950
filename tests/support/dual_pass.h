/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recursive filter forwards and backwards over an odd-reflected signal: what SciPy calls
   sosfiltfilt, and the other way to the result of the zero-phase filter. */
#ifndef STANCE_TEST_DUAL_PASS_H
#define STANCE_TEST_DUAL_PASS_H

#include "stance/filter.h"

#include <stddef.h>

/* `padding` samples on either side, reflected as often as the signal's length demands. Every pass
   starts from the steady state of its first sample. `ret_out` may not be `in`. */
void dual_pass(const struct stance_lowpass *design, size_t padding, const double *in, size_t count,
               double *ret_out);
/* 6·rate/cutoff (SCIENCE §10.3). */
size_t dual_pass_padding(const struct stance_lowpass *design);

#endif
