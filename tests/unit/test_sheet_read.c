/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables: what is read, where a refusal points, and every allocation failing once. */
#include "reliability_tests.h"
#include "sheet_read.h"
#include "support/failing_allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/stance-sheet-XXXXXX";

static void write_table(const char *text, size_t length)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
}

/* All rows with their lines: "1:a|b 2:1|2". */
static enum stance_status append_row(void *context, const struct stance_sheet_row *row,
                                     struct stance_problem *problem)
{
  char *text = context;
  (void)problem;
  sprintf(text + strlen(text), "%s%zu:", text[0] == '\0' ? "" : " ", row->line);
  for (size_t k = 0; k < row->count; k++)
    sprintf(text + strlen(text), "%s%s", k == 0 ? "" : "|", row->cell[k]);
  return STANCE_OK;
}

static void reads(const char *table, const char *expected)
{
  char text[512] = "";
  struct stance_problem problem = {""};
  write_table(table, strlen(table));
  if (stance_sheet_read(path, append_row, text, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  assert_string_equal(text, expected);
}

static void rows_and_lines(void **state)
{
  (void)state;
  reads("a,b\n1,2\n", "1:a|b 2:1|2");
  reads("a,b\r\n1,2", "1:a|b 2:1|2");
  reads("\xef\xbb\xbf"
        "a;b\n1,5;\n",
        "1:a|b 2:1,5|");
  reads("\n\na\tb\n\n1\t2\n", "3:a|b 5:1|2");
  reads("a,b\n\"x\ny\",2\n3,4\n", "1:a|b 2:x\ny|2 4:3|4");
  reads("a,b\n\"say \"\"yes\"\"\",'=1\n", "1:a|b 2:say \"yes\"|=1");
  reads("a\n1\n", "1:a 2:1");
  reads("a,b\r1,2\r3,4\r", "1:a|b 2:1|2 3:3|4");
}

static void refuses(const char *table, size_t length, const char *where)
{
  char text[512] = "", expected[128];
  struct stance_problem problem = {""};
  write_table(table, length);
  assert_int_equal(stance_sheet_read(path, append_row, text, &problem), STANCE_INPUT);
  snprintf(expected, sizeof expected, "%s:%s", path, where);
  if (strncmp(problem.text, expected, strlen(expected)) != 0)
    fail_msg("'%s' does not begin with '%s'", problem.text, expected);
}

static void refusals_point(void **state)
{
  (void)state;
  static const char wide[] = "a,b\n1,2,3\n", narrow[] = "a,b\n1,2\n\n1\n",
                    open[] = "a,b\n1,2\n1,\"2\n";
  static const char stray[] = "a,b\n1,2\"\n", zero[] = "a,b\n1,\0002\n";
  refuses(wide, sizeof wide - 1, "2:3: this row has 3 cells and the header 2");
  refuses(narrow, sizeof narrow - 1, "4:2: this row has 1 cells");
  refuses(open, sizeof open - 1, "3: a quotation mark is opened");
  refuses(stray, sizeof stray - 1, "2: a quotation mark stands");
  refuses(zero, sizeof zero - 1, "2: a byte 0");
  refuses("", 0, " the file is empty");
  refuses("\n\n", 2, " the file is empty");
  char *many = calloc(1, 3000);
  memset(many, ',', 2999);
  refuses(many, 2999, "1: more than 1024 columns");
  free(many);
}

static void numbers(void **state)
{
  (void)state;
  static const char *const cells[] = {"310.5", "",    "1,5",   "-2e3", "nan",
                                      "0x1",   "1 2", "1e999", "5."};
  struct stance_sheet_row row = {.name = "t", .line = 7, .cell = cells, .count = 9, .decimal = '.'};
  double value = 0;
  assert_int_equal(stance_sheet_number(&row, 0, &value, NULL), STANCE_OK);
  assert_true(value == 310.5);
  assert_int_equal(stance_sheet_number(&row, 1, &value, NULL), STANCE_OK);
  assert_true(isnan(value));
  assert_int_equal(stance_sheet_number(&row, 3, &value, NULL), STANCE_OK);
  assert_true(value == -2000);
  assert_int_equal(stance_sheet_number(&row, 8, &value, NULL), STANCE_OK);
  static const size_t wrong[] = {2, 4, 5, 6, 7};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    struct stance_problem problem = {""};
    char where[16];
    snprintf(where, sizeof where, "t:7:%zu: ", wrong[k] + 1);
    assert_int_equal(stance_sheet_number(&row, wrong[k], &value, &problem), STANCE_INPUT);
    assert_int_equal(strncmp(problem.text, where, strlen(where)), 0);
    assert_true(value == 5);
  }
  row.decimal = ',';
  assert_int_equal(stance_sheet_number(&row, 2, &value, NULL), STANCE_OK);
  assert_true(value == 1.5);
}

/* From the file to the studies. */
static bool attempt(void *context)
{
  static const struct stance_reliability_options options = {.rule = STANCE_SUMMARY_COUNT};
  struct stance_reliability_tests tests = {0};
  struct stance_reliability_study *studies = NULL;
  struct stance_problem problem = {""};
  size_t count = 0;
  (void)context;
  enum stance_status status = stance_reliability_collect_table(path, &options, &tests, &problem);
  if (status == STANCE_OK)
    status = stance_reliability_make_studies(&tests, &options, &studies, &count, &problem);
  const bool told_all = !tests.left_out.failed;
  stance_reliability_tests_finish(&tests);
  if (status != STANCE_OK) {
    /* fopen has no other way to say it */
    assert_true(status == STANCE_MEMORY || strstr(problem.text, "Cannot allocate memory") != NULL);
    return false;
  }
  assert_int_equal(count, 1);
  assert_int_equal(studies[0].record[STANCE_LEFT].statistics.athletes, 2);
  free(studies);
  return told_all;
}

static void every_failure_is_reported(void **state)
{
  (void)state;
  if (!failing_allocator_works())
    skip();
  static const char table[] = "athlete,test,left,right\nKim,1,310,320\nKim,2,318,331\n"
                              "Lou,1,352,340\nLou,2,347,344\nSam,1,280,300\n";
  write_table(table, sizeof table - 1);
  const struct failing_allocator_sweep sweep = failing_allocator_sweep(attempt, NULL);
  assert_true(sweep.allocations > 8);
  /* The buffer of the file, without which stdio goes on byte by byte; libcsv asks for less. */
  assert_true(sweep.absorbed <= 2);
}

static int make_path(void **state)
{
  (void)state;
  const int file = mkstemp(path);
  return file >= 0 ? close(file) : -1;
}

static int remove_path(void **state)
{
  (void)state;
  return unlink(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_and_lines),
      cmocka_unit_test(refusals_point),
      cmocka_unit_test(numbers),
      cmocka_unit_test(every_failure_is_reported),
  };
  return cmocka_run_group_tests(tests, make_path, remove_path);
}
