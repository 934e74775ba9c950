/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a force signal is made of: amplitude spectrum, mains hum, and advice on a cutoff. Nothing
   here changes a number of a result. All functions WORK. */
#ifndef STANCE_SPECTRUM_H
#define STANCE_SPECTRUM_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

enum stance_window {
  STANCE_WINDOW_HANN = 0, /* resolves neighbouring lines: best for looking */
  STANCE_WINDOW_FLAT_TOP, /* amplitude right to 0.2 % wherever a line falls between two bins */
};

/* Single-sided amplitude spectrum of segments of one length, planned once (FFTW_ESTIMATE). */
struct stance_spectrum;

/* `segment_length` from 16 samples to 2^24; powers of two are fastest. STANCE_USAGE outside. */
STANCE_MUST_CHECK enum stance_status stance_spectrum_create(size_t segment_length,
                                                            enum stance_window window,
                                                            struct stance_spectrum **ret_spectrum,
                                                            struct stance_problem *problem);
void stance_spectrum_destroy(struct stance_spectrum *spectrum);
/* segment_length / 2 + 1; bin k is at k · rate / segment_length. */
size_t stance_spectrum_bin_count(const struct stance_spectrum *spectrum);
/* Amplitude of each bin in the signal's unit: a sine of amplitude A on a bin reads A, and bin 0 the
   size of the mean. Signals longer than a segment are cut into segments that overlap by half (a
   last incomplete one is left out); a bin is then the root of its mean square (Welch 1967).
   STANCE_INPUT for less than one segment or a sample that is not finite; `ret_amplitude` is then
   untouched or holds nothing of use. */
STANCE_MUST_CHECK enum stance_status stance_spectrum_apply(struct stance_spectrum *spectrum,
                                                           const double *signal, size_t count,
                                                           double *ret_amplitude);

/* Mains hum. Sines at the multiples of the mains frequency are fitted by least squares together
   with a straight line, second by second (a whole number of cycles), so that neither leakage nor a
   drifting baseline counts as hum; a line's amplitude is the median over the seconds, so that an
   effort in one of them does not either. The weaker family is measured in what the stronger leaves;
   where they share a line (300 Hz, 600 Hz, …) it counts to the stronger. */
enum { STANCE_HUM_LINE_COUNT_MAX = 40 }; /* as far as IEC 61000-3-2 looks */
struct stance_hum_family {
  double nominal_hz;   /* 50 or 60 */
  double frequency_hz; /* measured, within 1 Hz of nominal; means nothing unless present */
  size_t line_count;   /* multiples below half the rate less 1 Hz */
  double amplitude[STANCE_HUM_LINE_COUNT_MAX]; /* [0] at frequency_hz, [1] at twice that, … */
  double noise[STANCE_HUM_LINE_COUNT_MAX];     /* amplitude (rms) of what lies beside each line */
  double rms;                                  /* of all lines together: √(Σ amplitude²/2) */
  bool present; /* some line's amplitude exceeds STANCE_HUM_CLEAR times the noise beside it */
};
/* Gaussian noise exceeds four times its own rms amplitude with probability e^−16 a line and second
   (Rayleigh); the search over frequencies and lines multiplies that by hundreds. */
#define STANCE_HUM_CLEAR 4.0
struct stance_hum {
  struct stance_hum_family at_50, at_60;
  double mains_hz; /* measured frequency of the stronger family; NaN where neither is present */
};
/* `signal` in any unit, best a quiet stretch; at most its first minute is used; at least one
   second, every sample finite, else STANCE_INPUT; STANCE_USAGE for a rate below 150 Hz, at which
   neither family can be told. */
STANCE_MUST_CHECK enum stance_status stance_hum_measure(const double *signal, size_t count,
                                                        double rate_hz, struct stance_hum *ret_hum,
                                                        struct stance_problem *problem);

/* Winter's residual analysis (Winter 2009): RMS of raw − filtered against the cutoff; a line
   through its noise-dominated tail, extended to cutoff 0, estimates the noise; the advice is the
   cutoff whose residual equals it. Advice only, never applied by itself: the method is known to
   choose a cutoff too low for anything differentiated (RFD, onset), and takes tremor for noise. */
struct stance_residual_advice {
  double noise_rms; /* where the line meets cutoff 0 */
  double slope;     /* of the line, per Hz */
  double r_squared; /* of the line over the tail; below about 0.95 the advice is worth little */
  double cutoff_hz; /* NaN where no cutoff tried leaves that little */
};
/* Tries `cutoff_count` ≥ 4 ascending cutoffs with the zero-phase filter of `order_per_pass`, two
   passes, corrected. The tail is the upper half of the cutoffs. `ret_residual_rms` holds
   `cutoff_count` values, or is NULL. STANCE_USAGE for cutoffs that are no filter or not ascending,
   STANCE_INPUT for fewer than 2 samples or one that is not finite. */
STANCE_MUST_CHECK enum stance_status
stance_residual_analyze(const double *signal, size_t count, double rate_hz, unsigned order_per_pass,
                        const double *cutoff_hz, size_t cutoff_count, double *ret_residual_rms,
                        struct stance_residual_advice *ret_advice, struct stance_problem *problem);

#endif
