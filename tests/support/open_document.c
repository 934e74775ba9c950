/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "open_document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *open_at(const char *head)
{
  char path[4096], line[512];
  const char *folder = getenv("STANCE_SOURCE_DIR");
  snprintf(path, sizeof path, "%s/acquisition/OPEN_FRAMING.md", folder == NULL ? "." : folder);
  FILE *file = fopen(path, "r");
  if (file == NULL)
    fail_msg("%s cannot be read", path);
  while (fgets(line, sizeof line, file) != NULL)
    if (strcmp(line, head) == 0)
      return file;
  fail_msg("%s has no block %s", path, head);
  return file;
}

size_t open_document_bytes(const char *name, const char *form, uint8_t ret_bytes[256])
{
  char head[128];
  unsigned byte;
  size_t count = 0;
  snprintf(head, sizeof head, "```hex %s %s\n", name, form);
  FILE *file = open_at(head);
  while (count < 256 && fscanf(file, "%2x", &byte) == 1)
    ret_bytes[count++] = (uint8_t)byte;
  fclose(file);
  assert_true(count > 0);
  return count;
}

void open_document_extract_code(const char *path)
{
  char line[512];
  FILE *file = open_at("```c\n"), *out = fopen(path, "w");
  assert_non_null(out);
  while (fgets(line, sizeof line, file) != NULL && strcmp(line, "```\n") != 0)
    fputs(line, out);
  assert_int_equal(fclose(out), 0);
  fclose(file);
}
