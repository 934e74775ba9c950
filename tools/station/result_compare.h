/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stored result against the one that is made now of the same values. */
#ifndef STANCE_RESULT_COMPARE_H
#define STANCE_RESULT_COMPARE_H

#include "store.h"
#include "text.h"

struct stance_result_comparison {
  size_t compared;          /* values with their status, and entries of the ledger */
  size_t different;         /* of these */
  size_t other_method;      /* values whose method has another id now: not compared */
  struct stance_text words; /* a line for each of the first differences; owned */
};

/* Values agree where they are the same at the decimals of the metric table; status, unit and method
   to the letter. What other tests of the clinic say (mdc95, mdc95_source) and, in the ledger, the
   software is passed over: it may change without a bit of the recording changing. STANCE_INPUT
   where the stored text is no table; STANCE_MEMORY. `ret_comparison->words` by stance_text_finish.
   WORK. */
STANCE_MUST_CHECK enum stance_status stance_result_compare(
    const struct stance_stored_result *stored, const struct stance_stored_result *now,
    struct stance_result_comparison *ret_comparison, struct stance_problem *problem);

#endif
