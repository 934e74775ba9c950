/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "protocol_find.h"
#include "reliability_report.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  KEY_PROTOCOL = 'p',
  KEY_METRIC = 'm',
  KEY_RULE = 0x100,
  KEY_INSTRUMENT,
  KEY_MODEL,
  KEY_METHOD,
  KEY_INJURED,
  KEY_SKIP_FIRST,
  KEY_SAVE,
  KEY_JSON,
  KEY_LIST,
  KEY_PUBLISHED,
  KEY_FORGET,
};

enum what { STUDY, LIST, PUBLISHED, FORGET };

struct arguments {
  enum what what;
  const char *protocol; /* id or file */
  const char *study;    /* to forget */
  struct stance_reliability_options options;
  enum stance_metric metric[STANCE_METRIC_COUNT];
  bool save, json;
  char **file;
  size_t file_count;
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "Which tests", 1},
    {"protocol", KEY_PROTOCOL, "ID|FILE", 0,
     "Tests of this protocol only; needed to save a simple table", 1},
    {"metric", KEY_METRIC, "ID[,ID...]|all", 0,
     "Metrics (default: the peak force that the protocol compares)", 1},
    {"rule", KEY_RULE, "RULE", 0, "Value of a test: best (default), mean or mean_of_3", 1},
    {"model", KEY_MODEL, "MODEL", 0,
     "Take all instruments of this model as one; else tests of one serial number go together", 1},
    {"instrument", KEY_INSTRUMENT, "TEXT", 0,
     "Tests of this instrument only (model and serial number); what a table does not say", 1},
    {"method", KEY_METHOD, "TEXT", 0,
     "Method of the values of a table that does not say: as the long layout has it", 1},
    {"skip-first", KEY_SKIP_FIRST, 0, 0,
     "Leave out each athlete's first test, made to become familiar", 1},
    {"include-injured", KEY_INJURED, 0, 0,
     "Tests with a named injured side too; recovery then counts as measurement error", 1},
    {0, 0, 0, 0, "What to do", 2},
    {"save", KEY_SAVE, 0, 0, "Keep the result: every later comparison uses it", 2},
    {"json", KEY_JSON, 0, 0, "One JSON object instead of text", 2},
    {"list", KEY_LIST, 0, 0, "The studies that are kept", 2},
    {"published", KEY_PUBLISHED, 0, 0, "The published studies that stand in where none is", 2},
    {"forget", KEY_FORGET, "STUDY", 0, "Take a study out again", 2},
    {0},
};

static void choose(struct argp_state *state, enum what what)
{
  struct arguments *arguments = state->input;
  if (arguments->what != STUDY)
    argp_error(state, "one of --list, --published and --forget at a time");
  arguments->what = what;
}

static void parse_metrics(struct argp_state *state, char *text)
{
  struct arguments *arguments = state->input;
  struct stance_reliability_options *to = &arguments->options;
  to->metric = arguments->metric;
  to->metric_count = 0;
  if (strcmp(text, "all") == 0) {
    for (int m = 0; m < STANCE_METRIC_COUNT; m++)
      if (!stance_metric_info((enum stance_metric)m)->compares_sides)
        arguments->metric[to->metric_count++] = (enum stance_metric)m;
    return;
  }
  char *rest = NULL;
  for (char *id = strtok_r(text, ",", &rest); id != NULL; id = strtok_r(NULL, ",", &rest)) {
    const enum stance_metric metric = stance_metric_find(id);
    if (metric == STANCE_METRIC_COUNT || stance_metric_info(metric)->compares_sides)
      argp_error(state, "--metric '%s' is no metric of a side (stance export --dictionary)", id);
    if (to->metric_count < STANCE_METRIC_COUNT)
      arguments->metric[to->metric_count++] = metric;
  }
  if (to->metric_count == 0)
    argp_error(state, "--metric names none");
}

static enum stance_summary_rule parse_rule(struct argp_state *state, const char *text)
{
  int rule = 0;
  while (rule < STANCE_SUMMARY_COUNT &&
         strcmp(stance_summary_id((enum stance_summary_rule)rule), text) != 0)
    rule++;
  if (rule == STANCE_SUMMARY_COUNT)
    argp_error(state, "--rule '%s' is none of best, mean and mean_of_3", text);
  return (enum stance_summary_rule)rule;
}

static void check(struct argp_state *state)
{
  const struct arguments *arguments = state->input;
  if (arguments->what != STUDY && (arguments->save || arguments->file_count > 0))
    argp_error(state, "--list, --published and --forget take no FILE and no --save");
  if (arguments->what != STUDY && arguments->json)
    argp_error(state, "--json goes with a study");
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct arguments *arguments = state->input;
  struct stance_reliability_options *to = &arguments->options;
  switch (key) {
  case KEY_PROTOCOL:
    arguments->protocol = text;
    return 0;
  case KEY_METRIC:
    parse_metrics(state, text);
    return 0;
  case KEY_RULE:
    to->rule = parse_rule(state, text);
    return 0;
  case KEY_INSTRUMENT:
  case KEY_MODEL:
    if (to->instrument != NULL)
      argp_error(state, "one --instrument or one --model");
    to->instrument = stance_name_option(state, key == KEY_MODEL ? "model" : "instrument", text);
    to->whole_model = key == KEY_MODEL;
    return 0;
  case KEY_METHOD:
    to->method = stance_name_option(state, "method", text);
    return 0;
  case KEY_INJURED:
    to->include_injured = true;
    return 0;
  case KEY_SKIP_FIRST:
    to->skip_first = true;
    return 0;
  case KEY_SAVE:
    arguments->save = true;
    return 0;
  case KEY_JSON:
    arguments->json = true;
    return 0;
  case KEY_LIST:
    choose(state, LIST);
    return 0;
  case KEY_PUBLISHED:
    choose(state, PUBLISHED);
    return 0;
  case KEY_FORGET:
    choose(state, FORGET);
    arguments->study = text;
    return 0;
  case ARGP_KEY_ARGS:
    arguments->file = state->argv + state->next;
    arguments->file_count = (size_t)(state->argc - state->next);
    return 0;
  case ARGP_KEY_END:
    check(state);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp stance_reliability_argp = {
    .options = options,
    .parser = parse_key,
    .args_doc = "[FILE...]",
    .doc =
        "How far two tests of an unchanged athlete differ, from your own repeated tests: typical "
        "error, CV, SEM, MDC95 and ICC with 95 % limits. Without FILE from the recordings of "
        "the store, of athletes who were tested at least twice. A FILE is a table in the tests "
        "or the long layout, or has the columns athlete,test,left,right. Only tests of one "
        "protocol, position, instrument, method and rule go together.\v"
        "Every athlete counts with the same number of tests; what is left out is told, an empty "
        "cell is never filled in.\n\n"
        "Examples:\n"
        "  stance reliability --protocol nordic\n"
        "  stance reliability --protocol nordic --skip-first --save\n"
        "  stance reliability --metric peak_force,rfd_0_100ms tests.csv\n"
        "  stance reliability --list\n\n"
        "Exit status: 0 done, 2 usage, 3 input unreadable or no test repeated, 5 store.",
};

static enum stance_status open_store(enum stance_store_access access,
                                     struct stance_store **ret_store,
                                     struct stance_problem *problem)
{
  char path[PATH_MAX];
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  return status != STANCE_OK ? status : stance_store_open(path, access, ret_store, problem);
}

static enum stance_status collect(const struct arguments *arguments,
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

static enum stance_status present(const struct arguments *arguments,
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

static enum stance_status make_study(struct arguments *arguments, struct stance_problem *problem)
{
  struct stance_protocol protocol;
  struct stance_reliability_tests tests = {0};
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
  struct arguments arguments = {.options.rule = STANCE_SUMMARY_COUNT};
  struct stance_problem problem = {""};
  enum stance_status status = STANCE_OK;
  argp_parse(&stance_reliability_argp, argc, argv, 0, NULL, &arguments);
  switch (arguments.what) {
  case STUDY:
    status = make_study(&arguments, &problem);
    break;
  case LIST:
    status = list(&problem);
    break;
  case PUBLISHED:
    status = published(&problem);
    break;
  case FORGET:
    status = forget(arguments.study, &problem);
    break;
  }
  return status == STANCE_OK ? 0 : stance_complain(status, &problem);
}
