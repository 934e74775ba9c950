/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-sent events (HTML standard, section 9.2) from the hub. */
#include "http_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands before and after an event's own text, as text/event-stream has it. */
static void begin(struct http_stream *stream, uint64_t missed)
{
  int length = missed > 0 ? snprintf(stream->head, sizeof stream->head,
                                     "event: missed\ndata: {\"count\":%" PRIu64 "}\n\n", missed)
                          : 0;
  length +=
      snprintf(stream->head + length, sizeof stream->head - (size_t)length,
               "event: %s\nid: %" PRIu64 "\ndata: ", stream->event->name, stream->event->number);
  stream->head_length = (size_t)length;
}

/* False where there is nothing to say now. */
static bool refill(struct http_stream *stream, bool *ret_closed)
{
  uint64_t missed = 0;
  if (stream->event != NULL)
    stance_event_release(stream->event);
  stream->sent = 0;
  stream->head_length = 0;
  stream->event = stance_onlooker_next(stream->onlooker, 0, &missed, ret_closed);
  if (stream->event != NULL)
    begin(stream, missed);
  else if (stream->beat) /* a comment: finds out whether anybody still reads */
    stream->head_length = (size_t)snprintf(stream->head, sizeof stream->head, ":\n\n");
  stream->beat = false;
  return stream->head_length > 0;
}

/* As much of one part, the whole of which begins at `*at`, as still fits. */
static void copy_part(struct http_stream *stream, size_t *at, const char *part, size_t length,
                      char *buffer, size_t size, size_t *used)
{
  if (stream->sent < *at + length && *used < size) {
    const size_t from = stream->sent - *at;
    const size_t count = length - from < size - *used ? length - from : size - *used;
    memcpy(buffer + *used, part + from, count);
    *used += count;
    stream->sent += count;
  }
  *at += length;
}

/* The event's bytes go from the hub's one copy to the connection, however long it is. */
static size_t copy(struct http_stream *stream, char *buffer, size_t size)
{
  size_t at = 0, used = 0;
  copy_part(stream, &at, stream->head, stream->head_length, buffer, size, &used);
  if (stream->event != NULL) {
    copy_part(stream, &at, stream->event->text, stream->event->length, buffer, size, &used);
    copy_part(stream, &at, "\n\n", 2, buffer, size, &used);
  }
  return used;
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size)
{
  struct http_stream *stream = context;
  bool closed = false;
  (void)position;
  size_t used = copy(stream, buffer, size);
  while (used < size && refill(stream, &closed))
    used += copy(stream, buffer + used, size - used);
  if (used > 0)
    return (ssize_t)used;
  if (closed)
    return MHD_CONTENT_READER_END_OF_STREAM;
  http_guest_suspend(stream->guest); /* until the hub rings, or a sign of life is due */
  return 0;
}

static void end_stream(void *context)
{
  struct http_stream *stream = context;
  stream->guest->stream = NULL;
  stream->guest->door->readers--;
  if (stream->event != NULL)
    stance_event_release(stream->event);
  stance_event_hub_leave(stream->onlooker);
  free(stream);
}

enum MHD_Result http_send_events(struct stance_http *http, struct MHD_Connection *connection)
{
  struct http_guest *guest = http_guest_of(connection);
  struct http_door *door = guest->door;
  struct http_stream *stream = calloc(1, sizeof *stream);
  if (stream != NULL && door->readers < door->reader_max)
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
  door->readers++;
  guest->deadline_ns = 0; /* it goes on; who reads nothing is cut off by the library */
  struct MHD_Response *response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, HTTP_EVENT_BLOCK_BYTES, read_stream, stream, end_stream);
  if (response == NULL)
    end_stream(stream);
  return http_send(connection, MHD_HTTP_OK, response, "text/event-stream", false);
}
