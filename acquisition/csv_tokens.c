/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The owner of libcsv for reading. Its codes end here. */
#include "csv_tokens.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

/* CSV_REPALL_NL is not needed: blank lines are seen here before libcsv gets them. */
enum { STRICT = CSV_STRICT | CSV_STRICT_FINI, LENIENT = CSV_STRICT_FINI };
/* libcsv grows its buffer by this much at a time; its own 128 bytes are slow on long fields. */
enum { FIELD_BUFFER_STEP = 4096 };

struct tokenizer {
  const struct stance_csv_text *text;
  const struct stance_csv_format *format;
  struct stance_csv_events *events;
  struct csv_parser parser;
  size_t next_line_feed; /* offset of the next LF at or after the position; length without one */
  size_t unquoted_until; /* no quotation mark stands from the position to here */
  char *scratch;         /* one line with its runs of blanks made single */
  size_t scratch_capacity;
  bool in_quotes; /* while making blanks single */
};

struct line {
  const char *bytes;
  size_t length; /* without its end */
  size_t end;    /* bytes of CR, LF or CR LF: 0 at the end of the file */
};

static size_t find_from(const struct stance_csv_text *text, size_t offset, char c)
{
  const char *found = memchr(text->bytes + offset, c, text->length - offset);
  return found != NULL ? (size_t)(found - text->bytes) : text->length;
}

/* The line that begins at `offset` and whose line feed, if any, is at `line_feed`. */
static struct line line_at(const struct stance_csv_text *text, size_t offset, size_t line_feed)
{
  const char *start = text->bytes + offset;
  size_t length = line_feed - offset, end = line_feed < text->length;
  if (text->plain_lines) {
    bool returns = end == 1 && length > 0 && start[length - 1] == '\r';
    return (struct line){start, length - returns, end + returns};
  }
  const char *carriage_return = memchr(start, '\r', length);
  if (carriage_return != NULL) {
    size_t before = (size_t)(carriage_return - start);
    end = before + 1 == length ? end + 1 : 1;
    length = before;
  }
  return (struct line){start, length, end};
}

/* There must be one. */
static struct line next_line(struct tokenizer *t, struct stance_csv_position *position)
{
  if (t->next_line_feed < position->offset)
    t->next_line_feed = find_from(t->text, position->offset, '\n');
  struct line line = line_at(t->text, position->offset, t->next_line_feed);
  position->offset += line.length + line.end;
  position->line += 1;
  return line;
}

/* In blocks whose count fits a byte: the compiler then compares a register of bytes at a time. */
size_t stance_csv_text_count(const struct stance_csv_text *text, size_t offset, char c)
{
  enum { BLOCK = 255 };
  size_t count = 0;
  while (offset < text->length) {
    size_t length = text->length - offset < BLOCK ? text->length - offset : BLOCK;
    uint8_t in_block = 0;
    for (size_t i = 0; i < length; ++i)
      in_block = (uint8_t)(in_block + (text->bytes[offset + i] == c));
    count += in_block;
    offset += length;
  }
  return count;
}

struct stance_csv_text stance_csv_text_look(const char *name, const char *bytes, size_t length)
{
  struct stance_csv_text text = {name, bytes, length, true};
  if (length == 0)
    return text;
  for (const char *p = bytes; (p = memchr(p, '\r', length - (size_t)(p - bytes))) != NULL; ++p)
    if (p + 1 == bytes + length || p[1] != '\n') {
      text.plain_lines = false;
      break;
    }
  return text;
}

struct stance_csv_position stance_csv_position_of_line(const struct stance_csv_text *text,
                                                       struct stance_csv_position known,
                                                       uint64_t line)
{
  if (known.line >= line)
    return known;
  struct tokenizer t = {.text = text, .next_line_feed = find_from(text, known.offset, '\n')};
  while (known.line < line && known.offset < text->length)
    next_line(&t, &known);
  return known;
}

static bool is_blank(const struct line *line, char delimiter)
{
  for (size_t i = 0; i < line->length; ++i)
    if (line->bytes[i] != ' ' && (line->bytes[i] != '\t' || delimiter == '\t'))
      return false;
  return true;
}

/* The text behind the mark of a comment, or NULL. */
static const char *comment_text(const struct line *line)
{
  const char *p = line->bytes, *end = p + line->length;
  while (p < end && (*p == ' ' || *p == '\t'))
    ++p;
  if (p < end && (*p == '#' || *p == '%'))
    return p + 1;
  if (end - p >= 2 && p[0] == '/' && p[1] == '/')
    return p + 2;
  return NULL;
}

static void row_ended(int character, void *data)
{
  (void)character;
  struct stance_csv_events *events = data;
  events->in_record = false;
  events->record(events);
  /* In a batch the next record is the next line; elsewhere both are set before it begins. */
  events->first_line += 1;
  events->last_line = events->first_line;
}

static enum stance_status quote_problem(const struct tokenizer *t, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s: line %llu: text stands after a closing quote; quotes inside a "
                            "quoted cell must be doubled",
                            t->text->name, (unsigned long long)t->events->last_line);
}

static enum stance_status feed(struct tokenizer *t, const char *bytes, size_t length,
                               struct stance_problem *problem)
{
  while (length > 0) {
    size_t used = csv_parse(&t->parser, bytes, length, t->events->field, row_ended, t->events);
    bytes += used;
    length -= used;
    if (length == 0)
      break;
    if (csv_error(&t->parser) != CSV_EPARSE)
      return STANCE_MEMORY;
    if (t->parser.quoted)
      return quote_problem(t, problem);
    /* A quote amid an unquoted cell (inches, seconds of arc) stands for itself. */
    csv_set_opts(&t->parser, LENIENT);
    if (csv_parse(&t->parser, bytes, 1, t->events->field, row_ended, t->events) != 1)
      return STANCE_MEMORY;
    csv_set_opts(&t->parser, STRICT);
    bytes += 1;
    length -= 1;
  }
  return STANCE_OK;
}

/* Writes the line to `scratch`: runs of blanks outside quotes become one, those at either end
   none, and a line feed ends it where an end was. */
static enum stance_status make_blanks_single(struct tokenizer *t, const struct line *line,
                                             size_t *ret_length)
{
  if (t->scratch_capacity < line->length + 2) {
    char *grown = realloc(t->scratch, 2 * (line->length + 2));
    if (grown == NULL)
      return STANCE_MEMORY;
    t->scratch = grown;
    t->scratch_capacity = 2 * (line->length + 2);
  }
  size_t count = 0;
  for (size_t i = 0; i < line->length; ++i) {
    char c = line->bytes[i];
    if (c == '"')
      t->in_quotes = !t->in_quotes;
    if (t->in_quotes || (c != ' ' && c != '\t'))
      t->scratch[count++] = c;
    else if (count > 0 && t->scratch[count - 1] != ' ')
      t->scratch[count++] = ' ';
  }
  if (!t->in_quotes && count > 0 && t->scratch[count - 1] == ' ')
    count -= 1;
  if (line->end > 0)
    t->scratch[count++] = '\n';
  *ret_length = count;
  return STANCE_OK;
}

static enum stance_status read_line(struct tokenizer *t, const struct line *line,
                                    struct stance_problem *problem)
{
  struct stance_csv_events *events = t->events;
  if (!events->in_record) {
    if (is_blank(line, t->format->delimiter)) {
      events->record(events);
      return STANCE_OK;
    }
    const char *comment = t->format->comments ? comment_text(line) : NULL;
    if (comment != NULL) {
      events->comment(events, comment, (size_t)(line->bytes + line->length - comment));
      return STANCE_OK;
    }
    t->in_quotes = false;
  }
  events->in_record = true;
  if (t->format->delimiter == ' ') {
    size_t length;
    enum stance_status status = make_blanks_single(t, line, &length);
    /* The analyser takes the scratch, which stance_csv_tokenize frees, for lost.
       NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    return status == STANCE_OK ? feed(t, t->scratch, length, problem) : status;
  }
  enum stance_status status = feed(t, line->bytes, line->length + (line->end > 0), problem);
  if (status == STANCE_OK && events->in_record && line->end == 2)
    status = feed(t, line->bytes + line->length + 1, 1, problem);
  return status;
}

/* Lines that are one record each, by their first character and by having no quotes: libcsv gets
   many of them in one call, which costs a third less than line by line. Zero where the line at
   `offset` may be something else. */
static size_t measure_batch(struct tokenizer *t, size_t offset, uint64_t line_limit)
{
  enum { BATCH_SIZE = 16384 }; /* small enough to stay in the cache for libcsv */
  const struct stance_csv_text *text = t->text;
  if (!text->plain_lines || t->format->delimiter == ' ')
    return 0;
  if (t->unquoted_until <= offset) {
    size_t look = text->length - offset < BATCH_SIZE ? text->length - offset : BATCH_SIZE;
    const char *quote = memchr(text->bytes + offset, '"', look);
    t->unquoted_until = quote != NULL ? (size_t)(quote - text->bytes) : offset + look;
  }
  size_t end = offset;
  for (uint64_t lines = 0; lines < line_limit && end < t->unquoted_until; ++lines) {
    char first = text->bytes[end];
    bool begins_record = (first >= '0' && first <= '9') || first == '-' || first == '+' ||
                         first == '.' || (first >= 'A' && first <= 'Z') ||
                         (first >= 'a' && first <= 'z');
    const char *feed =
        begins_record ? memchr(text->bytes + end, '\n', t->unquoted_until - end) : NULL;
    if (feed == NULL)
      break;
    end = (size_t)(feed - text->bytes) + 1;
  }
  return end - offset;
}

static enum stance_status finish_text(struct tokenizer *t, struct stance_problem *problem)
{
  if (csv_fini(&t->parser, t->events->field, row_ended, t->events) == 0)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s: line %llu: a quote that opens here is never closed", t->text->name,
                            (unsigned long long)t->events->first_line);
}

static enum stance_status read_lines(struct tokenizer *t, struct stance_csv_position *position,
                                     uint64_t line_limit, struct stance_problem *problem)
{
  struct stance_csv_events *events = t->events;
  uint64_t end_line =
      line_limit < UINT64_MAX - position->line ? position->line + line_limit : UINT64_MAX;
  while (!events->stop && position->line < end_line && position->offset < t->text->length) {
    if (!events->in_record) {
      events->anchor = *position;
      events->first_line = position->line;
    }
    events->last_line = position->line;
    enum stance_status status;
    size_t batch =
        events->in_record ? 0 : measure_batch(t, position->offset, end_line - position->line);
    if (batch > 0) {
      status = feed(t, t->text->bytes + position->offset, batch, problem);
      position->offset += batch;
      position->line = events->first_line;
    } else {
      struct line line = next_line(t, position);
      status = read_line(t, &line, problem);
    }
    if (status != STANCE_OK)
      return status;
  }
  bool at_end = position->offset >= t->text->length;
  return !events->stop && at_end && events->in_record ? finish_text(t, problem) : STANCE_OK;
}

enum stance_status stance_csv_tokenize(const struct stance_csv_text *text,
                                       const struct stance_csv_format *format,
                                       struct stance_csv_position *position, uint64_t line_limit,
                                       struct stance_csv_events *events,
                                       struct stance_problem *problem)
{
  struct tokenizer t = {.text = text, .format = format, .events = events};
  t.next_line_feed = find_from(text, position->offset, '\n');
  events->stop = false;
  events->in_record = false;
  if (csv_init(&t.parser, STRICT) != 0)
    return STANCE_MEMORY;
  csv_set_delim(&t.parser, (unsigned char)format->delimiter);
  csv_set_blk_size(&t.parser, FIELD_BUFFER_STEP);
  enum stance_status status = read_lines(&t, position, line_limit, problem);
  csv_free(&t.parser);
  free(t.scratch);
  return status;
}
