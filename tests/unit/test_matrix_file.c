/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A maker's table of numbers, and known loads with the readings they gave. */
#include "matrix_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/stance-matrix-XXXXXX";

static void write_file(const char *text)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void a_table_is_bare_numbers(void **state)
{
  (void)state;
  double number[64];
  size_t rows = 0, columns = 0;
  struct stance_problem problem = {""};
  write_file("# maker, serial\n\n 1, -2.5e3,3 # first\r\n4;5;6\n\t7 8 9\n");
  assert_int_equal(stance_matrix_file_read(path, number, &rows, &columns, &problem), STANCE_OK);
  assert_int_equal(rows, 3);
  assert_int_equal(columns, 3);
  assert_true(number[1] == -2500 && number[3] == 4 && number[8] == 9);
}

static void refused(const char *text, const char *words)
{
  double number[64];
  size_t rows = 77, columns = 77;
  struct stance_problem problem = {""};
  write_file(text);
  assert_int_equal(stance_matrix_file_read(path, number, &rows, &columns, &problem), STANCE_INPUT);
  if (strstr(problem.text, words) == NULL)
    fail_msg("'%s' does not say '%s'", problem.text, words);
  assert_int_equal(rows, 77);
}

static void what_is_no_table_is_refused(void **state)
{
  (void)state;
  refused("1 2\n1 x\n", ":2: 'x");
  refused("1 2\n1 2px\n", ":2: '2px");
  refused("1 inf\n", ":1:");
  refused("1 2\n1 2 3\n", ":2: a matrix has at most 8 rows, all of the same length");
  refused("1 2 3 4 5 6 7 8 9\n", "more than 8 numbers");
  refused("1\n1\n1\n1\n1\n1\n1\n1\n1\n", ":9: a matrix has at most 8 rows");
}

static void known_loads_come_with_their_values(void **state)
{
  (void)state;
  struct stance_calibration calibration = {.channel_count = 2};
  struct stance_plate_point point[STANCE_KNOWN_LOAD_MAX];
  struct stance_problem problem = {""};
  size_t count = 0;
  for (size_t k = 0; k < 2; k++) {
    snprintf(calibration.channel[k].channel, sizeof calibration.channel[k].channel, "in%zu", k);
    calibration.channel[k].polarity = k == 0 ? 1 : -1;
    calibration.channel[k].slope_n_per_unit = 2;
    calibration.channel[k].zero_raw = 0.5;
  }
  write_file("in1,fz,in0,my\n1,100,2,-5\n3,200,4,0\n");
  assert_int_equal(stance_known_loads_read(path, &calibration, point, &count, &problem), STANCE_OK);
  assert_int_equal(count, 2);
  assert_true(point[0].load[STANCE_FZ] == 100 && point[0].load[STANCE_MY] == -5);
  assert_true(point[0].load[STANCE_FX] == 0);
  assert_true(point[0].value[0] == 3 && point[0].value[1] == -1);
  write_file("fz,in0\n1,2\n");
  assert_int_equal(stance_known_loads_read(path, &calibration, point, &count, &problem),
                   STANCE_INPUT);
  assert_non_null(strstr(problem.text, "no column 'in1'"));
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
      cmocka_unit_test(a_table_is_bare_numbers),
      cmocka_unit_test(what_is_no_table_is_refused),
      cmocka_unit_test(known_loads_come_with_their_values),
  };
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
