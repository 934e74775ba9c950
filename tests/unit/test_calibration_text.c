/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text form: what a person writes is read, what is wrong is named with its line. */
#include "stance/calibration.h"
#include "support/failing_allocator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char good[] = "[calibration]\n"
                           "id = sim-7\n"
                           "instrument = simulated rig sim-7\n"
                           "created_at = 2026-01-01T00:00:00Z\n"
                           "operator =\n"
                           "calibrated = yes\n"
                           "[channel left]\n"
                           "serial = SIM-L\n"
                           "unit = counts\n"
                           "side = left\n"
                           "polarity = 1\n"
                           "zero = 123.5\n"
                           "slope_n_per_unit = 0.0125\n";

static void the_documented_form_reads_and_writes(void **state)
{
  (void)state;
  struct stance_calibration calibration;
  assert_int_equal(stance_calibration_import("p", good, &calibration, NULL), STANCE_OK);
  assert_string_equal(calibration.id, "sim-7");
  assert_string_equal(calibration.instrument, "simulated rig sim-7");
  assert_string_equal(calibration.operator_name, "");
  assert_true(calibration.calibrated);
  assert_int_equal(calibration.channel_count, 1);
  assert_string_equal(calibration.channel[0].channel, "left");
  assert_string_equal(calibration.channel[0].serial, "SIM-L");
  assert_int_equal(calibration.channel[0].side, STANCE_LEFT);
  assert_true(calibration.channel[0].zero_raw == 123.5);
  assert_true(calibration.channel[0].slope_n_per_unit == 0.0125);
  char *text;
  assert_int_equal(stance_calibration_export(&calibration, &text), STANCE_OK);
  assert_string_equal(text, good);
  free(text);
}

/* What an editor leaves: a byte-order mark, CRLF, comments, other spacing. */
static void an_edited_file_reads(void **state)
{
  (void)state;
  static const char text[] =
      "\xef\xbb\xbf; my rig\r\n[calibration]\r\nid=a\r\ninstrument: b ; note\r\n"
      "calibrated = no\r\n\r\n# right foot\r\n[channel #1]\r\n"
      "name = Fz; plate 2\r\nunit = mV/V\r\nside = none\r\npolarity = -1\r\n"
      "zero = -1e-3\r\nslope_n_per_unit = 250\r\n";
  struct stance_calibration calibration;
  struct stance_problem problem = {.text = ""};
  assert_int_equal(stance_calibration_import("p", text, &calibration, &problem), STANCE_OK);
  assert_string_equal(calibration.instrument, "b");
  assert_string_equal(calibration.channel[0].channel, "Fz; plate 2");
  assert_int_equal(calibration.channel[0].side, STANCE_SIDE_NONE);
  assert_int_equal(calibration.channel[0].polarity, -1);
  assert_false(calibration.calibrated);
}

/* `good` with `from` replaced by `to`. */
static char *changed(const char *from, const char *to)
{
  const char *place = strstr(good, from);
  assert_non_null(place);
  char *text = NULL;
  assert_true(asprintf(&text, "%.*s%s%s", (int)(place - good), good, to, place + strlen(from)) > 0);
  return text;
}

static void refused(const char *from, const char *to, const char *words)
{
  char *text = changed(from, to);
  struct stance_calibration calibration, untouched;
  memset(&untouched, 0x5a, sizeof untouched);
  memcpy(&calibration, &untouched, sizeof calibration);
  struct stance_problem problem = {.text = ""};
  if (stance_calibration_import("rig.ini", text, &calibration, &problem) != STANCE_INPUT)
    fail_msg("'%s' was taken", to);
  if (strstr(problem.text, words) == NULL)
    fail_msg("'%s' does not say '%s'", problem.text, words);
  assert_memory_equal(&calibration, &untouched, sizeof calibration);
  free(text);
}

static void errors_name_the_line(void **state)
{
  (void)state;
  refused("zero = 123.5", "zero = 12,5", "rig.ini:12: zero is '12,5'");
  refused("zero = 123.5", "zero = nan", "rig.ini:12:");
  refused("zero = 123.5", "zero = 0x10", "rig.ini:12:");
  refused("zero = 123.5", "zero = 1e999", "rig.ini:12:");
  refused("zero = 123.5", "zero =", "rig.ini:12:");
  refused("zero = 123.5", "zero = 1\nzero = 1", "rig.ini:13: 'zero' is given twice");
  refused("zero = 123.5", "zero = 1\n  2", "rig.ini:13: 'zero' is given twice");
  refused("zero = 123.5", "zero 123.5", "rig.ini:12: this line is neither");
  refused("zero = 123.5\n", "", "rig.ini:7: this section lacks 'zero'");
  refused("id = sim-7\n", "", "rig.ini:1: this section lacks 'id'");
  refused("id = sim-7", "id =", "no id");
  refused("polarity = 1", "polarity = 0", "rig.ini:11: polarity is '0'");
  refused("polarity = 1", "polarity = +1", "rig.ini:11:");
  refused("side = left", "side = both", "rig.ini:10: side is 'both'");
  refused("calibrated = yes", "calibrated = maybe", "rig.ini:6:");
  refused("serial", "seriel", "rig.ini:8: unknown key 'seriel'");
  refused("slope_n_per_unit = 0.0125", "slope_n_per_unit = 0", "slope is 0");
  refused("slope_n_per_unit = 0.0125", "slope_n_per_unit = -2", "polarity = -1");
  refused("[channel left]", "[chanel left]", "rig.ini:7: section [chanel left]");
  refused("[channel left]", "[channel left", "rig.ini:7:");
  refused("[channel left]", "[channel left]\n[channel right]", "rig.ini:7: this section is empty");
  refused("[channel left]", "[calibration]", "rig.ini:7: [calibration] stands once");
  refused("[calibration]\n", "", "rig.ini:1: 'id' stands before");
  refused("0.0125\n", "0.0125\n[channel right]\n", "rig.ini:14: this section is empty");
  refused("unit = counts", "unit = 0123456789abcdef", "rig.ini:9: unit is longer than 15");
  refused("unit = counts", "unit = a%00b", "rig.ini:9:");
}

#define CELL "side = left\npolarity = 1\nzero = 0\nslope_n_per_unit = 1\nunit = V\n"
#define SIX_CELLS                                                                                 \
  "[channel a]\nplate = 1\n" CELL "[channel b]\nplate = 1\n" CELL "[channel c]\nplate = 1\n" CELL \
  "[channel d]\nplate = 1\n" CELL "[channel e]\nplate = 1\n" CELL "[channel f]\nplate = 1\n" CELL
#define PLATE(kind) "[plate 1]\nkind = " kind "\naxis = fz\npolarity = 1\n"

/* `text` after the head of a profile. */
static void refused_after_head(const char *rest, const char *words)
{
  char *text = NULL;
  struct stance_calibration calibration;
  struct stance_problem problem = {.text = ""};
  assert_true(asprintf(&text, "[calibration]\nid = p\ninstrument = i\ncalibrated = yes\n%s", rest) >
              0);
  if (stance_calibration_import("rig.ini", text, &calibration, &problem) != STANCE_INPUT)
    fail_msg("taken: %s", rest);
  if (strstr(problem.text, words) == NULL)
    fail_msg("'%s' does not say '%s'", problem.text, words);
  free(text);
}

static void curves_plates_and_points_are_checked(void **state)
{
  (void)state;
  const char *end = "slope_n_per_unit = 0.0125\n";
  refused(end, "slope_n_per_unit = 1\nrole = fz9\n", "rig.ini:14: role is 'fz9'; known are none");
  refused(end, "slope_n_per_unit = 1\nplate = 1\n", "belongs to plate 1, and there is none");
  refused(end, "slope_n_per_unit = 1\nplate = -1\n", "rig.ini:14: plate is '-1'");
  refused(end, "slope_n_per_unit = 1\nvalid_until = soon\n", "it is a date, YYYY-MM-DD");
  refused(end, "slope_n_per_unit = 1\nhysteresis_pct = ?\n", "rig.ini:14: hysteresis_pct is '?'");
  refused(end, "slope_n_per_unit = 1\n[plate 2]\nkind = cells\n", "this is [plate 1]");
  refused(end, "slope_n_per_unit = 1\n[points]\n2 = 1 1 up 0 0\n", "this is number 1");
  refused(end, "slope_n_per_unit = 1\n[points]\n1 = 1 1 sideways 0 0\n", "rig.ini:15: ");
  refused(end, "slope_n_per_unit = 1\n[points]\n1 = 2 1 up 0 0\n", "point 1 belongs to no channel");
  refused(end, "slope_n_per_unit = 1\n[points]\n1 = 0 1 up 0 0\n", "is no point");
  refused(end, "slope_n_per_unit = 1\n[points]\n1 = 1 1 up 0\n", "is no point");
  refused_after_head(SIX_CELLS "[plate 1]\nkind = matrix\npolarity = 1\n", "lacks 'axis'");
  refused_after_head(SIX_CELLS PLATE("matrix"), "gives no force along its axis");
  refused_after_head(SIX_CELLS PLATE("kistler"), "fz1 to fz4 have the plate's side");
  refused_after_head(SIX_CELLS PLATE("none"), "kind is cells, kistler or matrix");
  refused_after_head("[channel a]\nplate = 1\n" CELL PLATE("cells"), "1 cells; three or four");
  refused_after_head("[channel a]\nplate = 1\n" CELL PLATE("matrix") "fz_1 = 1\n",
                     "six to eight channels");
  refused_after_head(SIX_CELLS "quadratic_n_per_unit2 = 1\n" PLATE("matrix") "fz_1 = 1\n",
                     "a slope and no curve");
  refused_after_head(SIX_CELLS "[plate 1]\nkind = cells\naxis = fx\npolarity = 1\n",
                     "the axis is fz");
}

static void hostile_files_are_refused(void **state)
{
  (void)state;
  char text[8192];
  struct stance_calibration calibration;
  struct stance_problem problem;
  assert_int_equal(stance_calibration_import("p", "", &calibration, &problem), STANCE_INPUT);
  assert_int_equal(stance_calibration_import("p", "[calibration]", &calibration, &problem),
                   STANCE_INPUT);
  memset(text, 'a', 4000);
  text[4000] = '\0';
  assert_int_equal(stance_calibration_import("p", text, &calibration, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "p:1: this line is longer"));
  memset(text, '[', 100);
  snprintf(text + 100, sizeof text - 100, "]\nid = 1\n");
  assert_int_equal(stance_calibration_import("p", text, &calibration, &problem), STANCE_INPUT);
  /* Nine channels where eight fit. */
  size_t length = 0;
  const char *channel = strstr(good, "[channel left]");
  length += (size_t)snprintf(text, sizeof text, "%.*s", (int)(channel - good), good);
  for (int k = 0; k <= STANCE_CHANNEL_COUNT_MAX; k++)
    length += (size_t)snprintf(text + length, sizeof text - length, "%s", channel);
  assert_int_equal(stance_calibration_import("p", text, &calibration, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "more than 8 channels"));
}

static void a_broken_profile_is_not_exported(void **state)
{
  (void)state;
  struct stance_calibration calibration;
  assert_int_equal(stance_calibration_import("p", good, &calibration, NULL), STANCE_OK);
  char *text = NULL;
  calibration.channel[0].slope_n_per_unit = 0.0;
  assert_int_equal(stance_calibration_export(&calibration, &text), STANCE_INPUT);
  calibration.channel[0].slope_n_per_unit = 1.0;
  snprintf(calibration.operator_name, sizeof calibration.operator_name, "two\nlines");
  assert_int_equal(stance_calibration_export(&calibration, &text), STANCE_INPUT);
  calibration.operator_name[0] = '\0';
  memset(calibration.channel[0].unit, 'u', sizeof calibration.channel[0].unit);
  assert_int_equal(stance_calibration_export(&calibration, &text), STANCE_INPUT);
  assert_null(text);
}

static bool export_and_forget(void *context)
{
  char *text = NULL;
  enum stance_status status = stance_calibration_export(context, &text);
  if (status == STANCE_OK) {
    assert_string_equal(text, good);
    free(text);
    return true;
  }
  assert_int_equal(status, STANCE_MEMORY);
  assert_null(text);
  return false;
}

static void every_failed_allocation_is_reported(void **state)
{
  (void)state;
  if (!failing_allocator_works())
    skip();
  struct stance_calibration calibration;
  assert_int_equal(stance_calibration_import("p", good, &calibration, NULL), STANCE_OK);
  struct failing_allocator_sweep sweep = failing_allocator_sweep(export_and_forget, &calibration);
  assert_int_equal(sweep.allocations, 1);
  assert_int_equal(sweep.reported, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_documented_form_reads_and_writes),
      cmocka_unit_test(an_edited_file_reads),
      cmocka_unit_test(errors_name_the_line),
      cmocka_unit_test(curves_plates_and_points_are_checked),
      cmocka_unit_test(hostile_files_are_refused),
      cmocka_unit_test(a_broken_profile_is_not_exported),
      cmocka_unit_test(every_failed_allocation_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
