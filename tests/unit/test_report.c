/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts, dictionary and summary on results made by hand. */
#include "report.h"
#include "report_private.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char wide_header[] =
    "athlete,date,time,utc_offset_min,session,recording,protocol,protocol_version,"
    "position_hip_deg,position_knee_deg,instrument,rig,operator,injured_side,body_mass_kg,lever_m,"
    "repetition,side,order,counted,reject_reason,pain_0_10,"
    "unloaded_zero_n,limb_weight_n,baseline_force_n,pretension_n,peak_force_n,peak_force_net_n,"
    "peak_force_mean_100ms_n,mean_force_n,duration_s,time_to_peak_s,onset_time_s,"
    "force_at_50ms_n,force_at_100ms_n,force_at_150ms_n,force_at_200ms_n,force_at_250ms_n,"
    "net_force_at_50ms_n,net_force_at_100ms_n,net_force_at_150ms_n,net_force_at_200ms_n,"
    "net_force_at_250ms_n,rfd_0_50ms_n_per_s,rfd_0_100ms_n_per_s,rfd_0_150ms_n_per_s,"
    "rfd_0_200ms_n_per_s,rfd_0_250ms_n_per_s,rfd_50_100ms_n_per_s,rfd_100_150ms_n_per_s,"
    "rfd_150_200ms_n_per_s,rfd_200_250ms_n_per_s,rfd_100_200ms_n_per_s,rfd_peak_20ms_n_per_s,"
    "impulse_net_0_50ms_n_s,impulse_net_0_100ms_n_s,impulse_net_0_150ms_n_s,"
    "impulse_net_0_200ms_n_s,impulse_net_0_250ms_n_s,time_to_50pct_s,time_to_90pct_s,"
    "peak_torque_n_m,peak_force_per_kg_n_per_kg,"
    "peak_force_uncertainty_n,onset_threshold_n,frames_lost,zero_shift_n,calibration_ok,"
    "onset_method,flags,notes\n";
static const char long_header[] = "recording,protocol,repetition,side,metric,value,unit,"
                                  "uncertainty,method,status,athlete,started_at,mdc95,"
                                  "mdc95_source\n";
static const char tests_header[] =
    "athlete,date,time,utc_offset_min,session,recording,protocol,protocol_version,"
    "position_hip_deg,position_knee_deg,instrument,rig,operator,injured_side,body_mass_kg,lever_m,"
    "summary_rule,left_reps_attempted,left_reps_used,right_reps_attempted,right_reps_used,"
    "left_peak_force_n,right_peak_force_n,left_peak_force_net_n,right_peak_force_net_n,"
    "left_peak_force_mean_100ms_n,right_peak_force_mean_100ms_n,left_peak_torque_n_m,"
    "right_peak_torque_n_m,left_peak_force_per_kg_n_per_kg,right_peak_force_per_kg_n_per_kg,"
    "asymmetry_pct,asymmetry_formula,weaker_side,asymmetry_low_pct,asymmetry_high_pct,"
    "distinguishable,mdc95_n,mdc95_source,left_change_pct,right_change_pct,change_band_pct,"
    "baseline_tests,days_since_last_test,left_pain_max,right_pain_max,pain_stop,"
    "zero_shift_left_n,zero_shift_right_n,frames_lost,verification,software,flags,notes\n";

/* Two bilateral repetitions, the second one partial, right side 360 N and left 325 N: the worked
   example of SCIENCE 6 (9.722222 %). */
static struct stance_repetition repetitions[2];
static struct stance_result result;
static struct stance_report report;

static void all_missing(struct stance_value value[STANCE_SIDE_COUNT][STANCE_METRIC_COUNT],
                        enum stance_reason reason)
{
  for (int side = 0; side < STANCE_SIDE_COUNT; side++)
    for (int m = 0; m < STANCE_METRIC_COUNT; m++)
      value[side][m] = (struct stance_value){
          .value = (double)NAN, .uncertainty = (double)NAN, .reasons = STANCE_REASON_BIT(reason)};
}

static void put(struct stance_value *value, double number)
{
  *value = (struct stance_value){.value = number, .uncertainty = (double)NAN};
}

static int make_result(void **state)
{
  (void)state;
  memset(repetitions, 0, sizeof repetitions);
  memset(&result, 0, sizeof result);
  struct stance_problem problem;
  assert_int_equal(stance_protocol_builtin("nordic", &result.protocol, &problem), STANCE_OK);
  result.settings = result.protocol.analysis;
  result.repetition = repetitions;
  result.repetition_count = 2;
  result.body_mass_kg = 82;
  result.lever_m = (double)NAN;
  result.injured_side = STANCE_LEFT;
  strcpy(result.onset_method, "mean_sd/1(onset_sd=5,onset_floor_n=10)");
  result.time = (struct stance_time_axis){.rate_hz = 1000, .rate_uncertainty_hz = (double)NAN};
  result.integrity.frames_expected = 20000;
  result.integrity.frames_lost = 3;
  for (unsigned k = 0; k < 2; k++) {
    struct stance_repetition *repetition = &repetitions[k];
    repetition->number = repetition->order = k + 1;
    repetition->side = STANCE_BOTH;
    all_missing(repetition->value, STANCE_REASON_NO_ONSET);
    for (int side = 0; side < 2; side++) {
      repetition->took_part[side] = true;
      put(&repetition->value[side][STANCE_METRIC_PEAK_FORCE], side == STANCE_LEFT ? 325 : 360);
    }
  }
  repetitions[0].value[STANCE_LEFT][STANCE_METRIC_PEAK_FORCE].uncertainty = 1.807392;
  repetitions[0].value[STANCE_LEFT][STANCE_METRIC_PEAK_TORQUE].reasons =
      STANCE_REASON_BIT(STANCE_REASON_NO_LEVER);
  repetitions[1].status = STANCE_REPETITION_PARTIAL;
  repetitions[1].reasons = STANCE_REASON_BIT(STANCE_REASON_PARTIAL);
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++) {
    all_missing(result.summary[rule], STANCE_REASON_NO_ONSET);
    put(&result.summary[rule][STANCE_LEFT][STANCE_METRIC_PEAK_FORCE], 325);
    put(&result.summary[rule][STANCE_RIGHT][STANCE_METRIC_PEAK_FORCE], 360);
    put(&result.summary[rule][STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE],
        100.0 * (360 - 325) / 360);
  }
  for (int side = 0; side < 2; side++) {
    result.measured[side] = true;
    result.attempted[side] = 2;
    result.used[side] = 1;
  }
  report = (struct stance_report){
      .result = &result,
      .recording = "a,b.csv",
      .athlete = "=cmd",
      .started_at = "2026-03-29T22:30:05.123Z",
      .utc_offset_min = 120,
      .instrument = "rig 7",
      .calibration = STANCE_CALIBRATION_KNOWN,
      .notes = "unit N assumed",
  };
  return 0;
}

static char *layout_text(enum stance_layout layout, bool locale)
{
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text, .locale = locale};
  stance_report_header(&sheet, layout);
  stance_report_rows(&sheet, layout, &report);
  assert_false(text.failed);
  return text.bytes;
}

/* The k-th line, without its end; to be freed. */
static char *line(const char *text, int k)
{
  for (; k > 0; k--)
    text = strchr(text, '\n') + 1;
  return strndup(text, strcspn(text, "\n"));
}

/* Cell of `row` under the column `name`, unquoted; to be freed. Only the cells of these tests. */
static char *cell(const char *header, const char *row, const char *name)
{
  size_t column = 0;
  const char *at = header;
  while (strncmp(at, name, strlen(name)) != 0 || strchr(",\n", at[strlen(name)]) == NULL) {
    at += strcspn(at, ",") + 1;
    column++;
  }
  for (; column > 0; column--) {
    if (*row == '"')
      row = strchr(row + 1, '"') + 1;
    row += strcspn(row, ",") + 1;
  }
  return *row == '"' ? strndup(row + 1, strcspn(row + 1, "\"")) : strndup(row, strcspn(row, ","));
}

static void expect_cell(const char *header, const char *text, int row, const char *name,
                        const char *expected)
{
  char *cells = line(text, row), *found = cell(header, cells, name);
  if (strcmp(found, expected) != 0)
    fail_msg("row %d, %s: '%s', expected '%s'", row, name, found, expected);
  free(found);
  free(cells);
}

static void headers_are_those_of_the_design(void **state)
{
  (void)state;
  const char *const expected[] = {wide_header, long_header, tests_header};
  for (int layout = 0; layout < STANCE_LAYOUT_COUNT; layout++) {
    char *text = layout_text((enum stance_layout)layout, false);
    char *header = line(text, 0);
    assert_int_equal(strncmp(text, expected[layout], strlen(expected[layout])), 0);
    free(header);
    free(text);
  }
}

static void wide_has_a_row_a_repetition_and_side(void **state)
{
  (void)state;
  char *text = layout_text(STANCE_LAYOUT_WIDE, false);
  size_t lines = 0;
  for (const char *c = text; *c != '\0'; c++)
    lines += *c == '\n';
  assert_int_equal(lines, 1 + 4);
  expect_cell(wide_header, text, 1, "athlete", "'=cmd");
  expect_cell(wide_header, text, 1, "date", "2026-03-30");
  expect_cell(wide_header, text, 1, "time", "00:30:05");
  expect_cell(wide_header, text, 1, "utc_offset_min", "120");
  expect_cell(wide_header, text, 1, "recording", "a,b.csv");
  expect_cell(wide_header, text, 1, "injured_side", "left");
  expect_cell(wide_header, text, 1, "body_mass_kg", "82");
  expect_cell(wide_header, text, 1, "lever_m", "");
  expect_cell(wide_header, text, 1, "side", "left");
  expect_cell(wide_header, text, 2, "side", "right");
  expect_cell(wide_header, text, 1, "counted", "1");
  expect_cell(wide_header, text, 1, "reject_reason", "");
  expect_cell(wide_header, text, 3, "counted", "0");
  expect_cell(wide_header, text, 3, "reject_reason", "partial");
  expect_cell(wide_header, text, 1, "peak_force_n", "325.0");
  expect_cell(wide_header, text, 2, "peak_force_n", "360.0");
  expect_cell(wide_header, text, 1, "rfd_0_50ms_n_per_s", "");
  expect_cell(wide_header, text, 1, "peak_force_uncertainty_n", "1.8");
  expect_cell(wide_header, text, 2, "peak_force_uncertainty_n", "");
  expect_cell(wide_header, text, 1, "frames_lost", "3");
  expect_cell(wide_header, text, 1, "calibration_ok", "1");
  expect_cell(wide_header, text, 1, "flags", "no_onset");
  expect_cell(wide_header, text, 3, "flags", "no_onset+partial");
  expect_cell(wide_header, text, 1, "notes", "unit N assumed");
  free(text);
}

static void long_tells_missing_and_summaries(void **state)
{
  (void)state;
  char *text = layout_text(STANCE_LAYOUT_LONG, false);
  assert_non_null(strstr(text, "\n\"a,b.csv\",nordic,1,left,peak_force,325,N,1.807392,"));
  assert_non_null(strstr(text, "\n\"a,b.csv\",nordic,1,left,mean_force,,N,,"));
  assert_non_null(strstr(text, ",missing:no_onset,'=cmd,2026-03-30T00:30:05+02:00,,\n"));
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
  char *text = layout_text(STANCE_LAYOUT_TESTS, false);
  expect_cell(tests_header, text, 1, "summary_rule", "best");
  expect_cell(tests_header, text, 1, "left_reps_attempted", "2");
  expect_cell(tests_header, text, 1, "right_reps_used", "1");
  expect_cell(tests_header, text, 1, "left_peak_force_n", "325.0");
  expect_cell(tests_header, text, 1, "right_peak_force_n", "360.0");
  expect_cell(tests_header, text, 1, "asymmetry_pct", "9.7");
  expect_cell(tests_header, text, 1, "asymmetry_formula", "percent_difference/1");
  expect_cell(tests_header, text, 1, "weaker_side", "left");
  expect_cell(tests_header, text, 1, "mdc95_n", "");
  expect_cell(tests_header, text, 1, "software", STANCE_SOFTWARE);
  free(text);
}

static void locale_changes_numbers_only(void **state)
{
  (void)state;
  char *text = layout_text(STANCE_LAYOUT_WIDE, true);
  assert_int_equal(strncmp(text,
                           "\xef\xbb\xbf"
                           "athlete;date;",
                           strlen("\xef\xbb\xbf"
                                  "athlete;date;")),
                   0);
  assert_non_null(strstr(text, ";325,0;"));
  assert_non_null(strstr(text, "\"a,b.csv\""));
  assert_non_null(strstr(text, "notes\r\n"));
  free(text);
}

static void every_column_is_in_the_dictionary(void **state)
{
  (void)state;
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text};
  stance_report_dictionary(&sheet);
  const char *const headers[] = {wide_header, long_header, tests_header};
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

static void expect_summary(const char *words)
{
  struct stance_text text = {0};
  stance_report_summary(&text, &report);
  if (strstr(text.bytes, words) == NULL)
    fail_msg("'%s' is not in:\n%s", words, text.bytes);
  stance_text_finish(&text);
}

static void summary_speaks_in_words(void **state)
{
  (void)state;
  expect_summary("Left 9.7 % weaker than right");
  expect_summary("No repeatability of this test is known here");
  expect_summary("   1  accepted left 325.0 N, right 360.0 N");
  expect_summary("   2  partial  left 325.0 N, right 360.0 N");
  expect_summary("Frames lost: 3 of 20000.");
  expect_summary("Notes: unit N assumed.");
  report.calibration = STANCE_CALIBRATION_NONE;
  expect_summary("NO CALIBRATION IS KNOWN");
}

static void summary_names_the_side_that_was_not_tested(void **state)
{
  (void)state;
  result.measured[STANCE_RIGHT] = false;
  result.attempted[STANCE_RIGHT] = 0;
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++)
    for (int m = 0; m < STANCE_METRIC_COUNT; m++)
      for (int side = STANCE_RIGHT; side <= STANCE_BOTH; side++)
        result.summary[rule][side][m] = (struct stance_value){
            .value = (double)NAN, .reasons = STANCE_REASON_BIT(STANCE_REASON_SIDE_NOT_TESTED)};
  expect_summary("Right was not tested: nothing is compared with it.");
  expect_summary("Left and right are not compared (missing:side_not_tested).");
  char *text = layout_text(STANCE_LAYOUT_TESTS, false);
  expect_cell(tests_header, text, 1, "right_peak_force_n", "");
  expect_cell(tests_header, text, 1, "asymmetry_pct", "");
  expect_cell(tests_header, text, 1, "weaker_side", "");
  free(text);
}

static enum stance_side weaker(enum stance_asymmetry_formula formula, double left, double right)
{
  struct stance_value l, r;
  put(&l, left);
  put(&r, right);
  struct stance_value value = stance_asymmetry(formula, &l, &r, result.injured_side);
  result.settings.asymmetry_formula = (int)formula;
  return stance_report_weaker_side(&result, &value);
}

static void weaker_side_agrees_under_every_formula(void **state)
{
  (void)state;
  for (int injured = STANCE_LEFT; injured <= STANCE_RIGHT; injured++) {
    result.injured_side = (enum stance_side)injured;
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
    report.started_at = known[k].utc;
    report.utc_offset_min = known[k].offset_min;
    stance_report_local_time(&report, text);
    assert_string_equal(text, known[k].local);
  }
}

#define REPORT_TEST(function) cmocka_unit_test_setup(function, make_result)

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
