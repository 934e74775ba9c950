/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A value that cannot be known is missing with its reason; one that is doubtful is flagged. */
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* One left effort at 6 s on 11 s: 400 N, τ 80 ms, held until 9 s. */
static struct stance_force_trace one_effort(double rate_hz)
{
  struct stance_force_trace trace = fixture_trace("L", 11, rate_hz);
  const struct fixture_effort effort = {
      .shape = FIXTURE_EXPONENTIAL, .start_s = 6, .stop_s = 9, .peak_n = 400, .tau_s = 0.08};
  fixture_add(&trace, STANCE_LEFT, &effort);
  return trace;
}

static struct stance_result analyse(struct stance_force_trace *trace)
{
  struct stance_protocol protocol = fixture_protocol("isometric");
  struct stance_analysis_context context = fixture_context();
  struct stance_result result = fixture_analyze(trace, &protocol, &context);
  assert_int_equal(result.repetition_count, 1);
  return result;
}

static const struct stance_value *left_of(const struct stance_result *result)
{
  return result->repetition[0].value[STANCE_LEFT];
}

/* Which samples after onset a metric reads, written down a second time and independently. */
struct window {
  enum stance_metric metric;
  long from, to;
};
static const struct window windows[] = {
    {STANCE_METRIC_FORCE_AT_50MS, 50, 50},
    {STANCE_METRIC_FORCE_AT_100MS, 100, 100},
    {STANCE_METRIC_FORCE_AT_150MS, 150, 150},
    {STANCE_METRIC_FORCE_AT_200MS, 200, 200},
    {STANCE_METRIC_FORCE_AT_250MS, 250, 250},
    {STANCE_METRIC_NET_FORCE_AT_50MS, 50, 50},
    {STANCE_METRIC_NET_FORCE_AT_100MS, 100, 100},
    {STANCE_METRIC_NET_FORCE_AT_150MS, 150, 150},
    {STANCE_METRIC_NET_FORCE_AT_200MS, 200, 200},
    {STANCE_METRIC_NET_FORCE_AT_250MS, 250, 250},
    {STANCE_METRIC_RFD_0_50MS, 0, 50},
    {STANCE_METRIC_RFD_0_100MS, 0, 100},
    {STANCE_METRIC_RFD_0_150MS, 0, 150},
    {STANCE_METRIC_RFD_0_200MS, 0, 200},
    {STANCE_METRIC_RFD_0_250MS, 0, 250},
    {STANCE_METRIC_RFD_50_100MS, 50, 100},
    {STANCE_METRIC_RFD_100_150MS, 100, 150},
    {STANCE_METRIC_RFD_150_200MS, 150, 200},
    {STANCE_METRIC_RFD_200_250MS, 200, 250},
    {STANCE_METRIC_RFD_100_200MS, 100, 200},
    {STANCE_METRIC_IMPULSE_NET_0_50MS, 0, 50},
    {STANCE_METRIC_IMPULSE_NET_0_100MS, 0, 100},
    {STANCE_METRIC_IMPULSE_NET_0_150MS, 0, 150},
    {STANCE_METRIC_IMPULSE_NET_0_200MS, 0, 200},
    {STANCE_METRIC_IMPULSE_NET_0_250MS, 0, 250},
};

/* What else reads the rise. `peak` is the peak's sample after onset. */
static bool reads(enum stance_metric metric, long lost, const long crossing[2], long peak)
{
  for (size_t k = 0; k < sizeof windows / sizeof windows[0]; k++)
    if (windows[k].metric == metric)
      return windows[k].from <= lost && lost <= windows[k].to;
  switch (metric) {
  case STANCE_METRIC_RFD_PEAK_20MS:
    return lost <= peak;
  case STANCE_METRIC_TIME_TO_50PCT:
    return lost <= crossing[0];
  case STANCE_METRIC_TIME_TO_90PCT:
    return lost <= crossing[1];
  case STANCE_METRIC_MEAN_FORCE:
    return true;
  default:
    return false;
  }
}

/* A frame lost at each position of the first 300 ms after onset: exactly the metrics that read it
   are missing, with that reason, and every other keeps its digits. */
static void lost_frame_removes_what_it_touches(void **state)
{
  (void)state;
  struct stance_force_trace whole = one_effort(1000);
  struct stance_result expected = analyse(&whole);
  const struct stance_effort *effort = &expected.repetition[0].effort[STANCE_LEFT];
  const double *force_n = whole.force_n[STANCE_LEFT];
  long crossing[2] = {0, 0};
  while (force_n[effort->onset + crossing[0]] < 0.5 * force_n[effort->peak])
    crossing[0]++;
  while (force_n[effort->onset + crossing[1]] < 0.9 * force_n[effort->peak])
    crossing[1]++;
  for (long lost = 1; lost <= 300; lost++) {
    struct stance_force_trace trace = one_effort(1000);
    fixture_lose(&trace, (size_t)(effort->onset + lost), 1);
    struct stance_result result = analyse(&trace);
    assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_FRAMES_LOST)) != 0);
    for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
      const struct stance_value *value = &left_of(&result)[metric];
      const struct stance_value *before = &left_of(&expected)[metric];
      if (stance_metric_info((enum stance_metric)metric)->compares_sides)
        continue;
      const long peak = effort->peak - effort->onset;
      if (reads((enum stance_metric)metric, lost, crossing, peak)) {
        fixture_assert_missing(value, STANCE_REASON_GAP_IN_WINDOW);
      } else {
        assert_int_equal(value->reasons, before->reasons);
        if (!stance_value_is_missing(before))
          assert_true(value->value == before->value);
      }
    }
    stance_result_finish(&result);
    fixture_finish(&trace);
  }
  stance_result_finish(&expected);
  fixture_finish(&whole);
}

/* Beside onset a lost frame hides it, and with it what counts from it; levels and peak stay. */
static void lost_frame_beside_onset_hides_it(void **state)
{
  (void)state;
  struct stance_force_trace whole = one_effort(1000);
  struct stance_result expected = analyse(&whole);
  const long onset = expected.repetition[0].effort[STANCE_LEFT].onset;
  for (long offset = -1; offset <= 0; offset++) {
    struct stance_force_trace trace = one_effort(1000);
    fixture_lose(&trace, (size_t)(onset + offset), 1);
    struct stance_result result = analyse(&trace);
    for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
      const struct stance_metric_info *info = stance_metric_info((enum stance_metric)metric);
      const struct stance_value *value = &left_of(&result)[metric];
      if (info->needs_onset && !info->compares_sides)
        fixture_assert_missing(value, STANCE_REASON_GAP_IN_WINDOW);
    }
    assert_true(fixture_number(&left_of(&result)[STANCE_METRIC_PEAK_FORCE]) ==
                left_of(&expected)[STANCE_METRIC_PEAK_FORCE].value);
    assert_true(fixture_number(&left_of(&result)[STANCE_METRIC_PEAK_FORCE_NET]) ==
                left_of(&expected)[STANCE_METRIC_PEAK_FORCE_NET].value);
    stance_result_finish(&result);
    fixture_finish(&trace);
  }
  stance_result_finish(&expected);
  fixture_finish(&whole);
}

/* A gap hides the peak where the force could have reached it, and only there. */
static void gap_hides_the_peak_where_it_could(void **state)
{
  (void)state;
  static const struct {
    size_t first, count;
    bool hides;
  } gaps[] = {
      {9000, 1, true},   /* the peak itself */
      {8500, 3, true},   /* on the plateau, 400 N on both sides */
      {6030, 1, false},  /* on the rise at 120 N: 5 N a millisecond cannot reach 400 */
      {6030, 15, false}, /* 285 N to go, at most 80 N in 16 ms */
      {6030, 150, true}, /* long enough to go up and come down again */
      {9100, 10, false}, /* half-way down */
  };
  for (size_t k = 0; k < sizeof gaps / sizeof gaps[0]; k++) {
    struct stance_force_trace trace = one_effort(1000);
    fixture_lose(&trace, gaps[k].first, gaps[k].count);
    struct stance_result result = analyse(&trace);
    const struct stance_value *peak = &left_of(&result)[STANCE_METRIC_PEAK_FORCE];
    if (gaps[k].hides)
      fixture_assert_missing(peak, STANCE_REASON_GAP_IN_WINDOW);
    else
      fixture_assert_close(fixture_number(peak), 400, 1e-9);
    stance_result_finish(&result);
    fixture_finish(&trace);
  }
}

static void saturation(void **state)
{
  (void)state;
  struct stance_force_trace trace = one_effort(1000);
  fixture_saturate(&trace, STANCE_LEFT, 8000); /* on the plateau */
  struct stance_result result = analyse(&trace);
  fixture_assert_missing(&left_of(&result)[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_SATURATED);
  fixture_assert_missing(&left_of(&result)[STANCE_METRIC_PEAK_FORCE_MEAN_100MS],
                         STANCE_REASON_SATURATED);
  fixture_assert_missing(&left_of(&result)[STANCE_METRIC_MEAN_FORCE], STANCE_REASON_SATURATED);
  fixture_assert_missing(&left_of(&result)[STANCE_METRIC_TIME_TO_50PCT], STANCE_REASON_SATURATED);
  assert_int_equal(left_of(&result)[STANCE_METRIC_RFD_0_250MS].reasons, 0);
  assert_true((result.repetition[0].reasons & STANCE_REASON_BIT(STANCE_REASON_SATURATED)) != 0);
  fixture_assert_missing(
      &result.summary[STANCE_SUMMARY_BEST][STANCE_LEFT][STANCE_METRIC_PEAK_FORCE],
      STANCE_REASON_SATURATED);
  stance_result_finish(&result);
  fixture_finish(&trace);

  trace = one_effort(1000);
  fixture_saturate(&trace, STANCE_LEFT, 6070);  /* inside 50–100 ms, in the upper half */
  fixture_saturate(&trace, STANCE_RIGHT, 8000); /* another side's business */
  result = analyse(&trace);
  fixture_assert_missing(&left_of(&result)[STANCE_METRIC_RFD_0_100MS], STANCE_REASON_SATURATED);
  fixture_assert_missing(&left_of(&result)[STANCE_METRIC_RFD_50_100MS], STANCE_REASON_SATURATED);
  assert_int_equal(left_of(&result)[STANCE_METRIC_RFD_0_50MS].reasons, 0);
  assert_int_equal(left_of(&result)[STANCE_METRIC_RFD_100_150MS].reasons, 0);
  stance_result_finish(&result);
  fixture_finish(&trace);

  trace = one_effort(1000);
  fixture_saturate(&trace, STANCE_LEFT, 9190); /* at the lower end, after the effort */
  result = analyse(&trace);
  fixture_assert_close(fixture_number(&left_of(&result)[STANCE_METRIC_PEAK_FORCE]), 400, 1e-9);
  stance_result_finish(&result);
  fixture_finish(&trace);
}

static void flat_top_is_a_converter_at_its_end(void **state)
{
  (void)state;
  uint64_t seed = 7;
  struct stance_force_trace trace = one_effort(1000);
  double *force_n = trace.force_n[STANCE_LEFT];
  for (size_t i = 0; i < trace.sample_count; i++)
    force_n[i] = fmin(force_n[i] + 2 * (fixture_random(&seed) - 0.5), 390);
  struct stance_result result = analyse(&trace);
  assert_true(fixture_has(&left_of(&result)[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_FLAT_TOP));
  assert_true((result.repetition[0].reasons & STANCE_REASON_BIT(STANCE_REASON_FLAT_TOP)) != 0);
  stance_result_finish(&result);
  fixture_finish(&trace);

  /* a coarse converter repeats itself everywhere: 2.8 N steps, noise below one */
  trace = one_effort(1000);
  force_n = trace.force_n[STANCE_LEFT];
  for (size_t i = 0; i < trace.sample_count; i++)
    force_n[i] = 2.8 * round((force_n[i] + 0.8 * (fixture_random(&seed) - 0.5)) / 2.8);
  result = analyse(&trace);
  assert_false(fixture_has(&left_of(&result)[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_FLAT_TOP));
  stance_result_finish(&result);
  fixture_finish(&trace);
}

static void spike_is_flagged(void **state)
{
  (void)state;
  struct stance_force_trace trace = one_effort(1000);
  trace.force_n[STANCE_LEFT][8000] = 413; /* 3.1 % above the mean of its 100 ms */
  struct stance_result result = analyse(&trace);
  assert_true(fixture_has(&left_of(&result)[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_PEAK_SPIKE));
  assert_true((result.repetition[0].reasons & STANCE_REASON_BIT(STANCE_REASON_PEAK_SPIKE)) != 0);
  fixture_assert_close(fixture_number(&left_of(&result)[STANCE_METRIC_PEAK_FORCE_MEAN_100MS]),
                       400.13, 1e-6);
  stance_result_finish(&result);
  trace.force_n[STANCE_LEFT][8000] = 412; /* 2.9 % */
  result = analyse(&trace);
  assert_false(fixture_has(&left_of(&result)[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_PEAK_SPIKE));
  stance_result_finish(&result);
  fixture_finish(&trace);
}

static void data_that_end_too_soon(void **state)
{
  (void)state;
  struct stance_force_trace trace = one_effort(1000);
  struct stance_result whole = analyse(&trace);
  const size_t onset = (size_t)whole.repetition[0].effort[STANCE_LEFT].onset;
  stance_result_finish(&whole);
  trace.sample_count = onset + 171; /* 170 ms after onset is the last sample */
  trace.truncated = true;
  struct stance_result result = analyse(&trace);
  const struct stance_value *value = left_of(&result);
  fixture_assert_missing(&value[STANCE_METRIC_RFD_0_200MS], STANCE_REASON_WINDOW_PAST_DATA);
  fixture_assert_missing(&value[STANCE_METRIC_FORCE_AT_200MS], STANCE_REASON_WINDOW_PAST_DATA);
  fixture_assert_missing(&value[STANCE_METRIC_IMPULSE_NET_0_250MS], STANCE_REASON_WINDOW_PAST_DATA);
  fixture_assert_missing(&value[STANCE_METRIC_DURATION], STANCE_REASON_NOT_REACHED);
  fixture_assert_missing(&value[STANCE_METRIC_MEAN_FORCE], STANCE_REASON_NOT_REACHED);
  /* The number is right; the effort was still rising and does not count. */
  assert_int_equal(value[STANCE_METRIC_RFD_0_150MS].reasons,
                   STANCE_REASON_BIT(STANCE_REASON_REJECTED) |
                       STANCE_REASON_BIT(STANCE_REASON_TRUNCATED));
  assert_true(fixture_has(&value[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_TRUNCATED));
  assert_int_equal(result.used[STANCE_LEFT], 0);
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_TRUNCATED)) != 0);
  stance_result_finish(&result);
  fixture_finish(&trace);
}

/* What the trace says of itself, and what the caller doubts. */
static void doubtful_forces_say_so(void **state)
{
  (void)state;
  const stance_reason_set doubts = STANCE_REASON_BIT(STANCE_REASON_UNCALIBRATED) |
                                   STANCE_REASON_BIT(STANCE_REASON_CALIBRATION_EXPIRED);
  struct stance_force_trace trace = one_effort(1000);
  struct stance_protocol protocol = fixture_protocol("isometric");
  struct stance_analysis_context context = fixture_context();
  trace.calibrated = false;
  context.force_flags = STANCE_REASON_BIT(STANCE_REASON_CALIBRATION_EXPIRED);
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    const struct stance_value *value = &left_of(&result)[metric];
    const bool is_time = stance_metric_info((enum stance_metric)metric)->unit[0] == 's';
    if (!stance_value_is_missing(value))
      /* without newtons the onset's floor means nothing either */
      assert_int_equal(value->reasons & doubts,
                       is_time ? STANCE_REASON_BIT(STANCE_REASON_UNCALIBRATED) : doubts);
  }
  assert_int_equal(result.flags & doubts, doubts);
  stance_result_finish(&result);
  fixture_finish(&trace);
}

static void slow_sampling_is_flagged(void **state)
{
  (void)state;
  static const struct {
    double rate_hz;
    bool slow;
  } rates[] = {{500, true}, {980, true}, {999.9, false}, {1000, false}};
  for (size_t k = 0; k < 4; k++) {
    struct stance_force_trace trace = one_effort(rates[k].rate_hz);
    struct stance_result result = analyse(&trace);
    const struct stance_value *value = left_of(&result);
    assert_int_equal(fixture_has(&value[STANCE_METRIC_RFD_0_100MS], STANCE_REASON_LOW_RATE),
                     rates[k].slow);
    assert_int_equal(fixture_has(&value[STANCE_METRIC_FORCE_AT_100MS], STANCE_REASON_LOW_RATE),
                     rates[k].slow);
    assert_false(fixture_has(&value[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_LOW_RATE));
    stance_result_finish(&result);
    fixture_finish(&trace);
  }
}

static void interpolated_samples_are_flagged_where_read(void **state)
{
  (void)state;
  struct stance_force_trace trace = one_effort(1000);
  trace.interpolated = test_calloc(trace.sample_count, 1);
  trace.interpolated[6120] = 1u << STANCE_LEFT;
  trace.time.irregular = true;
  struct stance_result result = analyse(&trace);
  const struct stance_value *value = left_of(&result);
  assert_true(fixture_has(&value[STANCE_METRIC_RFD_0_150MS], STANCE_REASON_INTERPOLATED));
  assert_true(fixture_has(&value[STANCE_METRIC_MEAN_FORCE], STANCE_REASON_INTERPOLATED));
  assert_false(fixture_has(&value[STANCE_METRIC_RFD_0_100MS], STANCE_REASON_INTERPOLATED));
  assert_false(fixture_has(&value[STANCE_METRIC_PEAK_FORCE], STANCE_REASON_INTERPOLATED));
  assert_true((result.flags & STANCE_REASON_BIT(STANCE_REASON_IRREGULAR_TIME)) != 0);
  stance_result_finish(&result);
  test_free(trace.interpolated);
  trace.interpolated = NULL;
  fixture_finish(&trace);
}

/* Both converters at their end: equal readings say nothing of the legs. */
static void flat_tops_are_not_compared(void **state)
{
  (void)state;
  struct stance_value left = {.value = 250, .reasons = 0}, right = left;
  struct stance_value value =
      stance_asymmetry(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &left, &right, STANCE_SIDE_NONE);
  assert_true(fixture_number(&value) == 0);
  right.reasons = STANCE_REASON_BIT(STANCE_REASON_FLAT_TOP);
  value = stance_asymmetry(STANCE_ASYMMETRY_PERCENT_DIFFERENCE, &left, &right, STANCE_SIDE_NONE);
  fixture_assert_missing(&value, STANCE_REASON_FLAT_TOP);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lost_frame_removes_what_it_touches),
      cmocka_unit_test(lost_frame_beside_onset_hides_it),
      cmocka_unit_test(gap_hides_the_peak_where_it_could),
      cmocka_unit_test(saturation),
      cmocka_unit_test(flat_top_is_a_converter_at_its_end),
      cmocka_unit_test(flat_tops_are_not_compared),
      cmocka_unit_test(spike_is_flagged),
      cmocka_unit_test(data_that_end_too_soon),
      cmocka_unit_test(doubtful_forces_say_so),
      cmocka_unit_test(slow_sampling_is_flagged),
      cmocka_unit_test(interpolated_samples_are_flagged_where_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
