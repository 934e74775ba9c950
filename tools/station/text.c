/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <stdlib.h>
#include <string.h>

char *stance_text_reserve(struct stance_text *text, size_t count)
{
  if (text->failed)
    return NULL;
  size_t needed = text->length + count + 1;
  if (needed > text->capacity) {
    size_t capacity = text->capacity < 256 ? 256 : text->capacity;
    while (capacity < needed)
      capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
      text->failed = true;
      return NULL;
    }
    text->bytes = bytes;
    text->capacity = capacity;
  }
  return text->bytes + text->length;
}

void stance_text_append(struct stance_text *text, const char *bytes, size_t count)
{
  char *to = stance_text_reserve(text, count);
  if (to == NULL)
    return;
  if (count > 0)
    memcpy(to, bytes, count);
  to[count] = '\0';
  text->length += count;
}

void stance_text_string(struct stance_text *text, const char *string)
{
  stance_text_append(text, string, strlen(string));
}

void stance_text_format(struct stance_text *text, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  int count = vsnprintf(NULL, 0, format, arguments);
  char *to = count < 0 ? NULL : stance_text_reserve(text, (size_t)count);
  if (to != NULL) {
    vsnprintf(to, (size_t)count + 1, format, again);
    text->length += (size_t)count;
  }
  va_end(again);
  va_end(arguments);
}

void stance_text_finish(struct stance_text *text)
{
  if (text == NULL)
    return;
  free(text->bytes);
  *text = (struct stance_text){0};
}
