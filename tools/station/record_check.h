/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a recording and its result still are what they were at the time of the test. */
#ifndef STANCE_RECORD_CHECK_H
#define STANCE_RECORD_CHECK_H

#include "stance/result.h"
#include "store.h"
#include "text.h"

enum stance_record_verdict {
  STANCE_RECORD_IDENTICAL, /* digests hold, and the result comes out the same again */
  STANCE_RECORD_UNSEALED,  /* the same again, but an older stance kept no digest of it */
  STANCE_RECORD_NO_RESULT, /* nothing to compare; what digest there is holds */
  STANCE_RECORD_DIFFERENT, /* a digest does not hold, or the result comes out otherwise */
  STANCE_RECORD_VERDICT_COUNT,
};
const char *stance_record_verdict_id(enum stance_record_verdict verdict); /* "identical" */

struct stance_record_check {
  enum stance_record_verdict verdict;
  size_t compared, different, other_method;  /* see result_compare.h */
  char software[64];                         /* that made the stored result; "" where none is */
  char digest[STANCE_RECORDING_DIGEST_SIZE]; /* as kept; "" where none is */
  struct stance_text words;                  /* lines that begin with two spaces; owned */
};
/* Accepts NULL. */
void stance_record_check_finish(struct stance_record_check *check);

/* Reads everything that is stored of the recording again, makes its digest, and computes the newest
   stored result again with the settings it was made with. What is damaged is a verdict, not an
   error. STANCE_INPUT where there is no such recording, STANCE_STORE, STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status stance_record_verify(struct stance_store *store,
                                                          struct stance_analyzer *analyzer,
                                                          const char *recording_id,
                                                          struct stance_record_check *ret_check,
                                                          struct stance_problem *problem);

#endif
