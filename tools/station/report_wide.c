/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wide layout: one row a repetition and side, no summary rows. */
#include "report_layouts.h"

#include <math.h>

size_t stance_report_wide_header(struct stance_sheet *sheet)
{
  stance_report_header_cells(sheet, &stance_columns_identity);
  stance_report_header_cells(sheet, &stance_columns_repetition);
  for (int m = 0; m < STANCE_METRIC_COUNT; m++) {
    if (!stance_report_is_wide_metric((enum stance_metric)m))
      continue;
    char name[STANCE_COLUMN_NAME_SIZE];
    stance_report_metric_column((enum stance_metric)m, "", name);
    stance_sheet_text(sheet, name);
  }
  stance_report_header_cells(sheet, &stance_columns_wide_end);
  stance_report_header_cells(sheet, &stance_columns_ledger);
  return sheet->cells;
}

static void repetition_cells(struct stance_sheet *sheet, const struct stance_repetition *repetition,
                             enum stance_side side)
{
  stance_sheet_count(sheet, repetition->number);
  stance_sheet_text(sheet, stance_side_name(side));
  stance_sheet_count(sheet, repetition->order);
  stance_sheet_count(sheet, repetition->status == STANCE_REPETITION_ACCEPTED);
  stance_report_reasons_cell(sheet, stance_report_reject_reasons(repetition));
  stance_sheet_fixed(sheet, repetition->pain, 0);
}

/* Empty where the column's name would call it newtons and it is none: the long layout has it. */
static void metric_cell(struct stance_sheet *sheet, const struct stance_result *result,
                        enum stance_metric metric, double value)
{
  stance_sheet_fixed(sheet, stance_report_has_columns_unit(result, metric) ? value : (double)NAN,
                     stance_metric_info(metric)->decimals);
}

static void spread_cells(struct stance_sheet *sheet, const struct stance_result *result,
                         enum stance_metric metric, const struct stance_value *value)
{
  const bool known = value->spread_count > 0;
  metric_cell(sheet, result, metric, known ? value->spread_low : (double)NAN);
  metric_cell(sheet, result, metric, known ? value->spread_high : (double)NAN);
}

static void end_cells(struct stance_sheet *sheet, const struct stance_report *report,
                      const struct stance_repetition *repetition, enum stance_side side)
{
  const struct stance_value *value = repetition->value[side];
  const struct stance_result *result = report->result;
  metric_cell(sheet, result, STANCE_METRIC_PEAK_FORCE, value[STANCE_METRIC_PEAK_FORCE].uncertainty);
  metric_cell(sheet, result, STANCE_METRIC_ONSET_THRESHOLD,
              value[STANCE_METRIC_ONSET_THRESHOLD].value);
  stance_sheet_count(sheet, result->integrity.frames_lost);
  stance_sheet_fixed(sheet, stance_report_zero_shift_n(result, side),
                     stance_metric_info(STANCE_METRIC_UNLOADED_ZERO)->decimals);
  if (report->calibration == STANCE_CALIBRATION_UNKNOWABLE)
    stance_sheet_empty(sheet);
  else
    stance_sheet_count(sheet, report->calibration == STANCE_CALIBRATION_KNOWN);
  stance_sheet_text(sheet, result->onset_method);
  stance_report_reasons_cell(sheet, stance_report_row_flags(result, repetition, side));
  stance_sheet_text(sheet, report->notes);
  stance_sheet_text(sheet, STANCE_SOFTWARE);
  stance_sheet_text(sheet, report->verification);
  metric_cell(sheet, result, STANCE_METRIC_RFD_0_100MS,
              value[STANCE_METRIC_RFD_0_100MS].uncertainty);
  spread_cells(sheet, result, STANCE_METRIC_RFD_0_100MS, &value[STANCE_METRIC_RFD_0_100MS]);
  spread_cells(sheet, result, STANCE_METRIC_FORCE_AT_100MS, &value[STANCE_METRIC_FORCE_AT_100MS]);
  stance_report_ledger_cells(sheet, report);
}

static void row(struct stance_sheet *sheet, const struct stance_report *report,
                const struct stance_repetition *repetition, enum stance_side side)
{
  stance_report_identity_cells(sheet, report);
  repetition_cells(sheet, repetition, side);
  size_t metrics = 0;
  for (int m = 0; m < STANCE_METRIC_COUNT; m++) {
    if (!stance_report_is_wide_metric((enum stance_metric)m))
      continue;
    metric_cell(sheet, report->result, (enum stance_metric)m, repetition->value[side][m].value);
    metrics++;
  }
  end_cells(sheet, report, repetition, side);
  stance_sheet_end_row(sheet, stance_columns_identity.count + stance_columns_repetition.count +
                                  metrics + stance_columns_wide_end.count +
                                  stance_columns_ledger.count);
}

void stance_report_wide_rows(struct stance_sheet *sheet, const struct stance_report *report)
{
  const struct stance_result *result = report->result;
  for (size_t k = 0; k < result->repetition_count; k++)
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
      if (result->repetition[k].took_part[side])
        row(sheet, report, &result->repetition[k], (enum stance_side)side);
}
