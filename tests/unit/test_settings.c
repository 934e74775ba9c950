/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/asymmetry.h"
#include "stance/onset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void defaults_are_those_of_the_text(void **state)
{
  (void)state;
  const struct stance_analysis_settings *s = &stance_analysis_settings_default;
  assert_int_equal(s->onset_method, STANCE_ONSET_MEAN_SD);
  assert_true(s->onset_sd == 5.0 && s->onset_floor_n == 10.0);
  assert_true(s->onset_hold_ms == 0.0 && s->onset_backstep_ms == 0.0);
  assert_true(s->quiet_window_s == 1.0 && s->quiet_search_s == 5.0);
  assert_true(s->cutoff_hz == 6.0 && s->minimum_peak_n == 40.0 && s->minimum_separation_s == 1.5);
  assert_true(s->partial_fraction == 0.6 && s->one_sided_fraction == 0.3);
  assert_true(s->countermovement_n == 50.0);
  assert_int_equal(s->asymmetry_formula, STANCE_ASYMMETRY_PERCENT_DIFFERENCE);
}

static void every_key_sets_its_own_member(void **state)
{
  (void)state;
  struct stance_analysis_settings s = stance_analysis_settings_default;
  const struct {
    const char *key, *value;
    const double *member;
    double expected;
  } rows[] = {
      {"onset_sd", "3", &s.onset_sd, 3.0},
      {"onset_floor_n", "2.5", &s.onset_floor_n, 2.5},
      {"onset_percent", "10", &s.onset_percent, 10.0},
      {"onset_slope_n_per_s", "200", &s.onset_slope_n_per_s, 200.0},
      {"onset_hold_ms", "5", &s.onset_hold_ms, 5.0},
      {"onset_backstep_ms", "60", &s.onset_backstep_ms, 60.0},
      {"quiet_window_s", "0.5", &s.quiet_window_s, 0.5},
      {"quiet_search_s", "8", &s.quiet_search_s, 8.0},
      {"cutoff_hz", "10", &s.cutoff_hz, 10.0},
      {"minimum_peak_n", "1e2", &s.minimum_peak_n, 100.0},
      {"minimum_separation_s", "2", &s.minimum_separation_s, 2.0},
      {"partial_fraction", "0.5", &s.partial_fraction, 0.5},
      {"one_sided_fraction", "0.2", &s.one_sided_fraction, 0.2},
      {"countermovement_n", "0", &s.countermovement_n, 0.0},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; ++k) {
    s = stance_analysis_settings_default;
    assert_int_equal(stance_analysis_settings_set(&s, rows[k].key, rows[k].value, NULL), STANCE_OK);
    assert_true(*rows[k].member == rows[k].expected);
  }
  assert_int_equal(stance_analysis_settings_set(&s, "onset_method", "percent_peak/1", NULL),
                   STANCE_OK);
  assert_int_equal(s.onset_method, STANCE_ONSET_PERCENT_PEAK);
  assert_int_equal(stance_analysis_settings_set(&s, "asymmetry_formula", "log_ratio", NULL),
                   STANCE_OK);
  assert_int_equal(s.asymmetry_formula, STANCE_ASYMMETRY_LOG_RATIO);
}

/* What is written comes back to the last bit, line by line. */
static void written_settings_come_back(void **state)
{
  (void)state;
  struct stance_analysis_settings s = stance_analysis_settings_default, back = s;
  s.onset_method = STANCE_ONSET_DERIVATIVE;
  s.asymmetry_formula = STANCE_ASYMMETRY_LOG_RATIO;
  s.onset_sd = 1.0 / 3;
  s.cutoff_hz = 0.1 + 0.2;
  s.countermovement_n = 0;
  char text[1024];
  const size_t length = stance_analysis_settings_write(&s, NULL, 0);
  assert_int_equal(stance_analysis_settings_write(&s, text, sizeof text), length);
  assert_int_equal(strlen(text), length);
  size_t lines = 0;
  for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, lines++) {
    char *equals = strchr(line, '=');
    *equals = *end = '\0';
    assert_int_equal(stance_analysis_settings_set(&back, line, equals + 1, NULL), STANCE_OK);
  }
  assert_int_equal(lines, 16); /* a setting that is not written would be another one next year */
  assert_memory_equal(&back, &s, sizeof s);
}

static void refusals_name_key_value_and_range(void **state)
{
  (void)state;
  const char *const rows[][4] = {
      /* key, value, two things that the sentence must say */
      {"onset_sds", "3", "onset_sds", "onset_sd, "},
      {"onset_sd", "3,5", "onset_sd", "'3,5'"},
      {"onset_sd", "", "onset_sd", "number"},
      {"onset_sd", "nan", "onset_sd", "'nan'"},
      {"onset_sd", "-1", "onset_sd", "from 0 to 100"},
      {"onset_backstep_ms", "61", "onset_backstep_ms", "from 0 to 60"},
      {"quiet_window_s", "0.1", "quiet_window_s", "from 0.2 to 1"},
      {"quiet_window_s", "1.0 s", "quiet_window_s", "'1.0 s'"},
      {"onset_method", "mean_sd/2", "onset_method", "derivative"},
      {"asymmetry_formula", "bishop", "asymmetry_formula", "symmetry_angle"},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; ++k) {
    struct stance_analysis_settings s = stance_analysis_settings_default;
    struct stance_problem problem = {""};
    assert_int_equal(stance_analysis_settings_set(&s, rows[k][0], rows[k][1], &problem),
                     STANCE_USAGE);
    assert_non_null(strstr(problem.text, rows[k][2]));
    assert_non_null(strstr(problem.text, rows[k][3]));
    assert_memory_equal(&s, &stance_analysis_settings_default, sizeof s);
  }
}

static void methods_are_found_by_their_id(void **state)
{
  (void)state;
  for (int k = 0; k < STANCE_ONSET_METHOD_COUNT; ++k) {
    enum stance_onset_method method = (enum stance_onset_method)k;
    assert_int_equal(stance_onset_method_find(stance_onset_method_id(method)), method);
    assert_null(strchr(stance_onset_method_definition(method), '\n'));
  }
  assert_int_equal(stance_onset_method_find("manual"), STANCE_ONSET_METHOD_COUNT);
}

static void descriptions_hold_what_takes_part(void **state)
{
  (void)state;
  struct stance_analysis_settings s = stance_analysis_settings_default;
  const struct {
    const char *key, *value, *expected;
  } rows[] = {
      {"onset_sd", "5", "mean_sd/1(onset_sd=5,onset_floor_n=10,quiet_window_s=1)"},
      {"quiet_window_s", "0.7", "mean_sd/1(onset_sd=5,onset_floor_n=10,quiet_window_s=0.7)"},
      {"onset_hold_ms", "3",
       "mean_sd/1(onset_sd=5,onset_floor_n=10,quiet_window_s=0.7,onset_hold_ms=3)"},
      {"onset_method", "threshold_n",
       "threshold_n/1(onset_floor_n=10,quiet_window_s=0.7,onset_hold_ms=3)"},
      {"onset_method", "percent_bodyweight",
       "percent_bodyweight/1(onset_percent=5,quiet_window_s=0.7,onset_hold_ms=3)"},
      {"onset_method", "derivative",
       "derivative/1(onset_sd=5,onset_floor_n=10,quiet_window_s=0.7,onset_hold_ms=3)"},
      {"onset_slope_n_per_s", "250",
       "derivative/"
       "1(onset_slope_n_per_s=250,onset_sd=5,onset_floor_n=10,quiet_window_s=0.7,onset_hold_ms=3)"},
  };
  char text[192];
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; ++k) {
    assert_int_equal(stance_analysis_settings_set(&s, rows[k].key, rows[k].value, NULL), STANCE_OK);
    assert_int_equal(stance_onset_method_describe(&s, text, sizeof text), strlen(rows[k].expected));
    assert_string_equal(text, rows[k].expected);
  }
  for (size_t size = 1; size < sizeof text; ++size) { /* cut short, it stays a text of that size */
    char cut[sizeof text];
    memset(cut, '#', sizeof cut);
    assert_int_equal(stance_onset_method_describe(&s, cut, size), strlen(text));
    assert_int_equal(strlen(cut), size - 1 < strlen(text) ? size - 1 : strlen(text));
    assert_int_equal(strncmp(cut, text, strlen(cut)), 0);
    assert_int_equal(cut[size], '#');
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are_those_of_the_text),
      cmocka_unit_test(every_key_sets_its_own_member),
      cmocka_unit_test(written_settings_come_back),
      cmocka_unit_test(refusals_name_key_value_and_range),
      cmocka_unit_test(methods_are_found_by_their_id),
      cmocka_unit_test(descriptions_hold_what_takes_part),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
