/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a CSV file, cell by cell: RFC 4180, UTF-8, quotes only where needed. */
#ifndef STANCE_SHEET_H
#define STANCE_SHEET_H

#include "text.h"

#include <stdint.h>

/* How spreadsheets of some countries are set: `;`, decimal comma, byte-order mark, CRLF. */
struct stance_sheet {
  struct stance_text *text; /* borrowed */
  bool locale;
  size_t cells; /* of the row begun */
};

/* The byte-order mark, where the sheet has one: before its first row. */
void stance_sheet_begin(struct stance_sheet *sheet);
/* Free text; NULL is an empty cell. A leading = + - @ ' TAB or CR gets a ' in front, so that no
   spreadsheet takes it for a formula; bytes that are no UTF-8 become U+FFFD. */
void stance_sheet_text(struct stance_sheet *sheet, const char *value);
/* Numbers: NaN is an empty cell. */
void stance_sheet_fixed(struct stance_sheet *sheet, double value, int decimals);
void stance_sheet_shortest(struct stance_sheet *sheet, double value);
void stance_sheet_count(struct stance_sheet *sheet, uint64_t value);
void stance_sheet_empty(struct stance_sheet *sheet);
/* Ends the row, which must have `cells` cells. */
void stance_sheet_end_row(struct stance_sheet *sheet, size_t cells);

/* Appends `value` with every byte that is not part of valid UTF-8 replaced by U+FFFD. */
void stance_text_utf8(struct stance_text *text, const char *value);

#endif
