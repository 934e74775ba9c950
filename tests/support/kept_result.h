/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished test with a result of which only the best peaks are kept. Include store_fixture.h too.
 */
#ifndef STANCE_TEST_KEPT_RESULT_H
#define STANCE_TEST_KEPT_RESULT_H

#include "store.h"

/* `day` YYYY-MM-DD; peaks NaN: missing. */
void kept_result_put(struct stance_store *store, const char *athlete, const char *protocol,
                     const char *day, double left_n, double right_n, const char *unit);

#endif
