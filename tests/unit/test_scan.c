/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The searches in lanes against the plain loops they replace, at every length and with holes. */
#include "scan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 70 };

static void fill(double *value, bool holes)
{
  for (int i = 0; i < COUNT; i++) {
    value[i] = (double)(rand() % 64) - 32; /* whole numbers: sums are exact in any order */
    if (holes && rand() % 5 == 0)
      value[i] = (double)NAN;
  }
}

static void check(const double *value, long first, long last, long width)
{
  double low = (double)INFINITY, high = -(double)INFINITY, rise = -(double)INFINITY, sum = 0;
  for (long i = first; i <= last; i++) {
    low = fmin(low, value[i]);
    high = fmax(high, value[i]);
    sum += value[i];
  }
  for (long i = first; i + width <= last; i++)
    rise = fmax(rise, value[i + width] - value[i]);
  assert_true(scan_lowest(value, first, last) == low);
  assert_true(scan_highest(value, first, last) == high);
  assert_true(scan_largest_rise(value, first, last - width, width) == rise);
  assert_true(scan_has_nan(value, first, last) == (isnan(sum) != 0));
  double squares = 0;
  for (long i = first; i <= last; i++)
    squares += (value[i] - 3) * (value[i] - 3);
  const struct scan_sums sums = scan_sums_about(value, first, last, 3);
  const double expected = sum - 3 * (double)(last - first + 1);
  assert_true(isnan(sum) ? isnan(sums.sum) && isnan(sums.squares)
                         : sums.sum == expected && sums.squares == squares);
  const double level = (double)(width * 4) - 16;
  long not_below = first, not_above = first, back = last;
  while (not_below <= last && value[not_below] < level)
    not_below++;
  while (not_above <= last && value[not_above] > level)
    not_above++;
  while (back >= first && value[back] > level)
    back--;
  assert_int_equal(scan_not_below(value, first, last, level), not_below);
  assert_int_equal(scan_not_above(value, first, last, level), not_above);
  assert_int_equal(scan_back_not_above(value, first, last, level), back);
  const double found = scan_sum(value, first, last);
  assert_true(found == sum || (isnan(found) != 0 && isnan(sum) != 0));
}

/* Runs that are longer than what is looked at together. */
static void searches_pass_what_is_not_it(void **state)
{
  (void)state;
  double value[COUNT];
  for (long place = 0; place < COUNT; place++) {
    for (int i = 0; i < COUNT; i++)
      value[i] = i == place ? (double)NAN : 1;
    for (long first = 0; first <= place; first++) {
      assert_int_equal(scan_not_below(value, first, COUNT - 1, 2), place);
      assert_int_equal(scan_not_above(value, first, COUNT - 1, 0), place);
      assert_int_equal(scan_back_not_above(value, 0, COUNT - 1 - first, 0),
                       place <= COUNT - 1 - first ? place : -1);
    }
    value[place] = 1;
    assert_int_equal(scan_not_below(value, place, COUNT - 1, 2), COUNT);
    assert_int_equal(scan_back_not_above(value, place, COUNT - 1, 0), place - 1);
  }
}

static void same_as_the_plain_loops(void **state)
{
  (void)state;
  srand(20240301); /* printed nowhere: the sequence is part of the test */
  double value[COUNT];
  for (int round = 0; round < 20; round++) {
    fill(value, round % 2 == 1);
    for (long first = 0; first < 20; first++)
      for (long last = first - 1; last < COUNT; last++)
        check(value, first, last, 1 + round % 7);
  }
}

static void infinity_is_no_number_to_sum(void **state)
{
  (void)state;
  double value[COUNT] = {0};
  value[40] = (double)INFINITY;
  assert_true(scan_has_nan(value, 0, COUNT - 1));
  assert_false(scan_has_nan(value, 0, 39));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_as_the_plain_loops),
      cmocka_unit_test(searches_pass_what_is_not_it),
      cmocka_unit_test(infinity_is_no_number_to_sum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
