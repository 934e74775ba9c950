/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"
#include "profile_fields.h"

#include <assert.h>
#include <ctype.h>
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

/* A buffer that holds the longest profile: 4 + 8 · 3 texts of at most 3 · 63 bytes, and under 200
   bytes of keys and numbers a section. One allocation, so that nothing fails halfway. */
enum { PROFILE_TEXT_SIZE = (4 + 3 * STANCE_CHANNEL_COUNT_MAX) * 3 * 64 + 9 * 200 };

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

static void append_field(struct text *text, const struct field *field, const void *structure)
{
  const char *place = (const char *)structure + field->offset;
  char escaped[3 * sizeof(((struct stance_calibration *)NULL)->id) + 1];

  append(text, "%s =", field->key);
  switch (field->kind) {
  case FIELD_TEXT:
    escape(place, false, escaped);
    append(text, "%s%s", escaped[0] != '\0' ? " " : "", escaped);
    break;
  case FIELD_NUMBER:
    append_number(text, *(const double *)(const void *)place);
    break;
  case FIELD_POLARITY:
    append(text, " %d", *(const int *)(const void *)place);
    break;
  case FIELD_SIDE: {
    enum stance_side side = *(const enum stance_side *)(const void *)place;
    append(text, " %s", side == STANCE_SIDE_NONE ? "none" : stance_side_name(side));
    break;
  }
  case FIELD_YES_NO:
    append(text, " %s", *(const bool *)(const void *)place ? "yes" : "no");
    break;
  }
  append(text, "\n");
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
  for (size_t k = fits ? 1 : 0; k < stance_channel_table.count; k++) /* `name` is the first */
    append_field(text, &stance_channel_table.field[k], channel);
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
  for (size_t k = 0; k < stance_profile_table.count; k++)
    append_field(&text, &stance_profile_table.field[k], calibration);
  for (size_t k = 0; k < calibration->channel_count; k++)
    append_channel(&text, &calibration->channel[k], k + 1);
  *ret_text = text.bytes;
  return STANCE_OK;
}
