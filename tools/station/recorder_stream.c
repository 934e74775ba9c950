/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recorder_stream.h"

#include "block_codec.h"

#include <stdlib.h>

bool recorder_streams_make(struct recorder_stream *streams,
                           const struct stance_recording *recording,
                           struct stance_frame_ring *const *rings,
                           struct stance_source *const *sources)
{
  for (size_t k = 0; k < recording->stream_count; k++) {
    struct recorder_stream *stream = &streams[k];
    stream->ring = rings[k];
    stream->source = sources[k];
    stream->channel_count = recording->stream[k].source.channel_count;
    stream->frames = calloc(STANCE_BLOCK_FRAME_COUNT_MAX, sizeof *stream->frames);
    if (stream->frames == NULL)
      return false;
  }
  return true;
}

void recorder_streams_finish(struct recorder_stream *streams, size_t count)
{
  for (size_t k = 0; k < count; k++)
    free(streams[k].frames);
}

size_t recorder_streams_in_ring(const struct recorder_stream *streams, size_t count)
{
  size_t most = 0;
  for (size_t k = 0; k < count; k++) {
    const size_t used = stance_frame_ring_used(streams[k].ring);
    most = used > most ? used : most;
  }
  return most;
}
