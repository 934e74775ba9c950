/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a test: what the recorder has stored is what is analysed. */
#include "station_private.h"

#include "error_word.h"
#include "json_text.h"
#include "report.h"
#include "result_keep.h"
#include "trial.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A sentence for each instrument that was interrupted; one that failed fails the test. */
static void judge_instruments(struct station_test *test, const struct stance_source_health *health)
{
  for (size_t k = 0; k < test->stream_count; k++) {
    const struct stance_source_info *info = test->stream[k].info;
    const char *name = station_stream_name(test, k);
    struct stance_problem problem;
    if (health[k].failed) {
      stance_problem_write(&problem, "%s%.480s", name, health[k].problem.text);
      station_test_fail(test, STANCE_INSTRUMENT, &problem);
    } else if (health[k].interruptions > 0 && health[k].frames_produced == health[k].frames_lost) {
      stance_problem_write(&problem,
                           "%s%.300s was unplugged or interrupted before its first sample and the "
                           "test was over when it came back; repeat the test",
                           name, info->uri);
      station_test_fail(test, STANCE_INSTRUMENT, &problem);
    }
    if (health[k].interruptions == 0)
      continue;
    stance_problem_write(&problem,
                         "%sThe instrument was interrupted %" PRIu64 " time%s; %" PRIu64
                         " frames (%.3f s) are missing from the recording and kept as gaps.",
                         name, health[k].interruptions, health[k].interruptions == 1 ? "" : "s",
                         health[k].frames_lost, (double)health[k].frames_lost / info->rate_hz);
    stance_text_string(&test->interruptions, ",");
    stance_json_string(&test->interruptions, problem.text);
  }
}

/* Drains, commits and closes. The first thing that failed is the one that is told. */
static void stop(struct station_test *test)
{
  struct stance_source_health health[STANCE_STREAM_MAX] = {0};
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
  station_test_fail(test, status, &problem);
  judge_instruments(test, health);
}

/* What went wrong, as a program reads it, and as a person does, with all else that he must know. */
static void describe_problems(struct stance_text *text, const struct station_test *test)
{
  stance_text_string(text, ",\"problem\":");
  if (test->ended_as == STANCE_OK) {
    stance_text_string(text, "null,\"warnings\":[");
  } else {
    stance_text_format(text, "{\"error\":\"%s\",\"detail\":", stance_error_word(test->ended_as));
    stance_json_string(text, test->ended_by.text);
    stance_text_string(text, "},\"warnings\":[");
    stance_json_string(text, test->ended_by.text);
  }
  if (test->interruptions.length > 0)
    stance_text_string(text, test->interruptions.bytes + (test->ended_as == STANCE_OK ? 1 : 0));
  stance_text_string(text, "]");
}

/* The event up to its problem. `report` NULL: there is none, `why`. */
static void describe_report(struct stance_text *text, const char *id,
                            const struct stance_report *report, const char *why)
{
  struct stance_text summary = {0}, json = {0};
  if (report != NULL) {
    stance_report_summary(&summary, report);
    stance_report_json(&json, report);
  }
  stance_text_format(text, "{\"id\":\"%s\",\"summary\":", id);
  stance_json_string(text, summary.bytes != NULL ? summary.bytes : why);
  stance_text_string(text, ",\"report\":");
  if (json.bytes != NULL && json.length > 0)
    stance_text_append(text, json.bytes, strcspn(json.bytes, "\n"));
  else
    stance_text_string(text, "null");
  text->failed = text->failed || summary.failed || json.failed;
  stance_text_finish(&summary);
  stance_text_finish(&json);
}

/* `report` NULL: there is none, `ended_by` says why. */
static void describe(struct station_test *test, const struct stance_report *report)
{
  describe_report(&test->result, test->recording.id, report, test->ended_by.text);
  describe_problems(&test->result, test);
  stance_text_string(&test->result, "}");
}

static enum stance_status analyze(struct station_test *test, struct stance_problem *problem)
{
  struct stance_trial_options options = stance_trial_options_default;
  struct stance_trial trial = {0};
  struct stance_result result = {0};
  struct stance_report report;
  struct stance_analyzer *analyzer = NULL;
  struct stance_reliability_record *records = NULL;
  struct stance_reliability_book book = {0};
  options.setting = test->setting;
  options.setting_count = test->setting_count;
  enum stance_status status =
      stance_trial_load_stored(test->store, test->recording.id, &options, &trial, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_analyzer_create(&analyzer, problem);
  if (status == STANCE_OK)
    status = stance_trial_analyze(analyzer, &trial, &options, &result, problem);
  if (status == STANCE_OK) {
    struct stance_problem what = {""};
    station_test_fail(
        test, stance_store_list_reliability(test->store, &records, &book.count, &what), &what);
    book.record = records;
    stance_trial_report(&trial, &result, &report);
    report.reliability = &book;
    station_test_fail(test, stance_result_keep(test->store, test->recording.id, &report, &what),
                      &what);
    if (test->analysed != NULL)
      test->analysed(test->analysed_context, &report, test->recording.ground_truth);
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
    station_test_fail(test, status, &problem);
    describe(test, NULL);
  }
  atomic_store(&test->finished, true);
  return NULL;
}

void station_finish_begin(struct stance_station *station, struct station_test *test)
{
  sigset_t all, before;
  test->finishing = true;
  station_give_priority_back(station);
  station->changed = true;
  station_cue_silence(station, test);
  station_feedback(station, test);
  station_miss_cues(station, test, NULL);
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
  station->has_result = test->has_result;
  station->cut_off_id[0] = '\0';
  pthread_mutex_lock(&station->lock); /* against a result before it that is told anew */
  memcpy(station->last_id, test->recording.id, sizeof station->last_id);
  stance_text_finish(&station->last_problems);
  describe_problems(&station->last_problems, test);
  if (!test->result.failed)
    stance_event_hub_publish(station->hub, "result", test->result.bytes, true);
  pthread_mutex_unlock(&station->lock);
  station->changed = true;
}

void stance_station_tell_again(struct stance_station *station, const char *id,
                               const struct stance_report *report, const char *why)
{
  struct stance_text text = {0};
  describe_report(&text, id, report, why);
  pthread_mutex_lock(&station->lock);
  if (strcmp(station->last_id, id) == 0) {
    text.failed = text.failed || station->last_problems.failed;
    if (!text.failed)
      stance_text_format(&text, "%s}", station->last_problems.bytes);
    if (!text.failed)
      stance_event_hub_publish(station->hub, "result", text.bytes, true);
  }
  pthread_mutex_unlock(&station->lock);
  stance_text_finish(&text);
}
