/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_window.h"

#include "decimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct collector {
  struct stance_csv_events events;
  const struct stance_csv_text *text;
  struct stance_csv_window *window;
  struct stance_csv_position known; /* at or before the record being read */
  size_t first_cell;                /* of the record being read */
  bool out_of_memory;
};

static bool reserve(void **array, size_t *capacity, size_t needed, size_t size)
{
  if (needed <= *capacity)
    return true;
  size_t grown = 2 * needed + 64;
  void *bigger = realloc(*array, grown * size);
  if (bigger == NULL)
    return false;
  *array = bigger;
  *capacity = grown;
  return true;
}

/* [+-]d{1,3}(,ddd)+ that does not begin with 0: decimals by the look of it, or thousands. */
static bool may_be_grouped(const char *text, size_t length)
{
  size_t sign = length > 0 && (text[0] == '-' || text[0] == '+');
  const char *comma = memchr(text, ',', length);
  if (comma == NULL || text[sign] == '0')
    return false;
  size_t before = (size_t)(comma - text) - sign;
  return before >= 1 && before <= 3 && length - sign - before == 4;
}

static void classify(const char *text, struct stance_csv_cell *cell)
{
  struct stance_decimal number = {.value = (double)NAN};
  enum stance_decimal_kind kind = stance_decimal_read(text, cell->length, '.', &number);
  if (kind == STANCE_DECIMAL_OTHER_SIGN) {
    cell->has_comma = true;
    cell->may_be_grouped = may_be_grouped(text, cell->length);
    kind = stance_decimal_read(text, cell->length, ',', &number);
  } else if (kind == STANCE_DECIMAL_NUMBER) {
    cell->has_point = memchr(text, '.', cell->length) != NULL;
    size_t sign = text[0] == '-' || text[0] == '+';
    cell->has_leading_zero = !cell->has_point && cell->length > sign + 1 && text[sign] == '0';
  }
  cell->is_grouped = kind == STANCE_DECIMAL_GROUPED;
  cell->value = number.value;
  cell->decimals = number.decimals;
  cell->kind = kind == STANCE_DECIMAL_MISSING ? STANCE_CSV_CELL_MISSING
               : kind == STANCE_DECIMAL_TEXT  ? STANCE_CSV_CELL_TEXT
                                              : STANCE_CSV_CELL_NUMBER;
}

static struct stance_csv_cell *add_cell(struct collector *c, const char *text, size_t length)
{
  struct stance_csv_window *w = c->window;
  if (!reserve((void **)&w->text, &w->text_capacity, w->text_length + length + 1, 1) ||
      !reserve((void **)&w->cell, &w->cell_capacity, w->cell_count + 1, sizeof *w->cell)) {
    c->out_of_memory = true;
    c->events.stop = true;
    return NULL;
  }
  if (length > 0)
    memcpy(w->text + w->text_length, text, length);
  w->text[w->text_length + length] = '\0';
  struct stance_csv_cell *cell = &w->cell[w->cell_count++];
  *cell = (struct stance_csv_cell){
      .offset = w->text_length, .length = length, .empty = length == 0, .value = (double)NAN};
  w->text_length += length + 1;
  return cell;
}

static void on_field(void *text, size_t length, void *events)
{
  struct collector *c = events;
  struct stance_csv_cell *cell = add_cell(c, text, length);
  if (cell != NULL)
    classify(c->window->text + cell->offset, cell);
}

static void add_record(struct collector *c, bool comment)
{
  struct stance_csv_window *w = c->window;
  if (c->out_of_memory ||
      !reserve((void **)&w->record, &w->record_capacity, w->record_count + 1, sizeof *w->record)) {
    c->out_of_memory = true;
    c->events.stop = true;
    return;
  }
  if (c->known.line < c->events.anchor.line)
    c->known = c->events.anchor;
  c->known = stance_csv_position_of_line(c->text, c->known, c->events.first_line);
  struct stance_csv_record *record = &w->record[w->record_count++];
  *record = (struct stance_csv_record){.first_cell = c->first_cell,
                                       .cell_count = w->cell_count - c->first_cell,
                                       .start = c->known,
                                       .last_line = c->events.last_line,
                                       .comment = comment};
  for (size_t i = c->first_cell; i < w->cell_count && !comment; ++i) {
    record->numbers += w->cell[i].kind == STANCE_CSV_CELL_NUMBER;
    record->texts += w->cell[i].kind == STANCE_CSV_CELL_TEXT;
    record->grouped += w->cell[i].is_grouped;
  }
  c->first_cell = w->cell_count;
}

static void on_record(struct stance_csv_events *events)
{
  add_record((struct collector *)events, false);
}

static void on_comment(struct stance_csv_events *events, const char *text, size_t length)
{
  struct collector *c = (struct collector *)events;
  if (add_cell(c, text, length) != NULL)
    add_record(c, true);
}

static enum stance_status collect(const struct stance_csv_text *text,
                                  const struct stance_csv_format *format,
                                  struct stance_csv_position start, uint64_t line_limit,
                                  struct stance_csv_window *window, struct stance_problem *problem)
{
  struct collector c = {
      .events = {.field = on_field, .record = on_record, .comment = on_comment},
      .text = text,
      .window = window,
      .first_cell = window->cell_count,
  };
  enum stance_status status =
      stance_csv_tokenize(text, format, &start, line_limit, &c.events, problem);
  if (c.out_of_memory)
    status = STANCE_MEMORY;
  window->damaged = status == STANCE_INPUT;
  window->complete = window->damaged || start.offset >= text->length;
  window->cell_count = c.first_cell; /* without the cells of a record that was cut */
  return status == STANCE_MEMORY ? status : STANCE_OK;
}

enum stance_status stance_csv_window_read(const struct stance_csv_text *text,
                                          const struct stance_csv_format *format,
                                          struct stance_csv_position start, uint64_t line_limit,
                                          struct stance_csv_window *ret_window,
                                          struct stance_problem *problem)
{
  struct stance_csv_window window = {0};
  enum stance_status status = collect(text, format, start, line_limit, &window, problem);
  if (status == STANCE_OK)
    *ret_window = window;
  else
    stance_csv_window_finish(&window);
  return status;
}

enum stance_status stance_csv_window_add(struct stance_csv_window *window,
                                         const struct stance_csv_text *text,
                                         const struct stance_csv_format *format,
                                         struct stance_problem *problem)
{
  struct stance_csv_format plain = *format;
  plain.comments = false;
  bool complete = window->complete, damaged = window->damaged;
  enum stance_status status =
      collect(text, &plain, (struct stance_csv_position){0, 1}, UINT64_MAX, window, problem);
  window->complete = complete;
  window->damaged = damaged;
  return status;
}

void stance_csv_window_finish(struct stance_csv_window *window)
{
  free(window->text);
  free(window->cell);
  free(window->record);
  *window = (struct stance_csv_window){0};
}
