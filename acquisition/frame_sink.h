/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a decoder puts its frames: numbers them, counts what is missing, feeds every ring. */
#ifndef STANCE_FRAME_SINK_H
#define STANCE_FRAME_SINK_H

#include "driver.h"
#include "ring_private.h"
#include "stance/ring.h"

#include <stdbool.h>
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
  /* Something but frames was entered, by the functions below, since this was last cleared: mostly
     there are frames and nothing else, and one look says so. */
  bool has_news;
  /* Static sentences set by a decoder; NULL while all is well. `restart_reason`: the stream is to
     be stopped, configured and started anew; `fatal_reason`: it cannot go on as it was asked for.
   */
  const char *restart_reason;
  const char *fatal_reason;
  /* Takes the next frame; NULL: several rings do, or it comes behind a gap. */
  struct stance_frame_ring *sole;
  /* Last, as what is left in it means nothing: of a batch for which there is no place in a ring. */
  struct stance_raw_frame spare;
};

/* `count` instants were sampled and are gone; `stance_frame_sink_spoil`: they came damaged. USB. */
void stance_frame_sink_lose(struct stance_frame_sink *sink, uint64_t count);
void stance_frame_sink_spoil(struct stance_frame_sink *sink, uint64_t count);
/* `count` instants came once more. USB. */
void stance_frame_sink_repeat(struct stance_frame_sink *sink, uint64_t count);
/* `warning` holds from now on. USB. */
void stance_frame_sink_warn(struct stance_frame_sink *sink, uint32_t warning);
/* How full the instrument's buffer is, and its warning from half full on. USB. */
void stance_frame_sink_set_backlog(struct stance_frame_sink *sink, uint8_t backlog_pct);
/* `reason`: a static sentence. USB. */
void stance_frame_sink_ask_restart(struct stance_frame_sink *sink, const char *reason);
void stance_frame_sink_fail(struct stance_frame_sink *sink, const char *reason);

/* One frame into one ring; where that is full it is dropped and counted. USB. */
static inline void stance_frame_sink_put(struct stance_frame_ring *ring, uint64_t index,
                                         uint32_t gap, const double *values, uint32_t flags)
{
  struct stance_raw_frame *slot = stance_frame_ring_begin(ring, gap);
  if (slot == NULL)
    return;
  slot->index = index;
  slot->gap_before = gap;
  slot->flags = flags;
  memcpy(slot->value, values, sizeof slot->value); /* a size that the compiler knows */
  stance_frame_ring_end(ring, slot);
}

/* The same as stance_frame_sink_push, which is this for any number of rings. USB. */
void stance_frame_sink_push_each(struct stance_frame_sink *sink, const double *values,
                                 uint32_t flags);

/* The next instant, with STANCE_CHANNEL_COUNT_MAX values, 0 where there is no channel. Here and not
   in a file of its own, because with few channels the call would be most of the cost; so with one
   ring and nothing lost before. USB. */
static inline void stance_frame_sink_push(struct stance_frame_sink *sink, const double *values,
                                          uint32_t flags)
{
  if (sink->sole != NULL)
    stance_frame_sink_put(sink->sole, sink->next_index++, 0, values, flags);
  else
    stance_frame_sink_push_each(sink, values, flags);
}

/* Frames of one packet: decoded where they will be read, and handed over together. */
struct stance_frame_batch {
  struct stance_raw_frame *frame; /* `count` of them, whose `value` and `flags` are to be set */
  size_t count;
  struct stance_frame_ring *ring; /* that they lie in; NULL: in the sink, to be pushed */
};

/* Room for at least one of the next `wanted` > 0 frames. USB. */
static inline void stance_frame_sink_begin(struct stance_frame_sink *sink, size_t wanted,
                                           struct stance_frame_batch *batch)
{
  batch->count = 0;
  batch->ring = sink->sole;
  if (batch->ring != NULL)
    batch->count = stance_frame_ring_reserve(batch->ring, wanted, &batch->frame);
  if (batch->count == 0) {
    batch->count = 1;
    batch->ring = NULL;
    batch->frame = &sink->spare;
  }
}

/* The first `count` frames of the batch, in order, as stance_frame_sink_push takes one. USB. */
static inline void stance_frame_sink_end(struct stance_frame_sink *sink,
                                         const struct stance_frame_batch *batch, size_t count)
{
  if (batch->ring == NULL) {
    if (count > 0)
      stance_frame_sink_push_each(sink, sink->spare.value, sink->spare.flags);
    return;
  }
  const uint64_t index = sink->next_index;
  struct stance_raw_frame *frame = batch->frame;
  for (size_t k = 0; k < count; k++) {
    frame[k].index = index + k;
    frame[k].gap_before = 0;
  }
  sink->next_index = index + count;
  stance_frame_ring_hand_over(batch->ring, count);
}

/* The same as stance_frame_sink_wake, which is this for any number of rings. USB. */
void stance_frame_sink_wake_each(struct stance_frame_sink *sink);

/* Wakes the readers, once for what came together. USB. */
static inline void stance_frame_sink_wake(struct stance_frame_sink *sink)
{
  if (sink->sole != NULL)
    stance_frame_ring_wake(sink->sole);
  else
    stance_frame_sink_wake_each(sink);
}

#endif
