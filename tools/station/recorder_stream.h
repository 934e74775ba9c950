/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One instrument's way into the recording. Private to recorder*.c. */
#ifndef STANCE_RECORDER_STREAM_H
#define STANCE_RECORDER_STREAM_H

#include "stance/ring.h"
#include "stance/source.h"
#include "store.h"

struct recorder_stream {
  struct stance_frame_ring *ring;
  struct stance_source *source; /* NULL: nobody says when frames arrived */
  size_t channel_count;
  struct stance_raw_frame *frames; /* read from the ring, not yet encoded */
  size_t frame_count;
  uint64_t sequence;
};

/* One for each stream of the recording, zeroed before; false where memory ran out, to be finished
   all the same. Borrows rings and sources. */
bool recorder_streams_make(struct recorder_stream *streams,
                           const struct stance_recording *recording,
                           struct stance_frame_ring *const *rings,
                           struct stance_source *const *sources);
void recorder_streams_finish(struct recorder_stream *streams, size_t count);
/* Frames in the fullest of the rings. */
size_t recorder_streams_in_ring(const struct recorder_stream *streams, size_t count);

#endif
