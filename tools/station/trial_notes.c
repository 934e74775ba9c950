/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was said and found out while a recording was made. */
#include "store_note.h"
#include "trial_private.h"

#include <math.h>
#include <stdlib.h>

static struct stance_attempt *find_attempt(struct stance_trial *trial,
                                           const struct stance_note *note, const unsigned *number)
{
  for (size_t k = 0; k < trial->attempt_count; k++)
    if (number[k] == note->repetition)
      return &trial->attempt[k];
  return NULL;
}

/* The second is the first one's shadow in a recording that is played back. */
static bool is_pain_stop(const struct stance_note *note)
{
  return note->kind == STANCE_NOTE_LOCK || note->kind == STANCE_NOTE_PAIN_STOP;
}

/* Pain of both legs together is that of the side which was named and locked right after it; of both
   where none was. */
static void take_pain(struct stance_trial *trial, const struct stance_note *notes, size_t k,
                      size_t count)
{
  const enum stance_side told = notes[k].side;
  bool locked[2] = {false, false};
  for (size_t next = k + 1; next < count && is_pain_stop(&notes[next]); next++)
    if (notes[next].side <= STANCE_RIGHT)
      locked[notes[next].side] = true;
  const bool named = told == STANCE_LEFT || told == STANCE_RIGHT;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    if (named ? (int)told == side : locked[side] || !locked[1 - side])
      trial->pain_max[side] = fmax(trial->pain_max[side], notes[k].value);
}

/* After the effort of one leg the other one may hurt. */
static bool is_pain_of(const struct stance_note *note, const struct stance_attempt *attempt)
{
  const bool both_known = note->side <= STANCE_RIGHT && attempt->side <= STANCE_RIGHT;
  return note->kind == STANCE_NOTE_PAIN && (!both_known || note->side == attempt->side);
}

static void take_note(struct stance_trial *trial, const struct stance_note *notes, size_t k,
                      size_t count, unsigned *number)
{
  const struct stance_note *note = &notes[k];
  struct stance_attempt *attempt = note->repetition > 0 ? find_attempt(trial, note, number) : NULL;
  const bool speaks_of_attempt = note->kind == STANCE_NOTE_REPETITION ||
                                 note->kind == STANCE_NOTE_REJECT || note->kind == STANCE_NOTE_PAIN;
  /* One that was broken off was never judged: it is known from what was said of it. */
  if (speaks_of_attempt && note->repetition > 0 && attempt == NULL) {
    number[trial->attempt_count] = note->repetition;
    attempt = &trial->attempt[trial->attempt_count++];
    *attempt = (struct stance_attempt){
        .until = (size_t)note->frame, .side = note->side, .pain = (double)NAN};
  }
  if (note->kind == STANCE_NOTE_SIDES_UNPROVED)
    trial->flags |= STANCE_REASON_BIT(STANCE_REASON_SIDES_UNPROVED);
  else if (note->kind == STANCE_NOTE_SIDES_PROVED)
    trial->flags &= ~STANCE_REASON_BIT(STANCE_REASON_SIDES_UNPROVED);
  else if (is_pain_stop(note))
    trial->pain_stop = true;
  else if (note->kind == STANCE_NOTE_REJECT && attempt != NULL)
    attempt->taken_back = true;
  if (attempt != NULL && is_pain_of(note, attempt))
    attempt->pain = fmax(attempt->pain, note->value);
  if (note->kind == STANCE_NOTE_PAIN)
    take_pain(trial, notes, k, count);
}

enum stance_status stance_trial_take_notes(struct stance_trial *trial, struct stance_store *store,
                                           const char *recording_id, struct stance_problem *problem)
{
  struct stance_note *notes = NULL;
  size_t count = 0;
  enum stance_status status = stance_store_list_notes(store, recording_id, &notes, &count, problem);
  if (status != STANCE_OK || count == 0)
    return status;
  unsigned *number = calloc(count, sizeof *number);
  trial->attempt = calloc(count, sizeof *trial->attempt);
  if (number == NULL || trial->attempt == NULL)
    status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", recording_id);
  for (size_t k = 0; status == STANCE_OK && k < count; k++)
    take_note(trial, notes, k, count, number);
  free(number);
  free(notes);
  return status;
}
