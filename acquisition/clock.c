/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's monotonic clock behind the interface that tests replace. */
#include "stance/rt.h"
#include "stance/source.h"

#include <errno.h>
#include <time.h>

enum { NS_PER_S = 1000000000 };

static int64_t host_now_ns(void *context)
{
  struct timespec now;
  (void)context;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void host_sleep_until_ns(void *context, int64_t deadline_ns)
{
  const struct timespec deadline = {.tv_sec = (time_t)(deadline_ns / NS_PER_S),
                                    .tv_nsec = (long)(deadline_ns % NS_PER_S)};
  (void)context;
  stance_rt_assert_may_block("clock sleep");
  if (deadline_ns < 0)
    return;
  /* The deadline is absolute: a signal in between costs no drift. */
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
    ;
}

const struct stance_clock stance_clock_host = {
    .now_ns = host_now_ns, .sleep_until_ns = host_sleep_until_ns, .context = NULL};
