/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples of a LabJack packet that are whole scans, of which nothing need be remembered. */
#ifndef STANCE_LABJACK_SCANS_H
#define STANCE_LABJACK_SCANS_H

#include "labjack.h"

/* A code at an end of the range. One comparison for both: 0 − 1 is the largest of all. */
static inline bool stance_labjack_is_end(uint16_t code, uint16_t highest)
{
  return (uint16_t)(code - 1) >= (uint16_t)(highest - 1);
}

__attribute__((noinline)) static uint32_t
stance_labjack_find_ends(const uint8_t *sample, size_t channel_count, uint16_t highest)
{
  uint32_t flags = 0;

  for (size_t k = 0; k < channel_count; k++)
    if (stance_labjack_is_end(stance_labjack_get_u16(sample + 2 * k), highest))
      flags |= STANCE_FRAME_SATURATED(k);
  return flags;
}

/* `channel_count` is known to the compiler where this is called, which halves what a sample
   costs. */
static inline void stance_labjack_take_scan(const uint8_t *sample, size_t channel_count,
                                            uint16_t highest, struct stance_raw_frame *frame)
{
  int32_t below = -1; /* negative: no code is an end; the same comparison, all at once */

  for (size_t k = 0; k < channel_count; k++) {
    const uint16_t code = stance_labjack_get_u16(sample + 2 * k);
    frame->value[k] = code;
    below &= (uint16_t)(code - 1) - (highest - 1);
  }
  for (size_t k = channel_count; k < STANCE_CHANNEL_COUNT_MAX; k++)
    frame->value[k] = 0;
  frame->flags = below < 0 ? 0 : stance_labjack_find_ends(sample, channel_count, highest);
}

static inline void stance_labjack_take_whole(const uint8_t *sample, size_t channel_count,
                                             size_t scans, uint16_t highest,
                                             struct stance_frame_sink *sink)
{
  struct stance_frame_batch batch;

  for (; scans > 0; scans -= batch.count) {
    stance_frame_sink_begin(sink, scans, &batch);
    for (size_t k = 0; k < batch.count; k++, sample += 2 * channel_count)
      stance_labjack_take_scan(sample, channel_count, highest, &batch.frame[k]);
    stance_frame_sink_end(sink, &batch, batch.count);
  }
}

/* Returns where the next sample stands. USB. */
static inline const uint8_t *stance_labjack_take_scans(const struct stance_labjack_stream *stream,
                                                       const uint8_t *sample, size_t scans,
                                                       struct stance_frame_sink *sink)
{
  const size_t channel_count = stream->channel_count;

  if (channel_count == 1)
    stance_labjack_take_whole(sample, 1, scans, stream->highest_code, sink);
  else if (channel_count == 2)
    stance_labjack_take_whole(sample, 2, scans, stream->highest_code, sink);
  else if (channel_count == 4)
    stance_labjack_take_whole(sample, 4, scans, stream->highest_code, sink);
  else if (channel_count == 8)
    stance_labjack_take_whole(sample, 8, scans, stream->highest_code, sink);
  else
    stance_labjack_take_whole(sample, channel_count, scans, stream->highest_code, sink);
  return sample + 2 * scans * channel_count;
}

#endif
