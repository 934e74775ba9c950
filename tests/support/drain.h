/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that reads a frame ring and accounts for every instant. */
#ifndef STANCE_TESTS_DRAIN_H
#define STANCE_TESTS_DRAIN_H

#include "stance/ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct drain {
  struct stance_frame_ring *ring;
  pthread_t thread;
  atomic_bool finish; /* set when no further frame will come */
  long pause_ns;      /* between two reads */
  atomic_ullong received;
  uint64_t gap_sum;  /* of gap_before */
  uint64_t jump_sum; /* of the index */
  uint64_t next_index;
  bool monotone;
  double sum; /* of all values, so that order and content count */
};

static inline void drain_pause(long ns)
{
  const struct timespec pause = {.tv_nsec = ns};
  if (ns > 0)
    nanosleep(&pause, NULL);
}

static inline size_t drain_once(struct drain *drain)
{
  struct stance_raw_frame frames[64];
  const size_t count = stance_frame_ring_read(drain->ring, frames, 64);
  for (size_t k = 0; k < count; k++) {
    drain->monotone = drain->monotone && frames[k].index >= drain->next_index;
    drain->jump_sum += frames[k].index - drain->next_index;
    drain->gap_sum += frames[k].gap_before;
    drain->next_index = frames[k].index + 1;
    drain->sum += frames[k].value[0] * (double)(frames[k].index % 97);
  }
  atomic_fetch_add(&drain->received, count);
  return count;
}

static inline void *drain_run(void *argument)
{
  struct drain *drain = argument;
  for (;;) {
    const bool last = atomic_load(&drain->finish);
    const size_t count = drain_once(drain);
    if (count == 0 && last)
      return NULL;
    drain_pause(drain->pause_ns > 0 ? drain->pause_ns : count == 0 ? 50000 : 0);
  }
}

static inline void drain_start(struct drain *drain, size_t capacity, long pause_ns)
{
  *drain = (struct drain){.pause_ns = pause_ns, .monotone = true};
  if (stance_frame_ring_create(capacity, &drain->ring) != STANCE_OK ||
      pthread_create(&drain->thread, NULL, drain_run, drain) != 0)
    abort();
}

/* Call when the source has stopped. */
static inline void drain_finish(struct drain *drain)
{
  atomic_store(&drain->finish, true);
  pthread_join(drain->thread, NULL);
}

#endif
