/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/metric.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void metric_table_is_complete(void **state)
{
  (void)state;
  static const char *const expected[] = {
#define ID(name, id) #id,
      STANCE_METRIC_LIST(ID)
#undef ID
  };
  static const struct {
    const char *unit, *suffix;
  } units[] = {{"N", "n"},     {"N/s", "n_per_s"},   {"N.s", "n_s"}, {"s", "s"},
               {"N.m", "n_m"}, {"N/kg", "n_per_kg"}, {"%", "pct"}};
  for (int metric = 0; metric < STANCE_METRIC_COUNT; metric++) {
    const struct stance_metric_info *info = stance_metric_info((enum stance_metric)metric);
    assert_string_equal(info->id, expected[metric]);
    assert_int_equal(stance_metric_find(info->id), metric);
    assert_true(strlen(info->definition) > 10 && strchr(info->definition, '\n') == NULL);
    assert_true(strlen(info->source) > 3);
    size_t known = 0;
    while (known < 7 && strcmp(units[known].unit, info->unit) != 0)
      known++;
    assert_true(known < 7);
    assert_string_equal(info->unit_suffix, units[known].suffix);
    assert_in_range(info->decimals, 0, 3);
    if (strncmp(info->id, "rfd_", 4) == 0 || strncmp(info->id, "force_at_", 9) == 0)
      assert_true(info->explosive_only && info->needs_onset);
  }
  assert_int_equal(stance_metric_find("peak"), STANCE_METRIC_COUNT);
}

static void reasons_are_complete_and_distinct(void **state)
{
  (void)state;
  for (int a = 0; a < STANCE_REASON_COUNT; a++) {
    const char *id = stance_reason_id((enum stance_reason)a);
    assert_non_null(id);
    for (const char *c = id; *c != '\0'; c++)
      assert_true(islower(*c) || isdigit(*c) || *c == '_');
    const char *definition = stance_reason_definition((enum stance_reason)a);
    assert_int_equal(definition[strlen(definition) - 1], '.');
    for (int b = 0; b < a; b++)
      assert_string_not_equal(id, stance_reason_id((enum stance_reason)b));
  }
}

static void status_text(void **state)
{
  (void)state;
  char text[64];
  struct stance_value value = {.value = 1};
  assert_int_equal(stance_value_status(&value, text, sizeof text), 2);
  assert_string_equal(text, "ok");
  value.reasons =
      STANCE_REASON_BIT(STANCE_REASON_PARTIAL) | STANCE_REASON_BIT(STANCE_REASON_REJECTED);
  stance_value_status(&value, text, sizeof text);
  assert_string_equal(text, "flagged:rejected+partial");
  value = (struct stance_value){.value = (double)NAN,
                                .reasons = STANCE_REASON_BIT(STANCE_REASON_NO_ONSET)};
  assert_int_equal(stance_value_status(&value, text, sizeof text), 16);
  assert_string_equal(text, "missing:no_onset");
}

static void texts_never_leave_their_buffer(void **state)
{
  (void)state;
  const stance_reason_set all = (UINT64_C(1) << STANCE_REASON_COUNT) - 1;
  char whole[2048];
  const size_t length = stance_reason_join(all, whole, sizeof whole);
  assert_int_equal(length, strlen(whole));
  struct stance_value value = {.value = 1, .reasons = all};
  char status[2048];
  const size_t status_length = stance_value_status(&value, status, sizeof status);
  for (size_t size = 1; size < 100; size++) {
    char text[101];
    memset(text, '~', sizeof text);
    assert_int_equal(stance_reason_join(all, text, size), length);
    assert_int_equal(strlen(text), size - 1);
    assert_memory_equal(text, whole, size - 1);
    assert_int_equal(text[size], '~');
    memset(text, '~', sizeof text);
    assert_int_equal(stance_value_status(&value, text, size), status_length);
    assert_int_equal(strlen(text), size - 1);
    assert_memory_equal(text, status, size - 1);
    assert_int_equal(text[size], '~');
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(metric_table_is_complete),
      cmocka_unit_test(reasons_are_complete_and_distinct),
      cmocka_unit_test(status_text),
      cmocka_unit_test(texts_never_leave_their_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
