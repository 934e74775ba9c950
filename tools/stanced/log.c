/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon.h"

#include <stdarg.h>
#include <stdio.h>

void daemon_log(enum daemon_priority priority, const char *format, ...)
{
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 overlooks the va_start above
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  for (char *c = line; *c != '\0'; c++) /* one event, one line, whatever a name holds */
    if ((unsigned char)*c < ' ' || *c == 0x7f)
      *c = '?';
  fprintf(stderr, "<%d>%s\n", (int)priority, line);
}
