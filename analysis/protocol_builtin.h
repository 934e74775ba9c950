/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The protocol files compiled in; the table is generated from analysis/protocols. */
#ifndef STANCE_ANALYSIS_PROTOCOL_BUILTIN_H
#define STANCE_ANALYSIS_PROTOCOL_BUILTIN_H

#include <stddef.h>

struct stance_protocol_file {
  const char *id;
  const char *text;
};
/* Sorted by id; ends with a row of NULLs. */
extern const struct stance_protocol_file stance_protocol_files[];

#endif
