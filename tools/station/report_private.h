/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the layouts share; private to report_*.c. */
#ifndef STANCE_REPORT_PRIVATE_H
#define STANCE_REPORT_PRIVATE_H

#include "report.h"

/* One column as header and data dictionary name it. */
struct stance_column {
  const char *name;
  const char *unit; /* "" where it has none */
  const char *type; /* text, id, number, integer, flag, date, time */
  const char *definition;
  const char *source;
};
struct stance_column_list {
  const struct stance_column *column;
  size_t count;
};

extern const struct stance_column_list stance_columns_identity;     /* wide and tests */
extern const struct stance_column_list stance_columns_repetition;   /* wide */
extern const struct stance_column_list stance_columns_wide_end;     /* wide, after the metrics */
extern const struct stance_column_list stance_columns_long;         /* long */
extern const struct stance_column_list stance_columns_tests_counts; /* tests, before the metrics */
extern const struct stance_column_list stance_columns_tests_end;    /* tests, after the metrics */

extern const struct stance_column_list stance_columns_ledger; /* wide and tests, the last */

enum { STANCE_COLUMN_NAME_SIZE = 64, STANCE_REASONS_SIZE = 1024 };

/* True for what stands among the metrics of the wide layout: measured on one side, and not the
   onset threshold, which has its place at the end. */
bool stance_report_is_wide_metric(enum stance_metric metric);
/* As in the metric table, with the instrument's own unit in place of newtons where nothing is known
   that would make them: "V/s" for "N/s". */
enum { STANCE_UNIT_SIZE = 32 };
void stance_report_unit(const struct stance_result *result, enum stance_metric metric,
                        char ret_unit[STANCE_UNIT_SIZE]);
/* False for a number that would stand under a name that says newtons and is none. */
bool stance_report_has_columns_unit(const struct stance_result *result, enum stance_metric metric);

/* "peak_force_n", or "left_peak_force_n" with a prefix. */
void stance_report_metric_column(enum stance_metric metric, const char *prefix,
                                 char ret_name[STANCE_COLUMN_NAME_SIZE]);

/* The cells of stance_columns_identity. */
void stance_report_identity_cells(struct stance_sheet *sheet, const struct stance_report *report);
/* The cells of stance_columns_ledger. */
void stance_report_ledger_cells(struct stance_sheet *sheet, const struct stance_report *report);
/* The same in one line, for the summary. */
void stance_report_ledger_sentence(struct stance_text *text, const struct stance_report *report);
/* "a+b" as one cell; empty for none. */
void stance_report_reasons_cell(struct stance_sheet *sheet, stance_reason_set reasons);

/* What a reader of a value's cell must know: its flags, or why it is missing. Without what only
   says that the user gave no body mass, no lever, no unloaded phase. */
stance_reason_set stance_report_value_reasons(const struct stance_value *value);
/* Without what holds for every recording that has no unloaded phase, as no imported file has: it
   stands in the values' own status and as an empty unloaded_zero. */
stance_reason_set stance_report_flags(stance_reason_set reasons);
/* Everything that holds for one side of a repetition. */
stance_reason_set stance_report_row_flags(const struct stance_result *result,
                                          const struct stance_repetition *repetition,
                                          enum stance_side side);
/* Why a repetition is not counted; empty for an accepted one. */
stance_reason_set stance_report_reject_reasons(const struct stance_repetition *repetition);
const char *stance_report_repetition_status(enum stance_repetition_status status);

/* The side that an asymmetry calls smaller: LEFT, RIGHT, or STANCE_SIDE_NONE where the value is
   missing or the sides are equal. */
enum stance_side stance_report_weaker_side(const struct stance_result *result,
                                           const struct stance_value *asymmetry);

/* The sides that a summary speaks of: left and right always, so that one that was not tested is
   seen to be missing; total where something was measured on it. */
bool stance_report_summary_has_side(const struct stance_result *result, enum stance_side side);

/* Of a value of a summary; false where no repeatability is known, or the values are no newtons. */
bool stance_report_repeatability(const struct stance_report *report, enum stance_metric metric,
                                 enum stance_summary_rule rule,
                                 struct stance_repeatability *ret_repeatability);
/* How far two tests of an unchanged athlete differ, in the unit of the value, with where that is
   known from; NaN, and nothing written, where it is not known. */
double stance_report_mdc95(const struct stance_report *report, enum stance_summary_rule rule,
                           enum stance_side side, enum stance_metric metric,
                           const struct stance_value *value,
                           struct stance_repeatability *ret_repeatability);
/* Left against right by what is known of the test, which is returned too. */
struct stance_side_comparison
stance_report_comparison(const struct stance_report *report, enum stance_summary_rule rule,
                         struct stance_repeatability *ret_repeatability);
/* In words, for the summary. */
void stance_report_comparison_text(struct stance_text *text, const struct stance_report *report);

/* How far the empty instrument's reading moved over the test, of what measured `side`; NaN where it
   was not taken twice, or is no force in newtons. */
double stance_report_zero_shift_n(const struct stance_result *result, enum stance_side side);

/* Calls `visit` for every value of the result in the order of the long layout. `repetition` is NULL
   for a summary. */
typedef void stance_report_visit(void *context, const struct stance_repetition *repetition,
                                 enum stance_summary_rule rule, enum stance_side side,
                                 enum stance_metric metric, const struct stance_value *value);
void stance_report_visit_values(const struct stance_result *result, stance_report_visit *visit,
                                void *context);

#endif
