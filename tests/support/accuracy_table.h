/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page analysis/ACCURACY.md: made from a report, and compared with the one that is kept. */
#ifndef STANCE_TESTS_ACCURACY_TABLE_H
#define STANCE_TESTS_ACCURACY_TABLE_H

#include "support/accuracy.h"
#include "support/detection.h"

enum { DETECTION_CASE_MAX = 32 };
struct accuracy_report {
  struct accuracy_row row[ACCURACY_KIND_COUNT][ACCURACY_LEVEL_COUNT][ACCURACY_QUANTITY_COUNT];
  struct detection detection[DETECTION_CASE_MAX];
};

/* The caller frees. */
char *accuracy_table(const struct accuracy_report *report);
/* Prints the first lines that differ. With STANCE_REGENERATE=1 the page is written instead. */
bool accuracy_table_is_kept(const char *text);

#endif
