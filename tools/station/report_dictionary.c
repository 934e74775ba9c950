/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data dictionary, made from the same tables as the reports themselves. */
#include "report_private.h"

#include <stdio.h>

enum { DICTIONARY_COLUMNS = 6 };

static void entry(struct stance_sheet *sheet, const char *layout,
                  const struct stance_column *column)
{
  stance_sheet_text(sheet, column->name);
  stance_sheet_text(sheet, layout);
  stance_sheet_text(sheet, column->unit);
  stance_sheet_text(sheet, column->type);
  stance_sheet_text(sheet, column->definition);
  stance_sheet_text(sheet, column->source);
  stance_sheet_end_row(sheet, DICTIONARY_COLUMNS);
}

static void list_entries(struct stance_sheet *sheet, const char *layout,
                         const struct stance_column_list *list)
{
  for (size_t k = 0; k < list->count; k++)
    entry(sheet, layout, &list->column[k]);
}

static void metric_entry(struct stance_sheet *sheet, const char *layout, enum stance_metric metric,
                         const char *name, const char *type)
{
  const struct stance_metric_info *info = stance_metric_info(metric);
  const struct stance_column column = {name, info->unit, type, info->definition, info->source};
  entry(sheet, layout, &column);
}

static void wide_columns(struct stance_sheet *sheet)
{
  list_entries(sheet, "wide", &stance_columns_identity);
  list_entries(sheet, "wide", &stance_columns_repetition);
  for (int m = 0; m < STANCE_METRIC_COUNT; m++) {
    char name[STANCE_COLUMN_NAME_SIZE];
    stance_report_metric_column((enum stance_metric)m, "", name);
    if (stance_report_is_wide_metric((enum stance_metric)m))
      metric_entry(sheet, "wide", (enum stance_metric)m, name, "number");
  }
  list_entries(sheet, "wide", &stance_columns_wide_end);
  list_entries(sheet, "wide", &stance_columns_ledger);
}

static void tests_columns(struct stance_sheet *sheet)
{
  list_entries(sheet, "tests", &stance_columns_identity);
  list_entries(sheet, "tests", &stance_columns_tests_counts);
  static const char *const prefixes[] = {"left_", "right_"};
  for (int m = 0; m < STANCE_METRIC_COUNT; m++)
    for (int side = 0; side < 2 && stance_metric_info((enum stance_metric)m)->headline; side++) {
      char name[STANCE_COLUMN_NAME_SIZE];
      stance_report_metric_column((enum stance_metric)m, prefixes[side], name);
      metric_entry(sheet, "tests", (enum stance_metric)m, name, "number");
    }
  list_entries(sheet, "tests", &stance_columns_tests_end);
  list_entries(sheet, "tests", &stance_columns_ledger);
}

static void raw_columns(struct stance_sheet *sheet)
{
  static const struct stance_column columns[] = {
      {"time (s)", "s", "number", "Time of the sampling instant on the recording's own axis",
       "recording"},
      {"NAME (UNIT)", "", "number",
       "What a channel read, in its own unit, one column a channel; empty where the sample was "
       "lost",
       "recording"},
  };
  for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
    entry(sheet, "raw", &columns[k]);
}

/* Vocabularies: what may stand in the columns. */

static void metrics(struct stance_sheet *sheet)
{
  for (int m = 0; m < STANCE_METRIC_COUNT; m++)
    metric_entry(sheet, "metric", (enum stance_metric)m,
                 stance_metric_info((enum stance_metric)m)->id, "id");
}

static void reasons(struct stance_sheet *sheet)
{
  for (int reason = 0; reason < STANCE_REASON_COUNT; reason++) {
    const struct stance_column column = {stance_reason_id((enum stance_reason)reason), "", "id",
                                         stance_reason_definition((enum stance_reason)reason),
                                         "definition"};
    entry(sheet, "reason", &column);
  }
}

static void methods(struct stance_sheet *sheet)
{
  for (int method = 0; method < STANCE_ONSET_METHOD_COUNT; method++) {
    const struct stance_column column = {
        stance_onset_method_id((enum stance_onset_method)method), "", "id",
        stance_onset_method_definition((enum stance_onset_method)method), "SCIENCE 1.3"};
    entry(sheet, "onset_method", &column);
  }
  for (int formula = 0; formula < STANCE_ASYMMETRY_FORMULA_COUNT; formula++) {
    const struct stance_column column = {
        stance_asymmetry_id((enum stance_asymmetry_formula)formula), "%", "id",
        stance_asymmetry_definition((enum stance_asymmetry_formula)formula), "SCIENCE 6"};
    entry(sheet, "asymmetry_formula", &column);
  }
}

static void rules(struct stance_sheet *sheet)
{
  static const char *const definitions[STANCE_SUMMARY_COUNT] = {
      [STANCE_SUMMARY_BEST] = "Each side's highest accepted repetition",
      [STANCE_SUMMARY_MEAN] = "Mean over the accepted repetitions",
      [STANCE_SUMMARY_MEAN_OF_3] =
          "Mean over the first three accepted repetitions; missing with fewer",
  };
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++) {
    const struct stance_column column = {stance_summary_id((enum stance_summary_rule)rule), "",
                                         "id", definitions[rule], "SCIENCE 3"};
    entry(sheet, "summary_rule", &column);
  }
  static const struct stance_column others[] = {
      {"left", "", "id", "The athlete's left", "definition"},
      {"right", "", "id", "The athlete's right", "definition"},
      {"total", "", "id",
       "One force that carries both sides at once, or the sum of two under one "
       "body",
       "definition"},
      {"both", "", "id", "A comparison of left and right, never a measured force", "definition"},
  };
  for (size_t k = 0; k < sizeof others / sizeof *others; k++)
    entry(sheet, "side", &others[k]);
  static const struct stance_column statuses[] = {
      {"ok", "", "id", "A value and nothing to say against it", "definition"},
      {"flagged", "", "id", "A value, to be read with the reasons that follow", "definition"},
      {"missing", "", "id", "No value, for the reasons that follow; never 0", "definition"},
  };
  for (size_t k = 0; k < sizeof statuses / sizeof *statuses; k++)
    entry(sheet, "status", &statuses[k]);
}

void stance_report_dictionary(struct stance_sheet *sheet)
{
  static const char *const header[] = {"column", "layout", "unit", "type", "definition", "source"};
  stance_sheet_begin(sheet);
  for (size_t k = 0; k < sizeof header / sizeof *header; k++)
    stance_sheet_text(sheet, header[k]);
  stance_sheet_end_row(sheet, DICTIONARY_COLUMNS);
  wide_columns(sheet);
  list_entries(sheet, "long", &stance_columns_long);
  tests_columns(sheet);
  raw_columns(sheet);
  metrics(sheet);
  reasons(sheet);
  methods(sheet);
  rules(sheet);
}
