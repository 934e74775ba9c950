/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After the test: from the store to reports, by the same way as `stance analyze`. */
#include "command.h"
#include "run.h"

#include "output.h"
#include "reliability.h"
#include "result_keep.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "20261121T074559" of a local ISO 8601 time. */
static void compact_time(const struct stance_report *report, char ret_text[STANCE_LOCAL_TIME_SIZE])
{
  char local[STANCE_LOCAL_TIME_SIZE];
  stance_report_local_time(report, local);
  size_t length = 0;
  for (const char *c = local; *c != '\0' && length < strlen("20261121T074559"); c++)
    if (isdigit((unsigned char)*c) || *c == 'T')
      ret_text[length++] = *c;
  ret_text[length] = '\0';
}

/* Folder and begin of the names of all reports: STARTED_PROTOCOL_ATHLETE, with what no file system
   likes made to `_`, and a number where such a report is there already. */
static void choose_stem(const struct stance_run *run, const struct stance_report *report,
                        char *ret_stem, size_t size)
{
  char started[STANCE_LOCAL_TIME_SIZE], name[160], path[STANCE_RUN_PATH_MAX + 64];
  compact_time(report, started);
  snprintf(name, sizeof name, "%s_%s%s%s", started, run->protocol.id,
           run->recording.athlete[0] == '\0' ? "" : "_", run->recording.athlete);
  for (char *c = name; *c != '\0'; c++)
    if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
      *c = '_';
  snprintf(ret_stem, size, "%s/%s", run->arguments->output, name);
  for (int number = 2; number < 1000; number++) {
    snprintf(path, sizeof path, "%s.csv", ret_stem);
    if (access(path, F_OK) != 0)
      return;
    snprintf(ret_stem, size, "%s/%s-%d", run->arguments->output, name, number);
  }
}

static enum stance_status write_file(const char *stem, const char *suffix, const char *text,
                                     struct stance_problem *problem)
{
  char path[STANCE_RUN_PATH_MAX + 64];
  struct stance_output *output = NULL;
  snprintf(path, sizeof path, "%s%s", stem, suffix);
  enum stance_status status = stance_output_open(path, &output, problem);
  if (status != STANCE_OK)
    return status;
  fputs(text, stance_output_file(output));
  return stance_output_commit(output, problem);
}

static enum stance_status write_layout(const struct stance_run *run, const char *stem,
                                       const char *suffix, enum stance_layout layout,
                                       const struct stance_report *report,
                                       struct stance_problem *problem)
{
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text, .locale = run->arguments->locale};
  stance_report_header(&sheet, layout);
  stance_report_rows(&sheet, layout, report);
  enum stance_status status = text.failed
                                  ? stance_problem_set(problem, STANCE_MEMORY, "out of memory")
                                  : write_file(stem, suffix, text.bytes, problem);
  stance_text_finish(&text);
  return status;
}

static enum stance_status write_reports(const struct stance_run *run, const char *stem,
                                        const struct stance_report *report,
                                        struct stance_problem *problem)
{
  static const struct {
    const char *suffix;
    enum stance_layout layout;
  } files[] = {
      {".csv", STANCE_LAYOUT_WIDE},
      {"_long.csv", STANCE_LAYOUT_LONG},
      {"_tests.csv", STANCE_LAYOUT_TESTS},
  };
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < sizeof files / sizeof *files && status == STANCE_OK; k++)
    status = write_layout(run, stem, files[k].suffix, files[k].layout, report, problem);
  if (status == STANCE_OK && run->recording.ground_truth != NULL)
    status = write_file(stem, "_truth.csv", run->recording.ground_truth, problem);
  return status;
}

static void print_result(const struct stance_run *run, const struct stance_report *report,
                         const char *stem, bool written)
{
  struct stance_text text = {0};
  if (run->arguments->json)
    stance_report_json(&text, report);
  else
    stance_report_summary(&text, report);
  if (!run->arguments->json)
    stance_run_tell_interruptions(run, &text);
  if (!run->arguments->json && written)
    stance_text_format(&text, "\nReports: %s.csv, _long.csv, _tests.csv%s\n", stem,
                       run->recording.ground_truth == NULL ? "" : ", _truth.csv");
  stance_print_plain(stdout, text.bytes == NULL ? "" : text.bytes);
  stance_text_finish(&text);
}

/* The numbers are shown even where they cannot be kept. */
static enum stance_status publish(struct stance_run *run, const struct stance_report *report,
                                  struct stance_problem *problem)
{
  char stem[STANCE_RUN_PATH_MAX];
  choose_stem(run, report, stem, sizeof stem);
  enum stance_status status = write_reports(run, stem, report, problem);
  struct stance_problem what = {""};
  enum stance_status kept = stance_result_keep(run->store, run->recording.id, report, &what);
  print_result(run, report, stem, status == STANCE_OK);
  if (fflush(stdout) != 0 && status == STANCE_OK)
    status = stance_problem_set(problem, STANCE_STORE, "standard output cannot be written");
  if (status == STANCE_OK && kept != STANCE_OK)
    status = stance_problem_set(problem, kept, "%s", what.text);
  return status;
}

enum stance_status stance_run_report(struct stance_run *run, struct stance_problem *problem)
{
  struct stance_trial_options options = stance_trial_options_default;
  options.setting = run->arguments->setting;
  options.setting_count = run->arguments->setting_count;
  struct stance_trial trial = {0};
  struct stance_result result = {0};
  struct stance_report report;
  struct stance_analyzer *analyzer = NULL;
  struct stance_reliability_book reliability = {0};
  enum stance_status status =
      stance_trial_load_stored(run->store, run->recording.id, &options, &trial, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_analyzer_create(&analyzer, problem);
  stance_reliability_load(run->store, &reliability);
  if (status == STANCE_OK)
    status = stance_trial_analyze(analyzer, &trial, &options, &result, problem);
  if (status == STANCE_OK) {
    stance_trial_report(&trial, &result, &report);
    report.reliability = &reliability;
    status = publish(run, &report, problem);
    stance_result_finish(&result);
  }
  free((void *)reliability.record);
  stance_analyzer_destroy(analyzer);
  stance_trial_finish(&trial);
  return status;
}
