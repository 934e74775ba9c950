/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repeated tests out of a table: this program's tests and long layouts, or a simple one that
   somebody typed. */
#include "reliability_table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *table_cell_of(const struct reliability_table *table, const struct stance_sheet_row *row,
                          enum reliability_column column)
{
  return table->column[column] < row->count ? row->cell[table->column[column]] : "";
}

/* "peak_force_n" with "left_" before it. */
static void find_metric_columns(struct reliability_table *table,
                                const struct stance_sheet_row *header)
{
  static const char *const prefix[] = {"left_", "right_"};
  for (int m = 0; m < STANCE_METRIC_COUNT; m++)
    for (int side = 0; side < 2; side++) {
      const struct stance_metric_info *info = stance_metric_info((enum stance_metric)m);
      char name[96];
      snprintf(name, sizeof name, "%s%s_%s", prefix[side], info->id, info->unit_suffix);
      table->metric_column[m][side] = stance_sheet_column(header, name);
    }
}

static enum stance_status read_header(struct reliability_table *table,
                                      const struct stance_sheet_row *header,
                                      struct stance_problem *problem)
{
  static const char *const names[COLUMN_COUNT] = {
#define COLUMN_NAME(name) #name,
      COLUMN_LIST(COLUMN_NAME)
#undef COLUMN_NAME
  };
  for (int c = 0; c < COLUMN_COUNT; c++)
    table->column[c] = stance_sheet_column(header, names[c]);
  table->width = header->count;
  find_metric_columns(table, header);
#define HAS(name) (table->column[COLUMN_##name] < table->width)
  if (HAS(athlete) && HAS(metric) && HAS(side) && HAS(value) && HAS(repetition) && HAS(recording))
    table->layout = LAYOUT_LONG;
  else if (HAS(athlete) && HAS(summary_rule) && HAS(protocol) && HAS(recording))
    table->layout = LAYOUT_TESTS;
  else if (HAS(athlete) && HAS(test) && ((HAS(left) && HAS(right)) || HAS(total)))
    table->layout = LAYOUT_SIMPLE;
  else
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: this is neither the tests layout nor the long layout, nor a "
                              "table with the columns athlete,test,left,right (or "
                              "athlete,test,total)",
                              header->name, header->line);
#undef HAS
  return STANCE_OK;
}

enum stance_status table_fail_at(const struct reliability_table *table,
                                 const struct stance_sheet_row *row, enum reliability_column column,
                                 const char *what, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_INPUT, "%s:%zu:%zu: '%.40s': %s", row->name, row->line,
                            table->column[column] + 1, table_cell_of(table, row, column), what);
}

enum stance_status table_read_number(const struct reliability_table *table,
                                     const struct stance_sheet_row *row,
                                     enum reliability_column column, double *ret_value,
                                     struct stance_problem *problem)
{
  *ret_value = (double)NAN;
  return table->column[column] < row->count
             ? stance_sheet_number(row, table->column[column], ret_value, problem)
             : STANCE_OK;
}

enum stance_status table_copy_cell(const struct reliability_table *table,
                                   const struct stance_sheet_row *row,
                                   enum reliability_column column, char *ret_text, size_t size,
                                   struct stance_problem *problem)
{
  const char *cell = table_cell_of(table, row, column);
  if (strlen(cell) >= size)
    return table_fail_at(table, row, column, "longer than any name here", problem);
  strcpy(ret_text, cell);
  return STANCE_OK;
}

void table_set_protocol(struct stance_reliability_key *key, const struct stance_protocol *protocol)
{
  snprintf(key->protocol, sizeof key->protocol, "%s", protocol->id);
  snprintf(key->protocol_version, sizeof key->protocol_version, "%s", protocol->version);
  snprintf(key->rig, sizeof key->rig, "%s", stance_rig_name(protocol->rig));
  key->hip_deg = protocol->hip_deg;
  key->knee_deg = protocol->knee_deg;
}

static const char *given_or_nothing(const char *text)
{
  return text == NULL ? "" : text;
}

/* What the options say of every row. */
void table_set_given(const struct reliability_table *table, struct stance_reliability_test *test)
{
  const struct stance_reliability_options *options = table->options;
  *test = (struct stance_reliability_test){.key.hip_deg = (double)NAN, .key.knee_deg = (double)NAN};
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    test->value[side] = (double)NAN;
  snprintf(test->key.method, sizeof test->key.method, "%s", given_or_nothing(options->method));
  snprintf(test->key.instrument, sizeof test->key.instrument, "%s",
           given_or_nothing(options->instrument));
}

enum stance_status table_read_identity(const struct reliability_table *table,
                                       const struct stance_sheet_row *row,
                                       struct stance_reliability_test *test,
                                       struct stance_problem *problem)
{
  if (table_cell_of(table, row, COLUMN_athlete)[0] == '\0')
    return table_fail_at(table, row, COLUMN_athlete,
                         "a test without an athlete; name one, or take the "
                         "row out",
                         problem);
  return table_copy_cell(table, row, COLUMN_athlete, test->athlete, sizeof test->athlete, problem);
}

/* A date orders tests, and so does a number; other labels leave the order of the rows. */
static void order_by_label(struct stance_reliability_test *test, const char *label)
{
  char *end;
  const double number = strtod(label, &end);
  if (strlen(label) >= 10 && isdigit((unsigned char)label[0]) && label[4] == '-' && label[7] == '-')
    snprintf(test->started_at, sizeof test->started_at, "%s", label);
  else if (label[0] != '\0' && *end == '\0' && number >= 0 && number < 1e9)
    snprintf(test->started_at, sizeof test->started_at, "#%012.2f", number);
}

static enum stance_status read_simple(const struct reliability_table *table,
                                      const struct stance_sheet_row *row,
                                      struct stance_problem *problem)
{
  static const enum reliability_column columns[] = {COLUMN_left, COLUMN_right, COLUMN_total};
  const struct stance_reliability_options *options = table->options;
  struct stance_reliability_test test;
  table_set_given(table, &test);
  const struct stance_protocol *protocol = options->protocol;
  const enum stance_metric metric = options->metric != NULL ? options->metric[0]
                                    : protocol != NULL      ? protocol->compared
                                                            : STANCE_METRIC_PEAK_FORCE;
  if (protocol != NULL)
    table_set_protocol(&test.key, protocol);
  snprintf(test.key.metric, sizeof test.key.metric, "%s", stance_metric_info(metric)->id);
  snprintf(test.key.rule, sizeof test.key.rule, "%s",
           stance_summary_id(options->rule == STANCE_SUMMARY_COUNT ? STANCE_SUMMARY_BEST
                                                                   : options->rule));
  enum stance_status status = table_read_identity(table, row, &test, problem);
  if (status == STANCE_OK && table_cell_of(table, row, COLUMN_test)[0] == '\0')
    status =
        table_fail_at(table, row, COLUMN_test, "a test needs a number, a date or a name", problem);
  if (status == STANCE_OK)
    status =
        table_copy_cell(table, row, COLUMN_test, test.recording, sizeof test.recording, problem);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT && status == STANCE_OK; side++) {
    status = table_read_number(table, row, columns[side], &test.value[side], problem);
    if (status == STANCE_OK && test.value[side] <= 0)
      status = table_fail_at(table, row, columns[side],
                             "a force must be above 0; leave the cell empty "
                             "where nothing was measured",
                             problem);
  }
  if (status != STANCE_OK)
    return status;
  order_by_label(&test, test.recording);
  return stance_reliability_tests_add(table->tests, &test, problem);
}

static enum stance_status visit(void *context, const struct stance_sheet_row *row,
                                struct stance_problem *problem)
{
  struct reliability_table *table = context;
  if (table->width == 0)
    return read_header(table, row, problem);
  switch (table->layout) {
  case LAYOUT_TESTS:
    return table_read_tests(table, row, problem);
  case LAYOUT_LONG:
    return table_read_long(table, row, problem);
  default:
    return read_simple(table, row, problem);
  }
}

enum stance_status
stance_reliability_collect_table(const char *path, const struct stance_reliability_options *options,
                                 struct stance_reliability_tests *tests,
                                 struct stance_problem *problem)
{
  struct reliability_table table = {.options = options, .tests = tests};
  return stance_sheet_read(path, visit, &table, problem);
}
