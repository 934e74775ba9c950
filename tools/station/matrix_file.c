/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "matrix_file.h"

#include "sheet_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 8 };
static const char separators[] = " \t,;\r\n";

/* The numbers of one line; 0 for a comment or nothing. */
static enum stance_status read_row(const char *path, unsigned line, char *text, double *ret_number,
                                   size_t *ret_count, struct stance_problem *problem)
{
  size_t count = 0;
  text += strspn(text, separators);
  while (*text != '\0' && *text != '#') {
    char *end;
    const double number = strtod(text, &end);
    if (end == text || !isfinite(number) || (*end != '\0' && strchr(separators, *end) == NULL))
      return stance_problem_set(problem, STANCE_INPUT,
                                "%s:%u: '%.20s' is no number (decimals with a point)", path, line,
                                text);
    if (count == SIDE_MAX)
      return stance_problem_set(problem, STANCE_INPUT, "%s:%u: more than %d numbers in a row", path,
                                line, SIDE_MAX);
    ret_number[count++] = number;
    text = end + strspn(end, separators);
  }
  *ret_count = count;
  return STANCE_OK;
}

enum stance_status stance_matrix_file_read(const char *path, double *ret_number, size_t *ret_rows,
                                           size_t *ret_columns, struct stance_problem *problem)
{
  char text[1024];
  double number[SIDE_MAX * SIDE_MAX];
  size_t rows = 0, columns = 0;
  unsigned line = 0;
  enum stance_status status = STANCE_OK;
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return stance_problem_set(problem, STANCE_INPUT, "%s: cannot be read: %s", path,
                              strerror(errno));
  while (status == STANCE_OK && fgets(text, sizeof text, file) != NULL) {
    double row[SIDE_MAX];
    size_t count = 0;
    status = read_row(path, ++line, text, row, &count, problem);
    if (status != STANCE_OK || count == 0)
      continue;
    if (rows == SIDE_MAX || (rows > 0 && count != columns)) {
      status = stance_problem_set(problem, STANCE_INPUT,
                                  "%s:%u: a matrix has at most %d rows, all of the same length",
                                  path, line, SIDE_MAX);
      continue;
    }
    columns = count;
    memcpy(number + rows++ * columns, row, columns * sizeof *row);
  }
  fclose(file);
  if (status != STANCE_OK)
    return status;
  memcpy(ret_number, number, rows * columns * sizeof *number);
  *ret_rows = rows;
  *ret_columns = columns;
  return STANCE_OK;
}

struct reader {
  const struct stance_calibration *calibration;
  size_t load[STANCE_LOAD_COUNT], channel[STANCE_CHANNEL_COUNT_MAX]; /* columns */
  bool header_seen;
  struct stance_plate_point *point;
  size_t count;
};

static enum stance_status read_header(struct reader *reader, const struct stance_sheet_row *row,
                                      struct stance_problem *problem)
{
  static const char *const loads[STANCE_LOAD_COUNT] = {"fx", "fy", "fz", "mx", "my", "mz"};
  reader->header_seen = true;
  for (size_t k = 0; k < STANCE_LOAD_COUNT; k++)
    reader->load[k] = stance_sheet_column(row, loads[k]);
  for (size_t k = 0; k < reader->calibration->channel_count; k++) {
    const char *name = reader->calibration->channel[k].channel;
    reader->channel[k] = stance_sheet_column(row, name);
    if (reader->channel[k] == row->count)
      return stance_problem_set(problem, STANCE_INPUT,
                                "%s:%zu: the table has no column '%.60s' with that channel's "
                                "readings",
                                row->name, row->line, name);
  }
  return STANCE_OK;
}

static enum stance_status visit(void *context, const struct stance_sheet_row *row,
                                struct stance_problem *problem)
{
  struct reader *reader = context;
  struct stance_plate_point point = {0};
  enum stance_status status = STANCE_OK;
  if (!reader->header_seen)
    return read_header(reader, row, problem);
  if (reader->count == STANCE_KNOWN_LOAD_MAX)
    return stance_problem_set(problem, STANCE_INPUT, "%s:%zu: more than %d known loads", row->name,
                              row->line, STANCE_KNOWN_LOAD_MAX);
  for (size_t k = 0; k < STANCE_LOAD_COUNT && status == STANCE_OK; k++)
    if (reader->load[k] < row->count)
      status = stance_sheet_number(row, reader->load[k], &point.load[k], problem);
  for (size_t k = 0; k < reader->calibration->channel_count && status == STANCE_OK; k++) {
    const struct stance_calibration_channel *channel = &reader->calibration->channel[k];
    double raw = 0;
    status = stance_sheet_number(row, reader->channel[k], &raw, problem);
    point.value[k] = channel->polarity * channel->slope_n_per_unit * (raw - channel->zero_raw);
  }
  if (status == STANCE_OK)
    reader->point[reader->count++] = point;
  return status;
}

enum stance_status stance_known_loads_read(const char *path,
                                           const struct stance_calibration *calibration,
                                           struct stance_plate_point *ret_points, size_t *ret_count,
                                           struct stance_problem *problem)
{
  struct reader reader = {.calibration = calibration, .point = ret_points};
  enum stance_status status = stance_sheet_read(path, visit, &reader, problem);
  if (status == STANCE_OK)
    *ret_count = reader.count;
  return status;
}
