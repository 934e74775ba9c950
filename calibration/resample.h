/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Band-limited interpolation and decimation: the filter of stance/conditioning.h. */
#ifndef STANCE_RESAMPLE_H
#define STANCE_RESAMPLE_H

#include "stance/status.h"
#include "stance/trace.h"

/* Output k stands at input position `first` + k · `step`, both in input samples. `step` > 0. */
struct stance_resampling {
  double first, step;
};

/* Input samples to either side that can reach an output; 0 where outputs are inputs. */
double stance_resampling_reach(const struct stance_resampling *plan);

/* NaN where a NaN of the input has weight, or the position is more than half an output sample
   outside the input. STANCE_MEMORY. */
STANCE_MUST_CHECK enum stance_status stance_resample(const struct stance_resampling *plan,
                                                     const double *input, size_t input_count,
                                                     double *ret_output, size_t output_count);

/* All flags that lie within reach of each output. */
void stance_resample_flags(const struct stance_resampling *plan, const uint32_t *flags,
                           size_t input_count, uint32_t *ret_flags, size_t output_count);

/* A sample at the end of its range gets its flag, a corrupt one NaN, so that a filter cannot hide
   either. `ret_flags` holds one word a sample; returns whether any is set. */
bool stance_resample_prepare(const struct stance_raw_trace *trace, size_t channel,
                             double *ret_value, uint32_t *ret_flags);

/* Frees what a trace owns. stance_raw_trace_finish lives with those who make traces first, in
   another library. */
void stance_resample_finish(struct stance_raw_trace *trace);

/* Fills gap and gap_count: runs at which no channel has a number. STANCE_MEMORY. */
STANCE_MUST_CHECK enum stance_status stance_resample_list_gaps(struct stance_raw_trace *trace);

#endif
