/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two isometric mid-thigh pulls, to the digits of data/imtp/expected.json. */
#include "reference_data.h"

#include "stance/onset.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double rate_hz = 1000.0;

static void assert_close(double value, double expected)
{
  /* Digits of the reference: 1e-9 relative, SCIENCE 10.3 */
  if (!(fabs(value - expected) <= 1e-9 * fabs(expected)))
    fail_msg("%.17g instead of %.17g", value, expected);
}

static struct stance_effort analysed(const char *name, double from_s,
                                     const struct stance_analysis_settings *settings,
                                     double *ret_rfd_0_50)
{
  size_t count;
  double *force_n = reference_column(name, 1, 1, &count);
  long from = lround(from_s * rate_hz);
  struct stance_effort_search search = {
      .force_n = force_n,
      .sample_count = count,
      .rate_hz = rate_hz,
      .earliest = from,
      .first = from,
      .last = (long)count - 1,
      .body_weight_n = (double)NAN,
      .plate = true,
  };
  struct stance_effort effort;
  stance_effort_anchor(&search, settings, &effort);
  stance_effort_onset(&search, settings, stance_effort_threshold_height_n(&effort), &effort);
  assert_int_not_equal(effort.onset, STANCE_NO_SAMPLE);
  *ret_rfd_0_50 = (force_n[effort.onset + 50] - force_n[effort.onset]) / 0.05;
  assert_close(force_n[effort.peak], strstr(name, "2") != NULL ? 3650.781414 : 3710.865072);
  free(force_n);
  return effort;
}

static void example2_without_from(void **state)
{
  (void)state;
  double rfd;
  struct stance_effort effort =
      analysed("imtp/Example2.csv", 0.0, &stance_analysis_settings_default, &rfd);
  assert_int_equal(effort.missing, 0);
  assert_int_equal(effort.quiet_first, 9633);
  assert_int_equal(effort.quiet_count, 1000);
  assert_close(effort.baseline_n, 1262.07545981);
  assert_close(effort.baseline_sd_n, 3.0648168064633214);
  assert_close(effort.baseline_range_n, 17.668060000000196);
  assert_close(effort.threshold_n, 1277.3995438423167);
  assert_int_equal(effort.onset, 13745);
  assert_int_equal(effort.peak, 16308);
  assert_close(rfd, 15181.557619999998);
  /* 15.3 N of 5 SD over a floor of 10; a dip to 1240.95 N is 21.1 N, beyond 3 SD + 10 N */
  assert_true(effort.flags & STANCE_REASON_BIT(STANCE_REASON_NOISE_DRIVEN));
  assert_true(effort.flags & STANCE_REASON_BIT(STANCE_REASON_COUNTERMOVEMENT));
  assert_false(effort.flags & STANCE_REASON_BIT(STANCE_REASON_UNQUIET_BASELINE));
  assert_false(effort.flags & STANCE_REASON_BIT(STANCE_REASON_NOT_EXPLOSIVE));
}

static void example3_from_10_s(void **state)
{
  (void)state;
  double rfd;
  struct stance_effort effort =
      analysed("imtp/Example3.csv", 10.0, &stance_analysis_settings_default, &rfd);
  assert_int_equal(effort.quiet_first, 10783);
  assert_close(effort.baseline_n, 1561.8157825800001);
  assert_close(effort.baseline_sd_n, 10.47680934690865);
  assert_close(effort.threshold_n, 1614.1998293145434);
  assert_int_equal(effort.onset, 12218);
  assert_int_equal(effort.peak, 18623);
  assert_close(rfd, 6452.026500000002);
  /* the range of the quiet second is 51.03 N, the dip before the pull 115 N */
  assert_true(effort.flags & STANCE_REASON_BIT(STANCE_REASON_UNQUIET_BASELINE));
  assert_true(effort.flags & STANCE_REASON_BIT(STANCE_REASON_COUNTERMOVEMENT));
}

static void backstep_alone_moves_rfd_by_14_percent(void **state)
{
  (void)state;
  struct stance_analysis_settings settings = stance_analysis_settings_default;
  settings.onset_backstep_ms = 60.0;
  double rfd;
  struct stance_effort effort = analysed("imtp/Example2.csv", 0.0, &settings, &rfd);
  assert_int_equal(effort.onset, 13739);
  double change = rfd / 15181.557619999998 - 1.0; /* SCIENCE 1.3: -14 % */
  assert_true(change < -0.135 && change > -0.145);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(example2_without_from),
      cmocka_unit_test(example3_from_10_s),
      cmocka_unit_test(backstep_alone_moves_rfd_by_14_percent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
