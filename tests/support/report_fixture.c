/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/report_fixture.h"

#include "report_private.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char report_wide_header[] =
    "athlete,date,time,utc_offset_min,session,recording,protocol,protocol_version,"
    "position_hip_deg,position_knee_deg,instrument,rig,operator,injured_side,body_mass_kg,lever_m,"
    "repetition,side,order,counted,reject_reason,pain_0_10,"
    "unloaded_zero_n,limb_weight_n,baseline_force_n,pretension_n,peak_force_n,peak_force_net_n,"
    "peak_force_mean_100ms_n,mean_force_n,duration_s,time_to_peak_s,onset_time_s,reaction_time_s,"
    "force_at_50ms_n,force_at_100ms_n,force_at_150ms_n,force_at_200ms_n,force_at_250ms_n,"
    "net_force_at_50ms_n,net_force_at_100ms_n,net_force_at_150ms_n,net_force_at_200ms_n,"
    "net_force_at_250ms_n,rfd_0_50ms_n_per_s,rfd_0_100ms_n_per_s,rfd_0_150ms_n_per_s,"
    "rfd_0_200ms_n_per_s,rfd_0_250ms_n_per_s,rfd_50_100ms_n_per_s,rfd_100_150ms_n_per_s,"
    "rfd_150_200ms_n_per_s,rfd_200_250ms_n_per_s,rfd_100_200ms_n_per_s,rfd_peak_20ms_n_per_s,"
    "impulse_net_0_50ms_n_s,impulse_net_0_100ms_n_s,impulse_net_0_150ms_n_s,"
    "impulse_net_0_200ms_n_s,impulse_net_0_250ms_n_s,time_to_50pct_s,time_to_90pct_s,"
    "peak_torque_n_m,peak_force_per_kg_n_per_kg,"
    "peak_force_uncertainty_n,onset_threshold_n,frames_lost,zero_shift_n,calibration_ok,"
    "onset_method,flags,notes,software,verification,rfd_0_100ms_uncertainty_n_per_s,"
    "rfd_0_100ms_method_low_n_per_s,rfd_0_100ms_method_high_n_per_s,force_at_100ms_method_low_n,"
    "force_at_100ms_method_high_n,frames_expected,frames_received,frames_"
    "duplicated,"
    "frames_corrupt,frames_late,longest_gap_frames,samples_saturated,rate_hz,rate_uncertainty_hz,"
    "firmware,calibration_id,digest\n";
const char report_long_header[] = "recording,protocol,repetition,side,metric,value,unit,"
                                  "uncertainty,method,status,athlete,started_at,mdc95,"
                                  "mdc95_source,method_low,method_high\n";
const char report_tests_header[] =
    "athlete,date,time,utc_offset_min,session,recording,protocol,protocol_version,"
    "position_hip_deg,position_knee_deg,instrument,rig,operator,injured_side,body_mass_kg,lever_m,"
    "summary_rule,left_reps_attempted,left_reps_used,right_reps_attempted,right_reps_used,"
    "left_peak_force_n,right_peak_force_n,left_peak_force_net_n,right_peak_force_net_n,"
    "left_peak_force_mean_100ms_n,right_peak_force_mean_100ms_n,left_peak_torque_n_m,"
    "right_peak_torque_n_m,left_peak_force_per_kg_n_per_kg,right_peak_force_per_kg_n_per_kg,"
    "asymmetry_pct,asymmetry_formula,weaker_side,asymmetry_low_pct,asymmetry_high_pct,"
    "distinguishable,mdc95_n,mdc95_source,left_change_pct,right_change_pct,change_band_pct,"
    "baseline_tests,days_since_last_test,left_pain_max,right_pain_max,pain_stop,"
    "zero_shift_left_n,zero_shift_right_n,frames_lost,verification,software,flags,notes,"
    "frames_expected,frames_received,frames_duplicated,frames_corrupt,frames_late,"
    "longest_gap_frames,samples_saturated,rate_hz,rate_uncertainty_hz,firmware,calibration_id,"
    "digest\n";

/* Two bilateral repetitions, the second one partial, right side 360 N and left 325 N: the worked
   example of SCIENCE 6 (9.722222 %). */
static struct stance_repetition repetitions[2];
struct stance_result report_fixture_result;
struct stance_report report_fixture;

static void all_missing(struct stance_value value[STANCE_SIDE_COUNT][STANCE_METRIC_COUNT],
                        enum stance_reason reason)
{
  for (int side = 0; side < STANCE_SIDE_COUNT; side++)
    for (int m = 0; m < STANCE_METRIC_COUNT; m++)
      value[side][m] = (struct stance_value){
          .value = (double)NAN, .uncertainty = (double)NAN, .reasons = STANCE_REASON_BIT(reason)};
}

void report_fixture_put(struct stance_value *value, double number)
{
  *value = (struct stance_value){.value = number, .uncertainty = (double)NAN};
}

int report_fixture_setup(void **state)
{
  (void)state;
  memset(repetitions, 0, sizeof repetitions);
  memset(&report_fixture_result, 0, sizeof report_fixture_result);
  struct stance_problem problem;
  assert_int_equal(stance_protocol_builtin("nordic", &report_fixture_result.protocol, &problem),
                   STANCE_OK);
  report_fixture_result.settings = report_fixture_result.protocol.analysis;
  report_fixture_result.repetition = repetitions;
  report_fixture_result.repetition_count = 2;
  report_fixture_result.body_mass_kg = 82;
  report_fixture_result.lever_m = (double)NAN;
  report_fixture_result.injured_side = STANCE_LEFT;
  strcpy(report_fixture_result.onset_method, "mean_sd/1(onset_sd=5,onset_floor_n=10)");
  report_fixture_result.time =
      (struct stance_time_axis){.rate_hz = 1000, .rate_uncertainty_hz = (double)NAN};
  report_fixture_result.integrity.frames_expected = 20000;
  report_fixture_result.integrity.frames_lost = 3;
  for (unsigned k = 0; k < 2; k++) {
    struct stance_repetition *repetition = &repetitions[k];
    repetition->number = repetition->order = k + 1;
    repetition->side = STANCE_BOTH;
    all_missing(repetition->value, STANCE_REASON_NO_ONSET);
    for (int side = 0; side < 2; side++) {
      repetition->took_part[side] = true;
      report_fixture_put(&repetition->value[side][STANCE_METRIC_PEAK_FORCE],
                         side == STANCE_LEFT ? 325 : 360);
    }
  }
  repetitions[0].value[STANCE_LEFT][STANCE_METRIC_PEAK_FORCE].uncertainty = 1.807392;
  repetitions[0].value[STANCE_LEFT][STANCE_METRIC_PEAK_TORQUE].reasons =
      STANCE_REASON_BIT(STANCE_REASON_NO_LEVER);
  repetitions[1].status = STANCE_REPETITION_PARTIAL;
  repetitions[1].reasons = STANCE_REASON_BIT(STANCE_REASON_PARTIAL);
  for (int rule = 0; rule < STANCE_SUMMARY_COUNT; rule++) {
    all_missing(report_fixture_result.summary[rule], STANCE_REASON_NO_ONSET);
    report_fixture_put(&report_fixture_result.summary[rule][STANCE_LEFT][STANCE_METRIC_PEAK_FORCE],
                       325);
    report_fixture_put(&report_fixture_result.summary[rule][STANCE_RIGHT][STANCE_METRIC_PEAK_FORCE],
                       360);
    report_fixture_put(
        &report_fixture_result.summary[rule][STANCE_BOTH][STANCE_METRIC_ASYMMETRY_PEAK_FORCE],
        100.0 * (360 - 325) / 360);
  }
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    report_fixture_result.zero_shift_n[side] = (double)NAN;
  for (int side = 0; side < 2; side++) {
    report_fixture_result.measured[side] = true;
    report_fixture_result.attempted[side] = 2;
    report_fixture_result.used[side] = 1;
  }
  report_fixture = (struct stance_report){
      .result = &report_fixture_result,
      .recording = "a,b.csv",
      .athlete = "=cmd",
      .started_at = "2026-03-29T22:30:05.123Z",
      .utc_offset_min = 120,
      .instrument = "rig 7",
      .calibration = STANCE_CALIBRATION_KNOWN,
      .notes = "unit N assumed",
      .pain_max = {(double)NAN, (double)NAN},
  };
  return 0;
}

char *report_fixture_layout(enum stance_layout layout, bool locale)
{
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text, .locale = locale};
  stance_report_header(&sheet, layout);
  stance_report_rows(&sheet, layout, &report_fixture);
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

void report_expect_cell(const char *header, const char *text, int row, const char *name,
                        const char *expected)
{
  char *cells = line(text, row), *found = cell(header, cells, name);
  if (strcmp(found, expected) != 0)
    fail_msg("row %d, %s: '%s', expected '%s'", row, name, found, expected);
  free(found);
  free(cells);
}

void report_expect_summary(const char *words)
{
  struct stance_text text = {0};
  stance_report_summary(&text, &report_fixture);
  if (strstr(text.bytes, words) == NULL)
    fail_msg("'%s' is not in:\n%s", words, text.bytes);
  stance_text_finish(&text);
}
