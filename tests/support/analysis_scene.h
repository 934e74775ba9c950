/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recording and its result, for tests that look at both from all sides. */
#ifndef STANCE_TEST_ANALYSIS_SCENE_H
#define STANCE_TEST_ANALYSIS_SCENE_H

#include "analysis_fixture.h"

static struct stance_force_trace trace;
static struct stance_result result;

static inline int tear_down(void **state)
{
  (void)state;
  stance_result_finish(&result);
  fixture_finish(&trace);
  return 0;
}

static inline void add_effort(enum stance_side side, double start_s, double peak_n)
{
  const struct fixture_effort effort = {.shape = FIXTURE_EXPONENTIAL,
                                        .start_s = start_s,
                                        .stop_s = start_s + 3,
                                        .peak_n = peak_n,
                                        .tau_s = 0.1};
  fixture_add(&trace, side, &effort);
}

static inline void analyse(const char *protocol_id)
{
  struct stance_protocol protocol = fixture_protocol(protocol_id);
  struct stance_analysis_context context = fixture_context();
  result = fixture_analyze(&trace, &protocol, &context);
}

static inline const struct stance_value *summary(enum stance_summary_rule rule,
                                                 enum stance_side side, enum stance_metric metric)
{
  return &result.summary[rule][side][metric];
}

static inline const struct stance_value *asymmetry(enum stance_summary_rule rule)
{
  return summary(rule, STANCE_BOTH, STANCE_METRIC_ASYMMETRY_PEAK_FORCE);
}

#endif
