/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-sent events out of bytes as they come (HTML standard, section 9.2), as http_stream.c sends
   them: a name and one line of data each; comments are signs of life. */
#ifndef STANCE_EVENT_STREAM_H
#define STANCE_EVENT_STREAM_H

#include "text.h"

/* Starts zeroed. */
struct stance_event_stream {
  struct stance_text bytes;
  size_t taken;   /* of them, by the events so far */
  size_t scanned; /* of them, in which the next event does not end */
};

/* False, with nothing kept, where memory is short or an event has no end. */
bool stance_event_stream_feed(struct stance_event_stream *stream, const char *bytes, size_t count);
/* The next whole event; name and text live until the stream is fed or finished. False: none yet. */
bool stance_event_stream_next(struct stance_event_stream *stream, const char **ret_name,
                              const char **ret_text);
void stance_event_stream_finish(struct stance_event_stream *stream);

#endif
