/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "protocol_find.h"
#include "reliability.h"
#include "reliability_report.h"

#include <limits.h>
#include <stdlib.h>

static enum stance_status open_store(enum stance_store_access access,
                                     struct stance_store **ret_store,
                                     struct stance_problem *problem)
{
  char path[PATH_MAX];
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  return status != STANCE_OK ? status : stance_store_open(path, access, ret_store, problem);
}

static enum stance_status collect(const struct stance_reliability_arguments *arguments,
                                  struct stance_reliability_tests *tests,
                                  struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < arguments->file_count && status == STANCE_OK; k++)
    status =
        stance_reliability_collect_table(arguments->file[k], &arguments->options, tests, problem);
  if (arguments->file_count > 0 || status != STANCE_OK)
    return status;
  struct stance_store *store = NULL;
  status = open_store(STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_reliability_collect_stored(store, &arguments->options, tests, problem);
  stance_store_close(store);
  return status;
}

/* All records of all studies as one. A record that no report could ever find is not saved. */
static enum stance_status save(const struct stance_reliability_study *studies, size_t count,
                               char ret_study[STANCE_UUID_SIZE], struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  struct stance_reliability_record *records =
      calloc(count * STANCE_SIDE_COUNT + 1, sizeof *records);
  size_t record_count = 0;
  enum stance_status status = STANCE_OK;
  if (records == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  for (size_t k = 0; k < count && status == STANCE_OK; k++) {
    if (!studies[k].complete_key)
      status = stance_problem_set(
          problem, STANCE_USAGE,
          "not saved: the table does not say by which %s its values were made; give --%s, so that "
          "only like is compared with like",
          studies[k].record[0].key.protocol[0] == '\0' ? "protocol" : "method",
          studies[k].record[0].key.protocol[0] == '\0'
              ? "protocol"
              : "method, as the long layout of such a test has it (peak_force/1(zero=measured))");
    for (int side = 0; side < STANCE_SIDE_COUNT; side++)
      if (studies[k].made[side])
        records[record_count++] = studies[k].record[side];
  }
  if (status == STANCE_OK)
    status = open_store(STANCE_STORE_WRITE, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_put_reliability(store, records, record_count, ret_study, problem);
  stance_store_close(store);
  free(records);
  return status;
}

static void write_text(struct stance_text *text, const struct stance_reliability_study *studies,
                       size_t count, const char *left_out, const char *saved)
{
  for (size_t k = 0; k < count; k++) {
    stance_reliability_study_text(text, &studies[k]);
    stance_text_string(text, "\n");
  }
  if (left_out[0] != '\0')
    stance_text_format(text, "Left out\n%s\n", left_out);
  if (saved != NULL)
    stance_text_format(text, "Saved as study %s: later comparisons of exactly this test use it.\n",
                       saved);
  else
    stance_text_string(text, "Not saved. --save makes every later comparison of exactly this test "
                             "use it.\n");
}

static enum stance_status print(struct stance_text *text, struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  if (text->failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  else
    stance_print_plain(stdout, text->bytes == NULL ? "" : text->bytes);
  stance_text_finish(text);
  if (status == STANCE_OK && fflush(stdout) != 0)
    status = stance_problem_set(problem, STANCE_STORE, "standard output cannot be written");
  return status;
}

static enum stance_status present(const struct stance_reliability_arguments *arguments,
                                  const struct stance_reliability_study *studies, size_t count,
                                  const char *left_out, struct stance_problem *problem)
{
  char study[STANCE_UUID_SIZE];
  struct stance_text text = {0};
  struct stance_problem why = {""};
  enum stance_status kept =
      arguments->save && count > 0 ? save(studies, count, study, &why) : STANCE_OK;
  const char *saved = arguments->save && count > 0 && kept == STANCE_OK ? study : NULL;
  if (arguments->json)
    stance_reliability_json(&text, studies, count, left_out, saved);
  else if (count > 0)
    write_text(&text, studies, count, left_out, saved);
  else
    stance_text_format(&text, "%s%s", left_out[0] == '\0' ? "" : "Left out\n", left_out);
  enum stance_status status = print(&text, problem);
  if (status == STANCE_OK && count == 0)
    status = stance_problem_set(problem, STANCE_INPUT,
                                "no test was repeated under the same conditions by two athletes: "
                                "there is no reliability to be measured yet");
  if (status == STANCE_OK && kept != STANCE_OK)
    status = stance_problem_set(problem, kept, "%s", why.text);
  return status;
}

static enum stance_status make_study(struct stance_reliability_arguments *arguments,
                                     struct stance_problem *problem)
{
  struct stance_protocol protocol;
  struct stance_reliability_tests tests = {.terse = arguments->terse};
  struct stance_reliability_study *studies = NULL;
  size_t count = 0;
  enum stance_status status = STANCE_OK;
  if (arguments->protocol != NULL) {
    status = stance_protocol_find(arguments->protocol, &protocol, NULL, NULL, problem);
    arguments->options.protocol = &protocol;
  }
  if (status == STANCE_OK)
    status = collect(arguments, &tests, problem);
  if (status == STANCE_OK)
    status =
        stance_reliability_make_studies(&tests, &arguments->options, &studies, &count, problem);
  if (status == STANCE_OK && tests.left_out.failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (status == STANCE_OK)
    status = present(arguments, studies, count,
                     tests.left_out.bytes == NULL ? "" : tests.left_out.bytes, problem);
  free(studies);
  stance_reliability_tests_finish(&tests);
  arguments->options.protocol = NULL;
  return status;
}

static enum stance_status list(struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  struct stance_reliability_record *records = NULL;
  struct stance_reliability_book book = {0};
  struct stance_text text = {0};
  enum stance_status status = open_store(STANCE_STORE_READ, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_list_reliability(store, &records, &book.count, problem);
  stance_store_close(store);
  if (status != STANCE_OK)
    return status;
  book.record = records;
  stance_reliability_book_text(&text, &book);
  free(records);
  return print(&text, problem);
}

static enum stance_status forget(const char *study, struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  enum stance_status status = open_store(STANCE_STORE_WRITE, &store, problem);
  if (status == STANCE_OK)
    status = stance_store_remove_reliability(store, study, problem);
  stance_store_close(store);
  return status;
}

static enum stance_status published(struct stance_problem *problem)
{
  struct stance_text text = {0};
  stance_reliability_published_text(&text);
  return print(&text, problem);
}

int stance_reliability_run(int argc, char **argv)
{
  struct stance_reliability_arguments arguments;
  struct stance_problem problem = {""};
  enum stance_status status = STANCE_OK;
  stance_reliability_parse(argc, argv, &arguments);
  switch (arguments.what) {
  case STANCE_RELIABILITY_STUDY:
    status = make_study(&arguments, &problem);
    break;
  case STANCE_RELIABILITY_LIST:
    status = list(&problem);
    break;
  case STANCE_RELIABILITY_PUBLISHED:
    status = published(&problem);
    break;
  case STANCE_RELIABILITY_FORGET:
    status = forget(arguments.study, &problem);
    break;
  }
  return status == STANCE_OK ? 0 : stance_complain(status, &problem);
}
