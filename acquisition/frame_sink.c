/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_sink.h"

void stance_frame_sink_lose(struct stance_frame_sink *sink, uint64_t count)
{
  sink->next_index += count;
  sink->lost += count;
  sink->gap += count;
  sink->sole = NULL;
  sink->has_news = true;
}

void stance_frame_sink_spoil(struct stance_frame_sink *sink, uint64_t count)
{
  stance_frame_sink_lose(sink, count);
  sink->corrupt += count;
}

void stance_frame_sink_repeat(struct stance_frame_sink *sink, uint64_t count)
{
  sink->duplicated += count;
  sink->has_news = true;
}

void stance_frame_sink_warn(struct stance_frame_sink *sink, uint32_t warning)
{
  sink->warnings |= warning;
  sink->has_news = true;
}

void stance_frame_sink_set_backlog(struct stance_frame_sink *sink, uint8_t backlog_pct)
{
  if (backlog_pct == sink->backlog_pct)
    return;
  sink->backlog_pct = backlog_pct;
  if (backlog_pct >= 50)
    sink->warnings |= STANCE_WARNING_BACKLOG;
  else
    sink->warnings &= ~STANCE_WARNING_BACKLOG;
  sink->has_news = true;
}

void stance_frame_sink_ask_restart(struct stance_frame_sink *sink, const char *reason)
{
  sink->restart_reason = reason;
  sink->has_news = true;
}

void stance_frame_sink_fail(struct stance_frame_sink *sink, const char *reason)
{
  sink->fatal_reason = reason;
  sink->has_news = true;
}

void stance_frame_sink_push_each(struct stance_frame_sink *sink, const double *values,
                                 uint32_t flags)
{
  const uint64_t index = sink->next_index++;
  const uint32_t gap = sink->gap > UINT32_MAX ? UINT32_MAX : (uint32_t)sink->gap;

  sink->gap = 0;
  sink->sole = sink->ring_count == 1 ? sink->ring[0] : NULL;
  for (size_t r = 0; r < sink->ring_count; r++)
    stance_frame_sink_put(sink->ring[r], index, gap, values, flags);
}

void stance_frame_sink_wake_each(struct stance_frame_sink *sink)
{
  for (size_t r = 0; r < sink->ring_count; r++)
    stance_frame_ring_wake(sink->ring[r]);
}
