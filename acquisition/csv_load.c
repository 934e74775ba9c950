/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_load.h"

#include "csv_groups.h"
#include "csv_refuse.h"
#include "decimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_UNUSED = UINT16_MAX, SLOT_GROUP = UINT16_MAX - 1 };

struct loader {
  struct stance_csv_events events; /* first: the callbacks get it */
  const struct stance_csv_rows *rows;
  const struct stance_csv_choice *choice;
  struct stance_csv_data *data;
  uint16_t *slot; /* of each column of the file */
  struct stance_csv_group_table *groups;
  char decimal;
  size_t row;
  size_t column;    /* of the next field */
  size_t not_empty; /* fields of this row */
  uint32_t group;   /* of this row */
  bool bad;
  bool out_of_memory;
  uint64_t footer_line;         /* text below the table begins here; 0: none so far */
  struct stance_problem footer; /* what is wrong with it if the table goes on */
  enum stance_status status;
  struct stance_problem problem;
};

static void on_field(void *text, size_t length, void *events)
{
  struct loader *l = events;
  size_t column = l->column++;
  l->not_empty += length > 0;
  if (column >= l->rows->header->column_count || l->slot[column] == SLOT_UNUSED)
    return;
  unsigned slot = l->slot[column];
  if (slot == SLOT_GROUP) {
    l->out_of_memory |= !stance_csv_group_find(l->groups, text, length, &l->group);
    return;
  }
  struct stance_decimal number;
  if (stance_decimal_read(text, length, l->decimal, &number) > STANCE_DECIMAL_MISSING) {
    l->bad = true;
    return;
  }
  l->data->value[slot][l->row] = number.value;
  if (slot == 0 && number.decimals > l->data->time_decimals)
    l->data->time_decimals = number.decimals;
}

static void stop(struct loader *l, enum stance_status status)
{
  l->status = status;
  l->events.stop = true;
}

static uint64_t lines_of_record(const struct stance_csv_events *events)
{
  return events->last_line - events->first_line + 1;
}

/* Not a row of the table: text below it, or the end of reading. */
static void look_closer(struct loader *l)
{
  enum stance_csv_verdict verdict;
  struct stance_problem problem = {{0}};
  struct stance_csv_position start =
      stance_csv_position_of_line(l->rows->text, l->events.anchor, l->events.first_line);
  enum stance_status status = stance_csv_row_judge(l->rows, l->decimal, start,
                                                   lines_of_record(&l->events), &verdict, &problem);
  l->data->lines_other += lines_of_record(&l->events);
  if (status == STANCE_MEMORY) {
    stop(l, status);
    return;
  }
  if (verdict == STANCE_CSV_ROW_REFUSED) {
    l->problem = problem;
    stop(l, STANCE_INPUT);
    return;
  }
  if (l->footer_line == 0) {
    l->footer_line = l->events.first_line;
    l->footer = problem;
  }
}

static void refuse_row(struct loader *l, const char *reason)
{
  stop(l, stance_problem_set(&l->problem, STANCE_INPUT, "%s: line %llu %s", l->rows->text->name,
                             (unsigned long long)l->events.first_line, reason));
}

static void accept_row(struct loader *l)
{
  struct stance_csv_data *data = l->data;
  if (l->footer_line != 0) {
    l->problem = l->footer;
    stop(l, STANCE_INPUT);
    return;
  }
  if (data->group != NULL && l->group == STANCE_CSV_GROUP_EMPTY) {
    refuse_row(l, "has no value in the column that separates the trials");
    return;
  }
  uint64_t lines = lines_of_record(&l->events);
  if (data->group != NULL) {
    data->group[l->row] = l->group;
    stance_csv_group_count(l->groups, l->group);
  }
  data->line[l->row] = (struct stance_csv_lines){(uint32_t)l->events.first_line, (uint32_t)lines};
  data->lines_used += lines;
  l->row += 1;
}

static void on_record(struct stance_csv_events *events)
{
  struct loader *l = (struct loader *)events;
  size_t cells = l->column;
  bool bad = l->bad || cells != l->rows->header->column_count;
  bool empty = l->not_empty == 0, timed = l->choice->time != STANCE_CSV_TIME_ABSENT;
  l->column = 0;
  l->not_empty = 0;
  l->bad = false;
  if (l->events.stop)
    return;
  if (l->out_of_memory)
    stop(l, STANCE_MEMORY);
  else if (cells == 0 || (empty && timed)) {
    /* In a lone column an empty line may be an empty cell: an instant without its value. */
    if (l->rows->header->column_count == 1 && cells == 0)
      l->footer_line = l->footer_line == 0 ? events->first_line : l->footer_line;
    if (l->footer_line == events->first_line)
      stance_problem_set(&l->footer, STANCE_INPUT,
                         "%s: line %llu is empty amid a single column of numbers; take it out, or "
                         "write NaN where a value is missing",
                         l->rows->text->name, (unsigned long long)events->first_line);
    l->data->lines_other += lines_of_record(events);
  } else if (bad)
    look_closer(l);
  else if (timed && isnan(l->data->value[0][l->row]))
    refuse_row(l, "has no time");
  else
    accept_row(l);
}

static void on_comment(struct stance_csv_events *events, const char *text, size_t length)
{
  struct loader *l = (struct loader *)events;
  l->data->lines_other += 1;
  bool is_row;
  if (stance_csv_comment_is_row(l->rows, text, length, &is_row) != STANCE_OK)
    stop(l, STANCE_MEMORY);
  else if (is_row)
    refuse_row(l, "is a row of the table marked as a comment; take it out, or take the mark away");
}

/* No text has more rows than it has ends of lines, and one. */
static size_t count_lines(const struct stance_csv_text *text, size_t offset)
{
  size_t feeds = stance_csv_text_count(text, offset, '\n');
  return (text->plain_lines ? feeds : feeds + stance_csv_text_count(text, offset, '\r')) + 1;
}

static bool add_slot(struct loader *l, size_t column, size_t rows)
{
  struct stance_csv_data *data = l->data;
  if (l->slot[column] != SLOT_UNUSED)
    return true;
  double *values = malloc(rows * sizeof *values);
  if (values == NULL)
    return false;
  l->slot[column] = (uint16_t)data->slot_count;
  data->column[data->slot_count] = column;
  data->value[data->slot_count++] = values;
  return true;
}

/* Time takes the first slot; where it is absent, the first slot is a force and its decimals are
   not asked for. */
static bool allocate(struct loader *l, size_t rows)
{
  struct stance_csv_data *data = l->data;
  size_t columns = l->rows->header->column_count;
  size_t slots = 1;
  for (size_t i = 0; i < l->choice->set_count; ++i)
    slots += l->choice->set[i].count;
  l->slot = malloc(columns * sizeof *l->slot);
  data->column = calloc(slots, sizeof *data->column);
  data->value = calloc(slots, sizeof *data->value);
  data->line = malloc(rows * sizeof *data->line);
  if (l->slot == NULL || data->column == NULL || data->value == NULL || data->line == NULL)
    return false;
  for (size_t k = 0; k < columns; ++k)
    l->slot[k] = SLOT_UNUSED;
  if (l->choice->time != STANCE_CSV_TIME_ABSENT && !add_slot(l, l->choice->time_column, rows))
    return false;
  for (size_t i = 0; i < l->choice->set_count; ++i)
    for (size_t k = 0; k < l->choice->set[i].count; ++k)
      if (!add_slot(l, l->choice->set[i].pick[k].column, rows))
        return false;
  if (!l->choice->grouped)
    return true;
  l->slot[l->choice->group_column] = SLOT_GROUP;
  l->groups = stance_csv_group_table_create();
  data->group = malloc(rows * sizeof *data->group);
  return l->groups != NULL && data->group != NULL;
}

static enum stance_status read_rows(struct loader *l, struct stance_problem *problem)
{
  const struct stance_csv_table *table = l->rows->table;
  struct stance_csv_position position = table->window.record[table->first_row].start;
  l->data->lines_other = position.line - 1;
  if (!allocate(l, count_lines(l->rows->text, position.offset)))
    return STANCE_MEMORY;
  enum stance_status status = stance_csv_tokenize(l->rows->text, &table->format, &position,
                                                  UINT64_MAX, &l->events, problem);
  if (status != STANCE_OK)
    return status;
  if (l->status != STANCE_OK) {
    if (l->status == STANCE_INPUT && problem != NULL)
      *problem = l->problem;
    return l->status;
  }
  l->data->row_count = l->row;
  l->data->lines_read = position.line - 1;
  if (l->groups != NULL && stance_csv_group_table_overflowed(l->groups))
    return stance_problem_set(
        problem, STANCE_USAGE,
        "%s: column #%zu '%.60s' has more than %d different values; is it the "
        "one that separates the trials?",
        l->rows->text->name, l->choice->group_column + 1,
        l->rows->header->column[l->choice->group_column].name, STANCE_CSV_GROUP_COUNT_MAX);
  if (l->groups != NULL)
    stance_csv_group_table_hand_over(l->groups, &l->data->groups, &l->data->group_count);
  return STANCE_OK;
}

static enum stance_status load_with_sign(const struct stance_csv_rows *rows, char decimal,
                                         const struct stance_csv_choice *choice,
                                         struct stance_csv_data *ret_data,
                                         struct stance_problem *problem)
{
  struct stance_csv_data data = {.decimal = decimal};
  struct loader l = {
      .events = {.field = on_field, .record = on_record, .comment = on_comment},
      .rows = rows,
      .choice = choice,
      .data = &data,
      .decimal = decimal,
  };
  enum stance_status status = read_rows(&l, problem);
  free(l.slot);
  stance_csv_group_table_destroy(l.groups);
  if (status == STANCE_OK)
    *ret_data = data;
  else
    stance_csv_data_finish(&data);
  return status;
}

enum stance_status stance_csv_load(const struct stance_csv_text *text,
                                   const struct stance_csv_table *table,
                                   const struct stance_csv_header *header,
                                   const struct stance_csv_choice *choice,
                                   struct stance_csv_data *ret_data, struct stance_problem *problem)
{
  struct stance_csv_rows rows = {text, table, header};
  struct stance_problem first = {{0}};
  enum stance_status status =
      load_with_sign(&rows, table->format.decimal, choice, ret_data, &first);
  /* Whole numbers all through the window leave the sign open: a comma further down may be it. */
  if (status == STANCE_INPUT && !table->format.decimal_certain &&
      load_with_sign(&rows, ',', choice, ret_data, NULL) == STANCE_OK)
    return STANCE_OK;
  if (status != STANCE_OK && problem != NULL && status != STANCE_MEMORY)
    *problem = first;
  return status;
}

size_t stance_csv_data_slot(const struct stance_csv_data *data, size_t column)
{
  size_t slot = 0;
  while (slot + 1 < data->slot_count && data->column[slot] != column)
    ++slot;
  return slot;
}

void stance_csv_data_finish(struct stance_csv_data *data)
{
  for (size_t k = 0; k < data->slot_count; ++k)
    free(data->value[k]);
  for (size_t k = 0; k < data->group_count; ++k)
    free(data->groups[k].name);
  free(data->column);
  free(data->value);
  free(data->line);
  free(data->group);
  free(data->groups);
  *data = (struct stance_csv_data){0};
}
