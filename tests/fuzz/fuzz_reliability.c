/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a table of repeated tests: refused with a sentence that names the file, or studies
   whose numbers are in order. */
#include "reliability_tests.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void require(bool holds)
{
  if (!holds)
    abort();
}

static void require_order(const struct stance_estimate *estimate)
{
  if (isfinite(estimate->low) && isfinite(estimate->high))
    require(estimate->low <= estimate->high);
}

static void require_sense(const struct stance_reliability *statistics)
{
  require(statistics->athletes >= 2 && statistics->tests >= 2);
  require(statistics->degrees_of_freedom >= 1);
  require(!(statistics->typical_error.value < 0));
  require_order(&statistics->typical_error);
  require_order(&statistics->cv_pct);
  require_order(&statistics->mdc95);
  require_order(&statistics->sem);
  require_order(&statistics->shift);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char path[64];
  int file = memfd_create("table", 0);
  require(file >= 0 && write(file, data, size) == (ssize_t)size);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);

  const struct stance_reliability_options options = {.rule = STANCE_SUMMARY_COUNT};
  struct stance_reliability_tests tests = {0};
  struct stance_reliability_study *studies = NULL;
  size_t count = 0;
  struct stance_problem problem = {.text = ""};
  enum stance_status status = stance_reliability_collect_table(path, &options, &tests, &problem);
  if (status == STANCE_OK) {
    status = stance_reliability_make_studies(&tests, &options, &studies, &count, &problem);
    require(status == STANCE_OK && problem.text[0] == '\0');
  } else {
    require(status == STANCE_INPUT && strncmp(problem.text, path, strlen(path)) == 0);
  }
  for (size_t k = 0; k < count; k++)
    for (int side = 0; side < STANCE_SIDE_COUNT; side++)
      if (studies[k].made[side])
        require_sense(&studies[k].record[side].statistics);
  free(studies);
  stance_reliability_tests_finish(&tests);
  close(file);
  return 0;
}
