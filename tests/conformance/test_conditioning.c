/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Converter, decimation, skew: closed forms in, closed forms out. */
#include "stance/conditioning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double two_pi = 6.283185307179586;
enum { FACTOR = 8, COUNT = 16000 };
static const double sampled_hz = 8000, rate_hz = 1000;

/* `count` samples of channels that hold `signal` at their own instants. */
static struct stance_raw_trace make_trace(size_t channels, size_t count, double hz, double skew_s,
                                          double (*signal)(double time_s, double parameter),
                                          double parameter)
{
  struct stance_raw_trace trace = {.sample_count = count, .channel_count = channels};
  trace.time = (struct stance_time_axis){
      .rate_hz = hz, .rate_uncertainty_hz = (double)NAN, .nominal_rate_hz = hz};
  for (size_t c = 0; c < channels; c++) {
    trace.channel[c] = (struct stance_channel){
        .minimum = -(double)INFINITY, .maximum = (double)INFINITY, .skew_s = (double)c * skew_s};
    snprintf(trace.channel[c].unit, sizeof trace.channel[c].unit, "counts");
    trace.value[c] = malloc(count * sizeof(double));
    for (size_t k = 0; k < count; k++)
      trace.value[c][k] = signal((double)k / hz + (double)c * skew_s, parameter);
  }
  return trace;
}

static struct stance_conditioning condition(struct stance_raw_trace *trace, unsigned oversampling)
{
  struct stance_conditioning done;
  assert_int_equal(stance_conditioning_apply(trace, oversampling, &done, NULL), STANCE_OK);
  return done;
}

static double sine(double time_s, double frequency_hz)
{
  return sin(two_pi * frequency_hz * time_s + 0.4);
}

static double constant(double time_s, double value)
{
  (void)time_s;
  return value;
}

/* Exponential rise by `rise_n` from 1 s on, time constant 0.1 s. */
static double rise(double time_s, double rise_n)
{
  return time_s < 1.0 ? 0.0 : rise_n * (1.0 - exp(-(time_s - 1.0) / 0.1));
}

static void counts_become_the_converters_unit(void **state)
{
  (void)state;
  struct stance_raw_trace trace = make_trace(1, 3, rate_hz, 0, constant, 0);
  trace.channel[0].minimum = 0;
  trace.channel[0].maximum = 65535;
  trace.channel[0].resolution = 1;
  trace.channel[0].converter = (struct stance_converter){
      .unit = "V", .zero = 32768, .slope_above = 0.5, .slope_below = 0.25, .offset = 3};
  trace.value[0][0] = 32770;
  trace.value[0][1] = 32760;
  trace.value[0][2] = 65535;
  struct stance_raw_frame frame = {.index = 7, .flags = 5, .value = {32760}};
  struct stance_channel after;
  stance_conditioning_frame(trace.channel, 1, &frame, &frame);
  stance_conditioning_channels(trace.channel, 1, &after);
  const struct stance_conditioning done = condition(&trace, 0);
  assert_true(trace.value[0][0] == 4 && trace.value[0][1] == 1 && trace.value[0][2] == 16386.5);
  assert_true(frame.value[0] == 1 && frame.index == 7 && frame.flags == 5);
  assert_string_equal(trace.channel[0].unit, "V");
  assert_string_equal(trace.channel[0].converter.unit, "");
  assert_true(trace.channel[0].maximum == trace.value[0][2]); /* still saturated */
  assert_true(trace.channel[0].minimum == 3 - 0.25 * 32768 && trace.channel[0].resolution == 0.5);
  assert_string_equal(after.unit, "V");
  assert_true(after.maximum == trace.channel[0].maximum);
  assert_true(done.converted && done.decimation == 1 && done.skew_s == 0);
  stance_raw_trace_finish(&trace);
}

static void nothing_to_do_does_nothing(void **state)
{
  (void)state;
  struct stance_raw_trace trace = make_trace(2, 100, rate_hz, 0, sine, 30);
  const double *before = trace.value[1];
  const struct stance_conditioning done = condition(&trace, 1);
  char text[200];
  assert_ptr_equal(trace.value[1], before);
  assert_false(done.converted);
  assert_int_equal(stance_conditioning_describe(&done, text, sizeof text), 0);
  stance_raw_trace_finish(&trace);
}

/* Largest difference from the sine itself, away from the ends. */
static double sine_error(double frequency_hz, double skew_s)
{
  struct stance_raw_trace trace = make_trace(3, COUNT, sampled_hz, skew_s, sine, frequency_hz);
  double worst = 0;
  condition(&trace, FACTOR);
  assert_int_equal(trace.sample_count, COUNT / FACTOR);
  assert_true(trace.time.rate_hz == rate_hz && trace.time.nominal_rate_hz == rate_hz);
  for (size_t c = 0; c < 3; c++)
    for (size_t k = 10; k + 10 < trace.sample_count; k++)
      worst = fmax(worst, fabs(trace.value[c][k] - sine((double)k / rate_hz, frequency_hz)));
  stance_raw_trace_finish(&trace);
  return worst;
}

/* 0.01 dB of the amplitude is 1.15e-3; that and the phase at once. */
static void the_passband_keeps_amplitude_and_phase(void **state)
{
  (void)state;
  static const double skews_s[] = {0, 43e-6};
  for (size_t s = 0; s < 2; s++)
    for (double frequency_hz = 1; frequency_hz <= 250; frequency_hz += 12.45)
      assert_true(sine_error(frequency_hz, skews_s[s]) < 1.15e-3);
}

static void the_stopband_is_60_db_down(void **state)
{
  (void)state;
  for (double frequency_hz = 750; frequency_hz < 4000; frequency_hz += 37.7) {
    struct stance_raw_trace trace = make_trace(1, COUNT, sampled_hz, 0, sine, frequency_hz);
    condition(&trace, FACTOR);
    for (size_t k = 10; k + 10 < trace.sample_count; k++)
      assert_true(fabs(trace.value[0][k]) < 1e-3);
    stance_raw_trace_finish(&trace);
  }
}

static void skew_alone_is_removed_and_the_first_channel_untouched(void **state)
{
  (void)state;
  struct stance_raw_trace trace = make_trace(4, 2000, rate_hz, 110e-6, sine, 90);
  const struct stance_conditioning done = condition(&trace, 1);
  char text[200];
  assert_int_equal(trace.sample_count, 2000);
  for (size_t k = 0; k < 2000; k++)
    assert_true(trace.value[0][k] == sine((double)k / rate_hz, 90));
  for (size_t c = 1; c < 4; c++)
    for (size_t k = 10; k < 1990; k++)
      assert_true(fabs(trace.value[c][k] - trace.value[0][k]) < 1.15e-3);
  assert_true(trace.channel[3].skew_s == 0);
  stance_conditioning_describe(&done, text, sizeof text);
  assert_string_equal(text, "channel skew of up to 330 us removed (Kaiser sinc 65 dB, +-4 samples, "
                            "zero phase)");
  stance_raw_trace_finish(&trace);
}

static void a_constant_stays_up_to_the_ends(void **state)
{
  (void)state;
  struct stance_raw_trace trace = make_trace(1, 8 * 50 + 3, sampled_hz, 0, constant, 12.5);
  condition(&trace, FACTOR);
  assert_int_equal(trace.sample_count, 51);
  for (size_t k = 0; k < 51; k++)
    assert_true(fabs(trace.value[0][k] - 12.5) < 1e-12);
  stance_raw_trace_finish(&trace);
}

/* What is stated of onset and RFD: nothing moves four samples before the rise; force and RFD after
   it are those of the closed form. */
static void a_rise_keeps_its_onset_and_rfd(void **state)
{
  (void)state;
  struct stance_raw_trace trace = make_trace(1, COUNT, sampled_hz, 0, rise, 1000);
  condition(&trace, FACTOR);
  const double *force = trace.value[0];
  for (size_t k = 0; k <= 1000 - STANCE_CONDITIONING_HALF_LENGTH; k++)
    assert_true(fabs(force[k]) < 1e-9);
  for (size_t k = 1000 + STANCE_CONDITIONING_HALF_LENGTH; k < 1900; k++)
    assert_true(fabs(force[k] - rise((double)k / rate_hz, 1000)) < 0.1);
  /* a corner of 10 kN/s: 10 N a sample; the smear itself stays below a tenth of that */
  for (size_t k = 997; k < 1004; k++)
    assert_true(fabs(force[k] - rise((double)k / rate_hz, 1000)) < 1.2);
  for (unsigned window_ms = 50; window_ms <= 250; window_ms += 50) {
    const double truth = rise(1.0 + window_ms / 1e3, 1000) / (window_ms / 1e3);
    const double rfd = (force[1000 + window_ms] - force[1000]) / (window_ms / rate_hz);
    assert_true(fabs(rfd / truth - 1) < 3e-3);
  }
  stance_raw_trace_finish(&trace);
}

static bool reaches(size_t sample, size_t output)
{
  return fabs((double)sample / FACTOR - (double)output) < STANCE_CONDITIONING_HALF_LENGTH;
}

static void what_is_lost_or_saturated_stays_so(void **state)
{
  (void)state;
  enum { LOST = 4003, LIMIT = 8003, CORRUPT = 12003 };
  struct stance_raw_trace trace = make_trace(2, COUNT, sampled_hz, 0, sine, 5);
  trace.flags = calloc(COUNT, sizeof *trace.flags);
  trace.channel[1].maximum = 2;
  trace.value[0][LOST] = trace.value[1][LOST] = (double)NAN;
  trace.gap = malloc(sizeof *trace.gap);
  trace.gap[0] = (struct stance_span){LOST, 1};
  trace.gap_count = 1;
  trace.value[1][LIMIT] = 2;
  trace.flags[CORRUPT] = STANCE_FRAME_CORRUPT; /* a guess: lost on both */
  trace.value[0][CORRUPT] = 1e6;
  condition(&trace, FACTOR);
  for (size_t k = 0; k < trace.sample_count; k++) {
    const bool lost = reaches(LOST, k) || reaches(CORRUPT, k);
    assert_int_equal(isnan(trace.value[0][k]) != 0, lost);
    assert_int_equal(isnan(trace.value[1][k]) != 0, lost);
    assert_int_equal(trace.flags[k], reaches(LIMIT, k) ? STANCE_FRAME_SATURATED(1) : 0);
  }
  assert_int_equal(trace.gap_count, 2);
  assert_int_equal(trace.gap[0].first, 497);
  assert_int_equal(trace.gap[0].count, 8);
  stance_raw_trace_finish(&trace);
}

static void spans_follow_the_samples(void **state)
{
  (void)state;
  const struct stance_span span = stance_conditioning_span((struct stance_span){16, 801}, 8);
  assert_int_equal(span.first, 2);
  assert_int_equal(span.count, 101); /* up to sample 816, the instant of 102 */
  const struct stance_span same = stance_conditioning_span((struct stance_span){5, 7}, 0);
  assert_true(same.first == 5 && same.count == 7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_become_the_converters_unit),
      cmocka_unit_test(nothing_to_do_does_nothing),
      cmocka_unit_test(the_passband_keeps_amplitude_and_phase),
      cmocka_unit_test(the_stopband_is_60_db_down),
      cmocka_unit_test(skew_alone_is_removed_and_the_first_channel_untouched),
      cmocka_unit_test(a_constant_stays_up_to_the_ends),
      cmocka_unit_test(a_rise_keeps_its_onset_and_rfd),
      cmocka_unit_test(what_is_lost_or_saturated_stays_so),
      cmocka_unit_test(spans_follow_the_samples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
