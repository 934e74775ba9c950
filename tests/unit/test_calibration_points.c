/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points from a table, and readings from a recording. */
#include "calibration_points.h"
#include "reading.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/stance-points-XXXXXX";

static enum stance_status read_table(const char *table, double gravity_m_per_s2,
                                     struct stance_point_row *ret_rows, size_t *ret_count,
                                     struct stance_problem *problem)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(table, file);
  fclose(file);
  return stance_calibration_points_read(path, gravity_m_per_s2, ret_rows, ret_count, problem);
}

static void loads_tell_direction_and_repeat(void **state)
{
  (void)state;
  static const struct {
    enum stance_load_direction direction;
    unsigned repeat;
  } expected[] = {{STANCE_LOAD_PRELOAD, 1}, {STANCE_LOAD_UP, 1},   {STANCE_LOAD_UP, 1},
                  {STANCE_LOAD_UP, 1},      {STANCE_LOAD_HOLD, 1}, {STANCE_LOAD_DOWN, 1},
                  {STANCE_LOAD_DOWN, 1},    {STANCE_LOAD_UP, 2},   {STANCE_LOAD_DOWN, 2}};
  struct stance_point_row row[STANCE_CALIBRATION_POINT_MAX];
  size_t count = 0;
  struct stance_problem problem = {""};
  if (read_table("mass_kg,raw,direction\n20,9,preload\n0,0.5,\n10,1.5,\n20,2.5,\n20,2.6,hold\n"
                 "10,1.4,\n0,0.4,\n5,1,\n0,0.5,\n",
                 9.81, row, &count, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  assert_int_equal(count, 9);
  for (size_t k = 0; k < count; k++) {
    assert_int_equal(row[k].point.direction, expected[k].direction);
    assert_int_equal(row[k].point.repeat, expected[k].repeat);
  }
  assert_true(row[2].point.applied_n == 10 * 9.81);
  assert_true(row[3].point.raw == 2.5 && isnan(row[3].from_s));
}

static void refused(const char *table, enum stance_status expected, const char *words)
{
  struct stance_point_row row[STANCE_CALIBRATION_POINT_MAX];
  size_t count = 77;
  struct stance_problem problem = {""};
  assert_int_equal(read_table(table, (double)NAN, row, &count, &problem), expected);
  if (strstr(problem.text, words) == NULL)
    fail_msg("'%s' does not say '%s'", problem.text, words);
  assert_int_equal(count, 77);
}

static void impossible_tables_are_refused(void **state)
{
  (void)state;
  refused("raw\n1\n", STANCE_INPUT, ":1: the table needs a column load_n");
  refused("load_n,mass_kg,raw\n1,1,1\n", STANCE_INPUT, "one of them");
  refused("mass_kg,raw\n1,1\n", STANCE_USAGE, "--latitude");
  refused("load_n\n1\n", STANCE_INPUT, "a column raw");
  refused("load_n,from_s\n1,1\n", STANCE_INPUT, "from_s and to_s");
  refused("load_n,raw,from_s,to_s\n1,1,1,2\n", STANCE_INPUT, "one of the two");
  refused("load_n,raw\n1,1\n,2\n", STANCE_INPUT, ":3: load_n is empty");
  refused("load_n,raw\n1,1\n2,two\n", STANCE_INPUT, ":3");
  refused("load_n,from_s,to_s\n1,5,4\n", STANCE_INPUT, ":2: from 5 s to 4 s");
  refused("load_n,raw,direction\n1,1,sideways\n", STANCE_INPUT, "'sideways'");
  refused("load_n,raw,repeat\n1,1,0\n", STANCE_INPUT, "repeat is 0");
  char table[4096] = "load_n,raw\n";
  for (int k = 0; k <= STANCE_CALIBRATION_POINT_MAX; k++)
    strcat(table, "1,1\n");
  refused(table, STANCE_INPUT, "more than 256 points");
}

enum { SAMPLE_COUNT = 1000 };

/* Two channels at 100 Hz: k, and 3 with one lost sample at 500 and a saturated one at 600. */
static struct stance_source *open_trace(struct stance_raw_trace *trace,
                                        double value[2][SAMPLE_COUNT])
{
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  *trace = (struct stance_raw_trace){
      .sample_count = SAMPLE_COUNT,
      .channel_count = 2,
      .value = {value[0], value[1]},
      .time = {.rate_hz = 100, .nominal_rate_hz = 100},
  };
  for (size_t c = 0; c < 2; c++) {
    trace->channel[c] =
        (struct stance_channel){.side = STANCE_SIDE_NONE, .minimum = -10, .maximum = 2000};
    snprintf(trace->channel[c].name, sizeof trace->channel[c].name, "in%zu", c);
    snprintf(trace->channel[c].unit, sizeof trace->channel[c].unit, "V");
  }
  for (size_t k = 0; k < SAMPLE_COUNT; k++) {
    value[0][k] = (double)k;
    value[1][k] = k % 2 == 0 ? 2.5 : 3.5;
  }
  value[1][500] = (double)NAN;
  value[1][600] = 2000;
  if (stance_source_from_trace(trace, "trace:", (double)INFINITY, NULL, &source, &problem) !=
      STANCE_OK)
    fail_msg("%s", problem.text);
  return source;
}

static struct stance_point_row stretch(double from_s, double to_s)
{
  return (struct stance_point_row){.from_s = from_s, .to_s = to_s};
}

/* A profile is for volts where the instrument says what its counts mean; the end of the range is
   told by counts. */
static void counts_are_read_in_the_converters_unit(void **state)
{
  (void)state;
  static double value[2][SAMPLE_COUNT];
  struct stance_raw_trace trace;
  struct stance_source *source = open_trace(&trace, value);
  stance_source_destroy(source);
  trace.channel[0].converter = (struct stance_converter){
      .unit = "V", .zero = 100, .slope_above = 0.001, .slope_below = 0.002, .offset = 0.5};
  assert_int_equal(
      stance_source_from_trace(&trace, "trace:", (double)INFINITY, NULL, &source, NULL), STANCE_OK);
  struct stance_point_row row[] = {stretch(3, 4), stretch(0, 1)};
  struct stance_reading reading[2];
  assert_int_equal(stance_reading_rows(source, 0, row, 2, reading, NULL), STANCE_OK);
  assert_true(fabs(row[0].point.raw - (0.5 + 0.2495)) < 1e-12); /* 349.5 counts */
  assert_true(fabs(row[1].point.raw - (0.5 - 0.101)) < 1e-12);  /* 49.5 counts */
  stance_source_destroy(source);
}

static void stretches_are_read_where_they_lie(void **state)
{
  (void)state;
  static double value[2][SAMPLE_COUNT];
  struct stance_raw_trace trace;
  struct stance_source *source = open_trace(&trace, value);
  struct stance_point_row row[] = {stretch(3, 4), stretch(0, 1), stretch(3.5, 10)};
  struct stance_reading reading[3];
  struct stance_problem problem = {""};
  assert_int_equal(stance_reading_rows(source, 0, row, 3, reading, &problem), STANCE_OK);
  assert_true(row[0].point.raw == 349.5); /* samples 300 … 399 */
  assert_true(row[1].point.raw == 49.5);
  assert_int_equal(reading[2].sample_count, 650);
  /* 1 … 100 about their mean: variance (n² − 1)/12 · n/(n − 1). */
  assert_true(fabs(reading[0].sd_raw - sqrt(100.0 * 101.0 / 12.0)) < 1e-10);
  row[0] = stretch(9, 11);
  assert_int_equal(stance_reading_rows(source, 0, row, 3, reading, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "ends at 10.000 s"));
  row[0] = stretch(4.5, 5.5);
  assert_int_equal(stance_reading_rows(source, 1, row, 1, reading, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "1 are corrupt or at the end of the range"));
  row[0] = stretch(5.5, 6.5);
  assert_int_equal(stance_reading_rows(source, 1, row, 1, reading, &problem), STANCE_INPUT);
  row[0] = stretch(7, 8);
  assert_int_equal(stance_reading_rows(source, 1, row, 1, reading, &problem), STANCE_OK);
  assert_true(row[0].point.raw == 3.0);
  stance_source_destroy(source);
}

static void a_live_reader_goes_on_where_it_was(void **state)
{
  (void)state;
  static double value[2][SAMPLE_COUNT];
  struct stance_raw_trace trace;
  struct stance_source *source = open_trace(&trace, value);
  struct stance_live_reader *live = NULL;
  struct stance_reading reading;
  struct stance_problem problem = {""};
  assert_int_equal(stance_live_reader_create(source, &live, &problem), STANCE_OK);
  assert_int_equal(stance_live_reader_take(live, 0, 4, &reading, &problem), STANCE_OK);
  assert_true(reading.mean_raw == 199.5 && reading.sample_count == 400);
  assert_int_equal(stance_live_reader_take(live, 1, 2, &reading, &problem), STANCE_INPUT);
  assert_int_equal(stance_live_reader_take(live, 0, 4, &reading, &problem), STANCE_OK);
  assert_true(reading.mean_raw == 799.5);
  assert_int_equal(stance_live_reader_take(live, 0, 1, &reading, &problem), STANCE_END);
  assert_non_null(strstr(problem.text, "ended before"));
  stance_live_reader_destroy(live);
  stance_source_destroy(source);
}

static int make_file(void **state)
{
  (void)state;
  const int descriptor = mkstemp(path);
  return descriptor < 0 || close(descriptor) != 0;
}

static int remove_file(void **state)
{
  (void)state;
  return unlink(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loads_tell_direction_and_repeat),
      cmocka_unit_test(impossible_tables_are_refused),
      cmocka_unit_test(counts_are_read_in_the_converters_unit),
      cmocka_unit_test(stretches_are_read_where_they_lie),
      cmocka_unit_test(a_live_reader_goes_on_where_it_was),
  };
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
