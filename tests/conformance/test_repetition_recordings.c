/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is found in real recordings, pulls and others. */
#include "reference_data.h"
#include "support/segmented.h"
#include "support/signals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct column {
  const char *file;
  int skip, column;
};

/* Replaces the forces of `segmented` by columns of files; a NULL file is a side without force. */
static void load(struct segmented *segmented, const char *protocol, double rate_hz,
                 const struct column column[STANCE_MEASURED_SIDE_COUNT])
{
  segmented_init(segmented, protocol, 0, 0.0, rate_hz);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; ++side) {
    if (column[side].file != NULL)
      segmented->trace.force_n[side] =
          reference_column(column[side].file, column[side].skip, column[side].column,
                           &segmented->trace.sample_count);
  }
  segmented->range.count = segmented->trace.sample_count;
  segmented_find(segmented);
}

/* Each goes on after the pull: release, unloading, hops, stepping off, an empty plate. */
static void a_pull_is_one_repetition(void **state)
{
  (void)state;
  const struct {
    struct column column;
    long onset, peak;
  } rows[] = {{{"imtp/Example2.csv", 1, 1}, 13745, 16308},
              {{"imtp/Example3.csv", 1, 1}, 12218, 18623}};
  for (int k = 0; k < 2; ++k) {
    const struct column columns[STANCE_MEASURED_SIDE_COUNT] = {[STANCE_TOTAL] = rows[k].column};
    struct segmented pull;
    load(&pull, "imtp", 1000.0, columns);
    assert_int_equal(pull.count, 1);
    assert_int_equal(pull.with_status[STANCE_REPETITION_ACCEPTED], 1);
    assert_true(pull.segment[0].first < rows[k].onset && rows[k].peak < pull.segment[0].last);
    /* middle of a 10 ms block of a 6 Hz copy */
    assert_true(labs(pull.segment[0].peak - rows[k].peak) < 30);
    segmented_finish(&pull);
  }
}

static void standing_is_no_repetition(void **state)
{
  (void)state;
  const char *const files[] = {"standing_control_dual/Control_0_trial_0.txt",
                               "standing_control_dual/Control_5_trial_0.txt"};
  const char *const protocols[] = {"imtp", "iso-squat", "nordic"};
  for (int k = 0; k < 6; ++k) {
    const struct column columns[STANCE_MEASURED_SIDE_COUNT] = {
        [STANCE_LEFT] = {files[k % 2], 1, 2}, [STANCE_RIGHT] = {files[k % 2], 1, 5}};
    struct segmented standing;
    load(&standing, protocols[k / 2], 100.0, columns);
    assert_int_equal(standing.count, 0);
    segmented_finish(&standing);
  }
}

/* No isometric test: but every jump is seen, once, and nothing between. */
static void jumps_are_counted(void **state)
{
  (void)state;
  const struct column squat[STANCE_MEASURED_SIDE_COUNT] = {
      [STANCE_LEFT] = {"squat_jump_dual/BFR010_squat_jump.csv", 7, 11},
      [STANCE_RIGHT] = {"squat_jump_dual/BFR010_squat_jump.csv", 7, 2}};
  const struct column counter[STANCE_MEASURED_SIDE_COUNT] = {
      [STANCE_LEFT] = {"jumps_dual_peer/Dual-CMJ-Fz.txt", 1, 0},
      [STANCE_RIGHT] = {"jumps_dual_peer/Dual-CMJ-Fz.txt", 1, 1}};
  const struct column one[STANCE_MEASURED_SIDE_COUNT] = {
      [STANCE_TOTAL] = {"bmc_jump_600hz/GRFZjump.txt", 0, 0}};
  const struct {
    const struct column *column;
    double rate_hz;
    unsigned jumps;
  } rows[] = {{squat, 1000.0, 3}, {counter, 1000.0, 1}, {one, 600.0, 1}};
  for (int k = 0; k < 3; ++k) {
    struct segmented jump;
    load(&jump, "imtp", rows[k].rate_hz, rows[k].column);
    assert_int_equal(jump.count, rows[k].jumps);
    segmented_finish(&jump);
  }
}

/* 0.4 s in millinewtons; the last row is a 0 that was never measured. */
static void a_twitch_is_one_rise(void **state)
{
  (void)state;
  const struct column columns[STANCE_MEASURED_SIDE_COUNT] = {
      [STANCE_TOTAL] = {"muscle_twitch_10khz/twitch.csv", 1, 1}};
  struct segmented twitch;
  load(&twitch, "isometric", 10000.0, columns);
  assert_int_equal(twitch.count, 1);
  assert_true(twitch.segment[0].first < 1002 && 1141 < twitch.segment[0].last);
  assert_true(twitch.segment[0].last < 4000);
  segmented_finish(&twitch);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pull_is_one_repetition),
      cmocka_unit_test(standing_is_no_repetition),
      cmocka_unit_test(jumps_are_counted),
      cmocka_unit_test(a_twitch_is_one_rise),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
