/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the store: what store_read.c asks of store_load.c and store_marks.c. */
#ifndef STANCE_STORE_LOAD_H
#define STANCE_STORE_LOAD_H

#include "store.h"

/* The samples of one stream of the recording that `info` describes; counts them in its
   `frames_stored`. `counters`: what the source said at its end, zeroed where it never did. */
enum stance_status store_load_trace(const struct stance_store *store, struct stance_recording *info,
                                    size_t stream, const struct stance_source_health *counters,
                                    struct stance_raw_trace *ret_trace,
                                    struct stance_problem *problem);

/* The fit of a stream's marks; its mark_count is 0 where there are too few. SQLITE_DONE, or
   SQLite's code. */
int store_read_clock(const struct stance_store *store, const char *recording_id, size_t stream,
                     struct stance_clock_fit *ret_fit);

#endif
