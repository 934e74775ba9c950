/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a protocol, `--set` and `--onset-method` may change: defaults, ranges, and the names under
   which results carry the choice. */
#include "stance/onset.h"

#include "stance/asymmetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* SCIENCE 1.3 (threshold, quiet window), 3 (repetitions); SCIENCE 1.1 for the 50 N dip. 5 % of body
   weight or peak is the middle one of the percent thresholds of Dos'Santos 2017. */
const struct stance_analysis_settings stance_analysis_settings_default = {
    .onset_method = STANCE_ONSET_MEAN_SD,
    .onset_sd = 5.0,
    .onset_floor_n = 10.0,
    .onset_percent = 5.0,
    .onset_slope_n_per_s = 0.0,
    .onset_hold_ms = 0.0,
    .onset_backstep_ms = 0.0,
    .quiet_window_s = 1.0,
    .quiet_search_s = 5.0,
    .cutoff_hz = 6.0,
    .minimum_peak_n = 40.0,
    .minimum_separation_s = 1.5,
    .partial_fraction = 0.6,
    .one_sided_fraction = 0.3,
    .countermovement_n = 50.0,
    .asymmetry_formula = STANCE_ASYMMETRY_PERCENT_DIFFERENCE,
};

struct setting {
  const char *key;
  size_t offset;
  double minimum, maximum;
};
#define SETTING(member, minimum, maximum)                                        \
  {                                                                              \
#member, offsetof(struct stance_analysis_settings, member), minimum, maximum \
  }

/* Ranges keep a slip of the finger from being analysed. From SCIENCE 1.3: the quiet window and the
   60 ms of the back-step; the others span what any force instrument could need (0.001 N lets
   a muscle in a bath be analysed). */
static const struct setting settings_table[] = {
    SETTING(onset_sd, 0.0, 100.0),
    SETTING(onset_floor_n, 0.0, 10000.0),
    SETTING(onset_percent, 0.1, 90.0),
    SETTING(onset_slope_n_per_s, 0.0, 1e6),
    SETTING(onset_hold_ms, 0.0, 1000.0),
    SETTING(onset_backstep_ms, 0.0, 60.0),
    SETTING(quiet_window_s, 0.2, 1.0),
    SETTING(quiet_search_s, 0.2, 60.0),
    SETTING(cutoff_hz, 0.1, 1000.0),
    SETTING(minimum_peak_n, 0.001, 100000.0),
    SETTING(minimum_separation_s, 0.0, 60.0),
    SETTING(partial_fraction, 0.0, 1.0),
    SETTING(one_sided_fraction, 0.0, 1.0),
    SETTING(countermovement_n, 0.0, 10000.0),
};
enum { SETTING_COUNT = sizeof settings_table / sizeof settings_table[0] };

struct method {
  const char *id;
  const char *definition;
};
enum { METHOD_VERSION = 1 };
static const struct method method_table[STANCE_ONSET_METHOD_COUNT] = {
    [STANCE_ONSET_MEAN_SD] =
        {"mean_sd", "first sample above the quiet window's mean + max(onset_sd SD, onset_floor_n), "
                    "walked back from the steepest rise (Dos'Santos 2017; SCIENCE 1.3)"},
    [STANCE_ONSET_THRESHOLD_N] =
        {"threshold_n", "first sample more than onset_floor_n above the quiet window's mean, "
                        "walked back from the steepest rise (absolute threshold, as in "
                        "White 2024)"},
    [STANCE_ONSET_PERCENT_PEAK] =
        {"percent_peak", "first sample more than onset_percent of the net peak above the quiet "
                         "window's mean, walked back from the steepest rise (SCIENCE 1.1)"},
    [STANCE_ONSET_PERCENT_BODYWEIGHT] =
        {"percent_bodyweight", "first sample more than onset_percent of body weight above the "
                               "quiet window's mean, walked back from the steepest rise "
                               "(Dos'Santos 2017)"},
    [STANCE_ONSET_DERIVATIVE] =
        {"derivative", "first sample whose slope over 20 ms exceeds onset_slope_n_per_s, or the "
                       "quiet window's mean slope + onset_sd SD where that is 0, walked back from "
                       "the steepest rise (after Liu, Qu & Stone 2020)"},
};

const char *stance_onset_method_id(enum stance_onset_method method)
{
  return method_table[method].id;
}

const char *stance_onset_method_definition(enum stance_onset_method method)
{
  return method_table[method].definition;
}

enum stance_onset_method stance_onset_method_find(const char *id)
{
  for (int k = 0; k < STANCE_ONSET_METHOD_COUNT; ++k) {
    char versioned[48];
    snprintf(versioned, sizeof versioned, "%s/%d", method_table[k].id, METHOD_VERSION);
    if (strcmp(id, method_table[k].id) == 0 || strcmp(id, versioned) == 0)
      return (enum stance_onset_method)k;
  }
  return STANCE_ONSET_METHOD_COUNT;
}

/* "a, b, c" into a buffer that is large enough for either table. */
static void list_keys(char *ret_text, size_t size)
{
  size_t used = (size_t)snprintf(ret_text, size, "onset_method, asymmetry_formula");
  for (int k = 0; k < SETTING_COUNT && used < size; ++k)
    used += (size_t)snprintf(ret_text + used, size - used, ", %s", settings_table[k].key);
}

static enum stance_status set_method(struct stance_analysis_settings *settings, const char *value,
                                     struct stance_problem *problem)
{
  enum stance_onset_method method = stance_onset_method_find(value);
  if (method == STANCE_ONSET_METHOD_COUNT) {
    char list[160] = "";
    size_t used = 0;
    for (int k = 0; k < STANCE_ONSET_METHOD_COUNT; ++k)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k > 0 ? ", " : "",
                               method_table[k].id);
    return stance_problem_set(problem, STANCE_USAGE,
                              "onset_method: there is no method '%.60s'; use one of %s", value,
                              list);
  }
  settings->onset_method = method;
  return STANCE_OK;
}

static enum stance_status set_formula(struct stance_analysis_settings *settings, const char *value,
                                      struct stance_problem *problem)
{
  enum stance_asymmetry_formula formula = stance_asymmetry_find(value);
  if (formula == STANCE_ASYMMETRY_FORMULA_COUNT) {
    char list[320] = "";
    size_t used = 0;
    for (int k = 0; k < STANCE_ASYMMETRY_FORMULA_COUNT && used < sizeof list; ++k)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k > 0 ? ", " : "",
                               stance_asymmetry_id((enum stance_asymmetry_formula)k));
    return stance_problem_set(problem, STANCE_USAGE,
                              "asymmetry_formula: there is no formula '%.60s'; use one of %s",
                              value, list);
  }
  settings->asymmetry_formula = (int)formula;
  return STANCE_OK;
}

static enum stance_status set_number(struct stance_analysis_settings *settings,
                                     const struct setting *setting, const char *value,
                                     struct stance_problem *problem)
{
  char *end = NULL;
  double number = strtod(value, &end);
  if (end == value || *end != '\0' || !(number >= setting->minimum && number <= setting->maximum))
    return stance_problem_set(problem, STANCE_USAGE,
                              "%s: '%.60s' is not a number from %g to %g (decimals with a point)",
                              setting->key, value, setting->minimum, setting->maximum);
  memcpy((char *)settings + setting->offset, &number, sizeof number);
  return STANCE_OK;
}

enum stance_status stance_analysis_settings_set(struct stance_analysis_settings *settings,
                                                const char *key, const char *value,
                                                struct stance_problem *problem)
{
  if (strcmp(key, "onset_method") == 0)
    return set_method(settings, value, problem);
  if (strcmp(key, "asymmetry_formula") == 0)
    return set_formula(settings, value, problem);
  for (int k = 0; k < SETTING_COUNT; ++k) {
    if (strcmp(key, settings_table[k].key) == 0)
      return set_number(settings, &settings_table[k], value, problem);
  }
  char list[400];
  list_keys(list, sizeof list);
  return stance_problem_set(problem, STANCE_USAGE,
                            "there is no setting '%.60s'; the settings are %s", key, list);
}

size_t stance_analysis_settings_write(const struct stance_analysis_settings *settings,
                                      char *ret_text, size_t size)
{
  size_t used = (size_t)snprintf(
      ret_text, size, "onset_method=%s\nasymmetry_formula=%s\n",
      method_table[settings->onset_method].id,
      stance_asymmetry_id((enum stance_asymmetry_formula)settings->asymmetry_formula));
  for (int k = 0; k < SETTING_COUNT; ++k) {
    double number;
    memcpy(&number, (const char *)settings + settings_table[k].offset, sizeof number);
    const size_t at = used < size ? used : size;
    used += (size_t)snprintf(ret_text + at, size - at, "%s=%.17g\n", settings_table[k].key, number);
  }
  return used;
}

/* A text that grows as far as there is room; `length` goes on counting. */
struct description {
  char *text;
  size_t size, length;
  const char *separator;
};

static void append(struct description *description, const char *name, double value)
{
  size_t at = description->length < description->size ? description->length : description->size;
  int length = snprintf(description->text + at, description->size - at, "%s%s=%.15g",
                        description->separator, name, value);
  description->length += (size_t)length;
  description->separator = ",";
}

size_t stance_onset_method_describe(const struct stance_analysis_settings *settings, char *ret_text,
                                    size_t size)
{
  const struct stance_analysis_settings *s = settings;
  enum stance_onset_method method = s->onset_method;
  struct description d = {.text = ret_text, .size = size, .separator = ""};
  d.length = (size_t)snprintf(ret_text, size, "%s/%d(", method_table[method].id, METHOD_VERSION);

  bool derivative = method == STANCE_ONSET_DERIVATIVE; /* its end is that of mean_sd */
  if (derivative && s->onset_slope_n_per_s != 0.0)
    append(&d, "onset_slope_n_per_s", s->onset_slope_n_per_s);
  if (derivative || method == STANCE_ONSET_MEAN_SD)
    append(&d, "onset_sd", s->onset_sd);
  if (derivative || method == STANCE_ONSET_MEAN_SD || method == STANCE_ONSET_THRESHOLD_N)
    append(&d, "onset_floor_n", s->onset_floor_n);
  if (method == STANCE_ONSET_PERCENT_PEAK || method == STANCE_ONSET_PERCENT_BODYWEIGHT)
    append(&d, "onset_percent", s->onset_percent);
  append(&d, "quiet_window_s", s->quiet_window_s);
  /* At their defaults these take no part or are the method itself. */
  if (s->quiet_search_s != stance_analysis_settings_default.quiet_search_s)
    append(&d, "quiet_search_s", s->quiet_search_s);
  if (s->onset_hold_ms != 0.0)
    append(&d, "onset_hold_ms", s->onset_hold_ms);
  if (s->onset_backstep_ms != 0.0)
    append(&d, "onset_backstep_ms", s->onset_backstep_ms);

  size_t at = d.length < size ? d.length : size;
  return d.length + (size_t)snprintf(ret_text + at, size - at, ")");
}
