/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attempts as the test was led, and what the recording shows of them: the last effort that began
   since the attempt before was judged, and until this one was. */
#ifndef STANCE_ATTEMPTS_H
#define STANCE_ATTEMPTS_H

#include "stance/result.h"

/* One that was taken back is rejected. */
void attempts_reject(const struct stance_analysis_context *context, struct stance_segment *segments,
                     size_t count);
/* Pain that was told of the attempt that segments[k] was; NaN where nobody asked. */
double attempts_pain(const struct stance_analysis_context *context,
                     const struct stance_segment *segments, size_t count, size_t k);

#endif
