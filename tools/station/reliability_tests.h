/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repeated tests, collected from the store or from tables, and the studies that can be made of
   them. Tests are put together only where everything of the key is equal. */
#ifndef STANCE_RELIABILITY_TESTS_H
#define STANCE_RELIABILITY_TESTS_H

#include "reliability_record.h"
#include "store.h"
#include "text.h"
#include "trial.h"

/* One value of one test of one athlete. */
struct stance_reliability_test {
  char athlete[64];
  char recording[128]; /* so that none counts twice; the label of a test in a simple table */
  char started_at[32]; /* begins with YYYY-MM-DD; "" where not known: then the order given counts */
  struct stance_reliability_key key;
  double value[STANCE_MEASURED_SIDE_COUNT]; /* NaN: the side was not measured or is not usable */
  size_t order;                             /* filled by add: in which they were given */
};

/* Zeroed is empty. */
struct stance_reliability_tests {
  struct stance_reliability_test *test;
  size_t count, capacity;
  struct stance_text left_out; /* what is not used and why, one a line */
  bool terse;                  /* tell once a metric, not a test, that values are missing */
};
void stance_reliability_tests_finish(struct stance_reliability_tests *tests);
/* A copy; STANCE_MEMORY. A value above 0 of at least one side is needed, else it is left out. */
STANCE_MUST_CHECK enum stance_status
stance_reliability_tests_add(struct stance_reliability_tests *tests,
                             const struct stance_reliability_test *test,
                             struct stance_problem *problem);
/* One line of `left_out`, once. */
STANCE_PRINTF(2, 3)
void stance_reliability_leave_out(struct stance_reliability_tests *tests, const char *format, ...);

/* By key, athlete and time; drops what was given twice and, on request, each athlete's first test.
 */
void stance_reliability_tests_sort(struct stance_reliability_tests *tests, bool skip_first);

/* Which tests count. Borrowed; NULL, zero and COUNT mean: all, as the source says. */
struct stance_reliability_options {
  const struct stance_protocol *protocol; /* this one only; of a simple table: the one it is of */
  const enum stance_metric *metric;       /* these; NULL: the one that the protocol compares */
  size_t metric_count;
  enum stance_summary_rule rule;
  const char *instrument; /* of tables that do not say; of a store: this model or MODEL SERIAL */
  const char *method;     /* of tables that do not say */
  bool whole_model;       /* instruments of one model count as one; `instrument` is a model */
  bool include_injured;   /* athletes with a named injured side change from test to test */
  bool same_day;          /* a second test on one day counts too; else only the first */
  bool skip_first;        /* each athlete's first test is familiarisation: SCIENCE 8b */
};

/* All recordings of the store that were made under an athlete's name; each is analysed anew. */
STANCE_MUST_CHECK enum stance_status stance_reliability_collect_stored(
    struct stance_store *store, const struct stance_reliability_options *options,
    struct stance_reliability_tests *tests, struct stance_problem *problem);
/* A table in the tests layout, the long layout, or with the columns athlete, test, left, right (or
   total). STANCE_INPUT with line and column, STANCE_USAGE where the table does not say what is
   needed and no option does. */
STANCE_MUST_CHECK enum stance_status
stance_reliability_collect_table(const char *path, const struct stance_reliability_options *options,
                                 struct stance_reliability_tests *tests,
                                 struct stance_problem *problem);

/* All sides of one key. */
struct stance_reliability_study {
  struct stance_reliability_record record[STANCE_SIDE_COUNT];
  bool made[STANCE_SIDE_COUNT];  /* [BOTH]: left against right */
  long days_least, days_longest; /* between two tests of an athlete; -1 where no dates are known */
  bool complete_key;             /* protocol, method and rule are known: it can be saved */
};
/* Sorts the tests. Of every key: each athlete's first k tests in
   order of time, k chosen so that the degrees of freedom are most; who has fewer is left out. A key
   of which no study can be made is told in `left_out`. The caller frees the array. */
STANCE_MUST_CHECK enum stance_status
stance_reliability_make_studies(struct stance_reliability_tests *tests,
                                const struct stance_reliability_options *options,
                                struct stance_reliability_study **ret_studies, size_t *ret_count,
                                struct stance_problem *problem);

#endif
