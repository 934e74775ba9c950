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
  larger[remarks->note_count++] =
      (struct stance_numbered_note){.number = remarks->notes_made++, .note = *note};
  return true;
}

size_t recorder_remarks_count(const struct recorder_remarks *remarks)
{
  return remarks->phase_count + remarks->note_count;
}

struct recorder_remarks recorder_remarks_copy(const struct recorder_remarks *remarks)
{
  struct recorder_remarks copy = {0};
  if (remarks->phase_count > 0)
    copy.phases = malloc(remarks->phase_count * sizeof *copy.phases);
  if (remarks->note_count > 0)
    copy.notes = malloc(remarks->note_count * sizeof *copy.notes);
  if (copy.phases != NULL) {
    copy.phase_count = remarks->phase_count;
    memcpy(copy.phases, remarks->phases, copy.phase_count * sizeof *copy.phases);
  }
  if (copy.notes != NULL) {
    copy.note_count = remarks->note_count;
    memcpy(copy.notes, remarks->notes, copy.note_count * sizeof *copy.notes);
  }
  return copy;
}

void recorder_remarks_drop(struct recorder_remarks *remarks, const struct recorder_remarks *done)
{
  remarks->phase_count -= done->phase_count;
  if (done->phase_count > 0)
    memmove(remarks->phases, remarks->phases + done->phase_count,
            remarks->phase_count * sizeof *remarks->phases);
  remarks->note_count -= done->note_count;
  if (done->note_count > 0)
    memmove(remarks->notes, remarks->notes + done->note_count,
            remarks->note_count * sizeof *remarks->notes);
}

void recorder_remarks_finish(struct recorder_remarks *remarks)
{
  free(remarks->phases);
  free(remarks->notes);
  *remarks = (struct recorder_remarks){0};
}
