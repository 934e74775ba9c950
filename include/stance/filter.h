/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Low-pass filters: the zero-phase one for display, segmentation and spectra (FFTW), and the
   causal sections that are honest at low latency. Onset and RFD never pass through either. */
#ifndef STANCE_FILTER_H
#define STANCE_FILTER_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

/* "4th-order zero-lag" in papers usually means 2nd order run twice: say which. */
struct stance_lowpass {
  double rate_hz;
  double cutoff_hz;        /* where the whole filter has −3 dB, when corrected */
  unsigned order_per_pass; /* 2 or 4 … even */
  unsigned passes;         /* 1 causal, 2 zero-lag */
  bool uncorrected;        /* true: each pass has −3 dB at the cutoff, the pair −6 dB */
};

/* Factor by which the warped tangent is divided: (2^(1/p) − 1)^(1/(2n)). Winter 2009 p. 69. */
double stance_lowpass_correction(unsigned order_per_pass, unsigned passes);

/* Second-order section, transposed direct form II, a0 = 1. */
struct stance_biquad {
  double b0, b1, b2, a1, a2;
};
enum { STANCE_BIQUAD_COUNT_MAX = 8 };

/* order_per_pass / 2 sections of one pass. STANCE_USAGE for a cutoff outside (0, rate/2). */
STANCE_MUST_CHECK enum stance_status
stance_lowpass_sections(const struct stance_lowpass *design,
                        struct stance_biquad ret_sections[STANCE_BIQUAD_COUNT_MAX],
                        size_t *ret_count, struct stance_problem *problem);

/* Causal filter over `channel_count` interleaved channels; caller's storage, no allocation. */
enum { STANCE_FILTER_CHANNEL_COUNT_MAX = 8 };
struct stance_causal {
  struct stance_biquad section[STANCE_BIQUAD_COUNT_MAX];
  size_t section_count;
  size_t channel_count;
  double delay_s; /* group delay at DC: how late the output is; stated beside every live number */
  double state[STANCE_BIQUAD_COUNT_MAX][2][STANCE_FILTER_CHANNEL_COUNT_MAX];
  unsigned primed; /* bit c: channel c has had its first value */
};
STANCE_MUST_CHECK enum stance_status stance_causal_init(struct stance_causal *filter,
                                                        const struct stance_lowpass *design,
                                                        size_t channel_count,
                                                        struct stance_problem *problem);
/* In place is allowed. The first value of a channel primes its state, so that a constant passes
   unchanged from the first sample. A value that is not finite leaves the state of its channel and
   gives NaN; the other channels go on. Any context. */
void stance_causal_process(struct stance_causal *filter, const double *frames, size_t frame_count,
                           double *ret_frames);

/* Zero phase: |H|^passes (|H|² for the usual two) as a smooth gain on the bilinear-warped tangent,
   in blocks of 4096 by overlap-save; memory does not grow with the signal. The signal is continued
   by odd reflection at both ends, repeated where it is shorter than the padding: as deep as the
   response reaches (1e-14), so that the 6·rate/cutoff of SCIENCE §10.3 or any deeper padding gives
   the same. A constant returns to the last bit, a straight line to rounding. Where less than half
   of a block would be left (cutoff below about 0.6 % of the rate, or close to half of it), the
   block grows, to 2^20 at most. */
struct stance_zero_phase;

/* Plans (FFTW_ESTIMATE) and allocates everything. One object belongs to one thread at a time;
   different objects are independent (the one lock, on FFTW's planner, is inside). STANCE_USAGE for
   a design that is no filter or needs more than the longest block. WORK. */
STANCE_MUST_CHECK enum stance_status stance_zero_phase_create(const struct stance_lowpass *design,
                                                              struct stance_zero_phase **ret_filter,
                                                              struct stance_problem *problem);
/* Changes the design, planning and allocating only where the block must change its length; on
   failure the filter stays as it was. WORK. */
STANCE_MUST_CHECK enum stance_status stance_zero_phase_retune(struct stance_zero_phase *filter,
                                                              const struct stance_lowpass *design,
                                                              struct stance_problem *problem);
/* `in` and `ret_out` may be the same, else must not overlap. Every sample must be finite, the
   caller bridges gaps: else STANCE_INPUT, and `in` is still whole, while a `ret_out` of its own
   holds nothing of use. Allocates nothing; any `count`. WORK. */
STANCE_MUST_CHECK enum stance_status stance_zero_phase_apply(struct stance_zero_phase *filter,
                                                             const double *in, size_t count,
                                                             double *ret_out);
void stance_zero_phase_destroy(struct stance_zero_phase *filter);

#endif
