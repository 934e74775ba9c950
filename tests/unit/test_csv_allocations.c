/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of a reading fails once: STANCE_MEMORY in words, and nothing left behind (the
   address sanitizer counts). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/csv_fixture.h"
#include "support/failing_allocator.h"

struct reading {
  const char *text;
  struct stance_csv_options options;
};

static bool attempt(void *context)
{
  const struct reading *reading = context;
  struct stance_csv_file file;
  struct stance_problem problem = {.text = ""};
  enum stance_status status = stance_csv_parse("trial.csv", reading->text, strlen(reading->text),
                                               &reading->options, &file, &problem);
  if (status == STANCE_OK) {
    stance_csv_file_finish(&file);
    return true;
  }
  assert_int_equal(status, STANCE_MEMORY);
  assert_string_equal(problem.text, "trial.csv: not enough memory to read it");
  return false;
}

/* Each takes other ways: plain, comment header, uneven time, groups, side by side, blanks. */
static struct reading readings[] = {
    {"time,Fz\n0.000,1\n0.001,2\n0.002,3\n", {.rate_hz = 0}},
    {"# t_s Fz_N\n0.000 1\n0.001 2\n0.002 3\n# end\n", {.rate_hz = 0}},
    {"time,Fz\n0.0000,1\n0.0013,2\n0.0020,3\n0.0034,3\n0.0040,4\n0.0300,4\n0.0310,5\n",
     {.rate_hz = 0}},
    {"time,Fz\n0.000,1\n0.001,2\n0.004,3\n0.005,3\n0.006,3\nend of it\n", {.rate_hz = 0}},
    {"time;Fz;who\n0,000;1,5;a\n0,001;2,5;a\n0,000;3,5;b\n0,001;4,5;b\n", {.group = "who"}},
    {"\"a\",\"b\"\n1,2\n,3\n2,\n", {.rate_hz = 100, .columns = "a;b"}},
    {"Force\n\"1,5\"\n\"2,5\"\n", {.rate_hz = 100}},
    {"Force\n1,5\n2,5\n", {.rate_hz = 100}},
    {"n,Force\n1,5\n2,6\n3,\"7,5\"\n", {.rate_hz = 100}},
};

/* libcsv asks for less where it does not get what it asks for, once for each of its parsers: one
   for each delimiter that is tried, one for the rows, one for each line looked at again. Nothing
   else goes on without its memory. */
enum { PARSERS_MAX = 14 };

static void every_failure_is_reported(void **context)
{
  (void)context;
  if (!failing_allocator_works())
    skip();
  for (size_t i = 0; i < sizeof readings / sizeof readings[0]; ++i) {
    struct failing_allocator_sweep sweep = failing_allocator_sweep(attempt, &readings[i]);
    assert_true(sweep.allocations > 10);
    assert_true(sweep.absorbed <= PARSERS_MAX);
    assert_true(sweep.reported > sweep.absorbed);
  }
}

static bool attempt_file(void *context)
{
  struct stance_csv_file file;
  struct stance_problem problem = {.text = ""};
  enum stance_status status = stance_csv_read(context, NULL, &file, &problem);
  if (status == STANCE_OK) {
    stance_csv_file_finish(&file);
    return true;
  }
  assert_int_equal(status, STANCE_MEMORY);
  assert_non_null(strstr(problem.text, "not enough memory"));
  return false;
}

static void reading_the_file_fails_too(void **context)
{
  (void)context;
  if (!failing_allocator_works())
    skip();
  char path[] = "/tmp/stance-csv-XXXXXX";
  int descriptor = mkstemp(path);
  FILE *out = fdopen(descriptor, "w");
  fputs(readings[0].text, out);
  fclose(out);
  struct failing_allocator_sweep sweep = failing_allocator_sweep(attempt_file, path);
  assert_true(sweep.absorbed <= PARSERS_MAX);
  assert_true(sweep.reported > sweep.absorbed);
  remove(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_failure_is_reported),
      cmocka_unit_test(reading_the_file_fails_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
