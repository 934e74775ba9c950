/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every recording of the reference data reads with the values that its folder states, or is refused
   for a reason that a person understands. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "reference_data.h"
#include "support/csv_fixture.h"

static struct csv_result read_reference(const char *name, struct stance_csv_options options)
{
  struct csv_result result = {.status = STANCE_OK};
  const char *path = reference_path(name);
  if (path == NULL) {
    print_message("%s is absent\n", name);
    skip();
  }
  result.status = stance_csv_read(path, &options, &result.file, &result.problem);
  return result;
}

static struct stance_csv_file must_read(const char *name, struct stance_csv_options options)
{
  struct csv_result result = read_reference(name, options);
  if (result.status != STANCE_OK)
    fail_msg("%s", result.problem.text);
  return result.file;
}

static void must_refuse(const char *name, struct stance_csv_options options,
                        enum stance_status status, const char *words)
{
  struct csv_result result = read_reference(name, options);
  if (result.status != status || strstr(result.problem.text, words) == NULL)
    fail_msg("%s: status %d, '%s' without '%s'", name, (int)result.status, result.problem.text,
             words);
}

static char *read_text(const char *name)
{
  const char *path = reference_path(name);
  FILE *file = path != NULL ? fopen(path, "rb") : NULL;
  if (file == NULL)
    skip();
  char *text = calloc(1, 1 << 20);
  size_t length = fread(text, 1, (1 << 20) - 1, file);
  text[length] = '\0';
  fclose(file);
  return text;
}

/* Number `index` of the array `key` in the object `object` of an expected.json. */
static double expected_number(const char *json, const char *object, const char *key, size_t index)
{
  char quoted[80];
  snprintf(quoted, sizeof quoted, "\"%s\"", object);
  const char *p = strstr(json, quoted);
  assert_non_null(p);
  snprintf(quoted, sizeof quoted, "\"%s\"", key);
  p = strstr(p, quoted);
  assert_non_null(p);
  p += strlen(quoted);
  p += strspn(p, " :[\n");
  for (; index > 0; --index)
    p = strchr(p, ',') + 1;
  return strtod(p, NULL);
}

static void check_column(const struct stance_raw_trace *trace, size_t channel, const char *json,
                         const char *name, size_t column)
{
  double low = HUGE_VAL, high = -HUGE_VAL, sum = 0;
  size_t missing = 0;
  for (size_t k = 0; k < trace->sample_count; ++k) {
    double value = trace->value[channel][k];
    if (isnan(value)) {
      missing += 1;
      continue;
    }
    low = fmin(low, value);
    high = fmax(high, value);
    sum += value;
  }
  double rows = expected_number(json, name, "rows", 0);
  double expected_missing = expected_number(json, name, "nan_per_col", column);
  double expected_sum = expected_number(json, name, "col_sum", column);
  assert_true(fabs(low - expected_number(json, name, "col_min", column)) < 1e-12);
  assert_true(fabs(high - expected_number(json, name, "col_max", column)) < 1e-12);
  /* Sums in another order of addition. */
  assert_true(fabs(sum - expected_sum) <= 1e-11 * fabs(expected_sum));
  /* The empty tail of a column is no part of the trace. */
  double empty = (double)missing + rows - (double)trace->sample_count;
  assert_true(fabs(empty - expected_missing) < 0.5);
}

static void force_formats(void **context)
{
  (void)context;
  char *json = read_text("csv_force_formats/expected.json");
  static const struct {
    const char *name;
    struct stance_csv_options options;
    size_t trials, channels, first_column; /* the columns of the expectation */
  } files[] = {
      {"comma_long.csv", {.columns = "left=fp1,right=fp2", .rate_hz = 1000}, 1, 2, 0},
      {"single_trial.csv", {.columns = "left=fp1,right=fp2", .rate_hz = 1000}, 1, 2, 0},
      {"long_2.csv", {.rate_hz = 1000}, 1, 2, 0},
      {"wide_data.csv",
       {.columns = "left=#1,right=#2;left=#3,right=#4;left=#5,right=#6;left=#7,right=#8",
        .rate_hz = 1000},
       4,
       2,
       0},
      {"wide_data.csv", {.columns = "#1+#2+#3+#4+#5+#6+#7+#8", .rate_hz = 1000}, 1, 8, 0},
      {"comma_pasco.csv", {.columns = "#3+#4+#5+#6+#7+#8;#9+#10+#11+#12+#13+#14"}, 2, 6, 1},
  };
  for (size_t i = 0; i < sizeof files / sizeof files[0]; ++i) {
    char name[64];
    snprintf(name, sizeof name, "csv_force_formats/%s", files[i].name);
    struct stance_csv_file file = must_read(name, files[i].options);
    assert_int_equal(file.trial_count, files[i].trials);
    for (size_t t = 0; t < file.trial_count; ++t) {
      const struct stance_raw_trace *trace = &file.trial[t].trace;
      assert_int_equal(trace->channel_count, files[i].channels);
      assert_true(fabs(trace->time.rate_hz - 1000) <= 0);
      const struct stance_integrity *lines = &trace->integrity;
      assert_int_equal(lines->lines_read,
                       lines->lines_used + lines->lines_header + lines->lines_refused);
      assert_int_equal(lines->lines_used, trace->sample_count);
      for (size_t k = 0; k < trace->channel_count; ++k)
        check_column(trace, k, json, files[i].name,
                     files[i].first_column + t * files[i].channels + k);
    }
    stance_csv_file_finish(&file);
  }
  must_refuse("csv_force_formats/comma_long.csv", (struct stance_csv_options){.rate_hz = 1000},
              STANCE_USAGE, "#1 'fp1', #2 'fp2'");
  must_refuse("csv_force_formats/comma_pasco.csv", (struct stance_csv_options){.rate_hz = 0},
              STANCE_USAGE, "#7 'Normal Force (N)', #13 'Normal Force (N)'");
  must_refuse("csv_force_formats/comma_pasco.csv",
              (struct stance_csv_options){.columns = "Normal Force (N)"}, STANCE_USAGE,
              "2 columns are called");
  must_refuse("csv_force_formats/comma_pasco.csv",
              (struct stance_csv_options){.columns = "Date and Time"}, STANCE_INPUT,
              "text or dates");
  must_refuse("csv_force_formats/long_2.csv", (struct stance_csv_options){.rate_hz = 0},
              STANCE_USAGE, "--rate");
  free(json);
}

static void imtp(void **context)
{
  (void)context;
  struct stance_csv_file file =
      must_read("imtp/Example2.csv", (struct stance_csv_options){.rate_hz = 0});
  const struct stance_raw_trace *trace = &file.trial[0].trace;
  assert_int_equal(trace->sample_count, 23793);
  assert_int_equal(trace->channel_count, 1);
  assert_int_equal(trace->channel[0].side, STANCE_TOTAL);
  assert_string_equal(trace->channel[0].name, "Fz");
  assert_true(fabs(trace->time.rate_hz - 1000) <= 0 && fabs(trace->time.start_s) <= 0);
  assert_true(trace->value[0][16308] >= 3650.781414 && trace->value[0][16308] <= 3650.781414);
  assert_true(file.unit_assumed);
  assert_int_equal(file.integrity.lines_read, 23794);
  assert_int_equal(file.integrity.lines_header, 1);
  stance_csv_file_finish(&file);
}

static void squat_jump(void **context)
{
  (void)context;
  must_refuse("squat_jump_dual/BFR010_squat_jump.csv", (struct stance_csv_options){.rate_hz = 0},
              STANCE_USAGE, "#3 'ground_force1_vy', #12 'ground_force2_vy'");
  struct stance_csv_file file = must_read(
      "squat_jump_dual/BFR010_squat_jump.csv",
      (struct stance_csv_options){.columns = "left=ground_force2_vy,right=ground_force1_vy"});
  const struct stance_raw_trace *trace = &file.trial[0].trace;
  assert_int_equal(trace->sample_count, 7850);
  assert_int_equal(file.integrity.lines_header, 7);
  double sum = 0;
  for (size_t k = 0; k < 1000; ++k)
    sum += trace->value[0][k] + trace->value[1][k];
  assert_true(fabs(sum / 1000 - 532.2557860530001) < 1e-9);
  double peak[2] = {0, 0};
  for (size_t k = 0; k < 1925; ++k)
    for (size_t channel = 0; channel < 2; ++channel)
      peak[channel] = fmax(peak[channel], trace->value[channel][k]);
  assert_true(fabs(peak[0] - 491.728973) < 1e-9 && fabs(peak[1] - 440.557739) < 1e-9);
  stance_csv_file_finish(&file);
}

static void standing(void **context)
{
  (void)context;
  must_refuse("standing_control_dual/Control_0_trial_0.txt",
              (struct stance_csv_options){.rate_hz = 0}, STANCE_USAGE, "'non-dominant Fvert (N)'");
  struct stance_csv_file file = must_read(
      "standing_control_dual/Control_0_trial_0.txt",
      (struct stance_csv_options){.columns = "left=dominant Fvert (N),right=non-dominant Fvert"});
  const struct stance_raw_trace *trace = &file.trial[0].trace;
  assert_int_equal(trace->sample_count, 6000);
  assert_true(fabs(trace->time.rate_hz - 100) <= 0);
  assert_string_equal(trace->channel[0].unit, "N");
  assert_false(file.unit_assumed);
  double sum[2] = {0, 0};
  for (size_t k = 0; k < trace->sample_count; ++k)
    for (size_t channel = 0; channel < 2; ++channel)
      sum[channel] += trace->value[channel][k];
  assert_true(fabs(sum[0] / 6000 - 345.939172659) < 1e-6);
  assert_true(fabs(sum[1] / 6000 - 289.44973445166664) < 1e-6);
  stance_csv_file_finish(&file);
}

/* The converted plate beside the raw volts: the sum of the vertical cells is Fz by the stated rule
   1000·V/S. */
static void kistler(void **context)
{
  (void)context;
  static const double sensitivity[4] = {3.898, 3.889, 3.885, 3.891};
  struct stance_csv_file volts =
      must_read("kistler_8ch_calibration/kistler_fp_data.txt",
                (struct stance_csv_options){.columns = "#2+#3+#4+#5+#6+#7+#8+#9", .unit = "V"});
  struct stance_csv_file force = must_read("kistler_8ch_calibration/expected_grf_cop.csv",
                                           (struct stance_csv_options){.rate_hz = 0});
  const struct stance_raw_trace *raw = &volts.trial[0].trace, *fz = &force.trial[0].trace;
  assert_int_equal(raw->channel_count, 8);
  assert_string_equal(raw->channel[7].unit, "V");
  assert_string_equal(fz->channel[0].name, "Fz_N");
  assert_int_equal(raw->sample_count, fz->sample_count);
  for (size_t k = 0; k < raw->sample_count; ++k) {
    double sum = 0;
    for (size_t cell = 0; cell < 4; ++cell)
      sum += 1000 * raw->value[4 + cell][k] / sensitivity[cell];
    assert_true(fabs(sum - fz->value[0][k]) < 1e-5); /* printed to 9 digits */
  }
  stance_csv_file_finish(&volts);
  stance_csv_file_finish(&force);
}

/* The instrument's own file and the converted one: 500 mN/V, the same samples. */
static void twitch(void **context)
{
  (void)context;
  struct stance_csv_file csv =
      must_read("muscle_twitch_10khz/twitch.csv", (struct stance_csv_options){.rate_hz = 0});
  struct stance_csv_file ddf = must_read("muscle_twitch_10khz/twitch.ddf",
                                         (struct stance_csv_options){.columns = "total=AI1"});
  const struct stance_raw_trace *a = &csv.trial[0].trace, *b = &ddf.trial[0].trace;
  assert_int_equal(a->sample_count, 4001);
  assert_int_equal(b->sample_count, 4001);
  assert_string_equal(a->channel[0].unit, "mN");
  assert_string_equal(b->channel[0].unit, "V"); /* "Test Data in Volts" */
  assert_true(fabs(a->time.rate_hz - 10000) <= 0 && fabs(b->time.rate_hz - 10000) <= 0);
  assert_true(a->time.stamped && !b->time.stamped);
  assert_true(ddf.findings.rate_in_header);
  assert_true(fabs(a->time.start_s - 1e-4) < 1e-12);
  for (size_t k = 0; k < 4001; ++k)
    assert_true(fabs(a->value[0][k] - 500 * b->value[0][k]) < 1e-3);
  stance_csv_file_finish(&csv);
  stance_csv_file_finish(&ddf);
}

static void others(void **context)
{
  (void)context;
  struct stance_csv_file file =
      must_read("bmc_jump_600hz/GRFZjump.txt", (struct stance_csv_options){.rate_hz = 600});
  const struct stance_raw_trace *trace = &file.trial[0].trace;
  assert_int_equal(trace->sample_count, 1200);
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (size_t k = 0; k < 1200; ++k) {
    low = fmin(low, trace->value[0][k]);
    high = fmax(high, trace->value[0][k]);
  }
  assert_true(fabs(low + 7.15) < 1e-12 && fabs(high - 3632.84) < 1e-12);
  stance_csv_file_finish(&file);

  must_refuse("jumps_dual_peer/Dual-CMJ-Fz.txt", (struct stance_csv_options){.rate_hz = 1000},
              STANCE_USAGE, "#1 'FP1', #2 'FP2'");
  file = must_read("jumps_dual_peer/Dual-CMJ-Fz.txt",
                   (struct stance_csv_options){.rate_hz = 1000, .columns = "left=FP1,right=FP2"});
  assert_int_equal(file.trial[0].trace.sample_count, 5000);
  stance_csv_file_finish(&file);

  must_refuse("nist_pontius.csv", (struct stance_csv_options){.rate_hz = 0}, STANCE_USAGE,
              "--rate");
  file =
      must_read("nist_pontius.csv",
                (struct stance_csv_options){.rate_hz = 1, .columns = "deflection", .unit = "mV/V"});
  assert_int_equal(file.trial[0].trace.sample_count, 40);
  stance_csv_file_finish(&file);

  file = must_read("filters/dev_in_imtp_ex2.txt", (struct stance_csv_options){.rate_hz = 1000});
  assert_int_equal(file.trial[0].trace.sample_count, 2000);
  stance_csv_file_finish(&file);
  must_refuse("onset_unit_vector.json", (struct stance_csv_options){.rate_hz = 0}, STANCE_INPUT,
              "line");
  must_refuse("labjack_u3_packets/pairs.json", (struct stance_csv_options){.rate_hz = 0},
              STANCE_INPUT, "");
}

/* RFC 4180's edge cases hold no recording: what is wrong with each is said in its terms. */
static void spectrum(void **context)
{
  (void)context;
  static const struct {
    const char *name;
    struct stance_csv_options options;
    enum stance_status status;
    const char *words;
  } files[] = {
      {"comma_in_quotes", {.rate_hz = 0}, STANCE_USAGE, "no column is known as a force"},
      {"comma_in_quotes", {.columns = "address", .rate_hz = 1}, STANCE_INPUT, "line 2: column #3"},
      {"empty", {.rate_hz = 0}, STANCE_USAGE, "#1 'a', #2 'b', #3 'c'"},
      {"empty_crlf", {.rate_hz = 0}, STANCE_USAGE, "#1 'a', #2 'b', #3 'c'"},
      {"escaped_quotes", {.columns = "b", .rate_hz = 1}, STANCE_INPUT, "line 2, column 2 ('b')"},
      {"json", {.columns = "val", .rate_hz = 1}, STANCE_INPUT, "line 2: column #2 'val'"},
      {"location_coordinates", {.rate_hz = 0}, STANCE_USAGE, "'Contact Phone Number'"},
      {"newlines", {.columns = "a", .rate_hz = 1}, STANCE_INPUT, "line 3, column 1 ('a')"},
      {"newlines_crlf", {.columns = "a", .rate_hz = 1}, STANCE_INPUT, "line 3, column 1 ('a')"},
      {"quotes_and_newlines", {.columns = "b", .rate_hz = 1}, STANCE_INPUT, "line 2, column 2"},
      {"simple", {.columns = "a"}, STANCE_USAGE, "--rate"},
      {"simple_crlf", {.columns = "a"}, STANCE_USAGE, "--rate"},
      {"utf8", {.columns = "c", .rate_hz = 1}, STANCE_INPUT, "line 3, column 3 ('c'): 'ʤ'"},
      {"simple", {.columns = "left=a,right=b", .rate_hz = 100}, STANCE_OK, ""},
      {"empty", {.columns = "a", .rate_hz = 100}, STANCE_OK, ""},
  };
  for (size_t i = 0; i < sizeof files / sizeof files[0]; ++i) {
    char name[64];
    snprintf(name, sizeof name, "csv_spectrum/csvs/%s.csv", files[i].name);
    if (files[i].status == STANCE_OK) {
      struct stance_csv_file file = must_read(name, files[i].options);
      stance_csv_file_finish(&file);
    } else
      must_refuse(name, files[i].options, files[i].status, files[i].words);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(force_formats), cmocka_unit_test(imtp),     cmocka_unit_test(squat_jump),
      cmocka_unit_test(standing),      cmocka_unit_test(kistler),  cmocka_unit_test(twitch),
      cmocka_unit_test(others),        cmocka_unit_test(spectrum),
  };
  if (reference_path("README.md") == NULL)
    return REFERENCE_SKIPPED;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
