/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts, dictionary and summary on results made by hand. */
#include "report.h"
#include "report_private.h"
#include "support/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void headers_are_those_of_the_design(void **state)
{
  (void)state;
  const char *const expected[] = {report_wide_header, report_long_header, report_tests_header};
  for (int layout = 0; layout < STANCE_LAYOUT_COUNT; layout++) {
    char *text = report_fixture_layout((enum stance_layout)layout, false);
    char *header = strndup(text, strcspn(text, "\n"));
    assert_int_equal(strncmp(text, expected[layout], strlen(expected[layout])), 0);
    free(header);
    free(text);
  }
}

static void wide_has_a_row_a_repetition_and_side(void **state)
{
  (void)state;
  char *text = report_fixture_layout(STANCE_LAYOUT_WIDE, false);
  size_t lines = 0;
  for (const char *c = text; *c != '\0'; c++)
    lines += *c == '\n';
  assert_int_equal(lines, 1 + 4);
  report_expect_cell(report_wide_header, text, 1, "athlete", "'=cmd");
  report_expect_cell(report_wide_header, text, 1, "date", "2026-03-30");
  report_expect_cell(report_wide_header, text, 1, "time", "00:30:05");
  report_expect_cell(report_wide_header, text, 1, "utc_offset_min", "120");
  report_expect_cell(report_wide_header, text, 1, "recording", "a,b.csv");
  report_expect_cell(report_wide_header, text, 1, "injured_side", "left");
  report_expect_cell(report_wide_header, text, 1, "body_mass_kg", "82");
  report_expect_cell(report_wide_header, text, 1, "lever_m", "");
  report_expect_cell(report_wide_header, text, 1, "side", "left");
  report_expect_cell(report_wide_header, text, 2, "side", "right");
  report_expect_cell(report_wide_header, text, 1, "counted", "1");
  report_expect_cell(report_wide_header, text, 1, "reject_reason", "");
  report_expect_cell(report_wide_header, text, 3, "counted", "0");
  report_expect_cell(report_wide_header, text, 3, "reject_reason", "partial");
  report_expect_cell(report_wide_header, text, 1, "peak_force_n", "325.0");
  report_expect_cell(report_wide_header, text, 2, "peak_force_n", "360.0");
  report_expect_cell(report_wide_header, text, 1, "rfd_0_50ms_n_per_s", "");
  report_expect_cell(report_wide_header, text, 1, "peak_force_uncertainty_n", "1.8");
  report_expect_cell(report_wide_header, text, 2, "peak_force_uncertainty_n", "");
  report_expect_cell(report_wide_header, text, 1, "frames_lost", "3");
  report_expect_cell(report_wide_header, text, 1, "calibration_ok", "1");
  report_expect_cell(report_wide_header, text, 1, "flags", "no_onset");
  report_expect_cell(report_wide_header, text, 3, "flags", "no_onset+partial");
  report_expect_cell(report_wide_header, text, 1, "notes", "unit N assumed");
  free(text);
}

static void long_tells_missing_and_summaries(void **state)
{
  (void)state;
  char *text = report_fixture_layout(STANCE_LAYOUT_LONG, false);
  assert_non_null(strstr(text, "\n\"a,b.csv\",nordic,1,left,peak_force,325,N,1.807392,"));
  assert_non_null(strstr(text, "\n\"a,b.csv\",nordic,1,left,mean_force,,N,,"));
  assert_non_null(strstr(text, ",missing:no_onset,'=cmd,2026-03-30T00:30:05+02:00,,,,\n"));
  assert_non_null(strstr(text, "\n\"a,b.csv\",nordic,best,both,asymmetry_peak_force,"
                               "9.722222222222221,%,,"));
  assert_non_null(strstr(text, ",nordic,mean_of_3,right,peak_force,360,N,"));
  assert_null(strstr(text, ",total,")); /* took no part */
  size_t lines = 0;
  for (const char *c = text; *c != '\0'; c++)
    lines += *c == '\n';
  assert_int_equal(lines, 1 + (2 + STANCE_SUMMARY_COUNT) * (2 * (STANCE_METRIC_COUNT - 3) + 3));
  free(text);
}

static void tests_has_one_row(void **state)
{
  (void)state;
  char *text = report_fixture_layout(STANCE_LAYOUT_TESTS, false);
  report_expect_cell(report_tests_header, text, 1, "summary_rule", "best");
  report_expect_cell(report_tests_header, text, 1, "left_reps_attempted", "2");
  report_expect_cell(report_tests_header, text, 1, "right_reps_used", "1");
  report_expect_cell(report_tests_header, text, 1, "left_peak_force_n", "325.0");
  report_expect_cell(report_tests_header, text, 1, "right_peak_force_n", "360.0");
  report_expect_cell(report_tests_header, text, 1, "asymmetry_pct", "9.7");
  report_expect_cell(report_tests_header, text, 1, "asymmetry_formula", "percent_difference/1");
  report_expect_cell(report_tests_header, text, 1, "weaker_side", "left");
  /* Opar 2013, df 29: band 2.0452·√2·8.5 = 24.585 about 10.228. */
  report_expect_cell(report_tests_header, text, 1, "asymmetry_low_pct", "-13.4");
  report_expect_cell(report_tests_header, text, 1, "asymmetry_high_pct", "29.4");
  report_expect_cell(report_tests_header, text, 1, "distinguishable", "0");
  report_expect_cell(report_tests_header, text, 1, "mdc95_n", "76.2");
  report_expect_cell(report_tests_header, text, 1, "software", STANCE_SOFTWARE);
  free(text);
}

static void locale_changes_numbers_only(void **state)
{
  (void)state;
  char *text = report_fixture_layout(STANCE_LAYOUT_WIDE, true);
  assert_int_equal(strncmp(text,
                           "\xef\xbb\xbf"
                           "athlete;date;",
                           strlen("\xef\xbb\xbf"
                                  "athlete;date;")),
                   0);
  assert_non_null(strstr(text, ";325,0;"));
  assert_non_null(strstr(text, "\"a,b.csv\""));
  assert_non_null(strstr(text, "digest\r\n"));
  free(text);
}

static void every_column_is_in_the_dictionary(void **state)
{
  (void)state;
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text};
  stance_report_dictionary(&sheet);
  const char *const headers[] = {report_wide_header, report_long_header, report_tests_header};
  for (int layout = 0; layout < STANCE_LAYOUT_COUNT; layout++)
    for (const char *at = headers[layout]; *at != '\0'; at += strcspn(at, ",\n") + 1) {
      char entry[128];
      snprintf(entry, sizeof entry, "\n%.*s,%s,", (int)strcspn(at, ",\n"), at,
               stance_layout_id((enum stance_layout)layout));
      if (strstr(text.bytes, entry) == NULL)
        fail_msg("no entry %s", entry + 1);
    }
  for (int reason = 0; reason < STANCE_REASON_COUNT; reason++) {
    char entry[128];
    snprintf(entry, sizeof entry, "\n%s,reason,", stance_reason_id((enum stance_reason)reason));
    assert_non_null(strstr(text.bytes, entry));
  }
  assert_non_null(strstr(text.bytes, "\nmean_sd,onset_method,"));
  assert_non_null(strstr(text.bytes, "\nsymmetry_angle/1,asymmetry_formula,"));
  assert_non_null(strstr(text.bytes, "\nmean_of_3,summary_rule,"));
  assert_int_equal(strncmp(text.bytes, "column,layout,unit,type,definition,source\n", 42), 0);
  stance_text_finish(&text);
}

static void summary_speaks_in_words(void **state)
{
  (void)state;
  report_expect_summary(
      "Left 9.7 % weaker than right; compatible with 15 % stronger to 29 % weaker (best");
  report_expect_summary(
      "This cannot be told apart from measurement error. It does not show that the");
  report_expect_summary("Opar 2013 (JOSPT 43:636): measured elsewhere, on other devices");
  report_expect_summary("It assumes independent sides: the range is probably too wide.");
  report_expect_summary("   1  accepted left 325.0 N, right 360.0 N");
  report_expect_summary("   2  partial  left 325.0 N, right 360.0 N");
  report_expect_summary("LOST: 3 of 20,000 frames; longest gap");
  report_expect_summary("Notes: unit N assumed.");
  report_fixture.calibration = STANCE_CALIBRATION_NONE;
  report_expect_summary("NO CALIBRATION IS KNOWN");
}

static void summary_names_the_side_that_was_not_tested(void **state)
{
  (void)state;
  report_fixture_result.measured[STANCE_RIGHT] = false;
  report_fixture_result.attempted[STANCE_RIGHT] = 0;
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++)
    for (int m = 0; m < STANCE_METRIC_COUNT; m++)
      for (int side = STANCE_RIGHT; side <= STANCE_BOTH; side++)
        report_fixture_result.summary[rule][side][m] = (struct stance_value){
            .value = (double)NAN, .reasons = STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_TESTED)};
  report_expect_summary("Right was not tested: nothing is compared with it.");
  report_expect_summary("Left and right are not compared (missing:side_not_tested).");
  char *text = report_fixture_layout(STANCE_LAYOUT_TESTS, false);
  report_expect_cell(report_tests_header, text, 1, "right_peak_force_n", "");
  report_expect_cell(report_tests_header, text, 1, "asymmetry_pct", "");
  report_expect_cell(report_tests_header, text, 1, "weaker_side", "");
  free(text);
}

static enum stance_side weaker(enum stance_asymmetry_formula formula, double left, double right)
{
  struct stance_value l, r;
  report_fixture_put(&l, left);
  report_fixture_put(&r, right);
  struct stance_value value = stance_asymmetry(formula, &l, &r, report_fixture_result.injured_side);
  report_fixture_result.settings.asymmetry_formula = (int)formula;
  return stance_report_weaker_side(&report_fixture_result, &value);
}

static void weaker_side_agrees_under_every_formula(void **state)
{
  (void)state;
  for (int injured = STANCE_LEFT; injured <= STANCE_RIGHT; injured++) {
    report_fixture_result.injured_side = (enum stance_side)injured;
    for (int f = 0; f < STANCE_ASYMMETRY_FORMULA_COUNT; f++) {
      assert_int_equal(weaker((enum stance_asymmetry_formula)f, 325, 360), STANCE_LEFT);
      assert_int_equal(weaker((enum stance_asymmetry_formula)f, 360, 325), STANCE_RIGHT);
      assert_int_equal(weaker((enum stance_asymmetry_formula)f, 300, 300), STANCE_SIDE_NONE);
    }
  }
}

static void local_time_is_exact_or_empty(void **state)
{
  (void)state;
  const struct {
    const char *utc;
    int offset_min;
    const char *local;
  } known[] = {
      {"2026-01-01T00:15:00Z", -570, "2025-12-31T14:45:00-09:30"},
      {"2024-02-28T23:59:59Z", 60, "2024-02-29T00:59:59+01:00"},
      {"2026-06-01T12:00:00+00:00", 0, "2026-06-01T12:00:00+00:00"},
      {"2026-06-01T12:00:00+02:00", 120, ""},
      {"yesterday", 0, ""},
      {"", 0, ""},
  };
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    char text[STANCE_LOCAL_TIME_SIZE];
    report_fixture.started_at = known[k].utc;
    report_fixture.utc_offset_min = known[k].offset_min;
    stance_report_local_time(&report_fixture, text);
    assert_string_equal(text, known[k].local);
  }
}

#define REPORT_TEST(function) cmocka_unit_test_setup(function, report_fixture_setup)

int main(void)
{
  const struct CMUnitTest tests[] = {
      REPORT_TEST(headers_are_those_of_the_design),
      REPORT_TEST(wide_has_a_row_a_repetition_and_side),
      REPORT_TEST(long_tells_missing_and_summaries),
      REPORT_TEST(tests_has_one_row),
      REPORT_TEST(locale_changes_numbers_only),
      REPORT_TEST(every_column_is_in_the_dictionary),
      REPORT_TEST(summary_speaks_in_words),
      REPORT_TEST(summary_names_the_side_that_was_not_tested),
      REPORT_TEST(weaker_side_agrees_under_every_formula),
      REPORT_TEST(local_time_is_exact_or_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
