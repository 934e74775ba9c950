/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"
#include "reliability.h"

#include <string.h>

enum {
  KEY_PROTOCOL = 'p',
  KEY_METRIC = 'm',
  KEY_RULE = 0x100,
  KEY_INSTRUMENT,
  KEY_MODEL,
  KEY_METHOD,
  KEY_INJURED,
  KEY_SAME_DAY,
  KEY_SKIP_FIRST,
  KEY_SAVE,
  KEY_JSON,
  KEY_LIST,
  KEY_PUBLISHED,
  KEY_FORGET,
};

static const struct argp_option options[] = {
    {0, 0, 0, 0, "Which tests", 1},
    {"protocol", KEY_PROTOCOL, "ID|FILE", 0,
     "Tests of this protocol only; needed to save a simple table", 1},
    {"metric", KEY_METRIC, "ID[,ID...]|all", 0,
     "Metrics, or all that say something of the athlete (default: the peak force that the protocol "
     "compares)",
     1},
    {"rule", KEY_RULE, "RULE", 0, "Value of a test: best (default), mean or mean_of_3", 1},
    {"model", KEY_MODEL, "MODEL", 0,
     "Take all instruments of this model as one; else tests of one serial number go together", 1},
    {"instrument", KEY_INSTRUMENT, "TEXT", 0,
     "Tests of this instrument only (model and serial number); what a table does not say", 1},
    {"method", KEY_METHOD, "TEXT", 0,
     "Method of the values of a table that does not say: as the long layout has it", 1},
    {"skip-first", KEY_SKIP_FIRST, 0, 0,
     "Leave out each athlete's first test, made to become familiar", 1},
    {"same-day", KEY_SAME_DAY, 0, 0,
     "Count a second test of an athlete on one day too; such tests vary less than those of "
     "different days",
     1},
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

static void choose(struct argp_state *state, enum stance_reliability_what what)
{
  struct stance_reliability_arguments *arguments = state->input;
  if (arguments->what != STANCE_RELIABILITY_STUDY)
    argp_error(state, "one of --list, --published and --forget at a time");
  arguments->what = what;
}

static void parse_metrics(struct argp_state *state, char *text)
{
  struct stance_reliability_arguments *arguments = state->input;
  struct stance_reliability_options *to = &arguments->options;
  to->metric = arguments->metric;
  to->metric_count = 0;
  if (strcmp(text, "all") == 0) {
    arguments->terse = true;
    for (int m = 0; m < STANCE_METRIC_COUNT; m++)
      if (stance_metric_info((enum stance_metric)m)->better != STANCE_BETTER_NONE &&
          !stance_metric_info((enum stance_metric)m)->compares_sides)
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
  const struct stance_reliability_arguments *arguments = state->input;
  if (arguments->what != STANCE_RELIABILITY_STUDY && (arguments->save || arguments->file_count > 0))
    argp_error(state, "--list, --published and --forget take no FILE and no --save");
  if (arguments->what != STANCE_RELIABILITY_STUDY && arguments->json)
    argp_error(state, "--json goes with a study");
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
  struct stance_reliability_arguments *arguments = state->input;
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
  case KEY_SAME_DAY:
    to->same_day = true;
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
    choose(state, STANCE_RELIABILITY_LIST);
    return 0;
  case KEY_PUBLISHED:
    choose(state, STANCE_RELIABILITY_PUBLISHED);
    return 0;
  case KEY_FORGET:
    choose(state, STANCE_RELIABILITY_FORGET);
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
        "error, CV, SEM, MDC95 and ICC with 95 % limits. Without FILE from the recordings of the "
        "store, of athletes who were tested on at least two days. A FILE is a table in the tests "
        "layout or the long layout, or has the columns athlete,test,left,right. Only tests of one "
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

void stance_reliability_parse(int argc, char **argv,
                              struct stance_reliability_arguments *ret_arguments)
{
  *ret_arguments = (struct stance_reliability_arguments){.options.rule = STANCE_SUMMARY_COUNT};
  argp_parse(&stance_reliability_argp, argc, argv, 0, NULL, ret_arguments);
}
