/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines above a table: names, units, and a sampling rate where one is stated. */
#ifndef STANCE_ACQUISITION_CSV_HEADER_H
#define STANCE_ACQUISITION_CSV_HEADER_H

#include "csv_names.h"
#include "csv_sniff.h"

enum { STANCE_CSV_NAME_SIZE = 128 };

struct stance_csv_column {
  char name[STANCE_CSV_NAME_SIZE];      /* as written, in valid UTF-8; "" without one */
  char qualified[STANCE_CSV_NAME_SIZE]; /* with the row of groups above: "Left Fz"; else = name */
  const struct stance_csv_unit *unit;   /* NULL: none stated */
  struct stance_csv_traits traits;
  bool numeric;
  bool counts;           /* whole numbers, mostly one after the other, through the window */
  bool evenly_increases; /* steps evenly upwards through the window, as time does */
};

struct stance_csv_header {
  struct stance_csv_column *column; /* owned */
  size_t column_count;
  bool named;     /* the file has a header line */
  double rate_hz; /* stated above the table; NaN where none is */
};

/* STANCE_INPUT where a line between header and table is none of the kinds we know, or the header
   does not fit the table. May add records to the window of `table`. */
STANCE_MUST_CHECK enum stance_status stance_csv_header_read(const struct stance_csv_text *text,
                                                            struct stance_csv_table *table,
                                                            struct stance_csv_header *ret_header,
                                                            struct stance_problem *problem);
void stance_csv_header_finish(struct stance_csv_header *header);

/* Copies a name: blanks trimmed, control characters made blanks, what is not UTF-8 made '?'. */
void stance_csv_name_clean(const char *text, size_t length, char *ret_name, size_t size);

/* The rate in words like "Sample Frequency (Hz): 10000" or "# rate_hz=1000", else NaN. */
double stance_csv_rate_in_text(const char *text);

#endif
