/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two kinds of low-pass share: the checked design. */
#ifndef STANCE_ANALYSIS_FILTER_PRIVATE_H
#define STANCE_ANALYSIS_FILTER_PRIVATE_H

#include "stance/filter.h"

/* STANCE_USAGE with a sentence for a rate, cutoff, order or number of passes that is no filter. */
STANCE_MUST_CHECK enum stance_status stance_lowpass_check(const struct stance_lowpass *design,
                                                          struct stance_problem *problem);

/* Bilinear-warped design tangent tan(π·cutoff/rate), divided by the correction unless the design
   says uncorrected. The correction belongs on the tangent, not on the frequency. */
double stance_lowpass_tangent(const struct stance_lowpass *design);

/* 2·sin((2k+1)π/(2n)): minus twice the real part of the k-th pole pair of the Butterworth
   prototype of order n (Butterworth 1930), the damping of its section. k from 0, ascending
   damping: the last pair is the best damped. */
double stance_butterworth_damping(unsigned order, unsigned k);

#endif
