/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the benchmarks share: a clock, a median, and the line of the table. */
#ifndef STANCE_BENCH_MEASURE_H
#define STANCE_BENCH_MEASURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double now_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts `values`. */
static inline double median_of(double *values, size_t count)
{
  qsort(values, count, sizeof *values, compare_doubles);
  return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2.0;
}

/* what | measured | against | ratio | wanted | verdict. Returns whether it holds. */
static inline bool print_row(const char *what, double ours_ns, const char *against,
                             double against_ns, double ratio, const char *wanted, bool holds)
{
  printf("%s | %.2f ns | %s %.2f ns | %.2fx | %s | %s\n", what, ours_ns, against, against_ns, ratio,
         wanted, holds ? "ok" : "MISSED");
  return holds;
}

static inline void print_skipped(const char *what, const char *against, const char *wanted)
{
  printf("%s | | %s is not installed | | %s | skipped\n", what, against, wanted);
}

#endif
