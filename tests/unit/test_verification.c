/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks of an instrument: what they find, what they do not resolve, and how often they are wrong.
 */
#include "stance/calibration.h"
#include "stance/verification.h"
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct stance_problem problem;

static double gaussian(uint64_t *state)
{
  /* Box & Muller 1958 */
  const double radius = sqrt(-2.0 * log(1.0 - fixture_random(state)));
  return radius * cos(2.0 * M_PI * fixture_random(state));
}

/* Tables of normal gravity on GRS 80 (Moritz 1980), from which WGS 84 differs by 1.5e-6 m/s2; the
   free-air gradient a kilometre up. */
static void gravity_is_that_of_the_place(void **state)
{
  (void)state;
  static const double table[][2] = {{0, 9.7803267715}, {45, 9.8061992033}, {90, 9.8321863685}};
  for (size_t k = 0; k < 3; k++) {
    assert_true(fabs(stance_gravity_at(table[k][0], 0) - table[k][1]) < 2e-6);
    assert_true(fabs(stance_gravity_at(-table[k][0], 0) - table[k][1]) < 2e-6);
    fixture_assert_close(stance_gravity_at(table[k][0], 0) - stance_gravity_at(table[k][0], 1000),
                         0.003086, 1e-9);
  }
}

static void a_verdict_needs_resolution(void **state)
{
  (void)state;
  assert_int_equal(stance_check_judge(0.4, 0.2, 0.5).verdict, STANCE_CHECK_PASSED);
  assert_int_equal(stance_check_judge(-0.6, 0.2, 0.5).verdict, STANCE_CHECK_FAILED);
  assert_int_equal(stance_check_judge(0.1, 0.6, 0.5).verdict, STANCE_CHECK_UNDECIDED);
  assert_int_equal(stance_check_judge(1.0, 0.6, 0.5).verdict, STANCE_CHECK_UNDECIDED);
  assert_int_equal(stance_check_judge(2.0, 0.6, 0.5).verdict, STANCE_CHECK_FAILED);
  assert_int_equal(stance_check_judge((double)NAN, 0.1, 0.5).verdict, STANCE_CHECK_FAILED);
  assert_int_equal(stance_check_judge(0, (double)NAN, 0.5).verdict, STANCE_CHECK_UNDECIDED);
}

static void a_reading_says_how_much_it_moved(void **state)
{
  (void)state;
  enum { COUNT = 2000 };
  static double force_n[COUNT];
  struct stance_still_reading reading;
  uint64_t seed = 3;
  for (size_t k = 0; k < COUNT; k++)
    force_n[k] = 196 + 0.5 * gaussian(&seed);
  assert_int_equal(stance_still_read(force_n, COUNT, &reading, &problem), STANCE_OK);
  assert_true(fabs(reading.mean - 196) < 0.05 && fabs(reading.sd - 0.5) < 0.03);
  /* 0.5/√2000 = 0.011; the range of ten means of 200: 3.08 SD of 0.035 */
  assert_true(reading.uncertainty > 0.004 && reading.uncertainty < 0.02);
  assert_true(reading.moved < 0.25);
  for (size_t k = 0; k < COUNT; k++)
    force_n[k] += 3.0 * (double)k / COUNT;
  assert_int_equal(stance_still_read(force_n, COUNT, &reading, &problem), STANCE_OK);
  assert_true(fabs(reading.moved - 2.7) < 0.2);
  assert_true(reading.uncertainty > 0.25);
  force_n[7] = (double)NAN;
  assert_int_equal(stance_still_read(force_n, COUNT, &reading, &problem), STANCE_INPUT);
  assert_int_equal(stance_still_read(force_n, 19, &reading, &problem), STANCE_INPUT);
}

/* A cell that reads 1.5 % too much; of the mass alone 0.2 % are not known. */
static void a_known_mass_finds_a_wrong_scale(void **state)
{
  (void)state;
  const double applied_n = 20 * 9.81;
  const struct stance_check_force empty = {3, 0.01};
  const struct stance_check_force wrong = {3 + 1.015 * applied_n, 0.01};
  const struct stance_check_force right = {3 + 0.997 * applied_n, 0.01};
  struct stance_check_result result;
  assert_int_equal(stance_check_mass(&wrong, 1, &empty, applied_n, 0.2, 1, &result, &problem),
                   STANCE_OK);
  fixture_assert_close(result.value, 1.5, 1e-9);
  assert_true(fabs(result.uncertainty - hypot(0.2, 200 * hypot(0.01, 0.01) / applied_n)) < 1e-9);
  assert_int_equal(result.verdict, STANCE_CHECK_FAILED);
  assert_int_equal(stance_check_mass(&right, 1, &empty, applied_n, 0.2, 1, &result, &problem),
                   STANCE_OK);
  assert_int_equal(result.verdict, STANCE_CHECK_PASSED);
  assert_int_equal(stance_check_mass(&right, 1, &empty, applied_n, 1.2, 1, &result, &problem),
                   STANCE_OK);
  assert_int_equal(result.verdict, STANCE_CHECK_UNDECIDED);
  assert_int_equal(stance_check_mass(&right, 1, &empty, 0, 0, 1, &result, &problem), STANCE_INPUT);
}

/* Three pairs of 200 N, each placing repeats to 0.1 %; `gain`: of right over left. */
static struct stance_check_result swap(double gain, uint64_t *seed)
{
  struct stance_check_force left[3], right[3];
  struct stance_check_result result;
  for (int k = 0; k < 3; k++) {
    left[k] = (struct stance_check_force){200 * (1 + 0.0005 * gaussian(seed)), 0.01};
    right[k] = (struct stance_check_force){200 * gain * (1 + 0.0005 * gaussian(seed)), 0.01};
  }
  assert_int_equal(stance_check_swap(left, right, 3, 0.5, &result, &problem), STANCE_OK);
  return result;
}

static void swap_finds_one_percent_and_spares_equal_cells(void **state)
{
  (void)state;
  enum { TRIALS = 2000 };
  uint64_t seed = 20261121;
  unsigned equal_failed = 0, equal_passed = 0, found = 0, missed = 0, covered = 0;
  for (int trial = 0; trial < TRIALS; trial++) {
    const struct stance_check_result equal = swap(1.0, &seed), mismatch = swap(1.01, &seed);
    equal_failed += equal.verdict == STANCE_CHECK_FAILED;
    equal_passed += equal.verdict == STANCE_CHECK_PASSED;
    found += mismatch.verdict == STANCE_CHECK_FAILED;
    missed += mismatch.verdict == STANCE_CHECK_PASSED;
    covered += fabs(mismatch.value - 100 * 0.01 / 1.005) <= mismatch.uncertainty;
  }
  print_message("equal: %u passed, %u failed; 1 %%: %u found, %u missed; covered %u of %d\n",
                equal_passed, equal_failed, found, missed, covered, TRIALS);
  assert_true(equal_failed <= TRIALS * 5 / 100 && equal_passed >= TRIALS * 95 / 100);
  assert_true(found >= TRIALS * 95 / 100 && missed == 0);
  assert_true(covered >= TRIALS * 94 / 100); /* t intervals, and the readings on top */
}

/* What scatters by 2 % says nothing of 0.5 %. */
static void swap_says_what_it_cannot_tell(void **state)
{
  (void)state;
  const struct stance_check_force left[3] = {{200, 0}, {204, 0}, {197, 0}};
  const struct stance_check_force right[3] = {{201, 0}, {199, 0}, {203, 0}};
  struct stance_check_result result;
  assert_int_equal(stance_check_swap(left, right, 3, 0.5, &result, &problem), STANCE_OK);
  assert_int_equal(result.verdict, STANCE_CHECK_UNDECIDED);
  assert_true(fabs(result.value) < result.uncertainty);
  assert_int_equal(stance_check_swap(left, right, 1, 0.5, &result, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "one pair shows nothing"));
  const struct stance_check_force light[2] = {{3, 0}, {3, 0}};
  assert_int_equal(stance_check_swap(light, light, 2, 0.5, &result, &problem), STANCE_INPUT);
}

static void five_places_show_where_a_load_is_read(void **state)
{
  (void)state;
  struct stance_check_places result;
  struct stance_check_place place[5] = {{0, 0, 0, 0, 200},
                                        {0.2, 0.1, 0.2, 0.1, 200},
                                        {-0.2, 0.1, -0.2, 0.1, 200},
                                        {-0.2, -0.1, -0.2, -0.1, 200},
                                        {0.2, -0.1, 0.203, -0.096, 200}};
  assert_int_equal(stance_check_places(place, 5, 0.001, 0.01, 1, &result, &problem), STANCE_OK);
  fixture_assert_close(result.distance.value, 0.005, 1e-9);
  assert_int_equal(result.distance.verdict, STANCE_CHECK_PASSED);
  assert_int_equal(result.force.verdict, STANCE_CHECK_PASSED);
  place[2].force_n = 195; /* a weak corner */
  place[3].read_x_m = -0.215;
  assert_int_equal(stance_check_places(place, 5, 0.001, 0.01, 1, &result, &problem), STANCE_OK);
  assert_int_equal(result.distance.verdict, STANCE_CHECK_FAILED);
  assert_int_equal(result.force.verdict, STANCE_CHECK_FAILED);
  assert_int_equal(stance_check_places(place, 4, 0.001, 0.01, 1, &result, &problem), STANCE_INPUT);
  place[1].force_n = 2;
  assert_int_equal(stance_check_places(place, 5, 0.001, 0.01, 1, &result, &problem), STANCE_INPUT);
  memset(place, 0, sizeof place);
  assert_int_equal(stance_check_places(place, 5, 0.001, 0.01, 1, &result, &problem), STANCE_INPUT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gravity_is_that_of_the_place),
      cmocka_unit_test(a_verdict_needs_resolution),
      cmocka_unit_test(a_reading_says_how_much_it_moved),
      cmocka_unit_test(a_known_mass_finds_a_wrong_scale),
      cmocka_unit_test(swap_finds_one_percent_and_spares_equal_cells),
      cmocka_unit_test(swap_says_what_it_cannot_tell),
      cmocka_unit_test(five_places_show_where_a_load_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
