/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_header.h"

#include "decimal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* The length of the UTF-8 sequence at `p`, 0 where it is none (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
  static const struct {
    unsigned char first_low, first_high, second_low, second_high;
    size_t length;
  } forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
               {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
               {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
               {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
  if (p[0] < 0x80)
    return 1;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; ++i) {
    if (p[0] < forms[i].first_low || p[0] > forms[i].first_high || left < forms[i].length)
      continue;
    bool valid = p[1] >= forms[i].second_low && p[1] <= forms[i].second_high;
    for (size_t k = 2; k < forms[i].length; ++k)
      valid = valid && (p[k] & 0xc0) == 0x80;
    return valid ? forms[i].length : 0;
  }
  return 0;
}

void stance_csv_name_clean(const char *text, size_t length, char *ret_name, size_t size)
{
  size_t used = 0;
  for (size_t i = 0; i < length;) {
    const unsigned char *p = (const unsigned char *)text + i;
    size_t step = utf8_length(p, length - i);
    if (used + (step > 0 ? step : 1) >= size)
      break;
    if (step > 1)
      memcpy(ret_name + used, p, step);
    else
      ret_name[used] = step == 0 ? '?' : p[0] < ' ' || p[0] == 0x7f ? ' ' : (char)p[0];
    used += step > 0 ? step : 1;
    i += step > 0 ? step : 1;
    if (used == 1 && ret_name[0] == ' ')
      used = 0;
  }
  while (used > 0 && ret_name[used - 1] == ' ')
    used -= 1;
  ret_name[used] = '\0';
}

/* "sampling rate", "Sample Frequency", "Abtastrate", "fs", "rate_hz": where one of them stands. */
static const char *find_rate_word(const char *text)
{
  static const char *const pairs[][2] = {{"sampl", "rate"},
                                         {"sampl", "freq"},
                                         {"abtast", "rate"},
                                         {"abtast", "freq"},
                                         {"acquisition", "rate"}};
  static const char *const words[] = {"rate_hz", "fs=", "fs:", "fs ", "sfreq"};
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; ++i) {
    const char *first = strcasestr(text, pairs[i][0]);
    const char *second = first != NULL ? strcasestr(first, pairs[i][1]) : NULL;
    if (second != NULL)
      return second + strlen(pairs[i][1]);
  }
  while (isspace((unsigned char)*text))
    ++text;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; ++i)
    if (strncasecmp(text, words[i], strlen(words[i])) == 0)
      return text + strlen(words[i]);
  return NULL;
}

/* With either decimal sign; "1,000" may be either and is no rate. */
static bool read_rate(const char *text, size_t length, struct stance_decimal *ret_rate)
{
  if (stance_decimal_read(text, length, '.', ret_rate) == STANCE_DECIMAL_NUMBER)
    return true;
  return stance_decimal_read(text, length, ',', ret_rate) == STANCE_DECIMAL_NUMBER &&
         ret_rate->decimals != 3;
}

double stance_csv_rate_in_text(const char *text)
{
  const char *p = find_rate_word(text);
  if (p == NULL)
    return (double)NAN;
  bool kilo = false;
  while (*p != '\0' && !isdigit((unsigned char)*p)) {
    kilo = kilo || strncasecmp(p, "kHz", 3) == 0;
    ++p;
  }
  size_t length = strspn(p, "0123456789.,eE");
  struct stance_decimal rate;
  if (length == 0 || !read_rate(p, length, &rate))
    return (double)NAN;
  p += length;
  kilo = kilo || strncasecmp(p + strspn(p, " "), "kHz", 3) == 0;
  double rate_hz = kilo ? 1e3 * rate.value : rate.value;
  return rate_hz > 0 && rate_hz <= 1e6 ? rate_hz : (double)NAN;
}
