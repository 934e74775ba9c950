/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports, made from what is stored by the code of `stance analyze`. */
#include "http_api_private.h"

#include "batch.h"
#include "stored_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum stance_status api_read_settings(struct stance_store *store, const char *id,
                                     struct api_settings *ret_settings,
                                     struct stance_problem *problem)
{
  struct stance_stored_result kept;
  ret_settings->text = NULL;
  ret_settings->count = 0;
  enum stance_status status = stance_store_get_result(store, id, NULL, &kept, problem);
  if (status == STANCE_END)
    return STANCE_OK;
  if (status != STANCE_OK)
    return status;
  ret_settings->text = kept.settings;
  kept.settings = NULL;
  if (ret_settings->text != NULL) /* one of an older stance has none */
    ret_settings->count = stance_result_split_settings(ret_settings->text, ret_settings->setting);
  stance_stored_result_finish(&kept);
  return STANCE_OK;
}

struct making {
  struct stance_text *text;
  enum stance_status status;
  struct stance_problem problem;
};

static enum stance_status emit(void *context, size_t item, const struct stance_batch_report *report,
                               struct stance_problem *problem)
{
  struct making *making = context;
  (void)item, (void)problem;
  stance_text_string(making->text, report->rows);
  making->status = report->status;
  snprintf(making->problem.text, sizeof making->problem.text, "%.*s",
           (int)strcspn(report->messages, "\n"), report->messages);
  return STANCE_OK;
}

/* One at a time, with the settings of the test; the first failure with its sentence. */
static enum stance_status make(struct stance_http_api *api, const char *id,
                               const struct stance_batch_options *how, struct stance_text *text,
                               struct stance_problem *problem)
{
  struct stance_batch_options options = *how;
  const struct stance_batch_item item = {.kind = STANCE_BATCH_STORED, .name = id};
  struct making making = {.text = text};
  struct stance_store *store = NULL;
  struct stance_reliability_record *records = NULL;
  struct stance_reliability_book book = {0};
  struct stance_trial_options trial = stance_trial_options_default;
  struct api_settings settings = {0};
  options.trial = &trial;
  options.jobs = 1;
  options.store_path = stance_station_store_path(api->station);
  pthread_mutex_lock(&api->analysing);
  enum stance_status status =
      stance_store_open(options.store_path, STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_list_reliability(store, &records, &book.count, problem);
  if (status == STANCE_OK)
    status = api_read_settings(store, id, &settings, problem);
  stance_store_close(store);
  trial.setting = settings.setting;
  trial.setting_count = settings.count;
  book.record = records;
  options.reliability = &book;
  if (status == STANCE_OK)
    status = stance_batch_run(&item, 1, &options, emit, &making, problem);
  pthread_mutex_unlock(&api->analysing);
  free(settings.text);
  free(records);
  if (status == STANCE_OK && making.status != STANCE_OK) {
    status = making.status;
    *problem = making.problem;
  }
  return status;
}

/* What cannot be read as asked is no test of this store: 404, with the reason. */
static void fail_report(struct stance_http_reply *reply, enum stance_status status,
                        const struct stance_problem *problem)
{
  if (status == STANCE_INPUT || status == STANCE_END)
    stance_http_fail(reply, 404, "no_report", problem->text);
  else
    api_answer_problem(reply, status, problem);
}

void api_get_report_csv(struct stance_http_api *api, const struct stance_http_request *request,
                        const char *id, struct stance_http_reply *reply)
{
  if (!api_check_query(request, "layout", reply))
    return;
  const char *name = stance_http_argument(request, "layout");
  const enum stance_layout layout = name == NULL ? STANCE_LAYOUT_WIDE : stance_layout_find(name);
  if (layout == STANCE_LAYOUT_COUNT) {
    stance_http_fail(reply, 400, "bad_request", "`layout` is wide, long or tests");
    return;
  }
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text};
  struct stance_problem problem = {""};
  stance_report_header(&sheet, layout);
  const enum stance_status status =
      make(api, id, &(struct stance_batch_options){.layout = layout}, &text, &problem);
  if (status != STANCE_OK) {
    stance_text_finish(&text);
    fail_report(reply, status, &problem);
    return;
  }
  api_answer_text(reply, &text, "text/csv; charset=utf-8");
  if (reply->status == 200) /* the id, no name: downloads lie about for years */
    snprintf(reply->file_name, sizeof reply->file_name, "stance_%s_%s.csv", id,
             stance_layout_id(layout));
}

void api_get_report_json(struct stance_http_api *api, const struct stance_http_request *request,
                         const char *id, struct stance_http_reply *reply)
{
  if (!api_check_query(request, NULL, reply))
    return;
  struct stance_text text = {0};
  struct stance_problem problem = {""};
  const enum stance_status status =
      make(api, id, &(struct stance_batch_options){.json = true}, &text, &problem);
  if (status != STANCE_OK) {
    stance_text_finish(&text);
    fail_report(reply, status, &problem);
    return;
  }
  api_answer_text(reply, &text, "application/json");
}

struct keeping {
  struct stance_http_api *api;
  struct stance_store *store;
  const char *id;
  bool told;
};

static enum stance_status keep(void *context, const struct stance_report *report,
                               struct stance_problem *problem)
{
  struct keeping *keeping = context;
  /* before it is told: whoever hears of it asks for the history at once */
  const enum stance_status status =
      stance_result_keep(keeping->store, keeping->id, report, problem);
  stance_station_tell_again(keeping->api->station, keeping->id, report, NULL);
  keeping->told = true;
  return status;
}

void api_keep_result(struct stance_http_api *api, struct stance_store *store, const char *id,
                     const struct api_settings *settings)
{
  struct stance_problem problem = {""};
  struct keeping keeping = {.api = api, .store = store, .id = id};
  pthread_mutex_lock(&api->analysing);
  enum stance_status status =
      stance_stored_report(store, id, settings->setting, settings->count, keep, &keeping, &problem);
  pthread_mutex_unlock(&api->analysing);
  /* the history then says `no_result`; a report says why when it is asked for */
  if (status != STANCE_OK && !keeping.told)
    stance_station_tell_again(api->station, id, NULL, problem.text);
}
