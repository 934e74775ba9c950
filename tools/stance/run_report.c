/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After the test: what the station made of it, as files and on the screen. */
#include "command.h"
#include "run.h"

#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static enum stance_status cannot_use(const char *path, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_STORE,
                            "%s: reports cannot be written there: %s; choose another folder with "
                            "--output",
                            path, strerror(errno));
}

enum stance_status stance_run_make_folder(const char *path, struct stance_problem *problem)
{
  char partial[STANCE_RUN_PATH_MAX];
  if (strlen(path) >= sizeof partial - 32) {
    errno = ENAMETOOLONG;
    return cannot_use(path, problem);
  }
  for (size_t k = 1; k <= strlen(path); k++) {
    if (path[k] != '/' && path[k] != '\0')
      continue;
    snprintf(partial, sizeof partial, "%.*s", (int)k, path);
    if (mkdir(partial, 0777) != 0 && errno != EEXIST)
      return cannot_use(path, problem);
  }
  snprintf(partial, sizeof partial, "%s/.stance.XXXXXX", path);
  int descriptor = mkstemp(partial);
  if (descriptor < 0)
    return cannot_use(path, problem);
  close(descriptor);
  unlink(partial);
  return STANCE_OK;
}

/* STARTED_PROTOCOL_ATHLETE, with what no file system likes made to `_`. */
static void make_name(const struct stance_report *report, char ret_name[STANCE_RUN_NAME_MAX])
{
  char started[STANCE_LOCAL_TIME_SIZE];
  const char *athlete = report->athlete == NULL ? "" : report->athlete;
  compact_time(report, started);
  snprintf(ret_name, STANCE_RUN_NAME_MAX, "%s_%s%s%s", started, report->result->protocol.id,
           athlete[0] == '\0' ? "" : "_", athlete);
  for (char *c = ret_name; *c != '\0'; c++)
    if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
      *c = '_';
}

void stance_run_reports_make(const struct stance_report *report, const char *truth, bool locale,
                             struct stance_run_reports *ret_reports)
{
  make_name(report, ret_reports->name);
  for (int layout = 0; layout < STANCE_LAYOUT_COUNT; layout++) {
    struct stance_sheet sheet = {.text = &ret_reports->layout[layout], .locale = locale};
    stance_report_header(&sheet, (enum stance_layout)layout);
    stance_report_rows(&sheet, (enum stance_layout)layout, report);
  }
  stance_report_json(&ret_reports->json, report);
  if (truth != NULL)
    stance_text_string(&ret_reports->truth, truth);
}

void stance_run_reports_finish(struct stance_run_reports *reports)
{
  for (int layout = 0; layout < STANCE_LAYOUT_COUNT; layout++)
    stance_text_finish(&reports->layout[layout]);
  stance_text_finish(&reports->json);
  stance_text_finish(&reports->truth);
}

/* Folder and begin of the names of all reports, with a number where such a one is there already. */
static void choose_stem(const struct stance_run *run, const char *name, char *ret_stem, size_t size)
{
  char path[STANCE_RUN_PATH_MAX + 64];
  snprintf(ret_stem, size, "%s/%s", run->arguments->output, name);
  for (int number = 2; number < 1000; number++) {
    snprintf(path, sizeof path, "%s.csv", ret_stem);
    if (access(path, F_OK) != 0)
      return;
    snprintf(ret_stem, size, "%s/%s-%d", run->arguments->output, name, number);
  }
}

static enum stance_status write_file(const char *stem, const char *suffix,
                                     const struct stance_text *text, struct stance_problem *problem)
{
  char path[STANCE_RUN_PATH_MAX + 64];
  struct stance_output *output = NULL;
  if (text->failed)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  snprintf(path, sizeof path, "%s%s", stem, suffix);
  enum stance_status status = stance_output_open(path, &output, problem);
  if (status != STANCE_OK)
    return status;
  fputs(text->bytes, stance_output_file(output));
  return stance_output_commit(output, problem);
}

static enum stance_status write_reports(const struct stance_run_reports *reports, const char *stem,
                                        struct stance_problem *problem)
{
  static const char *const suffix[STANCE_LAYOUT_COUNT] = {
      [STANCE_LAYOUT_WIDE] = ".csv",
      [STANCE_LAYOUT_LONG] = "_long.csv",
      [STANCE_LAYOUT_TESTS] = "_tests.csv",
  };
  enum stance_status status = STANCE_OK;
  for (int layout = 0; layout < STANCE_LAYOUT_COUNT && status == STANCE_OK; layout++)
    status = write_file(stem, suffix[layout], &reports->layout[layout], problem);
  if (status == STANCE_OK && reports->truth.length > 0)
    status = write_file(stem, "_truth.csv", &reports->truth, problem);
  return status;
}

static void print_plain(const struct stance_text *text)
{
  stance_print_plain(stdout, text->bytes == NULL ? "" : text->bytes);
}

static void print_summary(const struct stance_run *run, const struct stance_run_reports *reports,
                          const char *stem, bool written)
{
  const struct stance_view_result *result = &run->view.result;
  struct stance_text text = {0};
  if (result->warnings.length > 0)
    stance_text_format(&text, "\n%s", result->warnings.bytes);
  if (written)
    stance_text_format(&text, "\nReports: %s.csv, _long.csv, _tests.csv%s\n", stem,
                       reports->truth.length == 0 ? "" : ", _truth.csv");
  print_plain(&result->summary);
  print_plain(&text);
  stance_text_finish(&text);
}

/* The numbers are shown even where they cannot be kept. */
enum stance_status stance_run_publish(struct stance_run *run,
                                      const struct stance_run_reports *reports,
                                      struct stance_problem *problem)
{
  char stem[STANCE_RUN_PATH_MAX];
  choose_stem(run, reports->name, stem, sizeof stem);
  enum stance_status status = write_reports(reports, stem, problem);
  if (run->arguments->json)
    print_plain(&reports->json);
  else
    print_summary(run, reports, stem, status == STANCE_OK);
  if (fflush(stdout) != 0 && status == STANCE_OK)
    status = stance_problem_set(problem, STANCE_STORE, "standard output cannot be written");
  return status;
}
