/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Known answers: units, scale, sums of channels, what is lost, saturated or interpolated, zero. */
#include "stance/calibration.h"
#include "support/failing_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stance_channel channel_of(const char *name, const char *unit, enum stance_side side)
{
  struct stance_channel channel = {
      .side = side, .minimum = -(double)INFINITY, .maximum = (double)INFINITY};
  snprintf(channel.name, sizeof channel.name, "%s", name);
  snprintf(channel.unit, sizeof channel.unit, "%s", unit);
  return channel;
}

static double identity_of(const char *unit, double value)
{
  struct stance_channel channel = channel_of("Fz", unit, STANCE_LEFT);
  struct stance_calibration calibration;
  assert_int_equal(stance_calibration_for_units(&channel, 1, NULL, &calibration, NULL), STANCE_OK);
  struct stance_raw_frame raw = {.value = {value}};
  struct stance_force_frame force;
  stance_calibration_apply_frame(&calibration, &raw, &force);
  assert_true(isnan(force.force_n[STANCE_RIGHT]) && isnan(force.force_n[STANCE_TOTAL]));
  return force.force_n[STANCE_LEFT];
}

static void force_units_are_exact(void **state)
{
  (void)state;
  assert_true(identity_of("N", 123.456) == 123.456);
  assert_true(identity_of("kN", 0.5) == 500.0);
  assert_true(identity_of("mN", 2000.0) == 2.0);
  assert_true(identity_of("kgf", 1.0) == 9.80665);
  assert_true(identity_of("lbf", 1.0) == 4.4482216152605);
}

static enum stance_status for_volts(const char *scale, struct stance_calibration *ret_calibration,
                                    struct stance_problem *problem)
{
  const struct stance_channel channels[] = {channel_of("a", "V", STANCE_LEFT),
                                            channel_of("b", "mV/V", STANCE_RIGHT),
                                            channel_of("t", "s", STANCE_SIDE_NONE)};
  return stance_calibration_for_units(channels, 3, scale, ret_calibration, problem);
}

static void a_scale_is_gain_and_offset(void **state)
{
  (void)state;
  struct stance_calibration calibration;
  assert_int_equal(for_volts("left=250,-5;right=-1000,2", &calibration, NULL), STANCE_OK);
  struct stance_raw_frame raw = {.value = {0.1, -0.25, 17.0}};
  struct stance_force_frame force;
  stance_calibration_apply_frame(&calibration, &raw, &force);
  assert_true(fabs(force.force_n[STANCE_LEFT] - 20.0) < 1e-12);
  assert_true(fabs(force.force_n[STANCE_RIGHT] - 252.0) < 1e-12);
  assert_true(fabs(force.force_n[STANCE_TOTAL] - 272.0) < 1e-12);
  assert_int_equal(calibration.channel[1].polarity, -1);

  assert_int_equal(for_volts("100,0", &calibration, NULL), STANCE_OK);
  assert_true(calibration.channel[0].slope_n_per_unit == 100.0);
  assert_true(calibration.channel[1].slope_n_per_unit == 100.0);
  /* A side's own scale goes before the one for all. */
  assert_int_equal(for_volts("100,0;right=7,0", &calibration, NULL), STANCE_OK);
  assert_true(calibration.channel[1].slope_n_per_unit == 7.0);
}

static void impossible_scales_are_refused(void **state)
{
  (void)state;
  static const char *const scales[] = {NULL,          "",
                                       "left=1,0",    "left=1,0;left=2,0;right=1,0",
                                       "0,1",         "1",
                                       "1,2,3",       "left=1,0;right=x,0",
                                       "up=1,0",      "nan,0",
                                       "1,inf",       "left=1,0;right=1,0;total=1,0",
                                       "1,0;2,0",     ",",
                                       "left=,",      "1e999,0",
                                       "1,0 ",        "left=1,0;right=1,0 junk",
                                       "1e-300,1e300"};
  for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++) {
    struct stance_calibration calibration;
    struct stance_problem problem = {.text = ""};
    if (for_volts(scales[k], &calibration, &problem) != STANCE_USAGE || problem.text[0] == '\0')
      fail_msg("scale '%s' was taken", scales[k] != NULL ? scales[k] : "(none)");
  }
  /* A scale for what is a force already would be applied to nothing, or twice. */
  struct stance_channel newtons = channel_of("Fz", "N", STANCE_TOTAL);
  struct stance_calibration calibration;
  struct stance_problem problem;
  assert_int_equal(stance_calibration_for_units(&newtons, 1, "2,0", &calibration, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "--unit"));
  assert_int_equal(stance_calibration_for_units(&newtons, 1, "-1,5", &calibration, &problem),
                   STANCE_USAGE);
  /* Its sign may be wrong, as where a plate's z axis points downwards. */
  assert_int_equal(stance_calibration_for_units(&newtons, 1, "-1,0", &calibration, &problem),
                   STANCE_OK);
  assert_int_equal(calibration.channel[0].polarity, -1);
  assert_true(calibration.channel[0].slope_n_per_unit == 1.0);
}

enum { SAMPLE_COUNT = 10 };
struct rig {
  struct stance_raw_trace raw;
  double value[4][SAMPLE_COUNT];
  uint32_t flags[SAMPLE_COUNT];
  struct stance_span gap;
  struct stance_calibration calibration;
};

/* Two left cells of different polarity, one right; counts with a range of ±100. */
static void make_rig(struct rig *rig)
{
  static const enum stance_side sides[] = {STANCE_LEFT, STANCE_LEFT, STANCE_RIGHT,
                                           STANCE_SIDE_NONE};
  *rig = (struct rig){
      .raw = {.sample_count = SAMPLE_COUNT, .channel_count = 4, .time = {.rate_hz = 1000.0}},
      .calibration = {.id = "rig", .instrument = "test", .calibrated = true, .channel_count = 4}};
  rig->raw.integrity.frames_received = SAMPLE_COUNT;
  for (size_t c = 0; c < 4; c++) {
    char name[8];
    snprintf(name, sizeof name, "in%zu", c);
    rig->raw.channel[c] = channel_of(name, "counts", sides[c]);
    rig->raw.channel[c].minimum = -100.0;
    rig->raw.channel[c].maximum = 100.0;
    rig->raw.value[c] = rig->value[c];
    rig->calibration.channel[c] =
        (struct stance_calibration_channel){.unit = "counts",
                                            .side = sides[c],
                                            .polarity = c == 1 ? -1 : 1,
                                            .zero_raw = (double)c,
                                            .slope_n_per_unit = 0.5 * (double)(c + 1)};
    snprintf(rig->calibration.channel[c].channel, sizeof rig->calibration.channel[c].channel, "%s",
             name);
    for (size_t k = 0; k < SAMPLE_COUNT; k++)
      rig->value[c][k] = (double)(10 * c + k);
  }
}

static void channels_of_a_side_are_summed(void **state)
{
  (void)state;
  struct rig rig;
  make_rig(&rig);
  struct stance_force_trace force;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, NULL), STANCE_OK);
  for (size_t k = 0; k < SAMPLE_COUNT; k++) {
    double left = 0.5 * (double)k - 1.0 * ((double)(10 + k) - 1.0);
    double right = 1.5 * ((double)(20 + k) - 2.0);
    assert_true(force.force_n[STANCE_LEFT][k] == left);
    assert_true(force.force_n[STANCE_RIGHT][k] == right);
    assert_true(force.force_n[STANCE_TOTAL][k] == left + right);
  }
  assert_null(force.saturated);
  assert_null(force.interpolated);
  assert_int_equal(force.gap_count, 0);
  assert_true(force.calibrated);
  assert_string_equal(force.calibration_id, "rig");
  assert_int_equal(force.integrity.frames_received, SAMPLE_COUNT);
  stance_force_trace_finish(&force);
}

/* A column of its own is the total; it is not replaced by the sum. */
static void a_mapped_total_is_kept(void **state)
{
  (void)state;
  struct rig rig;
  make_rig(&rig);
  rig.calibration.channel[3].side = STANCE_TOTAL;
  struct stance_force_trace force;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, NULL), STANCE_OK);
  assert_true(force.force_n[STANCE_TOTAL][0] == 2.0 * (30.0 - 3.0));
  stance_force_trace_finish(&force);

  rig.calibration.channel[0].side = STANCE_SIDE_NONE;
  rig.calibration.channel[1].side = STANCE_SIDE_NONE;
  rig.calibration.channel[3].side = STANCE_SIDE_NONE;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, NULL), STANCE_OK);
  assert_null(force.force_n[STANCE_LEFT]);
  assert_null(force.force_n[STANCE_TOTAL]);
  stance_force_trace_finish(&force);
}

/* Gaps, empty cells and frames that failed their checksum are lost, in place, and listed. */
static void what_is_lost_stays_lost(void **state)
{
  (void)state;
  struct rig rig;
  make_rig(&rig);
  rig.gap = (struct stance_span){.first = 1, .count = 2};
  rig.raw.gap = &rig.gap;
  rig.raw.gap_count = 1;
  rig.raw.flags = rig.flags;
  rig.flags[3] = STANCE_FRAME_CORRUPT;
  rig.value[2][6] = (double)NAN;
  rig.value[0][9] = (double)INFINITY;
  rig.value[3][7] = (double)NAN; /* not used */
  struct stance_force_trace force;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, NULL), STANCE_OK);
  static const bool lost_left[SAMPLE_COUNT] = {0, 1, 1, 1, 0, 0, 0, 0, 0, 1};
  static const bool lost_right[SAMPLE_COUNT] = {0, 1, 1, 1, 0, 0, 1, 0, 0, 0};
  for (size_t k = 0; k < SAMPLE_COUNT; k++) {
    assert_int_equal(isnan(force.force_n[STANCE_LEFT][k]) != 0, lost_left[k]);
    assert_int_equal(isnan(force.force_n[STANCE_RIGHT][k]) != 0, lost_right[k]);
    assert_int_equal(isnan(force.force_n[STANCE_TOTAL][k]) != 0, lost_left[k] || lost_right[k]);
  }
  const struct stance_span expected[] = {{1, 3}, {6, 1}, {9, 1}};
  assert_int_equal(force.gap_count, 3);
  for (size_t g = 0; g < 3; g++) {
    assert_int_equal(force.gap[g].first, expected[g].first);
    assert_int_equal(force.gap[g].count, expected[g].count);
  }
  stance_force_trace_finish(&force);
}

static void saturation_and_interpolation_are_carried(void **state)
{
  (void)state;
  struct rig rig;
  make_rig(&rig);
  rig.raw.flags = rig.flags;
  rig.flags[2] = STANCE_FRAME_SATURATED(2);
  rig.flags[4] = STANCE_FRAME_INTERPOLATED;
  rig.flags[5] = STANCE_FRAME_SATURATED(3); /* a channel that is not used */
  rig.value[1][7] = 100.0;
  rig.value[2][8] = -100.0;
  struct stance_force_trace force;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, NULL), STANCE_OK);
  const uint8_t left = 1u << STANCE_LEFT, right = 1u << STANCE_RIGHT, total = 1u << STANCE_TOTAL;
  const uint8_t saturated[SAMPLE_COUNT] = {
      [2] = right | total, [7] = left | total, [8] = right | total};
  const uint8_t interpolated[SAMPLE_COUNT] = {[4] = left | right | total};
  assert_memory_equal(force.saturated, saturated, SAMPLE_COUNT);
  assert_memory_equal(force.interpolated, interpolated, SAMPLE_COUNT);
  stance_force_trace_finish(&force);
}

static void another_instruments_profile_is_refused(void **state)
{
  (void)state;
  struct rig rig;
  struct stance_force_trace force;
  struct stance_problem problem;
  make_rig(&rig);
  snprintf(rig.raw.channel[2].name, sizeof rig.raw.channel[2].name, "else");
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "'else'"));
  make_rig(&rig);
  snprintf(rig.raw.channel[0].unit, sizeof rig.raw.channel[0].unit, "V");
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, &problem),
                   STANCE_INPUT);
  make_rig(&rig);
  rig.raw.channel_count = 3;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, &problem),
                   STANCE_INPUT);
  make_rig(&rig);
  for (size_t c = 0; c < 4; c++)
    rig.calibration.channel[c].side = STANCE_SIDE_NONE;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, &problem),
                   STANCE_INPUT);
  make_rig(&rig);
  rig.calibration.channel[1].slope_n_per_unit = -1.0;
  assert_int_equal(stance_calibration_apply(&rig.calibration, &rig.raw, &force, &problem),
                   STANCE_INPUT);
}

static void zero_moves_the_zero_only(void **state)
{
  (void)state;
  struct rig rig;
  make_rig(&rig);
  for (size_t c = 0; c < 4; c++)
    for (size_t k = 0; k < SAMPLE_COUNT; k++)
      rig.value[c][k] = 4.0 + (k % 2 == 0 ? 0.25 : -0.25);
  const struct stance_span span = {.first = 2, .count = 6};
  struct stance_calibration zeroed;
  assert_int_equal(
      stance_calibration_zero(&rig.calibration, &rig.raw, span, 1.0, 10.0, &zeroed, NULL),
      STANCE_OK);
  for (size_t c = 0; c < 3; c++)
    assert_true(zeroed.channel[c].zero_raw == 4.0);
  assert_true(zeroed.channel[3].zero_raw == 3.0); /* not used, not touched */
  zeroed.channel[0].zero_raw = 0.0;
  zeroed.channel[1].zero_raw = 1.0;
  zeroed.channel[2].zero_raw = 2.0;
  assert_memory_equal(&zeroed, &rig.calibration, sizeof zeroed);
}

static void zero_refuses(struct rig *rig, struct stance_span span, enum stance_status expected,
                         const char *words)
{
  struct stance_calibration zeroed;
  struct stance_problem problem;
  assert_int_equal(
      stance_calibration_zero(&rig->calibration, &rig->raw, span, 1.0, 10.0, &zeroed, &problem),
      expected);
  if (strstr(problem.text, words) == NULL)
    fail_msg("'%s' does not say '%s'", problem.text, words);
}

static void a_doubtful_zero_is_refused(void **state)
{
  (void)state;
  const struct stance_span all = {.first = 0, .count = SAMPLE_COUNT};
  struct rig rig;
  make_rig(&rig); /* a ramp: standard deviation 3.03 counts × 0.5, offset 2.25 N */
  zero_refuses(&rig, all, STANCE_MISMATCH, "still");
  for (size_t k = 0; k < SAMPLE_COUNT; k++)
    rig.value[0][k] = 21.0; /* 10.5 N */
  zero_refuses(&rig, all, STANCE_MISMATCH, "10.5 N unloaded");
  rig.value[0][3] = (double)NAN;
  zero_refuses(&rig, all, STANCE_MISMATCH, "lost");
  rig.value[0][3] = 100.0;
  zero_refuses(&rig, all, STANCE_MISMATCH, "end of the range");
  zero_refuses(&rig, (struct stance_span){.first = 5, .count = 6}, STANCE_INPUT, "inside");
  zero_refuses(&rig, (struct stance_span){.first = 5, .count = SIZE_MAX}, STANCE_INPUT, "inside");
  zero_refuses(&rig, (struct stance_span){.first = 5, .count = 1}, STANCE_INPUT, "two samples");
}

static bool apply_and_forget(void *context)
{
  struct rig *rig = context;
  struct stance_force_trace force, untouched;
  memset(&untouched, 0x5a, sizeof untouched);
  memcpy(&force, &untouched, sizeof force);
  struct stance_problem problem;
  enum stance_status status =
      stance_calibration_apply(&rig->calibration, &rig->raw, &force, &problem);
  if (status == STANCE_OK) {
    stance_force_trace_finish(&force);
    return true;
  }
  assert_int_equal(status, STANCE_MEMORY);
  assert_memory_equal(&force, &untouched, sizeof force);
  return false;
}

static void every_failed_allocation_is_reported(void **state)
{
  (void)state;
  if (!failing_allocator_works())
    skip();
  struct rig rig;
  make_rig(&rig);
  rig.raw.flags = rig.flags;
  rig.flags[4] = STANCE_FRAME_INTERPOLATED;
  rig.value[1][7] = 100.0;
  rig.value[2][2] = (double)NAN;
  struct failing_allocator_sweep sweep = failing_allocator_sweep(apply_and_forget, &rig);
  assert_int_equal(sweep.allocations, 6); /* three sides, gaps, two kinds of marks */
  assert_int_equal(sweep.reported, sweep.allocations);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(force_units_are_exact),
      cmocka_unit_test(a_scale_is_gain_and_offset),
      cmocka_unit_test(impossible_scales_are_refused),
      cmocka_unit_test(channels_of_a_side_are_summed),
      cmocka_unit_test(a_mapped_total_is_kept),
      cmocka_unit_test(what_is_lost_stays_lost),
      cmocka_unit_test(saturation_and_interpolation_are_carried),
      cmocka_unit_test(another_instruments_profile_is_refused),
      cmocka_unit_test(zero_moves_the_zero_only),
      cmocka_unit_test(a_doubtful_zero_is_refused),
      cmocka_unit_test(every_failed_allocation_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
