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
  const char
      *columns;      /* "left=Fz1,right=Fz2", "total=Fz1+Fz2", "total=#3" (columns count from 1) */
  const char *group; /* name or #position of the column whose value separates trials */
  const char *unit;  /* N mN kN kgf lbf V mV/V; overrides what the header says */
  const char *side;  /* "left" or "right": the side of a file that holds one force */
};

/* One trial of a file. `name` is the value of the group column, "" where not grouped. */
struct stance_csv_trial {
  char name[64];
  struct stance_raw_trace trace;
};

struct stance_csv_file {
  struct stance_csv_trial *trial;
  size_t trial_count;
  bool unit_assumed; /* no unit was found or given: newtons were assumed */
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
void stance_csv_file_finish(struct stance_csv_file *file);

#endif
