/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/segmented.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void segmented_init(struct segmented *segmented, const char *protocol_id, unsigned sides,
                    double duration_s, double rate_hz)
{
  struct stance_problem problem;
  memset(segmented, 0, sizeof *segmented);
  assert_int_equal(stance_protocol_builtin(protocol_id, &segmented->protocol, &problem), STANCE_OK);
  struct stance_force_trace *trace = &segmented->trace;
  trace->time.rate_hz = rate_hz;
  trace->sample_count = (size_t)lround(duration_s * rate_hz);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; ++side) {
    if (sides & (1u << side))
      trace->force_n[side] = calloc(trace->sample_count + 1, sizeof(double));
  }
  segmented->range.count = trace->sample_count;
}

double *segmented_force(struct segmented *segmented, enum stance_side side)
{
  return segmented->trace.force_n[side];
}

static void check_segments(const struct segmented *segmented)
{
  long begin = (long)segmented->range.first;
  long end = begin + (long)segmented->range.count;
  for (size_t k = 0; k < segmented->count; ++k) {
    const struct stance_segment *segment = &segmented->segment[k];
    assert_true(begin <= segment->first && segment->first <= segment->peak);
    assert_true(segment->peak <= segment->last && segment->last < end);
    assert_true(k == 0 || segmented->segment[k - 1].peak <= segment->peak);
    stance_reason_set rejected = STANCE_REASON_BIT(STANCE_REASON_REJECTED);
    assert_int_equal(segment->status == STANCE_REPETITION_REJECTED,
                     (segment->reasons & rejected) != 0);
    assert_true(segment->status == STANCE_REPETITION_ACCEPTED || segment->reasons != 0);
  }
}

void segmented_find(struct segmented *segmented)
{
  struct stance_problem problem = {""};
  const struct stance_lowpass design = {
      .rate_hz = 1000.0, .cutoff_hz = 6.0, .order_per_pass = 2, .passes = 2};
  struct stance_zero_phase *filter = NULL;
  assert_int_equal(stance_zero_phase_create(&design, &filter, &problem), STANCE_OK);
  double *scratch = malloc((2 * segmented->trace.sample_count + 1) * sizeof *scratch);
  enum stance_status status = stance_repetitions_find(
      &segmented->trace, segmented->range, &segmented->protocol, &segmented->protocol.analysis,
      segmented->order, segmented->order_count, filter, scratch, segmented->segment,
      SEGMENTED_CAPACITY, &segmented->count, &problem);
  free(scratch);
  stance_zero_phase_destroy(filter);
  if (status != STANCE_OK)
    fail_msg("%s", problem.text);
  assert_true(segmented->count <= SEGMENTED_CAPACITY);
  memset(segmented->with_status, 0, sizeof segmented->with_status);
  for (size_t k = 0; k < segmented->count; ++k)
    segmented->with_status[segmented->segment[k].status] += 1;
  check_segments(segmented);
}

void segmented_finish(struct segmented *segmented)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; ++side)
    free(segmented->trace.force_n[side]);
  memset(segmented, 0, sizeof *segmented);
}
