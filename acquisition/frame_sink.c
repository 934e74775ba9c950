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
