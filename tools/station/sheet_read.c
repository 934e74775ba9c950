/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet_read.h"

#include "text.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* More than any layout of this program; a file with more is something else. */
enum { CELLS_MAX = 1024 };

struct reader {
  struct csv_parser parser;
  const char *path;
  stance_sheet_visit *visit;
  void *context;
  struct stance_problem *problem;
  enum stance_status status;
  struct stance_text bytes; /* the cells of the row, each terminated */
  size_t offset[CELLS_MAX];
  size_t count;
  size_t header_count; /* 0 before the header */
  size_t line, row_line;
  char delimiter;
};

static void fail(struct reader *reader, enum stance_status status, const char *what)
{
  if (reader->status == STANCE_OK)
    reader->status = stance_problem_set(reader->problem, status, "%s:%zu: %s", reader->path,
                                        reader->row_line, what);
}

static void take_cell(void *bytes, size_t length, void *context)
{
  struct reader *reader = context;
  const char *cell = bytes;
  if (reader->row_line == 0) /* lines that end in CR alone come as one */
    reader->row_line = ++reader->line;
  if (reader->count == CELLS_MAX) {
    fail(reader, STANCE_INPUT, "more than 1024 columns: this is no table of tests");
    return;
  }
  if (length > 0 && cell[0] == '\'') {
    cell++;
    length--;
  }
  reader->offset[reader->count++] = reader->bytes.length;
  stance_text_append(&reader->bytes, cell, length);
  stance_text_append(&reader->bytes, "", 1);
}

static void visit_row(struct reader *reader)
{
  const char *cell[CELLS_MAX];
  if (reader->bytes.failed) {
    fail(reader, STANCE_MEMORY, "out of memory");
    return;
  }
  if (reader->header_count > 0 && reader->count != reader->header_count) {
    reader->status = stance_problem_set(
        reader->problem, STANCE_INPUT,
        "%s:%zu:%zu: this row has %zu cells and the header %zu; add or remove "
        "what is too few or too many",
        reader->path, reader->row_line,
        (reader->count < reader->header_count ? reader->count : reader->header_count) + 1,
        reader->count, reader->header_count);
    return;
  }
  for (size_t k = 0; k < reader->count; k++)
    cell[k] = reader->bytes.bytes + reader->offset[k];
  const struct stance_sheet_row row = {
      .name = reader->path,
      .line = reader->row_line,
      .cell = cell,
      .count = reader->count,
      .decimal = reader->delimiter == ',' ? '.' : ',',
  };
  reader->header_count = reader->count;
  reader->status = reader->visit(reader->context, &row, reader->problem);
}

static void end_row(int terminator, void *context)
{
  struct reader *reader = context;
  (void)terminator;
  if (reader->status == STANCE_OK && reader->count > 0)
    visit_row(reader);
  reader->bytes.length = 0;
  reader->count = 0;
  reader->row_line = 0;
}

static size_t count_of(const char *line, size_t length, char c)
{
  size_t count = 0;
  for (size_t k = 0; k < length; k++)
    count += line[k] == c ? 1 : 0;
  return count;
}

static char delimiter_of(const char *header, size_t length)
{
  const size_t commas = count_of(header, length, ',');
  const size_t semicolons = count_of(header, length, ';');
  const size_t tabs = count_of(header, length, '\t');
  if (semicolons > commas && semicolons >= tabs)
    return ';';
  return tabs > commas ? '\t' : ',';
}

static bool is_blank(const char *line, size_t length)
{
  return strspn(line, " \t\r\n") >= length;
}

static void fail_parsing(struct reader *reader)
{
  if (csv_error(&reader->parser) == CSV_ENOMEM)
    fail(reader, STANCE_MEMORY, "out of memory");
  else
    fail(reader, STANCE_INPUT,
         "a quotation mark stands where none may be; double it inside quotes");
}

static void read_line(struct reader *reader, const char *line, size_t length)
{
  static const char byte_order_mark[] = "\xef\xbb\xbf";
  const size_t mark = sizeof byte_order_mark - 1;
  const bool between_rows = reader->row_line == 0;
  reader->line++;
  if (reader->line == 1 && length >= mark && memcmp(line, byte_order_mark, mark) == 0) {
    line += mark;
    length -= mark;
  }
  if (between_rows && is_blank(line, length))
    return;
  if (between_rows)
    reader->row_line = reader->line;
  if (reader->header_count == 0 && reader->delimiter == '\0') {
    reader->delimiter = delimiter_of(line, length);
    csv_set_delim(&reader->parser, (unsigned char)reader->delimiter);
  }
  if (memchr(line, '\0', length) != NULL)
    fail(reader, STANCE_INPUT, "a byte 0: this is no text");
  else if (csv_parse(&reader->parser, line, length, take_cell, end_row, reader) != length)
    fail_parsing(reader);
}

static void read_lines(struct reader *reader, FILE *file)
{
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  while (reader->status == STANCE_OK && (length = getline(&line, &capacity, file)) >= 0)
    read_line(reader, line, (size_t)length);
  if (reader->status == STANCE_OK && !feof(file)) /* the disk, or no memory for the line */
    reader->status =
        stance_problem_set(reader->problem, STANCE_INPUT, "%s: %s", reader->path, strerror(errno));
  free(line);
  if (reader->status == STANCE_OK && csv_fini(&reader->parser, take_cell, end_row, reader) != 0)
    fail(reader, STANCE_INPUT, "a quotation mark is opened here and never closed");
  if (reader->status == STANCE_OK && reader->header_count == 0)
    reader->status =
        stance_problem_set(reader->problem, STANCE_INPUT, "%s: the file is empty", reader->path);
}

/* Takes the file over. */
static enum stance_status read_table(const char *name, FILE *file, stance_sheet_visit *visit,
                                     void *context, struct stance_problem *problem)
{
  if (file == NULL)
    return stance_problem_set(problem, STANCE_INPUT, "%s: %s", name, strerror(errno));
  struct reader *reader = calloc(1, sizeof *reader);
  enum stance_status status = STANCE_MEMORY;
  if (reader != NULL && csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) == 0) {
    reader->path = name;
    reader->visit = visit;
    reader->context = context;
    reader->problem = problem;
    read_lines(reader, file);
    status = reader->status;
    csv_free(&reader->parser);
    stance_text_finish(&reader->bytes);
  } else {
    stance_problem_write(problem, "%s: out of memory", name);
  }
  free(reader);
  fclose(file);
  return status;
}

enum stance_status stance_sheet_read(const char *path, stance_sheet_visit *visit, void *context,
                                     struct stance_problem *problem)
{
  return read_table(path, fopen(path, "re"), visit, context, problem);
}

enum stance_status stance_sheet_read_text(const char *name, const char *text,
                                          stance_sheet_visit *visit, void *context,
                                          struct stance_problem *problem)
{
  /* fmemopen reads and does not write with "r": its parameter only is not const. */
  const union {
    const char *constant;
    char *plain;
  } bytes = {text};
  return read_table(name, fmemopen(bytes.plain, strlen(text) + (*text == '\0'), "r"), visit,
                    context, problem);
}

size_t stance_sheet_column(const struct stance_sheet_row *header, const char *name)
{
  size_t column = 0;
  while (column < header->count && strcasecmp(header->cell[column], name) != 0)
    column++;
  return column;
}

enum stance_status stance_sheet_number(const struct stance_sheet_row *row, size_t column,
                                       double *ret_value, struct stance_problem *problem)
{
  char text[64], *end = text;
  const char *cell = row->cell[column];
  if (cell[0] == '\0') {
    *ret_value = (double)NAN;
    return STANCE_OK;
  }
  snprintf(text, sizeof text, "%s", cell);
  char *comma = row->decimal == ',' ? strchr(text, ',') : NULL;
  if (comma != NULL)
    *comma = '.';
  /* Digits, sign, point and exponent only: strtod also takes nan, inf and hexadecimal. */
  double value = (double)NAN;
  if (strlen(cell) < sizeof text && text[strspn(text, "0123456789.eE+-")] == '\0')
    value = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(value))
    return stance_problem_set(problem, STANCE_INPUT, "%s:%zu:%zu: '%.40s' is no number", row->name,
                              row->line, column + 1, cell);
  *ret_value = value;
  return STANCE_OK;
}
