/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempts.h"

#include <math.h>

static bool is_of(const struct stance_attempt *attempt, const struct stance_segment *segment)
{
  return attempt->side == segment->side || attempt->side == STANCE_BOTH ||
         segment->side == STANCE_BOTH || segment->side == STANCE_TOTAL;
}

/* `count` where the recording shows nothing of the a-th attempt. */
static size_t find(const struct stance_analysis_context *context, size_t a,
                   const struct stance_segment *segments, size_t count)
{
  const struct stance_attempt *attempt = &context->attempt[a];
  const long since = a > 0 ? (long)context->attempt[a - 1].until : 0;
  for (size_t k = count; k > 0; k--) {
    const struct stance_segment *segment = &segments[k - 1];
    if (segment->first >= since && segment->first < (long)attempt->until && is_of(attempt, segment))
      return k - 1;
  }
  return count;
}

void attempts_reject(const struct stance_analysis_context *context, struct stance_segment *segments,
                     size_t count)
{
  for (size_t a = 0; a < context->attempt_count; a++) {
    if (!context->attempt[a].taken_back)
      continue;
    const size_t k = find(context, a, segments, count);
    if (k == count)
      continue;
    segments[k].status = STANCE_REPETITION_REJECTED;
    segments[k].reasons |= STANCE_REASON_BIT(STANCE_REASON_TAKEN_BACK);
  }
}

double attempts_pain(const struct stance_analysis_context *context,
                     const struct stance_segment *segments, size_t count, size_t k)
{
  for (size_t a = 0; a < context->attempt_count; a++)
    if (find(context, a, segments, count) == k)
      return context->attempt[a].pain;
  return (double)NAN;
}
