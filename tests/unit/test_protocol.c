/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/protocol.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                         \
  "[protocol]\ntitle = Clinic's own\nversion = 3\nsides = left,right\nrig = plate\n" \
  "effort = explosive\nrepetitions = 5\n"

static struct stance_protocol parsed(const char *text)
{
  struct stance_protocol protocol;
  struct stance_problem problem = {.text = ""};
  if (stance_protocol_parse("dir/own.test.ini", text, &protocol, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  return protocol;
}

/* The text is refused, the message starts with name and line and holds `hint`, and the output is
   untouched. */
static void assert_refused(const char *text, const char *start, const char *hint)
{
  struct stance_protocol protocol, before;
  memset(&protocol, 0x5a, sizeof protocol);
  before = protocol;
  struct stance_problem problem = {.text = ""};
  assert_int_equal(stance_protocol_parse("own.ini", text, &protocol, &problem), STANCE_INPUT);
  if (strncmp(problem.text, start, strlen(start)) != 0 || strstr(problem.text, hint) == NULL)
    fail_msg("\"%s\" does not start with \"%s\" and hold \"%s\"", problem.text, start, hint);
  assert_memory_equal(&protocol, &before, sizeof protocol);
}

static void built_in_ones_parse(void **state)
{
  (void)state;
  static const char *const ids[] = {
      "nordic",
      "iso-prone-0",
      "iso-prone-30",
      "iso-prone-60",
      "iso-supine-90-90",
      "iso-supine-30",
      "iso-supine-45-45",
      "iso-outer-range",
      "iso-long-lever-bridge",
      "imtp",
      "iso-squat",
      "hip-adduction",
      "hip-abduction",
      "hold-prone-30",
      "isometric",
  };
  size_t count = 0;
  const char *id;
  while (stance_protocol_builtin_text(count, &id) != NULL)
    count++;
  assert_int_equal(count, sizeof ids / sizeof ids[0]);
  for (size_t k = 0; k < count; k++) {
    struct stance_protocol protocol;
    struct stance_problem problem = {.text = ""};
    if (stance_protocol_builtin(ids[k], &protocol, &problem) != STANCE_OK)
      fail_msg("%s: %s", ids[k], problem.text);
    assert_string_equal(protocol.id, ids[k]);
    assert_true(protocol.title[0] != '\0' && protocol.instruction[0] != '\0');
    assert_true(strlen(protocol.sources) > 40);
    /* what stands only in somebody's memory is never printed */
    assert_null(strstr(protocol.sources, "[M]"));
    assert_int_equal(protocol.compared, protocol.rig == STANCE_RIG_STRAP
                                            ? STANCE_METRIC_PEAK_FORCE
                                            : STANCE_METRIC_PEAK_FORCE_NET);
  }
}

static void built_in_ones_say_what_their_names_say(void **state)
{
  (void)state;
  struct stance_protocol protocol;
  assert_int_equal(stance_protocol_builtin("iso-supine-45-45", &protocol, NULL), STANCE_OK);
  assert_true(protocol.hip_deg == 45 && protocol.knee_deg == 45);
  assert_int_equal(protocol.sides, STANCE_SIDES_EACH);
  assert_int_equal(stance_protocol_builtin("iso-prone-60", &protocol, NULL), STANCE_OK);
  assert_true(protocol.hip_deg == 0 && protocol.knee_deg == 60);
  assert_int_equal(stance_protocol_builtin("nordic", &protocol, NULL), STANCE_OK);
  assert_int_equal(protocol.effort, STANCE_EFFORT_ECCENTRIC);
  assert_int_equal(protocol.sides, STANCE_SIDES_BOTH);
  assert_true(isnan(protocol.hip_deg) && protocol.pain_limit == 1);
  assert_int_equal(stance_protocol_builtin("imtp", &protocol, NULL), STANCE_OK);
  assert_int_equal(protocol.rig, STANCE_RIG_TWO_PLATES);
  assert_true(isnan(protocol.knee_deg) && isnan(protocol.pain_limit));
  assert_true(protocol.analysis.onset_sd == 5 && protocol.analysis.quiet_window_s == 1);
}

static void unknown_name_lists_the_known(void **state)
{
  (void)state;
  struct stance_protocol protocol;
  struct stance_problem problem = {.text = ""};
  assert_int_equal(stance_protocol_builtin("nordik", &protocol, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "\"nordik\""));
  assert_non_null(strstr(problem.text, "nordic"));
  assert_non_null(strstr(problem.text, "iso-supine-90-90"));
  assert_non_null(strstr(problem.text, "isometric"));
}

static void defaults_and_values(void **state)
{
  (void)state;
  struct stance_protocol own = parsed(HEAD);
  assert_string_equal(own.id, "own.test");
  assert_string_equal(own.title, "Clinic's own");
  assert_string_equal(own.version, "3");
  assert_int_equal(own.repetitions, 5);
  assert_true(isnan(own.hip_deg) && isnan(own.knee_deg) && isnan(own.pain_limit));
  assert_int_equal(own.compared, STANCE_METRIC_PEAK_FORCE_NET);
  assert_memory_equal(&own.analysis, &stance_analysis_settings_default, sizeof own.analysis);
}

static void values_are_read(void **state)
{
  (void)state;
  struct stance_protocol own =
      parsed("\xef\xbb\xbf# byte-order mark, CRLF\r\n" HEAD
             "hip_deg = -10\r\nknee_deg=12.5\npain_limit = 3\ncompared = peak_force\n"
             "unloaded_s = 1\nget_on_s = 2\nlimb_s = 0\neffort_s = 4\nrest_s = 45\n"
             "instruction = Push\n  and hold;\n\tthen relax.\n"
             "[analysis]\nonset_floor_n = 15\nonset_method = threshold_n\n"
             "[sources]\nrepetitions = own\n  choice\ngeneral = nobody\n");
  assert_true(own.hip_deg == -10 && own.knee_deg == 12.5 && own.pain_limit == 3);
  assert_true(own.unloaded_s == 1 && own.get_on_s == 2 && own.limb_s == 0);
  assert_true(own.effort_s == 4 && own.rest_s == 45);
  assert_int_equal(own.compared, STANCE_METRIC_PEAK_FORCE);
  assert_string_equal(own.instruction, "Push and hold; then relax.");
  assert_true(own.analysis.onset_floor_n == 15);
  assert_int_equal(own.analysis.onset_method, STANCE_ONSET_THRESHOLD_N);
  assert_string_equal(own.sources, "repetitions: own choice\ngeneral: nobody");
}

static void errors_name_line_and_remedy(void **state)
{
  (void)state;
  assert_refused(HEAD "rig = strap\n", "own.ini:8: rig", "second time");
  assert_refused("[protocol]\nsides = left;right\n", "own.ini:2: sides", "both | left,right");
  assert_refused("[protocol]\nrig = bench\n", "own.ini:2: rig = \"bench\"", "two-plates");
  assert_refused("[protocol]\n\n# c\nefort = ramp\n", "own.ini:4: [protocol] has no key \"efort\"",
                 "effort");
  assert_refused("[protocol]\nanalysis = 1\n", "own.ini:2: [protocol] has no key", "title");
  assert_refused("[protokoll]\ntitle = a\n", "own.ini:2: unknown section \"protokoll\"",
                 "[protocol], [analysis] and [sources]");
  assert_refused("title = a\n", "own.ini:1: no section", "\"title\"");
  assert_refused("[protocol]\ntitle\n", "own.ini:2: expected", "key = value");
  assert_refused("[protocol]\ntitle\nrig = bench\n", "own.ini:2: expected", "key = value");
  assert_refused("[protocol]\nrig = bench\ntitle\n", "own.ini:2: rig", "bench");
  assert_refused("[protocol\n", "own.ini:1: expected", "[section]");
  assert_refused(HEAD "repetitions = 3\n", "own.ini:8: repetitions", "second time");
  assert_refused("[protocol]\nrepetitions = 2.5\n", "own.ini:2:", "whole number from 1 to 100");
  assert_refused("[protocol]\nrepetitions = 0\n", "own.ini:2:", "from 1 to 100");
  assert_refused("[protocol]\nknee_deg = nan\n", "own.ini:2:", "a number from -30 to 160");
  assert_refused("[protocol]\nknee_deg = 0x10\n", "own.ini:2:", "a number");
  assert_refused("[protocol]\nknee_deg = 90 deg\n", "own.ini:2:", "\"90 deg\"");
  assert_refused("[protocol]\nknee_deg =\n", "own.ini:2:", "a number");
  assert_refused("[protocol]\npain_limit = 11\n", "own.ini:2:", "from 0 to 10");
  assert_refused("[protocol]\ntitle = a\n  b\n", "own.ini:3:", "title takes one line");
  assert_refused(HEAD "[analysis]\nonset_zd = 3\n", "own.ini:9: [analysis]", "onset_zd");
  assert_refused(HEAD "[analysis]\nonset_sd = 3\nonset_sd = 4\n", "own.ini:10: onset_sd",
                 "second time");
  assert_refused(HEAD "[sources]\nrig = a\nrig = b\n", "own.ini:10: the source of rig",
                 "second time");
  assert_refused(HEAD "[sources]\nweather = a\n", "own.ini:9: [sources] \"weather\"", "general");
}

static void what_is_missing_is_named(void **state)
{
  (void)state;
  assert_refused("[protocol]\ntitle = a\nrig = strap\n",
                 "own.ini:", "lacks: version, sides, effort, repetitions");
  assert_refused("", "own.ini:", "lacks: title, version, sides, rig, effort, repetitions");
}

static void too_long_is_refused_never_cut(void **state)
{
  (void)state;
  char text[4096] = HEAD "instruction = ";
  memset(text + strlen(text), 'x', 300);
  assert_refused(text, "own.ini:8: the line has 314 bytes", "indented");

  strcpy(text, HEAD "instruction = a\n");
  for (int k = 0; k < 14; k++)
    strcat(text, "  0123456789012345678901234567890123456789\n");
  assert_refused(text, "own.ini:21: instruction is longer than the 511 bytes", "allowed");

  snprintf(text, sizeof text, "[protocol]\nversion = %020d\n", 1);
  assert_refused(text, "own.ini:2: version is longer than the 15 bytes", "allowed");

  struct stance_protocol protocol;
  struct stance_problem problem = {.text = ""};
  const char *name = "0123456789012345678901234567890123456789012345678.ini";
  assert_int_equal(stance_protocol_parse(name, HEAD, &protocol, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "1 to 47 bytes"));
}

static void bands_and_tempo_are_read(void **state)
{
  (void)state;
  struct stance_protocol own = parsed(HEAD);
  assert_true(isnan(own.target_low_pct) && isnan(own.target_high_pct));
  assert_int_equal(own.tempo_down + own.tempo_stay + own.tempo_up, 0);
  own = parsed(HEAD "target_low_pct = 40\ntarget_high_pct = 60.5\ntarget_of = imtp\n"
                    "tempo_down = 3\ntempo_stay = 1\ntempo_up = 2\ntempo_tick_s = 1.5\n"
                    "[sources]\ntarget = the clinic's own\ntempo = the same\n");
  assert_true(own.target_low_pct == 40 && own.target_high_pct == 60.5);
  assert_string_equal(own.target_of, "imtp");
  assert_true(own.tempo_down == 3 && own.tempo_stay == 1 && own.tempo_up == 2);
  assert_true(own.tempo_tick_s == 1.5);
  assert_refused(HEAD "target_low_pct = 40\n", "own.ini: target_low_pct", "given together");
  assert_refused(HEAD "target_low_pct = 60\ntarget_high_pct = 60\n", "own.ini: target_low_pct",
                 "the lower one first");
  assert_refused(HEAD "tempo_down = 2.5\n", "own.ini:8: tempo_down", "whole number");
  /* a hold has a band of its own accord, nothing else has */
  struct stance_problem problem;
  assert_int_equal(stance_protocol_parse("hold.ini",
                                         "[protocol]\ntitle = a\nversion = 1\nsides = left\n"
                                         "rig = strap\neffort = sustained\nrepetitions = 1\n",
                                         &own, &problem),
                   STANCE_OK);
  assert_true(own.target_low_pct == 65 && own.target_high_pct == 75);
}

static void names_read_back(void **state)
{
  (void)state;
  assert_string_equal(stance_rig_name(STANCE_RIG_TWO_PLATES), "two-plates");
  assert_string_equal(stance_effort_kind_name(STANCE_EFFORT_ECCENTRIC), "eccentric");
  assert_string_equal(stance_protocol_sides_name(STANCE_SIDES_EACH), "left,right");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(built_in_ones_parse),
      cmocka_unit_test(built_in_ones_say_what_their_names_say),
      cmocka_unit_test(unknown_name_lists_the_known),
      cmocka_unit_test(defaults_and_values),
      cmocka_unit_test(values_are_read),
      cmocka_unit_test(errors_name_line_and_remedy),
      cmocka_unit_test(what_is_missing_is_named),
      cmocka_unit_test(too_long_is_refused_never_cut),
      cmocka_unit_test(bands_and_tempo_are_read),
      cmocka_unit_test(names_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
