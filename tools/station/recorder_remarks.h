/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phases and notes of a recording. Private to recorder*.c, which guards them. They are few, and all
   are kept: a store that fails may have lost what it had taken (recorder_backlog.h). */
#ifndef STANCE_RECORDER_REMARKS_H
#define STANCE_RECORDER_REMARKS_H

#include "store_block.h"

#include <stdbool.h>

/* Zeroed before use. */
struct recorder_remarks {
  struct stance_phase *phases;
  size_t phase_count, phases_committed; /* the oldest ones */
  struct stance_numbered_note *notes;
  size_t note_count, notes_committed;
};

/* False where memory ran out. */
bool recorder_remarks_add_phase(struct recorder_remarks *remarks, const struct stance_phase *phase);
bool recorder_remarks_add_note(struct recorder_remarks *remarks, const struct stance_note *note);
/* Those that wait for the next commit. */
size_t recorder_remarks_waiting(const struct recorder_remarks *remarks);
/* What to commit now; where memory is short, nothing. */
struct recorder_remarks recorder_remarks_copy(const struct recorder_remarks *remarks);
/* The oldest that waited, as many as `done` has, are committed. */
void recorder_remarks_commit(struct recorder_remarks *remarks, const struct recorder_remarks *done);
/* The store failed: all wait again. */
void recorder_remarks_doubt(struct recorder_remarks *remarks);
void recorder_remarks_finish(struct recorder_remarks *remarks);

#endif
