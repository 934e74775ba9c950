/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated rig: each imperfection is as large as it was asked to be, and no larger. */
#include "support/sim_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* An ideal instrument: what is left is what the test adds. */
#define CLEAN "noise_n=0&wander_n=0&hum_n=0&drift_n_per_min=0&zero_shift_n=0&tremor_pct=0"
static const double pi = 3.141592653589793;

static void test_the_same_seed_gives_the_same_frames(void **state)
{
  static const char uri[] = "sim:nordic?seed=11&gap_rate_per_min=30&spare_channels=2";
  struct stance_sim a, b, other;
  struct stance_raw_frame from_a, from_b, from_other;
  size_t differing = 0, count = 0;
  (void)state;
  sim_fixture_open(&a, uri);
  sim_fixture_open(&b, uri);
  sim_fixture_open(&other, "sim:nordic?seed=12&gap_rate_per_min=30&spare_channels=2");
  while (stance_sim_next(&a, &from_a)) {
    assert_true(stance_sim_next(&b, &from_b));
    assert_memory_equal(&from_a, &from_b, sizeof from_a);
    if (stance_sim_next(&other, &from_other))
      differing += from_a.value[0] != from_other.value[0];
    count++;
  }
  assert_false(stance_sim_next(&b, &from_b));
  assert_true(differing > count / 2);
  stance_sim_rewind(&a, 0);
  stance_sim_rewind(&b, 0);
  for (size_t k = 0; k < count; k++) {
    assert_true(stance_sim_next(&a, &from_a));
    assert_true(stance_sim_next(&b, &from_b));
    assert_memory_equal(&from_a, &from_b, sizeof from_a);
  }
  stance_sim_finish(&a);
  stance_sim_finish(&b);
  stance_sim_finish(&other);
}

/* What the wire loses leaves the rest untouched. */
static void test_gaps_are_jumps_of_the_index_and_nothing_else(void **state)
{
  static const struct {
    uint64_t first, count;
  } expected[] = {{0, 3}, {5000, 20}, {5020, 1}, {30000, 4000}};
  struct stance_sim whole, holed;
  struct stance_raw_frame from_whole, from_holed;
  uint64_t lost = 0, received = 0, next_index = 0;
  (void)state;
  sim_fixture_open(&whole, "sim:nordic?seed=2");
  sim_fixture_open(&holed, "sim:nordic?seed=2&gaps=0:3,5000:20,5020:1,30000:4000");
  while (stance_sim_next(&holed, &from_holed)) {
    assert_true(from_holed.index >= next_index);
    assert_int_equal(from_holed.gap_before, from_holed.index - next_index);
    lost += from_holed.gap_before;
    do
      assert_true(stance_sim_next(&whole, &from_whole));
    while (from_whole.index < from_holed.index);
    assert_memory_equal(from_whole.value, from_holed.value, sizeof from_whole.value);
    for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++)
      assert_false(from_holed.index >= expected[k].first &&
                   from_holed.index < expected[k].first + expected[k].count);
    next_index = from_holed.index + 1;
    received++;
  }
  assert_int_equal(lost, 3 + 21 + 4000);
  assert_int_equal(received + lost, holed.frame_count);
  stance_sim_finish(&whole);
  stance_sim_finish(&holed);
}

static void test_random_gaps_come_at_the_rate_and_length_asked_for(void **state)
{
  struct stance_sim sim;
  struct stance_raw_frame frame;
  double gaps = 0.0, lost = 0.0;
  (void)state;
  sim_fixture_open(&sim, "sim:nordic?rate=100&duration=9000&gap_rate_per_min=6&gap_frames=10");
  while (stance_sim_next(&sim, &frame)) {
    gaps += frame.gap_before > 0;
    lost += frame.gap_before;
  }
  /* 900 are expected less the 1 % of time that is lost already; five standard errors. */
  assert_true(fabs(gaps - 891.0) < 5.0 * sqrt(891.0));
  /* Uniform on 1 … 19: mean 10, SD 5.5; two gaps that touch count as one. */
  assert_true(fabs(lost / gaps - 10.0) < 5.0 * 5.5 / sqrt(gaps) + 0.1);
  stance_sim_finish(&sim);
}

static void test_quantisation_is_within_half_a_count(void **state)
{
  static const int bits[] = {8, 12, 16, 24, 32};
  (void)state;
  for (size_t k = 0; k < sizeof bits / sizeof bits[0]; k++) {
    char uri[200];
    struct stance_sim sim;
    struct stance_raw_frame frame;
    double largest = 0.0;
    snprintf(uri, sizeof uri, "sim:nordic?range_n=800&bits=%d&" CLEAN, bits[k]);
    sim_fixture_open(&sim, uri);
    while (stance_sim_next(&sim, &frame)) {
      double force_n[STANCE_CHANNEL_COUNT_MAX];
      stance_sim_channel_force(&sim, stance_sim_time_s(&sim, frame.index), force_n);
      for (size_t channel = 0; channel < 2; channel++) {
        assert_true(frame.value[channel] == rint(frame.value[channel]));
        const double error_n =
            sim_fixture_force_n(&sim, channel, frame.value[channel]) - force_n[channel];
        largest = fmax(largest, fabs(error_n));
      }
    }
    const double step_n = 1600.0 / exp2(bits[k]);
    assert_true(largest <= 0.5 * step_n * (1.0 + 1e-6));
    assert_true(largest > 0.4 * step_n); /* a finer converter than asked for would be wrong too */
    stance_sim_finish(&sim);
  }
}

static void test_without_a_converter_values_are_the_force(void **state)
{
  struct stance_sim sim;
  struct stance_raw_frame frame;
  (void)state;
  sim_fixture_open(&sim, "sim:isometric?bits=0&" CLEAN);
  while (stance_sim_next(&sim, &frame)) {
    double force_n[STANCE_CHANNEL_COUNT_MAX];
    stance_sim_channel_force(&sim, stance_sim_time_s(&sim, frame.index), force_n);
    assert_true(fabs(frame.value[0] - force_n[0]) < 1e-12 * 1000.0);
    assert_true(fabs(frame.value[1] - force_n[1]) < 1e-12 * 1000.0);
    assert_int_equal(frame.flags, 0);
  }
  stance_sim_finish(&sim);
}

static void test_saturation_is_flagged_exactly_at_the_ends(void **state)
{
  struct stance_sim sim;
  struct stance_raw_frame frame;
  struct stance_source_info info = {0};
  size_t flagged = 0, clear = 0;
  (void)state;
  sim_fixture_open(&sim, "sim:nordic?range_n=250&peak_n=400&noise_n=3");
  stance_sim_describe(&sim, &info);
  assert_true(info.channel[0].minimum == -32768.0 && info.channel[0].maximum == 32767.0);
  while (stance_sim_next(&sim, &frame)) {
    for (size_t channel = 0; channel < 2; channel++) {
      const bool at_end = frame.value[channel] <= info.channel[channel].minimum ||
                          frame.value[channel] >= info.channel[channel].maximum;
      assert_true(frame.value[channel] <= info.channel[channel].maximum);
      assert_int_equal((frame.flags & STANCE_FRAME_SATURATED(channel)) != 0, at_end);
      flagged += at_end;
      clear += !at_end;
    }
    assert_int_equal(frame.flags & ~UINT32_C(3), 0);
  }
  assert_true(flagged > 1000 && clear > 1000);
  stance_sim_finish(&sim);
}

/* Amplitude at f from the projection on sine and cosine over whole periods. */
static double amplitude_n(const struct stance_sim *sim, const struct stance_raw_frame *frames,
                          size_t count, double hz)
{
  double sine = 0.0, cosine = 0.0;
  for (size_t k = 0; k < count; k++) {
    const double force_n = sim_fixture_force_n(sim, 0, frames[k].value[0]);
    const double phase = 2.0 * pi * hz * (double)frames[k].index / 1000.0;
    sine += force_n * sin(phase);
    cosine += force_n * cos(phase);
  }
  return 2.0 / (double)count * hypot(sine, cosine);
}

static void test_hum_has_the_amplitudes_asked_for(void **state)
{
  struct stance_sim sim;
  size_t count;
  (void)state;
  sim_fixture_open(&sim, "sim:nordic?noise_n=0&wander_n=0&drift_n_per_min=0&hum_n=3&hum_hz=60"
                         "&unloaded_s=10&bits=24");
  struct stance_raw_frame *frames = sim_fixture_frames(&sim, &count);
  assert_true(fabs(amplitude_n(&sim, frames, 10000, 60.0) - 3.0) < 1e-3);
  assert_true(fabs(amplitude_n(&sim, frames, 10000, 180.0) - 1.0) < 1e-3);
  assert_true(fabs(amplitude_n(&sim, frames, 10000, 300.0) - 0.6) < 1e-3);
  assert_true(amplitude_n(&sim, frames, 10000, 420.0) < 1e-3);
  assert_true(amplitude_n(&sim, frames, 10000, 50.0) < 1e-3);
  free(frames);
  stance_sim_finish(&sim);
}

static void test_noise_wander_and_drift_have_the_size_asked_for(void **state)
{
  static const struct {
    const char *uri;
    double sd_n, tolerance;
  } cases[] = {
      /* 200 s of empty rig, 200 000 values; white noise to five standard errors, 1/f noise, whose
         slowest row has three values in that time, to a third. */
      {"sim:nordic?wander_n=0&hum_n=0&drift_n_per_min=0&noise_n=2&unloaded_s=200", 2.0, 0.008},
      {"sim:nordic?wander_n=2&hum_n=0&drift_n_per_min=0&noise_n=0&unloaded_s=200", 2.0, 0.33},
      /* a ramp of 3 N/min over 200 s is 10 N, SD 10/√12 */
      {"sim:nordic?wander_n=0&hum_n=0&drift_n_per_min=3&noise_n=0&unloaded_s=200", 2.88675, 1e-3},
  };
  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    enum { COUNT = 200000 };
    struct stance_sim sim;
    size_t count;
    double sum = 0.0, squares = 0.0;
    sim_fixture_open(&sim, cases[k].uri);
    struct stance_raw_frame *frames = sim_fixture_frames(&sim, &count);
    for (size_t i = 0; i < COUNT; i++) {
      const double force_n = sim_fixture_force_n(&sim, 1, frames[i].value[1]);
      sum += force_n;
      squares += force_n * force_n;
    }
    const double mean_n = sum / COUNT, sd_n = sqrt(squares / COUNT - mean_n * mean_n);
    assert_true(fabs(sd_n / cases[k].sd_n - 1.0) < cases[k].tolerance);
    free(frames);
    stance_sim_finish(&sim);
  }
}

static void test_zero_shift_is_what_the_empty_rig_reads(void **state)
{
  struct stance_sim sim;
  struct stance_raw_frame frame;
  double sum_n = 0.0;
  (void)state;
  sim_fixture_open(&sim, "sim:nordic?zero_shift_n=-7&drift_n_per_min=0&wander_n=0&hum_n=0");
  for (int k = 0; k < 2000; k++) {
    assert_true(stance_sim_next(&sim, &frame));
    sum_n += sim_fixture_force_n(&sim, 0, frame.value[0]);
  }
  assert_true(fabs(sum_n / 2000.0 + 7.0) < 5.0 * 0.5 / sqrt(2000.0));
  stance_sim_finish(&sim);
}

/* A clock 5000 ppm fast counts more samples for the same test, and each lies earlier. */
static void test_a_fast_clock_counts_more_samples(void **state)
{
  struct stance_sim exact, fast;
  (void)state;
  sim_fixture_open(&exact, "sim:nordic?seed=5&" CLEAN);
  sim_fixture_open(&fast, "sim:nordic?seed=5&clock_ppm=5000&" CLEAN);
  assert_true(fabs((double)fast.frame_count - 1.005 * (double)exact.frame_count) <= 2.0);
  assert_true(fabs(stance_sim_time_s(&fast, 10050) - 10.0) < 1e-12);
  char *truth = stance_sim_truth(&exact.plan), *late = stance_sim_truth(&fast.plan);
  const double ratio = sim_fixture_truth(late, "2", "left", "onset_time") /
                       sim_fixture_truth(truth, "2", "left", "onset_time");
  assert_true(fabs(ratio - 1.005) < 1e-12);
  assert_true(sim_fixture_truth(late, "2", "left", "rfd_0_100ms") ==
              sim_fixture_truth(truth, "2", "left", "rfd_0_100ms"));
  free(truth);
  free(late);
  stance_sim_finish(&exact);
  stance_sim_finish(&fast);
}

static void test_duration_cuts_and_fills(void **state)
{
  struct stance_sim cut, filled;
  size_t count;
  (void)state;
  sim_fixture_open(&cut, "sim:nordic?duration=20");
  sim_fixture_open(&filled, "sim:nordic?rate=200&duration=100&" CLEAN);
  free(sim_fixture_frames(&cut, &count));
  assert_int_equal(count, 20000);
  char *truth = stance_sim_truth(&cut.plan);
  assert_non_null(strstr(truth, "\n1,both,status,accepted,\n"));
  assert_non_null(strstr(truth, "\n2,both,status,cut,\n"));
  assert_true(isnan(sim_fixture_truth(truth, "2", "left", "peak_force")));
  free(truth);
  struct stance_raw_frame *frames = sim_fixture_frames(&filled, &count);
  assert_int_equal(count, 20000);
  assert_true(fabs(sim_fixture_force_n(&filled, 0, frames[count - 1].value[0])) < 0.04);
  free(frames);
  stance_sim_finish(&cut);
  stance_sim_finish(&filled);
}

/* The force is continuous: no corner of the timeline makes an impact that nobody asked for. */
static void test_force_never_jumps(void **state)
{
  static const char *const uris[] = {
      "sim:nordic?seed=3",
      "sim:isometric?rig=plate&pretension_n=30&dip_n=40",
      "sim:imtp?dip_n=100&dip_s=0.2",
      ("sim:nordic?dirty=push_back_hump,strap_slip,fidgets,two_attempts,weak_leg,three_partials"
       "&pretension_n=10&dip_n=20"),
      "sim:isometric?shape=logistic&rig=plate&dirty=fidgets,strap_slip,three_partials",
      "sim:isometric?shape=ramp&sides=right&ready_s=0.5&rest_s=0.2"};
  (void)state;
  for (size_t k = 0; k < sizeof uris / sizeof uris[0]; k++) {
    struct stance_sim sim;
    double before[STANCE_SIM_SIDE_COUNT], now[STANCE_SIM_SIDE_COUNT];
    sim_fixture_open(&sim, uris[k]);
    stance_sim_force(&sim.plan, 0.0, before);
    for (size_t i = 1; (double)i * 1e-4 < sim.plan.end_s + 1.0; i++) {
      stance_sim_force(&sim.plan, (double)i * 1e-4, now);
      for (size_t side = 0; side < STANCE_SIM_SIDE_COUNT; side++) {
        /* The steepest part, 900 N with τ 0.12 s, moves 0.75 N in 0.1 ms. */
        if (fabs(now[side] - before[side]) > 1.0)
          fail_msg("%s jumps by %g N at %g s", uris[k], now[side] - before[side], (double)i * 1e-4);
        before[side] = now[side];
      }
    }
    assert_true(fabs(now[0]) < 1e-9 && fabs(now[1]) < 1e-9);
    stance_sim_finish(&sim);
  }
}

static void test_the_profile_is_in_the_agreed_text_form(void **state)
{
  struct stance_source_info info = {0};
  struct stance_sim sim;
  (void)state;
  sim_fixture_open(&sim, "sim:isometric?seed=7&rig=plate&spare_channels=6");
  stance_sim_describe(&sim, &info);
  assert_int_equal(info.channel_count, 7);
  assert_int_equal(info.channel[0].side, STANCE_TOTAL);
  assert_int_equal(info.channel[1].side, STANCE_SIDE_NONE);
  assert_non_null(strstr(info.calibration, "[calibration]\nid = sim-7-"));
  assert_non_null(strstr(info.calibration, "\n[channel plate]\nserial = "));
  assert_non_null(strstr(info.calibration, "\n[channel spare6]\n"));
  assert_non_null(strstr(info.calibration, "\nside = total\npolarity = 1\nzero = "));
  assert_true(info.calibration[strlen(info.calibration) - 1] == '\n');
  stance_sim_finish(&sim);
}

static void test_settings_that_contradict_each_other_are_refused(void **state)
{
  static const struct {
    const char *uri, *mention;
  } cases[] = {
      {"sim:squat", "sim:imtp"},
      {"sim:", "sim:nordic"},
      {"sim:nordic?bits=3", "8 to 32"},
      {"sim:isometric?shape=ramp&rise_s=4", "effort_s=3"},
      {"sim:nordic?gaps=5", "FIRST:COUNT"},
      {"sim:nordic?gaps=5:0", "FIRST:COUNT"},
      {"sim:nordic?gaps=5:3,7:1", "in order"},
      {"sim:nordic?gaps=5:3,", "FIRST:COUNT"},
      {"sim:nordic?gaps=-5:3", "FIRST:COUNT"},
      {"sim:nordic?gaps=99999999999999999999:1", "FIRST:COUNT"},
  };
  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    struct stance_problem problem = {""};
    struct stance_uri uri;
    struct stance_sim sim;
    assert_int_equal(stance_uri_init(&uri, cases[k].uri, NULL), STANCE_OK);
    assert_int_equal(stance_sim_init(&sim, &uri, &problem), STANCE_USAGE);
    if (strstr(problem.text, cases[k].mention) == NULL)
      fail_msg("\"%s\" does not mention \"%s\"", problem.text, cases[k].mention);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_same_seed_gives_the_same_frames),
      cmocka_unit_test(test_gaps_are_jumps_of_the_index_and_nothing_else),
      cmocka_unit_test(test_random_gaps_come_at_the_rate_and_length_asked_for),
      cmocka_unit_test(test_quantisation_is_within_half_a_count),
      cmocka_unit_test(test_without_a_converter_values_are_the_force),
      cmocka_unit_test(test_saturation_is_flagged_exactly_at_the_ends),
      cmocka_unit_test(test_hum_has_the_amplitudes_asked_for),
      cmocka_unit_test(test_noise_wander_and_drift_have_the_size_asked_for),
      cmocka_unit_test(test_zero_shift_is_what_the_empty_rig_reads),
      cmocka_unit_test(test_a_fast_clock_counts_more_samples),
      cmocka_unit_test(test_duration_cuts_and_fills),
      cmocka_unit_test(test_force_never_jumps),
      cmocka_unit_test(test_the_profile_is_in_the_agreed_text_form),
      cmocka_unit_test(test_settings_that_contradict_each_other_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
