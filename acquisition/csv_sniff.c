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

/* All rows with as many cells each, numbers among them. */
struct kind {
  size_t first, last; /* records */
  size_t columns;
  size_t rows, numbers, texts;
  size_t grouped; /* numbers that may be two, torn by another delimiter: "0.001,5" */
};

enum { KINDS_MAX = 32 }; /* different lengths of rows; files in earnest have two or three */

static struct kind *kind_of(struct kind *kinds, size_t *count, size_t first, size_t columns)
{
  for (size_t k = 0; k < *count; ++k)
    if (kinds[k].columns == columns)
      return &kinds[k];
  if (*count == KINDS_MAX)
    return NULL;
  kinds[*count] = (struct kind){.first = first, .columns = columns};
  return &kinds[(*count)++];
}

/* The kind with the most numbers; where the file goes on behind the window, the one that reaches
   the window's end, because the recording does. */
static struct kind find_kind(const struct stance_csv_window *window)
{
  struct kind kinds[KINDS_MAX], best = {0}, *last = NULL;
  size_t count = 0;
  for (size_t i = 0; i < window->record_count; ++i) {
    const struct stance_csv_record *record = &window->record[i];
    struct kind *kind = record->numbers > 0 ? kind_of(kinds, &count, i, record->cell_count) : NULL;
    if (kind == NULL)
      continue;
    kind->last = i;
    kind->rows += 1;
    kind->numbers += record->numbers;
    kind->texts += record->texts;
    kind->grouped += record->grouped;
    last = kind;
  }
  if (!window->complete && last != NULL && last->rows >= ROWS_THAT_CONVINCE)
    return *last;
  for (size_t k = 0; k < count; ++k)
    if (kinds[k].numbers > best.numbers)
      best = kinds[k];
  return best;
}

static bool convinces(const struct kind *kind, const struct stance_csv_window *window)
{
  if (window->complete)
    return kind->rows > 0;
  for (size_t i = kind->last + 1; i < window->record_count; ++i)
    if (!window->record[i].comment && !stance_csv_record_is_blank(&window->record[i]))
      return false;
  return kind->rows >= ROWS_THAT_CONVINCE;
}

/* How many rows there are, weighted with the share of their cells that are numbers. */
static double weight(const struct kind *kind)
{
  size_t cells = kind->numbers + kind->texts;
  return cells > 0 ? (double)kind->rows * (double)(kind->numbers - kind->grouped) / (double)cells
                   : 0;
}

/* Clearly more of the cells are numbers, in more rows; or about as many, and in more columns. A few
   lines of a preamble that happen to fit must not decide. */
static bool explains_better(const struct kind *a, const struct kind *b)
{
  const double CLEARLY = 1.1;
  double weight_a = weight(a), weight_b = weight(b);
  if (weight_a > CLEARLY * weight_b)
    return true;
  return weight_a > 0 && CLEARLY * weight_a >= weight_b && a->columns > b->columns;
}

/* Reads the window with each delimiter and keeps the best. `quotes` is what is wrong with the
   quotes when the comma separates, as it does in the files that have quotes. */
static enum stance_status try_delimiters(const struct stance_csv_text *text,
                                         struct stance_csv_position start, uint64_t lines,
                                         bool comments, struct stance_csv_table *table,
                                         struct kind *ret_best, struct stance_problem *quotes)
{
  *ret_best = (struct kind){.rows = 0};
  stance_csv_window_finish(&table->window);
  for (size_t i = 0; i < sizeof delimiters; ++i) {
    struct stance_csv_format format = {.delimiter = delimiters[i], .comments = comments};
    struct stance_csv_window window;
    enum stance_status status = stance_csv_window_read(text, &format, start, lines, &window,
                                                       delimiters[i] == ',' ? quotes : NULL);
    if (status != STANCE_OK)
      return status;
    struct kind kind = find_kind(&window);
    if (i > 0 && !explains_better(&kind, ret_best)) {
      stance_csv_window_finish(&window);
      continue;
    }
    *ret_best = kind;
    stance_csv_window_finish(&table->window);
    table->window = window;
    table->format = format;
  }
  return STANCE_OK;
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

static bool is_text(const struct stance_csv_record *record)
{
  return !record->comment && record->numbers == 0 && record->texts > 0;
}

/* The first of the rows may be a header that has numbers for names, or a padded line of the
   preamble. Whatever else stands before a damaged line must not pass for a preamble. */
static void settle_first_row(struct stance_csv_table *table)
{
  const struct stance_csv_record *record = table->window.record;
  size_t first = table->first_row;
  while (first < table->last_row &&
         (!is_row(table, &record[first]) ||
          (!is_well_filled(table, &record[first]) && is_text(&record[first + 1]))))
    first += 1;
  table->first_row = first;
}

static enum stance_status no_table(const struct stance_csv_text *text,
                                   const struct stance_csv_window *window,
                                   const struct stance_problem *quotes,
                                   struct stance_problem *problem)
{
  if (quotes->text[0] != '\0')
    return stance_problem_set(problem, STANCE_INPUT, "%s", quotes->text);
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
  size_t sizes = sizeof window_lines / sizeof window_lines[0];
  for (size_t size = 0; size < sizes; ++size) {
    struct stance_problem quotes = {.text = ""};
    struct kind kind;
    enum stance_status status =
        try_delimiters(text, start, window_lines[size], true, table, &kind, &quotes);
    bool last = table->window.complete || size + 1 == sizes;
    /* Every line begins with the mark of a comment where "#1" names a trial. */
    if (status == STANCE_OK && kind.rows == 0 && last)
      status = try_delimiters(text, start, window_lines[size], false, table, &kind, &quotes);
    if (status != STANCE_OK)
      return status;
    if (kind.rows == 0 && last)
      return no_table(text, &table->window, &quotes, problem);
    if (!last && !convinces(&kind, &table->window))
      continue;
    table->column_count = kind.columns;
    table->first_row = kind.first;
    table->last_row = kind.last;
    status = count_content(table);
    if (status != STANCE_OK)
      return status;
    settle_first_row(table);
    if (last || stance_csv_decimal_sign_is_settled(table))
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
