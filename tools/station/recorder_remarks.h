/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phases and notes that wait for the next commit. Private to recorder*.c, which guards them. */
#ifndef STANCE_RECORDER_REMARKS_H
#define STANCE_RECORDER_REMARKS_H

#include "store_block.h"

#include <stdbool.h>

/* Zeroed before use. */
struct recorder_remarks {
  struct stance_phase *phases;
  size_t phase_count;
  struct stance_numbered_note *notes;
  size_t note_count;
  uint64_t notes_made; /* numbers the next one */
};

/* False where memory ran out. */
bool recorder_remarks_add_phase(struct recorder_remarks *remarks, const struct stance_phase *phase);
bool recorder_remarks_add_note(struct recorder_remarks *remarks, const struct stance_note *note);
size_t recorder_remarks_count(const struct recorder_remarks *remarks);
/* What to commit now; where memory is short, nothing. */
struct recorder_remarks recorder_remarks_copy(const struct recorder_remarks *remarks);
/* Drops the oldest, as many as `done` has. */
void recorder_remarks_drop(struct recorder_remarks *remarks, const struct recorder_remarks *done);
void recorder_remarks_finish(struct recorder_remarks *remarks);

#endif
