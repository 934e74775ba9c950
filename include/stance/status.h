/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every function that can fail returns, and the sentence that explains it. */
#ifndef STANCE_STATUS_H
#define STANCE_STATUS_H

#include <stdarg.h>
#include <stdio.h>

/* Another library's codes are translated into these in the one file that owns that library. */
enum stance_status {
  STANCE_OK = 0,
  STANCE_END,        /* orderly end of the data: not an error */
  STANCE_MISMATCH,   /* a test or check did not hold             exit status 1 */
  STANCE_USAGE,      /* the caller asked for something impossible exit status 2 */
  STANCE_INPUT,      /* a file or text could not be understood    exit status 3 */
  STANCE_INSTRUMENT, /* the instrument is absent or failed        exit status 4 */
  STANCE_STORE,      /* the store cannot be read or written       exit status 5 */
  STANCE_MEMORY,     /* an allocation failed                      exit status 4 */
};

#define STANCE_MUST_CHECK __attribute__((warn_unused_result))
#define STANCE_PRINTF(format_index, first_index) \
  __attribute__((format(printf, format_index, first_index)))

/* One sentence for the user: what was wrong, where, and what to do. Every function that takes a
   `struct stance_problem *` accepts NULL, and leaves it untouched on STANCE_OK. */
struct stance_problem {
  char text[768];
};

STANCE_PRINTF(2, 3)
static inline void stance_problem_write(struct stance_problem *problem, const char *format, ...)
{
  if (problem != NULL) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
  }
}

static inline enum stance_status stance_problem_status(enum stance_status status)
{
  return status;
}

/* stance_problem_set(problem, status, format, ...): writes the sentence; returns `status`, so that
   a failure is one `return` statement. A macro, because static analysers do not look into functions
   with `...` and would take every failure for a possible success. WORK. */
#define stance_problem_set(problem, status, ...) \
  (stance_problem_write((problem), __VA_ARGS__), stance_problem_status(status))

#endif
