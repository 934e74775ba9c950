/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one door to FFTW: real transforms of one length, planned once with FFTW_ESTIMATE (measured
   plans change the result from run to run). */
#ifndef STANCE_ANALYSIS_FFT_H
#define STANCE_ANALYSIS_FFT_H

#include "stance/status.h"

#include <stddef.h>

/* Of the low-pass filter's blocks, and planned while building. A shorter one is mostly overlap, a
   longer one leaves the fast caches. */
enum { STANCE_FFT_USUAL_LENGTH = 4096 };

struct stance_fft;

/* Any thread. WORK. */
STANCE_MUST_CHECK enum stance_status stance_fft_create(size_t length, struct stance_fft **ret_fft);
/* Accepts NULL. */
void stance_fft_destroy(struct stance_fft *fft);

/* `length` samples of the caller's signal; owned by the transform, aligned for it. */
double *stance_fft_signal(struct stance_fft *fft);
/* length / 2 + 1 pairs of real and imaginary part; owned by the transform. */
double *stance_fft_spectrum(struct stance_fft *fft);
/* Signal to spectrum, unnormalised. The signal may be lost. */
void stance_fft_forward(struct stance_fft *fft);
/* Spectrum to signal, unnormalised: forward and back multiplies by `length`. The spectrum is
   lost. */
void stance_fft_backward(struct stance_fft *fft);

/* What FFTW found out in this process, as text for the caller to free; NULL without memory. */
char *stance_fft_write_plans(void);
/* The same, of the process that ran while this was built (tools/packaging). Where library or
   processor are others, FFTW ignores it and plans anew: the same plans, for estimates are not
   measured. */
extern const char stance_fft_plans[];

#endif
