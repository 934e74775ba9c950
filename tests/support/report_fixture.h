/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result made by hand, its report, and what stands in which cell. */
#ifndef STANCE_TEST_REPORT_FIXTURE_H
#define STANCE_TEST_REPORT_FIXTURE_H

#include "report.h"

/* The headers as the design has them, with their line end. */
extern const char report_wide_header[], report_long_header[], report_tests_header[];

/* The worked example of SCIENCE 6, made anew by the set-up; tests change it. */
extern struct stance_result report_fixture_result;
extern struct stance_report report_fixture;
int report_fixture_setup(void **state);

void report_fixture_put(struct stance_value *value, double number);
/* To be freed. */
char *report_fixture_layout(enum stance_layout layout, bool locale);
/* Asserts the cell of the row (0 is the header) under the column `name`. */
void report_expect_cell(const char *header, const char *text, int row, const char *name,
                        const char *expected);
/* Asserts that the summary has these words. */
void report_expect_summary(const char *words);

#endif
