/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How late a sound card plays: its output is led back to an input, by a cable or through the air,
   and every burst is looked for in what that hears. */
#ifndef STANCE_CUE_LOOPBACK_H
#define STANCE_CUE_LOOPBACK_H

#include "cue_output.h"
#include "store_sound.h"

struct stance_loopback_options {
  const char *device; /* as struct stance_sound_options */
  const char *input;
  double latency_s;
  unsigned bursts; /* 0: 20 */
};

struct stance_loopback {
  struct stance_sound_latency latency; /* to be kept */
  unsigned played;
  double trip_s;   /* median over the bursts that were heard: there and back, beyond what the card
                      says of output and input together */
  double spread_s; /* SD of the same */
};

/* Plays "go" again and again exactly as a test does, and listens. Of the trip that the card does
   not know of, nobody can tell which part is the output's: it lies between nothing and all of it.
   late_s is the middle, and uncertainty_s holds that rectangle and the spread (GUM, k = 2). Through
   the air 3 ms a metre are added: hold the microphone to the loudspeaker. STANCE_INSTRUMENT where
   there is no card or input, or where fewer than three in four bursts are heard. Takes about a
   second a burst. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_loopback_measure(const struct stance_loopback_options *options,
                        struct stance_loopback *ret_loopback, struct stance_problem *problem);

/* Where in `count` samples at `rate_hz` the cue begins, within [from, to): the place, whole or not,
   at which the envelope of its correlation with them is highest; NaN where less than half of what
   sounds there is the cue. Pure. */
double stance_cue_locate(enum stance_cue cue, const float *samples, size_t count, double rate_hz,
                         size_t from, size_t to);

#endif
