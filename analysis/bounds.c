/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bounds.h"

#include <math.h>

bool bounds_lack_efforts(const struct stance_force_trace *trace)
{
  for (size_t k = 0; k < trace->phase_count; k++)
    if (trace->phase[k].kind == STANCE_PHASE_EFFORTS)
      return false;
  return trace->phase_count > 0;
}

/* Where a live run recorded phases, from the limb phase before the first effort phase to the end of
   the last one: stepping on is no repetition, and an effort that starts before its cue is one. A
   run that ended before the efforts has none, unless the user names an interval. */
static struct stance_span search_of(const struct stance_force_trace *trace,
                                    struct stance_span bounds, bool bounds_named)
{
  const size_t bounds_end = bounds.first + bounds.count;
  size_t limb_first = SIZE_MAX, first = SIZE_MAX, end = 0;
  for (size_t k = 0; k < trace->phase_count; k++) {
    const struct stance_phase *phase = &trace->phase[k];
    const size_t phase_end = phase->span.first + phase->span.count;
    if (phase->kind == STANCE_PHASE_LIMB && end == 0)
      limb_first = phase->span.first;
    if (phase->kind != STANCE_PHASE_EFFORTS)
      continue;
    first = end > 0 ? first : limb_first < phase->span.first ? limb_first : phase->span.first;
    end = phase_end > end ? phase_end : end;
  }
  if (end == 0)
    return trace->phase_count == 0 || bounds_named ? bounds
                                                   : (struct stance_span){.first = bounds.first};
  first = first < bounds.first ? bounds.first : first;
  end = end > bounds_end ? bounds_end : end;
  return (struct stance_span){.first = first, .count = end > first ? end - first : 0};
}

enum stance_status bounds_find(struct analysis *analysis, struct stance_problem *problem)
{
  const struct stance_force_trace *trace = analysis->trace;
  const struct stance_analysis_context *context = analysis->context;
  const double start_s = trace->time.start_s, rate_hz = trace->time.rate_hz;
  if (!(rate_hz > 0) || isinf(rate_hz))
    return stance_problem_set(problem, STANCE_USAGE, "the sampling rate %g Hz is not positive",
                              rate_hz);
  const double end_s = start_s + (double)trace->sample_count / rate_hz;
  /* A millionth of a sample of tolerance: 13.4 s is no whole number of binary fractions. */
  const double from =
      isnan(context->from_s) ? 0 : ceil((context->from_s - start_s) * rate_hz - 1e-6);
  const double to = isnan(context->to_s) ? (double)trace->sample_count
                                         : floor((context->to_s - start_s) * rate_hz + 1e-6) + 1;
  const double first = fmax(from, 0), last = fmin(to, (double)trace->sample_count);
  if (trace->sample_count > 0 && !(first < last))
    return stance_problem_set(problem, STANCE_USAGE,
                              "the interval from %g to %g s holds no sample: the recording runs "
                              "from %g to %g s",
                              context->from_s, context->to_s, start_s, end_s);
  analysis->bounds.first = (size_t)first;
  analysis->bounds.count = trace->sample_count > 0 ? (size_t)(last - first) : 0;
  analysis->search =
      search_of(trace, analysis->bounds, !isnan(context->from_s) || !isnan(context->to_s));
  return STANCE_OK;
}
