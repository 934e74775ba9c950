/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a report goes: standard output, a file that is there whole or not at all, or a file that
   is continued. */
#ifndef STANCE_OUTPUT_H
#define STANCE_OUTPUT_H

#include "stance/status.h"

#include <stddef.h>

struct stance_output;

/* STANCE_USAGE where writing to `path` would take the place of `input`, by whatever name: a
   recording must not be lost to its own report. `path` may be NULL or "-". */
STANCE_MUST_CHECK enum stance_status stance_output_spares(const char *path, const char *input,
                                                          struct stance_problem *problem);

/* `path` NULL or "-": standard output. A regular file is written beside its name and takes it on
   commit; a pipe or device is written as it is. STANCE_STORE where it cannot be created. WORK. */
STANCE_MUST_CHECK enum stance_status stance_output_open(const char *path,
                                                        struct stance_output **ret_output,
                                                        struct stance_problem *problem);
FILE *stance_output_file(struct stance_output *output);
/* STANCE_STORE with the system's reason where not everything could be written; what stood under
   the name is then untouched. Destroys the output in every case. WORK. */
STANCE_MUST_CHECK enum stance_status stance_output_commit(struct stance_output *output,
                                                          struct stance_problem *problem);
/* Leaves no trace of what was written to a file. Accepts NULL. */
void stance_output_abandon(struct stance_output *output);

/* Continues the CSV file at `path`, or begins it with `header`, under an exclusive lock, with one
   write; when that fails the file is as it was. STANCE_INPUT, and nothing written, where its header
   is another one. `header` and `rows` end with a line end. WORK. */
STANCE_MUST_CHECK enum stance_status stance_output_append(const char *path, const char *header,
                                                          const char *rows,
                                                          struct stance_problem *problem);

#endif
