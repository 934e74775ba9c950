/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-sent events (HTML standard, section 9.2) from the hub. */
#include "http_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One event as text/event-stream has it. What does not fit is left for the next call. */
static void fill(struct http_stream *stream, const struct stance_event *event, uint64_t missed)
{
  int length =
      missed > 0 ? snprintf(stream->pending, sizeof stream->pending,
                            "event: missed\ndata: {\"count\":%llu}\n\n", (unsigned long long)missed)
                 : 0;
  size_t used = (size_t)length;
  length = snprintf(stream->pending + used, sizeof stream->pending - used,
                    "event: %s\nid: %llu\ndata: %s\n\n", event->name,
                    (unsigned long long)event->number, event->text);
  /* what is longer than the block is asked for by its own address: the event only says so */
  if (length < 0 || (size_t)length >= sizeof stream->pending - used)
    length = snprintf(stream->pending + used, sizeof stream->pending - used,
                      "event: %s\nid: %llu\ndata: {\"too_long\":true}\n\n", event->name,
                      (unsigned long long)event->number);
  stream->used = used + (size_t)length;
  stream->sent = 0;
}

/* False where there is nothing to say now. */
static bool refill(struct http_stream *stream, bool *ret_closed)
{
  uint64_t missed = 0;
  const struct stance_event *event = stance_onlooker_next(stream->onlooker, 0, &missed, ret_closed);
  if (event != NULL) {
    fill(stream, event, missed);
    stance_event_release(event);
  } else if (stream->beat) { /* a comment: finds out whether anybody still reads */
    stream->used = (size_t)snprintf(stream->pending, sizeof stream->pending, ":\n\n");
    stream->sent = 0;
  } else {
    return false;
  }
  stream->beat = false;
  return true;
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
  struct http_stream *stream = context;
  bool closed = false;
  (void)position;
  if (stream->sent == stream->used && !refill(stream, &closed)) {
    if (closed)
      return MHD_CONTENT_READER_END_OF_STREAM;
    http_guest_suspend(stream->guest); /* until the hub rings, or a sign of life is due */
    return 0;
  }
  size_t count = stream->used - stream->sent < size ? stream->used - stream->sent : size;
  memcpy(buffer, stream->pending + stream->sent, count);
  stream->sent += count;
  return (ssize_t)count;
}

static void end_stream(void *context)
{
  struct http_stream *stream = context;
  stream->guest->stream = NULL;
  stance_event_hub_leave(stream->onlooker);
  free(stream);
}

enum MHD_Result http_send_events(struct stance_http *http, struct MHD_Connection *connection)
{
  struct http_guest *guest = http_guest_of(connection);
  struct http_stream *stream = calloc(1, sizeof *stream);
  if (stream != NULL)
    stream->onlooker = stance_event_hub_join(http->options.hub);
  if (stream == NULL || stream->onlooker == NULL) {
    free(stream);
    return http_refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too_many_onlookers",
                       "too many pages are open, or the station is ending; close some and try "
                       "again");
  }
  stream->guest = guest;
  stream->beat = true; /* so that the reader sees at once that he is through */
  guest->stream = stream;
  guest->deadline_ns = 0; /* it goes on; who reads nothing is cut off by the library */
  struct MHD_Response *response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, HTTP_EVENT_BLOCK_BYTES, read_stream, stream, end_stream);
  if (response == NULL)
    end_stream(stream);
  return http_send(connection, MHD_HTTP_OK, response, "text/event-stream", false);
}
