/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cue.h"

#include <math.h>
#include <string.h>

struct cue {
  const char *id;
  const char *meaning;
  struct stance_cue_note note[STANCE_CUE_NOTE_MAX];
};

/* 2^(4/12): a major third in equal temperament. */
#define MAJOR_THIRD 1.2599210498948732
#define NOTE(start, duration, from, to, side)                                                     \
  {                                                                                               \
    .start_s = (start), .duration_s = (duration), .from_hz = (from), .to_hz = (to), .pan = (side) \
  }
#define TONE(start, duration, pitch) NOTE(start, duration, pitch, pitch, 0)

/* Pitches, contours and rhythms: what was agreed that an athlete shall hear. A sweep is long enough
   to be heard as one movement, a tick short enough to be heard as an instant. */
static const struct stance_cue_note notes[STANCE_CUE_COUNT][STANCE_CUE_NOTE_MAX] = {
    [STANCE_CUE_READY] = {TONE(0, 0.2, 600), TONE(0.4, 0.2, 600)},
    [STANCE_CUE_GO] = {NOTE(0, 0.15, 700, 1400, 0)},
    [STANCE_CUE_HOLD] = {TONE(0, 0.04, 900)},
    [STANCE_CUE_HOLD_LAST] = {NOTE(0, 0.08, 900, 1350, 0)},
    [STANCE_CUE_STOP] = {NOTE(0, 0.3, 1400, 500, 0)},
    [STANCE_CUE_COUNTED] = {TONE(0, 0.08, 880), TONE(0.09, 0.12, 880 * MAJOR_THIRD)},
    [STANCE_CUE_REPEAT] = {TONE(0, 0.15, 440), TONE(0.22, 0.15, 440)},
    [STANCE_CUE_LEFT] = {NOTE(0, 0.18, 550, 550, -1), NOTE(0.2, 0.25, 1100, 1100, -1)},
    [STANCE_CUE_RIGHT] = {NOTE(0, 0.18, 1100, 1100, 1), NOTE(0.2, 0.25, 550, 550, 1)},
    [STANCE_CUE_REST_ENDS] = {TONE(0, 0.04, 1000), TONE(0.1, 0.04, 1000), TONE(0.2, 0.04, 1000),
                              TONE(0.3, 0.04, 1000), TONE(0.4, 0.04, 1000)},
    [STANCE_CUE_DOWN] = {NOTE(0, 0.07, 800, 600, 0)},
    [STANCE_CUE_STAY] = {TONE(0, 0.07, 700), TONE(0.08, 0.07, 700)},
    [STANCE_CUE_UP] = {NOTE(0, 0.07, 600, 800, 0)},
    [STANCE_CUE_FAULT] = {TONE(0, 0.3, 420), TONE(0.4, 0.3, 420), TONE(0.8, 0.3, 420)},
};

static const struct {
  const char *id;
  const char *meaning;
} names[STANCE_CUE_COUNT] = {
#define CUE_NAME(name, id, meaning) [STANCE_CUE_##name] = {#id, meaning},
    STANCE_CUE_LIST(CUE_NAME)
#undef CUE_NAME
};

const char *stance_cue_id(enum stance_cue cue)
{
  return names[cue].id;
}

const char *stance_cue_meaning(enum stance_cue cue)
{
  return names[cue].meaning;
}

enum stance_cue stance_cue_find(const char *id)
{
  int cue = 0;
  while (cue < STANCE_CUE_COUNT && strcmp(names[cue].id, id) != 0)
    cue++;
  return (enum stance_cue)cue;
}

size_t stance_cue_notes(enum stance_cue cue, const struct stance_cue_note **ret_notes)
{
  size_t count = 0;
  while (count < STANCE_CUE_NOTE_MAX && notes[cue][count].duration_s > 0)
    count++;
  *ret_notes = notes[cue];
  return count;
}

double stance_cue_duration_s(enum stance_cue cue)
{
  const struct stance_cue_note *note;
  size_t count = stance_cue_notes(cue, &note);
  return note[count - 1].start_s + note[count - 1].duration_s;
}

/* Gain of a note at `t` after its start: 0 outside, raised cosines at the ends. */
static double envelope(const struct stance_cue_note *note, double t)
{
  double edge = fmin(t, note->duration_s - t);
  if (edge <= 0)
    return 0;
  return edge >= STANCE_CUE_EDGE_S ? 1 : 0.5 - 0.5 * cos(M_PI * edge / STANCE_CUE_EDGE_S);
}

/* Phase of a linear glide, in turns: the integral of its pitch from the start, so that no step in
   phase can click. */
static double glide_turns(const struct stance_cue_note *note, double t)
{
  return note->from_hz * t + (note->to_hz - note->from_hz) * t * t / (2 * note->duration_s);
}

void stance_cue_add(enum stance_cue cue, double position_s, double *left, double *right)
{
  const struct stance_cue_note *note;
  size_t count = stance_cue_notes(cue, &note);
  for (size_t k = 0; k < count; k++) {
    double t = position_s - note[k].start_s;
    double gain = envelope(&note[k], t);
    if (gain <= 0)
      continue;
    double value = STANCE_CUE_LEVEL * gain * sin(2 * M_PI * glide_turns(&note[k], t));
    *left += value * fmin(1, 1 - note[k].pan);
    *right += value * fmin(1, 1 + note[k].pan);
  }
}

/* 400 and 3000 Hz are where small loudspeakers end; further out the pitch stands still. */
double stance_feedback_hz(double force_n, double band_low_n, double band_high_n)
{
  double width = band_high_n - band_low_n;
  double octaves = (force_n - (band_low_n + band_high_n) / 2) / (2 * width);
  return fmin(fmax(800 * exp2(octaves), 400), 3000);
}

/* 3 and 12 Hz: counted as single beats, and heard as roughness. */
double stance_feedback_tremolo_hz(double force_n, double band_low_n, double band_high_n)
{
  if (force_n < band_low_n)
    return 3;
  return force_n > band_high_n ? 12 : 0;
}
