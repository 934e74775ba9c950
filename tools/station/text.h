/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text that grows. */
#ifndef STANCE_TEXT_H
#define STANCE_TEXT_H

#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed is empty. A failed allocation is remembered in `failed`: the appends after it do nothing,
   and whoever uses the text asks once, at the end. */
struct stance_text {
  char *bytes; /* terminated; NULL while empty */
  size_t length;
  size_t capacity;
  bool failed;
};

/* Room for `count` more bytes and a terminator; NULL when failed. The caller advances `length`. */
char *stance_text_reserve(struct stance_text *text, size_t count);
void stance_text_append(struct stance_text *text, const char *bytes, size_t count);
void stance_text_string(struct stance_text *text, const char *string);
STANCE_PRINTF(2, 3) void stance_text_format(struct stance_text *text, const char *format, ...);
/* Frees and leaves it empty. Accepts NULL. */
void stance_text_finish(struct stance_text *text);

#endif
