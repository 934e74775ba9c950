/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/filter.h"
#include "support/failing_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct stance_lowpass DUAL_20 = {1000, 20, 2, 2, false};
static const struct stance_lowpass LIVE_20 = {1000, 20, 2, 1, false};

static struct stance_zero_phase *created(const struct stance_lowpass *design)
{
  struct stance_zero_phase *filter;
  assert_int_equal(stance_zero_phase_create(design, &filter, NULL), STANCE_OK);
  return filter;
}

static void takes_every_short_signal(void **state)
{
  (void)state;
  struct stance_zero_phase *filter = created(&DUAL_20);
  double out[3] = {7, 7, 7};
  assert_int_equal(stance_zero_phase_apply(filter, NULL, 0, NULL), STANCE_OK);
  assert_int_equal(stance_zero_phase_apply(filter, (double[]){-3.25}, 1, out), STANCE_OK);
  assert_true(out[0] == -3.25 && out[1] == 7);
  /* Two samples are a straight line, whatever the cutoff. */
  assert_int_equal(stance_zero_phase_apply(filter, (double[]){1.0, 5.0}, 2, out), STANCE_OK);
  assert_true(fabs(out[0] - 1.0) < 1e-10 && fabs(out[1] - 5.0) < 1e-10 && out[2] == 7);
  stance_zero_phase_destroy(filter);
  stance_zero_phase_destroy(NULL);
}

static void refuses_samples_that_are_no_numbers(void **state)
{
  (void)state;
  enum { COUNT = 9000 };
  static double in[COUNT], out[COUNT], before[COUNT];
  const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
  struct stance_zero_phase *filter = created(&DUAL_20);
  for (size_t place = 0; place < COUNT; place += place < 5 || place > COUNT - 7 ? 1 : 13) {
    for (size_t i = 0; i < COUNT; i++) {
      in[i] = (double)(i % 7);
    }
    in[place] = bad[place % 3];
    memcpy(before, in, sizeof in);
    assert_int_equal(stance_zero_phase_apply(filter, in, COUNT, out), STANCE_INPUT);
    assert_int_equal(stance_zero_phase_apply(filter, in, COUNT, in), STANCE_INPUT);
    assert_memory_equal(in, before, sizeof in);
  }
  assert_int_equal(stance_zero_phase_apply(filter, &bad[0], 1, out), STANCE_INPUT);
  stance_zero_phase_destroy(filter);
}

static void forgets_the_signal_before(void **state)
{
  (void)state;
  enum { COUNT = 5000 };
  static double first[COUNT], second[COUNT], other[COUNT];
  for (int i = 0; i < COUNT; i++) {
    first[i] = sin(0.05 * i);
    other[i] = 1000.0 + i % 11;
  }
  struct stance_zero_phase *filter = created(&DUAL_20);
  memcpy(second, first, sizeof first);
  assert_int_equal(stance_zero_phase_apply(filter, first, COUNT, first), STANCE_OK);
  assert_int_equal(stance_zero_phase_apply(filter, other, COUNT, other), STANCE_OK);
  assert_int_equal(stance_zero_phase_apply(filter, second, COUNT, second), STANCE_OK);
  assert_memory_equal(first, second, sizeof first);
  stance_zero_phase_destroy(filter);
}

/* From block 4096 through the growing ones and back: the same as a filter made for the design. */
static void retunes_to_what_a_new_one_would_be(void **state)
{
  (void)state;
  enum { COUNT = 40000 };
  static const double cutoff_hz[] = {20, 6, 0.5, 0.05, 150, 499, 499.9, 20};
  static double in[COUNT], retuned[COUNT], fresh[COUNT];
  for (int i = 0; i < COUNT; i++) {
    in[i] = 500.0 + 100.0 * sin(0.001 * i) + (i * 7919 % 101);
  }
  struct stance_zero_phase *filter = created(&DUAL_20);
  for (size_t k = 0; k < sizeof cutoff_hz / sizeof *cutoff_hz; k++) {
    struct stance_lowpass design = {1000, cutoff_hz[k], 2, 2, false};
    assert_int_equal(stance_zero_phase_retune(filter, &design, NULL), STANCE_OK);
    assert_int_equal(stance_zero_phase_apply(filter, in, COUNT, retuned), STANCE_OK);
    struct stance_zero_phase *other = created(&design);
    assert_int_equal(stance_zero_phase_apply(other, in, COUNT, fresh), STANCE_OK);
    assert_memory_equal(retuned, fresh, sizeof fresh);
    stance_zero_phase_destroy(other);
  }
  stance_zero_phase_destroy(filter);
}

static void stays_as_it_was_when_a_retune_fails(void **state)
{
  (void)state;
  enum { COUNT = 1000 };
  static double in[COUNT], before[COUNT], after[COUNT];
  for (int i = 0; i < COUNT; i++) {
    in[i] = i % 17;
  }
  struct stance_zero_phase *filter = created(&DUAL_20);
  assert_int_equal(stance_zero_phase_apply(filter, in, COUNT, before), STANCE_OK);
  struct stance_problem problem = {0};
  struct stance_lowpass too_low = {1000, 0.001, 2, 2, false}, none = {1000, 600, 2, 2, false};
  assert_int_equal(stance_zero_phase_retune(filter, &too_low, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "0.001 Hz"));
  assert_int_equal(stance_zero_phase_retune(filter, &none, &problem), STANCE_USAGE);
  assert_int_equal(stance_zero_phase_apply(filter, in, COUNT, after), STANCE_OK);
  assert_memory_equal(before, after, sizeof before);
  stance_zero_phase_destroy(filter);
}

/* The planner of FFTW ends the process when it gets no memory, so only what this library itself
   asks for before (twice) and after the plans (three times) is made to fail. */
static void says_when_there_is_no_memory(void **state)
{
  (void)state;
  if (!failing_allocator_works()) {
    skip();
  }
  stance_zero_phase_destroy(created(&DUAL_20)); /* what FFTW keeps for ever is there now */
  failing_allocator_arm(0);
  struct stance_zero_phase *filter = created(&DUAL_20);
  size_t asked = failing_allocator_disarm();
  assert_true(asked >= 5);
  struct stance_lowpass longer = {1000, 0.5, 2, 2, false};
  for (size_t n = 1; n <= asked; n = n == 2 ? asked - 2 : n + 1) {
    struct stance_zero_phase *none = NULL;
    struct stance_problem problem = {0};
    failing_allocator_arm(n);
    enum stance_status status = stance_zero_phase_create(&DUAL_20, &none, &problem);
    failing_allocator_disarm();
    assert_int_equal(status, STANCE_MEMORY);
    assert_null(none);
    assert_non_null(strstr(problem.text, "memory"));
  }
  failing_allocator_arm(1);
  assert_int_equal(stance_zero_phase_retune(filter, &longer, NULL), STANCE_MEMORY);
  failing_allocator_disarm();
  double line[2] = {1.0, 5.0};
  assert_int_equal(stance_zero_phase_apply(filter, line, 2, line), STANCE_OK);
  assert_true(fabs(line[1] - 5.0) < 1e-10);
  stance_zero_phase_destroy(filter);
}

/* A step comes out without ripples before it and with the small overshoot of a Butterworth pair:
   never the 8.9 % and the pre-ringing of a brick wall (SCIENCE §2). */
static void rings_less_than_a_brick_wall(void **state)
{
  (void)state;
  enum { COUNT = 4000, STEP = 2000 };
  static double signal[COUNT];
  for (int i = STEP; i < COUNT; i++) {
    signal[i] = 400.0;
  }
  struct stance_lowpass design = {1000, 10, 2, 2, false};
  struct stance_zero_phase *filter = created(&design);
  assert_int_equal(stance_zero_phase_apply(filter, signal, COUNT, signal), STANCE_OK);
  for (int i = 0; i < STEP - 200; i++) {
    assert_true(fabs(signal[i]) < 0.05);
  }
  double highest = 0.0;
  for (int i = 0; i < COUNT; i++) {
    highest = fmax(highest, signal[i]);
  }
  assert_true(highest < 400.0 * 1.06);
  assert_true(fabs(signal[STEP] + signal[STEP - 1] - 400.0) < 1e-9);
  stance_zero_phase_destroy(filter);
}

/* The group delay of the transfer function, by differentiating its phase at 0. */
static void states_its_delay(void **state)
{
  (void)state;
  enum { COUNT = 4000 };
  static const double cutoff_hz[] = {10, 20, 50, 100};
  for (size_t k = 0; k < 4; k++) {
    for (unsigned order = 2; order <= 8; order += 2) {
      struct stance_lowpass design = {1000, cutoff_hz[k], order, 1, false};
      struct stance_causal filter;
      assert_int_equal(stance_causal_init(&filter, &design, 1, NULL), STANCE_OK);
      static double ramp[COUNT];
      for (int i = 0; i < COUNT; i++) {
        ramp[i] = i;
      }
      stance_causal_process(&filter, ramp, COUNT, ramp);
      /* A ramp comes out late by the group delay at DC. */
      assert_true(fabs(COUNT - 1 - ramp[COUNT - 1] - 1000.0 * filter.delay_s) < 1e-8);
    }
  }
  struct stance_causal filter;
  struct stance_lowpass design = {1e6, 10, 2, 1, false};
  assert_int_equal(stance_causal_init(&filter, &design, 1, NULL), STANCE_OK);
  assert_true(fabs(filter.delay_s - sqrt(2.0) / (2.0 * M_PI * 10.0)) < 1e-9); /* analogue limit */
}

static void starts_at_the_first_value(void **state)
{
  (void)state;
  /* From 5 Hz: below, the poles come so near to 1 that they collect more than 1e-9 of rounding. */
  static const double cutoff_hz[] = {5, 15, 45, 135, 405};
  for (size_t k = 0; k < 5; k++) {
    struct stance_lowpass design = {1000, cutoff_hz[k], 4, 1, false};
    struct stance_causal filter;
    assert_int_equal(stance_causal_init(&filter, &design, 2, NULL), STANCE_OK);
    for (int i = 0; i < 20000; i++) {
      double frame[2] = {834.25, -12.5};
      stance_causal_process(&filter, frame, 1, frame);
      assert_true(fabs(frame[0] - 834.25) < 1e-9 && fabs(frame[1] + 12.5) < 1e-9);
    }
  }
}

/* The same samples without the lost ones in between give the same numbers. */
static void holds_its_state_over_what_is_no_number(void **state)
{
  (void)state;
  enum { COUNT = 400, CHANNELS = 3 };
  struct stance_causal whole, holed;
  assert_int_equal(stance_causal_init(&whole, &LIVE_20, CHANNELS, NULL), STANCE_OK);
  holed = whole;
  const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
  for (int i = 0; i < COUNT; i++) {
    double frame[CHANNELS] = {i % 13, 100.0 + i % 7, (double)NAN};
    double lost[CHANNELS] = {bad[i % 3], i % 5, (double)NAN};
    if (i % 10 == 3 || i == 0) {
      double both[CHANNELS] = {bad[i % 3], (double)NAN, (double)NAN};
      stance_causal_process(&holed, both, 1, lost);
      assert_true(isnan(lost[0]) && isnan(lost[1]) && isnan(lost[2]));
    }
    double expected[CHANNELS], actual[CHANNELS];
    stance_causal_process(&whole, frame, 1, expected);
    stance_causal_process(&holed, frame, 1, actual);
    assert_true(actual[0] == expected[0] && actual[1] == expected[1]);
    assert_true(isnan(actual[2]) && isnan(expected[2])); /* never measured, never primed */
  }
}

static void one_lost_channel_does_not_stop_the_others(void **state)
{
  (void)state;
  struct stance_causal pair, alone;
  assert_int_equal(stance_causal_init(&pair, &LIVE_20, 2, NULL), STANCE_OK);
  assert_int_equal(stance_causal_init(&alone, &LIVE_20, 1, NULL), STANCE_OK);
  for (int i = 0; i < 200; i++) {
    double expected = i % 11, frame[2] = {i % 11, i % 4 == 1 ? (double)NAN : 3.0};
    stance_causal_process(&alone, &expected, 1, &expected);
    stance_causal_process(&pair, frame, 1, frame);
    assert_true(frame[0] == expected);
    assert_true(i % 4 == 1 ? isnan(frame[1]) : frame[1] == 3.0);
  }
}

static void refuses_impossible_live_filters(void **state)
{
  (void)state;
  struct stance_causal filter = {.channel_count = 42};
  struct stance_problem problem = {0};
  assert_int_equal(stance_causal_init(&filter, &LIVE_20, 0, &problem), STANCE_USAGE);
  assert_int_equal(stance_causal_init(&filter, &LIVE_20, 9, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "9 channels"));
  assert_int_equal(stance_causal_init(&filter, &DUAL_20, 1, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "2 passes"));
  assert_int_equal(filter.channel_count, 42);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_every_short_signal),
      cmocka_unit_test(refuses_samples_that_are_no_numbers),
      cmocka_unit_test(forgets_the_signal_before),
      cmocka_unit_test(retunes_to_what_a_new_one_would_be),
      cmocka_unit_test(stays_as_it_was_when_a_retune_fails),
      cmocka_unit_test(says_when_there_is_no_memory),
      cmocka_unit_test(rings_less_than_a_brick_wall),
      cmocka_unit_test(states_its_delay),
      cmocka_unit_test(starts_at_the_first_value),
      cmocka_unit_test(holds_its_state_over_what_is_no_number),
      cmocka_unit_test(one_lost_channel_does_not_stop_the_others),
      cmocka_unit_test(refuses_impossible_live_filters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
