/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user may write after --device, and what he is told when he may not. */
#include "driver.h"
#include "uri.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define assert_contains(text, part)                               \
  do {                                                            \
    if (strstr((text), (part)) == NULL)                           \
      fail_msg("\"%s\" does not mention \"%s\"", (text), (part)); \
  } while (0)

struct settings {
  double number, integer, speed;
  int choice;
  uint32_t flags;
  const char *text;
};

static const struct stance_source_key keys[] = {
    {.name = "number",
     .type = STANCE_KEY_NUMBER,
     .default_value = "1.5",
     .unit = "N",
     .minimum = -2,
     .maximum = 8,
     .member = offsetof(struct settings, number)},
    {.name = "integer",
     .type = STANCE_KEY_INTEGER,
     .default_value = "3",
     .unit = "",
     .minimum = 0,
     .maximum = 9,
     .member = offsetof(struct settings, integer)},
    {.name = "speed",
     .type = STANCE_KEY_NUMBER_OR_MAX,
     .default_value = "1",
     .unit = "",
     .minimum = 0.1,
     .maximum = 9,
     .member = offsetof(struct settings, speed)},
    {.name = "choice",
     .type = STANCE_KEY_CHOICE,
     .default_value = "b",
     .unit = "",
     .choices = "a|b|a,b",
     .member = offsetof(struct settings, choice)},
    {.name = "flags",
     .type = STANCE_KEY_FLAGS,
     .default_value = "",
     .unit = "",
     .choices = "x|y|z",
     .member = offsetof(struct settings, flags)},
    {.name = "text",
     .type = STANCE_KEY_TEXT,
     .default_value = "",
     .unit = "",
     .member = offsetof(struct settings, text)},
    {0},
};

static void test_a_uri_is_taken_apart(void **state)
{
  struct stance_uri uri;
  (void)state;
  assert_int_equal(
      stance_uri_init(&uri, "replay:a%20b%3Fc.csv?columns=left=F1,right=F2&&unit=%4e&", NULL),
      STANCE_OK);
  assert_string_equal(uri.scheme, "replay");
  assert_string_equal(uri.path, "a b?c.csv");
  assert_int_equal(uri.parameter_count, 2);
  assert_string_equal(uri.parameter[0].key, "columns");
  assert_string_equal(uri.parameter[0].value, "left=F1,right=F2");
  assert_string_equal(uri.parameter[1].value, "N");
}

static void test_a_broken_uri_is_refused_with_the_place(void **state)
{
  static const struct {
    const char *text, *mention;
  } cases[] = {
      {"nordic", "scheme:path"},
      {"", "sim:nordic"},
      {":x", "scheme:path"},
      {"Sim:x", "scheme:path"},
      {"sim:x?seed", "\"seed\""},
      {"sim:x?=3", "\"=3\""},
      {"sim:50%.csv", "%25"},
      {"sim:x?a=%zz", "%25"},
      {"sim:x%00y", "%25"},
      {"sim:x%4", "%25"},
      {"sim:x?a=1&a=2", "a is given twice"},
  };
  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    struct stance_uri uri;
    struct stance_problem problem = {""};
    assert_int_equal(stance_uri_init(&uri, cases[k].text, &problem), STANCE_USAGE);
    assert_contains(problem.text, cases[k].mention);
    assert_int_equal(stance_uri_init(&uri, cases[k].text, NULL), STANCE_USAGE);
  }
}

static void test_too_long_and_too_many_are_refused(void **state)
{
  char text[STANCE_URI_SIZE + 1];
  struct stance_uri uri;
  (void)state;
  memset(text, 'x', sizeof text);
  memcpy(text, "sim:", 4);
  text[STANCE_URI_SIZE] = '\0';
  assert_int_equal(stance_uri_init(&uri, text, NULL), STANCE_USAGE);
  text[STANCE_URI_SIZE - 1] = '\0';
  assert_int_equal(stance_uri_init(&uri, text, NULL), STANCE_OK);
  size_t used = (size_t)snprintf(text, sizeof text, "sim:x?");
  for (int k = 0; k <= STANCE_URI_PARAMETER_MAX; k++)
    used += (size_t)snprintf(text + used, sizeof text - used, "k%d=1&", k);
  assert_int_equal(stance_uri_init(&uri, text, NULL), STANCE_USAGE);
}

static enum stance_status bind(const char *query, struct settings *settings,
                               struct stance_problem *problem)
{
  static struct stance_uri uri; /* texts are borrowed */
  char text[200];
  snprintf(text, sizeof text, "test:?%s", query);
  assert_int_equal(stance_uri_init(&uri, text, NULL), STANCE_OK);
  assert_int_equal(stance_uri_bind_defaults(keys, settings, NULL), STANCE_OK);
  return stance_uri_bind(&uri, keys, settings, problem);
}

static void test_values_reach_their_members(void **state)
{
  struct settings settings;
  (void)state;
  assert_int_equal(bind("", &settings, NULL), STANCE_OK);
  assert_true(settings.number == 1.5 && settings.integer == 3.0 && settings.speed == 1.0);
  assert_true(settings.choice == 1 && settings.flags == 0);
  assert_string_equal(settings.text, "");
  assert_int_equal(
      bind("number=-2&integer=9&speed=max&choice=a,b&flags=z,x&text=some=where", &settings, NULL),
      STANCE_OK);
  assert_true(settings.number == -2.0 && settings.integer == 9.0 && isinf(settings.speed));
  assert_true(settings.choice == 2 && settings.flags == 5);
  assert_string_equal(settings.text, "some=where");
  assert_int_equal(bind("number=25e-1", &settings, NULL), STANCE_OK);
  assert_true(settings.number == 2.5);
}

static void test_a_bad_value_is_refused_with_what_is_allowed(void **state)
{
  static const struct {
    const char *query, *mention;
  } cases[] = {
      {"number=", "from -2 to 8 N"},
      {"number=8.01", "number=8.01"},
      {"number=nan", "from -2 to 8"},
      {"number=inf", "default 1.5"},
      {"number=0x3", "number=0x3"},
      {"number=1,5", "number=1,5"},
      {"number=1 ", "number=1 "},
      {"number=1e999", "from -2"},
      {"number=max", "number=max"},
      {"integer=2.5", "whole number from 0 to 9"},
      {"speed=0", "or max"},
      {"choice=c", "one of: a|b|a,b"},
      {"choice=", "a|b|a,b"},
      {"flags=x,", "any of"},
      {"flags=x,q", "x|y|z"},
      {"flags=,", "x|y|z"},
      {"wrong=1", "known: number integer speed choice flags text"},
  };
  (void)state;
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    struct settings settings;
    struct stance_problem problem = {""};
    assert_int_equal(bind(cases[k].query, &settings, &problem), STANCE_USAGE);
    assert_contains(problem.text, cases[k].mention);
    assert_contains(problem.text, "test:");
  }
}

static void test_an_unknown_scheme_lists_the_known_ones(void **state)
{
  struct stance_problem problem = {""};
  struct stance_source *source = NULL;
  (void)state;
  assert_int_equal(stance_source_open("nordbord:1", NULL, &source, &problem), STANCE_USAGE);
  assert_contains(problem.text, "nordbord");
  for (size_t k = 0; stance_source_kind(k) != NULL; k++)
    assert_contains(problem.text, stance_source_kind(k)->scheme);
  assert_contains(problem.text, "usb:");
  assert_null(source);
}

static void test_no_usb_instrument_is_an_instrument_error(void **state)
{
  struct stance_problem problem = {""};
  struct stance_source *source = NULL;
  (void)state;
  assert_int_equal(stance_source_open("usb:", NULL, &source, &problem), STANCE_INSTRUMENT);
  assert_contains(problem.text, "sim:nordic");
  assert_null(source);
}

/* Whatever the tables say must be usable: defaults within range, profiles that bind, an unknown
   key answered with the whole list. */
static void test_every_table_of_settings_holds_together(void **state)
{
  (void)state;
  for (size_t k = 0; stance_source_kind(k) != NULL; k++) {
    const struct stance_source_kind *kind = stance_source_kind(k);
    unsigned char settings[8192];
    struct stance_problem problem = {""};
    struct stance_uri uri;
    assert_int_equal(stance_uri_bind_defaults(kind->keys, settings, &problem), STANCE_OK);
    for (const struct stance_source_profile *p = kind->profiles; p != NULL && p->path; p++) {
      char text[STANCE_URI_SIZE];
      snprintf(text, sizeof text, "%s:%s?%s", kind->scheme, p->path, p->settings);
      assert_int_equal(stance_uri_init(&uri, text, &problem), STANCE_OK);
      assert_int_equal(stance_uri_bind(&uri, kind->keys, settings, &problem), STANCE_OK);
    }
    assert_int_equal(stance_uri_init(&uri, "any:x?no_such_setting_at_all=1", NULL), STANCE_OK);
    assert_int_equal(stance_uri_bind(&uri, kind->keys, settings, &problem), STANCE_USAGE);
    for (const struct stance_source_key *key = kind->keys; key->name != NULL; key++) {
      assert_contains(problem.text, key->name);
      assert_true(key->meaning[0] != '\0' && key->default_value != NULL && key->unit != NULL);
      assert_true((key->type == STANCE_KEY_CHOICE || key->type == STANCE_KEY_FLAGS) ==
                  (key->choices != NULL));
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_uri_is_taken_apart),
      cmocka_unit_test(test_a_broken_uri_is_refused_with_the_place),
      cmocka_unit_test(test_too_long_and_too_many_are_refused),
      cmocka_unit_test(test_values_reach_their_members),
      cmocka_unit_test(test_a_bad_value_is_refused_with_what_is_allowed),
      cmocka_unit_test(test_an_unknown_scheme_lists_the_known_ones),
      cmocka_unit_test(test_no_usb_instrument_is_an_instrument_error),
      cmocka_unit_test(test_every_table_of_settings_holds_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
