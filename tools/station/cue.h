/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the athlete hears, as sound: which notes each cue has, and their samples. Pure: the callback
   that plays them is cue_mixer.h's, the sound card cue_output.h's.

   Cues are told apart by pitch contour and rhythm, never by loudness alone. They lie between 400
   and 3000 Hz, where most ears and small loudspeakers are good; every note begins and ends in a
   raised cosine; all that sounds at once stays below −6 dB of full scale. */
#ifndef STANCE_CUE_H
#define STANCE_CUE_H

#include "stance/cue.h"

#include <stdbool.h>
#include <stddef.h>

const char *stance_cue_id(enum stance_cue cue);      /* "rest_ends" */
const char *stance_cue_meaning(enum stance_cue cue); /* one line for a user */
/* CUE_COUNT where there is none. */
enum stance_cue stance_cue_find(const char *id);

/* One note: a sine that glides from one pitch to the other, panned from −1 (left) to +1 (right). */
struct stance_cue_note {
  double start_s, duration_s;
  double from_hz, to_hz;
  double pan;
};
enum { STANCE_CUE_NOTE_MAX = 5 };
/* The notes in order of time; returns how many. Borrowed for ever. Any context. */
size_t stance_cue_notes(enum stance_cue cue, const struct stance_cue_note **ret_notes);
double stance_cue_duration_s(enum stance_cue cue);

/* Peak of one channel of a cue, and of the feedback tone: 0.35 + 0.14 < 0.501 = −6 dB. */
#define STANCE_CUE_LEVEL 0.35
#define STANCE_FEEDBACK_LEVEL 0.14
/* Raised cosine at both ends of a note: short enough to be crisp, long enough not to click. */
#define STANCE_CUE_EDGE_S 0.010

/* Adds sample `position` (from the cue's onset) at `rate_hz` to *left and *right. Any context. */
void stance_cue_add(enum stance_cue cue, double position_s, double *left, double *right);

/* Pitch that follows force in a hold: one octave is twice the band's width, 800 Hz its middle. */
double stance_feedback_hz(double force_n, double band_low_n, double band_high_n);
/* Tremolo that tells below (slow) and above (fast) from inside (0, a pure tone). */
double stance_feedback_tremolo_hz(double force_n, double band_low_n, double band_high_n);

#endif
