/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/trace.h"

#include <stdlib.h>

void stance_force_trace_finish(struct stance_force_trace *trace)
{
  if (trace == NULL)
    return;
  for (size_t side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    free(trace->force_n[side]);
  free(trace->saturated);
  free(trace->interpolated);
  free(trace->gap);
  free(trace->phase);
  *trace = (struct stance_force_trace){0};
}
