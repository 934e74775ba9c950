/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/csv.h"

#include "csv_trials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Eight channels at 10 kHz for an hour print to 3 GB; more is a mistake. */
static const size_t FILE_SIZE_MAX = (size_t)4 << 30;

static bool begins_with(const struct stance_csv_text *text, const char *magic, size_t length)
{
  return text->length >= length && memcmp(text->bytes, magic, length) == 0;
}

/* Every second byte of the first ones is NUL: UTF-16 without a byte-order mark. */
static bool looks_like_utf16(const struct stance_csv_text *text)
{
  enum { LOOK = 16 };
  size_t even = 0, odd = 0;
  if (text->length < LOOK)
    return false;
  for (size_t i = 0; i < LOOK; ++i)
    *(i % 2 == 0 ? &even : &odd) += text->bytes[i] == '\0';
  return (even == LOOK / 2 && odd == 0) || (odd == LOOK / 2 && even == 0);
}

static enum stance_status check_kind(const struct stance_csv_text *text,
                                     struct stance_problem *problem)
{
  if (text->length == 0)
    return stance_problem_set(problem, STANCE_INPUT, "%s: the file is empty", text->name);
  if (begins_with(text, "PK\x03\x04", 4) || begins_with(text, "\xd0\xcf\x11\xe0", 4))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: this is a spreadsheet or zip file; open it and export the sheet "
                              "as CSV",
                              text->name);
  if (begins_with(text, "\xff\xfe", 2) || begins_with(text, "\xfe\xff", 2) ||
      looks_like_utf16(text))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: the text is in UTF-16; save it as UTF-8 (in Excel: 'CSV UTF-8')",
                              text->name);
  const char *nul = memchr(text->bytes, '\0', text->length);
  if (nul == NULL)
    return STANCE_OK;
  size_t line = 1;
  for (const char *p = text->bytes; p < nul; ++p)
    line += *p == '\n';
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s: line %zu holds a NUL byte: this is a binary or damaged file, not "
                            "a text",
                            text->name, line);
}

/* The chosen columns are meant as numbers, whatever the first rows hold. */
static enum stance_status expect_numbers(const struct stance_csv_text *text,
                                         const struct stance_csv_table *table,
                                         struct stance_csv_header *header,
                                         const struct stance_csv_choice *choice,
                                         struct stance_problem *problem)
{
  for (size_t i = 0; i <= choice->set_count; ++i) {
    bool time = i == choice->set_count;
    size_t count = time ? choice->time != STANCE_CSV_TIME_ABSENT : choice->set[i].count;
    for (size_t k = 0; k < count; ++k) {
      size_t column = time ? choice->time_column : choice->set[i].pick[k].column;
      const struct stance_csv_content *content = &table->content[column];
      if (content->numbers == 0 && content->texts > 0)
        return stance_problem_set(
            problem, STANCE_INPUT,
            "%s: line %llu: column #%zu '%.60s' holds text or dates, not "
            "numbers",
            text->name, (unsigned long long)table->window.record[table->first_row].start.line,
            column + 1, header->column[column].name);
      header->column[column].numeric = true;
    }
  }
  return STANCE_OK;
}

static enum stance_status parse_table(const struct stance_csv_context *context,
                                      const struct stance_csv_table *table,
                                      struct stance_csv_header *header,
                                      struct stance_csv_file *ret_file,
                                      struct stance_problem *problem)
{
  struct stance_csv_choice choice;
  enum stance_status status = stance_csv_choose(context, &choice, problem);
  if (status != STANCE_OK)
    return status;
  struct stance_csv_data data;
  status = expect_numbers(context->text, table, header, &choice, problem);
  if (status == STANCE_OK)
    status = stance_csv_load(context->text, table, header, &choice, &data, problem);
  if (status == STANCE_OK) {
    struct stance_csv_loaded loaded = {*context, &choice, &data};
    status = stance_csv_trials_build(&loaded, ret_file, problem);
    stance_csv_data_finish(&data);
  }
  stance_csv_choice_finish(&choice);
  return status;
}

static enum stance_status parse_text(const struct stance_csv_text *text,
                                     const struct stance_csv_options *options,
                                     struct stance_csv_file *ret_file,
                                     struct stance_problem *problem)
{
  enum stance_status status = check_kind(text, problem);
  if (status != STANCE_OK)
    return status;
  struct stance_csv_position start = {begins_with(text, "\xef\xbb\xbf", 3) ? 3 : 0, 1};
  struct stance_csv_table table;
  status = stance_csv_sniff(text, start, &table, problem);
  if (status != STANCE_OK)
    return status;
  struct stance_csv_header header;
  status = stance_csv_header_read(text, &table, &header, problem);
  if (status == STANCE_OK) {
    struct stance_csv_context context = {text, &header, options};
    status = parse_table(&context, &table, &header, ret_file, problem);
    if (status == STANCE_OK) {
      ret_file->findings.delimiter = table.column_count > 1 ? table.format.delimiter : '\0';
    }
    stance_csv_header_finish(&header);
  }
  stance_csv_table_finish(&table);
  return status;
}

enum stance_status stance_csv_parse(const char *name, const char *bytes, size_t length,
                                    const struct stance_csv_options *options,
                                    struct stance_csv_file *ret_file,
                                    struct stance_problem *problem)
{
  static const struct stance_csv_options nothing = {0};
  struct stance_csv_text text = stance_csv_text_look(name, bytes, length);
  enum stance_status status =
      parse_text(&text, options != NULL ? options : &nothing, ret_file, problem);
  if (status == STANCE_MEMORY)
    return stance_problem_set(problem, status, "%s: not enough memory to read it", name);
  return status;
}

static enum stance_status system_problem(const char *path, struct stance_problem *problem)
{
  char reason[128];
  return stance_problem_set(problem, STANCE_INPUT, "%s: cannot be read: %s", path,
                            strerror_r(errno, reason, sizeof reason));
}

/* Reads to the end, from files whose size is known and from pipes. */
static enum stance_status read_all(int file, const char *path, size_t expected, char **ret_bytes,
                                   size_t *ret_length, struct stance_problem *problem)
{
  size_t capacity = expected + 1, length = 0;
  char *bytes = malloc(capacity);
  if (bytes == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: not enough memory to read it", path);
  for (;;) {
    ssize_t got = read(file, bytes + length, capacity - length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      enum stance_status status = system_problem(path, problem);
      free(bytes);
      return status;
    }
    if (got == 0)
      break;
    length += (size_t)got;
    if (length < capacity)
      continue;
    capacity *= 2;
    char *grown = capacity <= 2 * FILE_SIZE_MAX ? realloc(bytes, capacity) : NULL;
    if (grown == NULL) {
      free(bytes);
      return stance_problem_set(problem, STANCE_MEMORY, "%s: not enough memory to read it", path);
    }
    bytes = grown;
  }
  *ret_bytes = bytes;
  *ret_length = length;
  return STANCE_OK;
}

static enum stance_status read_file(const char *path, char **ret_bytes, size_t *ret_length,
                                    struct stance_problem *problem)
{
  enum { PIPE_SIZE = 65536 };
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return system_problem(path, problem);
  struct stat about;
  enum stance_status status;
  if (fstat(file, &about) != 0)
    status = system_problem(path, problem);
  else if (S_ISDIR(about.st_mode))
    status = stance_problem_set(problem, STANCE_INPUT, "%s: this is a folder; name the files in it",
                                path);
  else if (S_ISREG(about.st_mode) && (size_t)about.st_size > FILE_SIZE_MAX)
    status = stance_problem_set(problem, STANCE_INPUT,
                                "%s: the file has %zu bytes, more than any recording", path,
                                (size_t)about.st_size);
  else
    status = read_all(file, path, S_ISREG(about.st_mode) ? (size_t)about.st_size : PIPE_SIZE,
                      ret_bytes, ret_length, problem);
  close(file);
  return status;
}

enum stance_status stance_csv_read(const char *path, const struct stance_csv_options *options,
                                   struct stance_csv_file *ret_file, struct stance_problem *problem)
{
  char *bytes;
  size_t length;
  enum stance_status status = read_file(path, &bytes, &length, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_csv_parse(path, bytes, length, options, ret_file, problem);
  free(bytes);
  return status;
}

void stance_csv_file_finish(struct stance_csv_file *file)
{
  for (size_t k = 0; k < file->trial_count; ++k)
    stance_raw_trace_finish(&file->trial[k].trace);
  free(file->trial);
  *file = (struct stance_csv_file){0};
}
