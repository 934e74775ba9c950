/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The long layout: one row a value, summaries and comparisons too. */
#include "report_layouts.h"

#include <math.h>

size_t stance_report_long_header(struct stance_sheet *sheet)
{
  stance_report_header_cells(sheet, &stance_columns_long);
  return sheet->cells;
}

static void visit_side(const struct stance_value *value, const struct stance_repetition *repetition,
                       enum stance_summary_rule rule, enum stance_side side,
                       stance_report_visit *visit, void *context)
{
  for (int m = 0; m < STANCE_METRIC_COUNT; m++)
    if (stance_metric_info((enum stance_metric)m)->compares_sides == (side == STANCE_BOTH))
      visit(context, repetition, rule, side, (enum stance_metric)m, &value[m]);
}

/* A repetition of one side has no other side to be compared with: rows only where both made it, or
   where the other one's instrument was away and the rows say so. */
static bool has_side(const struct stance_repetition *repetition, int side)
{
  if ((repetition->reasons & STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_SAMPLED)) != 0 &&
      side != STANCE_TOTAL)
    return true;
  return side == STANCE_BOTH ? repetition->side == STANCE_BOTH : repetition->took_part[side];
}

void stance_report_visit_values(const struct stance_result *result, stance_report_visit *visit,
                                void *context)
{
  for (size_t k = 0; k < result->repetition_count; k++)
    for (int side = 0; side < STANCE_SIDE_COUNT; side++)
      if (has_side(&result->repetition[k], side))
        visit_side(result->repetition[k].value[side], &result->repetition[k], STANCE_SUMMARY_COUNT,
                   (enum stance_side)side, visit, context);
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++)
    for (int side = 0; side < STANCE_SIDE_COUNT; side++)
      if (stance_report_summary_has_side(result, (enum stance_side)side))
        visit_side(result->summary[rule][side], NULL, (enum stance_summary_rule)rule,
                   (enum stance_side)side, visit, context);
}

struct long_context {
  struct stance_sheet *sheet;
  const struct stance_report *report;
  char started_at[STANCE_LOCAL_TIME_SIZE];
};

static void row(void *context, const struct stance_repetition *repetition,
                enum stance_summary_rule rule, enum stance_side side, enum stance_metric metric,
                const struct stance_value *value)
{
  struct long_context *to = context;
  struct stance_sheet *sheet = to->sheet;
  const struct stance_metric_info *info = stance_metric_info(metric);
  char method[256], status[STANCE_REASONS_SIZE], unit[STANCE_UNIT_SIZE];
  stance_result_method(to->report->result, metric, method, sizeof method);
  stance_value_status(value, status, sizeof status);
  stance_report_unit(to->report->result, metric, unit);
  stance_sheet_text(sheet, to->report->recording);
  stance_sheet_text(sheet, to->report->result->protocol.id);
  if (repetition != NULL)
    stance_sheet_count(sheet, repetition->number);
  else
    stance_sheet_text(sheet, stance_summary_id(rule));
  stance_sheet_text(sheet, stance_side_name(side));
  stance_sheet_text(sheet, info->id);
  stance_sheet_shortest(sheet, value->value);
  stance_sheet_text(sheet, unit);
  stance_sheet_shortest(sheet, stance_value_is_missing(value) ? (double)NAN : value->uncertainty);
  stance_sheet_text(sheet, method);
  stance_sheet_text(sheet, status);
  stance_sheet_text(sheet, to->report->athlete);
  stance_sheet_text(sheet, to->started_at);
  struct stance_repeatability known;
  const double mdc95 = repetition != NULL
                           ? (double)NAN
                           : stance_report_mdc95(to->report, rule, side, metric, value, &known);
  stance_sheet_shortest(sheet, mdc95);
  stance_sheet_text(sheet, isnan(mdc95) ? NULL : known.source);
  const bool has_spread = value->spread_count > 0;
  stance_sheet_shortest(sheet, has_spread ? value->spread_low : (double)NAN);
  stance_sheet_shortest(sheet, has_spread ? value->spread_high : (double)NAN);
  stance_sheet_end_row(sheet, stance_columns_long.count);
}

void stance_report_long_rows(struct stance_sheet *sheet, const struct stance_report *report)
{
  struct long_context context = {.sheet = sheet, .report = report};
  stance_report_local_time(report, context.started_at);
  stance_report_visit_values(report->result, row, &context);
}
