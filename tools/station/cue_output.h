/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sound card, through PortAudio. A thread of its own opens it, watches it and opens it anew
   when it vanishes: nobody ever waits for a sound card, and a test goes on without one. */
#ifndef STANCE_CUE_OUTPUT_H
#define STANCE_CUE_OUTPUT_H

#include "cue_mixer.h"
#include "stance/status.h"

#include <stdatomic.h>
#include <stdint.h>

struct stance_sound;

/* What an input hears, for whoever wants to know what was truly played. */
struct stance_sound_chunk {
  size_t first, count; /* samples */
  int64_t adc_ns;      /* CLOCK_MONOTONIC at which the first came to the card, as that reports it */
};
struct stance_sound_capture {
  float *sample; /* mean of the channels, at the rate of the output; the caller's */
  size_t capacity;
  struct stance_sound_chunk *chunk; /* the caller's */
  size_t chunk_capacity;
  size_t chunk_count; /* to be read when the sound was destroyed */
  atomic_size_t used; /* samples; what is beyond the capacity is not heard */
};

struct stance_sound_options {
  const char *device; /* a part of its name; NULL: the system's own choice; borrowed until create */
  double latency_s;   /* wanted; 0: 0.02, the shortest that held without underflow in an emulator */
  struct stance_sound_capture *capture; /* NULL: nothing is heard; borrowed until destroy */
  const char *input;                    /* that hears, as `device`; NULL: the system's own choice */
};

struct stance_sound_health {
  bool playing;
  char device[128];
  char input[128]; /* "": nothing is heard */
  double rate_hz;
  double latency_s;              /* as the card says: from the callback to its output */
  uint64_t callbacks;            /* since creation: stands still where the card hangs */
  uint64_t underflows;           /* gaps that could be heard */
  uint64_t losses;               /* how often the card vanished or hung */
  struct stance_problem problem; /* why there is no sound and what to do; "" while it plays */
};

/* Returns at once; the card is opened meanwhile. WORK. */
STANCE_MUST_CHECK enum stance_status stance_sound_create(const struct stance_sound_options *options,
                                                         struct stance_sound **ret_sound,
                                                         struct stance_problem *problem);
/* Silence, then the end; waits for the card for a bounded time. Accepts NULL. WORK. */
void stance_sound_destroy(struct stance_sound *sound);
void stance_sound_health(struct stance_sound *sound, struct stance_sound_health *ret_health);

/* As in cue_mixer.h; false also while there is no sound. One thread. WORK. */
bool stance_sound_play(struct stance_sound *sound, enum stance_cue cue, int64_t at_ns);
bool stance_sound_silence(struct stance_sound *sound);
bool stance_sound_take_event(struct stance_sound *sound, struct stance_cue_event *ret_event);
void stance_sound_feedback(struct stance_sound *sound, double force_n, double band_low_n,
                           double band_high_n);

/* What could play; not while a sound exists in this process. The caller frees the array. WORK. */
struct stance_sound_device {
  char name[128];
  double rate_hz;
  double latency_s; /* the shortest that the card claims */
  bool is_default;
  bool is_by_alsa; /* so that its callback may come before other threads, where the user may */
};
STANCE_MUST_CHECK enum stance_status stance_sound_list(struct stance_sound_device **ret_devices,
                                                       size_t *ret_count,
                                                       struct stance_problem *problem);

#endif
