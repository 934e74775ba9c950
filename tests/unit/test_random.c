/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The generators against their published sequences, the deviates against their distribution. */
#include "random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Reference output of splitmix64.c (Vigna) for the seed 1234567. */
static void test_splitmix_gives_the_published_sequence(void **state)
{
  static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                      UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                      UINT64_C(16408922859458223821)};
  uint64_t seed = 1234567;
  (void)state;
  for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++)
    assert_int_equal(stance_random_splitmix(&seed), expected[k]);
}

/* Reference output of xoshiro256plusplus.c (Blackman & Vigna) for the state 1, 2, 3, 4. */
static void test_xoshiro_gives_the_published_sequence(void **state)
{
  static const uint64_t expected[] = {UINT64_C(41943041),
                                      UINT64_C(58720359),
                                      UINT64_C(3588806011781223),
                                      UINT64_C(3591011842654386),
                                      UINT64_C(9228616714210784205),
                                      UINT64_C(9973669472204895162),
                                      UINT64_C(14011001112246962877),
                                      UINT64_C(12406186145184390807),
                                      UINT64_C(15849039046786891736),
                                      UINT64_C(10450023813501588000)};
  struct stance_random random = {.state = {1, 2, 3, 4}};
  (void)state;
  for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++)
    assert_int_equal(stance_random_next(&random), expected[k]);
}

static void test_streams_of_one_seed_differ(void **state)
{
  struct stance_random a, b, again;
  int equal = 0;
  (void)state;
  stance_random_init(&a, 7, 1);
  stance_random_init(&b, 7, 2);
  stance_random_init(&again, 7, 1);
  for (int k = 0; k < 1000; k++) {
    const uint64_t value = stance_random_next(&a);
    equal += value == stance_random_next(&b);
    assert_int_equal(value, stance_random_next(&again));
  }
  assert_int_equal(equal, 0);
}

/* Limits are five standard errors of each moment: a seed that fails is a defect, not chance. */
static void test_normal_deviates_have_the_moments_of_a_normal(void **state)
{
  enum { COUNT = 1000000 };
  struct stance_random random;
  double sum = 0.0, squares = 0.0, fourths = 0.0;
  int beyond_three = 0;
  (void)state;
  stance_random_init(&random, 20240229, 0);
  for (int k = 0; k < COUNT; k++) {
    const double x = stance_random_normal(&random);
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
    beyond_three += fabs(x) > 3.0;
  }
  assert_true(fabs(sum / COUNT) < 5.0 / sqrt(COUNT));
  assert_true(fabs(squares / COUNT - 1.0) < 5.0 * sqrt(2.0 / COUNT));
  assert_true(fabs(fourths / COUNT - 3.0) < 5.0 * sqrt(96.0 / COUNT));
  /* P(|x| > 3) = 2.6998e-3 (SCIENCE 1.3: 1.35e-3 a tail) */
  assert_true(fabs(beyond_three - 2699.8) < 5.0 * sqrt(2699.8));
}

static void test_uniform_numbers_fill_the_interval(void **state)
{
  enum { COUNT = 100000, BINS = 10 };
  struct stance_random random;
  int bin[BINS] = {0};
  (void)state;
  stance_random_init(&random, 3, 0);
  for (int k = 0; k < COUNT; k++) {
    const double x = stance_random_uniform(&random);
    assert_true(x >= 0.0 && x < 1.0);
    bin[(int)(x * BINS)]++;
  }
  for (int k = 0; k < BINS; k++)
    assert_true(fabs(bin[k] - 10000.0) < 5.0 * sqrt(10000.0 * 0.9));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_splitmix_gives_the_published_sequence),
      cmocka_unit_test(test_xoshiro_gives_the_published_sequence),
      cmocka_unit_test(test_streams_of_one_seed_differ),
      cmocka_unit_test(test_normal_deviates_have_the_moments_of_a_normal),
      cmocka_unit_test(test_uniform_numbers_fill_the_interval),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
