/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the athlete heard "go", by the clock of the samples. */
#include "store_note.h"
#include "trial_private.h"

#include "stance/cue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BIT(reason) STANCE_REASON_BIT(STANCE_REASON_##reason)

/* The longest latency that can be asked of a card: a gap this near may have moved the cue. */
static const double gap_reach_s = 1;
static const double ns_per_s = 1e9;

/* What is known of the card while one note after the other is read. */
struct card {
  double late_s, uncertainty_s; /* NaN: not measured */
};

static bool has_gap_near(const struct stance_note *notes, size_t count, int64_t host_ns)
{
  for (size_t k = 0; k < count; k++)
    if (notes[k].kind == STANCE_NOTE_SOUND_GAP &&
        fabs((double)(notes[k].host_ns - host_ns)) <= gap_reach_s * ns_per_s)
      return true;
  return false;
}

static struct stance_go place(const struct stance_trial *trial, const struct stance_note *note,
                              const struct card *card)
{
  const struct stance_clock_fit *clock = &trial->clock;
  struct stance_go go = {
      .sample = (double)note->frame / (double)trial->decimation - (double)trial->first_sample,
      .uncertainty_s = (double)NAN,
  };
  const bool known = isfinite(card->late_s) && isfinite(card->uncertainty_s);
  if (!known)
    go.missing |= BIT(NO_LATENCY);
  if (clock->mark_count == 0) { /* the frame that had come in must do to tell whose it is */
    go.missing |= BIT(CLOCKS_UNRELATED);
    return go;
  }
  const double late_ns = known ? card->late_s * ns_per_s : 0;
  go.sample =
      clock->index + ((double)(note->host_ns - clock->host_ns) + late_ns) / clock->ns_per_frame;
  if (go.missing == 0)
    go.uncertainty_s =
        hypot(card->uncertainty_s, stance_clock_fit_uncertainty_ns(clock, go.sample) / ns_per_s);
  return go;
}

static bool is_go(const struct stance_note *note)
{
  return note->kind == STANCE_NOTE_CUE && strcmp(note->name, "go") == 0;
}

static int by_sample(const void *a, const void *b)
{
  const double one = ((const struct stance_go *)a)->sample;
  const double other = ((const struct stance_go *)b)->sample;
  return (one > other) - (one < other);
}

static void take(struct stance_trial *trial, const struct stance_note *notes, size_t count)
{
  struct card card = {.late_s = (double)NAN, .uncertainty_s = (double)NAN};
  for (size_t k = 0; k < count; k++) {
    if (notes[k].kind == STANCE_NOTE_SOUND_LATE)
      card = (struct card){.late_s = notes[k].value, .uncertainty_s = (double)NAN};
    else if (notes[k].kind == STANCE_NOTE_SOUND_LATE_UNCERTAINTY)
      card.uncertainty_s = notes[k].value;
    if (!is_go(&notes[k]))
      continue;
    struct stance_go *go = &trial->go[trial->go_count++];
    *go = place(trial, &notes[k], &card);
    if (has_gap_near(notes, count, notes[k].host_ns))
      go->missing |= BIT(SOUND_GAP);
  }
  qsort(trial->go, trial->go_count, sizeof *trial->go, by_sample);
}

enum stance_status stance_trial_take_cues(struct stance_trial *trial, struct stance_store *store,
                                          const char *recording_id, struct stance_problem *problem)
{
  struct stance_note *notes = NULL;
  size_t count = 0;
  enum stance_status status = stance_store_list_notes(store, recording_id, &notes, &count, problem);
  if (status != STANCE_OK || count == 0)
    return status;
  trial->go = calloc(count, sizeof *trial->go);
  if (trial->go == NULL)
    status = stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", recording_id);
  else
    take(trial, notes, count);
  free(notes);
  return status;
}
