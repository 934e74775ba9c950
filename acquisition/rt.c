/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rt_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Thread_local enum stance_rt_context stance_rt_thread_context = STANCE_RT_WORK;

enum stance_rt_context stance_rt_enter(enum stance_rt_context context)
{
  return rt_enter(context);
}

void stance_rt_leave(enum stance_rt_context previous)
{
  rt_leave(previous);
}

enum stance_rt_context stance_rt_current(void)
{
  return stance_rt_thread_context;
}

/* The process ends here, so write() may block; stdio would lock and could hang instead. Whether
   the words arrive changes nothing, hence the ignored results. */
static void say(const char *text)
{
  ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written;
}

void stance_rt_assert_may_block(const char *what)
{
  if (stance_rt_thread_context == STANCE_RT_WORK) {
    return;
  }
  say("<2>real-time rule broken: ");
  say(what);
  say(stance_rt_thread_context == STANCE_RT_USB ? " in a USB callback\n"
                                                : " in the sound callback\n");
  abort();
}
