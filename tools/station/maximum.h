/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How strong an athlete is, as far as this store knows: what a target band is a part of. */
#ifndef STANCE_MAXIMUM_H
#define STANCE_MAXIMUM_H

#include "stance/metric.h"
#include "store.h"

struct stance_maximum {
  double force_n[STANCE_MEASURED_SIDE_COUNT]; /* as `compared` counts it; NaN: not known */
  enum stance_metric compared;                /* of the protocol: peak_force or peak_force_net */
  char protocol_id[48];
  char day[STANCE_DAY_SIZE]; /* of the tests, YYYY-MM-DD, UTC */
};

/* The highest force of each side that the best accepted repetitions of `athlete` by a protocol
   reached on the last day with such a test: today, where there was one. Doubtful forces count, as
   they do in the report; what is not in newtons does not. `ret_maximum->day` is "" where there is
   none; nobody's ("") is never known. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_maximum_find(struct stance_store *store, const char *athlete, const char *protocol_id,
                    struct stance_maximum *ret_maximum, struct stance_problem *problem);

#endif
