/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A recording that is played back is often named after who was measured: what follows its scheme,
   up to the end of the value or to what is said about it, is not for the log. */
static void hide_recordings(char *line)
{
  static const char scheme[] = "replay:";
  for (char *at = strstr(line, scheme); at != NULL; at = strstr(at, scheme)) {
    at += sizeof scheme - 1;
    const char *end = strstr(at, ": ");
    const size_t value = strcspn(at, "\"");
    if (end == NULL || end > at + value)
      end = at + value;
    memmove(at, end, strlen(end) + 1);
  }
}

void daemon_log(enum daemon_priority priority, const char *format, ...)
{
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 overlooks the va_start above
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  hide_recordings(line);
  for (char *c = line; *c != '\0'; c++) /* one event, one line, whatever a name holds */
    if ((unsigned char)*c < ' ' || *c == 0x7f)
      *c = '?';
  fprintf(stderr, "<%d>%s\n", (int)priority, line);
}
