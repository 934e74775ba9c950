/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "error_word.h"

#include <string.h>

static const char *const words[] = {
    [STANCE_OK] = "ok",
    [STANCE_END] = "no_such_test",
    [STANCE_MISMATCH] = "not_now",
    [STANCE_USAGE] = "bad_request",
    [STANCE_INPUT] = "bad_input",
    [STANCE_INSTRUMENT] = "instrument",
    [STANCE_STORE] = "store",
    [STANCE_MEMORY] = "no_memory",
};

const char *stance_error_word(enum stance_status status)
{
  return words[status];
}

enum stance_status stance_error_status(const char *word)
{
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (strcmp(words[k], word) == 0)
      return (enum stance_status)k;
  return STANCE_MISMATCH;
}
