/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a clinic's own repeated tests say about one value of one test, and which record speaks for
   which result. */
#ifndef STANCE_RELIABILITY_RECORD_H
#define STANCE_RELIABILITY_RECORD_H

#include "stance/comparison.h"
#include "stance/reliability.h"
#include "stance/result.h"

#include <stdbool.h>
#include <stddef.h>

/* Everything that must be equal for two values to be comparable: SCIENCE 8e. */
struct stance_reliability_key {
  char protocol[48];
  char protocol_version[16];
  double hip_deg, knee_deg; /* NaN where the protocol fixes none */
  char rig[16];
  char metric[64];
  char rule[16];        /* best, mean, mean_of_3 */
  char method[256];     /* as in the long layout */
  char instrument[136]; /* model and serial; "" where it is not known, as for a file of forces */
};
/* Of a value of a result. */
void stance_reliability_key_of(const struct stance_result *result, const char *instrument,
                               enum stance_metric metric, enum stance_summary_rule rule,
                               struct stance_reliability_key *ret_key);
bool stance_reliability_key_is_equal(const struct stance_reliability_key *a,
                                     const struct stance_reliability_key *b);

enum { STANCE_RELIABILITY_ID_SIZE = 37 }; /* a UUID */

struct stance_reliability_record {
  char study[STANCE_RELIABILITY_ID_SIZE]; /* records that were saved together */
  char created_at[32];                    /* RFC 3339 UTC */
  struct stance_reliability_key key;
  bool whole_model;      /* key.instrument is a model: every serial number of it is meant */
  enum stance_side side; /* LEFT, RIGHT, TOTAL: the value; BOTH: 100·ln(right/left) */
  struct stance_reliability statistics; /* its single-test ICCs (2,1) and (3,1) are kept */
};

/* Borrowed records, oldest study first. NULL wherever it is asked for: none. */
struct stance_reliability_book {
  const struct stance_reliability_record *record;
  size_t count;
};

/* What is known of a value's repeatability: of the newest study of the clinic with exactly this key
   (a study of this very instrument before one of its model), else published, else false. Own
   sides without an own ratio are taken to be independent. */
bool stance_repeatability_find(const struct stance_reliability_book *book,
                               const struct stance_protocol *protocol,
                               const struct stance_reliability_key *key,
                               struct stance_repeatability *ret_repeatability);

#endif
