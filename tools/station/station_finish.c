/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a test: what the recorder has stored is what is analysed. */
#include "station_private.h"

#include "json_text.h"
#include "report.h"
#include "result_keep.h"
#include "trial.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void keep_first(struct station_test *test, enum stance_status status,
                       const struct stance_problem *problem)
{
  if (status != STANCE_OK && test->ended_by.text[0] == '\0')
    test->ended_by = *problem;
}

/* Drains, commits and closes. The first thing that failed is the one that is told. */
static void stop(struct station_test *test)
{
  struct stance_source_health health[STANCE_STREAM_MAX];
  struct stance_problem problem = {""};
  for (size_t k = 0; k < test->stream_count; k++)
    stance_source_stop(test->stream[k].source);
  for (size_t k = 0; k < test->stream_count; k++)
    stance_source_health(test->stream[k].source, &health[k]);
  enum stance_status status = stance_recorder_stop(test->recorder, NULL, &problem);
  test->recorder = NULL;
  if (status == STANCE_OK)
    status = stance_store_finish_recording(test->store, test->recording.id, health,
                                           test->stream_count, &problem);
  keep_first(test, status, &problem);
  for (size_t k = 0; k < test->stream_count; k++)
    keep_first(test, health[k].failed ? STANCE_INSTRUMENT : STANCE_OK, &health[k].problem);
}

/* `report` NULL: there is none, `ended_by` says why. */
static void describe(struct station_test *test, const struct stance_report *report)
{
  struct stance_text *text = &test->result, summary = {0}, json = {0};
  if (report != NULL) {
    stance_report_summary(&summary, report);
    stance_report_json(&json, report);
  }
  stance_text_format(text, "{\"id\":\"%s\",\"summary\":", test->recording.id);
  stance_json_string(text, summary.bytes != NULL ? summary.bytes : test->ended_by.text);
  stance_text_string(text, ",\"report\":");
  if (json.bytes != NULL && json.length > 0)
    stance_text_append(text, json.bytes, strcspn(json.bytes, "\n"));
  else
    stance_text_string(text, "null");
  stance_text_string(text, ",\"warnings\":[");
  if (test->ended_by.text[0] != '\0')
    stance_json_string(text, test->ended_by.text);
  stance_text_string(text, "]}");
  text->failed = text->failed || summary.failed || json.failed;
  stance_text_finish(&summary);
  stance_text_finish(&json);
}

static enum stance_status analyze(struct station_test *test, struct stance_problem *problem)
{
  const struct stance_trial_options options = stance_trial_options_default;
  struct stance_trial trial = {0};
  struct stance_result result = {0};
  struct stance_report report;
  struct stance_analyzer *analyzer = NULL;
  struct stance_reliability_record *records = NULL;
  struct stance_reliability_book book = {0};
  enum stance_status status =
      stance_trial_load_stored(test->store, test->recording.id, &options, &trial, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_analyzer_create(&analyzer, problem);
  if (status == STANCE_OK)
    status = stance_trial_analyze(analyzer, &trial, &options, &result, problem);
  if (status == STANCE_OK) {
    struct stance_problem what = {""};
    keep_first(test, stance_store_list_reliability(test->store, &records, &book.count, &what),
               &what);
    book.record = records;
    stance_trial_report(&trial, &result, &report);
    report.reliability = &book;
    keep_first(test, stance_result_keep(test->store, test->recording.id, &report, &what), &what);
    describe(test, &report);
    test->has_result = true;
    stance_result_finish(&result);
    free(records);
  }
  stance_analyzer_destroy(analyzer);
  stance_trial_finish(&trial);
  return status;
}

static void *finish(void *argument)
{
  struct station_test *test = argument;
  struct stance_problem problem = {""};
  stop(test);
  enum stance_status status = analyze(test, &problem);
  if (status != STANCE_OK) {
    keep_first(test, status, &problem);
    describe(test, NULL);
  }
  atomic_store(&test->finished, true);
  return NULL;
}

void station_finish_begin(struct stance_station *station, struct station_test *test)
{
  sigset_t all, before;
  test->finishing = true;
  station->changed = true;
  if (station->sound != NULL)
    (void)stance_sound_silence(station->sound); /* without a card it is silent anyway */
  station_feedback(station, test);
  station_take_cues(station, test);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&test->finisher, NULL, finish, test);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) { /* no thread to be had: it is done here, and the state stands still meanwhile */
    (void)finish(test);
    test->finisher = pthread_self();
  }
}

void station_finish_end(struct stance_station *station, struct station_test *test)
{
  if (!pthread_equal(test->finisher, pthread_self()))
    pthread_join(test->finisher, NULL);
  memcpy(station->last_id, test->recording.id, sizeof station->last_id);
  station->has_result = test->has_result;
  if (!test->result.failed)
    stance_event_hub_publish(station->hub, "result", test->result.bytes, true);
  station->changed = true;
}
