/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the live path decides: against closed forms, at several rates. */
#include "stance/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static struct stance_live live; /* too large for a stack */
static struct stance_protocol protocol;
static uint64_t next_index;

static void begin(double rate_hz, const char *id)
{
  assert_int_equal(stance_protocol_builtin(id, &protocol, NULL), STANCE_OK);
  assert_int_equal(stance_live_init(&live, rate_hz, &protocol, NULL), STANCE_OK);
  next_index = 0;
}

static void push(double left_n, double right_n, uint32_t lost)
{
  struct stance_force_frame frame = {.index = next_index + lost, .gap_before = lost};
  frame.force_n[STANCE_LEFT] = left_n;
  frame.force_n[STANCE_RIGHT] = right_n;
  frame.force_n[STANCE_TOTAL] = left_n + right_n;
  next_index = frame.index + 1;
  stance_live_push(&live, &frame);
}

static void stillness_is_the_spread_of_the_last_seconds(void **state)
{
  struct stance_live_still still;
  (void)state;
  begin(1000, "nordic");
  for (int k = 0; k < 3000; k++)
    push(k < 1000 ? 500 : 1e5 + (k % 2 == 0 ? 1 : -1), 0, 0);
  stance_live_still(&live, STANCE_LEFT, 1.5, &still);
  assert_true(fabs(still.mean_n - 1e5) < 1e-9);
  assert_true(fabs(still.sd_n - sqrt(1500.0 / 1499)) < 1e-6); /* ±1 in turn, n − 1 */
  assert_true(still.range_n == 2 && still.lost == 0);
  assert_true(fabs(still.duration_s - 1.5) < 1e-9);
  stance_live_still(&live, STANCE_LEFT, 3, &still);
  assert_true(still.range_n > 99000);
}

static void lost_frames_are_seen_in_it(void **state)
{
  struct stance_live_still still;
  (void)state;
  begin(1000, "nordic");
  for (int k = 0; k < 2000; k++)
    push(10, 10, k == 1800 ? 7 : 0);
  stance_live_still(&live, STANCE_LEFT, 1, &still);
  assert_int_equal(still.lost, 7);
  for (int k = 0; k < 100; k++)
    push(10, 10, k == 50 ? 10000000 : 0); /* longer than all its memory */
  stance_live_still(&live, STANCE_LEFT, 1, &still);
  assert_true(still.lost >= 900);
}

/* A ramp from rest: the onset lies where it crosses the floor, the end where half of it is gone. */
static void onset_and_end_lie_where_force_crosses(void **state)
{
  const double rates_hz[] = {500, 1000, 4000};
  (void)state;
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; r++) {
    double rate_hz = rates_hz[r];
    struct stance_live_event event;
    begin(rate_hz, "nordic");
    for (long k = 0; k < lround(4 * rate_hz); k++) {
      double t = (double)k / rate_hz;
      double rise_n = t < 1   ? 0
                      : t < 2 ? 300 * (t - 1)
                      : t < 3 ? 300
                              : fmax(0, 300 - 3000 * (t - 3));
      push(20 + rise_n, 20 + rise_n, 0);
    }
    assert_true(stance_live_take_event(&live, &event));
    assert_int_equal(event.kind, STANCE_LIVE_ONSET);
    assert_int_equal(event.side, STANCE_BOTH);
    /* 600 N/s on the sum: 10 N after 17 ms */
    assert_true(fabs((double)event.index / rate_hz - (1 + 10.0 / 600)) < 0.01);
    assert_true(stance_live_take_event(&live, &event));
    assert_int_equal(event.kind, STANCE_LIVE_END);
    assert_true(fabs((double)event.index / rate_hz - 3.05) < 0.015);
    assert_true(fabs(event.peak_n[STANCE_LEFT] - 320) < 5); /* the filter overshoots a corner */
    assert_false(stance_live_take_event(&live, &event));
  }
}

static void neither_a_spike_nor_drift_is_an_onset(void **state)
{
  struct stance_live_event event;
  (void)state;
  begin(1000, "nordic");
  for (int k = 0; k < 20000; k++)
    push(k * 0.002 + (k == 5000 ? 200 : 0), 0, 0); /* 2 N/s, and one sample of 200 N */
  assert_false(stance_live_take_event(&live, &event));
}

static void each_side_has_its_own_efforts(void **state)
{
  struct stance_live_event event;
  (void)state;
  begin(1000, "iso-supine-90-90");
  for (int k = 0; k < 6000; k++)
    push(k > 1000 && k < 2500 ? 200 : 5, k > 3500 && k < 5000 ? 250 : 5, 0);
  const enum stance_side expected[] = {STANCE_LEFT, STANCE_LEFT, STANCE_RIGHT, STANCE_RIGHT};
  for (size_t k = 0; k < 4; k++) {
    assert_true(stance_live_take_event(&live, &event));
    assert_int_equal(event.side, expected[k]);
  }
  assert_false(stance_live_take_event(&live, &event));
}

static void a_side_that_drops_out_disturbs_nothing(void **state)
{
  struct stance_live_event event;
  (void)state;
  begin(1000, "iso-supine-90-90");
  for (int k = 0; k < 4000; k++)
    push(k > 1000 && k < 2500 ? 200 : 5, (double)NAN, 0);
  assert_true(stance_live_take_event(&live, &event));
  assert_int_equal(event.side, STANCE_LEFT);
  assert_true(isnan(event.peak_n[STANCE_RIGHT]));
}

static void what_was_before_a_long_gap_is_forgotten(void **state)
{
  (void)state;
  begin(1000, "nordic");
  for (int k = 0; k < 1000; k++)
    push(300, 200, 0);
  push(10, 20, 3); /* frames lost on the wire: smoothed as ever */
  assert_true(live.force_n[STANCE_LEFT] > 290);
  push(10, 20, 1000); /* it was away */
  assert_true(live.force_n[STANCE_LEFT] == 10 && live.force_n[STANCE_RIGHT] == 20);
  push(10, 20, 0);
  assert_true(fabs(live.force_n[STANCE_TOTAL] - 30) < 1e-9);
}

static void what_a_side_was_before_it_was_away_is_forgotten(void **state)
{
  (void)state;
  begin(1000, "nordic");
  for (int k = 0; k < 3000; k++)
    push(20, 300, 0);
  for (int k = 0; k < 500; k++)
    push(20, (double)NAN, 0);
  assert_true(isnan(live.force_n[STANCE_RIGHT]));
  push(20, 10, 0);
  assert_true(fabs(live.force_n[STANCE_RIGHT] - 10) < 1e-9);
  assert_true(fabs(live.force_n[STANCE_LEFT] - 20) < 1e-9);
  push(20, (double)NAN, 0); /* one frame says nothing */
  push(20, 300, 0);
  assert_true(live.force_n[STANCE_RIGHT] < 20);
}

static void a_rate_too_low_is_refused(void **state)
{
  struct stance_problem problem = {""};
  (void)state;
  assert_int_equal(stance_protocol_builtin("nordic", &protocol, NULL), STANCE_OK);
  assert_int_equal(stance_live_init(&live, 30, &protocol, &problem), STANCE_USAGE);
  assert_true(problem.text[0] != '\0');
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stillness_is_the_spread_of_the_last_seconds),
      cmocka_unit_test(lost_frames_are_seen_in_it),
      cmocka_unit_test(onset_and_end_lie_where_force_crosses),
      cmocka_unit_test(neither_a_spike_nor_drift_is_an_onset),
      cmocka_unit_test(each_side_has_its_own_efforts),
      cmocka_unit_test(a_side_that_drops_out_disturbs_nothing),
      cmocka_unit_test(what_was_before_a_long_gap_is_forgotten),
      cmocka_unit_test(what_a_side_was_before_it_was_away_is_forgotten),
      cmocka_unit_test(a_rate_too_low_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
