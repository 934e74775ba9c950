/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What laboratories export, read: headers, units, choice of columns, trials, time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/csv_fixture.h"

#define NO_OPTIONS \
  {                \
    .rate_hz = 0   \
  }
#define R1000       \
  {                 \
    .rate_hz = 1000 \
  }

static struct stance_csv_file must_read(const char *text, struct stance_csv_options options)
{
  struct csv_result result = csv_parse_text(text, &options);
  if (result.status != STANCE_OK)
    fail_msg("%s\n%s", result.problem.text, text);
  return result.file;
}

/* "left=Fz1[N] right=Fz2[N]" */
static void channels_of(const struct stance_raw_trace *trace, char *ret_text, size_t size)
{
  size_t used = 0;
  ret_text[0] = '\0';
  for (size_t k = 0; k < trace->channel_count; ++k)
    used += (size_t)snprintf(ret_text + used, size - used, "%s%s=%s[%s]", k > 0 ? " " : "",
                             stance_side_name(trace->channel[k].side), trace->channel[k].name,
                             trace->channel[k].unit);
}

/* Each file has its first sample 1 in the first channel and two more. */
static const struct {
  const char *text;
  struct stance_csv_options options;
  const char *channels;
} choices[] = {
    /* Names. */
    {"time,left,right\n0,1,2\n0.001,2,3\n0.002,3,4\n", NO_OPTIONS, "left=left[N] right=right[N]"},
    {"t_s,L_Fz,R_Fz\n0,1,2\n0.001,2,3\n0.002,3,4\n", NO_OPTIONS, "left=L_Fz[N] right=R_Fz[N]"},
    {"Time,LeftForce,RightForce\n0,1,2\n0.001,2,3\n0.002,3,4\n", NO_OPTIONS,
     "left=LeftForce[N] right=RightForce[N]"},
    {"Zeit;Kraft links;Kraft rechts\n0;1;2\n0,001;2;3\n0,002;3;4\n", NO_OPTIONS,
     "left=Kraft links[N] right=Kraft rechts[N]"},
    {"time,right Fz,left Fz,left Fx,right Fx\n0,2,1,9,9\n0.001,3,2,9,9\n0.002,4,3,9,9\n",
     NO_OPTIONS, "left=left Fz[N] right=right Fz[N]"},
    {"time,left,right,total\n0,1,2,3\n0.001,2,3,5\n0.002,3,4,7\n", NO_OPTIONS,
     "left=left[N] right=right[N]"},
    {"time,Fx,Fy,Fz,Mx\n0,9,9,1,9\n0.001,9,9,2,9\n0.002,9,9,3,9\n", NO_OPTIONS, "total=Fz[N]"},
    {"time,FzL,FzR\n0,1,2\n0.001,2,3\n0.002,3,4\n", NO_OPTIONS, "left=FzL[N] right=FzR[N]"},
    {"time,Left Force\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "left=Left Force[N]"},
    {"time,Force\n0,1\n0.001,2\n0.002,3\n", {.side = "right"}, "right=Force[N]"},
    {"time,value\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=value[N]"},
    {"time,a_vx,force1_vy,force1_vz\n0,9,1,9\n0.001,9,2,9\n0.002,9,3,9\n", NO_OPTIONS,
     "total=force1_vy[N]"},
    /* Units. */
    {"time,Fz (kN)\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=Fz (kN)[kN]"},
    {"time,Fz [mN]\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=Fz [mN][mN]"},
    {"time,Force_lbf\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=Force_lbf[lbf]"},
    {"time,weight (kg)\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=weight (kg)[kgf]"},
    {"time,Kraft / N\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=Kraft / N[N]"},
    {"time,force_n\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=force_n[N]"},
    {"time,cell\ns,mV/V\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=cell[mV/V]"},
    {"time,cell\n(s),(V)\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=cell[V]"},
    {"time,Fz (kN)\n0,1\n0.001,2\n0.002,3\n", {.unit = "lbf"}, "total=Fz (kN)[lbf]"},
    {"time,Fz (N),CoPx (mm)\n0,1,7\n0.001,2,7\n0.002,3,7\n", NO_OPTIONS, "total=Fz (N)[N]"},
    /* Headers. */
    {",Left,,Right,\nTime,Fx,Fz,Fx,Fz\n0,9,1,9,2\n0.001,9,2,9,3\n0.002,9,3,9,4\n", NO_OPTIONS,
     "left=Left Fz[N] right=Right Fz[N]"},
    {"# time Fz\n0 1\n0.001 2\n0.002 3\n", NO_OPTIONS, "total=Fz[N]"},
    {",time,Fz\n0,0.000,1\n1,0.001,2\n2,0.002,3\n", NO_OPTIONS, "total=Fz[N]"},
    {"\xef\xbb\xbftime,Fz\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=Fz[N]"},
    {"Report\nSubject;7\n\ntime;Fz\n0;1\n0.001;2\n0.002;3\n", NO_OPTIONS, "total=Fz[N]"},
    {"time,F\xff z\n0,1\n0.001,2\n0.002,3\n", NO_OPTIONS, "total=F? z[N]"},
    {"time,Fz,note\n0,1,\"a\nb\"\n0.001,2,c\n0.002,3,d\n", NO_OPTIONS, "total=Fz[N]"},
    {"date,time,Fz\n2/20/2019 21:03,0,1\n2/20/2019 21:03,0.001,2\n2/20/2019 21:03,0.002,3\n",
     NO_OPTIONS, "total=Fz[N]"},
    {"1\n2\n3\n", R1000, "total=#1[N]"},
    {"1;\n2;\n3;\n", R1000, "total=#1[N]"},
    {"Fz,\n1,\n2,\n3,\n", R1000, "total=Fz[N]"},
    /* --columns. */
    {"time,a,b\n0,1,2\n0.001,2,3\n0.002,3,4\n",
     {.columns = "left=a, right = b"},
     "left=a[N] right=b[N]"},
    {"time,a,b\n0,1,2\n0.001,2,3\n0.002,3,4\n", {.columns = "total=a+b"}, "total=a[N] total=b[N]"},
    {"time,a,b\n0,2,1\n0.001,3,2\n0.002,4,3\n", {.columns = "total=#3"}, "total=b[N]"},
    {"time,\"a, b\",c=d\n0,1,2\n0.001,2,3\n0.002,3,4\n",
     {.columns = "left=\"a, b\",right=c=d"},
     "left=a, b[N] right=c=d[N]"},
    {"time,say \"\"hi\"\"\n0,1\n0.001,2\n0.002,3\n",
     {.columns = "\"say \"\"\"\"hi\"\"\"\"\""},
     "total=say \"\"hi\"\"[N]"},
    {"time,FORCE (N)\n0,1\n0.001,2\n0.002,3\n", {.columns = "right=force"}, "right=FORCE (N)[N]"},
    {"q,a,b\n0,1,2\n0.001,2,3\n0.002,3,4\n",
     {.columns = "time=q,left=a,right=b"},
     "left=a[N] right=b[N]"},
    {"time,a,b\n7,1,2\n7,2,3\n7,3,4\n", {.columns = "time=none,a", .rate_hz = 1000}, "total=a[N]"},
};

static void columns_are_chosen(void **context)
{
  (void)context;
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; ++i) {
    char channels[256];
    struct stance_csv_file file = must_read(choices[i].text, choices[i].options);
    const struct stance_raw_trace *trace = &file.trial[0].trace;
    channels_of(trace, channels, sizeof channels);
    if (strcmp(channels, choices[i].channels) != 0)
      fail_msg("%s, not %s\n%s", channels, choices[i].channels, choices[i].text);
    assert_int_equal(trace->sample_count, 3);
    for (size_t k = 0; k < 3; ++k)
      assert_true(fabs(trace->value[0][k] - (double)(k + 1)) <= 0);
    if (fabs(trace->time.rate_hz - 1000) > 0)
      fail_msg("%.17g Hz\n%s", trace->time.rate_hz, choices[i].text);
    assert_true(trace->channel[0].minimum < -1e308 && trace->channel[0].maximum > 1e308);
    stance_csv_file_finish(&file);
  }
}

static void assumed_units_are_said(void **context)
{
  (void)context;
  struct stance_csv_file file =
      must_read("time,Fz\n0,1\n0.001,2\n", (struct stance_csv_options)R1000);
  assert_true(file.unit_assumed);
  stance_csv_file_finish(&file);
  file = must_read("time,Fz\n0,1\n0.001,2\n", (struct stance_csv_options){.unit = "N"});
  assert_false(file.unit_assumed);
  stance_csv_file_finish(&file);
}

static const struct {
  const char *text;
  const char *unit;
  bool assumed;
  double rate_hz, start_s;
} times[] = {
    {"time,Fz\n5.000,1\n5.001,2\n5.002,3\n", "s", true, 1000, 5},
    {"time (s),Fz\n0,1\n1,2\n2,3\n", "s", false, 1, 0},
    {"time,Fz\n5,1\n6,2\n7,3\n", "ms", true, 1000, 0.005},
    {"time_ms,Fz\n10,1\n12,2\n14,3\n", "ms", false, 500, 0.01},
    {"time,Fz\n1000,1\n2000,2\n3000,3\n", "us", true, 1000, 0.001},
    {"t [\xc2\xb5s],Fz\n0,1\n500,2\n1000,3\n", "us", false, 2000, 0},
    {"time;Fz\nms;N\n0,0;1\n0,5;2\n1,0;3\n", "ms", false, 2000, 0},
    {"Time (min),Fz\n0.0000,1\n0.0001,2\n0.0002,3\n", "min", false, 10000.0 / 60, 0},
};

static void time_units(void **context)
{
  (void)context;
  for (size_t i = 0; i < sizeof times / sizeof times[0]; ++i) {
    struct stance_csv_file file = must_read(times[i].text, (struct stance_csv_options)NO_OPTIONS);
    const struct stance_time_axis *axis = &file.trial[0].trace.time;
    assert_string_equal(file.findings.time_unit, times[i].unit);
    assert_true(file.findings.time_unit_assumed == times[i].assumed);
    if (fabs(axis->rate_hz - times[i].rate_hz) > 1e-9 * times[i].rate_hz)
      fail_msg("%.17g Hz\n%s", axis->rate_hz, times[i].text);
    assert_true(fabs(axis->start_s - times[i].start_s) < 1e-12);
    assert_true(axis->stamped);
    stance_csv_file_finish(&file);
  }
}

static void rates_without_a_time_column(void **context)
{
  (void)context;
  static const struct {
    const char *text;
    struct stance_csv_options options;
    double rate_hz;
    bool in_header;
  } rows[] = {
      {"Fz\n1\n2\n", {.rate_hz = 250}, 250, false},
      {"Sampling rate: 500 Hz\n\nFz\n1\n2\n", NO_OPTIONS, 500, true},
      {"# rate_hz = 2000\nFz\n1\n2\n", NO_OPTIONS, 2000, true},
      {"Sample frequency (kHz);1,2\n\nFz\n1\n2\n", NO_OPTIONS, 1200, true},
      {"Sampling rate: 500 Hz\n\nFz\n1\n2\n", {.rate_hz = 400}, 400, false},
      {"Sample,Fz\n10,1\n11,2\n", {.rate_hz = 100}, 100, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    struct stance_csv_file file = must_read(rows[i].text, rows[i].options);
    const struct stance_time_axis *axis = &file.trial[0].trace.time;
    assert_true(fabs(axis->rate_hz - rows[i].rate_hz) <= 0);
    assert_true(isnan(axis->rate_uncertainty_hz));
    assert_false(axis->stamped);
    assert_true(file.findings.rate_in_header == rows[i].in_header);
    stance_csv_file_finish(&file);
  }
}

/* An index column shows which rows are missing, and where the recording began. */
static void an_index_places_rows(void **context)
{
  (void)context;
  struct stance_csv_file file = must_read("Frame;Fz\n100;1\n101;2\n102;3\n105;6\n",
                                          (struct stance_csv_options){.rate_hz = 50});
  const struct stance_raw_trace *trace = &file.trial[0].trace;
  assert_int_equal(trace->sample_count, 6);
  assert_int_equal(trace->gap_count, 1);
  assert_int_equal(trace->gap[0].first, 3);
  assert_true(fabs(trace->value[0][5] - 6) <= 0);
  assert_true(fabs(trace->time.start_s - 2) <= 0 && fabs(trace->time.rate_hz - 50) <= 0);
  assert_string_equal(file.findings.time_unit, "samples");
  stance_csv_file_finish(&file);
}

static void groups_are_trials(void **context)
{
  (void)context;
  const char *text = "trial,time,Fz\n"
                     "two,0.000,1\ntwo,0.001,2\none,0.000,5\none,0.002,6\n"
                     "two,0.002,3\none,0.004,7\n";
  struct stance_csv_file file = must_read(text, (struct stance_csv_options){.group = "trial"});
  assert_int_equal(file.trial_count, 2);
  assert_string_equal(file.trial[0].name, "two");
  assert_string_equal(file.trial[1].name, "one");
  const struct stance_raw_trace *two = &file.trial[0].trace, *one = &file.trial[1].trace;
  assert_true(fabs(two->time.rate_hz - 1000) <= 0 && fabs(one->time.rate_hz - 500) <= 0);
  for (size_t k = 0; k < 3; ++k) {
    assert_true(fabs(two->value[0][k] - (double)(k + 1)) <= 0);
    assert_true(fabs(one->value[0][k] - (double)(k + 5)) <= 0);
  }
  assert_int_equal(two->integrity.lines_used, 3);
  assert_int_equal(two->integrity.lines_read, 4);
  assert_int_equal(file.integrity.lines_used, 6);
  assert_int_equal(file.integrity.lines_read, 7);
  stance_csv_file_finish(&file);
  /* By position, and where the groups are the sides. */
  file = must_read("side,Fz\nleft,1\nleft,2\nright,3\nright,4\n",
                   (struct stance_csv_options){.group = "#1", .rate_hz = 1000});
  assert_int_equal(file.trial[0].trace.channel[0].side, STANCE_LEFT);
  assert_int_equal(file.trial[1].trace.channel[0].side, STANCE_RIGHT);
  stance_csv_file_finish(&file);
}

static void trials_side_by_side(void **context)
{
  (void)context;
  struct stance_csv_file file = must_read(
      "a,b,c,d\n1,2,3,4\n2,3,4,5\n,,5,6\n,,6,\n",
      (struct stance_csv_options){.columns = "left=a,right=b;left=c,right=d", .rate_hz = 1000});
  assert_int_equal(file.trial_count, 2);
  assert_string_equal(file.trial[1].name, "2");
  assert_int_equal(file.trial[0].trace.sample_count, 2);
  assert_int_equal(file.trial[1].trace.sample_count, 4);
  assert_true(isnan(file.trial[1].trace.value[1][3]));
  assert_int_equal(file.trial[1].trace.gap_count, 0);
  const struct stance_integrity *lines = &file.trial[0].trace.integrity;
  assert_int_equal(lines->lines_used, 2);
  assert_int_equal(lines->lines_header, 3);
  assert_int_equal(lines->lines_read, 5);
  stance_csv_file_finish(&file);
}

static void missing_values_stay_in_place(void **context)
{
  (void)context;
  struct stance_csv_file file =
      must_read("time,left,right\n0.000,1,2\n0.001,,3\n0.002,NaN,\n0.003,n/a,\n0.004,5,6\n",
                (struct stance_csv_options)NO_OPTIONS);
  const struct stance_raw_trace *trace = &file.trial[0].trace;
  assert_int_equal(trace->sample_count, 5);
  assert_true(isnan(trace->value[0][1]) && fabs(trace->value[1][1] - 3) <= 0);
  assert_int_equal(trace->gap_count, 1);
  assert_int_equal(trace->gap[0].first, 2);
  assert_int_equal(trace->gap[0].count, 2);
  assert_int_equal(trace->integrity.frames_lost, 2);
  assert_int_equal(trace->integrity.longest_gap_frames, 2);
  assert_true(fabs(trace->time.longest_gap_s - 0.003) < 1e-12);
  stance_csv_file_finish(&file);
}

static void lost_rows_and_uneven_time(void **context)
{
  (void)context;
  struct stance_csv_file file = must_read("time,Fz\n0.000,1\n0.001,2\n0.002,3\n0.005,6\n0.006,7\n",
                                          (struct stance_csv_options)NO_OPTIONS);
  const struct stance_raw_trace *trace = &file.trial[0].trace;
  assert_int_equal(trace->sample_count, 7);
  assert_int_equal(trace->gap_count, 1);
  assert_int_equal(trace->gap[0].first, 3);
  assert_int_equal(trace->gap[0].count, 2);
  assert_true(fabs(trace->value[0][5] - 6) <= 0);
  assert_int_equal(trace->integrity.frames_expected, 7);
  assert_int_equal(trace->integrity.frames_received, 5);
  assert_null(trace->flags);
  stance_csv_file_finish(&file);

  char text[4096] = "time,Fz\n";
  for (int k = 0; k < 60; ++k) {
    double t = (k + 0.3 * (k * 37 % 11) / 11) / 80;
    snprintf(text + strlen(text), sizeof text - strlen(text), "%.6f,%.6f\n", t, 100 * t);
  }
  file = must_read(text, (struct stance_csv_options)NO_OPTIONS);
  trace = &file.trial[0].trace;
  assert_true(trace->time.irregular);
  assert_non_null(trace->flags);
  size_t interpolated = 0;
  for (size_t k = 0; k < trace->sample_count; ++k) {
    interpolated += (trace->flags[k] & STANCE_FRAME_INTERPOLATED) != 0;
    double t = trace->time.start_s + (double)k / trace->time.rate_hz;
    assert_true(fabs(trace->value[0][k] - 100 * t) < 0.02);
  }
  assert_true(interpolated > trace->sample_count / 2);
  stance_csv_file_finish(&file);
}

static void the_sentence(void **context)
{
  (void)context;
  char sentence[512];
  struct stance_csv_file file =
      must_read("time,left (N),right (N)\n0.000,1,2\n0.001,2,3\n0.003,4,5\n\n",
                (struct stance_csv_options)NO_OPTIONS);
  size_t length = stance_csv_describe(&file, 0, sentence, sizeof sentence);
  assert_int_equal(length, strlen(sentence));
  assert_string_equal(sentence,
                      "5 lines read, 3 used, 2 header or blank; left = left (N) [N], right = right "
                      "(N) [N]; time = #1 'time' in s (no unit stated: from its step), 1000 Hz, "
                      "jitter 0.000 ms; 1 of 4 instants lost, longest gap 0.002 s");
  char cut[16];
  assert_int_equal(stance_csv_describe(&file, 0, cut, sizeof cut), length);
  assert_string_equal(cut, "5 lines read, 3");
  assert_int_equal(stance_csv_describe(&file, 0, NULL, 0), length);
  stance_csv_file_finish(&file);
}

static void findings(void **context)
{
  (void)context;
  struct stance_csv_file file =
      must_read("time|Fz\n0,000|1\n0,001|2\n0,002|3\n", (struct stance_csv_options)NO_OPTIONS);
  assert_int_equal(file.findings.delimiter, '|');
  assert_int_equal(file.findings.decimal, ',');
  assert_string_equal(file.findings.time_column, "#1 'time'");
  stance_csv_file_finish(&file);
  /* Whole numbers all through the first lines; the first comma is far below. */
  char text[2048] = "n;Fz\n";
  for (int k = 0; k < 100; ++k)
    snprintf(text + strlen(text), sizeof text - strlen(text), k < 90 ? "x;%d\n" : "x;%d,5\n", k);
  file = must_read(text, (struct stance_csv_options){.columns = "Fz", .rate_hz = 100});
  assert_true(fabs(file.trial[0].trace.value[0][95] - 95.5) <= 0);
  assert_int_equal(file.findings.decimal, ',');
  stance_csv_file_finish(&file);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_chosen),
      cmocka_unit_test(assumed_units_are_said),
      cmocka_unit_test(time_units),
      cmocka_unit_test(rates_without_a_time_column),
      cmocka_unit_test(an_index_places_rows),
      cmocka_unit_test(groups_are_trials),
      cmocka_unit_test(trials_side_by_side),
      cmocka_unit_test(missing_values_stay_in_place),
      cmocka_unit_test(lost_rows_and_uneven_time),
      cmocka_unit_test(the_sentence),
      cmocka_unit_test(findings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
