/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Readings of a check from a table: typed ones, or where they lie in a recording. */
#include "verify.h"

#include "sheet_read.h"

#include <math.h>
#include <string.h>

enum column { STEP, SIDE, FORCE, UNCERTAINTY, FROM, TO, X, Y, READ_X, READ_Y, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {
    "step", "side", "force_n", "uncertainty_n", "from_s",
    "to_s", "x_m",  "y_m",     "read_x_m",      "read_y_m"};

struct reader {
  size_t column[COLUMN_COUNT]; /* SIZE_MAX where the table has none */
  bool header_seen;
  struct stance_verify_row *row;
  size_t count;
};

static bool has(const struct reader *reader, enum column column)
{
  return reader->column[column] != SIZE_MAX;
}

static enum stance_status read_header(struct reader *reader, const struct stance_sheet_row *row,
                                      struct stance_problem *problem)
{
  for (int k = 0; k < COLUMN_COUNT; k++) {
    const size_t found = stance_sheet_column(row, column_names[k]);
    reader->column[k] = found < row->count ? found : SIZE_MAX;
  }
  reader->header_seen = true;
  const bool in_recording = has(reader, FROM) && has(reader, TO);
  if (has(reader, FORCE) == in_recording)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: the table needs a column force_n (readings), or columns "
                              "from_s and to_s (where they lie in the recording of --device)",
                              row->name, row->line);
  return STANCE_OK;
}

static enum stance_status read_words(const struct reader *reader,
                                     const struct stance_sheet_row *row,
                                     struct stance_verify_row *to, struct stance_problem *problem)
{
  const char *step = has(reader, STEP) ? row->cell[reader->column[STEP]] : "load";
  const char *side = has(reader, SIDE) ? row->cell[reader->column[SIDE]] : "";
  to->is_empty = strcmp(step, "empty") == 0;
  if (!to->is_empty && strcmp(step, "load") != 0 && step[0] != '\0')
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: step '%.40s' is neither empty nor load", row->name,
                              row->line, step);
  to->side = STANCE_SIDE_NONE;
  for (int k = 0; k < STANCE_MEASURED_SIDE_COUNT; k++)
    if (strcmp(side, stance_side_name((enum stance_side)k)) == 0)
      to->side = (enum stance_side)k;
  if (side[0] != '\0' && to->side == STANCE_SIDE_NONE)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: side '%.40s' is none of left, right and total", row->name,
                              row->line, side);
  return STANCE_OK;
}

static enum stance_status read_numbers(const struct reader *reader,
                                       const struct stance_sheet_row *row,
                                       struct stance_verify_row *to, struct stance_problem *problem)
{
  double force_n = (double)NAN, uncertainty_n = (double)NAN;
  const struct {
    enum column column;
    double *value;
  } cells[] = {{FORCE, &force_n},       {UNCERTAINTY, &uncertainty_n}, {FROM, &to->from_s},
               {TO, &to->to_s},         {X, &to->placed_x_m},          {Y, &to->placed_y_m},
               {READ_X, &to->read_x_m}, {READ_Y, &to->read_y_m}};
  for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
    *cells[k].value = (double)NAN;
    if (!has(reader, cells[k].column))
      continue;
    enum stance_status status =
        stance_sheet_number(row, reader->column[cells[k].column], cells[k].value, problem);
    if (status != STANCE_OK)
      return status;
  }
  if (has(reader, FORCE) && isnan(force_n))
    return stance_problem_set(problem, STANCE_INPUT, "%s:%zu: force_n is empty", row->name,
                              row->line);
  if (!has(reader, FORCE) && !(to->from_s >= 0 && to->to_s > to->from_s))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: from %g s to %g s is no stretch of a recording", row->name,
                              row->line, to->from_s, to->to_s);
  if (uncertainty_n < 0)
    return stance_problem_set(problem, STANCE_INPUT, "%s:%zu: uncertainty_n is negative", row->name,
                              row->line);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    to->force_n[side] = force_n;
    to->uncertainty_n[side] = isnan(uncertainty_n) ? 0 : uncertainty_n;
  }
  return STANCE_OK;
}

static enum stance_status visit(void *context, const struct stance_sheet_row *row,
                                struct stance_problem *problem)
{
  struct reader *reader = context;
  struct stance_verify_row next = {.is_empty = false};
  if (!reader->header_seen)
    return read_header(reader, row, problem);
  if (reader->count == STANCE_VERIFY_ROW_MAX)
    return stance_problem_set(problem, STANCE_INPUT, "%s:%zu: more than %d readings", row->name,
                              row->line, STANCE_VERIFY_ROW_MAX);
  enum stance_status status = read_words(reader, row, &next, problem);
  if (status == STANCE_OK)
    status = read_numbers(reader, row, &next, problem);
  if (status == STANCE_OK)
    reader->row[reader->count++] = next;
  return status;
}

enum stance_status stance_verify_read_points(const char *path, struct stance_verify_row *ret_rows,
                                             size_t *ret_count, struct stance_problem *problem)
{
  struct reader reader = {.row = ret_rows};
  enum stance_status status = stance_sheet_read(path, visit, &reader, problem);
  if (status == STANCE_OK && reader.count == 0)
    status = stance_problem_set(problem, STANCE_INPUT, "%s: the table has no reading", path);
  if (status == STANCE_OK)
    *ret_count = reader.count;
  return status;
}
