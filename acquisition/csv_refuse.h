/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with a line that is not a row of the table. */
#ifndef STANCE_ACQUISITION_CSV_REFUSE_H
#define STANCE_ACQUISITION_CSV_REFUSE_H

#include "csv_header.h"

struct stance_csv_rows {
  const struct stance_csv_text *text;
  const struct stance_csv_table *table;
  const struct stance_csv_header *header;
};

enum stance_csv_verdict {
  STANCE_CSV_ROW_FOOTER,  /* text only: fine where no further row follows it */
  STANCE_CSV_ROW_REFUSED, /* numbers are in it */
};

/* Reads the record at `start` once more. `ret_problem` names line, column and reason in either
   case. STANCE_OK or STANCE_MEMORY. */
STANCE_MUST_CHECK enum stance_status
stance_csv_row_judge(const struct stance_csv_rows *rows, char decimal,
                     struct stance_csv_position start, uint64_t lines,
                     enum stance_csv_verdict *ret_verdict, struct stance_problem *ret_problem);

/* Whether the text of a comment would be a row of the table, wholly or but for its first cell. */
STANCE_MUST_CHECK enum stance_status stance_csv_comment_is_row(const struct stance_csv_rows *rows,
                                                               const char *text, size_t length,
                                                               bool *ret_is_row);

#endif
