/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a file is written: delimiter, decimal sign, and where its table of numbers begins. */
#ifndef STANCE_ACQUISITION_CSV_SNIFF_H
#define STANCE_ACQUISITION_CSV_SNIFF_H

#include "csv_window.h"

/* What the rows of the window hold in one column. */
struct stance_csv_content {
  size_t numbers, texts, missing;
};

struct stance_csv_table {
  struct stance_csv_format format;
  struct stance_csv_window window; /* owned */
  size_t column_count;
  struct stance_csv_content *content; /* one for each column; owned */
  size_t first_row;                   /* the record in the window with which the numbers begin */
  size_t last_row;                    /* the last one of the same kind in the window */
};

/* Finds the table that goes on to the end of the file. STANCE_INPUT where there is none or its
   numbers can be read in two ways. `start` is behind a byte-order mark. */
STANCE_MUST_CHECK enum stance_status stance_csv_sniff(const struct stance_csv_text *text,
                                                      struct stance_csv_position start,
                                                      struct stance_csv_table *ret_table,
                                                      struct stance_problem *problem);
void stance_csv_table_finish(struct stance_csv_table *table);

static inline bool stance_csv_content_is_numeric(const struct stance_csv_content *content)
{
  /* Damaged cells do not make it a column of text: they are to be refused by line and column,
     instead of the column being overlooked. */
  return content->numbers > content->texts;
}

#endif
