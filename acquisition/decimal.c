/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decimal.h"

#include <ctype.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__extension__ typedef unsigned __int128 wide;

/* 10^19 - 1 is the largest run of nines below 2^64. */
enum { MANTISSA_DIGITS_MAX = 19, EXACT_POWER_MAX = 22, WIDE_POWER_MAX = 19 };
/* Longer cells are not numbers that an instrument wrote. */
enum { TEXT_LENGTH_MAX = 1000 };

/* Every power of ten that binary64 holds exactly (5^22 < 2^53). */
static const double exact_power[EXACT_POWER_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint64_t whole_power[WIDE_POWER_MAX + 1] = {UINT64_C(1),
                                                         UINT64_C(10),
                                                         UINT64_C(100),
                                                         UINT64_C(1000),
                                                         UINT64_C(10000),
                                                         UINT64_C(100000),
                                                         UINT64_C(1000000),
                                                         UINT64_C(10000000),
                                                         UINT64_C(100000000),
                                                         UINT64_C(1000000000),
                                                         UINT64_C(10000000000),
                                                         UINT64_C(100000000000),
                                                         UINT64_C(1000000000000),
                                                         UINT64_C(10000000000000),
                                                         UINT64_C(100000000000000),
                                                         UINT64_C(1000000000000000),
                                                         UINT64_C(10000000000000000),
                                                         UINT64_C(100000000000000000),
                                                         UINT64_C(1000000000000000000),
                                                         UINT64_C(10000000000000000000)};

static bool is_digit(char c)
{
  return (unsigned char)(c - '0') < 10;
}

/* mantissa / 10^power in 128-bit integers: the quotient has at least 63 bits, its lowest bit is
   made to remember the remainder, so that the one conversion to binary64 rounds correctly. */
static double divide_exactly(uint64_t mantissa, int power)
{
  int shift = __builtin_clzll(mantissa);
  wide numerator = (wide)(mantissa << shift) << 64;
  wide quotient = numerator / whole_power[power];
  if (quotient * whole_power[power] != numerator)
    quotient |= 1;
  return ldexp((double)quotient, -64 - shift);
}

/* mantissa · 10^exponent where that can be had exactly rounded without a big number: with both
   factors exact in binary64 one operation rounds once (Clinger 1990, "How to read floating point
   numbers accurately"), else in 128-bit integers. */
static bool scale_exactly(uint64_t mantissa, int exponent, double *ret_value)
{
  if (mantissa < UINT64_C(1) << DBL_MANT_DIG) {
    if (exponent < -EXACT_POWER_MAX || exponent > EXACT_POWER_MAX)
      return false;
    *ret_value = exponent < 0 ? (double)mantissa / exact_power[-exponent]
                              : (double)mantissa * exact_power[exponent];
    return true;
  }
  if (exponent < -WIDE_POWER_MAX || exponent > WIDE_POWER_MAX)
    return false;
  *ret_value = exponent < 0 ? divide_exactly(mantissa, -exponent)
                            : (double)((wide)mantissa * whole_power[exponent]);
  return true;
}

static locale_t c_locale;

static void make_c_locale(void)
{
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The rare long one. `text` has been checked to be a number; only the decimal sign may differ. */
static double read_with_strtod(const char *text, size_t length, char point)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_c_locale);
  char copy[TEXT_LENGTH_MAX + 1];
  memcpy(copy, text, length);
  copy[length] = '\0';
  char *sign = memchr(copy, point, length);
  if (sign != NULL)
    *sign = '.';
  return strtod_l(copy, NULL, c_locale);
}

/* The parts of [+-]digits[point digits][(e|E)[+-]digits]. */
struct parts {
  bool negative;
  uint64_t mantissa;
  size_t digits; /* from the first that is not zero */
  size_t all_digits;
  int decimals;
  int exponent;
};

static const char *take_digits(const char *p, const char *end, struct parts *parts)
{
  for (; p < end && is_digit(*p); ++p) {
    parts->all_digits += 1;
    if (parts->digits > 0 || *p != '0')
      parts->digits += 1;
    if (parts->digits <= MANTISSA_DIGITS_MAX)
      parts->mantissa = parts->mantissa * 10 + (uint64_t)(*p - '0');
  }
  return p;
}

static const char *take_exponent(const char *p, const char *end, struct parts *parts)
{
  enum { EXPONENT_MAX = 99999 }; /* anything beyond is as infinite or as zero */
  const char *start = p++;
  bool negative = false;
  if (p < end && (*p == '+' || *p == '-'))
    negative = *p++ == '-';
  if (p == end || !is_digit(*p))
    return start;
  int exponent = 0;
  for (; p < end && is_digit(*p); ++p)
    if (exponent < EXPONENT_MAX)
      exponent = exponent * 10 + (*p - '0');
  parts->exponent = negative ? -exponent : exponent;
  return p;
}

/* Returns whether the whole text is a number. */
static bool take_apart(const char *text, size_t length, char point, struct parts *ret_parts)
{
  struct parts parts = {0};
  const char *p = text, *end = text + length;
  if (p < end && (*p == '+' || *p == '-'))
    parts.negative = *p++ == '-';
  p = take_digits(p, end, &parts);
  if (p < end && *p == point) {
    const char *fraction = ++p;
    p = take_digits(p, end, &parts);
    parts.decimals = (int)(p - fraction);
  }
  if (parts.all_digits == 0)
    return false;
  if (p < end && (*p == 'e' || *p == 'E'))
    p = take_exponent(p, end, &parts);
  *ret_parts = parts;
  return p == end;
}

static bool is_word(const char *text, size_t length, const char *const *words)
{
  for (; *words != NULL; ++words)
    if (strlen(*words) == length && strncasecmp(text, *words, length) == 0)
      return true;
  return false;
}

/* Digits in groups of three after a first group of one to three: "1,234", "1 234.5". */
static bool has_groups(const char *text, size_t length)
{
  const char *p = text, *end = text + length;
  if (p < end && (*p == '+' || *p == '-'))
    ++p;
  const char *first = p;
  while (p < end && is_digit(*p))
    ++p;
  if (p == first || p - first > 3 || *first == '0' || p == end || strchr(".,' ", *p) == NULL)
    return false;
  char separator = *p;
  size_t groups = 0;
  while (end - p >= 4 && *p == separator && is_digit(p[1]) && is_digit(p[2]) && is_digit(p[3])) {
    p += 4;
    groups += 1;
  }
  if (p < end && strchr(".,", *p) != NULL && *p != separator)
    for (++p; p < end && is_digit(*p); ++p)
      ;
  else if (groups == 1 && strchr(".,", separator) != NULL)
    return false; /* one group of three alone may as well be decimals */
  return groups > 0 && p == end;
}

static enum stance_decimal_kind explain(const char *text, size_t length, char point)
{
  /* "1.#IND" and its like are how older Microsoft libraries print them. */
  static const char *const missing[] = {"nan",     "na",        "n/a",     "#n/a",     "null",
                                        "-nan",    "+nan",      "1.#QNAN", "-1.#QNAN", "1.#IND",
                                        "-1.#IND", "-nan(ind)", NULL};
  static const char *const infinite[] = {"inf",       "+inf",   "-inf",    "infinity", "+infinity",
                                         "-infinity", "1.#INF", "-1.#INF", NULL};
  if (length == 0 || is_word(text, length, missing))
    return STANCE_DECIMAL_MISSING;
  if (is_word(text, length, infinite))
    return STANCE_DECIMAL_INFINITE;
  size_t sign = text[0] == '-' || text[0] == '+';
  if (length > sign + 2 && text[sign] == '0' && (text[sign + 1] | 0x20) == 'x')
    return STANCE_DECIMAL_HEXADECIMAL;
  if (has_groups(text, length))
    return STANCE_DECIMAL_GROUPED;
  struct parts parts;
  if (take_apart(text, length, point == '.' ? ',' : '.', &parts))
    return STANCE_DECIMAL_OTHER_SIGN;
  return STANCE_DECIMAL_TEXT;
}

/* What is not plain [+-]digits[.digits] of at most nineteen digits. */
static enum stance_decimal_kind read_slowly(const char *text, size_t length, char point,
                                            struct stance_decimal *ret_decimal)
{
  while (length > 0 && isspace((unsigned char)text[0])) {
    text += 1;
    length -= 1;
  }
  while (length > 0 && isspace((unsigned char)text[length - 1]))
    length -= 1;
  char ascii[TEXT_LENGTH_MAX];
  if (length > 3 && length < TEXT_LENGTH_MAX && memcmp(text, "\xe2\x88\x92", 3) == 0) {
    /* U+2212, the typographic minus that some programs export */
    ascii[0] = '-';
    memcpy(ascii + 1, text + 3, length - 3);
    text = ascii;
    length -= 2;
  }
  struct parts parts;
  if (length > TEXT_LENGTH_MAX)
    return STANCE_DECIMAL_TEXT;
  if (!take_apart(text, length, point, &parts)) {
    enum stance_decimal_kind kind = explain(text, length, point);
    if (kind == STANCE_DECIMAL_MISSING)
      *ret_decimal = (struct stance_decimal){.value = (double)NAN};
    return kind;
  }
  double magnitude;
  if (parts.digits > MANTISSA_DIGITS_MAX ||
      !scale_exactly(parts.mantissa, parts.exponent - parts.decimals, &magnitude))
    magnitude = fabs(read_with_strtod(text, length, point));
  if (isinf(magnitude))
    return STANCE_DECIMAL_TOO_LARGE;
  *ret_decimal = (struct stance_decimal){.value = parts.negative ? -magnitude : magnitude,
                                         .decimals = parts.decimals - parts.exponent};
  return STANCE_DECIMAL_NUMBER;
}

/* The common case, [-]digits[point digits] with both factors exact in binary64. One character at a
   time on purpose: libcsv has just stored them one by one, and wider loads would wait for those
   stores to reach the cache (measured: 20 ns a number instead of 9). */
static bool read_short(const char *text, size_t length, char point,
                       struct stance_decimal *ret_decimal)
{
  enum { EXACT_DIGITS = 15 }; /* 10^15 < 2^53 */
  const char *p = text, *end = text + length;
  bool negative = p < end && *p == '-';
  p += negative;
  if (end - p > EXACT_DIGITS + 1 || p == end)
    return false;
  uint64_t mantissa = 0;
  const char *whole = p;
  for (; p < end && is_digit(*p); ++p)
    mantissa = mantissa * 10 + (uint64_t)(*p - '0');
  ptrdiff_t decimals = 0;
  if (p < end && *p == point) {
    const char *fraction = ++p;
    for (; p < end && is_digit(*p); ++p)
      mantissa = mantissa * 10 + (uint64_t)(*p - '0');
    decimals = p - fraction;
  }
  /* A lone point leaves no digits; sixteen digits leave no point, and the conversion rounds. */
  if (p != end || (p - whole == 1 && *whole == point))
    return false;
  double magnitude = (double)(int64_t)mantissa / exact_power[decimals];
  ret_decimal->value = negative ? -magnitude : magnitude;
  ret_decimal->decimals = (int)decimals;
  return true;
}

enum stance_decimal_kind stance_decimal_read(const char *text, size_t length, char point,
                                             struct stance_decimal *ret_decimal)
{
  if (read_short(text, length, point, ret_decimal))
    return STANCE_DECIMAL_NUMBER;
  return read_slowly(text, length, point, ret_decimal);
}
