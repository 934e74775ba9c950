/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the rings to the store, every 250 ms, one durable commit each. Its thread is the only one
   that touches the store while it runs. */
#ifndef STANCE_RECORDER_H
#define STANCE_RECORDER_H

#include "stance/ring.h"
#include "stance/source.h"
#include "stance/status.h"
#include "store.h"
#include "store_note.h"

#include <stdatomic.h>

/* A ring for 30 s at 10 kHz (300,000 frames, rounded up; 42 MB): what a stalled disk may cost
   without losing a frame. */
enum { STANCE_RECORDER_RING_CAPACITY = 1 << 19 };
/* Bytes of compressed blocks kept at most while the store refuses: ten minutes of 8 channels ×
   10 kHz are 6e6 frames, 384 MB where their values do not compress at all. When it is full, frames
   wait in the ring, which drops and counts what no longer fits. */
enum { STANCE_RECORDER_MEMORY_MAX = 512 << 20 };

struct stance_recorder_health {
  uint64_t frames_committed;
  uint64_t frames_waiting; /* read from the ring, not committed or to be offered again */
  uint64_t commits;
  bool failing; /* the store refuses; frames are kept in memory and retried */
  bool gave_up; /* after ten minutes: what was kept in memory is lost, and what still comes */
  int64_t failing_since_ns;
  uint64_t frames_lost; /* read from the ring, then given up */
  struct stance_problem problem;
};

struct stance_recorder_options {
  const struct stance_clock *clock; /* NULL: the host's; borrowed */
  /* Of each stream: asked before every commit when its frames arrived. NULL: nobody knows. Borrowed
     until stop. */
  struct stance_source *source[STANCE_STREAM_MAX];
  bool log_commits;   /* prints `committed frames=N` on stderr after each commit */
  int64_t block_ns;   /* 0: 250 ms */
  int64_t give_up_ns; /* 0: ten minutes */
  size_t memory_max;  /* 0: STANCE_RECORDER_MEMORY_MAX */
  /* True while stopping: what the store refuses is given up at the next try. NULL: never; borrowed,
     may be set in a signal handler. */
  const atomic_bool *give_up;
  /* Told in the recorder's thread whenever `failing` or `gave_up` changes; NULL: nobody. */
  void (*notify)(void *context, const struct stance_recorder_health *health);
  void *notify_context;
};

struct stance_recorder;

/* One ring for each stream of the recording. Borrows store, rings and recording until stop. The
   recording has begun. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_recorder_start(struct stance_store *store, struct stance_frame_ring *const *rings,
                      const struct stance_recording *recording,
                      const struct stance_recorder_options *options,
                      struct stance_recorder **ret_recorder, struct stance_problem *problem);
/* A snapshot. Any thread that may block. */
void stance_recorder_health(struct stance_recorder *recorder,
                            struct stance_recorder_health *ret_health);
/* Committed, durable, with the next block; retried with it. As stance_store_add_phase. Any thread
   that may block. */
STANCE_MUST_CHECK enum stance_status stance_recorder_add_phase(struct stance_recorder *recorder,
                                                               const struct stance_phase *phase,
                                                               struct stance_problem *problem);
/* The same for a note; notes are numbered in the order in which they come. */
STANCE_MUST_CHECK enum stance_status stance_recorder_add_note(struct stance_recorder *recorder,
                                                              const struct stance_note *note,
                                                              struct stance_problem *problem);
/* Call when the source has stopped: drains the ring, commits, joins. While the store refuses, it
   goes on trying until it gives up. STANCE_STORE where frames could not be committed. Destroys the
   recorder in every case. WORK. */
STANCE_MUST_CHECK enum stance_status stance_recorder_stop(struct stance_recorder *recorder,
                                                          struct stance_recorder_health *ret_health,
                                                          struct stance_problem *problem);

#endif
