/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_refuse.h"

#include "decimal.h"

#include <string.h>

static const char *reason_of(enum stance_decimal_kind kind, char decimal)
{
  switch (kind) {
  case STANCE_DECIMAL_INFINITE:
    return "is infinite, which no force or time can be";
  case STANCE_DECIMAL_TOO_LARGE:
    return "is too large for a number";
  case STANCE_DECIMAL_HEXADECIMAL:
    return "is hexadecimal; export decimal numbers";
  case STANCE_DECIMAL_OTHER_SIGN:
    return decimal == ',' ? "has a decimal point, or a thousands separator, where the file writes "
                            "decimal commas; export with one decimal sign"
                          : "has a decimal comma, or a thousands separator, where the file writes "
                            "decimal points; export with one decimal sign";
  case STANCE_DECIMAL_GROUPED:
    return "has thousands separators, which are not accepted; export without them";
  case STANCE_DECIMAL_NUMBER:
  case STANCE_DECIMAL_MISSING:
  case STANCE_DECIMAL_TEXT:
    break;
  }
  return "is not a number";
}

static void say_cell(const struct stance_csv_rows *rows, const struct stance_csv_window *window,
                     const struct stance_csv_record *record, size_t column, char decimal,
                     struct stance_problem *ret_problem)
{
  const struct stance_csv_cell *cell = stance_csv_window_cell(window, record, column);
  const char *name = rows->header->column[column].name;
  struct stance_decimal number;
  char shown[41];
  stance_csv_name_clean(window->text + cell->offset, cell->length, shown, sizeof shown);
  stance_problem_set(
      ret_problem, STANCE_INPUT, "%s: line %llu, column %zu%s%.60s%s: '%s' %s", rows->text->name,
      (unsigned long long)record->start.line, column + 1, name[0] != '\0' ? " ('" : "", name,
      name[0] != '\0' ? "')" : "", shown,
      reason_of(stance_decimal_read(window->text + cell->offset, cell->length, decimal, &number),
                decimal));
}

static bool repeats_header(const struct stance_csv_rows *rows,
                           const struct stance_csv_window *window,
                           const struct stance_csv_record *record)
{
  if (!rows->header->named || record->cell_count != rows->header->column_count)
    return false;
  for (size_t k = 0; k < record->cell_count; ++k) {
    char name[STANCE_CSV_NAME_SIZE];
    const struct stance_csv_cell *cell = stance_csv_window_cell(window, record, k);
    stance_csv_name_clean(window->text + cell->offset, cell->length, name, sizeof name);
    if (strcmp(name, rows->header->column[k].name) != 0)
      return false;
  }
  return true;
}

/* The first cell that is no number in a column of numbers. */
static size_t first_bad_cell(const struct stance_csv_rows *rows,
                             const struct stance_csv_window *window,
                             const struct stance_csv_record *record, char decimal)
{
  for (size_t k = 0; k < record->cell_count; ++k) {
    const struct stance_csv_cell *cell = stance_csv_window_cell(window, record, k);
    struct stance_decimal number;
    if (rows->header->column[k].numeric &&
        stance_decimal_read(window->text + cell->offset, cell->length, decimal, &number) >
            STANCE_DECIMAL_MISSING)
      return k;
  }
  return record->cell_count;
}

static void judge(const struct stance_csv_rows *rows, const struct stance_csv_window *window,
                  const struct stance_csv_record *record, char decimal,
                  struct stance_problem *ret_problem)
{
  const char *name = rows->text->name;
  unsigned long long line = (unsigned long long)record->start.line;
  if (record->cell_count != rows->header->column_count && record->numbers == 0)
    stance_problem_set(ret_problem, STANCE_INPUT,
                       "%s: line %llu is text amid the table: more rows of numbers follow it", name,
                       line);
  else if (record->cell_count != rows->header->column_count)
    stance_problem_set(
        ret_problem, STANCE_INPUT, "%s: line %llu has %zu %s where the table has %zu", name, line,
        record->cell_count, record->cell_count == 1 ? "cell" : "cells", rows->header->column_count);
  else if (repeats_header(rows, window, record))
    stance_problem_set(ret_problem, STANCE_INPUT,
                       "%s: line %llu is the header once more: the file holds joined recordings; "
                       "split it there",
                       name, line);
  else {
    size_t column = first_bad_cell(rows, window, record, decimal);
    if (column < record->cell_count)
      say_cell(rows, window, record, column, decimal, ret_problem);
    else
      stance_problem_set(ret_problem, STANCE_INPUT,
                         "%s: line %llu has no number in the chosen columns", name, line);
  }
}

enum stance_status stance_csv_row_judge(const struct stance_csv_rows *rows, char decimal,
                                        struct stance_csv_position start, uint64_t lines,
                                        enum stance_csv_verdict *ret_verdict,
                                        struct stance_problem *ret_problem)
{
  struct stance_csv_format format = rows->table->format;
  struct stance_csv_window window;
  format.comments = false;
  enum stance_status status =
      stance_csv_window_read(rows->text, &format, start, lines, &window, ret_problem);
  if (status != STANCE_OK)
    return status;
  const struct stance_csv_record *record = &window.record[0];
  judge(rows, &window, record, decimal, ret_problem);
  *ret_verdict = record->numbers > 0 ? STANCE_CSV_ROW_REFUSED : STANCE_CSV_ROW_FOOTER;
  stance_csv_window_finish(&window);
  return STANCE_OK;
}

enum stance_status stance_csv_comment_is_row(const struct stance_csv_rows *rows, const char *text,
                                             size_t length, bool *ret_is_row)
{
  struct stance_csv_text line = stance_csv_text_look(rows->text->name, text, length);
  struct stance_csv_format format = rows->table->format;
  struct stance_csv_window window;
  format.comments = false;
  *ret_is_row = false;
  enum stance_status status = stance_csv_window_read(
      &line, &format, (struct stance_csv_position){0, 1}, UINT64_MAX, &window, NULL);
  if (status != STANCE_OK)
    return status;
  const struct stance_csv_record *record = window.record;
  size_t numeric = 0, numbers = 0;
  bool fits = window.record_count == 1 && record->cell_count == rows->header->column_count;
  for (size_t k = 0; fits && k < record->cell_count; ++k) {
    if (!rows->header->column[k].numeric)
      continue;
    numeric += 1;
    numbers += stance_csv_window_cell(&window, record, k)->kind == STANCE_CSV_CELL_NUMBER;
  }
  *ret_is_row = fits && numbers > 0 && numbers + 1 >= numeric;
  stance_csv_window_finish(&window);
  return STANCE_OK;
}
