/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text: refused with a sentence that names the file, or a protocol whose parts are within
   their ranges. */
#include "stance/protocol.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
  if (!holds)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = malloc(size + 1);
  require(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';

  struct stance_protocol protocol;
  struct stance_problem problem = {.text = ""};
  if (stance_protocol_parse("clinic/fuzz.ini", text, &protocol, &problem) != STANCE_OK) {
    require(strncmp(problem.text, "clinic/fuzz.ini:", 16) == 0);
  } else {
    require(problem.text[0] == '\0');
    require(strcmp(protocol.id, "fuzz") == 0);
    require(protocol.title[0] != '\0' && protocol.version[0] != '\0');
    require(stance_rig_name(protocol.rig) != NULL);
    require(stance_effort_kind_name(protocol.effort) != NULL);
    require(stance_protocol_sides_name(protocol.sides) != NULL);
    require(protocol.repetitions >= 1 && protocol.repetitions <= 100);
    require(protocol.effort_s > 0 && isfinite(protocol.effort_s));
    require(protocol.compared == STANCE_METRIC_PEAK_FORCE ||
            protocol.compared == STANCE_METRIC_PEAK_FORCE_NET);
  }
  free(text);
  return 0;
}
