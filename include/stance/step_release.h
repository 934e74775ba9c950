/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dynamic check: a hung mass is let go at once (or a tensed strap cut), and the rig rings. Its
   natural frequency and damping say up to where a fast rise of force is followed; a static
   certificate does not (SCIENCE 9). Pure. */
#ifndef STANCE_STEP_RELEASE_H
#define STANCE_STEP_RELEASE_H

#include "stance/status.h"

#include <stddef.h>

/* Uncertainties are standard. */
struct stance_step_release {
  double released_s;                         /* from the first sample */
  double step_n;                             /* after − before: negative where a load came off */
  double natural_hz, natural_uncertainty_hz; /* undamped: √(ω² + σ²)/2π */
  double damped_hz;                          /* as it rings: ω/2π */
  double damping, damping_uncertainty;       /* ratio to critical: σ/√(ω² + σ²) */
  double explained;    /* part of the ringing's variance that the oscillation explains, 0…1 */
  size_t sample_count; /* that were fitted */
};

/* Least squares of c + e^(−σt)(A cos ωt + B sin ωt) by Levenberg–Marquardt, from half a period
   after the force first passes the middle of its step, for five time constants; started from the
   peaks of FFT amplitude spectra of several lengths, the best fit taken. The uncertainty takes
   residuals for white. STANCE_INPUT where there is no step, no ringing that one oscillation
   explains (below 0.9), or fewer than four samples a period. `force_n` must be finite. WORK. */
STANCE_MUST_CHECK enum stance_status stance_step_release_fit(const double *force_n, size_t count,
                                                             double rate_hz,
                                                             struct stance_step_release *ret_fit,
                                                             struct stance_problem *problem);

#endif
