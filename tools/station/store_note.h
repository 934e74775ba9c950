/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened in a test beside its samples: cues, answers, what the clinician decided. Notes are
   kept with the recording and never change. WORK. */
#ifndef STANCE_STORE_NOTE_H
#define STANCE_STORE_NOTE_H

#include "stance/side.h"
#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stance_store;

/* id, what it says. */
#define STANCE_NOTE_LIST(X)                                                                       \
  X(CUE, cue,                                                                                     \
    "a cue: its first sample left the sound card at host_ns, as far as the card "                 \
    "reports its delay")                                                                          \
  X(CUE_UNHEARD, cue_unheard, "a cue that no sound card could play")                              \
  X(SOUND_LATE, sound_late,                                                                       \
    "value: so many seconds after host_ns cues truly leave this card, as measured "               \
    "by `stance doctor --loopback`; holds from here on; none: not measured")                      \
  X(SOUND_LATE_UNCERTAINTY, sound_late_uncertainty, "value: of the same, in s, expanded (k = 2)") \
  X(SOUND_GAP, sound_gap, "the card ran dry; value: how often since it was opened")               \
  X(REPETITION, repetition, "an attempt ended; value: its highest live force in N")               \
  X(REJECT, reject, "the attempt counts not: taken back, broken off, or before its signal")       \
  X(PAIN, pain, "value: 0 to 10, after the attempt")                                              \
  X(LOCK, lock, "no maximal effort on this side until it is released")                            \
  X(RELEASE, release, "the side is released")                                                     \
  X(SIDES_PROVED, sides_proved, "both sides answered as they should")                             \
  X(SIDES_UNPROVED, sides_unproved, "nobody knows whether left is left")                          \
  X(PAIN_STOP, pain_stop,                                                                         \
    "the side was locked in the recording that this one plays back; it locks nobody")

enum stance_note_kind {
#define STANCE_NOTE_ENUM(name, id, meaning) STANCE_NOTE_##name,
  STANCE_NOTE_LIST(STANCE_NOTE_ENUM)
#undef STANCE_NOTE_ENUM
      STANCE_NOTE_COUNT,
};
const char *stance_note_id(enum stance_note_kind kind);

struct stance_note {
  enum stance_note_kind kind;
  uint64_t frame;        /* that the first stream had reached */
  int64_t host_ns;       /* CLOCK_MONOTONIC */
  char name[16];         /* of a cue; "" else */
  enum stance_side side; /* NONE: of none */
  unsigned repetition;   /* attempts from 1; 0: of none */
  double value;          /* NaN: none */
};

/* Of one recording, in the order in which they were made; the caller frees the array, which is NULL
   where there is none. */
STANCE_MUST_CHECK enum stance_status stance_store_list_notes(struct stance_store *store,
                                                             const char *recording_id,
                                                             struct stance_note **ret_notes,
                                                             size_t *ret_count,
                                                             struct stance_problem *problem);
/* Sides of an athlete (left, right) that were locked in whichever test and not released since,
   in the order of entry. Nobody's ("") are never locked. */
STANCE_MUST_CHECK enum stance_status stance_store_locked_sides(struct stance_store *store,
                                                               const char *athlete,
                                                               bool ret_locked[2],
                                                               struct stance_problem *problem);

#endif
