/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_header.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_RECORD = -1 };

/* Which records of the window make up the header; NO_RECORD where there is none of the kind. */
struct rows {
  long names, units, groups;
};

struct reader {
  const struct stance_csv_text *text;
  struct stance_csv_table *table;
  struct stance_csv_header *header;
  struct rows rows;
};

static const struct stance_csv_record *record_at(const struct reader *r, long i)
{
  return &r->table->window.record[i];
}

static const char *cell_text(const struct reader *r, const struct stance_csv_record *record,
                             size_t column, size_t *ret_length)
{
  if (column >= record->cell_count) {
    *ret_length = 0;
    return "";
  }
  const struct stance_csv_cell *cell = stance_csv_window_cell(&r->table->window, record, column);
  *ret_length = cell->length;
  return r->table->window.text + cell->offset;
}

/* Without the brackets some files put around the units. */
static const struct stance_csv_unit *unit_of_cell(const char *text, size_t length)
{
  if (length >= 2 && (text[0] == '(' || text[0] == '[') &&
      (text[length - 1] == ')' || text[length - 1] == ']')) {
    text += 1;
    length -= 2;
  }
  return stance_csv_unit_find(text, length);
}

static bool is_unit_row(const struct reader *r, const struct stance_csv_record *record)
{
  size_t units = 0;
  for (size_t column = 0; column < record->cell_count; ++column) {
    size_t length;
    const char *text = cell_text(r, record, column, &length);
    if (unit_of_cell(text, length) != NULL)
      units += 1;
    else if (length > 0 && strcmp(text, "-") != 0)
      return false;
  }
  return units > 0 && record->cell_count == r->table->column_count;
}

/* Names for at least half of the columns that hold numbers, and for no column that is not there. */
static bool is_name_row(const struct reader *r, const struct stance_csv_record *record)
{
  size_t columns = r->table->column_count, numeric = 0, named = 0;
  for (size_t column = 0; column < columns; ++column) {
    if (!stance_csv_content_is_numeric(&r->table->content[column]))
      continue;
    size_t length;
    numeric += 1;
    cell_text(r, record, column, &length);
    named += length > 0;
  }
  if (record->texts == 0 || 2 * named < numeric)
    return false;
  for (size_t column = columns; column < record->cell_count; ++column) {
    size_t length;
    cell_text(r, record, column, &length);
    if (length > 0)
      return false;
  }
  for (size_t column = record->cell_count; column < columns; ++column)
    if (r->table->content[column].numbers + r->table->content[column].texts > 0)
      return false;
  return true;
}

/* Merged cells in a row above the names: two or more words over groups of columns. */
static bool is_group_row(const struct reader *r, const struct stance_csv_record *record)
{
  return !record->comment && record->cell_count == r->table->column_count && record->numbers == 0 &&
         record->texts >= 2 && !is_unit_row(r, record);
}

/* Takes the text of a comment apart and adds it to the window; a comment that is not the names
   leaves nothing behind. */
static enum stance_status add_comment_as_names(struct reader *r, long i, bool *ret_added)
{
  struct stance_csv_window *window = &r->table->window;
  const struct stance_csv_cell *cell = stance_csv_window_cell(window, record_at(r, i), 0);
  size_t records = window->record_count, length = cell->length;
  *ret_added = false;
  if (length == 0)
    return STANCE_OK;
  char *copy = strndup(window->text + cell->offset, length);
  if (copy == NULL)
    return STANCE_MEMORY;
  struct stance_csv_text line = stance_csv_text_look(r->text->name, copy, length);
  enum stance_status status = stance_csv_window_add(window, &line, &r->table->format, NULL);
  free(copy);
  if (status != STANCE_OK)
    return status;
  const struct stance_csv_record *added =
      window->record_count == records + 1 ? record_at(r, (long)records) : NULL;
  *ret_added =
      added != NULL && added->cell_count == r->table->column_count && is_name_row(r, added);
  if (*ret_added)
    r->rows.names = (long)records;
  else
    window->record_count = records;
  return STANCE_OK;
}

static enum stance_status refuse_line(const struct reader *r,
                                      const struct stance_csv_record *record,
                                      struct stance_problem *problem)
{
  size_t columns = r->table->column_count;
  unsigned long long line = (unsigned long long)record->start.line;
  if (record->cell_count != columns)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: line %llu has %zu %s, the rows below it have %zu; the header "
                              "and each row need as many",
                              r->text->name, line, record->cell_count,
                              record->cell_count == 1 ? "cell" : "cells", columns);
  for (size_t column = 0; column < columns; ++column) {
    size_t length;
    const char *cell = cell_text(r, record, column, &length);
    if (stance_csv_content_is_numeric(&r->table->content[column]) &&
        stance_csv_window_cell(&r->table->window, record, column)->kind == STANCE_CSV_CELL_TEXT)
      return stance_problem_set(problem, STANCE_INPUT,
                                "%s: line %llu, column %zu: '%.40s' is not a number", r->text->name,
                                line, column + 1, cell);
  }
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s: line %llu is neither header, unit row nor a row of the table",
                            r->text->name, line);
}

static bool has_names_above(const struct reader *r, long below)
{
  for (long i = 0; i < below; ++i) {
    const struct stance_csv_record *record = record_at(r, i);
    if (!record->comment && record->numbers == 0 && record->cell_count == r->table->column_count &&
        is_name_row(r, record))
      return true;
  }
  return false;
}

/* Goes up from the table to the names. Lines above the names may hold anything. */
static enum stance_status find_rows(struct reader *r, struct stance_problem *problem)
{
  long comment = NO_RECORD, i = (long)r->table->first_row;
  bool apart = false; /* a blank line stands between */
  while (--i >= 0) {
    const struct stance_csv_record *record = record_at(r, i);
    if (record->comment && comment == NO_RECORD)
      comment = i;
    apart = apart || (!record->comment && record->cell_count == 0);
    if (record->comment || stance_csv_record_is_blank(record))
      continue;
    if (r->rows.units == NO_RECORD && is_unit_row(r, record)) {
      r->rows.units = i;
      continue;
    }
    break;
  }
  const struct stance_csv_record *record = i >= 0 ? record_at(r, i) : NULL;
  bool names = record != NULL && is_name_row(r, record);
  /* Numbers among the names (channels 1, 2, 3) are fine in the only header, but a row with numbers
     below a header is a damaged row. */
  if (names && record->numbers > 0 && has_names_above(r, i))
    return refuse_line(r, record, problem);
  if (names) {
    r->rows.names = i;
    if (i > 0 && is_group_row(r, record_at(r, i - 1)))
      r->rows.groups = i - 1;
    return STANCE_OK;
  }
  bool added = false;
  if (comment > i) {
    enum stance_status status = add_comment_as_names(r, comment, &added);
    if (status != STANCE_OK || added)
      return status;
    record = i >= 0 ? record_at(r, i) : NULL; /* the records may have moved */
  }
  /* A title above a table without names is text. Numbers, or several cells of text right above the
     table, are something we do not understand; where blanks separate, a title has several too. */
  bool title = record == NULL || record->texts <= 1 || apart || r->table->format.delimiter == ' ';
  if (!title || (record != NULL && record->numbers > 0))
    return refuse_line(r, record, problem);
  return STANCE_OK;
}

static void name_columns(struct reader *r)
{
  const struct stance_csv_record *names = record_at(r, r->rows.names);
  char group[STANCE_CSV_NAME_SIZE] = "";
  for (size_t k = 0; k < r->header->column_count; ++k) {
    struct stance_csv_column *column = &r->header->column[k];
    size_t length;
    const char *text = cell_text(r, names, k, &length);
    stance_csv_name_clean(text, length, column->name, sizeof column->name);
    memcpy(column->qualified, column->name, sizeof column->name);
    if (r->rows.groups == NO_RECORD)
      continue;
    /* An empty cell in the row of groups continues the group to its left. */
    text = cell_text(r, record_at(r, r->rows.groups), k, &length);
    if (length > 0)
      stance_csv_name_clean(text, length, group, sizeof group);
    size_t used = strlen(group);
    if (used == 0 || used + 1 + strlen(column->name) >= sizeof column->qualified)
      continue;
    memcpy(column->qualified, group, used);
    column->qualified[used] = ' ';
    memcpy(column->qualified + used + 1, column->name, strlen(column->name) + 1);
  }
}

/* A group that stands over every column ("Run #1") tells nothing apart. */
static bool groups_differ(const struct reader *r)
{
  if (r->rows.groups == NO_RECORD)
    return false;
  const struct stance_csv_record *record = record_at(r, r->rows.groups);
  size_t length, first_length;
  const char *first = cell_text(r, record, 0, &first_length);
  for (size_t k = 1; k < record->cell_count; ++k)
    if (strcmp(cell_text(r, record, k, &length), first) != 0)
      return true;
  return false;
}

/* "Test Data in Volts:" right above the names. */
static const struct stance_csv_unit *unit_in_title(const struct reader *r)
{
  for (long i = r->rows.names - 1; i >= 0 && r->rows.names < (long)r->table->first_row; --i) {
    const struct stance_csv_record *record = record_at(r, i);
    if (stance_csv_record_is_blank(record))
      continue;
    size_t length;
    const char *text = cell_text(r, record, 0, &length);
    if (record->texts != 1 || record->cell_count != 1)
      return NULL;
    while (length > 0 && strchr(":. ", text[length - 1]) != NULL)
      length -= 1;
    size_t start = length;
    while (start > 0 && text[start - 1] != ' ')
      start -= 1;
    if (start < 4 || memcmp(text + start - 4, " in ", 4) != 0)
      return NULL;
    const struct stance_csv_unit *unit = stance_csv_unit_find(text + start, length - start);
    return unit != NULL && unit->quantity <= STANCE_CSV_ELECTRICAL ? unit : NULL;
  }
  return NULL;
}

static void find_units(struct reader *r)
{
  const struct stance_csv_unit *title = r->rows.names != NO_RECORD ? unit_in_title(r) : NULL;
  for (size_t k = 0; k < r->header->column_count; ++k) {
    struct stance_csv_column *column = &r->header->column[k];
    size_t length;
    if (r->rows.units != NO_RECORD) {
      const char *text = cell_text(r, record_at(r, r->rows.units), k, &length);
      column->unit = unit_of_cell(text, length);
    }
    if (column->unit == NULL)
      column->unit = stance_csv_unit_of_name(column->name, &length);
    if (column->unit == NULL)
      column->unit = stance_csv_unit_find(column->name, strlen(column->name));
    column->traits = stance_csv_traits_of_name(column->qualified, column->unit);
    if (column->unit == NULL && title != NULL && column->traits.role != STANCE_CSV_ROLE_TIME)
      column->unit = title;
  }
}

/* How a column goes through the rows of the window. Stamps are rounded as printed: two steps may
   differ by one unit of the last digit. */
static void watch_steps(const struct reader *r, size_t k)
{
  enum { ROWS_THAT_CONVINCE = 16 };
  struct stance_csv_column *column = &r->header->column[k];
  double last = (double)NAN, least = (double)INFINITY, most = -(double)INFINITY, resolution = 1;
  size_t rows = 0, ones = 0;
  for (size_t i = r->table->first_row; i <= r->table->last_row; ++i) {
    const struct stance_csv_record *record = record_at(r, (long)i);
    if (record->comment || record->cell_count != r->table->column_count)
      continue;
    const struct stance_csv_cell *cell = stance_csv_window_cell(&r->table->window, record, k);
    if (isnan(cell->value))
      continue;
    rows += 1;
    resolution = fmin(resolution, pow(10, -cell->decimals));
    if (!isnan(last)) {
      least = fmin(least, cell->value - last);
      most = fmax(most, cell->value - last);
      ones += fabs(cell->value - last - 1) < 1e-9;
    }
    last = cell->value;
  }
  column->counts = rows >= 2 && resolution >= 1 && least >= 1 && 2 * ones >= rows;
  column->evenly_increases =
      rows >= ROWS_THAT_CONVINCE && least > 0 && most - least < 1.5 * resolution;
}

static void find_rate(struct reader *r)
{
  r->header->rate_hz = (double)NAN;
  for (size_t i = 0; i < r->table->first_row && isnan(r->header->rate_hz); ++i) {
    const struct stance_csv_record *record = record_at(r, (long)i);
    char line[256] = "";
    size_t used = 0;
    for (size_t k = 0; k < record->cell_count; ++k) {
      size_t length;
      const char *text = cell_text(r, record, k, &length);
      if (used + length + 2 > sizeof line)
        break;
      memcpy(line + used, text, length);
      used += length;
      line[used++] = ' ';
    }
    line[used] = '\0';
    r->header->rate_hz = stance_csv_rate_in_text(line);
  }
}

enum stance_status stance_csv_header_read(const struct stance_csv_text *text,
                                          struct stance_csv_table *table,
                                          struct stance_csv_header *ret_header,
                                          struct stance_problem *problem)
{
  struct stance_csv_header header = {.column_count = table->column_count};
  struct reader r = {text, table, &header, {NO_RECORD, NO_RECORD, NO_RECORD}};
  header.column = calloc(table->column_count, sizeof *header.column);
  if (header.column == NULL)
    return STANCE_MEMORY;
  enum stance_status status = find_rows(&r, problem);
  if (status != STANCE_OK) {
    stance_csv_header_finish(&header);
    return status;
  }
  if (r.rows.names == NO_RECORD)
    r.rows.names = r.rows.units; /* a lone row "s,N,N" names as well */
  if (!groups_differ(&r))
    r.rows.groups = NO_RECORD;
  header.named = r.rows.names != NO_RECORD;
  if (header.named)
    name_columns(&r);
  find_units(&r);
  for (size_t k = 0; k < header.column_count; ++k) {
    header.column[k].numeric = stance_csv_content_is_numeric(&table->content[k]);
    watch_steps(&r, k);
  }
  find_rate(&r);
  *ret_header = header;
  return STANCE_OK;
}

void stance_csv_header_finish(struct stance_csv_header *header)
{
  free(header->column);
  *header = (struct stance_csv_header){0};
}
