/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result_compare.h"

#include "sheet_read.h"
#include "stance/metric.h"

#include <stdlib.h>
#include <string.h>

/* So many differences are told one by one. */
enum { TOLD_MAX = 10 };

struct table {
  char **cell; /* row by row, the header first; owned */
  size_t columns, rows;
};

static void finish_table(struct table *table)
{
  for (size_t k = 0; k < table->columns * table->rows; k++)
    free(table->cell[k]);
  free(table->cell);
}

static enum stance_status take_row(void *context, const struct stance_sheet_row *row,
                                   struct stance_problem *problem)
{
  struct table *table = context;
  char **larger = realloc(table->cell, (table->rows + 1) * row->count * sizeof *table->cell);
  if (larger == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", row->name);
  table->cell = larger;
  table->columns = row->count;
  char **cell = table->cell + table->columns * table->rows++;
  bool whole = true;
  for (size_t k = 0; k < row->count; k++) {
    cell[k] = strdup(row->cell[k]);
    whole = whole && cell[k] != NULL;
  }
  return whole ? STANCE_OK
               : stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", row->name);
}

static const char *cell_of(const struct table *table, size_t row, size_t column)
{
  return table->cell[row * table->columns + column];
}

/* SIZE_MAX where there is none. */
static size_t column_of(const struct table *table, const char *name)
{
  for (size_t k = 0; k < table->columns; k++)
    if (strcmp(cell_of(table, 0, k), name) == 0)
      return k;
  return SIZE_MAX;
}

struct comparison {
  const struct table *stored, *now;
  struct stance_result_comparison *to;
};

static void tell(struct comparison *comparison, const char *what, const char *column,
                 const char *stored, const char *now)
{
  if (comparison->to->different++ < TOLD_MAX)
    stance_text_format(&comparison->to->words, "  %s %s: stored '%s', now '%s'\n", what, column,
                       stored, now);
}

/* The same where both are numbers that are printed the same. */
static bool agree(const char *stored, const char *now, int decimals)
{
  if (strcmp(stored, now) == 0)
    return true;
  char *stored_end, *now_end;
  const double a = strtod(stored, &stored_end), b = strtod(now, &now_end);
  if (decimals < 0 || stored_end == stored || *stored_end != '\0' || now_end == now ||
      *now_end != '\0')
    return false;
  char a_text[400], b_text[400]; /* of any double */
  snprintf(a_text, sizeof a_text, "%.*f", decimals, a);
  snprintf(b_text, sizeof b_text, "%.*f", decimals, b);
  return strcmp(a_text, b_text) == 0;
}

static bool is_of_other_tests(const char *column)
{
  return strcmp(column, "mdc95") == 0 || strcmp(column, "mdc95_source") == 0;
}

/* Decimals at which a cell is stored; -1: to the letter. */
static int decimals_of(const char *column, const char *metric)
{
  const enum stance_metric found = stance_metric_find(metric);
  if (found == STANCE_METRIC_COUNT ||
      (strcmp(column, "value") != 0 && strcmp(column, "uncertainty") != 0))
    return -1;
  return stance_metric_info(found)->decimals;
}

static const char *const keys[] = {"repetition", "side", "metric"};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static bool same_key(const struct comparison *comparison, size_t stored_row, size_t now_row)
{
  for (size_t k = 0; k < KEY_COUNT; k++)
    if (strcmp(cell_of(comparison->stored, stored_row, column_of(comparison->stored, keys[k])),
               cell_of(comparison->now, now_row, column_of(comparison->now, keys[k]))) != 0)
      return false;
  return true;
}

/* 0 where there is none. `hint`: where it should be. */
static size_t find_row(const struct comparison *comparison, size_t stored_row, size_t hint)
{
  if (hint < comparison->now->rows && same_key(comparison, stored_row, hint))
    return hint;
  for (size_t row = 1; row < comparison->now->rows; row++)
    if (same_key(comparison, stored_row, row))
      return row;
  return 0;
}

static void compare_cells(struct comparison *comparison, size_t stored_row, size_t now_row,
                          const char *what, const char *metric)
{
  const struct table *stored = comparison->stored, *now = comparison->now;
  for (size_t k = 0; k < stored->columns; k++) {
    const char *name = cell_of(stored, 0, k);
    const size_t column = column_of(now, name);
    if (is_of_other_tests(name) || column == SIZE_MAX)
      continue;
    const char *then = cell_of(stored, stored_row, k), *today = cell_of(now, now_row, column);
    if (!agree(then, today, decimals_of(name, metric)))
      tell(comparison, what, name, then, today);
  }
}

static void compare_rows(struct comparison *comparison)
{
  const struct table *stored = comparison->stored, *now = comparison->now;
  const size_t stored_method = column_of(stored, "method"), now_method = column_of(now, "method");
  size_t found_count = 0;
  for (size_t row = 1, hint = 1; row < stored->rows; row++) {
    char what[160];
    const char *metric = cell_of(stored, row, column_of(stored, "metric"));
    snprintf(what, sizeof what,
             "repetition %s, %s, %s:", cell_of(stored, row, column_of(stored, "repetition")),
             cell_of(stored, row, column_of(stored, "side")), metric);
    const size_t now_row = find_row(comparison, row, hint);
    if (now_row == 0) {
      tell(comparison, what, "row", "there", "missing");
      continue;
    }
    hint = now_row + 1;
    found_count++;
    if (strcmp(cell_of(stored, row, stored_method), cell_of(now, now_row, now_method)) != 0) {
      comparison->to->other_method++;
      continue;
    }
    comparison->to->compared++;
    compare_cells(comparison, row, now_row, what, metric);
  }
  if (now->rows > 1 && found_count < now->rows - 1)
    tell(comparison, "values", "that were not stored", "none", "some");
}

static enum stance_status compare_tables(struct comparison *comparison,
                                         struct stance_problem *problem)
{
  static const char *const needed[] = {"repetition", "side", "metric", "value", "method"};
  for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
    if (column_of(comparison->stored, needed[k]) == SIZE_MAX)
      return stance_problem_set(problem, STANCE_INPUT, "the stored result has no column '%s'",
                                needed[k]);
  compare_rows(comparison);
  return STANCE_OK;
}

static enum stance_status compare_ledgers(struct comparison *comparison,
                                          struct stance_problem *problem)
{
  const struct table *stored = comparison->stored, *now = comparison->now;
  if (stored->rows != 2 || now->rows != 2)
    return stance_problem_set(problem, STANCE_INPUT, "the stored ledger is no header and row");
  for (size_t k = 0; k < stored->columns; k++) {
    const char *name = cell_of(stored, 0, k);
    const size_t column = column_of(now, name);
    /* Each value has its method beside it. */
    if (strcmp(name, "software") == 0 || strcmp(name, "onset_method") == 0 || column == SIZE_MAX)
      continue;
    comparison->to->compared++;
    if (strcmp(cell_of(stored, 1, k), cell_of(now, 1, column)) != 0)
      tell(comparison, "ledger", name, cell_of(stored, 1, k), cell_of(now, 1, column));
  }
  return STANCE_OK;
}

static enum stance_status
compare_texts(const char *stored_text, const char *now_text,
              enum stance_status (*compare)(struct comparison *, struct stance_problem *),
              struct stance_result_comparison *to, struct stance_problem *problem)
{
  struct table stored = {0}, now = {0};
  struct comparison comparison = {.stored = &stored, .now = &now, .to = to};
  enum stance_status status =
      stance_sheet_read_text("the stored result", stored_text, take_row, &stored, problem);
  if (status == STANCE_OK)
    status = stance_sheet_read_text("the result", now_text, take_row, &now, problem);
  if (status == STANCE_OK)
    status = compare(&comparison, problem);
  finish_table(&stored);
  finish_table(&now);
  return status;
}

enum stance_status stance_result_compare(const struct stance_stored_result *stored,
                                         const struct stance_stored_result *now,
                                         struct stance_result_comparison *ret_comparison,
                                         struct stance_problem *problem)
{
  struct stance_result_comparison comparison = {0};
  enum stance_status status =
      compare_texts(stored->long_csv, now->long_csv, compare_tables, &comparison, problem);
  if (status == STANCE_OK && stored->ledger != NULL)
    status = compare_texts(stored->ledger, now->ledger, compare_ledgers, &comparison, problem);
  if (status == STANCE_OK && comparison.words.failed)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (comparison.different > TOLD_MAX)
    stance_text_format(&comparison.words, "  and %zu more\n", comparison.different - TOLD_MAX);
  if (status == STANCE_OK)
    *ret_comparison = comparison;
  else
    stance_text_finish(&comparison.words);
  return status;
}
