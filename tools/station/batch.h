/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many recordings over all cores, reports in the order given, memory flat. */
#ifndef STANCE_BATCH_H
#define STANCE_BATCH_H

#include "trial.h"

enum stance_batch_kind { STANCE_BATCH_FILE, STANCE_BATCH_PAIR, STANCE_BATCH_STORED };

/* Borrowed: a path; the paths of left and right; the id of a stored recording. */
struct stance_batch_item {
  enum stance_batch_kind kind;
  const char *name;
  const char *right_name;
};

struct stance_batch_options {
  const struct stance_trial_options *trial;
  enum stance_layout layout;
  bool json;                                         /* instead of a layout: one object a line */
  const enum stance_metric *budget;                  /* instead of a report; NULL: none */
  bool locale;                                       /* of the layout */
  bool summary;                                      /* for a person, among the messages */
  unsigned jobs;                                     /* 0: as many as there are processors */
  const char *store_path;                            /* needed by stored items */
  const struct stance_reliability_book *reliability; /* of the clinic; NULL: none */
};

/* What one item gave. Borrowed during the call. */
struct stance_batch_report {
  enum stance_status status; /* the first failure among its trials */
  const char *rows;          /* without header; "" where nothing could be analysed */
  const char *messages;      /* one problem a line, then the summary; "" where none */
};
/* Called in the order of the items, one at a time, in any thread of the run. Not STANCE_OK: no
   further item is begun, and the run ends with that status. */
typedef enum stance_status stance_batch_emit(void *context, size_t item,
                                             const struct stance_batch_report *report,
                                             struct stance_problem *problem);

/* At most a few reports more than there are jobs are in memory. A failing item does not stop the
   others: its status goes to `emit`. STANCE_STORE where the store cannot be opened. WORK. */
STANCE_MUST_CHECK enum stance_status stance_batch_run(const struct stance_batch_item *items,
                                                      size_t count,
                                                      const struct stance_batch_options *options,
                                                      stance_batch_emit *emit, void *context,
                                                      struct stance_problem *problem);

#endif
