/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_sink.h"

void stance_frame_sink_lose(struct stance_frame_sink *sink, uint64_t count)
{
  sink->next_index += count;
  sink->lost += count;
  sink->gap += count;
}

void stance_frame_sink_spoil(struct stance_frame_sink *sink, uint64_t count)
{
  stance_frame_sink_lose(sink, count);
  sink->corrupt += count;
}

void stance_frame_sink_push_each(struct stance_frame_sink *sink, const double *values,
                                 uint32_t flags)
{
  const uint64_t index = sink->next_index++;
  const uint32_t gap = sink->gap > UINT32_MAX ? UINT32_MAX : (uint32_t)sink->gap;

  sink->gap = 0;
  for (size_t r = 0; r < sink->ring_count; r++)
    stance_frame_sink_put(sink->ring[r], index, gap, values, flags);
}
