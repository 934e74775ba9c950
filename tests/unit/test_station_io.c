/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw export, outputs that are whole or absent, protocols by name, calibration of a new recording.
 */
#include "output.h"
#include "pipeline.h"
#include "protocol_find.h"
#include "raw_export.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/stance-test-XXXXXX";

static const char *path_in(const char *name)
{
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static char *read_file(const char *path)
{
  char *bytes = calloc(1, 1 << 16);
  FILE *file = fopen(path, "r");
  if (file != NULL) {
    assert_true(fread(bytes, 1, (1 << 16) - 1, file) < (1 << 16) - 1);
    fclose(file);
  }
  return bytes;
}

static void write_file(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void expect_file(const char *name, const char *expected)
{
  char *bytes = read_file(path_in(name));
  assert_string_equal(bytes, expected);
  free(bytes);
}

static char *exported(const struct stance_raw_trace *raw, int decimals, bool locale)
{
  const struct stance_raw_export_options options = {.decimals = decimals, .locale = locale};
  char *bytes = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&bytes, &length);
  assert_int_equal(stance_raw_export(raw, &options, out, NULL), STANCE_OK);
  fclose(out);
  return bytes;
}

static void raw_export_loses_nothing(void **state)
{
  (void)state;
  double counts[] = {-3, 32767, (double)NAN, 0};
  double volts[] = {0.25, -1.5, (double)NAN, 1.0 / 3};
  struct stance_raw_trace raw = {
      .sample_count = 4,
      .channel_count = 2,
      .channel = {{.name = "AIN0", .unit = "counts"}, {.name = "a;b", .unit = "V"}},
      .value = {counts, volts},
      .time = {.start_s = 2.5, .rate_hz = 1000},
  };
  char *text = exported(&raw, STANCE_RAW_EXPORT_EXACT, false);
  assert_string_equal(text, "time (s),AIN0 (counts),\"a;b (V)\"\n"
                            "2.500,-3,0.25\n2.501,32767,-1.5\n2.502,,\n"
                            "2.503,0,0.3333333333333333\n");
  free(text);
  text = exported(&raw, 2, true);
  assert_string_equal(text, "\xef\xbb\xbftime (s);AIN0 (counts);\"a;b (V)\"\r\n"
                            "2,500;-3,00;0,25\r\n2,501;32767,00;-1,50\r\n2,502;;\r\n"
                            "2,503;0,00;0,33\r\n");
  free(text);
  /* 600 Hz: no whole microseconds, so that time gets nanoseconds. */
  raw.time = (struct stance_time_axis){.rate_hz = 600};
  text = exported(&raw, 0, false);
  assert_non_null(strstr(text, "\n0.001666667,32767,-2\n"));
  free(text);
}

static void raw_export_tells_a_full_disk(void **state)
{
  (void)state;
  FILE *full = fopen("/dev/full", "w");
  if (full == NULL)
    skip();
  double value[20000] = {0};
  const struct stance_raw_trace raw = {.sample_count = 20000,
                                       .channel_count = 1,
                                       .channel = {{.name = "x"}},
                                       .value = {value},
                                       .time = {.rate_hz = 1000}};
  const struct stance_raw_export_options options = {.decimals = 3};
  struct stance_problem problem = {""};
  assert_int_equal(stance_raw_export(&raw, &options, full, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, "cannot be written"));
  fclose(full);
}

static void output_is_whole_or_absent(void **state)
{
  (void)state;
  struct stance_output *output = NULL;
  struct stance_problem problem = {""};
  write_file(path_in("report"), "old");
  assert_int_equal(stance_output_open(path_in("report"), &output, &problem), STANCE_OK);
  fputs("new", stance_output_file(output));
  fflush(stance_output_file(output));
  expect_file("report", "old");
  stance_output_abandon(output);
  expect_file("report", "old");
  assert_int_equal(stance_output_open(path_in("report"), &output, &problem), STANCE_OK);
  fputs("new", stance_output_file(output));
  assert_int_equal(stance_output_commit(output, &problem), STANCE_OK);
  expect_file("report", "new");
  assert_int_equal(stance_output_open(path_in("no/report"), &output, &problem), STANCE_STORE);
  assert_non_null(strstr(problem.text, "no/report"));
  stance_output_abandon(NULL);
}

static void append_needs_the_same_header(void **state)
{
  (void)state;
  struct stance_problem problem = {""};
  const char *path = path_in("table");
  assert_int_equal(stance_output_append(path, "a,b\n", "1,2\n", &problem), STANCE_OK);
  assert_int_equal(stance_output_append(path, "a,b\n", "3,4\n", &problem), STANCE_OK);
  expect_file("table", "a,b\n1,2\n3,4\n");
  assert_int_equal(stance_output_append(path, "a,c\n", "5,6\n", &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, ":1: column 2 of the header is 'b' where 'c' is expected"));
  assert_int_equal(stance_output_append(path, "a,b,c\n", "5,6,7\n", &problem), STANCE_INPUT);
  assert_int_equal(stance_output_append(path, "a\n", "5\n", &problem), STANCE_INPUT);
  assert_int_equal(stance_output_append(path, "a,b\r\n", "5,6\r\n", &problem), STANCE_INPUT);
  expect_file("table", "a,b\n1,2\n3,4\n");
  write_file(path, "a,b\n1,2");
  assert_int_equal(stance_output_append(path, "a,b\n", "3,4\n", &problem), STANCE_OK);
  expect_file("table", "a,b\n1,2\n3,4\n");
  write_file(path, "a");
  assert_int_equal(stance_output_append(path, "a,b\n", "3,4\n", &problem), STANCE_INPUT);
  expect_file("table", "a");
}

static void protocols_are_found_by_name(void **state)
{
  (void)state;
  struct stance_protocol protocol;
  struct stance_problem problem = {""};
  char *text = NULL, *path = NULL;
  const char *const ours = "[protocol]\ntitle = Ours\nversion = 9\nsides = both\nrig = strap\n"
                           "effort = eccentric\nrepetitions = 3\n";
  setenv("XDG_CONFIG_HOME", folder, 1);
  assert_int_equal(stance_protocol_find("nordic", &protocol, &text, &path, &problem), STANCE_OK);
  assert_null(path);
  assert_non_null(strstr(text, "[protocol]"));
  assert_string_equal(protocol.id, "nordic");
  free(text);
  mkdir(path_in("stance"), 0700);
  mkdir(path_in("stance/protocols"), 0700);
  write_file(path_in("stance/protocols/nordic.ini"), ours);
  assert_int_equal(stance_protocol_find("nordic", &protocol, &text, &path, &problem), STANCE_OK);
  assert_string_equal(path, path_in("stance/protocols/nordic.ini"));
  assert_string_equal(text, ours);
  assert_string_equal(protocol.version, "9");
  free(text);
  free(path);
  assert_int_equal(stance_protocol_find(path_in("absent.ini"), &protocol, NULL, NULL, &problem),
                   STANCE_INPUT);
  assert_int_equal(stance_protocol_find("absent", &protocol, NULL, NULL, &problem), STANCE_USAGE);
  write_file(path_in("stance/protocols/bad.ini"), "[protocol]\nsides = up\n");
  assert_int_equal(stance_protocol_find("bad", &protocol, NULL, NULL, &problem), STANCE_INPUT);
  assert_non_null(strstr(problem.text, "bad.ini:2"));
}

static void calibration_is_chosen_in_order(void **state)
{
  (void)state;
  struct stance_source_info info = {
      .uri = "test:",
      .model = "cell",
      .serial = "7",
      .channel_count = 1,
      .channel = {{.name = "AIN0", .unit = "V", .side = STANCE_LEFT}},
  };
  struct stance_calibration calibration, stored;
  struct stance_problem problem = {""};
  assert_int_equal(stance_pipeline_calibration(&info, NULL, &calibration, &problem), STANCE_OK);
  assert_false(calibration.calibrated);
  assert_string_equal(calibration.instrument, "cell 7");
  assert_string_equal(calibration.channel[0].unit, "V");
  stored = calibration;
  stored.calibrated = true;
  strcpy(stored.id, "stored");
  char *text = NULL;
  assert_int_equal(stance_calibration_export(&stored, &text), STANCE_OK);
  snprintf(info.calibration, sizeof info.calibration, "%s", text);
  free(text);
  strcpy(stored.id, "newer");
  assert_int_equal(stance_pipeline_calibration(&info, &stored, &calibration, &problem), STANCE_OK);
  assert_string_equal(calibration.id, "newer");
  assert_int_equal(stance_pipeline_calibration(&info, NULL, &calibration, &problem), STANCE_OK);
  assert_string_equal(calibration.id, "stored");
  info.calibration[0] = '\0';
  strcpy(info.channel[0].unit, "N");
  assert_int_equal(stance_pipeline_calibration(&info, NULL, &calibration, &problem), STANCE_OK);
  assert_string_equal(calibration.id, "identity");
  /* Counts become volts before a profile is applied: it is for volts. */
  info.channel[0].converter =
      (struct stance_converter){.unit = "V", .slope_above = 3e-4, .slope_below = 3e-4};
  strcpy(info.channel[0].unit, "counts");
  assert_int_equal(stance_pipeline_calibration(&info, &stored, &calibration, &problem), STANCE_OK);
  assert_string_equal(calibration.id, "newer");
  info.channel[0].converter = (struct stance_converter){0};
  strcpy(info.channel[0].unit, "N");
  /* A profile of another wiring must not be applied. */
  strcpy(stored.channel[0].channel, "AIN3");
  assert_int_equal(stance_pipeline_calibration(&info, &stored, &calibration, &problem),
                   STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "AIN3"));
  strcpy(stored.channel[0].channel, "AIN0"); /* its unit is still V, and the input's now N */
  assert_int_equal(stance_pipeline_calibration(&info, &stored, &calibration, &problem),
                   STANCE_MISMATCH);
  /* Without a serial number it may be another instrument, which has its own way. */
  info.serial[0] = '\0';
  assert_int_equal(stance_pipeline_calibration(&info, &stored, &calibration, &problem), STANCE_OK);
  assert_string_equal(calibration.id, "identity");
}

static int make_folder(void **state)
{
  (void)state;
  return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
  (void)state;
  const char *const names[] = {
      "report",           "table", "stance/protocols/nordic.ini", "stance/protocols/bad.ini",
      "stance/protocols", "stance"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    remove(path_in(names[k]));
  return rmdir(folder); /* fails where something was left behind, a temporary file perhaps */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(raw_export_loses_nothing),
      cmocka_unit_test(raw_export_tells_a_full_disk),
      cmocka_unit_test(output_is_whole_or_absent),
      cmocka_unit_test(append_needs_the_same_header),
      cmocka_unit_test(protocols_are_found_by_name),
      cmocka_unit_test(calibration_is_chosen_in_order),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
