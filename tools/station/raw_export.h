/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A raw trace as CSV: what was sampled, in the instrument's own unit. */
#ifndef STANCE_RAW_EXPORT_H
#define STANCE_RAW_EXPORT_H

#include "stance/status.h"
#include "stance/trace.h"

#include <stdbool.h>
#include <stdio.h>

enum { STANCE_RAW_EXPORT_EXACT = -1 };

struct stance_raw_export_options {
  /* 0 … 9 decimals for every channel, rounded half to even; or STANCE_RAW_EXPORT_EXACT: per channel
     the fewest that lose nothing, else the shortest digits that read back as the same value. */
  int decimals;
  bool locale; /* `;`, decimal comma, byte-order mark, CRLF */
};

/* Columns `time (s)` and `NAME (UNIT)` of each channel, one row a sampling instant; the cells of a
   lost instant are empty. Memory is one block of rows, whatever the length. STANCE_STORE with the
   system's reason where `out` cannot be written. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_raw_export(const struct stance_raw_trace *raw,
                  const struct stance_raw_export_options *options, FILE *out,
                  struct stance_problem *problem);

#endif
