/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repeatability against published and independently computed numbers. */
#include "stance/reliability.h"

#include "stance/comparison.h"
#include "statistics_quantile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* cmocka's own compares floats. */
#define assert_near(value, expected, tolerance) \
  assert_true(fabs((value) - (expected)) <= (tolerance))

/* SCIENCE 10.3 for statistics. */
static const double tolerance = 1e-6;

static void assert_estimate(struct stance_estimate estimate, double value, double low, double high)
{
  assert_near(estimate.value, value, tolerance);
  assert_near(estimate.low, low, tolerance);
  assert_near(estimate.high, high, tolerance);
}

/* Six targets by four judges: Shrout & Fleiss 1979, table 2. */
static const double shrout_fleiss[] = {9, 2, 5, 8, 6,  1, 3, 2, 8, 4, 6, 8,
                                       7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7};

/* Values: SCIENCE 10.2. Limits: the same formulas in SciPy 1.10; the R package psych prints the
   same to its three digits (-0.133 0.72, 0.019 0.76, 0.342 0.95, -0.884 0.91, 0.071 0.93, 0.676
   0.99). */
static void shrout_and_fleiss(void **state)
{
  (void)state;
  struct stance_reliability result;
  assert_int_equal(stance_reliability_of(shrout_fleiss, 6, 4, &result, NULL), STANCE_OK);
  assert_estimate(result.icc_1_1, 0.165741768, -0.132932325, 0.722560062);
  assert_estimate(result.icc_2_1, 0.289763780, 0.018786513, 0.761084370);
  assert_estimate(result.icc_3_1, 0.714840715, 0.342464765, 0.945858260);
  assert_estimate(result.icc_1_k, 0.442797134, -0.884442155, 0.912415420);
  assert_estimate(result.icc_2_k, 0.620050548, 0.071136815, 0.927232040);
  assert_estimate(result.icc_3_k, 0.909315542, 0.675674714, 0.985891678);
  assert_estimate(result.typical_error, 1.009675415, 0.745852134, 1.562665778);
  assert_estimate(result.sem, 2.502776236, 1.891129342, 3.701166907);
  assert_estimate(result.mdc95, 3.043489700, 2.248240626, 4.710382295);
  assert_estimate(result.shift, -1, -2.756041701, 0.756041701);
  assert_estimate(result.cv_pct, 36.991722032, 26.176001877, 62.764844225);
  assert_near(result.cv_simple_pct, 19.080480291, tolerance);
  assert_near(result.degrees_of_freedom, 15, 0);
  assert_near(result.mean, 127.0 / 24, tolerance);
}

/* The minimal detectable changes that the studies print follow from the errors that they print:
   SCIENCE 10.2, within 1 % and half of the last digit printed. */
static void published_mdc(void **state)
{
  (void)state;
  static const struct {
    double typical_error, mdc95;
  } rows[] = {
      {21.7, 60.1}, /* Opar 2013, N */
      {27.5, 76.2},
      {4.7, 12.9}, /* Wollin 2016, % */
      {5.0, 14.0},
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
    assert_near(stance_reliability_mdc95(rows[k].typical_error, (double)INFINITY), rows[k].mdc95,
                0.01 * rows[k].mdc95 + 0.05);
  assert_near(stance_reliability_mdc95(21.7, (double)INFINITY), 60.149, 0.01);
  assert_near(stance_reliability_mdc95(27.5, (double)INFINITY), 76.226, 0.01);
}

/* SciPy 1.10, stats.t.ppf, chi2.ppf and f.ppf. */
static void quantiles(void **state)
{
  (void)state;
  assert_near(stance_reliability_factor(1), 12.706204736432095, 1e-9);
  assert_near(stance_reliability_factor(2), 4.302652729911275, 1e-9);
  assert_near(stance_reliability_factor(14), 2.1447866879169273, 1e-9);
  assert_near(stance_reliability_factor(29), 2.045229642132703, 1e-9);
  assert_near(stance_reliability_factor((double)INFINITY), 1.959963984540054, 1e-9);
  /* An inverse that fails would end the program inside GSL. */
  for (double df = 1; df < 5000; df = df * 1.07 + 0.01) {
    for (double other = 1; other < 5000; other *= 3.1) {
      const double high = quantile_f(0.975, df, other);
      assert_true(high > 1 && isfinite(high));
      assert_near(quantile_f(0.025, other, df) * high, 1, 1e-9);
    }
    assert_true(quantile_chi_square(0.025, df) < df && df < quantile_chi_square(0.975, df));
    assert_true(quantile_t(0.975, df) > 1.95);
  }
}

static struct stance_repeatability published(const char *protocol_id, enum stance_metric metric)
{
  struct stance_protocol protocol;
  struct stance_repeatability known;
  assert_int_equal(stance_protocol_builtin(protocol_id, &protocol, NULL), STANCE_OK);
  assert_true(stance_repeatability_published(&protocol, metric, &known));
  assert_true(known.published);
  assert_true(known.assumes_independence);
  assert_non_null(strstr(known.source, "measured elsewhere"));
  return known;
}

static void fallbacks(void **state)
{
  (void)state;
  struct stance_repeatability known = published("nordic", STANCE_METRIC_PEAK_FORCE);
  assert_non_null(strstr(known.source, "Opar 2013"));
  assert_near(stance_repeatability_mdc95(&known, STANCE_LEFT, 360), 76.2, 1e-9);
  assert_near(known.ratio_error_pct, 8.5 * sqrt(2), 1e-9);
  known = published("iso-supine-90-90", STANCE_METRIC_PEAK_FORCE_NET);
  assert_non_null(strstr(known.source, "McCall 2015"));
  assert_near(known.ratio_error_pct, hypot(4.3, 5.4), 1e-9);
  assert_near(stance_repeatability_mdc95(&known, STANCE_LEFT, 200),
              200 * 0.054 * sqrt(2) * stance_reliability_factor(28), 1e-9);
  known = published("iso-supine-30", STANCE_METRIC_PEAK_FORCE_NET);
  assert_near(known.error_pct[STANCE_RIGHT], 6.3, 1e-9);
  known = published("iso-long-lever-bridge", STANCE_METRIC_PEAK_FORCE_NET);
  assert_near(known.error_pct[STANCE_LEFT], 6.5, 1e-9);
  assert_true(isinf(known.error_df));
}

/* Another metric, rig or position is another test. */
static void no_fallback_for_another_test(void **state)
{
  (void)state;
  struct stance_protocol protocol;
  struct stance_repeatability known;
  assert_int_equal(stance_protocol_builtin("nordic", &protocol, NULL), STANCE_OK);
  assert_false(stance_repeatability_published(&protocol, STANCE_METRIC_PEAK_FORCE_NET, &known));
  assert_false(stance_repeatability_published(&protocol, STANCE_METRIC_RFD_0_50MS, &known));
  protocol.rig = STANCE_RIG_PLATE;
  assert_false(stance_repeatability_published(&protocol, STANCE_METRIC_PEAK_FORCE, &known));
  assert_int_equal(stance_protocol_builtin("iso-supine-90-90", &protocol, NULL), STANCE_OK);
  protocol.knee_deg = 60;
  assert_false(stance_repeatability_published(&protocol, STANCE_METRIC_PEAK_FORCE_NET, &known));
  /* What stands in the table without a protocol is shown, never used. */
  const char *id;
  for (size_t k = 0; stance_protocol_builtin_text(k, &id) != NULL; k++) {
    assert_int_equal(stance_protocol_builtin(id, &protocol, NULL), STANCE_OK);
    if (stance_repeatability_published(&protocol, protocol.compared, &known))
      assert_null(strstr(known.source, "Wollin"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shrout_and_fleiss),
      cmocka_unit_test(published_mdc),
      cmocka_unit_test(quantiles),
      cmocka_unit_test(fallbacks),
      cmocka_unit_test(no_fallback_for_another_test),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
