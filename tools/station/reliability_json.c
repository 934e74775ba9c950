/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json_text.h"
#include "number.h"
#include "reliability_report.h"

#include <math.h>
#include <string.h>

static void number(struct stance_text *text, double value)
{
  char digits[STANCE_NUMBER_SIZE];
  if (isfinite(value))
    stance_text_append(text, digits, stance_number_shortest(value, digits));
  else
    stance_text_string(text, "null");
}

static void text_member(struct stance_text *text, const char *key, const char *value)
{
  stance_text_format(text, "\"%s\":", key);
  stance_json_string(text, value);
  stance_text_string(text, ",");
}

static void number_member(struct stance_text *text, const char *key, double value)
{
  stance_text_format(text, "\"%s\":", key);
  number(text, value);
  stance_text_string(text, ",");
}

static void estimate_member(struct stance_text *text, const char *key,
                            const struct stance_estimate *estimate)
{
  stance_text_format(text, "\"%s\":{\"value\":", key);
  number(text, estimate->value);
  stance_text_string(text, ",\"low\":");
  number(text, estimate->low);
  stance_text_string(text, ",\"high\":");
  number(text, estimate->high);
  stance_text_string(text, "},");
}

static void record_object(struct stance_text *text, const struct stance_reliability_record *record)
{
  const struct stance_reliability_key *key = &record->key;
  const struct stance_reliability *statistics = &record->statistics;
  stance_text_string(text, "{");
  text_member(text, "protocol", key->protocol);
  text_member(text, "protocol_version", key->protocol_version);
  number_member(text, "position_hip_deg", key->hip_deg);
  number_member(text, "position_knee_deg", key->knee_deg);
  text_member(text, "rig", key->rig);
  text_member(text, "metric", key->metric);
  text_member(text, "rule", key->rule);
  text_member(text, "method", key->method);
  text_member(text, "instrument", key->instrument);
  stance_text_format(text, "\"whole_model\":%s,", record->whole_model ? "true" : "false");
  text_member(text, "side", stance_side_name(record->side));
  text_member(text, "scale", record->side == STANCE_BOTH ? "100*ln(right/left)" : "value");
  number_member(text, "athletes", (double)statistics->athletes);
  number_member(text, "tests", (double)statistics->tests);
  number_member(text, "mean", statistics->mean);
  estimate_member(text, "typical_error", &statistics->typical_error);
  estimate_member(text, "cv_pct", &statistics->cv_pct);
  number_member(text, "cv_simple_pct", statistics->cv_simple_pct);
  estimate_member(text, "sem", &statistics->sem);
  estimate_member(text, "mdc95", &statistics->mdc95);
  estimate_member(text, "icc_1_1", &statistics->icc_1_1);
  estimate_member(text, "icc_2_1", &statistics->icc_2_1);
  estimate_member(text, "icc_3_1", &statistics->icc_3_1);
  estimate_member(text, "icc_1_k", &statistics->icc_1_k);
  estimate_member(text, "icc_2_k", &statistics->icc_2_k);
  estimate_member(text, "icc_3_k", &statistics->icc_3_k);
  estimate_member(text, "shift", &statistics->shift);
  stance_text_string(text, "\"degrees_of_freedom\":");
  number(text, statistics->degrees_of_freedom);
  stance_text_string(text, "}");
}

void stance_reliability_json(struct stance_text *text,
                             const struct stance_reliability_study *studies, size_t count,
                             const char *left_out, const char *saved)
{
  const char *separator = "";
  stance_text_string(text, "{\"records\":[");
  for (size_t k = 0; k < count; k++)
    for (int side = 0; side < STANCE_SIDE_COUNT; side++) {
      if (!studies[k].made[side])
        continue;
      stance_text_string(text, separator);
      record_object(text, &studies[k].record[side]);
      separator = ",";
    }
  stance_text_string(text, "],\"left_out\":[");
  separator = "";
  for (const char *at = left_out; *at != '\0';) {
    struct stance_text line = {0};
    const size_t length = strcspn(at, "\n");
    stance_text_append(&line, at, length);
    stance_text_string(text, separator);
    stance_json_string(text, line.bytes == NULL ? "" : line.bytes);
    text->failed = text->failed || line.failed;
    stance_text_finish(&line);
    separator = ",";
    at += length + (at[length] == '\n' ? 1 : 0);
  }
  stance_text_string(text, "],\"saved\":");
  if (saved == NULL)
    stance_text_string(text, "null");
  else
    stance_json_string(text, saved);
  stance_text_string(text, "}\n");
}
