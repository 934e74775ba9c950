/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real-time rule, executable. A thread says in which context it runs; every helper that may
   block, allocate, log or touch a file asserts that it may. */
#ifndef STANCE_RT_H
#define STANCE_RT_H

#include <stdbool.h>

enum stance_rt_context {
  STANCE_RT_WORK = 0, /* anything */
  STANCE_RT_USB,      /* transfer callback: our code neither allocates, locks, logs nor does I/O */
  STANCE_RT_AUDIO,    /* sound callback: no system call, lock or allocation */
};

/* Sets the calling thread's context; returns the one before, to be handed to stance_rt_leave. */
enum stance_rt_context stance_rt_enter(enum stance_rt_context context);
void stance_rt_leave(enum stance_rt_context previous);
enum stance_rt_context stance_rt_current(void);

/* Aborts with `what` on stderr when the calling thread is not in WORK. Cheap enough for release. */
void stance_rt_assert_may_block(const char *what);

#endif
