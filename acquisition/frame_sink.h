/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a decoder puts its frames: numbers them, counts what is missing, feeds every ring. */
#ifndef STANCE_FRAME_SINK_H
#define STANCE_FRAME_SINK_H

#include "driver.h"
#include "ring_private.h"
#include "stance/ring.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a clinician should hear of while it goes on; bits of `warnings`. */
#define STANCE_WARNING_BACKLOG (UINT32_C(1) << 0)  /* the instrument's buffer is over half full */
#define STANCE_WARNING_OVERLOAD (UINT32_C(1) << 1) /* the sensor says that it is overloaded */
#define STANCE_WARNING_OVERRUN \
  (UINT32_C(1) << 2) /* the instrument or a chip in between lost data */

/* Zeroed before use but for the rings. Belongs to one thread at a time. */
struct stance_frame_sink {
  struct stance_frame_ring *ring[STANCE_SOURCE_RING_MAX]; /* borrowed */
  size_t ring_count;
  size_t channel_count;
  uint64_t next_index; /* of the next frame: all that the instrument sampled so far */
  uint64_t lost, corrupt, duplicated;
  uint64_t gap; /* lost since the last frame pushed */
  uint32_t warnings;
  uint8_t backlog_pct;
  /* Static sentences set by a decoder; NULL while all is well. `restart_reason`: the stream is to
     be stopped, configured and started anew; `fatal_reason`: it cannot go on as it was asked for.
   */
  const char *restart_reason;
  const char *fatal_reason;
};

/* The next instant, with STANCE_CHANNEL_COUNT_MAX values, 0 where there is no channel. Any ring
   that is full drops and counts it. Here and not in a file of its own, because with few channels
   the call would be most of the cost. USB. */
static inline void stance_frame_sink_push(struct stance_frame_sink *sink, const double *values,
                                          uint32_t flags)
{
  const uint64_t index = sink->next_index++;
  const uint32_t gap = sink->gap > UINT32_MAX ? UINT32_MAX : (uint32_t)sink->gap;

  sink->gap = 0;
  for (size_t r = 0; r < sink->ring_count; r++) {
    struct stance_raw_frame *slot = stance_frame_ring_begin(sink->ring[r], gap);
    if (slot == NULL)
      continue;
    slot->index = index;
    slot->gap_before = gap;
    slot->flags = flags;
    memcpy(slot->value, values, sizeof slot->value); /* a size that the compiler knows */
    stance_frame_ring_end(sink->ring[r], slot);
  }
}
/* `count` instants were sampled and are gone; `stance_frame_sink_spoil`: they came damaged. USB. */
void stance_frame_sink_lose(struct stance_frame_sink *sink, uint64_t count);
void stance_frame_sink_spoil(struct stance_frame_sink *sink, uint64_t count);

#endif
