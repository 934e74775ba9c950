/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event_stream.h"

#include <string.h>

/* A result of many repetitions has hundreds of kilobytes. */
enum { EVENT_BYTES_MAX = 16 << 20 };

/* What was taken goes before more comes. */
static void move_up(struct stance_event_stream *stream)
{
  struct stance_text *bytes = &stream->bytes;
  if (stream->taken == 0)
    return;
  bytes->length -= stream->taken;
  memmove(bytes->bytes, bytes->bytes + stream->taken, bytes->length + 1);
  stream->scanned -= stream->taken;
  stream->taken = 0;
}

bool stance_event_stream_feed(struct stance_event_stream *stream, const char *bytes, size_t count)
{
  move_up(stream);
  if (count > EVENT_BYTES_MAX - stream->bytes.length)
    return false;
  stance_text_append(&stream->bytes, bytes, count);
  return !stream->bytes.failed;
}

/* Cuts the block that ends at `end` into its lines. False where it tells nothing. */
static bool read_block(char *line, const char *end, const char **ret_name, const char **ret_text)
{
  const char *name = NULL, *text = NULL;
  while (line < end) {
    char *line_end = memchr(line, '\n', (size_t)(end - line));
    line_end = line_end == NULL ? line + (end - line) : line_end;
    *line_end = '\0';
    if (strncmp(line, "event: ", 7) == 0)
      name = line + 7;
    else if (strncmp(line, "data: ", 6) == 0)
      text = line + 6;
    line = line_end + 1;
  }
  if (name == NULL || text == NULL)
    return false;
  *ret_name = name;
  *ret_text = text;
  return true;
}

bool stance_event_stream_next(struct stance_event_stream *stream, const char **ret_name,
                              const char **ret_text)
{
  char *const bytes = stream->bytes.bytes;
  while (stream->scanned + 1 < stream->bytes.length) {
    char *found =
        memmem(bytes + stream->scanned, stream->bytes.length - stream->scanned, "\n\n", 2);
    if (found == NULL) {
      stream->scanned = stream->bytes.length - 1; /* the next byte may be the second */
      return false;
    }
    char *block = bytes + stream->taken;
    stream->taken = stream->scanned = (size_t)(found - bytes) + 2;
    if (read_block(block, found, ret_name, ret_text))
      return true;
  }
  return false;
}

void stance_event_stream_finish(struct stance_event_stream *stream)
{
  stance_text_finish(&stream->bytes);
  *stream = (struct stance_event_stream){0};
}
