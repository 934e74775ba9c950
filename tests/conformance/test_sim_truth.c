/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated rig's ground truth against the closed forms of SCIENCE 10.1, to 1e-9 of each. */
#include "support/sim_fixture.h"

#include "sim_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Peaks exactly as asked for, no lag and no tremor: what is left is the closed form. */
#define PURE "&variation_pct=0&asymmetry_pct=0&tremor_pct=0&onset_lag_s=0&peak_lag_s=0"

static void assert_relative(double value, double expected, double tolerance)
{
  if (!(fabs(value - expected) <= tolerance * fabs(expected)))
    fail_msg("%.15g instead of %.15g", value, expected);
}

/* The shape itself, and all that follows from three of its values, to 1e-9. */
static void test_exponential_agrees_with_the_published_table(void **state)
{
  static const double force_n[] = {113.387476, 194.633152, 252.848224, 294.561145, 324.449759};
  static const double rfd_n_per_s[] = {2267.749515, 1946.331524, 1685.654824, 1472.805724,
                                       1297.799035};
  static const double impulse_ns[] = {2.991879, 10.805027, 22.072766, 35.815828, 51.332536};
  struct stance_sim sim;
  char metric[40];
  (void)state;
  /* 400 N above a plate that carries 45 N; 30 s is 200 τ: the peak is Fmax to the last digit. */
  sim_fixture_open(&sim, "sim:isometric?peak_n=400&tau_s=0.15&limb_n=45&effort_s=30" PURE);
  char *truth = stance_sim_truth(&sim.plan);
  for (int k = 0; k < 5; k++) {
    const double t_s = 0.05 * (k + 1);
    const double exact_n = 400.0 * (1.0 - exp(-t_s / 0.15));
    snprintf(metric, sizeof metric, "net_force_at_%dms", 50 * (k + 1));
    const double net_n = sim_fixture_truth(truth, "1", "left", metric);
    assert_relative(net_n, exact_n, 1e-9);
    assert_relative(net_n, force_n[k], 5e-7 / force_n[k]); /* as printed, six decimals */
    snprintf(metric, sizeof metric, "force_at_%dms", 50 * (k + 1));
    assert_relative(sim_fixture_truth(truth, "1", "left", metric), exact_n + 45.0, 1e-9);
    snprintf(metric, sizeof metric, "rfd_0_%dms", 50 * (k + 1));
    assert_relative(sim_fixture_truth(truth, "1", "left", metric), exact_n / t_s, 1e-9);
    assert_relative(sim_fixture_truth(truth, "1", "left", metric), rfd_n_per_s[k],
                    5e-7 / rfd_n_per_s[k]);
    snprintf(metric, sizeof metric, "impulse_net_0_%dms", 50 * (k + 1));
    const double impulse = sim_fixture_truth(truth, "1", "left", metric);
    assert_relative(impulse, 400.0 * (t_s - 0.15 * (1.0 - exp(-t_s / 0.15))), 1e-9);
    assert_relative(impulse, impulse_ns[k], 5e-7 / impulse_ns[k]);
  }
  assert_relative(sim_fixture_truth(truth, "1", "left", "rfd_50_100ms"), 1624.913532, 5e-10);
  assert_relative(sim_fixture_truth(truth, "1", "left", "rfd_100_150ms"), 1164.301423, 5e-10);
  assert_relative(sim_fixture_truth(truth, "1", "left", "rfd_150_200ms"), 834.258424, 1e-9);
  assert_relative(sim_fixture_truth(truth, "1", "left", "rfd_200_250ms"), 597.772282, 1e-9);
  assert_relative(sim_fixture_truth(truth, "1", "left", "rfd_100_200ms"), 999.279924, 1e-9);
  assert_relative(sim_fixture_truth(truth, "1", "left", "rfd_peak_20ms"), 2496.533619, 5e-10);
  assert_relative(sim_fixture_truth(truth, "1", "left", "peak_force"), 445.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "1", "left", "peak_force_net"), 400.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "1", "left", "time_to_50pct"), 0.15 * log(2.0), 1e-9);
  assert_relative(sim_fixture_truth(truth, "1", "left", "time_to_90pct"), 0.15 * log(10.0), 1e-9);
  free(truth);
  stance_sim_finish(&sim);
}

static void test_logistic_agrees_with_its_closed_form(void **state)
{
  struct stance_sim sim;
  (void)state;
  sim_fixture_open(&sim, "sim:isometric?shape=logistic&peak_n=400&delay_s=0.12&scale_s=0.025" PURE);
  char *truth = stance_sim_truth(&sim.plan);
  const double at_onset_n = 400.0 / (1.0 + exp(0.12 / 0.025));
  for (int k = 0; k < 5; k++) {
    const double t_s = 0.05 * (k + 1);
    const double exact_n = 400.0 / (1.0 + exp((0.12 - t_s) / 0.025));
    char metric[40];
    snprintf(metric, sizeof metric, "net_force_at_%dms", 50 * (k + 1));
    assert_relative(sim_fixture_truth(truth, "2", "right", metric), exact_n, 1e-9);
    snprintf(metric, sizeof metric, "rfd_0_%dms", 50 * (k + 1));
    assert_relative(sim_fixture_truth(truth, "2", "right", metric), (exact_n - at_onset_n) / t_s,
                    1e-9);
    snprintf(metric, sizeof metric, "impulse_net_0_%dms", 50 * (k + 1));
    assert_relative(
        sim_fixture_truth(truth, "2", "right", metric),
        400.0 * 0.025 * log((1.0 + exp((t_s - 0.12) / 0.025)) / (1.0 + exp(-0.12 / 0.025))), 1e-9);
  }
  /* The steepest 20 ms lie evenly about the inflexion: (Fmax/w)·tanh(w/4s), as printed. */
  assert_relative(sim_fixture_truth(truth, "2", "right", "rfd_peak_20ms"), 3947.506404, 5e-10);
  const double t10_s = 0.12 - 0.025 * log(9.0), t90_s = 0.12 + 0.025 * log(9.0);
  assert_relative(t90_s - t10_s, 0.109861229, 5e-9);
  assert_relative(sim_fixture_truth(truth, "2", "right", "time_to_90pct"), t90_s, 1e-8);
  free(truth);
  stance_sim_finish(&sim);
}

static void test_ramp_has_one_rfd_everywhere(void **state)
{
  struct stance_sim sim;
  char metric[40];
  (void)state;
  sim_fixture_open(&sim, "sim:isometric?shape=ramp&peak_n=300&rise_s=0.6" PURE);
  char *truth = stance_sim_truth(&sim.plan);
  for (int end_ms = 50; end_ms <= 250; end_ms += 50) {
    snprintf(metric, sizeof metric, "rfd_0_%dms", end_ms);
    assert_relative(sim_fixture_truth(truth, "1", "left", metric), 500.0, 1e-9);
    snprintf(metric, sizeof metric, "impulse_net_0_%dms", end_ms);
    assert_relative(sim_fixture_truth(truth, "1", "left", metric),
                    500.0 * end_ms * end_ms * 1e-6 / 2.0, 1e-9);
  }
  assert_relative(sim_fixture_truth(truth, "1", "left", "time_to_50pct"), 0.3, 1e-9);
  assert_relative(sim_fixture_truth(truth, "1", "left", "rfd_peak_20ms"), 500.0, 1e-9);
  free(truth);
  stance_sim_finish(&sim);
}

static void test_nordic_peaks_when_the_athlete_yields(void **state)
{
  struct stance_sim sim;
  (void)state;
  sim_fixture_open(&sim, "sim:nordic?variation_pct=0&tremor_pct=0&peak_n=360&asymmetry_pct=-25"
                         "&onset_lag_s=0.03&peak_lag_s=-0.05&limb_n=6&effort_s=4");
  char *truth = stance_sim_truth(&sim.plan);
  assert_relative(sim_fixture_truth(truth, "3", "left", "peak_force"), 366.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "3", "right", "peak_force"), 276.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "3", "both", "onset_lag"), 0.03, 1e-12);
  assert_relative(sim_fixture_truth(truth, "3", "both", "asymmetry_peak_force"),
                  100.0 * (276.0 - 366.0) / 366.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "best", "both", "asymmetry_peak_force"),
                  100.0 * (276.0 - 366.0) / 366.0, 1e-12);
  const double left_peak_s = sim_fixture_truth(truth, "3", "left", "onset_time") +
                             sim_fixture_truth(truth, "3", "left", "time_to_peak");
  const double right_peak_s = sim_fixture_truth(truth, "3", "right", "onset_time") +
                              sim_fixture_truth(truth, "3", "right", "time_to_peak");
  assert_relative(right_peak_s - left_peak_s, -0.05, 1e-9);
  free(truth);
  stance_sim_finish(&sim);
}

/* 45 N of limb turn a true 20 % into 16.3 % where gross is compared (SCIENCE 1.2): strap rigs
   compare gross, plates net. */
static void test_plates_compare_net_and_straps_gross(void **state)
{
  static const char settings[] = "?variation_pct=0&tremor_pct=0&peak_n=200&asymmetry_pct=20"
                                 "&limb_n=45&shape=ramp&sides=both&onset_lag_s=0&peak_lag_s=0";
  static const struct {
    const char *rig;
    double asymmetry_pct;
  } cases[] = {{"strap", 100.0 * 40.0 / 245.0}, {"two-plates", 20.0}};
  (void)state;
  for (size_t k = 0; k < 2; k++) {
    char uri[300];
    struct stance_sim sim;
    snprintf(uri, sizeof uri, "sim:isometric%s&rig=%s", settings, cases[k].rig);
    sim_fixture_open(&sim, uri);
    char *truth = stance_sim_truth(&sim.plan);
    assert_relative(sim_fixture_truth(truth, "1", "both", "asymmetry_peak_force"),
                    cases[k].asymmetry_pct, 1e-9);
    assert_relative(sim_fixture_truth(truth, "1", "total", "peak_force_net"), 360.0, 1e-9);
    free(truth);
    stance_sim_finish(&sim);
  }
}

static void test_pretension_belongs_to_the_effort_and_not_to_the_limb(void **state)
{
  struct stance_sim sim;
  (void)state;
  sim_fixture_open(&sim, "sim:isometric?shape=ramp&peak_n=200&limb_n=45&pretension_n=30" PURE);
  char *truth = stance_sim_truth(&sim.plan);
  assert_relative(sim_fixture_truth(truth, "2", "right", "limb_weight"), 45.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "2", "right", "baseline_force"), 75.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "2", "right", "pretension"), 30.0, 1e-12);
  assert_relative(sim_fixture_truth(truth, "2", "right", "peak_force_net"), 230.0, 1e-12);
  assert_true(isnan(sim_fixture_truth(truth, "2", "left", "peak_force")));
  free(truth);
  stance_sim_finish(&sim);
}

static void test_dirty_recordings_keep_the_count_of_true_efforts(void **state)
{
  static const struct {
    const char *dirty;
    int accepted, partial;
  } cases[] = {
      {"", 3, 0},
      {"push_back_hump", 3, 0},
      {"strap_slip", 3, 0},
      {"fidgets", 3, 0},
      {"two_attempts", 3, 0},
      {"weak_leg", 3, 0},
      {"three_partials", 3, 3},
  };
  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    char uri[100];
    struct stance_sim sim;
    int accepted = 0, partial = 0;
    snprintf(uri, sizeof uri, "sim:nordic?tremor_pct=0&dirty=%s", cases[k].dirty);
    sim_fixture_open(&sim, uri);
    char *truth = stance_sim_truth(&sim.plan);
    for (const char *at = truth; (at = strstr(at, ",status,")) != NULL; at++) {
      accepted += strncmp(at, ",status,accepted,\n", 18) == 0;
      partial += strncmp(at, ",status,partial,\n", 17) == 0;
    }
    assert_int_equal(accepted, cases[k].accepted);
    assert_int_equal(partial, cases[k].partial);
    assert_non_null(strstr(truth, *cases[k].dirty != '\0' ? cases[k].dirty : ",,scenario,clean,"));
    free(truth);
    stance_sim_finish(&sim);
  }
}

/* SCIENCE 1.3 gives 47 N/s as the RFD 0–50 of a realistic Nordic lowering. */
static void test_nordic_lowering_rises_as_slowly_as_a_real_one(void **state)
{
  (void)state;
  assert_relative(stance_sim_nordic_n(330.0, 4.0, 0.05) / 0.05, 47.0, 0.05);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exponential_agrees_with_the_published_table),
      cmocka_unit_test(test_logistic_agrees_with_its_closed_form),
      cmocka_unit_test(test_ramp_has_one_rfd_everywhere),
      cmocka_unit_test(test_nordic_peaks_when_the_athlete_yields),
      cmocka_unit_test(test_plates_compare_net_and_straps_gross),
      cmocka_unit_test(test_pretension_belongs_to_the_effort_and_not_to_the_limb),
      cmocka_unit_test(test_dirty_recordings_keep_the_count_of_true_efforts),
      cmocka_unit_test(test_nordic_lowering_rises_as_slowly_as_a_real_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
