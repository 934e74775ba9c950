/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as text against printf and strtod. */
#include "number.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* xorshift64*, Vigna 2016: any even spread of bits will do here. */
static uint64_t random_bits(void)
{
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * UINT64_C(0x2545f4914f6cdd1d);
}

static void expect_like_printf(double value, int decimals)
{
  char ours[STANCE_NUMBER_SIZE], theirs[STANCE_NUMBER_SIZE];
  size_t length = stance_number_fixed(value, decimals, ours);
  snprintf(theirs, sizeof theirs, "%.*f", decimals, value);
  if (strcmp(ours, theirs) != 0 || length != strlen(theirs))
    fail_msg("%a with %d decimals: '%s', printf writes '%s'", value, decimals, ours, theirs);
}

static void fixed_equals_printf_on_edges(void **context)
{
  (void)context;
  const double edges[] = {
      0.0,     -0.0,      0.5,     1.5,     2.5,     0.25,   0.125,   0.375,
      0.0625,  0.0005,    0.0015,  0.0025,  0x1p-10, 3e-4,   5e-4,    0x1p-84,
      0x1p-85, 0x1p-32,   0x1p-31, 0x1p-30, 0.9995,  9.9995, 99.9995, 999.9995,
      0x1p52,  0x1p53,    0x1p63,  0x1p64,  1e15,    1e18,   1e22,    DBL_MAX,
      DBL_MIN, 0x1p-1074, 0.1,     0.7,     1e-9,    5e-10,  4999.5,  (double)INFINITY};
  for (size_t k = 0; k < sizeof edges / sizeof *edges; k++)
    for (int decimals = 0; decimals <= STANCE_NUMBER_DECIMALS_MAX; decimals++) {
      const double near[] = {edges[k], nextafter(edges[k], (double)INFINITY),
                             nextafter(edges[k], -1)};
      for (size_t n = 0; n < 3; n++) {
        expect_like_printf(near[n], decimals);
        expect_like_printf(-near[n], decimals);
      }
    }
}

/* Exact ties: k + 1/2 in the last place that is printed, representable in binary. */
static void fixed_rounds_ties_to_even(void **context)
{
  (void)context;
  for (int decimals = 0; decimals <= 9; decimals++)
    for (int k = 0; k < 20000; k++)
      expect_like_printf((2 * k + 1) * ldexp(1.0, -decimals - 1), decimals);
}

static void fixed_equals_printf_on_random_values(void **context)
{
  (void)context;
  printf("seed %#llx\n", (unsigned long long)state);
  for (int k = 0; k < 1000000; k++) {
    uint64_t bits = random_bits();
    double force_n = (double)(int64_t)(bits >> 11) * 0x1p-40 - 4096.0;
    expect_like_printf(force_n, (int)(bits % 10));
    double any;
    memcpy(&any, &bits, sizeof any);
    if (k % 10 == 0 && !isnan(any))
      expect_like_printf(any, 3);
  }
}

static void expect_reads_back(double value)
{
  char text[STANCE_NUMBER_SIZE], shorter[STANCE_NUMBER_SIZE];
  size_t length = stance_number_shortest(value, text);
  assert_int_equal(length, strlen(text));
  if (strtod(text, NULL) != value)
    fail_msg("%a: '%s' does not read back", value, text);
  size_t digits = 0;
  for (const char *c = text; *c != '\0' && *c != 'e'; c++)
    digits += *c >= '0' && *c <= '9' && (digits > 0 || *c != '0');
  if (strchr(text, '.') == NULL || digits < 2)
    return;
  snprintf(shorter, sizeof shorter, "%.*g", (int)digits - 1, value);
  if (strtod(shorter, NULL) == value)
    fail_msg("%a: '%s' is longer than '%s'", value, text, shorter);
}

static void shortest_reads_back(void **context)
{
  (void)context;
  printf("seed %#llx\n", (unsigned long long)state);
  for (int k = 0; k < 100000; k++) {
    uint64_t bits = random_bits();
    double any;
    memcpy(&any, &bits, sizeof any);
    if (isfinite(any))
      expect_reads_back(any);
    expect_reads_back((double)(bits >> 40) / 1000);
    expect_reads_back((double)(int64_t)(bits >> 11) * 0x1p-40 - 4096.0);
  }
}

static void shortest_known_texts(void **context)
{
  (void)context;
  const struct {
    double value;
    const char *text;
  } known[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {0.1, "0.1"},
      {100, "100"},
      {-2.5, "-2.5"},
      {1e-5, "0.00001"},
      {1.0 / 3, "0.3333333333333333"},
      {1e22, "1e+22"},
      {(double)NAN, ""},
      {0.1 + 0.2, "0.30000000000000004"},
      {1946.331524, "1946.331524"},
  };
  char text[STANCE_NUMBER_SIZE];
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    stance_number_shortest(known[k].value, text);
    assert_string_equal(text, known[k].text);
  }
  stance_number_unsigned(UINT64_MAX, text);
  assert_string_equal(text, "18446744073709551615");
  assert_int_equal(stance_number_fixed((double)NAN, 3, text), 0);
  assert_string_equal(text, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fixed_equals_printf_on_edges),
      cmocka_unit_test(fixed_rounds_ties_to_even),
      cmocka_unit_test(fixed_equals_printf_on_random_values),
      cmocka_unit_test(shortest_reads_back),
      cmocka_unit_test(shortest_known_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
