/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads protocol files. The only file that knows inih. */
#include "stance/protocol.h"

#include "protocol_builtin.h"
#include "protocol_keys.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parser {
  const char *name;
  const char *next; /* rest of the text */
  unsigned line;    /* of the last line handed to inih, from 1 */
  bool indented;    /* that line starts with white space: it may continue the value before */
  unsigned error_line;
  struct protocol_draft draft;
  char section[64];
  char key[64];
  struct stance_problem *problem;
};

/* The first error stands; inih goes on after one, so that later ones are dropped here. */
STANCE_PRINTF(2, 3)
static void fail(struct parser *parser, const char *format, ...)
{
  if (parser->error_line != 0)
    return;
  parser->error_line = parser->line;
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  (void)stance_problem_set(parser->problem, STANCE_INPUT, "%s:%u: %s", parser->name, parser->line,
                           text);
}

/* Hands inih one line at a time and counts them: Debian's inih does not tell its handler where it
   stands, and would silently split a line that is longer than its buffer. */
static char *read_line(char *ret_line, int size, void *stream)
{
  struct parser *parser = stream;
  if (*parser->next == '\0' || parser->error_line != 0)
    return NULL;
  const size_t length = strcspn(parser->next, "\n");
  parser->line++;
  parser->indented = *parser->next == ' ' || *parser->next == '\t';
  if (length + 2 > (size_t)size) {
    fail(parser,
         "the line has %zu bytes, at most %d are allowed; a text may go on in the next "
         "line, indented",
         length, size - 2);
    return NULL;
  }
  memcpy(ret_line, parser->next, length);
  ret_line[length] = '\n';
  ret_line[length + 1] = '\0';
  parser->next += length + (parser->next[length] == '\n' ? 1 : 0);
  return ret_line;
}

static int handle(void *user, const char *section, const char *key, const char *value)
{
  struct parser *parser = user;
  if (parser->error_line != 0)
    return 0;
  const bool same_key = strcmp(section, parser->section) == 0 && strcmp(key, parser->key) == 0;
  const bool continues = parser->indented && same_key;
  snprintf(parser->section, sizeof parser->section, "%s", section);
  snprintf(parser->key, sizeof parser->key, "%s", key);
  struct stance_problem what = {""};
  if (protocol_draft_set(&parser->draft, section, key, value, continues, &what) == STANCE_OK)
    return 1;
  fail(parser, "%s", what.text);
  return 0;
}

enum stance_status stance_protocol_parse(const char *name, const char *text,
                                         struct stance_protocol *ret_protocol,
                                         struct stance_problem *problem)
{
  struct parser parser = {.name = name, .next = text, .problem = problem};
  protocol_draft_init(&parser.draft, name);
  const int first_bad_line = ini_parse_stream(read_line, &parser, handle, &parser);
  if (first_bad_line < 0)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", name);
  if (first_bad_line > 0 &&
      (parser.error_line == 0 || (unsigned)first_bad_line < parser.error_line))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s:%d: expected \"[section]\" or \"key = value\"", name,
                              first_bad_line);
  if (parser.error_line != 0)
    return STANCE_INPUT;
  struct stance_problem what;
  if (protocol_draft_finish(&parser.draft, ret_protocol, &what) != STANCE_OK)
    return stance_problem_set(problem, STANCE_INPUT, "%s: %s", name, what.text);
  return STANCE_OK;
}

const char *stance_protocol_builtin_text(size_t k, const char **ret_id)
{
  size_t count = 0;
  while (stance_protocol_files[count].id != NULL)
    count++;
  if (k >= count)
    return NULL;
  *ret_id = stance_protocol_files[k].id;
  return stance_protocol_files[k].text;
}

enum stance_status stance_protocol_builtin(const char *id, struct stance_protocol *ret_protocol,
                                           struct stance_problem *problem)
{
  char list[400] = "";
  size_t length = 0;
  for (const struct stance_protocol_file *file = stance_protocol_files; file->id != NULL; file++) {
    if (strcmp(file->id, id) == 0)
      return stance_protocol_parse(file->id, file->text, ret_protocol, problem);
    if (length < sizeof list)
      length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                 length > 0 ? ", " : "", file->id);
  }
  return stance_problem_set(problem, STANCE_USAGE,
                            "no built-in protocol is called \"%.48s\"; there are: %s", id, list);
}
