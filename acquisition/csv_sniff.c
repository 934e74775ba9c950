/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_sniff.h"

#include "csv_decimal_sign.h"

#include <stdlib.h>

/* In order of preference where two explain the file equally well. */
static const char delimiters[] = {'\t', ';', ',', '|', ' '};
/* How far to look for the table. Most files need the first; vendors' preambles run to hundreds of
   lines. */
static const uint64_t window_lines[] = {64, 512, 4096};
/* So many rows at the end of the window are not a small table inside a preamble. */
enum { ROWS_THAT_CONVINCE = 16 };

/* Consecutive rows with as many cells each, numbers among them. */
struct run {
  size_t first, last; /* records */
  size_t columns;
  size_t rows, numbers, texts;
};

static void close_run(const struct run *run, struct run *best)
{
  if (run->numbers > best->numbers)
    *best = *run;
}

/* The run with the most numbers; where the file goes on behind the window, the one that reaches
   the window's end, because the recording does. */
static struct run find_run(const struct stance_csv_window *window)
{
  struct run run = {0}, best = {0};
  for (size_t i = 0; i < window->record_count; ++i) {
    const struct stance_csv_record *record = &window->record[i];
    if (record->comment || stance_csv_record_is_blank(record))
      continue;
    if (record->numbers == 0 || record->cell_count != run.columns) {
      close_run(&run, &best);
      run = (struct run){.first = i, .columns = record->cell_count};
    }
    if (record->numbers == 0)
      continue;
    if (run.rows == 0)
      run.first = i;
    run.last = i;
    run.rows += 1;
    run.numbers += record->numbers;
    run.texts += record->texts;
  }
  close_run(&run, &best);
  if (!window->complete && run.rows >= ROWS_THAT_CONVINCE)
    return run;
  return best;
}

static bool convinces(const struct run *run, const struct stance_csv_window *window)
{
  if (window->complete)
    return run->rows > 0;
  for (size_t i = run->last + 1; i < window->record_count; ++i)
    if (!window->record[i].comment && !stance_csv_record_is_blank(&window->record[i]))
      return false;
  return run->rows >= ROWS_THAT_CONVINCE;
}

/* More of the cells are numbers, in more rows; or as many and in more columns. */
static bool explains_better(const struct run *a, const struct run *b)
{
  if (a->numbers == 0 || b->numbers == 0)
    return a->numbers > b->numbers;
  double share_a = (double)(a->rows * a->numbers) / (double)(a->numbers + a->texts);
  double share_b = (double)(b->rows * b->numbers) / (double)(b->numbers + b->texts);
  if (share_a < share_b || share_a > share_b)
    return share_a > share_b;
  return a->columns > b->columns;
}

/* Reads the window with each delimiter and keeps the best. Quotes that do not match under one
   delimiter only speak against it; `problem` keeps what the comma had to say. */
static enum stance_status try_delimiters(const struct stance_csv_text *text,
                                         struct stance_csv_position start, uint64_t lines,
                                         bool comments, struct stance_csv_table *table,
                                         struct run *ret_best, struct stance_problem *problem)
{
  bool any = false;
  for (size_t i = 0; i < sizeof delimiters; ++i) {
    struct stance_csv_format format = {.delimiter = delimiters[i], .comments = comments};
    struct stance_csv_window window;
    enum stance_status status = stance_csv_window_read(text, &format, start, lines, &window,
                                                       delimiters[i] == ',' ? problem : NULL);
    if (status == STANCE_INPUT)
      continue;
    if (status != STANCE_OK)
      return status;
    struct run run = find_run(&window);
    if (any && !explains_better(&run, ret_best)) {
      stance_csv_window_finish(&window);
      continue;
    }
    any = true;
    *ret_best = run;
    stance_csv_window_finish(&table->window);
    table->window = window;
    table->format = format;
  }
  return any ? STANCE_OK : STANCE_INPUT;
}

static enum stance_status count_content(struct stance_csv_table *table)
{
  free(table->content);
  table->content = calloc(table->column_count, sizeof *table->content);
  if (table->content == NULL)
    return STANCE_MEMORY;
  for (size_t i = table->first_row; i <= table->last_row; ++i) {
    const struct stance_csv_record *record = &table->window.record[i];
    if (record->comment || record->cell_count != table->column_count)
      continue;
    for (size_t column = 0; column < table->column_count; ++column) {
      const struct stance_csv_cell *cell = stance_csv_window_cell(&table->window, record, column);
      table->content[column].numbers += cell->kind == STANCE_CSV_CELL_NUMBER;
      table->content[column].texts += cell->kind == STANCE_CSV_CELL_TEXT;
      table->content[column].missing += cell->kind == STANCE_CSV_CELL_MISSING;
    }
  }
  return STANCE_OK;
}

/* As many cells, numbers among them, and no text where the table has numbers. */
static bool is_row(const struct stance_csv_table *table, const struct stance_csv_record *record)
{
  if (record->comment || record->numbers == 0 || record->cell_count != table->column_count)
    return false;
  for (size_t column = 0; column < table->column_count; ++column)
    if (stance_csv_content_is_numeric(&table->content[column]) &&
        stance_csv_window_cell(&table->window, record, column)->kind == STANCE_CSV_CELL_TEXT)
      return false;
  return true;
}

/* A preamble padded to the width of the table ("nRows,7850,,,") has few numbers. */
static bool is_well_filled(const struct stance_csv_table *table,
                           const struct stance_csv_record *record)
{
  size_t numeric = 0;
  for (size_t column = 0; column < table->column_count; ++column)
    numeric += stance_csv_content_is_numeric(&table->content[column]);
  return 2 * record->numbers >= numeric;
}

/* A run may begin with a header that has numbers for names, and rows of the table may stand before
   a damaged one that ended the run: those must not pass for a preamble. */
static void settle_first_row(struct stance_csv_table *table)
{
  const struct stance_csv_window *window = &table->window;
  while (table->first_row < table->last_row && !is_row(table, &window->record[table->first_row]))
    table->first_row += 1;
  for (size_t i = 0; i < table->first_row; ++i)
    if (is_row(table, &window->record[i]) && is_well_filled(table, &window->record[i])) {
      table->first_row = i;
      return;
    }
}

static enum stance_status no_table(const struct stance_csv_text *text,
                                   const struct stance_csv_window *window,
                                   struct stance_problem *problem)
{
  size_t lines = 0;
  for (size_t i = 0; i < window->record_count; ++i)
    if (!stance_csv_record_is_blank(&window->record[i]))
      lines = (size_t)window->record[i].last_line;
  if (lines == 0)
    return stance_problem_set(problem, STANCE_INPUT, "%s: the file is empty: only blank lines",
                              text->name);
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s: no row of numbers in lines 1 to %zu: a recording needs a table "
                            "with one row a sample below its header",
                            text->name, lines);
}

static enum stance_status look_for_table(const struct stance_csv_text *text,
                                         struct stance_csv_position start,
                                         struct stance_csv_table *table,
                                         struct stance_problem *problem)
{
  struct run run = {0};
  size_t sizes = sizeof window_lines / sizeof window_lines[0];
  for (size_t size = 0; size < sizes; ++size) {
    bool last = size + 1 == sizes;
    enum stance_status status =
        try_delimiters(text, start, window_lines[size], true, table, &run, problem);
    /* Every line begins with the mark of a comment where "#1" names a trial. */
    if (status == STANCE_OK && run.rows == 0 && (table->window.complete || last))
      status = try_delimiters(text, start, window_lines[size], false, table, &run, problem);
    if (status != STANCE_OK)
      return status;
    bool found = convinces(&run, &table->window) || (last && run.rows > 0);
    if (!found && (table->window.complete || last))
      return no_table(text, &table->window, problem);
    table->column_count = run.columns;
    table->first_row = run.first;
    table->last_row = run.last;
    if (!found)
      continue;
    status = count_content(table);
    if (status != STANCE_OK)
      return status;
    settle_first_row(table);
    if (stance_csv_decimal_sign_is_settled(table) || table->window.complete || last)
      break;
  }
  enum stance_status status = stance_csv_decimal_sign(text, table, problem);
  return status == STANCE_OK ? count_content(table) : status;
}

enum stance_status stance_csv_sniff(const struct stance_csv_text *text,
                                    struct stance_csv_position start,
                                    struct stance_csv_table *ret_table,
                                    struct stance_problem *problem)
{
  struct stance_csv_table table = {0};
  enum stance_status status = look_for_table(text, start, &table, problem);
  if (status == STANCE_OK)
    *ret_table = table;
  else
    stance_csv_table_finish(&table);
  return status;
}

void stance_csv_table_finish(struct stance_csv_table *table)
{
  stance_csv_window_finish(&table->window);
  free(table->content);
  *table = (struct stance_csv_table){0};
}
