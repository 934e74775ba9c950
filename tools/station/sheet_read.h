/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of text and numbers with a header, as a spreadsheet or this program writes them: RFC 4180,
   UTF-8; or with `;` and decimal commas. (Recordings are read by stance/csv.h.) */
#ifndef STANCE_SHEET_READ_H
#define STANCE_SHEET_READ_H

#include "stance/status.h"

#include <stddef.h>

/* Borrowed during the visit. A leading ' that protects a text from being taken for a formula is
   stripped. */
struct stance_sheet_row {
  const char *name;        /* of the file */
  size_t line;             /* where the row begins, from 1 */
  const char *const *cell; /* "" where empty */
  size_t count;
  char decimal; /* '.' or ',' */
};

/* Called for the header first. Anything but STANCE_OK ends the reading with that status. */
typedef enum stance_status stance_sheet_visit(void *context, const struct stance_sheet_row *row,
                                              struct stance_problem *problem);

/* The delimiter is the `;`, TAB or `,` that the header has most of; `;` and TAB allow decimal
   commas. Blank lines are passed over. STANCE_INPUT with file, line and column for what is no such
   table: broken quotes, a row that has another number of cells than the header, a byte 0. WORK. */
STANCE_MUST_CHECK enum stance_status stance_sheet_read(const char *path, stance_sheet_visit *visit,
                                                       void *context,
                                                       struct stance_problem *problem);
/* The same of a table in memory, called `name` in sentences. */
STANCE_MUST_CHECK enum stance_status stance_sheet_read_text(const char *name, const char *text,
                                                            stance_sheet_visit *visit,
                                                            void *context,
                                                            struct stance_problem *problem);

/* Index of the column `name`, in capitals or not, in the header; its number of cells where there is
   none. */
size_t stance_sheet_column(const struct stance_sheet_row *header, const char *name);
/* NaN for an empty cell. STANCE_INPUT, naming line and column, for what is no finite number. */
STANCE_MUST_CHECK enum stance_status stance_sheet_number(const struct stance_sheet_row *row,
                                                         size_t column, double *ret_value,
                                                         struct stance_problem *problem);

#endif
