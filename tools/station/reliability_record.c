/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reliability_record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void stance_reliability_key_of(const struct stance_result *result, const char *instrument,
                               enum stance_metric metric, enum stance_summary_rule rule,
                               struct stance_reliability_key *ret_key)
{
  const struct stance_protocol *protocol = &result->protocol;
  *ret_key = (struct stance_reliability_key){
      .hip_deg = protocol->hip_deg,
      .knee_deg = protocol->knee_deg,
  };
  snprintf(ret_key->protocol, sizeof ret_key->protocol, "%s", protocol->id);
  snprintf(ret_key->protocol_version, sizeof ret_key->protocol_version, "%s", protocol->version);
  snprintf(ret_key->rig, sizeof ret_key->rig, "%s", stance_rig_name(protocol->rig));
  snprintf(ret_key->metric, sizeof ret_key->metric, "%s", stance_metric_info(metric)->id);
  snprintf(ret_key->rule, sizeof ret_key->rule, "%s", stance_summary_id(rule));
  stance_result_method(result, metric, ret_key->method, sizeof ret_key->method);
  snprintf(ret_key->instrument, sizeof ret_key->instrument, "%s",
           instrument == NULL ? "" : instrument);
}

static bool is_same_angle(double a, double b)
{
  return isnan(a) ? isnan(b) : a == b;
}

/* But for the instrument. The metric first: it differs most often. */
static bool is_same_test(const struct stance_reliability_key *a,
                         const struct stance_reliability_key *b)
{
  return strcmp(a->metric, b->metric) == 0 && strcmp(a->rule, b->rule) == 0 &&
         strcmp(a->protocol, b->protocol) == 0 &&
         strcmp(a->protocol_version, b->protocol_version) == 0 && strcmp(a->rig, b->rig) == 0 &&
         is_same_angle(a->hip_deg, b->hip_deg) && is_same_angle(a->knee_deg, b->knee_deg) &&
         strcmp(a->method, b->method) == 0;
}

bool stance_reliability_key_is_equal(const struct stance_reliability_key *a,
                                     const struct stance_reliability_key *b)
{
  return is_same_test(a, b) && strcmp(a->instrument, b->instrument) == 0;
}

/* "MODEL SERIAL" is of this model. */
static bool is_of_model(const char *instrument, const char *model)
{
  const size_t length = strlen(model);
  return strncmp(instrument, model, length) == 0 &&
         (instrument[length] == '\0' || instrument[length] == ' ');
}

/* 0: speaks for something else; the more the better. */
static int rank_of(const struct stance_reliability_record *record,
                   const struct stance_reliability_key *key)
{
  if (!is_same_test(&record->key, key))
    return 0;
  if (!record->whole_model)
    return strcmp(record->key.instrument, key->instrument) == 0 ? 2 : 0;
  return is_of_model(key->instrument, record->key.instrument) ? 1 : 0;
}

static void take(const struct stance_reliability_record *record,
                 struct stance_repeatability *repeatability)
{
  const struct stance_reliability *statistics = &record->statistics;
  if (repeatability->source[0] == '\0')
    snprintf(repeatability->source, sizeof repeatability->source,
             "own tests: %zu athletes x %zu, study of %.10s%s", statistics->athletes,
             statistics->tests, record->created_at,
             record->whole_model ? ", instruments of one model together" : "");
  if (record->side == STANCE_BOTH) {
    repeatability->ratio_error_pct = statistics->typical_error.value;
    repeatability->ratio_error_df = statistics->degrees_of_freedom;
    return;
  }
  repeatability->error_pct[record->side] = statistics->log_error_pct;
  repeatability->error_df = statistics->degrees_of_freedom;
  repeatability->mdc95[record->side] = statistics->mdc95.value;
}

bool stance_repeatability_find(const struct stance_reliability_book *book,
                               const struct stance_protocol *protocol,
                               const struct stance_reliability_key *key,
                               struct stance_repeatability *ret_repeatability)
{
  const struct stance_reliability_record *best = NULL;
  int best_rank = 1;
  for (size_t k = 0; book != NULL && k < book->count; k++) {
    const int rank = rank_of(&book->record[k], key);
    if (rank < best_rank)
      continue;
    best = &book->record[k]; /* the last of the highest rank: the newest */
    best_rank = rank;
  }
  if (best == NULL)
    return strcmp(key->rule, stance_summary_id(STANCE_SUMMARY_BEST)) == 0 &&
           stance_repeatability_published(protocol, stance_metric_find(key->metric),
                                          ret_repeatability);
  struct stance_repeatability known = stance_repeatability_unknown;
  for (size_t k = 0; k < book->count; k++)
    if (strcmp(book->record[k].study, best->study) == 0 &&
        rank_of(&book->record[k], key) == best_rank)
      take(&book->record[k], &known);
  if (isnan(known.ratio_error_pct) && !isnan(known.error_pct[STANCE_LEFT]) &&
      !isnan(known.error_pct[STANCE_RIGHT]))
    stance_repeatability_assume_independence(&known, known.error_pct[STANCE_LEFT],
                                             known.error_pct[STANCE_RIGHT]);
  *ret_repeatability = known;
  return true;
}
