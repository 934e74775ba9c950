/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration_points.h"

#include "sheet_read.h"

#include <math.h>
#include <string.h>

enum column { LOAD, MASS, RAW, FROM, TO, DIRECTION, REPEAT, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {"load_n", "mass_kg",   "raw",   "from_s",
                                                       "to_s",   "direction", "repeat"};

struct reader {
  double gravity_m_per_s2;
  size_t column[COLUMN_COUNT]; /* SIZE_MAX where the table has none */
  bool header_seen;
  struct stance_point_row *row;
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
  if (has(reader, LOAD) == has(reader, MASS))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: the table needs a column load_n (newtons) or a column "
                              "mass_kg, one of them",
                              row->name, row->line);
  if (has(reader, MASS) && isnan(reader->gravity_m_per_s2))
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s:%zu: a mass weighs differently from place to place: give "
                              "--latitude DEG or --gravity, or a column load_n",
                              row->name, row->line);
  if (has(reader, RAW) == (has(reader, FROM) && has(reader, TO)))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: the table needs a column raw (the reading), or from_s and "
                              "to_s (where in the recording it is), one of the two",
                              row->name, row->line);
  return STANCE_OK;
}

static enum stance_status read_number(const struct reader *reader,
                                      const struct stance_sheet_row *row, enum column column,
                                      double *ret_value, struct stance_problem *problem)
{
  enum stance_status status = stance_sheet_number(row, reader->column[column], ret_value, problem);
  if (status == STANCE_OK && isnan(*ret_value))
    return stance_problem_set(problem, STANCE_INPUT, "%s:%zu: %s is empty", row->name, row->line,
                              column_names[column]);
  return status;
}

static enum stance_status read_reading(const struct reader *reader,
                                       const struct stance_sheet_row *row,
                                       struct stance_point_row *point,
                                       struct stance_problem *problem)
{
  point->point.raw = point->from_s = point->to_s = (double)NAN;
  if (has(reader, RAW))
    return read_number(reader, row, RAW, &point->point.raw, problem);
  enum stance_status status = read_number(reader, row, FROM, &point->from_s, problem);
  if (status == STANCE_OK)
    status = read_number(reader, row, TO, &point->to_s, problem);
  if (status == STANCE_OK && !(point->from_s >= 0 && point->to_s > point->from_s))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: from %g s to %g s is no stretch of a recording", row->name,
                              row->line, point->from_s, point->to_s);
  return status;
}

void stance_calibration_points_infer(const struct stance_calibration_point *before,
                                     struct stance_calibration_point *point)
{
  point->repeat = before == NULL ? 1 : before->repeat;
  point->direction = STANCE_LOAD_UP;
  if (before == NULL || before->direction == STANCE_LOAD_PRELOAD)
    return;
  if (fabs(point->applied_n) < fabs(before->applied_n))
    point->direction = STANCE_LOAD_DOWN;
  else if (fabs(point->applied_n) == fabs(before->applied_n))
    point->direction = before->direction;
  else if (before->direction == STANCE_LOAD_DOWN)
    point->repeat++;
}

static enum stance_status read_order(const struct reader *reader,
                                     const struct stance_sheet_row *row,
                                     struct stance_calibration_point *point,
                                     struct stance_problem *problem)
{
  static const char *const names[] = {"up", "down", "preload", "hold"}; /* as the enum */
  stance_calibration_points_infer(reader->count > 0 ? &reader->row[reader->count - 1].point : NULL,
                                  point);
  if (has(reader, DIRECTION) && row->cell[reader->column[DIRECTION]][0] != '\0') {
    const char *name = row->cell[reader->column[DIRECTION]];
    size_t k = 0;
    while (k < sizeof names / sizeof *names && strcmp(name, names[k]) != 0)
      k++;
    if (k == sizeof names / sizeof *names)
      return stance_problem_set(problem, STANCE_INPUT,
                                "%s:%zu: direction '%.40s' is none of up, down, preload and hold",
                                row->name, row->line, name);
    point->direction = (enum stance_load_direction)k;
  }
  if (!has(reader, REPEAT))
    return STANCE_OK;
  double repeat;
  enum stance_status status = read_number(reader, row, REPEAT, &repeat, problem);
  if (status == STANCE_OK && !(repeat >= 1 && repeat <= 1000 && repeat == floor(repeat)))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%zu: repeat is %g; repeats are counted from 1", row->name,
                              row->line, repeat);
  if (status == STANCE_OK)
    point->repeat = (unsigned)repeat;
  return status;
}

static enum stance_status visit(void *context, const struct stance_sheet_row *row,
                                struct stance_problem *problem)
{
  struct reader *reader = context;
  struct stance_point_row point = {0};
  double load;

  if (!reader->header_seen)
    return read_header(reader, row, problem);
  if (reader->count == STANCE_CALIBRATION_POINT_MAX)
    return stance_problem_set(problem, STANCE_INPUT, "%s:%zu: more than %d points", row->name,
                              row->line, STANCE_CALIBRATION_POINT_MAX);
  enum stance_status status =
      read_number(reader, row, has(reader, LOAD) ? LOAD : MASS, &load, problem);
  if (status != STANCE_OK)
    return status;
  point.point.applied_n = has(reader, LOAD) ? load : load * reader->gravity_m_per_s2;
  status = read_reading(reader, row, &point, problem);
  if (status == STANCE_OK)
    status = read_order(reader, row, &point.point, problem);
  if (status == STANCE_OK)
    reader->row[reader->count++] = point;
  return status;
}

enum stance_status stance_calibration_points_read(const char *path, double gravity_m_per_s2,
                                                  struct stance_point_row *ret_rows,
                                                  size_t *ret_count, struct stance_problem *problem)
{
  struct reader reader = {.gravity_m_per_s2 = gravity_m_per_s2, .row = ret_rows};
  enum stance_status status = stance_sheet_read(path, visit, &reader, problem);
  if (status == STANCE_OK)
    *ret_count = reader.count;
  return status;
}
