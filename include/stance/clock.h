/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An instrument's sample clock against the host's CLOCK_MONOTONIC, over a whole recording. */
#ifndef STANCE_CLOCK_H
#define STANCE_CLOCK_H

#include "stance/status.h"
#include "stance/trace.h"

#include <math.h>
#include <stdint.h>

/* Frame `index` had arrived at `host_ns` (CLOCK_MONOTONIC). Never early; late by as much as the
   instrument, the bus and the host took. */
struct stance_clock_mark {
  uint64_t index;
  int64_t host_ns;
};

/* What the rate of an instrument is taken to be worth as long as nobody measures it: the tolerance
   of common crystals over temperature and age. */
#define STANCE_CLOCK_CLAIM_PPM 100.0
/* One full-speed frame of USB: a finished transfer waits up to this long for the host controller,
   and in step with the instrument, so that no statistics over one recording can show it. */
#define STANCE_CLOCK_DELAY_STEP_S 1e-3
/* Fewer marks say too little of how delays are spread. */
enum { STANCE_CLOCK_MARK_MIN = 10 };

/* Frame k arrives, undelayed, at host_ns + (k − index) · ns_per_frame. Uncertainties are expanded,
   k = 2. At `index` those of instant and rate are independent of each other. */
struct stance_clock_fit {
  size_t mark_count; /* 0: no fit */
  double index;      /* mean over the marks */
  int64_t host_ns;
  double ns_per_frame;
  double ns_per_frame_uncertainty;
  double host_uncertainty_ns; /* of the instant, the unknown least delay included */
};

/* The lower envelope of the marks: the line under all of them that lies closest to them (Moon,
   Skelly & Towsley 1999, INFOCOM), found on their convex hull (Zhang, Liu & Xia 2002, INFOCOM).

   Its uncertainty: with delays that near their least value are spread evenly with a density λ, the
   density of the lines that the marks allow is proportional to e^(λ·height), height that of the
   line at the mean index, and zero for lines above any mark. Its mean is the fit and its standard
   deviation the statistical uncertainty, both in closed form over the edges of the hull. λ is the
   least of what the mean delay and the 6, 12, 24 and 48 smallest delays say of it, so that neither
   bursts nor delays that are seldom least make it too small. STANCE_CLOCK_DELAY_STEP_S is added:
   uniform at either end for the rate, uniform for the instant.

   `marks` need not be in order; of the same index the earliest counts. STANCE_END, and
   `ret_fit->mark_count` 0, where fewer than STANCE_CLOCK_MARK_MIN are left. STANCE_MEMORY. Pure.
   WORK. */
STANCE_MUST_CHECK enum stance_status stance_clock_fit(const struct stance_clock_mark *marks,
                                                      size_t count,
                                                      struct stance_clock_fit *ret_fit);

/* Host time at which frame `index`, whole or not, arrives undelayed, in ns after `origin_ns`. */
static inline double stance_clock_fit_host_ns(const struct stance_clock_fit *fit, double index,
                                              int64_t origin_ns)
{
  return (double)(fit->host_ns - origin_ns) + (index - fit->index) * fit->ns_per_frame;
}

/* Expanded uncertainty of that instant. */
static inline double stance_clock_fit_uncertainty_ns(const struct stance_clock_fit *fit,
                                                     double index)
{
  return hypot(fit->host_uncertainty_ns, (index - fit->index) * fit->ns_per_frame_uncertainty);
}

/* The rate of a recording's axis: the measured one, with its uncertainty, where that is smaller
   than STANCE_CLOCK_CLAIM_PPM; else the nominal one stays, unmeasured. That keeps it for recordings
   of less than about 8 s and for hosts too busy to tell the time. */
void stance_clock_fit_rate(const struct stance_clock_fit *fit, struct stance_time_axis *axis);

/* The fit in the samples of a conditioned trace, `decimation` frames each, with the rate that its
   axis has: where that is nominal, the uncertainty is that of the claim. */
struct stance_clock_fit stance_clock_fit_settle(const struct stance_clock_fit *fit,
                                                const struct stance_time_axis *axis,
                                                unsigned decimation);

#endif
