/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever a user types as a source: either it opens and delivers, or one sentence says why not.
   The seed is printed; STANCE_SEED repeats a run. */
#include "random.h"
#include "sim.h"
#include "uri.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct stance_random dice;
static int rounds = 1;

static size_t roll(size_t sides)
{
  return (size_t)(stance_random_uniform(&dice) * (double)sides);
}

static const char *number_text(const struct stance_source_key *key, char *text, size_t size)
{
  static const char *const odd[] = {"",    "-",    "1e",    "nan",  "inf", "0x1p3", "1e400",
                                    "1.5", "1e-9", "-0",    "007",  "max", " 1",    "1 ",
                                    "+1",  "1,5",  "99999", "1..2", "%31", "1e3"};
  switch (roll(4)) {
  case 0:
    return odd[roll(sizeof odd / sizeof odd[0])];
  case 1:
    snprintf(text, size, "%.17g", roll(2) == 0 ? key->minimum : key->maximum);
    return text;
  case 2:
    snprintf(text, size, "%g", stance_random_between(&dice, key->minimum, key->maximum));
    return text;
  default:
    snprintf(text, size, "%.17g",
             stance_random_between(&dice, key->minimum - 1.0, fmin(key->maximum + 1.0, 1e6)));
    return text;
  }
}

static const char *choice_text(const struct stance_source_key *key, char *text, size_t size)
{
  size_t length, k = 0;
  const char *choice;
  while (stance_uri_choice(key->choices, k, &length) != NULL)
    k++;
  choice = stance_uri_choice(key->choices, roll(k), &length);
  snprintf(text, size, "%.*s%s", (int)length, choice, roll(8) == 0 ? "x" : "");
  return text;
}

static void some_uri(char *text, size_t size)
{
  static const char *const paths[] = {"nordic", "isometric", "imtp", "", "nord"};
  size_t key_count = 0, used;
  while (stance_sim_keys[key_count].name != NULL)
    key_count++;
  used = (size_t)snprintf(text, size, "sim:%s", paths[roll(16) < 13 ? roll(3) : roll(5)]);
  for (size_t k = 0, count = roll(5); k < count; k++) {
    const struct stance_source_key *key = &stance_sim_keys[roll(key_count)];
    char value[64];
    const char *written = key->choices != NULL ? choice_text(key, value, sizeof value)
                                               : number_text(key, value, sizeof value);
    used += (size_t)snprintf(text + used, size - used, "%c%s=%s", k == 0 ? '?' : '&', key->name,
                             written);
  }
  /* One in eight loses or gains a byte somewhere. */
  if (roll(8) == 0)
    text[roll(used)] = (char)(1 + roll(255));
}

/* Few of the frames: a setting may ask for days. */
static void check_frames(struct stance_sim *sim)
{
  struct stance_raw_frame frame;
  uint64_t next_index = 0;
  for (int k = 0; k < 300 && next_index < 100000 && stance_sim_next(sim, &frame); k++) {
    assert_true(frame.index >= next_index && frame.index < sim->frame_count);
    assert_int_equal(frame.gap_before, frame.index - next_index);
    for (size_t channel = 0; channel < sim->channel_count; channel++)
      assert_true(frame.value[channel] >= sim->sensor.lowest &&
                  frame.value[channel] <= sim->sensor.highest);
    next_index = frame.index + 1;
  }
}

static void test_settings_either_work_or_are_explained(void **state)
{
  int opened = 0, refused = 0;
  (void)state;
  for (int k = 0; k < 3000 * rounds; k++) {
    char text[STANCE_URI_SIZE];
    struct stance_problem problem = {""};
    struct stance_uri uri;
    struct stance_sim sim;
    some_uri(text, sizeof text);
    enum stance_status status = stance_uri_init(&uri, text, &problem);
    if (status == STANCE_OK)
      status = stance_sim_init(&sim, &uri, &problem);
    if (status == STANCE_OK) {
      struct stance_source_info info = {0};
      assert_string_equal(problem.text, "");
      stance_sim_describe(&sim, &info);
      check_frames(&sim);
      stance_sim_finish(&sim);
      opened++;
    } else {
      assert_int_equal(status, STANCE_USAGE);
      assert_true(strlen(problem.text) > 20);
      refused++;
    }
  }
  assert_true(opened > 500 * rounds && refused > 500 * rounds);
}

static void test_any_bytes_are_parsed_without_harm(void **state)
{
  static const char alphabet[] = "sim:?&=%01aFz,.|-\xc3\xa9 \t\n+#";
  (void)state;
  for (int k = 0; k < 30000 * rounds; k++) {
    char text[64];
    struct stance_problem problem = {""};
    struct stance_uri uri;
    const size_t length = roll(sizeof text - 1);
    for (size_t i = 0; i < length; i++)
      text[i] = alphabet[roll(sizeof alphabet - 1)];
    text[length] = '\0';
    if (stance_uri_init(&uri, text, &problem) != STANCE_OK) {
      assert_true(strlen(problem.text) > 10);
      continue;
    }
    assert_true(strlen(uri.path) < length);
    for (size_t p = 0; p < uri.parameter_count; p++)
      assert_true(uri.parameter[p].key[0] != '\0' && strlen(uri.parameter[p].value) < length);
  }
}

/* What is written with %XX is read back as it was meant. */
static void test_escaped_texts_come_back(void **state)
{
  (void)state;
  for (int k = 0; k < 2000 * rounds; k++) {
    char meant[40], text[200];
    struct stance_uri uri;
    size_t used = (size_t)snprintf(text, sizeof text, "replay:");
    const size_t length = roll(sizeof meant - 1);
    for (size_t i = 0; i < length; i++) {
      meant[i] = (char)(1 + roll(255));
      used += (size_t)snprintf(text + used, sizeof text - used, "%%%02x", (unsigned char)meant[i]);
    }
    meant[length] = '\0';
    assert_int_equal(stance_uri_init(&uri, text, NULL), STANCE_OK);
    assert_string_equal(uri.path, meant);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_settings_either_work_or_are_explained),
      cmocka_unit_test(test_any_bytes_are_parsed_without_harm),
      cmocka_unit_test(test_escaped_texts_come_back),
  };
  const char *given = getenv("STANCE_SEED");
  const uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20240229;
  rounds = getenv("STANCE_FULL") != NULL ? 50 : 1;
  printf("seed %llu\n", (unsigned long long)seed);
  stance_random_init(&dice, seed, 0);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
