/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two instruments whose clocks and beginnings differ, on one axis. */
#include "stance/conditioning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const int64_t origin_ns = INT64_C(6000000000000);

/* One instrument: begins at begin_s of the common time, its clock off by ppm. */
struct instrument {
  double begin_s, rate_hz, ppm;
  size_t count;
};

static double true_rate(const struct instrument *instrument)
{
  return instrument->rate_hz * (1 + instrument->ppm * 1e-6);
}

static double force(double time_s)
{
  return 100 * sin(7.3 * time_s) + 20 * cos(61 * time_s + 1);
}

static struct stance_raw_trace sample(const struct instrument *instrument)
{
  struct stance_raw_trace trace = {.sample_count = instrument->count, .channel_count = 1};
  trace.time = (struct stance_time_axis){.rate_hz = true_rate(instrument),
                                         .rate_uncertainty_hz = (double)NAN,
                                         .nominal_rate_hz = instrument->rate_hz};
  trace.integrity.frames_expected = trace.integrity.frames_received = instrument->count;
  trace.channel[0] =
      (struct stance_channel){.minimum = -(double)INFINITY, .maximum = (double)INFINITY};
  trace.value[0] = malloc(instrument->count * sizeof(double));
  for (size_t k = 0; k < instrument->count; k++)
    trace.value[0][k] = force(instrument->begin_s + (double)k / true_rate(instrument));
  return trace;
}

static struct stance_clock_fit clock_of(const struct instrument *instrument)
{
  const double index = (double)instrument->count / 2;
  return (struct stance_clock_fit){
      .mark_count = 100,
      .index = index,
      .host_ns = origin_ns + llround(1e9 * (instrument->begin_s + index / true_rate(instrument))),
      .ns_per_frame = 1e9 / true_rate(instrument),
      .ns_per_frame_uncertainty = 20,
      .host_uncertainty_ns = 300e3};
}

struct rig {
  struct instrument instrument[2];
  struct stance_raw_trace trace[2];
  struct stance_alignment alignment;
  struct stance_aligned aligned;
};

static void set_up(struct rig *rig, struct instrument one, struct instrument two)
{
  *rig = (struct rig){.instrument = {one, two}};
  for (size_t k = 0; k < 2; k++) {
    rig->trace[k] = sample(&rig->instrument[k]);
    rig->alignment.trace[k] = &rig->trace[k];
    rig->alignment.clock[k] = clock_of(&rig->instrument[k]);
    rig->alignment.uses[k][0] = true;
  }
}

static void tear_down(struct rig *rig)
{
  stance_raw_trace_finish(&rig->trace[0]);
  stance_raw_trace_finish(&rig->trace[1]);
  stance_raw_trace_finish(&rig->aligned.trace);
}

/* Both channels hold the same force at the same instant of the first instrument's axis. */
static void expect_together(const struct rig *rig, size_t from, size_t to)
{
  const struct stance_raw_trace *joined = &rig->aligned.trace;
  for (size_t j = from; j < to; j++) {
    const double time_s = rig->instrument[0].begin_s +
                          (double)(rig->aligned.first + j) / true_rate(&rig->instrument[0]);
    assert_true(joined->value[0][j] == rig->trace[0].value[0][rig->aligned.first + j]);
    assert_true(fabs(joined->value[1][j] - force(time_s)) < 0.1);
  }
}

static void clocks_and_beginnings_are_made_one(void **state)
{
  (void)state;
  static const struct {
    double begin_s, ppm, rate_hz;
  } seconds[] = {{0.3137, -180, 1000}, {-0.2501, 200, 1000}, {0.1, 20, 2000}, {0.01, 0, 400}};
  for (size_t k = 0; k < sizeof seconds / sizeof *seconds; k++) {
    struct rig rig;
    set_up(&rig, (struct instrument){0, 1000, 150, 30000},
           (struct instrument){seconds[k].begin_s, seconds[k].rate_hz, seconds[k].ppm,
                               (size_t)(30 * seconds[k].rate_hz)});
    assert_int_equal(stance_alignment_apply(&rig.alignment, &rig.aligned, NULL), STANCE_OK);
    const double late_s = fmax(seconds[k].begin_s, 0);
    assert_int_equal(rig.aligned.first, (size_t)ceil(late_s * 1000 * (1 + 150e-6)));
    assert_true(fabs(rig.aligned.trace.time.start_s - late_s) < 1e-3);
    assert_true(rig.aligned.trace.sample_count < 30000 && rig.aligned.trace.sample_count > 29600);
    expect_together(&rig, 5, rig.aligned.trace.sample_count - 5);
    assert_int_equal(rig.aligned.trace.gap_count, 0);
    assert_int_equal(rig.aligned.trace.channel_count, 2);
    /* at the ends, 15 s from the middle: √(2·0.3² + 2·(20 ns · 15000)²) ms, less at 2000 Hz */
    if (seconds[k].rate_hz == 1000)
      assert_true(fabs(rig.aligned.uncertainty_s / 0.6e-3 - 1) < 0.02);
    tear_down(&rig);
  }
}

static void gaps_stay_gaps(void **state)
{
  (void)state;
  struct rig rig;
  set_up(&rig, (struct instrument){0, 1000, 0, 10000}, (struct instrument){0.2, 1000, 50, 10000});
  for (size_t k = 5000; k < 5100; k++)
    rig.trace[1].value[0][k] = (double)NAN;
  assert_int_equal(stance_alignment_apply(&rig.alignment, &rig.aligned, NULL), STANCE_OK);
  size_t lost = 0;
  for (size_t j = 0; j < rig.aligned.trace.sample_count; j++) {
    assert_true(isfinite(rig.aligned.trace.value[0][j]) != 0);
    lost += isnan(rig.aligned.trace.value[1][j]) ? 1 : 0;
  }
  assert_in_range(lost, 100, 109); /* the filter reaches four samples to either side */
  tear_down(&rig);
}

static void the_one_that_lives_keeps_its_data(void **state)
{
  (void)state;
  for (size_t dead = 0; dead < 2; dead++) {
    struct instrument one = {0, 1000, 0, 20000}, two = {0, 1000, 100, 20000};
    (dead == 0 ? &one : &two)->count = 5000;
    struct rig rig;
    set_up(&rig, one, two);
    assert_int_equal(stance_alignment_apply(&rig.alignment, &rig.aligned, NULL), STANCE_OK);
    assert_in_range(rig.aligned.trace.sample_count, 19990, 20000);
    expect_together(&rig, 5, 4990);
    for (size_t j = 5010; j < 19980; j++) {
      assert_true(isnan(rig.aligned.trace.value[dead][j]) != 0);
      assert_true(isfinite(rig.aligned.trace.value[1 - dead][j]) != 0);
    }
    tear_down(&rig);
  }
}

static void without_clocks_the_first_samples_coincide(void **state)
{
  (void)state;
  struct rig rig;
  set_up(&rig, (struct instrument){0, 1000, 0, 5000}, (struct instrument){0, 1000, 0, 5000});
  rig.alignment.clock[1].mark_count = 0;
  assert_int_equal(stance_alignment_apply(&rig.alignment, &rig.aligned, NULL), STANCE_OK);
  assert_true(isnan(rig.aligned.uncertainty_s));
  assert_int_equal(rig.aligned.trace.sample_count, 5000);
  for (size_t k = 0; k < 5000; k++)
    assert_true(rig.aligned.trace.value[1][k] == rig.trace[1].value[0][k]);
  tear_down(&rig);
}

static void saturation_keeps_its_channel(void **state)
{
  (void)state;
  struct rig rig;
  set_up(&rig, (struct instrument){0, 1000, 0, 5000}, (struct instrument){0, 1000, 0, 5000});
  rig.trace[1].channel[0].maximum = 500;
  rig.trace[1].value[0][3000] = 500;
  assert_int_equal(stance_alignment_apply(&rig.alignment, &rig.aligned, NULL), STANCE_OK);
  for (size_t k = 0; k < 5000; k++)
    assert_int_equal(rig.aligned.trace.flags[k], k == 3000 ? STANCE_FRAME_SATURATED(1) : 0);
  tear_down(&rig);
}

static void what_cannot_be_joined_is_said(void **state)
{
  (void)state;
  struct rig rig;
  struct stance_problem problem = {""};
  set_up(&rig, (struct instrument){0, 1000, 0, 5000}, (struct instrument){60, 1000, 0, 5000});
  assert_int_equal(stance_alignment_apply(&rig.alignment, &rig.aligned, &problem), STANCE_INPUT);
  assert_true(problem.text[0] != '\0');
  rig.trace[0].channel_count = 8;
  for (size_t c = 0; c < 8; c++)
    rig.alignment.uses[0][c] = true;
  assert_int_equal(stance_alignment_apply(&rig.alignment, &rig.aligned, &problem), STANCE_USAGE);
  tear_down(&rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clocks_and_beginnings_are_made_one),
      cmocka_unit_test(gaps_stay_gaps),
      cmocka_unit_test(the_one_that_lives_keeps_its_data),
      cmocka_unit_test(without_clocks_the_first_samples_coincide),
      cmocka_unit_test(saturation_keeps_its_channel),
      cmocka_unit_test(what_cannot_be_joined_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
