/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of tables share; private to reliability_table*.c. */
#ifndef STANCE_RELIABILITY_TABLE_H
#define STANCE_RELIABILITY_TABLE_H

#include "reliability_tests.h"
#include "sheet_read.h"

/* What a row may tell; where the header lacks a column the index is its number of cells. */
/* clang-format off */
#define COLUMN_LIST(X) \
  X(athlete) X(test) X(left) X(right) X(total) X(date) X(time) X(started_at) X(recording) \
  X(protocol) X(protocol_version) X(position_hip_deg) X(position_knee_deg) X(rig) \
  X(instrument) X(injured_side) X(summary_rule) X(repetition) X(side) X(metric) X(value) \
  X(method) X(status) X(flags)
/* clang-format on */

enum reliability_column {
#define COLUMN_ENUM(name) COLUMN_##name,
  COLUMN_LIST(COLUMN_ENUM)
#undef COLUMN_ENUM
      COLUMN_COUNT,
};

enum reliability_layout { LAYOUT_SIMPLE, LAYOUT_TESTS, LAYOUT_LONG };

struct reliability_table {
  const struct stance_reliability_options *options;
  struct stance_reliability_tests *tests;
  enum reliability_layout layout;
  size_t width; /* 0 before the header */
  size_t column[COLUMN_COUNT];
  size_t metric_column[STANCE_METRIC_COUNT][2]; /* tests layout: left and right */
  struct stance_protocol protocol;              /* of the long layout's last row */
  char protocol_name[64];
};

const char *table_cell_of(const struct reliability_table *table, const struct stance_sheet_row *row,
                          enum reliability_column column);
enum stance_status table_fail_at(const struct reliability_table *table,
                                 const struct stance_sheet_row *row, enum reliability_column column,
                                 const char *what, struct stance_problem *problem);
enum stance_status table_read_number(const struct reliability_table *table,
                                     const struct stance_sheet_row *row,
                                     enum reliability_column column, double *ret_value,
                                     struct stance_problem *problem);
enum stance_status table_copy_cell(const struct reliability_table *table,
                                   const struct stance_sheet_row *row,
                                   enum reliability_column column, char *ret_text, size_t size,
                                   struct stance_problem *problem);
void table_set_protocol(struct stance_reliability_key *key, const struct stance_protocol *protocol);
void table_set_given(const struct reliability_table *table, struct stance_reliability_test *test);
enum stance_status table_read_identity(const struct reliability_table *table,
                                       const struct stance_sheet_row *row,
                                       struct stance_reliability_test *test,
                                       struct stance_problem *problem);

/* reliability_table_layouts.c: one row each. */
enum stance_status table_read_tests(struct reliability_table *table,
                                    const struct stance_sheet_row *row,
                                    struct stance_problem *problem);
enum stance_status table_read_long(struct reliability_table *table,
                                   const struct stance_sheet_row *row,
                                   struct stance_problem *problem);

#endif
