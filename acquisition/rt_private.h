/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calling thread's context, for the transfer callback: two calls a packet would cost as much as
   the packet's place in a ring. */
#ifndef STANCE_ACQUISITION_RT_PRIVATE_H
#define STANCE_ACQUISITION_RT_PRIVATE_H

#include "stance/rt.h"

/* It lies in the program itself, not in a library that is loaded: no need to ask where. */
extern _Thread_local enum stance_rt_context stance_rt_thread_context
    __attribute__((tls_model("local-exec")));

/* As stance_rt_enter and stance_rt_leave. */
static inline enum stance_rt_context rt_enter(enum stance_rt_context context)
{
  const enum stance_rt_context previous = stance_rt_thread_context;
  stance_rt_thread_context = context;
  return previous;
}

static inline void rt_leave(enum stance_rt_context previous)
{
  stance_rt_thread_context = previous;
}

#endif
