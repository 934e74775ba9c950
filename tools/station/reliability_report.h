/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies of repeatability for a clinician and for a program. They only append. */
#ifndef STANCE_RELIABILITY_REPORT_H
#define STANCE_RELIABILITY_REPORT_H

#include "reliability_tests.h"
#include "text.h"

/* A table with what each number means, and what follows for one athlete. */
void stance_reliability_study_text(struct stance_text *text,
                                   const struct stance_reliability_study *study);
/* One line a stored record. */
void stance_reliability_book_text(struct stance_text *text,
                                  const struct stance_reliability_book *book);
/* The published studies that stand in, as printed by their authors. */
void stance_reliability_published_text(struct stance_text *text);

/* One JSON object and a line end: studies, what was left out, the id under which they were saved
   (NULL: they were not). */
void stance_reliability_json(struct stance_text *text,
                             const struct stance_reliability_study *studies, size_t count,
                             const char *left_out, const char *saved);

#endif
