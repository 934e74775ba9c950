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
  char *scratch;         /* one line with its runs of blanks made single */
  size_t scratch_capacity;
  bool in_quotes; /* while making blanks single */
};

struct line {
  const char *bytes;
  size_t length; /* without its end */
  size_t end;    /* bytes of CR, LF or CR LF: 0 at the end of the file */
};

static bool next_line(struct tokenizer *t, struct stance_csv_position *position, struct line *line)
{
  const struct stance_csv_text *text = t->text;
  if (position->offset >= text->length)
    return false;
  const char *start = text->bytes + position->offset;
  if (t->next_line_feed < position->offset) {
    const char *found = memchr(start, '\n', text->length - position->offset);
    t->next_line_feed = found != NULL ? (size_t)(found - text->bytes) : text->length;
  }
  size_t length = t->next_line_feed - position->offset;
  size_t end = t->next_line_feed < text->length;
  const char *carriage_return = memchr(start, '\r', length);
  if (carriage_return != NULL) {
    size_t before = (size_t)(carriage_return - start);
    end = before + 1 == length ? end + 1 : 1;
    length = before;
  }
  *line = (struct line){.bytes = start, .length = length, .end = end};
  /* The analyser takes the tokenizer's scratch, into which a line may point, for lost.
     NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
  position->offset += length + end;
  return true;
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

/* Runs of blanks outside quotes become one, those at either end none. */
static enum stance_status make_blanks_single(struct tokenizer *t, struct line *line)
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
  t->scratch[count] = '\n'; /* stands where the line's own end would */
  line->bytes = t->scratch;
  line->length = count;
  line->end = line->end > 0;
  return STANCE_OK;
}

static enum stance_status read_line(struct tokenizer *t, struct line *line,
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
  if (t->format->delimiter == ' ' && make_blanks_single(t, line) != STANCE_OK)
    return STANCE_MEMORY;
  events->in_record = true;
  enum stance_status status = feed(t, line->bytes, line->length + (line->end > 0), problem);
  if (status == STANCE_OK && events->in_record && line->end == 2)
    status = feed(t, line->bytes + line->length + 1, 1, problem);
  return status;
}

static enum stance_status read_lines(struct tokenizer *t, struct stance_csv_position *position,
                                     uint64_t line_limit, struct stance_problem *problem)
{
  struct stance_csv_events *events = t->events;
  struct stance_csv_position at = *position;
  uint64_t first = at.line;
  struct line line;
  while (!events->stop && at.line - first < line_limit && next_line(t, &at, &line)) {
    if (!events->in_record)
      events->start = *position;
    events->last_line = at.line;
    at.line += 1;
    enum stance_status status = read_line(t, &line, problem);
    if (status != STANCE_OK)
      return status; /* as above: NOLINT(clang-analyzer-unix.Malloc) */
    *position = at;
  }
  bool at_end = at.offset >= t->text->length;
  if (events->stop || !at_end || !events->in_record)
    return STANCE_OK;
  if (csv_fini(&t->parser, t->events->field, row_ended, t->events) == 0)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_INPUT,
                            "%s: line %llu: a quote that opens here is never closed", t->text->name,
                            (unsigned long long)events->start.line);
}

enum stance_status stance_csv_tokenize(const struct stance_csv_text *text,
                                       const struct stance_csv_format *format,
                                       struct stance_csv_position *position, uint64_t line_limit,
                                       struct stance_csv_events *events,
                                       struct stance_problem *problem)
{
  struct tokenizer t = {.text = text, .format = format, .events = events};
  const char *found = memchr(text->bytes + position->offset, '\n', text->length - position->offset);
  t.next_line_feed = found != NULL ? (size_t)(found - text->bytes) : text->length;
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
