/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings in text files: any delimiter, decimal sign, header and layout that laboratories and
   vendors export. */
#ifndef STANCE_CSV_H
#define STANCE_CSV_H

#include "stance/status.h"
#include "stance/trace.h"

/* The zero value of each member is the default: find out from the file. Strings are borrowed. */
struct stance_csv_options {
  double rate_hz; /* for files without a time column; 0: none given */
  /* "left=Fz1,right=Fz2", "total=Fz1+Fz2", "total=#3" (columns count from 1), "Fz" for total.
     Names are as in the header, with or without unit; "a, b" in quotes where one holds a mark.
     "time=NAME" and "time=none" choose the time column. ';' separates trials that stand side by
     side: "left=#1,right=#2;left=#3,right=#4". */
  const char *columns;
  const char *group; /* name or #position of the column whose value separates trials */
  const char *unit;  /* N mN kN kgf lbf V mV/V; overrides what the header says */
  const char *side;  /* "left" or "right": the side of a file that holds one force */
};

/* One trial of a file. `name` is the value of the group column, the number of a trial among those
   side by side, else "". An instant at which no channel has a value is in the trace's gaps; a
   value that is missing in one channel alone is NaN there and no gap. Lines of the trace's
   integrity: `lines_used` are its own rows, `lines_header` those of the file that hold no row
   (header, comments, blank lines, text below the table). */
struct stance_csv_trial {
  char name[64];
  struct stance_raw_trace trace;
};

/* What was found out about a file. */
struct stance_csv_findings {
  char delimiter;       /* , ; TAB | or ' ' for runs of blanks; '\0' for a single column */
  char decimal;         /* '.' or ',' */
  char time_column[64]; /* "#1 'Time (s)'"; "" where the file has none */
  char time_unit[8];    /* "s" "ms" "us" "ns" "min", "samples"; "" where there is no time column */
  bool time_unit_assumed; /* no unit was stated: it follows from a plausible step */
  bool time_by_steps;     /* nothing names the time column: it is the one that steps evenly */
  bool rate_in_header;    /* the rate stands in the lines above the table */
};

struct stance_csv_file {
  struct stance_csv_trial *trial; /* in the order in which they first appear */
  size_t trial_count;
  bool unit_assumed; /* no unit was found or given: newtons were assumed */
  struct stance_csv_findings findings;
  struct stance_integrity integrity; /* lines of the whole file; frames are the trials' */
};

/* Reads a whole file. STANCE_USAGE with the candidates listed where the choice of columns is
   ambiguous, STANCE_INPUT with line, column and reason where the file cannot be understood. WORK.
 */
STANCE_MUST_CHECK enum stance_status stance_csv_read(const char *path,
                                                     const struct stance_csv_options *options,
                                                     struct stance_csv_file *ret_file,
                                                     struct stance_problem *problem);
/* The same on bytes already in memory; `name` stands for the path in messages. */
STANCE_MUST_CHECK enum stance_status stance_csv_parse(const char *name, const char *bytes,
                                                      size_t length,
                                                      const struct stance_csv_options *options,
                                                      struct stance_csv_file *ret_file,
                                                      struct stance_problem *problem);
/* Accepts a zeroed one. */
void stance_csv_file_finish(struct stance_csv_file *file);

/* One sentence on how a trial was read, for a person: "8000 lines read, 7999 used, 1 header; left =
   Fz1 [N], right = Fz2 [N]; time = #1 'Time (s)' in s, 1000 Hz, jitter 0.000 ms". Always
   terminated; returns its full length as snprintf does. */
size_t stance_csv_describe(const struct stance_csv_file *file, size_t trial, char *ret_text,
                           size_t size);

#endif
