/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result_keep.h"

#include <stdlib.h>
#include <string.h>

static char *settings_text(const struct stance_analysis_settings *settings)
{
  const size_t length = stance_analysis_settings_write(settings, NULL, 0);
  char *text = malloc(length + 1);
  if (text != NULL)
    stance_analysis_settings_write(settings, text, length + 1);
  return text;
}

enum stance_status stance_result_make_stored(const struct stance_report *report,
                                             struct stance_stored_result *ret_result,
                                             struct stance_problem *problem)
{
  struct stance_text csv = {0}, ledger = {0};
  struct stance_sheet sheet = {.text = &csv};
  struct stance_stored_result result = {0};
  stance_report_header(&sheet, STANCE_LAYOUT_LONG);
  stance_report_rows(&sheet, STANCE_LAYOUT_LONG, report);
  stance_report_ledger(&ledger, report);
  snprintf(result.software, sizeof result.software, "%s", STANCE_SOFTWARE);
  result.settings = settings_text(&report->result->settings);
  result.ledger = ledger.bytes;
  result.long_csv = csv.bytes;
  if (result.settings == NULL || csv.failed || ledger.failed) {
    stance_stored_result_finish(&result);
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  }
  *ret_result = result;
  return STANCE_OK;
}

enum stance_status stance_result_keep(struct stance_store *store, const char *recording_id,
                                      const struct stance_report *report,
                                      struct stance_problem *problem)
{
  struct stance_stored_result result;
  enum stance_status status = stance_result_make_stored(report, &result, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_store_put_result(store, recording_id, &result, problem);
  stance_stored_result_finish(&result);
  return status;
}

size_t stance_result_split_settings(char *text,
                                    struct stance_setting ret_setting[STANCE_RESULT_SETTING_MAX])
{
  size_t count = 0;
  char *rest = text, *line;
  while (count < STANCE_RESULT_SETTING_MAX && (line = strsep(&rest, "\n")) != NULL) {
    char *equals = strchr(line, '=');
    if (equals == NULL)
      continue;
    *equals = '\0';
    ret_setting[count++] = (struct stance_setting){.key = line, .value = equals + 1};
  }
  return count;
}
