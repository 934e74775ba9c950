/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"
#include "profile_fields.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool needs_escape(const char *text, size_t k, bool in_section)
{
  unsigned char byte = (unsigned char)text[k];
  bool at_edge = k == 0 || text[k + 1] == '\0';
  bool begins_comment = byte == ';' && (k == 0 || text[k - 1] == ' ');

  if (byte == '%') /* only where it would read as an escape */
    return isxdigit((unsigned char)text[k + 1]) && isxdigit((unsigned char)text[k + 2]);
  return iscntrl(byte) || (at_edge && byte == ' ') || begins_comment || (in_section && byte == ']');
}

/* `ret_text` holds three bytes for each of `text` and a terminator. */
static void escape(const char *text, bool in_section, char *ret_text)
{
  static const char digits[] = "0123456789ABCDEF";

  for (size_t k = 0; text[k] != '\0'; k++) {
    if (needs_escape(text, k, in_section)) {
      unsigned char byte = (unsigned char)text[k];
      *ret_text++ = '%';
      *ret_text++ = digits[byte >> 4];
      *ret_text++ = digits[byte & 15];
    } else {
      *ret_text++ = text[k];
    }
  }
  *ret_text = '\0';
}

/* A buffer that holds the longest profile: 7 texts and 6 a channel of at most 3 · 63 bytes, numbers
   of at most 25 bytes with keys of at most 26 (two of the profile, 24 a channel, 53 a plate),
   points of 80 bytes, and under 200 bytes of the rest a section. One allocation, so that nothing
   fails halfway. */
enum {
  TEXT_COUNT_MAX = 7 + 6 * STANCE_CHANNEL_COUNT_MAX,
  NUMBER_COUNT_MAX = 2 + 24 * STANCE_CHANNEL_COUNT_MAX + 53 * STANCE_CALIBRATION_PLATE_MAX,
  SECTION_COUNT_MAX = 2 + STANCE_CHANNEL_COUNT_MAX + STANCE_CALIBRATION_PLATE_MAX,
  PROFILE_TEXT_SIZE = TEXT_COUNT_MAX * 3 * 64 + NUMBER_COUNT_MAX * 56 +
                      STANCE_CALIBRATION_POINT_MAX * 80 + SECTION_COUNT_MAX * 200
};

struct text {
  char *bytes; /* PROFILE_TEXT_SIZE */
  size_t length;
};

STANCE_PRINTF(2, 3)
static void append(struct text *text, const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  int length =
      vsnprintf(text->bytes + text->length, PROFILE_TEXT_SIZE - text->length, format, arguments);
  va_end(arguments);
  assert(length >= 0 && (size_t)length < PROFILE_TEXT_SIZE - text->length);
  text->length += (size_t)length;
}

/* 17 significant digits always read back (IEEE 754); fewer often do. */
static void append_number(struct text *text, double number)
{
  char digits[32];

  for (int count = 15; count <= 17; count++) {
    snprintf(digits, sizeof digits, "%.*g", count, number);
    if (strtod(digits, NULL) == number)
      break;
  }
  append(text, " %s", digits);
}

static bool is_given(const struct field *field, const void *place)
{
  double number;
  unsigned count;

  switch (field->kind) {
  case FIELD_TEXT:
    return *(const char *)place != '\0';
  case FIELD_NUMBER:
  case FIELD_MEASURED:
    memcpy(&number, place, sizeof number);
    return number != 0.0 || signbit(number);
  case FIELD_YES_NO:
    return *(const bool *)place;
  default:
    memcpy(&count, place, sizeof count);
    return count != 0;
  }
}

static void append_text(struct text *text, const char *value)
{
  char escaped[3 * sizeof(((struct stance_calibration *)NULL)->id) + 1];

  escape(value, false, escaped);
  append(text, "%s%s", escaped[0] != '\0' ? " " : "", escaped);
}

/* An enum as its number: the compiler keeps it in an unsigned. */
static unsigned choice_at(const void *place)
{
  unsigned choice;
  static_assert(sizeof choice == sizeof(enum stance_plate_role), "an enum is an unsigned");
  memcpy(&choice, place, sizeof choice);
  return choice;
}

static void append_value(struct text *text, const struct field *field, const void *place)
{
  switch (field->kind) {
  case FIELD_TEXT:
    append_text(text, place);
    break;
  case FIELD_NUMBER:
  case FIELD_MEASURED:
    if (isnan(*(const double *)place))
      append(text, " none");
    else
      append_number(text, *(const double *)place);
    break;
  case FIELD_COUNT:
    append(text, " %u", *(const unsigned *)place);
    break;
  case FIELD_POLARITY:
    append(text, " %d", *(const int *)place);
    break;
  case FIELD_SIDE: {
    enum stance_side side = *(const enum stance_side *)place;
    append(text, " %s", side == STANCE_SIDE_NONE ? "none" : stance_side_name(side));
    break;
  }
  case FIELD_YES_NO:
    append(text, " %s", *(const bool *)place ? "yes" : "no");
    break;
  case FIELD_CHOICE:
    append(text, " %s", field->choices[choice_at(place)]);
    break;
  }
}

static void append_fields(struct text *text, const struct field_table *table, size_t first,
                          const void *structure)
{
  for (size_t k = first; k < table->count; k++) {
    const struct field *field = &table->field[k];
    const void *place = (const char *)structure + field->offset;
    if (field->presence == FIELD_GIVEN && !is_given(field, place))
      continue;
    append(text, "%s =", field->key);
    append_value(text, field, place);
    append(text, "\n");
  }
}

static void append_channel(struct text *text, const struct stance_calibration_channel *channel,
                           size_t number)
{
  char name[3 * sizeof channel->channel + 1];

  escape(channel->channel, true, name);
  bool fits = name[0] != '\0' && name[0] != '#' &&
              strlen(CHANNEL_PREFIX) + strlen(name) <= SECTION_LENGTH_MAX;
  if (fits)
    append(text, "[%s%s]\n", CHANNEL_PREFIX, name);
  else
    append(text, "[%s#%zu]\n", CHANNEL_PREFIX, number);
  if (!fits) { /* `name` is the first, and may be empty */
    append(text, "name =");
    append_text(text, channel->channel);
    append(text, "\n");
  }
  append_fields(text, &stance_channel_table, 1, channel);
}

static void append_points(struct text *text, const struct stance_calibration *calibration)
{
  if (calibration->point_count > 0)
    append(text, "[%s]\n", POINTS_SECTION);
  for (size_t k = 0; k < calibration->point_count; k++) {
    const struct stance_calibration_point *point = &calibration->point[k];
    append(text, "%zu = %u %u %s", k + 1, point->channel + 1, point->repeat,
           stance_direction_names[point->direction]);
    append_number(text, point->applied_n);
    append_number(text, point->raw);
    append(text, "\n");
  }
}

enum stance_status stance_calibration_export(const struct stance_calibration *calibration,
                                             char **ret_text)
{
  enum stance_status status = stance_calibration_validate(calibration, NULL);
  if (status != STANCE_OK)
    return status;

  struct text text = {.bytes = malloc(PROFILE_TEXT_SIZE)};
  if (text.bytes == NULL)
    return STANCE_MEMORY;
  append(&text, "[calibration]\n");
  append_fields(&text, &stance_profile_table, 0, calibration);
  for (size_t k = 0; k < calibration->channel_count; k++)
    append_channel(&text, &calibration->channel[k], k + 1);
  for (size_t k = 0; k < calibration->plate_count; k++) {
    append(&text, "[%s%zu]\n", PLATE_PREFIX, k + 1);
    append_fields(&text, &stance_plate_table, 0, &calibration->plate[k]);
  }
  append_points(&text, calibration);
  *ret_text = text.bytes;
  return STANCE_OK;
}
