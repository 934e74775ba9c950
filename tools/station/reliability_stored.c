/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repeated tests out of the store: analysed anew, so that all of them are of the same methods. */
#include "reliability_tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct collector {
  struct stance_store *store;
  struct stance_analyzer *analyzer;
  const struct stance_reliability_options *options;
  struct stance_reliability_tests *tests;
};

/* What reports do not compare, or leave out (SCIENCE 1.3, step 6), says nothing here either. */
static bool is_usable(const struct stance_value *value)
{
  static const stance_reason_set doubtful =
      STANCE_REASON_BIT(STANCE_REASON_SIDES_DOUBTFUL) | STANCE_REASON_BIT(STANCE_REASON_FLAT_TOP) |
      STANCE_REASON_BIT(STANCE_REASON_NOT_EXPLOSIVE) | STANCE_REASON_BIT(STANCE_REASON_SATURATED);
  return !stance_value_is_missing(value) && (value->reasons & doubtful) == 0;
}

static enum stance_status add_metric(const struct collector *collector,
                                     const struct stance_recording_summary *summary,
                                     const struct stance_trial *trial,
                                     const struct stance_result *result, enum stance_metric metric,
                                     struct stance_problem *problem)
{
  const struct stance_reliability_options *options = collector->options;
  const enum stance_summary_rule rule =
      options->rule == STANCE_SUMMARY_COUNT ? STANCE_SUMMARY_BEST : options->rule;
  struct stance_reliability_test test = {0};
  struct stance_report report;
  snprintf(test.athlete, sizeof test.athlete, "%s", trial->athlete);
  snprintf(test.recording, sizeof test.recording, "%s", summary->id);
  stance_trial_report(trial, result, &report);
  stance_report_local_time(&report, test.started_at); /* a day is the clinic's */
  stance_reliability_key_of(result, options->whole_model ? summary->model : trial->instrument,
                            metric, rule, &test.key);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const struct stance_value *value = &result->summary[rule][side][metric];
    test.value[side] = is_usable(value) ? value->value : (double)NAN;
  }
  return stance_reliability_tests_add(collector->tests, &test, problem);
}

static enum stance_status add_result(const struct collector *collector,
                                     const struct stance_recording_summary *summary,
                                     const struct stance_trial *trial,
                                     const struct stance_result *result,
                                     struct stance_problem *problem)
{
  const struct stance_reliability_options *options = collector->options;
  if (options->metric == NULL)
    return add_metric(collector, summary, trial, result, result->protocol.compared, problem);
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < options->metric_count && status == STANCE_OK; k++)
    status = add_metric(collector, summary, trial, result, options->metric[k], problem);
  return status;
}

/* Why a recording cannot count; NULL where it can. */
static const char *why_not(const struct collector *collector, const struct stance_trial *trial)
{
  if (trial->calibration_state == STANCE_CALIBRATION_NONE)
    return "no calibration of its instrument is known";
  if (trial->truncated)
    return "it was cut off";
  if (trial->injured_side != STANCE_SIDE_NONE && !collector->options->include_injured)
    return "an injured side is named, and recovery is a change (--include-injured)";
  return NULL;
}

static bool is_other_instrument(const struct stance_reliability_options *options,
                                const struct stance_trial *trial)
{
  return options->instrument != NULL && !options->whole_model &&
         strcmp(options->instrument, trial->instrument) != 0;
}

static enum stance_status add_recording(const struct collector *collector,
                                        const struct stance_recording_summary *summary,
                                        struct stance_problem *problem)
{
  struct stance_trial trial = {0};
  struct stance_result result = {0};
  struct stance_problem what = {""};
  struct stance_trial_options options = stance_trial_options_default;
  options.uncertainty = STANCE_UNCERTAINTY_NONE; /* repeated tests tell more */
  enum stance_status status =
      stance_trial_load_stored(collector->store, summary->id, &options, &trial, &what);
  if (status == STANCE_OK && is_other_instrument(collector->options, &trial)) {
    stance_trial_finish(&trial);
    return STANCE_OK;
  }
  const char *reason = status == STANCE_OK ? why_not(collector, &trial) : what.text;
  if (status == STANCE_OK && reason == NULL) {
    status = stance_trial_analyze(collector->analyzer, &trial, &options, &result, &what);
    reason = status == STANCE_OK ? NULL : what.text;
  }
  if (status == STANCE_OK && reason == NULL) {
    status = add_result(collector, summary, &trial, &result, problem);
    stance_result_finish(&result);
  } else if (status == STANCE_MEMORY || status == STANCE_STORE) {
    stance_problem_write(problem, "%s", what.text);
  } else {
    stance_reliability_leave_out(collector->tests, "%s, %s: %s", summary->athlete, summary->id,
                                 reason);
    status = STANCE_OK;
  }
  stance_trial_finish(&trial);
  return status;
}

static bool is_wanted(const struct stance_reliability_options *options,
                      const struct stance_recording_summary *summary)
{
  const char *protocol = options->protocol == NULL ? NULL : options->protocol->id;
  return (protocol == NULL || strcmp(protocol, summary->protocol_id) == 0) &&
         summary->athlete[0] != '\0';
}

/* Another recording of this athlete and protocol is in the list: those without need no analysis. */
static bool is_repeated(const struct stance_recording_summary *list, size_t count, size_t k)
{
  for (size_t other = 0; other < count; other++)
    if (other != k && strcmp(list[other].athlete, list[k].athlete) == 0 &&
        strcmp(list[other].protocol_id, list[k].protocol_id) == 0)
      return true;
  return false;
}

/* A model stands before the serial number; with it, the name is compared when the recording is
   open. */
static bool may_be_instrument(const struct stance_reliability_options *options,
                              const struct stance_recording_summary *summary)
{
  const size_t length = strlen(summary->model);
  if (options->instrument == NULL || options->whole_model)
    return options->instrument == NULL || strcmp(options->instrument, summary->model) == 0;
  return strncmp(options->instrument, summary->model, length) == 0;
}

static enum stance_status collect(const struct collector *collector,
                                  const struct stance_recording_summary *list, size_t count,
                                  struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  size_t nameless = 0;
  for (size_t k = 0; k < count && status == STANCE_OK; k++) {
    nameless += list[k].athlete[0] == '\0' ? 1 : 0;
    if (!is_wanted(collector->options, &list[k]) ||
        !may_be_instrument(collector->options, &list[k]))
      continue;
    if (is_repeated(list, count, k))
      status = add_recording(collector, &list[k], problem);
    else
      stance_reliability_leave_out(collector->tests, "%s, %s: a single recording", list[k].athlete,
                                   list[k].protocol_id);
  }
  if (nameless > 0)
    stance_reliability_leave_out(collector->tests,
                                 "%zu recording%s without an athlete's name (--athlete)", nameless,
                                 nameless == 1 ? "" : "s");
  return status;
}

enum stance_status stance_reliability_collect_stored(
    struct stance_store *store, const struct stance_reliability_options *options,
    struct stance_reliability_tests *tests, struct stance_problem *problem)
{
  struct collector collector = {.store = store, .options = options, .tests = tests};
  struct stance_recording_summary *list = NULL;
  size_t count = 0;
  enum stance_status status = stance_store_list_recordings(store, &list, &count, problem);
  if (status == STANCE_OK)
    status = stance_analyzer_create(&collector.analyzer, problem);
  if (status == STANCE_OK)
    status = collect(&collector, list, count, problem);
  stance_analyzer_destroy(collector.analyzer);
  free(list);
  return status;
}
