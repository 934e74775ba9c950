/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record_check.h"

#include "result_compare.h"
#include "result_keep.h"
#include "trial.h"

#include <stdlib.h>
#include <string.h>

const char *stance_record_verdict_id(enum stance_record_verdict verdict)
{
  static const char *const ids[STANCE_RECORD_VERDICT_COUNT] = {
      [STANCE_RECORD_IDENTICAL] = "identical",
      [STANCE_RECORD_UNSEALED] = "identical_without_digest",
      [STANCE_RECORD_NO_RESULT] = "no_result",
      [STANCE_RECORD_DIFFERENT] = "not_identical",
  };
  return ids[verdict];
}

void stance_record_check_finish(struct stance_record_check *check)
{
  if (check == NULL)
    return;
  stance_text_finish(&check->words);
  *check = (struct stance_record_check){0};
}

STANCE_PRINTF(2, 3)
static void differ(struct stance_record_check *check, const char *format, ...)
{
  char line[700];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  check->verdict = STANCE_RECORD_DIFFERENT;
  stance_text_format(&check->words, "  %s\n", line);
}

static enum stance_status compute(struct stance_store *store, struct stance_analyzer *analyzer,
                                  const char *recording_id, const char *settings_text,
                                  struct stance_stored_result *ret_now,
                                  struct stance_problem *problem)
{
  struct stance_setting setting[STANCE_RESULT_SETTING_MAX];
  struct stance_trial_options options = stance_trial_options_default;
  struct stance_trial trial = {0};
  struct stance_result result = {0};
  char *lines = strdup(settings_text == NULL ? "" : settings_text);
  if (lines == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  options.setting = setting;
  options.setting_count = stance_result_split_settings(lines, setting);
  enum stance_status status =
      stance_trial_load_stored(store, recording_id, &options, &trial, problem);
  if (status == STANCE_OK)
    status = stance_trial_analyze(analyzer, &trial, &options, &result, problem);
  if (status == STANCE_OK) {
    struct stance_report report;
    stance_trial_report(&trial, &result, &report);
    status = stance_result_make_stored(&report, ret_now, problem);
  }
  stance_result_finish(&result);
  stance_trial_finish(&trial);
  free(lines);
  return status;
}

static enum stance_status check_digest(struct stance_store *store, const char *recording_id,
                                       struct stance_record_check *check,
                                       struct stance_problem *problem)
{
  char now[STANCE_RECORDING_DIGEST_SIZE];
  enum stance_status status = stance_store_digest(store, recording_id, now, problem);
  if (status == STANCE_OK && check->digest[0] != '\0' && strcmp(now, check->digest) != 0)
    differ(check, "what is stored has changed since the test: digest kept %s, now %s",
           check->digest, now);
  return status;
}

/* Damage that keeps the recording from being analysed is a finding. */
static bool is_finding(enum stance_status status)
{
  return status == STANCE_INPUT || status == STANCE_USAGE || status == STANCE_MISMATCH;
}

static enum stance_status compare_result(struct stance_store *store,
                                         struct stance_analyzer *analyzer, const char *recording_id,
                                         const struct stance_stored_result *stored,
                                         struct stance_record_check *check,
                                         struct stance_problem *problem)
{
  struct stance_stored_result now = {0};
  struct stance_result_comparison comparison = {0};
  struct stance_problem what = {""};
  enum stance_status status = compute(store, analyzer, recording_id, stored->settings, &now, &what);
  if (status == STANCE_OK)
    status = stance_result_compare(stored, &now, &comparison, &what);
  if (is_finding(status)) {
    differ(check, "the result cannot be made again: %s", what.text);
    status = STANCE_OK;
  } else if (status != STANCE_OK) {
    stance_problem_set(problem, status, "%s", what.text);
  }
  check->compared = comparison.compared;
  check->different = comparison.different;
  check->other_method = comparison.other_method;
  if (comparison.different > 0) {
    differ(check, "the result comes out otherwise, made by %s then and %s now:", stored->software,
           now.software);
    stance_text_string(&check->words, comparison.words.bytes);
  }
  if (comparison.other_method > 0)
    stance_text_format(&check->words,
                       "  %zu values were made by another method by %s: not compared\n",
                       comparison.other_method, stored->software);
  stance_text_finish(&comparison.words);
  stance_stored_result_finish(&now);
  return status;
}

static enum stance_status check_result(struct stance_store *store, struct stance_analyzer *analyzer,
                                       const char *recording_id, struct stance_record_check *check,
                                       struct stance_problem *problem)
{
  struct stance_stored_result stored;
  enum stance_status status = stance_store_get_result(store, recording_id, NULL, &stored, problem);
  if (status == STANCE_END) {
    if (check->verdict == STANCE_RECORD_IDENTICAL)
      check->verdict = STANCE_RECORD_NO_RESULT;
    return STANCE_OK;
  }
  if (status != STANCE_OK)
    return status;
  snprintf(check->software, sizeof check->software, "%s", stored.software);
  if (stored.has_digest && !stored.digest_holds)
    differ(check, "the stored result, or the digest of its recording, has changed");
  else if (!stored.has_digest && check->digest[0] != '\0')
    differ(check, "the stored result has lost its digest");
  else if (!stored.has_digest || check->digest[0] == '\0')
    check->verdict = STANCE_RECORD_UNSEALED;
  status = compare_result(store, analyzer, recording_id, &stored, check, problem);
  stance_stored_result_finish(&stored);
  return status;
}

static enum stance_status read_digest(struct stance_store *store, const char *recording_id,
                                      struct stance_record_check *check,
                                      struct stance_problem *problem)
{
  struct stance_recording info = {0};
  struct stance_raw_trace traces[STANCE_STREAM_MAX] = {0};
  struct stance_phase *phases = NULL;
  size_t phase_count = 0;
  enum stance_status status =
      stance_store_load(store, recording_id, &info, traces, &phases, &phase_count, problem);
  if (status == STANCE_OK || status == STANCE_END)
    memcpy(check->digest, info.digest, sizeof check->digest);
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++)
    stance_raw_trace_finish(&traces[k]);
  stance_recording_finish(&info);
  free(phases);
  return status == STANCE_END ? STANCE_OK : status;
}

enum stance_status stance_record_verify(struct stance_store *store,
                                        struct stance_analyzer *analyzer, const char *recording_id,
                                        struct stance_record_check *ret_check,
                                        struct stance_problem *problem)
{
  struct stance_record_check check = {.verdict = STANCE_RECORD_IDENTICAL};
  enum stance_status status = read_digest(store, recording_id, &check, problem);
  if (status == STANCE_OK)
    status = check_digest(store, recording_id, &check, problem);
  if (status == STANCE_OK)
    status = check_result(store, analyzer, recording_id, &check, problem);
  if (status == STANCE_OK && check.words.failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (status == STANCE_OK)
    *ret_check = check;
  else
    stance_record_check_finish(&check);
  return status;
}
