/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stance_decimal_read against strtod, bit for bit, and what it refuses. */
#include "decimal.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(void)
{
  uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static size_t below(size_t limit)
{
  return (size_t)(next_random() % limit);
}

static void assert_reads_as_strtod(const char *text)
{
  struct stance_decimal number = {.value = -1};
  enum stance_decimal_kind kind = stance_decimal_read(text, strlen(text), '.', &number);
  double expected = strtod(text, NULL);
  if (isinf(expected)) {
    if (kind != STANCE_DECIMAL_TOO_LARGE)
      fail_msg("'%s' is not refused as too large", text);
    return;
  }
  if (kind != STANCE_DECIMAL_NUMBER || memcmp(&number.value, &expected, sizeof expected) != 0)
    fail_msg("'%s' reads as %a (kind %d), strtod says %a", text, number.value, (int)kind, expected);
}

static size_t add_digits(char *text, size_t count)
{
  for (size_t i = 0; i < count; ++i)
    text[i] = (char)('0' + below(10));
  return count;
}

/* Up to 25 digits with the point anywhere, an exponent in one of four, and among them all lengths
   and exponents at which the ways of conversion change. */
static void random_text(char *text)
{
  size_t n = 0;
  if (below(2) == 0)
    text[n++] = '-';
  size_t whole = below(13), fraction = below(13);
  if (whole + fraction == 0)
    whole = 1;
  n += add_digits(text + n, whole);
  if (fraction > 0 || below(4) == 0) {
    text[n++] = '.';
    n += add_digits(text + n, fraction);
  }
  if (below(4) == 0)
    n += (size_t)sprintf(text + n, "e%d", (int)below(60) - 30);
  text[n] = '\0';
}

static void random_decimals_match_strtod(void **context)
{
  (void)context;
  const char *seed = getenv("STANCE_SEED");
  state = seed != NULL ? strtoull(seed, NULL, 0) : 20240611;
  print_message("seed %" PRIu64 "\n", state);
  for (int i = 0; i < 1000000; ++i) {
    char text[80];
    random_text(text);
    assert_reads_as_strtod(text);
  }
}

/* Any bits at all, printed with as many digits as tell them apart, and with too few. */
static void random_bits_match_strtod(void **context)
{
  (void)context;
  state = 7;
  for (int i = 0; i < 200000; ++i) {
    uint64_t bits = next_random();
    double value;
    char text[64];
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
      continue;
    snprintf(text, sizeof text, "%.*g", (int)below(18) + 1, value);
    assert_reads_as_strtod(text);
    snprintf(text, sizeof text, "%.17g", ldexp(value / fabs(value), (int)below(40) - 10) * 1.1);
    assert_reads_as_strtod(text);
  }
}

/* Half-way cases: the midpoint of two neighbours, exactly and one digit beside it. */
static void ties_match_strtod(void **context)
{
  (void)context;
  state = 11;
  for (int i = 0; i < 100000; ++i) {
    uint64_t odd = (UINT64_C(1) << 53) + (next_random() >> 11 << 1) % (UINT64_C(1) << 53) + 1;
    char text[64];
    snprintf(text, sizeof text, "%" PRIu64, odd);
    assert_reads_as_strtod(text);
    snprintf(text, sizeof text, "%" PRIu64 ".%03d", odd, (int)below(3));
    assert_reads_as_strtod(text);
    snprintf(text, sizeof text, "%" PRIu64 "e-%d", odd, (int)below(25));
    assert_reads_as_strtod(text);
  }
}

static void edges_match_strtod(void **context)
{
  (void)context;
  static const char *const texts[] = {"0",
                                      "-0",
                                      "0.0",
                                      "-0.000",
                                      "00012",
                                      "1.",
                                      ".5",
                                      "-.5",
                                      "+3.25",
                                      "1e5",
                                      "1E+5",
                                      "1e-5",
                                      "9007199254740991",
                                      "9007199254740992",
                                      "9007199254740993",
                                      "9007199254740993.0",
                                      "9999999999999999999",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "0.00000000000000000000000000000000001",
                                      "123456789012345678901234567890",
                                      "1e22",
                                      "1e23",
                                      "9007199254740991e22",
                                      "9007199254740993e-22",
                                      "1e-22",
                                      "1e-23",
                                      "2.2250738585072011e-308",
                                      "4.9e-324",
                                      "2.4703282292062327e-324",
                                      "1e-400",
                                      "1.7976931348623157e308",
                                      "1.7976931348623159e308",
                                      "1e400",
                                      "-1e400",
                                      "1e99999999999",
                                      "0.1e-99999999999",
                                      "0e99999",
                                      "8.5",
                                      "0.30000000000000004",
                                      "100000000000000000000.5"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i)
    assert_reads_as_strtod(texts[i]);
}

static void comma_is_a_decimal_sign_where_asked(void **context)
{
  (void)context;
  struct stance_decimal number;
  assert_int_equal(stance_decimal_read("-17,34", 6, ',', &number), STANCE_DECIMAL_NUMBER);
  assert_true(number.value >= -17.34 && number.value <= -17.34);
  assert_int_equal(number.decimals, 2);
  const char *longer = "3,14159265358979323846264338327950288";
  assert_int_equal(stance_decimal_read(longer, strlen(longer), ',', &number),
                   STANCE_DECIMAL_NUMBER);
  assert_memory_equal(&number.value, &(double){3.14159265358979323846264338327950288}, 8);
}

static void decimals_say_what_was_printed(void **context)
{
  (void)context;
  static const struct {
    const char *text;
    int decimals;
  } rows[] = {{"12", 0}, {"0.001", 3}, {"7.", 0}, {"1.5e-3", 4}, {"2e3", -3}, {"1.50", 2}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    struct stance_decimal number;
    assert_int_equal(stance_decimal_read(rows[i].text, strlen(rows[i].text), '.', &number),
                     STANCE_DECIMAL_NUMBER);
    assert_int_equal(number.decimals, rows[i].decimals);
  }
}

static void other_texts_are_told_apart(void **context)
{
  (void)context;
  static const struct {
    const char *text;
    char point;
    enum stance_decimal_kind kind;
  } rows[] = {
      {"", '.', STANCE_DECIMAL_MISSING},
      {"   ", '.', STANCE_DECIMAL_MISSING},
      {"NaN", '.', STANCE_DECIMAL_MISSING},
      {"nan", '.', STANCE_DECIMAL_MISSING},
      {"N/A", '.', STANCE_DECIMAL_MISSING},
      {"#N/A", '.', STANCE_DECIMAL_MISSING},
      {"null", '.', STANCE_DECIMAL_MISSING},
      {"-1.#IND", '.', STANCE_DECIMAL_MISSING},
      {" 12.5 ", '.', STANCE_DECIMAL_NUMBER},
      {"\xe2\x88\x92"
       "12.5",
       '.', STANCE_DECIMAL_NUMBER},
      {"inf", '.', STANCE_DECIMAL_INFINITE},
      {"-Infinity", '.', STANCE_DECIMAL_INFINITE},
      {"1.#INF", '.', STANCE_DECIMAL_INFINITE},
      {"1e400", '.', STANCE_DECIMAL_TOO_LARGE},
      {"0x1A", '.', STANCE_DECIMAL_HEXADECIMAL},
      {"-0X1p3", '.', STANCE_DECIMAL_HEXADECIMAL},
      {"1,5", '.', STANCE_DECIMAL_OTHER_SIGN},
      {"1,234", '.', STANCE_DECIMAL_OTHER_SIGN},
      {"1.5", ',', STANCE_DECIMAL_OTHER_SIGN},
      {"1,234.5", '.', STANCE_DECIMAL_GROUPED},
      {"1.234,5", '.', STANCE_DECIMAL_GROUPED},
      {"1,234,567", '.', STANCE_DECIMAL_GROUPED},
      {"1.234.567", ',', STANCE_DECIMAL_GROUPED},
      {"1 234.5", '.', STANCE_DECIMAL_GROUPED},
      {"1'234", '.', STANCE_DECIMAL_GROUPED},
      {"12.3 N", '.', STANCE_DECIMAL_TEXT},
      {"12..3", '.', STANCE_DECIMAL_TEXT},
      {"--3", '.', STANCE_DECIMAL_TEXT},
      {"-", '.', STANCE_DECIMAL_TEXT},
      {".", '.', STANCE_DECIMAL_TEXT},
      {"e5", '.', STANCE_DECIMAL_TEXT},
      {"1e", '.', STANCE_DECIMAL_TEXT},
      {"1e+", '.', STANCE_DECIMAL_TEXT},
      {"2/20/2019 21:03", '.', STANCE_DECIMAL_TEXT},
      {"21:03:00.5", '.', STANCE_DECIMAL_TEXT},
      {"20.02.2019", '.', STANCE_DECIMAL_TEXT},
      {"0x", '.', STANCE_DECIMAL_TEXT},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    struct stance_decimal number;
    enum stance_decimal_kind kind =
        stance_decimal_read(rows[i].text, strlen(rows[i].text), rows[i].point, &number);
    if (kind != rows[i].kind)
      fail_msg("'%s' is of kind %d, not %d", rows[i].text, (int)kind, (int)rows[i].kind);
  }
}

static void missing_is_nan_and_failure_leaves_the_result(void **context)
{
  (void)context;
  struct stance_decimal number = {.value = 5, .decimals = 7};
  assert_int_equal(stance_decimal_read("x", 1, '.', &number), STANCE_DECIMAL_TEXT);
  assert_true(number.value >= 5 && number.value <= 5 && number.decimals == 7);
  assert_int_equal(stance_decimal_read(NULL, 0, '.', &number), STANCE_DECIMAL_MISSING);
  assert_true(isnan(number.value));
}

static void overlong_text_is_no_number(void **context)
{
  (void)context;
  static char text[5000];
  memset(text, '1', sizeof text);
  struct stance_decimal number;
  assert_int_equal(stance_decimal_read(text, sizeof text, '.', &number), STANCE_DECIMAL_TEXT);
  assert_int_equal(stance_decimal_read(text, 300, '.', &number), STANCE_DECIMAL_NUMBER);
  assert_int_equal(stance_decimal_read(text, 400, '.', &number), STANCE_DECIMAL_TOO_LARGE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_decimals_match_strtod),
      cmocka_unit_test(random_bits_match_strtod),
      cmocka_unit_test(ties_match_strtod),
      cmocka_unit_test(edges_match_strtod),
      cmocka_unit_test(comma_is_a_decimal_sign_where_asked),
      cmocka_unit_test(decimals_say_what_was_printed),
      cmocka_unit_test(other_texts_are_told_apart),
      cmocka_unit_test(missing_is_nan_and_failure_leaves_the_result),
      cmocka_unit_test(overlong_text_is_no_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
