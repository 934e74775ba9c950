/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_decimal_sign.h"

#include <string.h>

/* Where something was seen first. */
struct sighting {
  const struct stance_csv_record *record; /* NULL: nowhere */
  size_t column;
};

struct signs {
  struct sighting point, comma, plain_comma, grouped, leading_zero;
  bool negative_second; /* of two columns */
  bool same_width_second;
};

static void see(struct sighting *sighting, const struct stance_csv_record *record, size_t column)
{
  if (sighting->record == NULL)
    *sighting = (struct sighting){record, column};
}

static struct signs look(const struct stance_csv_table *table)
{
  struct signs signs = {.same_width_second = true};
  size_t width = 0;
  for (size_t i = table->first_row; i <= table->last_row; ++i) {
    const struct stance_csv_record *record = &table->window.record[i];
    if (record->comment || record->cell_count != table->column_count)
      continue;
    for (size_t column = 0; column < record->cell_count; ++column) {
      const struct stance_csv_cell *cell = stance_csv_window_cell(&table->window, record, column);
      if (cell->has_point)
        see(&signs.point, record, column);
      if (cell->has_comma)
        see(&signs.comma, record, column);
      if (cell->has_comma && !cell->may_be_grouped)
        see(&signs.plain_comma, record, column);
      if (cell->is_grouped)
        see(&signs.grouped, record, column);
      if (cell->has_leading_zero)
        see(&signs.leading_zero, record, column);
      if (column == 1) {
        signs.negative_second = signs.negative_second || cell->value < 0;
        signs.same_width_second = signs.same_width_second && (width == 0 || width == cell->length);
        width = cell->length;
      }
    }
  }
  return signs;
}

bool stance_csv_decimal_sign_is_settled(const struct stance_csv_table *table)
{
  struct signs signs = look(table);
  return signs.comma.record == NULL || signs.plain_comma.record != NULL ||
         signs.point.record != NULL || signs.grouped.record != NULL;
}

static const char *cell_text(const struct stance_csv_table *table, struct sighting at)
{
  return table->window.text + stance_csv_window_cell(&table->window, at.record, at.column)->offset;
}

static enum stance_status refuse(const struct stance_csv_text *text,
                                 const struct stance_csv_table *table, struct sighting at,
                                 const char *reason, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_INPUT, "%s: line %llu, column %zu: '%.40s' %s",
                            text->name, (unsigned long long)at.record->start.line, at.column + 1,
                            cell_text(table, at), reason);
}

/* The cells of the header right above the table, 0 without one. */
static size_t header_cells(const struct stance_csv_table *table)
{
  for (size_t i = table->first_row; i-- > 0;) {
    const struct stance_csv_record *record = &table->window.record[i];
    if (record->comment || stance_csv_record_is_blank(record))
      continue;
    return record->numbers == 0 ? record->cell_count : 0;
  }
  return 0;
}

static enum stance_status say_torn(const struct stance_csv_text *text,
                                   const struct stance_csv_table *table,
                                   struct stance_problem *problem)
{
  return stance_problem_set(
      problem, STANCE_INPUT,
      "%s: line %llu: commas stand between columns and seem to stand for decimals as well; "
      "export with semicolons, or with quotes around the numbers",
      text->name, (unsigned long long)table->window.record[table->first_row].start.line);
}

/* Which record of a window begins on a line; record_count where none does. */
static size_t record_on_line(const struct stance_csv_window *window, uint64_t line)
{
  size_t i = 0;
  while (i < window->record_count && window->record[i].start.line != line)
    ++i;
  return i;
}

static enum stance_status read_as_one_column(const struct stance_csv_text *text,
                                             struct stance_csv_table *table,
                                             struct stance_problem *problem)
{
  struct stance_csv_format format = table->format;
  format.delimiter = '\0';
  format.decimal = ',';
  format.decimal_certain = true;
  const struct stance_csv_record *record = table->window.record;
  const struct stance_csv_record *first = &record[table->first_row];
  const struct stance_csv_record *last = &record[table->last_row];
  struct stance_csv_position start = record[0].start;
  struct stance_csv_window window;
  enum stance_status status = stance_csv_window_read(
      text, &format, start, last->last_line + 1 - start.line, &window, problem);
  if (status != STANCE_OK)
    return status;
  /* Quotes somewhere may stand otherwise without the commas. */
  size_t first_row = record_on_line(&window, first->start.line);
  size_t last_row = record_on_line(&window, last->start.line);
  if (window.damaged || last_row == window.record_count || first_row > last_row) {
    stance_csv_window_finish(&window);
    return say_torn(text, table, problem);
  }
  window.complete = table->window.complete;
  stance_csv_window_finish(&table->window);
  table->window = window;
  table->format = format;
  table->column_count = 1;
  table->first_row = first_row;
  table->last_row = last_row;
  return STANCE_OK;
}

/* Commas between whole numbers, no point anywhere: "0,5" may be a half or two columns. The header
   knows; without one, digits like "05" exist only behind a decimal sign. */
static enum stance_status settle_torn(const struct stance_csv_text *text,
                                      struct stance_csv_table *table, const struct signs *signs,
                                      struct stance_problem *problem)
{
  size_t header = header_cells(table);
  if (header == table->column_count)
    return STANCE_OK;
  if (table->column_count == 2 && (header == 1 || signs->leading_zero.column == 1) &&
      !signs->negative_second && (header == 1 || signs->leading_zero.record != NULL))
    return read_as_one_column(text, table, problem);
  if (2 * header == table->column_count || signs->leading_zero.record != NULL)
    return say_torn(text, table, problem);
  if (table->column_count == 2 && signs->same_width_second && !signs->negative_second)
    return stance_problem_set(
        problem, STANCE_INPUT,
        "%s: line %llu: the comma may be a decimal sign or stand between two columns; add a "
        "header line, or export with semicolons",
        text->name, (unsigned long long)table->window.record[table->first_row].start.line);
  return STANCE_OK;
}

enum stance_status stance_csv_decimal_sign(const struct stance_csv_text *text,
                                           struct stance_csv_table *table,
                                           struct stance_problem *problem)
{
  struct signs signs = look(table);
  if (signs.grouped.record != NULL)
    return refuse(text, table, signs.grouped,
                  "has thousands separators, which are not accepted; export without them", problem);
  if (signs.comma.record != NULL && signs.point.record != NULL)
    return refuse(text, table, signs.comma,
                  "has a comma, but other cells have a decimal point: a thousands separator? "
                  "Export without it, or with one decimal sign",
                  problem);
  if (signs.comma.record != NULL && signs.plain_comma.record == NULL)
    return refuse(text, table, signs.comma,
                  "may have a decimal comma or a thousands separator, and no other cell tells; "
                  "export with a decimal point",
                  problem);
  table->format.decimal = signs.comma.record != NULL ? ',' : '.';
  table->format.decimal_certain = signs.comma.record != NULL || signs.point.record != NULL;
  if (table->format.delimiter == ',' && !table->format.decimal_certain &&
      table->column_count % 2 == 0)
    return settle_torn(text, table, &signs, problem);
  return STANCE_OK;
}
