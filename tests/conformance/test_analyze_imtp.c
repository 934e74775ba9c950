/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two real mid-thigh pulls through the whole analysis, to the digits of data/imtp/expected.json. */
#include "reference_data.h"
#include "support/analysis_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double digits = 1e-9;
/* Onset times and the like: a millionth of a sample */
static const double instant_s = 1e-9;

static struct stance_result analysed(const char *name, double from_s)
{
  struct stance_force_trace trace = {.time = {.rate_hz = 1000, .nominal_rate_hz = 1000},
                                     .calibrated = true};
  trace.force_n[STANCE_TOTAL] = reference_column(name, 1, 1, &trace.sample_count);
  struct stance_protocol protocol = fixture_protocol("imtp");
  struct stance_analysis_context context = fixture_context();
  context.from_s = from_s;
  struct stance_result result = fixture_analyze(&trace, &protocol, &context);
  fixture_finish(&trace);
  return result;
}

struct expected {
  double baseline_n, threshold_n, onset_s, peak_n, time_to_peak_s, end_s, mean_n;
  double force_n[5], rfd_n_per_s[5], impulse_n_s[5];
};

static void assert_is(const struct stance_result *result, const struct expected *expected)
{
  const struct stance_value *value = NULL;
  for (size_t k = 0; k < result->repetition_count; k++)
    if (result->repetition[k].status == STANCE_REPETITION_ACCEPTED) {
      assert_null(value); /* one pull a file */
      value = result->repetition[k].value[STANCE_TOTAL];
    }
  assert_non_null(value);
#define IS(metric, x) \
  fixture_assert_close(fixture_number(&value[STANCE_METRIC_##metric]), x, digits)
  IS(BASELINE_FORCE, expected->baseline_n);
  IS(ONSET_THRESHOLD, expected->threshold_n);
  IS(PEAK_FORCE, expected->peak_n);
  IS(PEAK_FORCE_NET, expected->peak_n - expected->baseline_n);
  IS(MEAN_FORCE, expected->mean_n);
#undef IS
  const double onset_s = fixture_number(&value[STANCE_METRIC_ONSET_TIME]);
  assert_true(fabs(onset_s - expected->onset_s) < instant_s);
  assert_true(fabs(value[STANCE_METRIC_TIME_TO_PEAK].value - expected->time_to_peak_s) < instant_s);
  assert_true(fabs(onset_s + value[STANCE_METRIC_DURATION].value - expected->end_s) < instant_s);
  for (int k = 0; k < 5; k++) {
    fixture_assert_close(fixture_number(&value[STANCE_METRIC_FORCE_AT_50MS + k]),
                         expected->force_n[k], digits);
    fixture_assert_close(fixture_number(&value[STANCE_METRIC_NET_FORCE_AT_50MS + k]),
                         expected->force_n[k] - expected->baseline_n, digits);
    fixture_assert_close(fixture_number(&value[STANCE_METRIC_RFD_0_50MS + k]),
                         expected->rfd_n_per_s[k], digits);
    fixture_assert_close(fixture_number(&value[STANCE_METRIC_IMPULSE_NET_0_50MS + k]),
                         expected->impulse_n_s[k], digits);
  }
}

static const struct expected example2 = {
    .baseline_n = 1262.07545981,
    .threshold_n = 1277.3995438423167,
    .onset_s = 13.745,
    .peak_n = 3650.781414,
    .time_to_peak_s = 2.563,
    .end_s = 21.579,
    .mean_n = 3351.1448275434004,
    .force_n = {2036.982329, 2630.996777, 2834.63572, 2993.215303, 3231.430856},
    .rfd_n_per_s = {15181.557619999998, 13530.923289999997, 10378.208480000001, 8576.554274999999,
                    7814.105632},
    .impulse_n_s = {15.065519272, 70.7100349545, 146.20681399350002, 227.67113311050002,
                    321.0989558455},
};

static void example2_with_from(void **state)
{
  (void)state;
  struct stance_result result = analysed("imtp/Example2.csv", 8.0);
  assert_is(&result, &example2);
  stance_result_finish(&result);
}

static void example2_without_from(void **state)
{
  (void)state;
  struct stance_result result = analysed("imtp/Example2.csv", (double)NAN);
  assert_is(&result, &example2);
  stance_result_finish(&result);
}

/* The reference lets the pull end at the first sample below the force at onset (18.867 s: 1614.48
   N, mean 3326.4770025811404 N); here it ends at the return below the threshold (1614.20 N), one
   sample later, so that sample is in the mean. */
static void example3(void **state)
{
  (void)state;
  static const struct expected expected = {
      .baseline_n = 1561.8157825800001,
      .threshold_n = 1614.1998293145434,
      .onset_s = 12.218,
      .peak_n = 3710.865072,
      .time_to_peak_s = 6.405,
      .end_s = 18.868,
      .mean_n = 3326.2195597303757,
      .force_n = {1939.973629, 2272.107974, 2629.69292, 2628.76066, 2797.078173},
      .rfd_n_per_s = {6452.026500000002, 6547.3567, 6748.8041066666665, 5056.941779999999,
                      4718.823476},
      .impulse_n_s = {11.836888947499993, 39.38907107199999, 84.49887125499998, 137.566066168,
                      195.54179732249997},
  };
  struct stance_result result = analysed("imtp/Example3.csv", 10.0);
  assert_is(&result, &expected);
  stance_result_finish(&result);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(example2_with_from),
      cmocka_unit_test(example2_without_from),
      cmocka_unit_test(example3),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
