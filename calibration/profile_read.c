/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owner of inih in calibration/. */
#include "profile.h"
#include "profile_fields.h"

#include <ctype.h>
#include <ini.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct reader {
  const char *name;
  const char *rest; /* of the text, from the next line */
  int line;
  int section_line; /* line of the last "[…]" */
  int entered_line; /* section_line of the section that keys were last read from */
  uint32_t seen;    /* bit k: the section's k-th field was given */
  bool profile_seen;
  struct stance_calibration calibration;
  enum stance_status status; /* of the first error */
  struct stance_problem *problem;
};

STANCE_PRINTF(3, 4)
static void fail(struct reader *reader, int line, const char *format, ...)
{
  char sentence[400];
  va_list arguments;

  if (reader->status != STANCE_OK)
    return;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  reader->status = stance_problem_set(reader->problem, STANCE_INPUT, "%.80s:%d: %s", reader->name,
                                      line, sentence);
}

static int hex_value(char digit)
{
  return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/* False where it does not fit, or holds an escaped NUL. */
static bool unescape(const char *text, char *ret_text, size_t size)
{
  size_t length = 0;

  while (*text != '\0') {
    char byte = *text++;
    if (byte == '%' && isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1])) {
      byte = (char)(hex_value(text[0]) << 4 | hex_value(text[1]));
      text += 2;
    }
    if (byte == '\0' || length + 1 >= size)
      return false;
    ret_text[length++] = byte;
  }
  ret_text[length] = '\0';
  return true;
}

/* Decimal and finite; nothing of strtod's hexadecimal, "inf", "nan" or leading blanks. */
static bool parse_number(const char *text, double *ret_number)
{
  char *end;

  if (text[0] == '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
    return false;
  double number = strtod(text, &end);
  if (*end != '\0' || !isfinite(number))
    return false;
  *ret_number = number;
  return true;
}

static bool parse_side(const char *text, enum stance_side *ret_side)
{
  if (strcmp(text, "none") == 0) {
    *ret_side = STANCE_SIDE_NONE;
    return true;
  }
  for (int side = STANCE_LEFT; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    if (strcmp(text, stance_side_name((enum stance_side)side)) == 0) {
      *ret_side = (enum stance_side)side;
      return true;
    }
  }
  return false;
}

static void read_value(struct reader *reader, const struct field *field, void *structure,
                       const char *value)
{
  char *place = (char *)structure + field->offset;

  switch (field->kind) {
  case FIELD_TEXT:
    if (!unescape(value, place, field->size))
      fail(reader, reader->line, "%s is longer than %zu bytes", field->key, field->size - 1);
    break;
  case FIELD_NUMBER:
    if (!parse_number(value, (double *)(void *)place))
      fail(reader, reader->line, "%s is '%.60s', which is no finite decimal number", field->key,
           value);
    break;
  case FIELD_POLARITY:
    if (strcmp(value, "1") != 0 && strcmp(value, "-1") != 0)
      fail(reader, reader->line, "%s is '%.60s'; it is 1 or -1", field->key, value);
    else
      *(int *)(void *)place = value[0] == '-' ? -1 : 1;
    break;
  case FIELD_SIDE:
    if (!parse_side(value, (enum stance_side *)(void *)place))
      fail(reader, reader->line, "%s is '%.60s'; it is left, right, total or none", field->key,
           value);
    break;
  case FIELD_YES_NO:
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
      fail(reader, reader->line, "%s is '%.60s'; it is yes or no", field->key, value);
    else
      *(bool *)(void *)place = value[0] == 'y';
    break;
  }
}

/* What the section that ends here should have said. */
static void close_section(struct reader *reader)
{
  if (reader->entered_line == 0)
    return;
  const struct field_table *table =
      reader->calibration.channel_count > 0 ? &stance_channel_table : &stance_profile_table;
  for (size_t k = 0; k < table->count; k++)
    if (table->field[k].required && (reader->seen & UINT32_C(1) << k) == 0)
      fail(reader, reader->entered_line, "this section lacks '%s'", table->field[k].key);
}

static void open_section(struct reader *reader, const char *section)
{
  struct stance_calibration *calibration = &reader->calibration;

  close_section(reader);
  reader->entered_line = reader->section_line;
  reader->seen = 0;
  if (strcmp(section, "calibration") == 0) {
    if (reader->profile_seen)
      fail(reader, reader->section_line, "[calibration] stands once, at the start");
    reader->profile_seen = true;
    return;
  }
  if (strncmp(section, CHANNEL_PREFIX, strlen(CHANNEL_PREFIX)) != 0)
    fail(reader, reader->section_line, "section [%s]: known are [calibration] and [channel NAME]",
         section);
  else if (!reader->profile_seen)
    fail(reader, reader->section_line, "[calibration] comes before the channels");
  else if (calibration->channel_count == STANCE_CHANNEL_COUNT_MAX)
    fail(reader, reader->section_line, "more than %d channels", STANCE_CHANNEL_COUNT_MAX);
  else {
    struct stance_calibration_channel *channel =
        &calibration->channel[calibration->channel_count++];
    const char *name = section + strlen(CHANNEL_PREFIX);
    /* "#1" stands for a name that does not fit here and follows as a key. */
    if (name[0] != '#' && !unescape(name, channel->channel, sizeof channel->channel))
      fail(reader, reader->section_line, "the channel's name is too long");
  }
}

static int handle_key(void *user, const char *section, const char *key, const char *value)
{
  struct reader *reader = user;

  if (reader->status != STANCE_OK)
    return 0;
  if (reader->section_line == 0) {
    fail(reader, reader->line, "'%.60s' stands before the first section", key);
    return 0;
  }
  if (reader->entered_line != reader->section_line)
    open_section(reader, section);
  if (reader->status != STANCE_OK)
    return 0;

  bool in_channel = reader->calibration.channel_count > 0;
  const struct field_table *table = in_channel ? &stance_channel_table : &stance_profile_table;
  void *structure =
      in_channel ? (void *)&reader->calibration.channel[reader->calibration.channel_count - 1]
                 : (void *)&reader->calibration;
  for (size_t k = 0; k < table->count; k++) {
    if (strcmp(key, table->field[k].key) != 0)
      continue;
    if ((reader->seen & UINT32_C(1) << k) != 0)
      fail(reader, reader->line, "'%s' is given twice", key);
    reader->seen |= UINT32_C(1) << k;
    read_value(reader, &table->field[k], structure, value);
    return reader->status == STANCE_OK;
  }
  fail(reader, reader->line, "unknown key '%.60s' in [%s]", key, section);
  return 0;
}

/* Gives inih one line at a time, because the packaged inih does not tell its handler the line. */
static char *read_line(char *buffer, int size, void *user)
{
  struct reader *reader = user;

  if (*reader->rest == '\0')
    return NULL;
  reader->line++;
  size_t length = strcspn(reader->rest, "\n");
  const char *line = reader->rest;
  reader->rest += length + (line[length] == '\n' ? 1 : 0);
  if (length > (size_t)size - 1) {
    fail(reader, reader->line, "this line is longer than %d bytes", size - 1);
    length = (size_t)size - 1;
  }
  memcpy(buffer, line, length);
  buffer[length] = '\0';

  const char *text = buffer + strspn(buffer, " \t\r");
  if (reader->line == 1 && strncmp(buffer, "\xef\xbb\xbf", 3) == 0) /* inih skips it too */
    text = buffer + 3;
  if (*text == '[') {
    if (reader->section_line != reader->entered_line)
      fail(reader, reader->section_line, "this section is empty");
    reader->section_line = reader->line;
    if (strcspn(text + 1, "]") > SECTION_LENGTH_MAX)
      fail(reader, reader->line,
           "a section's name has at most %d bytes; use [channel #1] and "
           "name = …",
           SECTION_LENGTH_MAX);
  }
  return buffer;
}

enum stance_status stance_calibration_import(const char *name, const char *text,
                                             struct stance_calibration *ret_calibration,
                                             struct stance_problem *problem)
{
  struct reader reader = {.name = name, .rest = text, .problem = problem};

  int bad_line = ini_parse_stream(read_line, &reader, handle_key, &reader);
  if (bad_line == -2) /* only an inih that was built to use the heap */
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  if (bad_line != 0)
    fail(&reader, bad_line, "this line is neither [section] nor key = value");
  if (reader.section_line != reader.entered_line)
    fail(&reader, reader.section_line, "this section is empty");
  close_section(&reader);
  if (!reader.profile_seen)
    fail(&reader, reader.line, "there is no [calibration] section");
  if (reader.status != STANCE_OK)
    return reader.status;

  struct stance_problem reason;
  enum stance_status status = stance_calibration_validate(&reader.calibration, &reason);
  if (status != STANCE_OK)
    return stance_problem_set(problem, status, "%.80s: %.400s", name, reason.text);
  *ret_calibration = reader.calibration;
  return STANCE_OK;
}
