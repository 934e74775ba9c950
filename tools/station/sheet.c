/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet.h"

#include "number.h"

#include <assert.h>
#include <csv.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Length of the UTF-8 sequence at `s`, 0 where there is none: RFC 3629, section 4 (no overlong
   forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_length(const unsigned char *s)
{
  if (s[0] < 0x80)
    return 1;
  size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  if (s[0] < 0xc2 || s[0] > 0xf4)
    return 0;
  for (size_t k = 1; k < length; k++)
    if ((s[k] & 0xc0) != 0x80)
      return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
      (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return length;
}

void stance_text_utf8(struct stance_text *text, const char *value)
{
  const unsigned char *s = (const unsigned char *)value;
  while (*s != '\0') {
    size_t length = utf8_length(s);
    if (length == 0)
      stance_text_append(text, replacement, sizeof replacement - 1);
    else
      stance_text_append(text, (const char *)s, length);
    s += length == 0 ? 1 : length;
  }
}

void stance_sheet_begin(struct stance_sheet *sheet)
{
  if (sheet->locale)
    stance_text_string(sheet->text, "\xef\xbb\xbf");
}

static void begin_cell(struct stance_sheet *sheet)
{
  if (sheet->cells++ > 0)
    stance_text_string(sheet->text, sheet->locale ? ";" : ",");
}

/* Quotes protect delimiters of either kind, so that a cell reads the same under both. */
static bool needs_quotes(const char *value, size_t length)
{
  return strpbrk(value, ",;\"\r\n\t") != NULL || value[0] == ' ' || value[length - 1] == ' ';
}

void stance_sheet_text(struct stance_sheet *sheet, const char *value)
{
  begin_cell(sheet);
  if (value == NULL || value[0] == '\0')
    return;
  struct stance_text clean = {0};
  if (strchr("=+-@'\t\r", value[0]) != NULL)
    stance_text_string(&clean, "'");
  stance_text_utf8(&clean, value);
  char *to = clean.bytes == NULL || clean.failed
                 ? NULL
                 : stance_text_reserve(sheet->text, 2 * clean.length + 2);
  if (to == NULL) {
    sheet->text->failed = true;
  } else if (needs_quotes(clean.bytes, clean.length)) {
    sheet->text->length += csv_write(to, 2 * clean.length + 2, clean.bytes, clean.length);
    sheet->text->bytes[sheet->text->length] = '\0';
  } else {
    stance_text_append(sheet->text, clean.bytes, clean.length);
  }
  stance_text_finish(&clean);
}

static void number_cell(struct stance_sheet *sheet, char *number, size_t length)
{
  begin_cell(sheet);
  char *point = sheet->locale ? memchr(number, '.', length) : NULL;
  if (point != NULL)
    *point = ',';
  stance_text_append(sheet->text, number, length);
}

void stance_sheet_fixed(struct stance_sheet *sheet, double value, int decimals)
{
  char number[STANCE_NUMBER_SIZE];
  number_cell(sheet, number, stance_number_fixed(value, decimals, number));
}

void stance_sheet_shortest(struct stance_sheet *sheet, double value)
{
  char number[STANCE_NUMBER_SIZE];
  number_cell(sheet, number, stance_number_shortest(value, number));
}

void stance_sheet_count(struct stance_sheet *sheet, uint64_t value)
{
  char number[STANCE_NUMBER_SIZE];
  number_cell(sheet, number, stance_number_unsigned(value, number));
}

void stance_sheet_empty(struct stance_sheet *sheet)
{
  begin_cell(sheet);
}

void stance_sheet_end_row(struct stance_sheet *sheet, size_t cells)
{
  assert(sheet->cells == cells);
  (void)cells;
  stance_text_string(sheet->text, sheet->locale ? "\r\n" : "\n");
  sheet->cells = 0;
}
