/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct stance_force_trace fixture_trace(const char *sides, double seconds, double rate_hz)
{
  struct stance_force_trace trace = {
      .sample_count = (size_t)lround(seconds * rate_hz),
      .time = {.rate_hz = rate_hz, .nominal_rate_hz = rate_hz, .rate_uncertainty_hz = (double)NAN},
      .calibrated = true,
  };
  static const char letters[] = "LRT";
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    if (strchr(sides, letters[side]) != NULL)
      trace.force_n[side] = calloc(trace.sample_count, sizeof(double));
  return trace;
}

void fixture_phase(struct stance_force_trace *trace, enum stance_phase_kind kind, double from_s,
                   double to_s)
{
  const size_t first = (size_t)lround(from_s * trace->time.rate_hz);
  const size_t end = (size_t)lround(to_s * trace->time.rate_hz);
  trace->phase = realloc(trace->phase, (trace->phase_count + 1) * sizeof *trace->phase);
  trace->phase[trace->phase_count++] =
      (struct stance_phase){.kind = kind, .span = {.first = first, .count = end - first}};
}

void fixture_lose(struct stance_force_trace *trace, size_t first, size_t count)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    for (size_t i = first; i < first + count && trace->force_n[side] != NULL; i++)
      trace->force_n[side][i] = (double)NAN;
  trace->gap = realloc(trace->gap, (trace->gap_count + 1) * sizeof *trace->gap);
  trace->gap[trace->gap_count++] = (struct stance_span){.first = first, .count = count};
  trace->integrity.frames_lost += count;
}

void fixture_saturate(struct stance_force_trace *trace, enum stance_side side, size_t sample)
{
  if (trace->saturated == NULL)
    trace->saturated = calloc(trace->sample_count, 1);
  trace->saturated[sample] |= (uint8_t)(1u << side);
}

void fixture_finish(struct stance_force_trace *trace)
{
  stance_force_trace_finish(trace);
}

double fixture_rise_n(const struct fixture_effort *effort, double t)
{
  switch (effort->shape) {
  case FIXTURE_EXPONENTIAL:
    return t <= 0 ? 0 : effort->peak_n * -expm1(-t / effort->tau_s);
  case FIXTURE_LOGISTIC:
    return effort->peak_n / (1 + exp(-(t - effort->mid_s) / effort->tau_s));
  case FIXTURE_RAMP:
    return effort->peak_n * fmin(fmax(t / effort->tau_s, 0), 1);
  case FIXTURE_COSINE:
    break;
  }
  return t <= 0 ? 0 : effort->peak_n / 2 * (1 - cos(M_PI * fmin(t / effort->tau_s, 1)));
}

void fixture_add(struct stance_force_trace *trace, enum stance_side side,
                 const struct fixture_effort *effort)
{
  const double fall_s = 0.2; /* as fast as a strap that is let go */
  const double rate_hz = trace->time.rate_hz;
  const long start = lround(effort->start_s * rate_hz), stop = lround(effort->stop_s * rate_hz);
  for (long i = 0; i < (long)trace->sample_count; i++) {
    /* counted from the start's own sample, so that the grid is exact wherever it lies */
    const double t = (double)((i < stop ? i : stop) - start) / rate_hz;
    const double falling = i < stop ? 0 : (double)(i - stop) / rate_hz / fall_s;
    trace->force_n[side][i] += fixture_rise_n(effort, t) * fmax(1 - falling, 0);
  }
}

void fixture_add_constant(struct stance_force_trace *trace, enum stance_side side, double force_n)
{
  for (size_t i = 0; i < trace->sample_count; i++)
    trace->force_n[side][i] += force_n;
}

double fixture_random(uint64_t *state)
{
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

struct stance_protocol fixture_protocol(const char *id)
{
  struct stance_protocol protocol;
  struct stance_problem problem = {.text = ""};
  if (stance_protocol_builtin(id, &protocol, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  return protocol;
}

struct stance_analysis_context fixture_context(void)
{
  return (struct stance_analysis_context){.body_mass_kg = (double)NAN,
                                          .lever_m = (double)NAN,
                                          .from_s = (double)NAN,
                                          .to_s = (double)NAN,
                                          .injured_side = STANCE_SIDE_NONE};
}

static struct stance_analyzer *shared_analyzer;

static void destroy_shared(void)
{
  stance_analyzer_destroy(shared_analyzer);
}

struct stance_result fixture_analyze(const struct stance_force_trace *trace,
                                     const struct stance_protocol *protocol,
                                     const struct stance_analysis_context *context)
{
  struct stance_problem problem = {.text = ""};
  struct stance_result result;
  if (shared_analyzer == NULL) {
    if (stance_analyzer_create(&shared_analyzer, &problem) != STANCE_OK)
      fail_msg("%s", problem.text);
    atexit(destroy_shared);
  }
  if (stance_analyze(shared_analyzer, trace, protocol, NULL, context, &result, &problem) !=
      STANCE_OK)
    fail_msg("%s", problem.text);
  return result;
}

double fixture_number(const struct stance_value *value)
{
  char status[256];
  if (stance_value_is_missing(value)) {
    stance_value_status(value, status, sizeof status);
    fail_msg("%s", status);
  }
  return value->value;
}

void fixture_assert_missing(const struct stance_value *value, enum stance_reason reason)
{
  char status[256];
  stance_value_status(value, status, sizeof status);
  if (!stance_value_is_missing(value) || value->reasons != STANCE_REASON_BIT(reason))
    fail_msg("%s (%g) instead of missing:%s", status, value->value, stance_reason_id(reason));
}

bool fixture_has(const struct stance_value *value, enum stance_reason reason)
{
  return (value->reasons & STANCE_REASON_BIT(reason)) != 0;
}

void fixture_assert_close(double value, double expected, double relative)
{
  if (!(fabs(value - expected) <= relative * fabs(expected)))
    fail_msg("%.17g instead of %.17g", value, expected);
}
