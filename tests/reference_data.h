/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of the reference recordings, read plainly: what the CSV reader makes of them is tested
   elsewhere. */
#ifndef STANCE_TESTS_REFERENCE_DATA_H
#define STANCE_TESTS_REFERENCE_DATA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFERENCE_SKIPPED = 77 };

/* Path of a reference file; NULL where the data folder is absent. */
static inline const char *reference_path(const char *name)
{
  static char path[1024];
  const char *folder = getenv("STANCE_REFERENCE_DATA");
  if (folder == NULL || folder[0] == '\0')
    return NULL;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return NULL;
  fclose(file);
  return path;
}

/* Column `column` (from 0) of the lines that begin with a number after `skip` lines; separators
   comma, tab or blank. The caller frees. Exits as skipped where the data are absent. */
static inline double *reference_column(const char *name, int skip, int column, size_t *ret_count)
{
  const char *path = reference_path(name);
  if (path == NULL) {
    fprintf(stderr, "skipped: %s is absent\n", name);
    exit(REFERENCE_SKIPPED);
  }
  FILE *file = fopen(path, "r");
  char line[4096];
  size_t count = 0, capacity = 1024;
  double *value = malloc(capacity * sizeof *value);
  for (int number = 0; fgets(line, sizeof line, file) != NULL; ++number) {
    if (number < skip)
      continue;
    char *cell = strtok(line, ",\t\r\n ");
    for (int k = 0; k < column && cell != NULL; ++k)
      cell = strtok(NULL, ",\t\r\n ");
    if (cell == NULL)
      continue;
    if (count == capacity) {
      capacity *= 2;
      value = realloc(value, capacity * sizeof *value);
    }
    value[count++] = strtod(cell, NULL);
  }
  fclose(file);
  *ret_count = count;
  return value;
}

#endif
