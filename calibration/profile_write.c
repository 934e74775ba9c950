/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"
#include "profile_fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool needs_escape(const char *text, size_t k, bool in_section)
{
  unsigned char byte = (unsigned char)text[k];
  bool at_edge = k == 0 || text[k + 1] == '\0';

  if (byte == '%') /* only where it would read as an escape */
    return isxdigit((unsigned char)text[k + 1]) && isxdigit((unsigned char)text[k + 2]);
  return iscntrl(byte) || (at_edge && byte == ' ') || byte == ';' || (in_section && byte == ']');
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

/* 17 significant digits always read back (IEEE 754); fewer often do. */
static void write_number(FILE *file, double number)
{
  char text[32];

  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number)
      break;
  }
  fputs(text, file);
}

static void write_field(FILE *file, const struct field *field, const void *structure)
{
  const char *place = (const char *)structure + field->offset;
  char text[3 * sizeof(((struct stance_calibration *)NULL)->id) + 1];

  fprintf(file, "%s =", field->key);
  switch (field->kind) {
  case FIELD_TEXT:
    escape(place, false, text);
    fprintf(file, "%s%s", text[0] != '\0' ? " " : "", text);
    break;
  case FIELD_NUMBER:
    fputc(' ', file);
    write_number(file, *(const double *)(const void *)place);
    break;
  case FIELD_POLARITY:
    fprintf(file, " %d", *(const int *)(const void *)place);
    break;
  case FIELD_SIDE: {
    enum stance_side side = *(const enum stance_side *)(const void *)place;
    fprintf(file, " %s", side == STANCE_SIDE_NONE ? "none" : stance_side_name(side));
    break;
  }
  case FIELD_YES_NO:
    fprintf(file, " %s", *(const bool *)(const void *)place ? "yes" : "no");
    break;
  }
  fputc('\n', file);
}

static void write_channel(FILE *file, const struct stance_calibration_channel *channel,
                          size_t number)
{
  char name[3 * sizeof channel->channel + 1];

  escape(channel->channel, true, name);
  bool fits = name[0] != '\0' && name[0] != '#' &&
              strlen(CHANNEL_PREFIX) + strlen(name) <= SECTION_LENGTH_MAX;
  if (fits)
    fprintf(file, "[%s%s]\n", CHANNEL_PREFIX, name);
  else
    fprintf(file, "[%s#%zu]\n", CHANNEL_PREFIX, number);
  for (size_t k = fits ? 1 : 0; k < stance_channel_table.count; k++) /* `name` is the first */
    write_field(file, &stance_channel_table.field[k], channel);
}

enum stance_status stance_calibration_export(const struct stance_calibration *calibration,
                                             char **ret_text)
{
  enum stance_status status = stance_calibration_validate(calibration, NULL);
  if (status != STANCE_OK)
    return status;

  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (file == NULL)
    return STANCE_MEMORY;
  fputs("[calibration]\n", file);
  for (size_t k = 0; k < stance_profile_table.count; k++)
    write_field(file, &stance_profile_table.field[k], calibration);
  for (size_t k = 0; k < calibration->channel_count; k++)
    write_channel(file, &calibration->channel[k], k + 1);
  bool failed = ferror(file) != 0;
  if (fclose(file) != 0 || failed) {
    free(text);
    return STANCE_MEMORY;
  }
  *ret_text = text;
  return STANCE_OK;
}
