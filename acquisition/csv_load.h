/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the table as numbers: the chosen columns of all of them, or the reason why not. */
#ifndef STANCE_ACQUISITION_CSV_LOAD_H
#define STANCE_ACQUISITION_CSV_LOAD_H

#include "csv_choice.h"

enum { STANCE_CSV_GROUP_COUNT_MAX = 4096 };

struct stance_csv_group {
  char *name; /* owned */
  size_t rows;
};

/* The physical lines of one row: more than one where a quoted cell holds a line break. */
struct stance_csv_lines {
  uint32_t first, count; /* a file of the size we take has fewer than 2^32 */
};

/* Everything is owned. `value[k]` belongs to column `column[k]` of the file; time, where there is
   one, is the first. */
struct stance_csv_data {
  size_t slot_count;
  size_t *column;
  double **value;
  struct stance_csv_lines *line; /* of each row */
  uint32_t *group;               /* of each row; NULL where not grouped */
  struct stance_csv_group *groups;
  size_t group_count;
  size_t row_count;
  char decimal;                                 /* the sign that the numbers turned out to have */
  int time_decimals;                            /* the most that were printed */
  uint64_t lines_read, lines_used, lines_other; /* other: header, blank, comment, footer */
};

/* STANCE_INPUT with line, column and reason for the first cell or row that is wrong. */
STANCE_MUST_CHECK enum stance_status
stance_csv_load(const struct stance_csv_text *text, const struct stance_csv_table *table,
                const struct stance_csv_header *header, const struct stance_csv_choice *choice,
                struct stance_csv_data *ret_data, struct stance_problem *problem);
void stance_csv_data_finish(struct stance_csv_data *data);
/* Where the values of a column of the file are; it must have been chosen. */
size_t stance_csv_data_slot(const struct stance_csv_data *data, size_t column);

#endif
