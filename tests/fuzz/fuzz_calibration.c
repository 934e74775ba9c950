/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text: refused with a sentence, or a profile that writes and reads back as itself. */
#include "stance/calibration.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = malloc(size + 1);
  if (text == NULL)
    abort();
  memcpy(text, data, size);
  text[size] = '\0';

  struct stance_calibration first, second;
  struct stance_problem problem = {.text = ""};
  if (stance_calibration_import("fuzz", text, &first, &problem) != STANCE_OK) {
    if (problem.text[0] == '\0')
      abort();
  } else {
    char *once, *twice;
    if (stance_calibration_export(&first, &once) != STANCE_OK ||
        stance_calibration_import("fuzz", once, &second, &problem) != STANCE_OK ||
        stance_calibration_export(&second, &twice) != STANCE_OK || strcmp(once, twice) != 0)
      abort();
    free(once);
    free(twice);
  }
  free(text);
  return 0;
}
