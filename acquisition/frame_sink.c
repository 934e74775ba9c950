/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_sink.h"

#include <string.h>

void stance_frame_sink_push(struct stance_frame_sink *sink, const double *values, uint32_t flags)
{
  struct stance_raw_frame frame = {
      .index = sink->next_index++,
      .gap_before = sink->gap > UINT32_MAX ? UINT32_MAX : (uint32_t)sink->gap,
      .flags = flags,
  };

  memcpy(frame.value, values, sink->channel_count * sizeof *values);
  for (size_t r = 0; r < sink->ring_count; r++)
    stance_frame_ring_push(sink->ring[r], &frame);
  sink->gap = 0;
}

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
