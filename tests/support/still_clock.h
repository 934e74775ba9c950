/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock that stands until the test moves it: ten minutes pass in milliseconds. */
#ifndef STANCE_TEST_STILL_CLOCK_H
#define STANCE_TEST_STILL_CLOCK_H

#include "stance/source.h"

#include <pthread.h>

/* For one thread that sleeps on it. */
struct still_clock {
  pthread_mutex_t mutex;
  pthread_cond_t moved, asleep;
  int64_t now_ns;
  int64_t wake_ns; /* the sleeper's deadline, 0 while nobody sleeps */
  bool runs;       /* no longer stands: every sleep returns at once */
};

void still_clock_init(struct still_clock *clock, int64_t now_ns);
struct stance_clock still_clock_of(struct still_clock *clock);
/* Lets the sleeper wake at each of its deadlines over this span; returns when it sleeps beyond
   it. */
void still_clock_advance(struct still_clock *clock, int64_t span_ns);
/* From here on the clock jumps to every deadline by itself. */
void still_clock_run(struct still_clock *clock);
void still_clock_finish(struct still_clock *clock);

#endif
