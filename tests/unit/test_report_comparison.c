/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Left against right in reports: the clinic's own repeatability, a published one, none. */
#include "report.h"
#include "support/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A clinic's own record with exactly the key of the report_fixture_result. */
static struct stance_reliability_record own_record(enum stance_side side, double error)
{
  struct stance_reliability_record record = {.study = "study", .side = side};
  stance_reliability_key_of(&report_fixture_result, report_fixture.instrument,
                            STANCE_METRIC_PEAK_FORCE, STANCE_SUMMARY_BEST, &record.key);
  snprintf(record.created_at, sizeof record.created_at, "2026-11-21T10:00:00Z");
  record.statistics = (struct stance_reliability){.athletes = 12,
                                                  .tests = 2,
                                                  .degrees_of_freedom = 11,
                                                  .log_error_pct = error,
                                                  .typical_error.value = error,
                                                  .mdc95.value = 31.25};
  return record;
}

static void own_repeatability_is_used_everywhere(void **state)
{
  (void)state;
  const struct stance_reliability_record records[] = {own_record(STANCE_LEFT, 4),
                                                      own_record(STANCE_BOTH, 3)};
  const struct stance_reliability_book book = {.record = records, .count = 2};
  report_fixture.reliability = &book;
  /* df 11: 2.201·3 = 6.603 about 10.228 */
  report_expect_summary("Left 9.7 % weaker than right; compatible with 4 % to 15 % weaker (best");
  report_expect_summary("This is more than two tests of equal sides differ by");
  report_expect_summary("Repeatability: own tests: 12 athletes x 2, study of 2026-11-21.\n");
  char *text = report_fixture_layout(STANCE_LAYOUT_TESTS, false);
  report_expect_cell(report_tests_header, text, 1, "asymmetry_low_pct", "3.6");
  report_expect_cell(report_tests_header, text, 1, "asymmetry_high_pct", "15.5");
  report_expect_cell(report_tests_header, text, 1, "distinguishable", "1");
  report_expect_cell(report_tests_header, text, 1, "mdc95_n", "31.2"); /* half to even */
  report_expect_cell(report_tests_header, text, 1, "mdc95_source",
                     "own tests: 12 athletes x 2, study of 2026-11-21");
  free(text);
  text = report_fixture_layout(STANCE_LAYOUT_LONG, false);
  assert_non_null(strstr(text, ",31.25,\"own tests: 12 athletes x 2, study of 2026-11-21\",,\n"));
  free(text);
  struct stance_text json = {0};
  stance_report_json(&json, &report_fixture);
  assert_non_null(strstr(json.bytes, "\"distinguishable\":\"yes\",\"words\":\"left 9.7 % weaker"));
  assert_non_null(strstr(json.bytes, "\"mdc95\":31.25,"));
  stance_text_finish(&json);
}

/* The instrument's uncertainty enters: 36 N at k = 2 are 5.538 % of 325 N. */
static void uncertainty_widens_the_range(void **state)
{
  (void)state;
  const struct stance_reliability_record record = own_record(STANCE_BOTH, 3);
  const struct stance_reliability_book book = {.record = &record, .count = 1};
  report_fixture.reliability = &book;
  report_fixture_result.summary[STANCE_SUMMARY_BEST][STANCE_LEFT][STANCE_METRIC_PEAK_FORCE]
      .uncertainty = 36;
  char *text = report_fixture_layout(STANCE_LAYOUT_TESTS, false);
  report_expect_cell(report_tests_header, text, 1, "distinguishable", "0");
  free(text);
}

static void nothing_is_compared_without_repeatability(void **state)
{
  (void)state;
  snprintf(report_fixture_result.protocol.id, sizeof report_fixture_result.protocol.id, "own-test");
  report_expect_summary("Left and right are not compared (missing:no_reliability).");
  report_expect_summary("No repeatability of this test is known here");
  struct stance_text text = {0};
  stance_report_summary(&text, &report_fixture);
  assert_null(strstr(text.bytes, "weaker"));
  stance_text_finish(&text);
  stance_report_json(&text, &report_fixture);
  assert_non_null(strstr(text.bytes, "\"comparison\":{\"rule\":\"best\",\"metric\":\"peak_force\","
                                     "\"status\":\"missing:no_reliability\","
                                     "\"distinguishable\":\"unknown\",\"words\":null,"));
  stance_text_finish(&text);
  char *row = report_fixture_layout(STANCE_LAYOUT_TESTS, false);
  static const char *const empty[] = {"asymmetry_low_pct", "asymmetry_high_pct", "distinguishable",
                                      "mdc95_n", "mdc95_source"};
  for (size_t k = 0; k < sizeof empty / sizeof *empty; k++)
    report_expect_cell(report_tests_header, row, 1, empty[k], "");
  report_expect_cell(report_tests_header, row, 1, "asymmetry_pct", "9.7");
  report_expect_cell(report_tests_header, row, 1, "flags", "no_onset+no_reliability");
  free(row);
  snprintf(report_fixture_result.protocol.id, sizeof report_fixture_result.protocol.id, "nordic");
  report_fixture.calibration = STANCE_CALIBRATION_NONE;
  report_expect_summary("Left and right are not compared (missing:uncalibrated).");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(own_repeatability_is_used_everywhere, report_fixture_setup),
      cmocka_unit_test_setup(uncertainty_widens_the_range, report_fixture_setup),
      cmocka_unit_test_setup(nothing_is_compared_without_repeatability, report_fixture_setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
