/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owner of inih in calibration/. */
#include "profile.h"
#include "profile_fields.h"

#include <assert.h>
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
  int section_line;                /* line of the last "[…]" */
  int entered_line;                /* section_line of the section that keys were last read from */
  uint64_t seen;                   /* bit k: the section's k-th field was given */
  const struct field_table *table; /* of the section; NULL in [points] */
  void *structure;                 /* which it describes */
  bool profile_seen, points_seen;
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

/* A position or a number of things: plain digits. */
static bool parse_count(const char *text, unsigned *ret_count)
{
  if (text[0] == '\0' || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
    return false;
  *ret_count = (unsigned)strtoul(text, NULL, 10);
  return true;
}

/* The position of `text` in a list that ends with NULL. */
static bool parse_choice(const char *const *choices, const char *text, unsigned *ret_choice)
{
  for (unsigned k = 0; choices[k] != NULL; k++) {
    if (strcmp(text, choices[k]) == 0) {
      *ret_choice = k;
      return true;
    }
  }
  return false;
}

static void read_choice(struct reader *reader, const struct field *field, void *place,
                        const char *value)
{
  char known[96];
  size_t length = 0;
  unsigned choice;

  if (parse_choice(field->choices, value, &choice)) {
    static_assert(sizeof choice == sizeof(enum stance_plate_role), "an enum is an unsigned");
    memcpy(place, &choice, sizeof choice);
    return;
  }
  for (size_t k = 0; field->choices[k] != NULL && length < sizeof known; k++)
    length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", k > 0 ? ", " : "",
                               field->choices[k]);
  fail(reader, reader->line, "%s is '%.60s'; known are %s", field->key, value, known);
}

static void read_value(struct reader *reader, const struct field *field, const char *value)
{
  char *place = (char *)reader->structure + field->offset;

  switch (field->kind) {
  case FIELD_TEXT:
    if (!unescape(value, place, field->size))
      fail(reader, reader->line, "%s is longer than %zu bytes", field->key, field->size - 1);
    break;
  case FIELD_MEASURED:
    if (strcmp(value, "none") == 0) {
      *(double *)(void *)place = (double)NAN;
      break;
    }
    /* fall through */
  case FIELD_NUMBER:
    if (!parse_number(value, (double *)(void *)place))
      fail(reader, reader->line, "%s is '%.60s', which is no finite decimal number", field->key,
           value);
    break;
  case FIELD_COUNT:
    if (!parse_count(value, (unsigned *)(void *)place))
      fail(reader, reader->line, "%s is '%.60s'; it is a whole number", field->key, value);
    break;
  case FIELD_CHOICE:
    read_choice(reader, field, place, value);
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

/* "CHANNEL REPEAT DIRECTION NEWTONS RAW", under its number. */
static void read_point(struct reader *reader, const char *key, const char *value)
{
  struct stance_calibration *calibration = &reader->calibration;
  struct stance_calibration_point point = {0};
  char word[5][32];
  unsigned number, direction;

  if (!parse_count(key, &number) || number != calibration->point_count + 1)
    fail(reader, reader->line, "point '%.20s': points are numbered from 1, this is number %zu", key,
         calibration->point_count + 1);
  else if (calibration->point_count == STANCE_CALIBRATION_POINT_MAX)
    fail(reader, reader->line, "more than %d points", STANCE_CALIBRATION_POINT_MAX);
  else if (sscanf(value, "%31s %31s %31s %31s %31s", word[0], word[1], word[2], word[3], word[4]) !=
               5 ||
           !parse_count(word[0], &point.channel) || !parse_count(word[1], &point.repeat) ||
           !parse_choice(stance_direction_names, word[2], &direction) ||
           !parse_number(word[3], &point.applied_n) || !parse_number(word[4], &point.raw) ||
           point.channel == 0)
    fail(reader, reader->line,
         "'%.60s' is no point: CHANNEL REPEAT up|down|preload|hold NEWTONS RAW", value);
  else {
    point.channel--;
    point.direction = (enum stance_load_direction)direction;
    calibration->point[calibration->point_count++] = point;
  }
}

/* What the section that ends here should have said. */
static void close_section(struct reader *reader)
{
  if (reader->entered_line == 0 || reader->table == NULL)
    return;
  for (size_t k = 0; k < reader->table->count; k++)
    if (reader->table->field[k].presence == FIELD_REQUIRED &&
        (reader->seen & UINT64_C(1) << k) == 0)
      fail(reader, reader->entered_line, "this section lacks '%s'", reader->table->field[k].key);
}

static void open_channel(struct reader *reader, const char *name)
{
  struct stance_calibration *calibration = &reader->calibration;

  if (calibration->channel_count == STANCE_CHANNEL_COUNT_MAX) {
    fail(reader, reader->section_line, "more than %d channels", STANCE_CHANNEL_COUNT_MAX);
    return;
  }
  struct stance_calibration_channel *channel = &calibration->channel[calibration->channel_count++];
  reader->table = &stance_channel_table;
  reader->structure = channel;
  /* "#1" stands for a name that does not fit here and follows as a key. */
  if (name[0] != '#' && !unescape(name, channel->channel, sizeof channel->channel))
    fail(reader, reader->section_line, "the channel's name is too long");
}

static void open_plate(struct reader *reader, const char *name)
{
  struct stance_calibration *calibration = &reader->calibration;
  unsigned number;

  if (!parse_count(name, &number) || number != calibration->plate_count + 1) {
    fail(reader, reader->section_line, "plates are numbered from 1, this is [plate %zu]",
         calibration->plate_count + 1);
  } else if (calibration->plate_count == STANCE_CALIBRATION_PLATE_MAX) {
    fail(reader, reader->section_line, "more than %d plates", STANCE_CALIBRATION_PLATE_MAX);
  } else {
    reader->table = &stance_plate_table;
    reader->structure = &calibration->plate[calibration->plate_count++];
  }
}

static void open_section(struct reader *reader, const char *section)
{
  close_section(reader);
  reader->entered_line = reader->section_line;
  reader->seen = 0;
  if (strcmp(section, "calibration") == 0) {
    if (reader->profile_seen)
      fail(reader, reader->section_line, "[calibration] stands once, at the start");
    reader->profile_seen = true;
    reader->table = &stance_profile_table;
    reader->structure = &reader->calibration;
    return;
  }
  const bool is_channel = strncmp(section, CHANNEL_PREFIX, strlen(CHANNEL_PREFIX)) == 0;
  const bool is_plate = strncmp(section, PLATE_PREFIX, strlen(PLATE_PREFIX)) == 0;
  const bool is_points = strcmp(section, POINTS_SECTION) == 0;
  if (!is_channel && !is_plate && !is_points) {
    fail(reader, reader->section_line,
         "section [%s]: known are [calibration], [channel NAME], [plate NUMBER] and [points]",
         section);
  } else if (!reader->profile_seen) {
    fail(reader, reader->section_line, "[calibration] comes first");
  } else if (is_channel) {
    open_channel(reader, section + strlen(CHANNEL_PREFIX));
  } else if (is_plate) {
    open_plate(reader, section + strlen(PLATE_PREFIX));
  } else {
    if (reader->points_seen)
      fail(reader, reader->section_line, "[points] stands once");
    reader->points_seen = true;
    reader->table = NULL;
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
  if (reader->table == NULL) {
    read_point(reader, key, value);
    return reader->status == STANCE_OK;
  }
  for (size_t k = 0; k < reader->table->count; k++) {
    const struct field *field = &reader->table->field[k];
    if (strcmp(key, field->key) != 0)
      continue;
    if ((reader->seen & UINT64_C(1) << k) != 0)
      fail(reader, reader->line, "'%s' is given twice", key);
    reader->seen |= UINT64_C(1) << k;
    read_value(reader, field, value);
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
