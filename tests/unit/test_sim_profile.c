/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The profile that the simulated rig knows by heart, read by calibration: counts become the force
   that acted. */
#include "support/sim_fixture.h"

#include "stance/calibration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_counts_become_the_force_that_acted(void **state)
{
  static const char *const uris[] = {
      "sim:nordic?seed=4",
      "sim:imtp?bits=24&range_n=5000",
      "sim:nordic?bits=0",
      "sim:isometric?rig=plate",
      "sim:isometric?spare_channels=6&bits=20",
      "sim:isometric?rig=plate&spare_channels=6&range_n=123456.789&seed=9007199254740991",
  };
  (void)state;
  for (size_t k = 0; k < sizeof uris / sizeof uris[0]; k++) {
    char uri[300];
    struct stance_sim sim;
    struct stance_source_info info = {0};
    struct stance_calibration calibration;
    struct stance_problem problem = {""};
    struct stance_raw_frame frame;
    snprintf(uri, sizeof uri, "%s%snoise_n=0&wander_n=0&hum_n=0&zero_shift_n=0&drift_n_per_min=0",
             uris[k], strchr(uris[k], '?') == NULL ? "?" : "&");
    sim_fixture_open(&sim, uri);
    stance_sim_describe(&sim, &info);
    if (stance_calibration_import("sim", info.calibration, &calibration, &problem) != STANCE_OK)
      fail_msg("%s: %s\n%s", uri, problem.text, info.calibration);
    assert_true(calibration.calibrated);
    assert_int_equal(calibration.channel_count, info.channel_count);
    const bool plate = info.channel[0].side == STANCE_TOTAL;
    const double half_count_n = 0.5 * sim.sensor.slope_n_per_unit * (1.0 + 1e-9) + 1e-9;
    while (stance_sim_next(&sim, &frame)) {
      double acting_n[STANCE_CHANNEL_COUNT_MAX];
      struct stance_force_frame force;
      stance_sim_channel_force(&sim, stance_sim_time_s(&sim, frame.index), acting_n);
      stance_calibration_apply_frame(&calibration, &frame, &force);
      if (plate) {
        assert_true(fabs(force.force_n[STANCE_TOTAL] - acting_n[0]) <= half_count_n);
        assert_true(isnan(force.force_n[STANCE_LEFT]));
      } else {
        assert_true(fabs(force.force_n[STANCE_LEFT] - acting_n[0]) <= half_count_n);
        assert_true(fabs(force.force_n[STANCE_RIGHT] - acting_n[1]) <= half_count_n);
      }
    }
    stance_sim_finish(&sim);
  }
}

/* A profile is immutable under its id: two rigs that differ in it must not share one. */
static void test_profiles_that_differ_have_different_names(void **state)
{
  static const char *const uris[] = {
      "sim:nordic",           "sim:nordic?seed=2",           "sim:nordic?bits=24",
      "sim:nordic?range_n=1", "sim:nordic?bits=0",           "sim:nordic?rig=plate",
      "sim:isometric",        "sim:nordic?spare_channels=1",
  };
  enum { COUNT = sizeof uris / sizeof uris[0] };
  static struct stance_source_info info[COUNT];
  (void)state;
  for (size_t k = 0; k < COUNT; k++) {
    struct stance_sim sim;
    sim_fixture_open(&sim, uris[k]);
    stance_sim_describe(&sim, &info[k]);
    stance_sim_finish(&sim);
    for (size_t other = 0; other < k; other++) {
      assert_string_not_equal(info[k].serial, info[other].serial);
      assert_string_not_equal(info[k].calibration, info[other].calibration);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counts_become_the_force_that_acted),
      cmocka_unit_test(test_profiles_that_differ_have_different_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
