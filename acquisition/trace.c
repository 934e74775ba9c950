/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/trace.h"

#include <stdlib.h>

void stance_raw_trace_finish(struct stance_raw_trace *trace)
{
  if (trace == NULL)
    return;
  /* All slots, not channel_count of them: a half-built trace may not have counted yet. */
  for (size_t channel = 0; channel < STANCE_CHANNEL_COUNT_MAX; channel++)
    free(trace->value[channel]);
  free(trace->flags);
  free(trace->gap);
  *trace = (struct stance_raw_trace){0};
}
