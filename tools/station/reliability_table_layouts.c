/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the tests layout and of the long layout. */
#include "reliability_table.h"

#include "protocol_find.h"

#include <math.h>
#include <string.h>

static bool is_wanted_metric(const struct reliability_table *table, enum stance_metric metric,
                             enum stance_metric compared)
{
  const struct stance_reliability_options *options = table->options;
  for (size_t k = 0; k < options->metric_count && options->metric != NULL; k++)
    if (options->metric[k] == metric)
      return true;
  return options->metric == NULL && metric == compared;
}

/* The layouts of this program name the protocol; its file says what it compares. */
static enum stance_status know_protocol(struct reliability_table *table,
                                        const struct stance_sheet_row *row,
                                        struct stance_problem *problem)
{
  const char *name = table_cell_of(table, row, COLUMN_protocol);
  if (strcmp(name, table->protocol_name) == 0 && name[0] != '\0')
    return STANCE_OK;
  if (strlen(name) >= sizeof table->protocol_name || strchr(name, '/') != NULL ||
      stance_protocol_find(name, &table->protocol, NULL, NULL, NULL) != STANCE_OK)
    return table_fail_at(table, row, COLUMN_protocol, "no protocol of this name is known here",
                         problem);
  strcpy(table->protocol_name, name);
  return STANCE_OK;
}

static bool has_doubtful_flag(const char *text)
{
  static const enum stance_reason doubtful[] = {
      STANCE_REASON_SIDES_DOUBTFUL, STANCE_REASON_FLAT_TOP, STANCE_REASON_SATURATED,
      STANCE_REASON_UNCALIBRATED, STANCE_REASON_TRUNCATED};
  for (size_t k = 0; k < sizeof doubtful / sizeof *doubtful; k++)
    if (strstr(text, stance_reason_id(doubtful[k])) != NULL)
      return true;
  return false;
}

static bool is_wanted_rule(const struct reliability_table *table, const char *rule)
{
  const enum stance_summary_rule wanted =
      table->options->rule == STANCE_SUMMARY_COUNT ? STANCE_SUMMARY_BEST : table->options->rule;
  return strcmp(rule, stance_summary_id(wanted)) == 0;
}

/* Of a single value, as the long layout flags it; of a whole test the flag may be another value's.
 */
static bool is_slow(const char *status)
{
  return strstr(status, stance_reason_id(STANCE_REASON_NOT_EXPLOSIVE)) != NULL;
}

/* False, with the reason told, where the row may not count. */
static bool may_count(const struct reliability_table *table, const struct stance_sheet_row *row,
                      enum reliability_column flags)
{
  const char *athlete = table_cell_of(table, row, COLUMN_athlete);
  const char *recording = table_cell_of(table, row, COLUMN_recording);
  if (table->options->protocol != NULL &&
      strcmp(table_cell_of(table, row, COLUMN_protocol), table->options->protocol->id) != 0)
    return false;
  if (table_cell_of(table, row, COLUMN_injured_side)[0] != '\0' &&
      !table->options->include_injured) {
    stance_reliability_leave_out(table->tests,
                                 "%s, %s: an injured side is named, and recovery is a change "
                                 "(--include-injured)",
                                 athlete, recording);
    return false;
  }
  if (has_doubtful_flag(table_cell_of(table, row, flags))) {
    stance_reliability_leave_out(table->tests, "%s, %s: %s", athlete, recording,
                                 table_cell_of(table, row, flags));
    return false;
  }
  return true;
}

/* The instrument of the row, or the model that stands for all of it; false: another one. */
static bool set_instrument(const struct reliability_table *table,
                           const struct stance_sheet_row *row, struct stance_reliability_test *test)
{
  const char *given = table->options->instrument;
  const char *cell = table_cell_of(table, row, COLUMN_instrument);
  if (table->column[COLUMN_instrument] >= row->count)
    return true;
  if (given != NULL && strcmp(given, cell) != 0 &&
      !(table->options->whole_model && strncmp(given, cell, strlen(given)) == 0 &&
        cell[strlen(given)] == ' '))
    return false;
  snprintf(test->key.instrument, sizeof test->key.instrument, "%s", given == NULL ? cell : given);
  return true;
}

static enum stance_status read_tests_key(const struct reliability_table *table,
                                         const struct stance_sheet_row *row,
                                         struct stance_reliability_test *test,
                                         struct stance_problem *problem)
{
  struct stance_reliability_key *key = &test->key;
  table_set_protocol(key, &table->protocol);
  enum stance_status status = table_copy_cell(table, row, COLUMN_recording, test->recording,
                                              sizeof test->recording, problem);
  if (status == STANCE_OK)
    status = table_copy_cell(table, row, COLUMN_protocol_version, key->protocol_version,
                             sizeof key->protocol_version, problem);
  if (status == STANCE_OK)
    status = table_copy_cell(table, row, COLUMN_rig, key->rig, sizeof key->rig, problem);
  if (status == STANCE_OK)
    status = table_read_number(table, row, COLUMN_position_hip_deg, &key->hip_deg, problem);
  if (status == STANCE_OK)
    status = table_read_number(table, row, COLUMN_position_knee_deg, &key->knee_deg, problem);
  snprintf(key->rule, sizeof key->rule, "%s", table_cell_of(table, row, COLUMN_summary_rule));
  snprintf(test->started_at, sizeof test->started_at, "%.10s%s%.8s",
           table_cell_of(table, row, COLUMN_date),
           table_cell_of(table, row, COLUMN_date)[0] == '\0' ? "" : "T",
           table_cell_of(table, row, COLUMN_time));
  return status;
}

enum stance_status table_read_tests(struct reliability_table *table,
                                    const struct stance_sheet_row *row,
                                    struct stance_problem *problem)
{
  struct stance_reliability_test test;
  table_set_given(table, &test);
  enum stance_status status = table_read_identity(table, row, &test, problem);
  if (status != STANCE_OK ||
      !is_wanted_rule(table, table_cell_of(table, row, COLUMN_summary_rule)) ||
      !may_count(table, row, COLUMN_flags) || !set_instrument(table, row, &test))
    return status;
  status = know_protocol(table, row, problem);
  if (status == STANCE_OK)
    status = read_tests_key(table, row, &test, problem);
  for (int m = 0; m < STANCE_METRIC_COUNT && status == STANCE_OK; m++) {
    if (!is_wanted_metric(table, (enum stance_metric)m, table->protocol.compared))
      continue;
    for (int side = 0; side < 2 && status == STANCE_OK; side++)
      if (table->metric_column[m][side] < row->count)
        status =
            stance_sheet_number(row, table->metric_column[m][side], &test.value[side], problem);
    snprintf(test.key.metric, sizeof test.key.metric, "%s",
             stance_metric_info((enum stance_metric)m)->id);
    if (status == STANCE_OK)
      status = stance_reliability_tests_add(table->tests, &test, problem);
  }
  return status;
}

/* The rows of one recording follow each other: the one that this row's side belongs to. */
static struct stance_reliability_test *find_test(const struct stance_reliability_tests *tests,
                                                 const struct stance_reliability_test *like)
{
  for (size_t k = tests->count; k > 0; k--) {
    struct stance_reliability_test *test = &tests->test[k - 1];
    if (strcmp(test->recording, like->recording) != 0)
      return NULL;
    if (strcmp(test->athlete, like->athlete) == 0 &&
        stance_reliability_key_is_equal(&test->key, &like->key))
      return test;
  }
  return NULL;
}

/* LEFT, RIGHT, TOTAL; BOTH for what is none of these. */
static enum stance_side side_of(const char *name)
{
  int side = 0;
  while (side < STANCE_MEASURED_SIDE_COUNT &&
         strcmp(stance_side_name((enum stance_side)side), name) != 0)
    side++;
  return (enum stance_side)side;
}

enum stance_status table_read_long(struct reliability_table *table,
                                   const struct stance_sheet_row *row,
                                   struct stance_problem *problem)
{
  const enum stance_metric metric = stance_metric_find(table_cell_of(table, row, COLUMN_metric));
  const enum stance_side side = side_of(table_cell_of(table, row, COLUMN_side));
  double value = (double)NAN;
  struct stance_reliability_test test;
  table_set_given(table, &test);
  if (side == STANCE_BOTH || metric == STANCE_METRIC_COUNT ||
      !is_wanted_rule(table, table_cell_of(table, row, COLUMN_repetition)))
    return STANCE_OK;
  enum stance_status status = know_protocol(table, row, problem);
  if (status != STANCE_OK || !is_wanted_metric(table, metric, table->protocol.compared))
    return status;
  status = table_read_identity(table, row, &test, problem);
  if (status == STANCE_OK)
    status = table_read_number(table, row, COLUMN_value, &value, problem);
  if (status != STANCE_OK || isnan(value) || is_slow(table_cell_of(table, row, COLUMN_status)) ||
      !may_count(table, row, COLUMN_status))
    return status;
  table_set_protocol(&test.key, &table->protocol);
  test.value[side] = value;
  snprintf(test.key.metric, sizeof test.key.metric, "%s", stance_metric_info(metric)->id);
  snprintf(test.key.rule, sizeof test.key.rule, "%s", table_cell_of(table, row, COLUMN_repetition));
  snprintf(test.started_at, sizeof test.started_at, "%s",
           table_cell_of(table, row, COLUMN_started_at));
  status =
      table_copy_cell(table, row, COLUMN_method, test.key.method, sizeof test.key.method, problem);
  if (status == STANCE_OK)
    status = table_copy_cell(table, row, COLUMN_recording, test.recording, sizeof test.recording,
                             problem);
  if (status != STANCE_OK)
    return status;
  struct stance_reliability_test *known = find_test(table->tests, &test);
  if (known == NULL)
    return stance_reliability_tests_add(table->tests, &test, problem);
  if (isnan(known->value[side]))
    known->value[side] = value;
  else
    stance_reliability_leave_out(table->tests, "%s, %s: given more than once", test.athlete,
                                 test.recording);
  return STANCE_OK;
}
