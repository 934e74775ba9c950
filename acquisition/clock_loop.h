/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A delay-locked loop of second order that relates an instrument's sample index to
   CLOCK_MONOTONIC while it streams (F. Adriaensen 2005, "Using a DLL to filter time").

   What it is fed are marks: frame `index` had arrived at `host_ns`. A mark is never early; it is
   late by whatever the host was busy with. So of every WINDOW only the least delayed mark moves the
   loop, one that is far too late moves it not at all, and one that is far too early (the loop began
   with a late one) is taken at once.

   One thread feeds it (the transfer callback), any thread may read, one may take marks. No lock, no
   allocation, no system call. The recording's own rate comes from clock.h, over its whole length;
   this loop is for what happens now: the instant of a cue, the length of a gap. */
#ifndef STANCE_CLOCK_LOOP_H
#define STANCE_CLOCK_LOOP_H

#include "stance/source.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The line on which frame `index` arrives at `host_ns` and the next one `ns_per_frame` later, each
   with the least delay that is known. */
struct stance_clock_estimate {
  uint64_t index;
  int64_t host_ns;
  double ns_per_frame;
};

/* Where the reader finds what the feeder wrote; see clock_loop.c. */
struct stance_clock_shared {
  atomic_uint_least64_t sequence; /* odd while written */
  atomic_uint_least64_t index, host_ns, ns_per_frame;
  atomic_uint_least64_t mark_index, mark_host_ns, mark_round;
};

struct stance_clock_loop {
  /* The feeder's own. */
  double nominal_ns;
  struct stance_clock_estimate line;
  struct stance_clock_mark best; /* of the window */
  int64_t window_end_ns;         /* INT64_MIN: none is open */
  int64_t locked_since_ns;       /* bandwidth narrows from here on */
  unsigned late_windows;         /* in a row */
  uint64_t next_index;           /* 0: not begun; marks of frames before it are ignored */
  bool phase_known;
  struct stance_clock_mark mark; /* the least delayed of this round */
  uint64_t round;                /* 0: no mark yet */
  double matters_ns; /* no mark that is later than `best` by more is the best of window or round */
  /* Between threads. */
  struct stance_clock_shared shared;
  atomic_uint_least64_t wanted_round; /* written by the taker of marks */
};

/* `rate_hz` > 0: nominal, as sampled. Before any other thread knows of the loop. WORK. */
void stance_clock_loop_init(struct stance_clock_loop *loop, double rate_hz);
/* A new stream, whose indices begin at 0 again; other threads may be reading. The feeder, or while
   it does not run. */
void stance_clock_loop_restart(struct stance_clock_loop *loop, double rate_hz);
/* After each transfer, with the last frame that it completed. An index that is not larger than the
   one before is ignored. The feeder; USB safe. */
void stance_clock_loop_update(struct stance_clock_loop *loop, uint64_t index, int64_t host_ns);
/* The instrument was started anew (unplugged, restarted): the rate is kept, the phase found again.
   The feeder; USB safe. */
void stance_clock_loop_resume(struct stance_clock_loop *loop);

/* False before the first mark. Any thread; USB and AUDIO safe (it tries again while the feeder
   writes, a few dozen nanoseconds). */
bool stance_clock_loop_read(const struct stance_clock_loop *loop,
                            struct stance_clock_estimate *ret_estimate);
/* The least delayed mark since the last call; false where none came since. One thread; USB and
   AUDIO safe. */
bool stance_clock_loop_take_mark(struct stance_clock_loop *loop,
                                 struct stance_clock_mark *ret_mark);

/* When frame `index` arrives, or arrived. Pure. */
int64_t stance_clock_estimate_host_ns(const struct stance_clock_estimate *estimate, uint64_t index);
/* The frame that is sampled next after the one that arrived at `host_ns` at the latest: where an
   instrument goes on after a gap that only the host's clock measured. 0 before the first frame.
   Pure. */
uint64_t stance_clock_estimate_next_index(const struct stance_clock_estimate *estimate,
                                          int64_t host_ns);

#endif
