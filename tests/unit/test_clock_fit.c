/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lower-envelope fit of marks: known answers. How often its uncertainty holds is
   property/test_clock_fit.c's. */
#include "stance/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

enum { COUNT = 200 };
static const int64_t origin_ns = INT64_C(400000000000000); /* the host has been up for days */
/* What the step of the host controller alone leaves: 2/√6 and 2/√12 of a millisecond. */
static const double step_of_span_ns = 0.8164965809277261e6, step_ns = 0.5773502691896258e6;

/* A mark every quarter of a second of 1 kHz, `ppm` fast. */
static void make_marks(struct stance_clock_mark *marks, size_t count, double ppm)
{
  for (size_t k = 0; k < count; k++) {
    marks[k].index = 250 * k + 249;
    marks[k].host_ns = origin_ns + llround((double)marks[k].index * 1e6 / (1.0 + ppm * 1e-6));
  }
}

static void an_exact_line_is_found_exactly(void **state)
{
  (void)state;
  static const double ppm[] = {0, 200, -200, 1e6, -9e5};
  for (size_t k = 0; k < sizeof ppm / sizeof *ppm; k++) {
    struct stance_clock_mark marks[COUNT];
    struct stance_clock_fit fit;
    make_marks(marks, COUNT, ppm[k]);
    assert_int_equal(stance_clock_fit(marks, COUNT, &fit), STANCE_OK);
    const double truth = 1e6 / (1.0 + ppm[k] * 1e-6);
    assert_int_equal(fit.mark_count, COUNT);
    assert_true(fabs(fit.ns_per_frame / truth - 1.0) < 1e-9); /* rounded to ns over 50 s */
    assert_true(fabs(stance_clock_fit_host_ns(&fit, 1000, origin_ns) - 1000 * truth) < 100);
    assert_true(fabs(fit.ns_per_frame_uncertainty * 250 * (COUNT - 1) / step_of_span_ns - 1) <
                1e-3);
    assert_true(fabs(fit.host_uncertainty_ns / step_ns - 1) < 1e-3);
  }
}

static void delays_move_only_what_they_must(void **state)
{
  (void)state;
  struct stance_clock_mark marks[COUNT];
  struct stance_clock_fit fit;
  make_marks(marks, COUNT, 200);
  for (size_t k = 0; k < COUNT; k++) /* three of four are late, up to 12 ms */
    marks[k].host_ns += k % 4 == 0 ? 0 : (int64_t)(k * 7919 % 12000) * 1000;
  assert_int_equal(stance_clock_fit(marks, COUNT, &fit), STANCE_OK);
  const double truth = 1e6 / (1.0 + 200e-6);
  assert_true(fabs(fit.ns_per_frame / truth - 1.0) < 1e-6);
  assert_true(fabs(fit.ns_per_frame - truth) < fit.ns_per_frame_uncertainty);
}

static void a_long_burst_does_not_bend_it(void **state)
{
  (void)state;
  struct stance_clock_mark marks[COUNT];
  struct stance_clock_fit fit;
  make_marks(marks, COUNT, -50);
  for (size_t k = 120; k < 170; k++)
    marks[k].host_ns += INT64_C(500000000) - (int64_t)(k - 120) * 10000000;
  assert_int_equal(stance_clock_fit(marks, COUNT, &fit), STANCE_OK);
  assert_true(fabs(fit.ns_per_frame * (1.0 - 50e-6) / 1e6 - 1.0) < 1e-6);
}

/* Far marks count as much as near ones: the uncertainty grows away from the middle. */
static void uncertainty_grows_with_distance(void **state)
{
  (void)state;
  struct stance_clock_mark marks[COUNT];
  struct stance_clock_fit fit;
  make_marks(marks, COUNT, 0);
  assert_int_equal(stance_clock_fit(marks, COUNT, &fit), STANCE_OK);
  const double middle = stance_clock_fit_uncertainty_ns(&fit, fit.index);
  const double end = stance_clock_fit_uncertainty_ns(&fit, (double)marks[COUNT - 1].index);
  assert_true(middle == fit.host_uncertainty_ns);
  assert_true(fabs(end - hypot(middle, step_of_span_ns / 2)) < 10);
}

static void order_and_doubles_do_not_matter(void **state)
{
  (void)state;
  struct stance_clock_mark marks[COUNT], mixed[COUNT + 1];
  struct stance_clock_fit fit, other;
  make_marks(marks, COUNT, 20);
  for (size_t k = 0; k < COUNT; k++)
    mixed[k] = marks[k * 77 % COUNT]; /* 77 and 200 have no common factor */
  mixed[COUNT] = (struct stance_clock_mark){marks[5].index, marks[5].host_ns + 3000000};
  assert_int_equal(stance_clock_fit(marks, COUNT, &fit), STANCE_OK);
  assert_int_equal(stance_clock_fit(mixed, COUNT + 1, &other), STANCE_OK);
  assert_memory_equal(&fit, &other, sizeof fit);
}

static void too_little_is_no_fit(void **state)
{
  (void)state;
  struct stance_clock_mark marks[COUNT];
  struct stance_clock_fit fit;
  make_marks(marks, COUNT, 0);
  assert_int_equal(stance_clock_fit(marks, STANCE_CLOCK_MARK_MIN - 1, &fit), STANCE_END);
  assert_int_equal(fit.mark_count, 0);
  for (size_t k = 0; k < COUNT; k++)
    marks[k].index = k % 3;
  assert_int_equal(stance_clock_fit(marks, COUNT, &fit), STANCE_END);
}

/* The step of 1 ms alone costs the 100 ppm of the claim up to 8.2 s. */
static void a_short_recording_keeps_the_nominal_rate(void **state)
{
  (void)state;
  struct stance_clock_mark marks[COUNT];
  struct stance_clock_fit fit;
  const struct stance_time_axis nominal = {
      .rate_hz = 1000, .rate_uncertainty_hz = (double)NAN, .nominal_rate_hz = 1000};
  struct stance_time_axis axis = nominal;
  make_marks(marks, COUNT, 300);
  assert_int_equal(stance_clock_fit(marks, 32, &fit), STANCE_OK); /* 7.75 s */
  stance_clock_fit_rate(&fit, &axis);
  assert_true(axis.rate_hz == 1000 && isnan(axis.rate_uncertainty_hz));
  assert_int_equal(stance_clock_fit(marks, 36, &fit), STANCE_OK); /* 8.75 s */
  stance_clock_fit_rate(&fit, &axis);
  assert_true(fabs(axis.rate_hz - 1000.3) < 1e-4);
  assert_true(axis.nominal_rate_hz == 1000);
  assert_true(axis.rate_uncertainty_hz > 0.08 && axis.rate_uncertainty_hz < 0.1);
  axis = nominal;
  stance_clock_fit_rate(&(struct stance_clock_fit){0}, &axis);
  assert_true(axis.rate_hz == 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_exact_line_is_found_exactly),
      cmocka_unit_test(delays_move_only_what_they_must),
      cmocka_unit_test(a_long_burst_does_not_bend_it),
      cmocka_unit_test(uncertainty_grows_with_distance),
      cmocka_unit_test(order_and_doubles_do_not_matter),
      cmocka_unit_test(too_little_is_no_fit),
      cmocka_unit_test(a_short_recording_keeps_the_nominal_rate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
