/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first lines of a file, taken apart and kept, to find out how the file is written. */
#ifndef STANCE_ACQUISITION_CSV_WINDOW_H
#define STANCE_ACQUISITION_CSV_WINDOW_H

#include "csv_tokens.h"

enum stance_csv_cell_kind {
  STANCE_CSV_CELL_MISSING, /* empty, or a word for "no value" */
  STANCE_CSV_CELL_NUMBER,  /* or what was meant as one: also with either decimal sign */
  STANCE_CSV_CELL_TEXT,
};

struct stance_csv_cell {
  size_t offset, length; /* in the window's text */
  enum stance_csv_cell_kind kind;
  bool empty;
  bool has_point, has_comma; /* as its decimal sign */
  bool may_be_grouped;       /* "1,234": its comma may separate thousands */
  bool is_grouped;           /* "1,234.5": one does */
  bool has_leading_zero;     /* "05": more likely the decimals of a number torn apart */
  double value;              /* NaN unless it is a number with one of the signs */
  int decimals;
};

struct stance_csv_record {
  size_t first_cell, cell_count;
  size_t numbers, texts; /* cells of these kinds; a blank line has neither */
  size_t grouped;        /* of the numbers, those with thousands separators */
  struct stance_csv_position start;
  uint64_t last_line;
  bool comment; /* its one cell is the text behind the mark */
};

struct stance_csv_window {
  char *text;
  size_t text_length, text_capacity;
  struct stance_csv_cell *cell;
  size_t cell_count, cell_capacity;
  struct stance_csv_record *record;
  size_t record_count, record_capacity;
  bool complete; /* the file ends within the window */
  bool damaged;  /* quotes do not match: the window ends there */
};

/* Reads the first `line_limit` lines from `start`. A record cut by the limit is left out. Quotes
   that do not match are no failure: `damaged` says so, and `problem` where. STANCE_OK or
   STANCE_MEMORY. */
STANCE_MUST_CHECK enum stance_status
stance_csv_window_read(const struct stance_csv_text *text, const struct stance_csv_format *format,
                       struct stance_csv_position start, uint64_t line_limit,
                       struct stance_csv_window *ret_window, struct stance_problem *problem);
/* Adds the records of other bytes (a comment that holds the header) with positions of their own. */
STANCE_MUST_CHECK enum stance_status stance_csv_window_add(struct stance_csv_window *window,
                                                           const struct stance_csv_text *text,
                                                           const struct stance_csv_format *format,
                                                           struct stance_problem *problem);
void stance_csv_window_finish(struct stance_csv_window *window);

static inline const struct stance_csv_cell *
stance_csv_window_cell(const struct stance_csv_window *window,
                       const struct stance_csv_record *record, size_t column)
{
  return &window->cell[record->first_cell + column];
}
/* Blank lines, and rows of nothing but delimiters. */
static inline bool stance_csv_record_is_blank(const struct stance_csv_record *record)
{
  return !record->comment && record->numbers == 0 && record->texts == 0;
}

#endif
