/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads CSV text in a test and says what came of it. */
#ifndef STANCE_TEST_CSV_FIXTURE_H
#define STANCE_TEST_CSV_FIXTURE_H

#include "stance/csv.h"

#include <stdlib.h>
#include <string.h>

struct csv_result {
  enum stance_status status;
  struct stance_csv_file file; /* zeroed on failure */
  struct stance_problem problem;
};

/* From memory of exactly that size, so that reading beyond the text is caught by the sanitizer. */
static inline struct csv_result csv_parse_bytes(const char *bytes, size_t length,
                                                const struct stance_csv_options *options)
{
  struct csv_result result = {.status = STANCE_OK};
  char *copy = malloc(length > 0 ? length : 1);
  memcpy(copy, bytes, length);
  result.status =
      stance_csv_parse("trial.csv", copy, length, options, &result.file, &result.problem);
  free(copy);
  return result;
}

static inline struct csv_result csv_parse_text(const char *text,
                                               const struct stance_csv_options *options)
{
  return csv_parse_bytes(text, strlen(text), options);
}

#endif
