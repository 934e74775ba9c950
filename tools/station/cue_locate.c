/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cue in a recording, found by correlation. */
#include "cue_loopback.h"

#include <math.h>
#include <stdlib.h>

/* Of the energy under the cue so much must be the cue's: noise alone comes to a few percent, a
   loudspeaker that colours it leaves most. The square of 0.5 of the amplitude. */
static const double share_min = 0.25;
/* Steps of the first look: the envelope of the narrowest cue is ten times as wide at 48 kHz. */
enum { COARSE_STEP = 8 };

/* The cue, and itself a quarter of a turn later: neither polarity nor phase of what plays and hears
   it shall matter. */
struct turning {
  double re, im;
};
struct pattern {
  struct turning *value;
  size_t count;
  double energy;
};

/* Notes as in cue.c, by their own definition: pitch glides evenly, edges are raised cosines. */
static void add_note(const struct stance_cue_note *note, double t, struct turning *value)
{
  const double edge = fmin(t, note->duration_s - t);
  if (edge <= 0)
    return;
  const double gain =
      edge >= STANCE_CUE_EDGE_S ? 1 : 0.5 - 0.5 * cos(M_PI * edge / STANCE_CUE_EDGE_S);
  const double turns =
      note->from_hz * t + (note->to_hz - note->from_hz) * t * t / (2 * note->duration_s);
  value->re += gain * cos(2 * M_PI * turns);
  value->im += gain * sin(2 * M_PI * turns);
}

static bool make_pattern(enum stance_cue cue, double rate_hz, struct pattern *ret_pattern)
{
  const struct stance_cue_note *note;
  const size_t notes = stance_cue_notes(cue, &note);
  struct pattern pattern = {.count = (size_t)(stance_cue_duration_s(cue) * rate_hz)};
  pattern.value = calloc(pattern.count, sizeof *pattern.value);
  if (pattern.value == NULL)
    return false;
  for (size_t k = 0; k < pattern.count; k++) {
    for (size_t n = 0; n < notes; n++)
      add_note(&note[n], (double)k / rate_hz - note[n].start_s, &pattern.value[k]);
    const struct turning *value = &pattern.value[k];
    pattern.energy += value->re * value->re + value->im * value->im;
  }
  *ret_pattern = pattern;
  return true;
}

/* Height of the envelope at one place, squared; beyond the end there is silence. */
static double height_at(const struct pattern *pattern, const float *samples, size_t count,
                        size_t at)
{
  double re = 0, im = 0;
  for (size_t k = 0; k < pattern->count && at + k < count; k++) {
    re += (double)samples[at + k] * pattern->value[k].re;
    im += (double)samples[at + k] * pattern->value[k].im;
  }
  return re * re + im * im;
}

static size_t climb(const struct pattern *pattern, const float *samples, size_t count, size_t from,
                    size_t to, size_t step)
{
  size_t best = from;
  double highest = -1;
  for (size_t at = from; at < to; at += step) {
    const double height = height_at(pattern, samples, count, at);
    if (height > highest) {
      highest = height;
      best = at;
    }
  }
  return best;
}

/* Vertex of the parabola through the heights at k − 1, k, k + 1, from k. */
static double vertex(double before, double here, double after)
{
  const double bend = before - 2 * here + after;
  return bend < 0 ? 0.5 * (before - after) / bend : 0;
}

static double locate(const struct pattern *pattern, const float *samples, size_t count, size_t from,
                     size_t to)
{
  const size_t rough = climb(pattern, samples, count, from, to, COARSE_STEP);
  const size_t low = rough > from + COARSE_STEP ? rough - COARSE_STEP : from;
  const size_t high = rough + COARSE_STEP < to ? rough + COARSE_STEP : to;
  const size_t best = climb(pattern, samples, count, low, high, 1);
  const double height = height_at(pattern, samples, count, best);
  double energy = 0;
  for (size_t k = best; k < best + pattern->count && k < count; k++)
    energy += (double)samples[k] * (double)samples[k];
  /* a real tone has half the energy of the pattern that turns with it */
  if (!(height > 0) || height < share_min * energy * pattern->energy / 2)
    return (double)NAN;
  const double before = best > 0 ? height_at(pattern, samples, count, best - 1) : height;
  return (double)best + vertex(before, height, height_at(pattern, samples, count, best + 1));
}

double stance_cue_locate(enum stance_cue cue, const float *samples, size_t count, double rate_hz,
                         size_t from, size_t to)
{
  struct pattern pattern;
  to = to < count ? to : count;
  if (from >= to || !make_pattern(cue, rate_hz, &pattern))
    return (double)NAN;
  const double found = locate(&pattern, samples, count, from, to);
  free(pattern.value);
  return found;
}
