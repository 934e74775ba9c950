/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One header and one body function a CSV layout; private to report_*.c. */
#ifndef STANCE_REPORT_LAYOUTS_H
#define STANCE_REPORT_LAYOUTS_H

#include "report_private.h"

void stance_report_header_cells(struct stance_sheet *sheet, const struct stance_column_list *list);

/* Each header function returns how many cells it wrote, and leaves the row open. */
size_t stance_report_wide_header(struct stance_sheet *sheet);
void stance_report_wide_rows(struct stance_sheet *sheet, const struct stance_report *report);
size_t stance_report_long_header(struct stance_sheet *sheet);
void stance_report_long_rows(struct stance_sheet *sheet, const struct stance_report *report);
size_t stance_report_tests_header(struct stance_sheet *sheet);
void stance_report_tests_rows(struct stance_sheet *sheet, const struct stance_report *report);

#endif
