/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stored_report.h"

#include <stdlib.h>

static enum stance_status analyze(struct stance_store *store, const char *id,
                                  const struct stance_trial_options *options,
                                  const struct stance_reliability_book *book,
                                  stance_stored_report_use *use, void *context,
                                  struct stance_problem *problem)
{
  struct stance_trial trial = {0};
  struct stance_result result = {0};
  struct stance_report report;
  struct stance_analyzer *analyzer = NULL;
  enum stance_status status = stance_trial_load_stored(store, id, options, &trial, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_analyzer_create(&analyzer, problem);
  if (status == STANCE_OK)
    status = stance_trial_analyze(analyzer, &trial, options, &result, problem);
  if (status == STANCE_OK) {
    stance_trial_report(&trial, &result, &report);
    report.reliability = book;
    status = use(context, &report, problem);
    stance_result_finish(&result);
  }
  stance_analyzer_destroy(analyzer);
  stance_trial_finish(&trial);
  return status;
}

enum stance_status stance_stored_report(struct stance_store *store, const char *recording_id,
                                        const struct stance_setting *setting, size_t setting_count,
                                        stance_stored_report_use *use, void *context,
                                        struct stance_problem *problem)
{
  struct stance_trial_options options = stance_trial_options_default;
  struct stance_reliability_record *records = NULL;
  struct stance_reliability_book book = {0};
  options.setting = setting;
  options.setting_count = setting_count;
  enum stance_status status = stance_store_list_reliability(store, &records, &book.count, problem);
  book.record = records;
  if (status == STANCE_OK)
    status = analyze(store, recording_id, &options, &book, use, context, problem);
  free(records);
  return status;
}
