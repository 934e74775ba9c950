/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One result as a JSON object. jansson escapes the texts; it writes reals with 17 digits only, so
   that objects are put together here, with the digits of number.h. */
#include "json_text.h"
#include "number.h"
#include "report_private.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

struct json {
  struct stance_text *text;
  bool follows; /* a comma comes before the next member or element */
};

void stance_json_string(struct stance_text *text, const char *value)
{
  struct stance_text clean = {0};
  stance_text_utf8(&clean, value);
  json_t *string = clean.bytes == NULL ? json_string("") : json_string(clean.bytes);
  char *escaped = string == NULL ? NULL : json_dumps(string, JSON_ENCODE_ANY | JSON_COMPACT);
  if (escaped == NULL || clean.failed)
    text->failed = true;
  else
    stance_text_string(text, escaped);
  free(escaped);
  json_decref(string);
  stance_text_finish(&clean);
}

/* `key` NULL: an element of an array. */
static void begin(struct json *json, const char *key)
{
  if (json->follows)
    stance_text_string(json->text, ",");
  json->follows = true;
  if (key == NULL)
    return;
  stance_json_string(json->text, key);
  stance_text_string(json->text, ":");
}

static void enter(struct json *json, const char *key, const char *bracket)
{
  begin(json, key);
  stance_text_string(json->text, bracket);
  json->follows = false;
}

static void leave(struct json *json, const char *bracket)
{
  stance_text_string(json->text, bracket);
  json->follows = true;
}

/* Unknown is null, so that no program takes "" for a name. */
static void text_member(struct json *json, const char *key, const char *value)
{
  begin(json, key);
  if (value == NULL || value[0] == '\0')
    stance_text_string(json->text, "null");
  else
    stance_json_string(json->text, value);
}

static void number_member(struct json *json, const char *key, double value)
{
  char number[STANCE_NUMBER_SIZE];
  begin(json, key);
  if (isfinite(value))
    stance_text_append(json->text, number, stance_number_shortest(value, number));
  else
    stance_text_string(json->text, "null");
}

static void count_member(struct json *json, const char *key, uint64_t value)
{
  char number[STANCE_NUMBER_SIZE];
  begin(json, key);
  stance_text_append(json->text, number, stance_number_unsigned(value, number));
}

static void bool_member(struct json *json, const char *key, bool value)
{
  begin(json, key);
  stance_text_string(json->text, value ? "true" : "false");
}

static void reasons_member(struct json *json, const char *key, stance_reason_set reasons)
{
  enter(json, key, "[");
  for (int reason = 0; reason < STANCE_REASON_COUNT; reason++)
    if ((reasons & STANCE_REASON_BIT(reason)) != 0)
      text_member(json, NULL, stance_reason_id((enum stance_reason)reason));
  leave(json, "]");
}

static void subject(struct json *json, const struct stance_report *report)
{
  static const char *const states[] = {"unknowable", "known", "none"};
  char started_at[STANCE_LOCAL_TIME_SIZE];
  stance_report_local_time(report, started_at);
  text_member(json, "software", STANCE_SOFTWARE);
  text_member(json, "recording", report->recording);
  text_member(json, "session", report->session);
  text_member(json, "athlete", report->athlete);
  text_member(json, "operator", report->operator_name);
  text_member(json, "started_at", started_at);
  text_member(json, "instrument", report->instrument);
  text_member(json, "firmware", report->firmware);
  text_member(json, "digest", report->digest);
  enter(json, "calibration", "{");
  text_member(json, "state", states[report->calibration]);
  text_member(json, "id", report->calibration_id);
  leave(json, "}");
  text_member(json, "verification", report->verification);
  text_member(json, "injured_side", stance_side_name(report->result->injured_side));
  number_member(json, "body_mass_kg", report->result->body_mass_kg);
  number_member(json, "lever_m", report->result->lever_m);
  text_member(json, "notes", report->notes);
}

static void protocol(struct json *json, const struct stance_protocol *protocol)
{
  enter(json, "protocol", "{");
  text_member(json, "id", protocol->id);
  text_member(json, "version", protocol->version);
  text_member(json, "title", protocol->title);
  text_member(json, "sides", stance_protocol_sides_name(protocol->sides));
  text_member(json, "rig", stance_rig_name(protocol->rig));
  text_member(json, "effort", stance_effort_kind_name(protocol->effort));
  number_member(json, "hip_deg", protocol->hip_deg);
  number_member(json, "knee_deg", protocol->knee_deg);
  text_member(json, "compared", stance_metric_info(protocol->compared)->id);
  leave(json, "}");
}

static void settings(struct json *json, const struct stance_analysis_settings *settings)
{
#define SETTING(member)                                        \
  {                                                            \
#member, offsetof(struct stance_analysis_settings, member) \
  }
  static const struct {
    const char *key;
    size_t offset;
  } numbers[] = {
      SETTING(onset_sd),
      SETTING(onset_floor_n),
      SETTING(onset_percent),
      SETTING(onset_slope_n_per_s),
      SETTING(onset_hold_ms),
      SETTING(onset_backstep_ms),
      SETTING(quiet_window_s),
      SETTING(quiet_search_s),
      SETTING(cutoff_hz),
      SETTING(minimum_peak_n),
      SETTING(minimum_separation_s),
      SETTING(partial_fraction),
      SETTING(one_sided_fraction),
      SETTING(countermovement_n),
  };
#undef SETTING
  enter(json, "settings", "{");
  text_member(json, "onset_method", stance_onset_method_id(settings->onset_method));
  text_member(json, "asymmetry_formula",
              stance_asymmetry_id((enum stance_asymmetry_formula)settings->asymmetry_formula));
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
    number_member(json, numbers[k].key,
                  *(const double *)(const void *)((const char *)settings + numbers[k].offset));
  leave(json, "}");
}

static void time_axis(struct json *json, const struct stance_time_axis *time)
{
  enter(json, "time", "{");
  number_member(json, "start_s", time->start_s);
  number_member(json, "rate_hz", time->rate_hz);
  number_member(json, "rate_uncertainty_hz", time->rate_uncertainty_hz);
  number_member(json, "nominal_rate_hz", time->nominal_rate_hz);
  number_member(json, "alignment_uncertainty_s", time->alignment_s);
  number_member(json, "jitter_s", time->jitter_s);
  number_member(json, "longest_gap_s", time->longest_gap_s);
  bool_member(json, "stamped", time->stamped);
  bool_member(json, "irregular", time->irregular);
  leave(json, "}");
}

static void integrity(struct json *json, const struct stance_integrity *integrity)
{
  enter(json, "integrity", "{");
  count_member(json, "lines_read", integrity->lines_read);
  count_member(json, "lines_header", integrity->lines_header);
  count_member(json, "lines_used", integrity->lines_used);
  count_member(json, "lines_refused", integrity->lines_refused);
  count_member(json, "frames_expected", integrity->frames_expected);
  count_member(json, "frames_received", integrity->frames_received);
  count_member(json, "frames_lost", integrity->frames_lost);
  count_member(json, "frames_duplicated", integrity->frames_duplicated);
  count_member(json, "frames_corrupt", integrity->frames_corrupt);
  count_member(json, "frames_late", integrity->frames_late);
  count_member(json, "longest_gap_frames", integrity->longest_gap_frames);
  count_member(json, "samples_saturated", integrity->samples_saturated);
  leave(json, "}");
}

static void sides(struct json *json, const struct stance_result *result)
{
  enter(json, "sides", "{");
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    enter(json, stance_side_name((enum stance_side)side), "{");
    bool_member(json, "measured", result->measured[side]);
    count_member(json, "attempted", result->attempted[side]);
    count_member(json, "used", result->used[side]);
    number_member(json, "zero_shift_n", stance_report_zero_shift_n(result, (enum stance_side)side));
    leave(json, "}");
  }
  leave(json, "}");
}

static void repetitions(struct json *json, const struct stance_result *result)
{
  enter(json, "repetitions", "[");
  for (size_t k = 0; k < result->repetition_count; k++) {
    const struct stance_repetition *repetition = &result->repetition[k];
    enter(json, NULL, "{");
    count_member(json, "repetition", repetition->number);
    text_member(json, "side", stance_side_name(repetition->side));
    count_member(json, "order", repetition->order);
    text_member(json, "status", stance_report_repetition_status(repetition->status));
    reasons_member(json, "reasons", repetition->reasons);
    number_member(json, "pain_0_10", repetition->pain);
    leave(json, "}");
  }
  leave(json, "]");
}

static void comparison(struct json *json, const struct stance_report *report)
{
  static const enum stance_summary_rule rule = STANCE_SUMMARY_BEST;
  struct stance_repeatability known;
  const struct stance_side_comparison sides_compared =
      stance_report_comparison(report, rule, &known);
  const bool is_known = sides_compared.verdict != STANCE_DISTINGUISHABLE_UNKNOWN;
  char words[STANCE_COMPARISON_WORDS_SIZE], status[STANCE_REASONS_SIZE] = "ok";
  if (!is_known) {
    const int length = snprintf(status, sizeof status, "missing:");
    stance_reason_join(sides_compared.reasons, status + length, sizeof status - (size_t)length);
  }
  stance_side_comparison_words(&sides_compared, words, sizeof words);
  enter(json, "comparison", "{");
  text_member(json, "rule", stance_summary_id(rule));
  text_member(json, "metric", stance_metric_info(report->result->protocol.compared)->id);
  text_member(json, "status", status);
  text_member(json, "distinguishable", stance_distinguishable_id(sides_compared.verdict));
  text_member(json, "words", words);
  number_member(json, "low_pct", sides_compared.low_pct);
  number_member(json, "high_pct", sides_compared.high_pct);
  number_member(json, "log_ratio", is_known ? sides_compared.log_ratio : (double)NAN);
  number_member(json, "band", sides_compared.band);
  bool_member(json, "assumes_independent_sides", sides_compared.assumes_independence);
  text_member(json, "source", known.source);
  bool_member(json, "published_elsewhere", known.published);
  leave(json, "}");
}

struct value_context {
  struct json *json;
  const struct stance_report *report;
};

static void mdc95(struct json *json, const struct stance_report *report,
                  enum stance_summary_rule rule, enum stance_side side, enum stance_metric metric,
                  const struct stance_value *value)
{
  struct stance_repeatability known;
  const double change = stance_report_mdc95(report, rule, side, metric, value, &known);
  number_member(json, "mdc95", change);
  text_member(json, "mdc95_source", isnan(change) ? NULL : known.source);
}

static void value_object(void *context, const struct stance_repetition *repetition,
                         enum stance_summary_rule rule, enum stance_side side,
                         enum stance_metric metric, const struct stance_value *value)
{
  struct json *json = ((struct value_context *)context)->json;
  const struct stance_report *report = ((struct value_context *)context)->report;
  char method[256], status[STANCE_REASONS_SIZE], unit[STANCE_UNIT_SIZE];
  stance_report_unit(report->result, metric, unit);
  stance_result_method(report->result, metric, method, sizeof method);
  stance_value_status(value, status, sizeof status);
  enter(json, NULL, "{");
  if (repetition != NULL)
    count_member(json, "repetition", repetition->number);
  else
    text_member(json, "repetition", stance_summary_id(rule));
  text_member(json, "side", stance_side_name(side));
  text_member(json, "metric", stance_metric_info(metric)->id);
  number_member(json, "value", value->value);
  text_member(json, "unit", unit);
  number_member(json, "uncertainty",
                stance_value_is_missing(value) ? (double)NAN : value->uncertainty);
  text_member(json, "method", method);
  text_member(json, "status", status);
  if (value->spread_count > 0) {
    number_member(json, "method_low", value->spread_low);
    number_member(json, "method_high", value->spread_high);
    count_member(json, "method_count", value->spread_count);
  }
  if (repetition == NULL)
    mdc95(json, report, rule, side, metric, value);
  leave(json, "}");
}

void stance_report_json(struct stance_text *text, const struct stance_report *report)
{
  struct json json = {.text = text};
  const struct stance_result *result = report->result;
  struct value_context context = {.json = &json, .report = report};
  enter(&json, NULL, "{");
  subject(&json, report);
  protocol(&json, &result->protocol);
  text_member(&json, "onset_method", result->onset_method);
  text_member(&json, "uncertainty_extent", stance_uncertainty_extent_id(result->uncertainty));
  settings(&json, &result->settings);
  time_axis(&json, &result->time);
  integrity(&json, &result->integrity);
  reasons_member(&json, "flags", result->flags);
  sides(&json, result);
  bool_member(&json, "zero_shift_corrected", result->drift_corrected);
  repetitions(&json, result);
  comparison(&json, report);
  enter(&json, "values", "[");
  stance_report_visit_values(result, value_object, &context);
  leave(&json, "]");
  leave(&json, "}\n");
}
