/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Input that must be refused: with which status, and with which words. Every sentence names the
   file; those about a place name its line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/csv_fixture.h"

struct refusal {
  const char *what;
  const char *text;
  struct stance_csv_options options;
  enum stance_status status;
  const char *words[3]; /* all of them must be in the sentence */
};

#define RATE .options = {.rate_hz = 1000}

static const struct refusal refusals[] = {
    /* Not a table at all. */
    {"empty", "", {.rate_hz = 0}, STANCE_INPUT, {"trial.csv", "empty"}},
    {"blank lines only", "\n\n  \n", {.rate_hz = 0}, STANCE_INPUT, {"trial.csv", "empty"}},
    {"byte-order mark only", "\xef\xbb\xbf", {.rate_hz = 0}, STANCE_INPUT, {"empty"}},
    {"header only", "time,Fz\n", {.rate_hz = 0}, STANCE_INPUT, {"no row of numbers", "1 to 1"}},
    {"prose",
     "Dear colleague,\nplease find attached\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"no row of numbers"}},
    {"spreadsheet", "PK\x03\x04rest", {.rate_hz = 0}, STANCE_INPUT, {"spreadsheet", "CSV"}},
    {"old spreadsheet", "\xd0\xcf\x11\xe0rest", {.rate_hz = 0}, STANCE_INPUT, {"spreadsheet"}},
    {"UTF-16 with its mark", "\xff\xfet", {.rate_hz = 0}, STANCE_INPUT, {"UTF-16", "UTF-8"}},
    /* Cells. */
    {"text for a number",
     "time,Fz\n0.000,1\n0.001,abc\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3, column 2 ('Fz')", "'abc' is not a number"}},
    {"unit in a cell",
     "time,Fz\n0.000,1 N\n0.001,2\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 2, column 2", "'1 N'"}},
    {"infinite",
     "time,Fz\n0.000,1\n0.001,inf\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3, column 2", "infinite"}},
    {"too large",
     "time,Fz\n0.000,1\n0.001,1e400\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3, column 2", "too large"}},
    {"hexadecimal",
     "time,Fz\n0.000,1\n0.001,0x1F\n0.002,1\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3, column 2", "hexadecimal"}},
    {"thousands separator",
     "time;Fz\n0.000;1\n0.001;1,234.5\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3, column 2", "thousands"}},
    {"grouped with blanks",
     "time;Fz\n0.000;1\n0.001;1 234.5\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3, column 2", "thousands"}},
    {"both decimal signs",
     "time;Fz\n0.000;1.5\n0.001;1,5\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3, column 2", "decimal"}},
    {"comma that may be either", "count;Fz\n1;1,234\n2;2,345\n", RATE, .status = STANCE_INPUT,
     .words = {"line 2, column 2", "thousands separator"}},
    {"torn decimals",
     "time,Fz\n0,000,1,5\n0,001,2,5\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"commas", "semicolons"}},
    {"two columns or decimals", "1,5\n2,5\n3,6\n", RATE, .status = STANCE_INPUT,
     .words = {"line 1", "decimal sign"}},
    {"no time in a row",
     "time,Fz\n0.000,1\n,2\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3", "no time"}},
    {"text column chosen",
     "time,Fz,who\n0.000,1,me\n0.001,2,me\n",
     {.columns = "who"},
     STANCE_INPUT,
     {"column #3 'who'", "text"}},
    {"nothing in the chosen column",
     "time,Fz,Fx\n0.000,1,\n0.001,2,\n",
     {.columns = "Fx"},
     STANCE_INPUT,
     {"#3 'Fx'", "no number"}},
    /* Rows. */
    {"too few cells",
     "time,Fz\n0.000,1\n0.001\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3 has 1 cell", "has 2"}},
    {"too many cells",
     "time,Fz\n0.000,1\n0.001,2,3\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3 has 3 cells", "has 2"}},
    {"short first row",
     "time,L,R\n0.000,1\n0.001,2,2\n0.002,2,3\n0.003,2,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 2 has 2 cells", "have 3"}},
    {"damaged first row",
     "time,Fz\nabc,1\n0.001,2\n0.002,2\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 2, column 1", "'abc'"}},
    {"header shorter than rows",
     "time,Fz\n0.000,1,2\n0.001,2,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 1 has 2 cells", "have 3"}},
    {"header again",
     "time,Fz\n0.000,1\n0.001,2\ntime,Fz\n0.000,1\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 4", "header once more", "joined"}},
    {"text amid the rows",
     "time,Fz\n0.000,1\n0.001,2\nend of trial\n0.002,3\n0.003,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 4", "text amid"}},
    {"row marked as comment",
     "time,Fz\n0.000,1\n#0.001,2\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3", "comment"}},
    {"gap in a lone column", "1.5\n2.5\n\n3.5\n", RATE, .status = STANCE_INPUT,
     .words = {"line 3", "empty"}},
    {"unclosed quote",
     "time,Fz\n0.000,1\n0.001,\"2\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3", "never closed"}},
    {"text behind a quote",
     "time,Fz\n0.000,1\n0.001,\"2\"x\n0.002,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 3", "closing quote"}},
    /* Time. */
    {"backwards",
     "time,Fz\n0.000,1\n0.001,2\n0.002,3\n0.000,4\n0.001,5\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 5", "backwards", "--group"}},
    {"stands still",
     "time,Fz\n1,1\n1,2\n1,3\n1,4\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"time", "--rate"}},
    {"one row", "time,Fz\n0.5,1\n", {.rate_hz = 0}, STANCE_INPUT, {"line 2", "only row"}},
    {"jump of years",
     "time,Fz\n0.000,1\n0.001,2\n0.002,2\n90000000,3\n",
     {.rate_hz = 0},
     STANCE_INPUT,
     {"line 5", "jumps"}},
    {"implausible step",
     "time,Fz\n0,1\n86400,2\n172800,3\n",
     {.rate_hz = 0},
     STANCE_USAGE,
     {"'time'", "unit"}},
    {"rate contradicts the stamps",
     "time,Fz\n0.000,1\n0.001,2\n0.002,3\n",
     {.rate_hz = 500},
     STANCE_USAGE,
     {"--rate 500", "1000"}},
    {"no time, no rate", "Fz\n1\n2\n", {.rate_hz = 0}, STANCE_USAGE, {"--rate"}},
    {"impossible rate", "Fz\n1\n2\n", {.rate_hz = -3}, STANCE_USAGE, {"-3"}},
    {"rate that is none", "Fz\n1\n2\n", {.rate_hz = (double)NAN}, STANCE_USAGE, {"Hz"}},
    {"two times",
     "time a,time b,Fz\n0.000,0,1\n0.001,1,2\n",
     {.rate_hz = 0},
     STANCE_USAGE,
     {"#1 'time a', #2 'time b'", "time=#1"}},
    /* Choice of columns. */
    {"two plates",
     "time,fp1,fp2\n0.000,1,2\n0.001,1,2\n",
     {.rate_hz = 0},
     STANCE_USAGE,
     {"#2 'fp1', #3 'fp2'", "--columns left=#2,right=#3"}},
    {"two left ones",
     "time,L Fz1,L Fz2,R Fz\n0,1,2,3\n0.001,1,2,3\n",
     {.rate_hz = 0},
     STANCE_USAGE,
     {"'L Fz1'", "'L Fz2'"}},
    {"no known name", "a,b,c\n1,2,3\n", {.rate_hz = 0}, STANCE_USAGE, {"'a'", "'c'", "--rate"}},
    {"number among text", "first,last,zip\nJohn,Doe,08123\n", RATE, .status = STANCE_USAGE,
     .words = {"#3 'zip'"}},
    {"unknown name",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.columns = "left=Fy"},
     STANCE_USAGE,
     {"no column 'Fy'", "#1 'time', #2 'Fz'"}},
    {"name that is not unique",
     "F,F\n1,2\n2,3\n",
     {.rate_hz = 1, .columns = "F"},
     STANCE_USAGE,
     {"2 columns are called 'F'", "#1", "#2"}},
    {"position that is not there",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.columns = "#3"},
     STANCE_USAGE,
     {"#3", "2, counted"}},
    {"position 0", "time,Fz\n0.000,1\n0.001,2\n", {.columns = "#0"}, STANCE_USAGE, {"#0"}},
    {"column twice",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.columns = "left=Fz,right=Fz"},
     STANCE_USAGE,
     {"twice"}},
    {"time as force",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.columns = "left=time"},
     STANCE_USAGE,
     {"'time'", "time as well"}},
    {"empty term",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.columns = "left="},
     STANCE_USAGE,
     {"not understood"}},
    {"quote left open",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.columns = "\"Fz"},
     STANCE_USAGE,
     {"not understood"}},
    {"trial without force",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.columns = "Fz;"},
     STANCE_USAGE,
     {"--columns"}},
    {"unknown unit",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.unit = "stone"},
     STANCE_USAGE,
     {"'stone'", "kgf"}},
    {"unknown side", "time,Fz\n0.000,1\n0.001,2\n", {.side = "up"}, STANCE_USAGE, {"'up'"}},
    {"side of both",
     "time,left,right\n0.000,1,2\n0.001,2,3\n",
     {.side = "left"},
     STANCE_USAGE,
     {"'right'", "other side"}},
    {"unknown group",
     "time,Fz\n0.000,1\n0.001,2\n",
     {.group = "trial"},
     STANCE_USAGE,
     {"no column 'trial'"}},
    {"row without group",
     "time,Fz,trial\n0.000,1,a\n0.001,2,\n0.002,2,a\n",
     {.group = "trial"},
     STANCE_INPUT,
     {"line 3", "separates the trials"}},
    {"groups and sets",
     "time,Fz,Fy,g\n0.000,1,2,a\n0.001,2,3,a\n",
     {.group = "g", .columns = "Fz;Fy"},
     STANCE_USAGE,
     {"not both"}},
};

static void each_is_refused_in_words(void **context)
{
  (void)context;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; ++i) {
    const struct refusal *refusal = &refusals[i];
    struct csv_result result = csv_parse_text(refusal->text, &refusal->options);
    if (result.status != refusal->status)
      fail_msg("%s: status %d, not %d: %s", refusal->what, (int)result.status, (int)refusal->status,
               result.problem.text);
    for (size_t k = 0; k < 3 && refusal->words[k] != NULL; ++k)
      if (strstr(result.problem.text, refusal->words[k]) == NULL)
        fail_msg("%s: '%s' is not in '%s'", refusal->what, refusal->words[k], result.problem.text);
  }
}

/* The same with CRLF and with CR: lines are counted alike. */
static void line_ends_do_not_matter(void **context)
{
  (void)context;
  static const char *const ends[] = {"\r\n", "\r"};
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; ++i)
    for (size_t e = 0; e < 2; ++e) {
      char text[512];
      size_t used = 0;
      for (const char *p = refusals[i].text; *p != '\0'; ++p) {
        const char *piece = *p == '\n' ? ends[e] : (char[2]){*p, '\0'};
        memcpy(text + used, piece, strlen(piece));
        used += strlen(piece);
      }
      struct csv_result result = csv_parse_bytes(text, used, &refusals[i].options);
      if (result.status != refusals[i].status ||
          (refusals[i].words[0] != NULL &&
           strstr(result.problem.text, refusals[i].words[0]) == NULL))
        fail_msg("%s: status %d, '%s'", refusals[i].what, (int)result.status, result.problem.text);
    }
}

static void bytes_that_are_no_text(void **context)
{
  (void)context;
  struct csv_result result = csv_parse_bytes("time,Fz\n0,1\n1,\0002\n", 17, NULL);
  assert_int_equal(result.status, STANCE_INPUT);
  assert_non_null(strstr(result.problem.text, "line 3"));
  assert_non_null(strstr(result.problem.text, "NUL"));
  result = csv_parse_bytes("t\0i\0m\0e\0,\0F\0z\0\n\0", 16, NULL);
  assert_int_equal(result.status, STANCE_INPUT);
  assert_non_null(strstr(result.problem.text, "UTF-16"));
}

static void files_that_cannot_be_read(void **context)
{
  (void)context;
  struct stance_csv_file file;
  struct stance_problem problem;
  assert_int_equal(stance_csv_read("/nonexistent/trial.csv", NULL, &file, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "/nonexistent/trial.csv: cannot be read: No such file"));
  assert_int_equal(stance_csv_read("/tmp", NULL, &file, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "folder"));
  assert_int_equal(stance_csv_read("/dev/null", NULL, &file, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "empty"));
  assert_int_equal(stance_csv_read("/dev/null", NULL, &file, NULL), STANCE_INPUT);
}

static void pipes_are_read(void **context)
{
  (void)context;
  int ends[2];
  char path[32];
  assert_int_equal(pipe(ends), 0);
  const char text[] = "time,Fz\n0.000,1\n0.001,2\n";
  assert_int_equal(write(ends[1], text, sizeof text - 1), sizeof text - 1);
  close(ends[1]);
  snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
  struct stance_csv_file file;
  struct stance_problem problem;
  assert_int_equal(stance_csv_read(path, NULL, &file, &problem), STANCE_OK);
  assert_int_equal(file.trial[0].trace.sample_count, 2);
  stance_csv_file_finish(&file);
  close(ends[0]);
}

/* Nothing is written where nothing was read. */
static void failure_leaves_the_result(void **context)
{
  (void)context;
  struct stance_csv_file file;
  struct stance_problem problem;
  memset(&file, 0x5a, sizeof file);
  struct stance_csv_file before = file;
  assert_int_equal(stance_csv_parse("x", "a\n", 2, NULL, &file, &problem), STANCE_INPUT);
  assert_memory_equal(&file, &before, sizeof file);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_in_words), cmocka_unit_test(line_ends_do_not_matter),
      cmocka_unit_test(bytes_that_are_no_text),   cmocka_unit_test(files_that_cannot_be_read),
      cmocka_unit_test(pipes_are_read),           cmocka_unit_test(failure_leaves_the_result),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
