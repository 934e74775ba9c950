/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of the sound callback: takes cues from a ring, mixes them with the feedback tone, says
   at which instant each one leaves the card. No sound library: what it does can be tested in
   samples. */
#ifndef STANCE_CUE_MIXER_H
#define STANCE_CUE_MIXER_H

#include "cue.h"
#include "stance/status.h"

#include <stdint.h>

struct stance_cue_mixer;

STANCE_MUST_CHECK enum stance_status stance_cue_mixer_create(double rate_hz,
                                                             struct stance_cue_mixer **ret_mixer);
/* The callback must have ended. Accepts NULL. */
void stance_cue_mixer_destroy(struct stance_cue_mixer *mixer);

/* A new stream begins, perhaps at another rate: what was to sound is dropped. Not while the
   callback runs. WORK. */
void stance_cue_mixer_restart(struct stance_cue_mixer *mixer, double rate_hz);

/* Plays `cue`, at the sample nearest to `at_ns` (CLOCK_MONOTONIC) or at once where that is 0 or
   past. A cue fades out in one edge when the next one begins. False when sixteen are waiting. One
   thread; WORK. */
bool stance_cue_mixer_play(struct stance_cue_mixer *mixer, enum stance_cue cue, int64_t at_ns);
/* Silence within one edge, and nothing that waits will be played. The same thread. */
bool stance_cue_mixer_silence(struct stance_cue_mixer *mixer);

/* The tone of a hold. `force_n` is read at the next callback. Off: high <= low. Any one thread. */
void stance_cue_mixer_feedback(struct stance_cue_mixer *mixer, double force_n, double band_low_n,
                               double band_high_n);

/* When a cue's first sample left the card. */
struct stance_cue_event {
  enum stance_cue cue;
  int64_t leaves_ns;    /* CLOCK_MONOTONIC, as far as the card's own report of its delay goes */
  int64_t requested_ns; /* 0: at once */
};
/* False where there is none. One thread; WORK. */
bool stance_cue_mixer_take_event(struct stance_cue_mixer *mixer,
                                 struct stance_cue_event *ret_event);

/* Fills `frame_count` stereo frames, interleaved, of which the first leaves the card at `dac_ns`.
   AUDIO. */
void stance_cue_mixer_render(struct stance_cue_mixer *mixer, float *ret_frames, size_t frame_count,
                             int64_t dac_ns);

#endif
