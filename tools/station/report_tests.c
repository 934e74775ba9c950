/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tests layout: one row a test, left and right in columns; and the door to the layouts. */
#include "report_layouts.h"

#include <math.h>

/* SCIENCE 3: the best valid repetition is the session's value. */
static const enum stance_summary_rule rule = STANCE_SUMMARY_BEST;
static const char *const prefix[] = {"left_", "right_"};

size_t stance_report_tests_header(struct stance_sheet *sheet)
{
  stance_report_header_cells(sheet, &stance_columns_identity);
  stance_report_header_cells(sheet, &stance_columns_tests_counts);
  for (int m = 0; m < STANCE_METRIC_COUNT; m++)
    for (int side = 0; side < 2 && stance_metric_info((enum stance_metric)m)->headline; side++) {
      char name[STANCE_COLUMN_NAME_SIZE];
      stance_report_metric_column((enum stance_metric)m, prefix[side], name);
      stance_sheet_text(sheet, name);
    }
  stance_report_header_cells(sheet, &stance_columns_tests_end);
  stance_report_header_cells(sheet, &stance_columns_ledger);
  return sheet->cells;
}

/* Returns the flags of the values written. */
static stance_reason_set headline_cells(struct stance_sheet *sheet,
                                        const struct stance_result *result)
{
  stance_reason_set flags = 0;
  for (int m = 0; m < STANCE_METRIC_COUNT; m++) {
    const struct stance_metric_info *info = stance_metric_info((enum stance_metric)m);
    for (int side = 0; side < 2 && info->headline; side++) {
      const struct stance_value *value = &result->summary[rule][side][m];
      if (stance_report_has_columns_unit(result, (enum stance_metric)m))
        stance_sheet_fixed(sheet, value->value, info->decimals);
      else
        stance_sheet_empty(sheet);
      flags |= stance_report_value_reasons(value);
    }
  }
  return flags;
}

static void empty_cells(struct stance_sheet *sheet, size_t count)
{
  for (size_t k = 0; k < count; k++)
    stance_sheet_empty(sheet);
}

static void notes_cell(struct stance_sheet *sheet, const struct stance_report *report)
{
  struct stance_text notes = {0};
  const struct stance_result *result = report->result;
  if (report->notes != NULL)
    stance_text_string(&notes, report->notes);
  if (!result->measured[STANCE_LEFT] && !result->measured[STANCE_RIGHT])
    stance_text_format(&notes,
                       "%sone force for both sides: its values stand in the wide and long "
                       "layouts as side total",
                       notes.length > 0 ? "; " : "");
  if (notes.failed)
    sheet->text->failed = true;
  stance_sheet_text(sheet, notes.bytes);
  stance_text_finish(&notes);
}

/* Of both sides together the larger one, so that neither is taken to have changed by chance. */
static void mdc95_cells(struct stance_sheet *sheet, const struct stance_report *report)
{
  const struct stance_result *result = report->result;
  const enum stance_metric compared = result->protocol.compared;
  struct stance_repeatability known;
  double mdc95 = (double)NAN;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    mdc95 = fmax(mdc95, stance_report_mdc95(report, rule, (enum stance_side)side, compared,
                                            &result->summary[rule][side][compared], &known));
  stance_sheet_fixed(sheet, mdc95, stance_metric_info(compared)->decimals);
  stance_sheet_text(sheet, isnan(mdc95) ? NULL : known.source);
}

/* Returns why cells of a difference that was measured stay empty. */
static stance_reason_set comparison_cells(struct stance_sheet *sheet,
                                          const struct stance_report *report)
{
  struct stance_repeatability known;
  const struct stance_side_comparison comparison = stance_report_comparison(report, rule, &known);
  const int decimals = stance_metric_info(STANCE_METRIC_ASYMMETRY_PEAK_FORCE)->decimals;
  stance_sheet_fixed(sheet, comparison.low_pct, decimals);
  stance_sheet_fixed(sheet, comparison.high_pct, decimals);
  if (comparison.verdict == STANCE_DISTINGUISHABLE_UNKNOWN)
    stance_sheet_empty(sheet);
  else
    stance_sheet_count(sheet, comparison.verdict == STANCE_DISTINGUISHABLE_YES);
  mdc95_cells(sheet, report);
  return comparison.reasons & STANCE_REASON_BIT(STANCE_REASON_NO_RELIABILITY);
}

static void pain_cells(struct stance_sheet *sheet, const struct stance_report *report)
{
  bool asked = report->pain_stop;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    stance_sheet_fixed(sheet, report->pain_max[side], 0);
    asked = asked || !isnan(report->pain_max[side]);
  }
  if (asked)
    stance_sheet_count(sheet, report->pain_stop);
  else
    stance_sheet_empty(sheet);
}

/* The empty ones belong to history, which is not kept yet; their place is part of the format. */
static void end_cells(struct stance_sheet *sheet, const struct stance_report *report,
                      stance_reason_set flags)
{
  const struct stance_result *result = report->result;
  const struct stance_value *asymmetry =
      &result->summary[rule][STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE];
  int formula = result->settings.asymmetry_formula;
  stance_sheet_fixed(sheet, asymmetry->value,
                     stance_metric_info(STANCE_METRIC_ASYMMETRY_PEAK_FORCE)->decimals);
  stance_sheet_text(sheet, stance_asymmetry_id((enum stance_asymmetry_formula)formula));
  stance_sheet_text(sheet, stance_side_name(stance_report_weaker_side(result, asymmetry)));
  flags |= comparison_cells(sheet, report);
  empty_cells(sheet, 5); /* left_change_pct … days_since_last_test */
  pain_cells(sheet, report);
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    stance_sheet_fixed(sheet, stance_report_zero_shift_n(result, (enum stance_side)side),
                       stance_metric_info(STANCE_METRIC_UNLOADED_ZERO)->decimals);
  stance_sheet_count(sheet, result->integrity.frames_lost);
  stance_sheet_text(sheet, report->verification);
  stance_sheet_text(sheet, STANCE_SOFTWARE);
  flags |= result->flags | stance_report_value_reasons(asymmetry);
  stance_report_reasons_cell(sheet, stance_report_flags(flags));
  notes_cell(sheet, report);
  stance_report_ledger_cells(sheet, report);
}

void stance_report_tests_rows(struct stance_sheet *sheet, const struct stance_report *report)
{
  const struct stance_result *result = report->result;
  stance_report_identity_cells(sheet, report);
  stance_sheet_text(sheet, stance_summary_id(rule));
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    stance_sheet_count(sheet, result->attempted[side]);
    stance_sheet_count(sheet, result->used[side]);
  }
  size_t before = sheet->cells;
  stance_reason_set flags = headline_cells(sheet, result);
  size_t headline = sheet->cells - before;
  end_cells(sheet, report, flags);
  stance_sheet_end_row(sheet, stance_columns_identity.count + stance_columns_tests_counts.count +
                                  headline + stance_columns_tests_end.count +
                                  stance_columns_ledger.count);
}

void stance_report_header_cells(struct stance_sheet *sheet, const struct stance_column_list *list)
{
  for (size_t k = 0; k < list->count; k++)
    stance_sheet_text(sheet, list->column[k].name);
}

struct layout_functions {
  size_t (*header)(struct stance_sheet *sheet);
  void (*rows)(struct stance_sheet *sheet, const struct stance_report *report);
};

static const struct layout_functions layouts[STANCE_LAYOUT_COUNT] = {
    [STANCE_LAYOUT_WIDE] = {stance_report_wide_header, stance_report_wide_rows},
    [STANCE_LAYOUT_LONG] = {stance_report_long_header, stance_report_long_rows},
    [STANCE_LAYOUT_TESTS] = {stance_report_tests_header, stance_report_tests_rows},
};

void stance_report_header(struct stance_sheet *sheet, enum stance_layout layout)
{
  stance_sheet_begin(sheet);
  stance_sheet_end_row(sheet, layouts[layout].header(sheet));
}

void stance_report_rows(struct stance_sheet *sheet, enum stance_layout layout,
                        const struct stance_report *report)
{
  layouts[layout].rows(sheet, report);
}
