/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-sent events as `stance run` reads them: any bytes, in pieces of any size. What they tell
   is the same as in one piece, and a name and a text are lines. The first byte gives the size. */
#include "event_stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
  if (!holds)
    abort();
}

/* All events, one after the other; NULs between what is told. */
static void take_all(struct stance_event_stream *stream, struct stance_text *told)
{
  const char *name = NULL, *text = NULL;
  while (stance_event_stream_next(stream, &name, &text)) {
    require(strchr(name, '\n') == NULL && strchr(text, '\n') == NULL);
    stance_text_append(told, name, strlen(name) + 1);
    stance_text_append(told, text, strlen(text) + 1);
  }
}

static void read_in_pieces(const uint8_t *data, size_t size, size_t piece, struct stance_text *told)
{
  struct stance_event_stream stream = {0};
  for (size_t at = 0; at < size; at += piece) {
    const size_t count = size - at < piece ? size - at : piece;
    require(stance_event_stream_feed(&stream, (const char *)data + at, count));
    take_all(&stream, told);
  }
  stance_event_stream_finish(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct stance_text whole = {0}, pieces = {0};
  if (size < 2)
    return 0;
  read_in_pieces(data + 1, size - 1, size, &whole);
  read_in_pieces(data + 1, size - 1, (size_t)data[0] + 1, &pieces);
  require(whole.length == pieces.length);
  require(whole.length == 0 || memcmp(whole.bytes, pieces.bytes, whole.length) == 0);
  stance_text_finish(&whole);
  stance_text_finish(&pieces);
  return 0;
}
