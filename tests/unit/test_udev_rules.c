/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 60-stance.rules against the table of instruments: each of our own is granted, and no chip that is
   in other machines too is granted by its numbers alone. */
#include "instrument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RULES_MAX = 32 };
struct rule {
  long vendor, product; /* -1: any */
  bool named;           /* by the device's own name */
};
static struct rule rules[RULES_MAX];
static size_t rule_count;

static long number_of(const char *line, const char *key)
{
  const char *at = strstr(line, key);
  return at == NULL ? -1 : strtol(at + strlen(key), NULL, 16);
}

static int read_rules(void **unused)
{
  char path[4096], line[512];
  const char *folder = getenv("STANCE_SOURCE_DIR");
  (void)unused;

  snprintf(path, sizeof path, "%s/tools/packaging/60-stance.rules", folder == NULL ? "." : folder);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    assert_null(strchr(line, '\\')); /* this test reads line by line */
    if (line[0] == '#' || strstr(line, "uaccess") == NULL)
      continue;
    assert_true(rule_count < RULES_MAX);
    assert_non_null(strstr(line, "MODE=\"0660\""));
    assert_null(strstr(line, "!="));
    rules[rule_count++] = (struct rule){.vendor = number_of(line, "ATTR{idVendor}==\""),
                                        .product = number_of(line, "ATTR{idProduct}==\""),
                                        .named = strstr(line, "ATTR{product}==\"") != NULL};
  }
  fclose(file);
  return 0;
}

static bool concerns(const struct rule *rule, const struct stance_usb_id *id)
{
  return (rule->vendor == -1 || rule->vendor == id->vendor) &&
         (rule->product == -1 || rule->product == id->product);
}

static void every_instrument_of_our_own_is_granted(void **unused)
{
  size_t seen = 0;
  (void)unused;
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    for (const struct stance_usb_id *id = stance_instruments[k]->ids; id->vendor != 0; id++) {
      bool granted = false;
      if (id->generic)
        continue;
      for (size_t r = 0; r < rule_count; r++)
        granted = granted || (concerns(&rules[r], id) && !rules[r].named);
      if (!granted)
        fail_msg("60-stance.rules does not grant %04x:%04x (%s)", id->vendor, id->product,
                 id->model);
      seen++;
    }
  assert_true(seen >= 4);
}

static void no_generic_chip_is_granted_by_its_numbers(void **unused)
{
  size_t seen = 0;
  (void)unused;
  for (size_t k = 0; stance_instruments[k] != NULL; k++)
    for (const struct stance_usb_id *id = stance_instruments[k]->ids; id->vendor != 0; id++)
      for (size_t r = 0; id->generic && r < rule_count; r++) {
        if (concerns(&rules[r], id) && !rules[r].named)
          fail_msg("60-stance.rules grants any %04x:%04x (%s)", id->vendor, id->product, id->model);
        seen++;
      }
  assert_true(seen > 0);
}

static void no_rule_is_for_everything(void **unused)
{
  (void)unused;
  for (size_t r = 0; r < rule_count; r++)
    assert_true(rules[r].vendor > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_instrument_of_our_own_is_granted),
      cmocka_unit_test(no_generic_chip_is_granted_by_its_numbers),
      cmocka_unit_test(no_rule_is_for_everything),
  };
  return cmocka_run_group_tests(tests, read_rules, NULL);
}
