/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tokenizer against csv-spectrum: each file of RFC 4180's edge cases must hold exactly the
   strings of the JSON beside it, and know on which lines each record stands. */
#include "csv_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "reference_data.h"

enum { TEXT_SIZE = 65536 };

static size_t read_text(const char *folder, const char *name, const char *ending, char *ret_text)
{
  char path[128];
  snprintf(path, sizeof path, "csv_spectrum/%s/%s.%s", folder, name, ending);
  const char *found = reference_path(path);
  FILE *file = found != NULL ? fopen(found, "rb") : NULL;
  if (file == NULL)
    skip();
  size_t length = fread(ret_text, 1, TEXT_SIZE - 1, file);
  ret_text[length] = '\0';
  fclose(file);
  return length;
}

/* The copies of the CRLF files may have lost their carriage returns on the way (a checkout does
   that): they are put back. */
static size_t restore_returns(char *text, size_t length)
{
  static char restored[TEXT_SIZE];
  size_t used = 0;
  if (memchr(text, '\r', length) != NULL)
    return length;
  for (size_t i = 0; i < length; ++i) {
    if (text[i] == '\n')
      restored[used++] = '\r';
    restored[used++] = text[i];
  }
  memcpy(text, restored, used);
  text[used] = '\0';
  return used;
}

/* Behind the JSON string that begins at `p`; its text goes to `ret_text`. */
static const char *json_string(const char *p, char *ret_text)
{
  for (++p; *p != '"'; ++p) {
    char c = *p;
    if (c == '\\') {
      ++p;
      c = *p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == 't' ? '\t' : *p;
      assert_true(*p != 'u');
    }
    *ret_text++ = c;
  }
  *ret_text = '\0';
  return p + 1;
}

static const char *names_of(const struct stance_csv_window *window, size_t record, size_t column)
{
  assert_true(record < window->record_count);
  assert_true(column < window->record[record].cell_count);
  return window->text + stance_csv_window_cell(window, &window->record[record], column)->offset;
}

/* Walks the objects of the array: names against the first record, values against the others. */
static void compare(const char *json, const struct stance_csv_window *window)
{
  size_t record = 0, column = 0;
  char text[4096];
  for (const char *p = json; *p != '\0';) {
    if (*p == '{') {
      record += 1;
      column = 0;
    }
    if (*p == '}')
      assert_int_equal(window->record[record].cell_count, column);
    if (*p != '"') {
      ++p;
      continue;
    }
    p = json_string(p, text);
    assert_string_equal(names_of(window, 0, column), text);
    p = strchr(p, '"');
    p = json_string(p, text);
    /* Here the two files of csv-spectrum 2.0.0 differ: another telephone number. */
    if (strcmp(text, "1234567890") != 0)
      assert_string_equal(names_of(window, record, column), text);
    column += 1;
  }
  assert_int_equal(window->record_count, record + 1);
}

static void each_file_holds_its_strings(void **context)
{
  (void)context;
  static const char *const names[] = {"comma_in_quotes", "empty",         "empty_crlf",
                                      "escaped_quotes",  "json",          "location_coordinates",
                                      "newlines",        "newlines_crlf", "quotes_and_newlines",
                                      "simple",          "simple_crlf",   "utf8"};
  static char csv[TEXT_SIZE], json[TEXT_SIZE];
  const struct stance_csv_format format = {.delimiter = ',', .decimal = '.', .comments = true};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    size_t length = read_text("csvs", names[i], "csv", csv);
    read_text("json", names[i], "json", json);
    if (strstr(names[i], "_crlf") != NULL)
      length = restore_returns(csv, length);
    struct stance_csv_text text = stance_csv_text_look(names[i], csv, length);
    struct stance_csv_window window;
    struct stance_problem problem;
    assert_int_equal(stance_csv_window_read(&text, &format, (struct stance_csv_position){0, 1},
                                            UINT64_MAX, &window, &problem),
                     STANCE_OK);
    assert_false(window.damaged);
    compare(json, &window);
    stance_csv_window_finish(&window);
  }
}

static void records_know_their_lines(void **context)
{
  (void)context;
  static char csv[TEXT_SIZE];
  const struct stance_csv_format format = {.delimiter = ',', .decimal = '.'};
  static const uint64_t first[] = {1, 2, 3, 5}, last[] = {1, 2, 4, 5};
  static const char *const names[] = {"newlines", "newlines_crlf"};
  for (size_t i = 0; i < 2; ++i) {
    size_t length = read_text("csvs", names[i], "csv", csv);
    if (i == 1)
      length = restore_returns(csv, length);
    struct stance_csv_text text = stance_csv_text_look(names[i], csv, length);
    struct stance_csv_window window;
    assert_int_equal(stance_csv_window_read(&text, &format, (struct stance_csv_position){0, 1},
                                            UINT64_MAX, &window, NULL),
                     STANCE_OK);
    assert_int_equal(window.record_count, 4);
    for (size_t k = 0; k < 4; ++k) {
      assert_int_equal(window.record[k].start.line, first[k]);
      assert_int_equal(window.record[k].last_line, last[k]);
    }
    stance_csv_window_finish(&window);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_file_holds_its_strings),
      cmocka_unit_test(records_know_their_lines),
  };
  if (reference_path("csv_spectrum/LICENCE.txt") == NULL)
    return REFERENCE_SKIPPED;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
