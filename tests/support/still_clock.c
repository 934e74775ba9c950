/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/still_clock.h"

static int64_t still_now(void *context)
{
  struct still_clock *clock = context;
  pthread_mutex_lock(&clock->mutex);
  int64_t now_ns = clock->now_ns;
  pthread_mutex_unlock(&clock->mutex);
  return now_ns;
}

static void still_sleep(void *context, int64_t deadline_ns)
{
  struct still_clock *clock = context;
  pthread_mutex_lock(&clock->mutex);
  clock->wake_ns = deadline_ns;
  pthread_cond_broadcast(&clock->asleep);
  while (clock->now_ns < deadline_ns && !clock->runs)
    pthread_cond_wait(&clock->moved, &clock->mutex);
  if (clock->now_ns < deadline_ns)
    clock->now_ns = deadline_ns;
  clock->wake_ns = 0;
  pthread_mutex_unlock(&clock->mutex);
}

void still_clock_init(struct still_clock *clock, int64_t now_ns)
{
  *clock = (struct still_clock){.now_ns = now_ns};
  pthread_mutex_init(&clock->mutex, NULL);
  pthread_cond_init(&clock->moved, NULL);
  pthread_cond_init(&clock->asleep, NULL);
}

struct stance_clock still_clock_of(struct still_clock *clock)
{
  return (struct stance_clock){still_now, still_sleep, clock};
}

void still_clock_advance(struct still_clock *clock, int64_t span_ns)
{
  pthread_mutex_lock(&clock->mutex);
  int64_t end_ns = clock->now_ns + span_ns;
  for (;;) {
    while (clock->wake_ns <= clock->now_ns)
      pthread_cond_wait(&clock->asleep, &clock->mutex);
    if (clock->wake_ns > end_ns)
      break;
    clock->now_ns = clock->wake_ns;
    pthread_cond_broadcast(&clock->moved);
  }
  clock->now_ns = end_ns;
  pthread_mutex_unlock(&clock->mutex);
}

void still_clock_run(struct still_clock *clock)
{
  pthread_mutex_lock(&clock->mutex);
  clock->runs = true;
  pthread_cond_broadcast(&clock->moved);
  pthread_mutex_unlock(&clock->mutex);
}

void still_clock_finish(struct still_clock *clock)
{
  pthread_cond_destroy(&clock->asleep);
  pthread_cond_destroy(&clock->moved);
  pthread_mutex_destroy(&clock->mutex);
}
