/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces made from formulas, and an analysis of them in one call. */
#ifndef STANCE_TEST_ANALYSIS_FIXTURE_H
#define STANCE_TEST_ANALYSIS_FIXTURE_H

#include "stance/result.h"

/* Zeroed arrays for the sides named (L, R, T), at `rate_hz`, calibrated. */
struct stance_force_trace fixture_trace(const char *sides, double seconds, double rate_hz);
/* Adds a phase. */
void fixture_phase(struct stance_force_trace *trace, enum stance_phase_kind kind, double from_s,
                   double to_s);
/* Loses the samples [first, first + count): NaN on every side, and a gap. */
void fixture_lose(struct stance_force_trace *trace, size_t first, size_t count);
/* Marks one sample of one side as saturated. */
void fixture_saturate(struct stance_force_trace *trace, enum stance_side side, size_t sample);
void fixture_finish(struct stance_force_trace *trace);

enum fixture_shape { FIXTURE_EXPONENTIAL, FIXTURE_LOGISTIC, FIXTURE_RAMP, FIXTURE_COSINE };

/* One effort, added to a force: it rises from `start_s` on by its shape, is held until `stop_s`,
   and falls linearly within 0.2 s. */
struct fixture_effort {
  enum fixture_shape shape;
  double start_s, stop_s;
  double peak_n;
  double tau_s; /* time constant; logistic: slope; ramp and cosine: length of the rise */
  double mid_s; /* logistic: time of the steepest point after start_s */
};
/* Force of the rise `t` seconds after its start. */
double fixture_rise_n(const struct fixture_effort *effort, double t);
void fixture_add(struct stance_force_trace *trace, enum stance_side side,
                 const struct fixture_effort *effort);
void fixture_add_constant(struct stance_force_trace *trace, enum stance_side side, double force_n);

/* Uniform in [0, 1), seeded; splitmix64. */
double fixture_random(uint64_t *state);

/* A built-in protocol; fails the test where there is none. */
struct stance_protocol fixture_protocol(const char *id);
/* Everything unknown. */
struct stance_analysis_context fixture_context(void);
/* One analyzer for the whole test program. Fails the test when the analysis does. */
struct stance_result fixture_analyze(const struct stance_force_trace *trace,
                                     const struct stance_protocol *protocol,
                                     const struct stance_analysis_context *context);
/* The value where it is ok or flagged; fails the test where it is missing. */
double fixture_number(const struct stance_value *value);
/* Fails unless the value is missing for exactly this reason. */
void fixture_assert_missing(const struct stance_value *value, enum stance_reason reason);
bool fixture_has(const struct stance_value *value, enum stance_reason reason);
/* |value − expected| ≤ relative · |expected|. */
void fixture_assert_close(double value, double expected, double relative);

#endif
