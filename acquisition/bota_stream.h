/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream of a Bota sensor through an FTDI chip; see bota_stream.c for its bytes. */
#ifndef STANCE_BOTA_STREAM_H
#define STANCE_BOTA_STREAM_H

#include "frame_sink.h"
#include "serial_window.h"

#include <stdbool.h>

enum { STANCE_BOTA_FRAME_BYTES = 37, STANCE_BOTA_AXES = 6 };

struct stance_bota_stream {
  size_t packet_bytes;      /* wMaxPacketSize of the chip */
  double nominal_period_us; /* between two samples */
  /* All below is forgotten by rewind. */
  struct stance_serial_window window;
  bool any;          /* a frame was taken: the next three are set */
  bool given_up;     /* a reason to start anew was told: nothing more is used */
  uint32_t last_us;  /* time stamp of the last good frame */
  double late_us;    /* how much it was behind the even grid of samples */
  double period_us;  /* of that grid, as the stamps show it */
  unsigned followed; /* frames that the grid was adjusted to, up to a limit */
  double gain;       /* of the next adjustment */
  uint64_t damaged;  /* frames with a wrong checksum since the last good one */
  size_t foreign;    /* bytes since the last good frame that were none */
  unsigned empty;    /* packets in a row that brought only the chip's own status */
  unsigned invalid;  /* frames in a row that the sensor itself calls invalid */
  bool plain; /* all is well: the next frame, alone in its packet, changes but stamp and grid */
};

void stance_bota_stream_rewind(struct stance_bota_stream *stream);
/* `decode` of the instrument. USB. */
void stance_bota_stream_decode(struct stance_bota_stream *stream, const uint8_t *bytes,
                               size_t length, struct stance_frame_sink *sink);

#endif
