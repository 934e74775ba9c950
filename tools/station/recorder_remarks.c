/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recorder_remarks.h"

#include <stdlib.h>
#include <string.h>

bool recorder_remarks_add_phase(struct recorder_remarks *remarks, const struct stance_phase *phase)
{
  struct stance_phase *larger =
      realloc(remarks->phases, (remarks->phase_count + 1) * sizeof *larger);
  if (larger == NULL)
    return false;
  remarks->phases = larger;
  larger[remarks->phase_count++] = *phase;
  return true;
}

bool recorder_remarks_add_note(struct recorder_remarks *remarks, const struct stance_note *note)
{
  struct stance_numbered_note *larger =
      realloc(remarks->notes, (remarks->note_count + 1) * sizeof *larger);
  if (larger == NULL)
    return false;
  remarks->notes = larger;
  larger[remarks->note_count] =
      (struct stance_numbered_note){.number = remarks->note_count, .note = *note};
  remarks->note_count++;
  return true;
}

size_t recorder_remarks_waiting(const struct recorder_remarks *remarks)
{
  return remarks->phase_count - remarks->phases_committed + remarks->note_count -
         remarks->notes_committed;
}

struct recorder_remarks recorder_remarks_copy(const struct recorder_remarks *remarks)
{
  struct recorder_remarks copy = {0};
  const size_t phase_count = remarks->phase_count - remarks->phases_committed;
  const size_t note_count = remarks->note_count - remarks->notes_committed;
  if (phase_count > 0)
    copy.phases = malloc(phase_count * sizeof *copy.phases);
  if (note_count > 0)
    copy.notes = malloc(note_count * sizeof *copy.notes);
  if (copy.phases != NULL) {
    copy.phase_count = phase_count;
    memcpy(copy.phases, remarks->phases + remarks->phases_committed,
           phase_count * sizeof *copy.phases);
  }
  if (copy.notes != NULL) {
    copy.note_count = note_count;
    memcpy(copy.notes, remarks->notes + remarks->notes_committed, note_count * sizeof *copy.notes);
  }
  return copy;
}

void recorder_remarks_commit(struct recorder_remarks *remarks, const struct recorder_remarks *done)
{
  remarks->phases_committed += done->phase_count;
  remarks->notes_committed += done->note_count;
}

void recorder_remarks_doubt(struct recorder_remarks *remarks)
{
  remarks->phases_committed = remarks->notes_committed = 0;
}

void recorder_remarks_finish(struct recorder_remarks *remarks)
{
  free(remarks->phases);
  free(remarks->notes);
  *remarks = (struct recorder_remarks){0};
}
