/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream of an OptoForce amplifier; see optoforce_stream.c for its bytes. */
#ifndef STANCE_OPTOFORCE_STREAM_H
#define STANCE_OPTOFORCE_STREAM_H

#include "frame_sink.h"
#include "serial_window.h"

#include <stdbool.h>

enum { STANCE_OPTOFORCE_RATE_HZ = 1000 };

struct stance_optoforce_stream {
  size_t axis_count; /* 3 or 6 */
  /* All below is forgotten by rewind. */
  struct stance_serial_window window;
  bool any;           /* a frame was taken: `next` is set */
  bool given_up;      /* a reason to start anew was told: nothing more is used */
  uint32_t next;      /* counter of the next frame, and below it the status of one that is well:
                         the number of the sensor and nothing else */
  size_t plain_bytes; /* length of a frame while all is well: the next one, by itself, changes
                         nothing but `next`; else 0 */
  uint64_t damaged;   /* frames with a wrong checksum since the last good one */
  size_t foreign;     /* bytes since the last good frame that were none */
  unsigned faulty;    /* frames in a row in which the sensor says that it is broken */
};

/* Length of a frame of so many axes. */
static inline size_t stance_optoforce_frame_bytes(size_t axis_count)
{
  return 10 + 2 * axis_count;
}
/* The axes of the first whole frame with a right checksum among these bytes, 0 for none. */
size_t stance_optoforce_find_axes(const uint8_t *bytes, size_t length);
void stance_optoforce_stream_rewind(struct stance_optoforce_stream *stream);
/* `decode` of the instrument. USB. */
void stance_optoforce_stream_decode(struct stance_optoforce_stream *stream, const uint8_t *bytes,
                                    size_t length, struct stance_frame_sink *sink);

#endif
