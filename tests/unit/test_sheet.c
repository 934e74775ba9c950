/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_row(bool locale, const char *value, const char *expected)
{
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text, .locale = locale};
  stance_sheet_text(&sheet, value);
  stance_sheet_fixed(&sheet, -1.25, 2);
  stance_sheet_end_row(&sheet, 2);
  assert_string_equal(text.bytes, expected);
  stance_text_finish(&text);
}

static void text_that_looks_like_a_formula_is_guarded(void **context)
{
  (void)context;
  expect_row(false, "=1+1", "'=1+1,-1.25\n");
  expect_row(false, "+1", "'+1,-1.25\n");
  expect_row(false, "-1", "'-1,-1.25\n");
  expect_row(false, "@a", "'@a,-1.25\n");
  expect_row(false, "'a", "''a,-1.25\n");
  expect_row(false, "\ta", "\"'\ta\",-1.25\n");
  expect_row(false, "\ra", "\"'\ra\",-1.25\n");
  expect_row(false, "a=1", "a=1,-1.25\n");
}

static void quotes_stand_only_where_needed(void **context)
{
  (void)context;
  expect_row(false, "plain", "plain,-1.25\n");
  expect_row(false, "a,b", "\"a,b\",-1.25\n");
  expect_row(false, "say \"hi\"", "\"say \"\"hi\"\"\",-1.25\n");
  expect_row(false, "two\nlines", "\"two\nlines\",-1.25\n");
  expect_row(false, " edge", "\" edge\",-1.25\n");
  expect_row(false, "", ",-1.25\n");
  expect_row(false, NULL, ",-1.25\n");
}

static void locale_has_semicolon_comma_and_crlf(void **context)
{
  (void)context;
  expect_row(true, "a;b", "\"a;b\";-1,25\r\n");
  expect_row(true, "1.5", "1.5;-1,25\r\n");
  struct stance_text text = {0};
  struct stance_sheet sheet = {.text = &text, .locale = true};
  stance_sheet_begin(&sheet);
  stance_sheet_shortest(&sheet, 0.1);
  stance_sheet_count(&sheet, 7);
  stance_sheet_empty(&sheet);
  stance_sheet_fixed(&sheet, (double)NAN, 3);
  stance_sheet_end_row(&sheet, 4);
  assert_string_equal(text.bytes, "\xef\xbb\xbf"
                                  "0,1;7;;\r\n");
  stance_text_finish(&text);
}

static void broken_utf8_is_replaced(void **context)
{
  (void)context;
  expect_row(false, "J\xc3\xb6rg", "J\xc3\xb6rg,-1.25\n");
  expect_row(false, "J\xf6rg", "J\xef\xbf\xbdrg,-1.25\n");
  expect_row(false, "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd,-1.25\n");
  expect_row(false, "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd,-1.25\n");
  expect_row(false, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd,-1.25\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_that_looks_like_a_formula_is_guarded),
      cmocka_unit_test(quotes_stand_only_where_needed),
      cmocka_unit_test(locale_has_semicolon_comma_and_crlf),
      cmocka_unit_test(broken_utf8_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
