/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event_hub.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEPT_MAX = 8 };

struct shared_event {
  struct stance_event event; /* first: what is handed out is this */
  atomic_uint holders;
  char text[];
};

struct stance_onlooker {
  struct stance_event_hub *hub;
  struct shared_event *waiting[STANCE_ONLOOKER_BACKLOG];
  size_t first, count;
  uint64_t missed;
};

struct stance_event_hub {
  pthread_mutex_t lock;
  pthread_cond_t news;
  uint64_t number;
  bool closed;
  /* Apart from `lock`: whoever hears the bell takes that at once, and should not find it held. */
  pthread_mutex_t bell_lock;
  int bell; /* -1: none */
  struct shared_event *kept[KEPT_MAX];
  size_t kept_count;
  struct stance_onlooker *onlooker[STANCE_ONLOOKER_MAX];
  size_t onlooker_count;
};

enum stance_status stance_event_hub_create(struct stance_event_hub **ret_hub)
{
  struct stance_event_hub *hub = calloc(1, sizeof *hub);
  pthread_condattr_t monotonic;
  pthread_mutexattr_t inherits; /* a publisher may come before the desktop; its readers do not */
  if (hub == NULL)
    return STANCE_MEMORY;
  pthread_mutexattr_init(&inherits);
  pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&hub->lock, &inherits);
  pthread_mutex_init(&hub->bell_lock, &inherits);
  pthread_mutexattr_destroy(&inherits);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&hub->news, &monotonic);
  pthread_condattr_destroy(&monotonic);
  hub->bell = -1;
  *ret_hub = hub;
  return STANCE_OK;
}

static struct shared_event *hold(struct shared_event *event)
{
  atomic_fetch_add_explicit(&event->holders, 1, memory_order_relaxed);
  return event;
}

static void release(struct shared_event *event)
{
  if (atomic_fetch_sub_explicit(&event->holders, 1, memory_order_acq_rel) == 1)
    free(event);
}

void stance_event_release(const struct stance_event *event)
{
  release((struct shared_event *)event);
}

void stance_event_hub_destroy(struct stance_event_hub *hub)
{
  if (hub == NULL)
    return;
  for (size_t k = 0; k < hub->kept_count; k++)
    release(hub->kept[k]);
  pthread_cond_destroy(&hub->news);
  pthread_mutex_destroy(&hub->bell_lock);
  pthread_mutex_destroy(&hub->lock);
  free(hub);
}

static struct shared_event *make(const char *name, const char *text)
{
  size_t length = strlen(text);
  struct shared_event *event = malloc(sizeof *event + length + 1);
  if (event == NULL)
    return NULL;
  *event = (struct shared_event){.event = {.length = length, .text = event->text}};
  strncpy(event->event.name, name, STANCE_EVENT_NAME_MAX);
  memcpy(event->text, text, length + 1);
  atomic_init(&event->holders, 1);
  return event;
}

/* Under the lock. The oldest goes where a reader is too slow: what is new counts. */
static void give(struct stance_onlooker *onlooker, struct shared_event *event)
{
  if (onlooker->count == STANCE_ONLOOKER_BACKLOG) {
    release(onlooker->waiting[onlooker->first]);
    onlooker->first = (onlooker->first + 1) % STANCE_ONLOOKER_BACKLOG;
    onlooker->count--;
    onlooker->missed++;
  }
  onlooker->waiting[(onlooker->first + onlooker->count++) % STANCE_ONLOOKER_BACKLOG] = hold(event);
}

/* Under the lock. */
static void remember(struct stance_event_hub *hub, struct shared_event *event)
{
  for (size_t k = 0; k < hub->kept_count; k++)
    if (strcmp(hub->kept[k]->event.name, event->event.name) == 0) {
      release(hub->kept[k]);
      hub->kept[k] = hold(event);
      return;
    }
  if (hub->kept_count < KEPT_MAX)
    hub->kept[hub->kept_count++] = hold(event);
}

static void ring(struct stance_event_hub *hub)
{
  const uint64_t one = 1;
  pthread_mutex_lock(&hub->bell_lock);
  /* It fails only where the bell already rings. */
  ssize_t written = hub->bell < 0 ? 0 : write(hub->bell, &one, sizeof one);
  (void)written;
  pthread_mutex_unlock(&hub->bell_lock);
}

void stance_event_hub_set_bell(struct stance_event_hub *hub, int eventfd)
{
  pthread_mutex_lock(&hub->bell_lock);
  hub->bell = eventfd;
  pthread_mutex_unlock(&hub->bell_lock);
}

void stance_event_hub_publish(struct stance_event_hub *hub, const char *name, const char *text,
                              bool keep)
{
  struct shared_event *event = make(name, text);
  pthread_mutex_lock(&hub->lock);
  uint64_t number = ++hub->number;
  if (event == NULL || hub->closed) { /* a hole in the numbers tells that one is missing */
    for (size_t k = 0; k < hub->onlooker_count; k++)
      hub->onlooker[k]->missed++;
  } else {
    event->event.number = number;
    for (size_t k = 0; k < hub->onlooker_count; k++)
      give(hub->onlooker[k], event);
    if (keep)
      remember(hub, event);
    pthread_cond_broadcast(&hub->news);
  }
  pthread_mutex_unlock(&hub->lock);
  ring(hub);
  if (event != NULL)
    release(event);
}

size_t stance_event_hub_onlookers(struct stance_event_hub *hub)
{
  pthread_mutex_lock(&hub->lock);
  size_t count = hub->onlooker_count;
  pthread_mutex_unlock(&hub->lock);
  return count;
}

struct stance_onlooker *stance_event_hub_join(struct stance_event_hub *hub)
{
  struct stance_onlooker *onlooker = calloc(1, sizeof *onlooker);
  if (onlooker == NULL)
    return NULL;
  onlooker->hub = hub;
  pthread_mutex_lock(&hub->lock);
  bool welcome = !hub->closed && hub->onlooker_count < STANCE_ONLOOKER_MAX;
  if (welcome) {
    hub->onlooker[hub->onlooker_count++] = onlooker;
    for (size_t k = 0; k < hub->kept_count; k++)
      give(onlooker, hub->kept[k]);
  }
  pthread_mutex_unlock(&hub->lock);
  if (!welcome) {
    free(onlooker);
    return NULL;
  }
  return onlooker;
}

void stance_event_hub_leave(struct stance_onlooker *onlooker)
{
  if (onlooker == NULL)
    return;
  struct stance_event_hub *hub = onlooker->hub;
  pthread_mutex_lock(&hub->lock);
  for (size_t k = 0; k < hub->onlooker_count; k++)
    if (hub->onlooker[k] == onlooker)
      hub->onlooker[k] = hub->onlooker[--hub->onlooker_count];
  for (; onlooker->count > 0; onlooker->count--, onlooker->first++)
    release(onlooker->waiting[onlooker->first % STANCE_ONLOOKER_BACKLOG]);
  pthread_mutex_unlock(&hub->lock);
  free(onlooker);
}

static struct timespec deadline_after(int timeout_ms)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += timeout_ms / 1000;
  until.tv_nsec += timeout_ms % 1000 * 1000000L;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  return until;
}

const struct stance_event *stance_onlooker_next(struct stance_onlooker *onlooker, int timeout_ms,
                                                uint64_t *ret_missed, bool *ret_closed)
{
  struct stance_event_hub *hub = onlooker->hub;
  const struct timespec until = deadline_after(timeout_ms);
  struct shared_event *event = NULL;

  pthread_mutex_lock(&hub->lock);
  /* even a wait of no length gives the processor away, and is late by the timer's slack */
  while (onlooker->count == 0 && !hub->closed && timeout_ms > 0 &&
         pthread_cond_timedwait(&hub->news, &hub->lock, &until) == 0)
    continue;
  if (onlooker->count > 0) { /* the hold passes to the caller */
    event = onlooker->waiting[onlooker->first];
    onlooker->first = (onlooker->first + 1) % STANCE_ONLOOKER_BACKLOG;
    onlooker->count--;
    *ret_missed = onlooker->missed;
    onlooker->missed = 0;
  }
  *ret_closed = hub->closed && event == NULL;
  pthread_mutex_unlock(&hub->lock);
  return event == NULL ? NULL : &event->event;
}

void stance_event_hub_close(struct stance_event_hub *hub)
{
  pthread_mutex_lock(&hub->lock);
  hub->closed = true;
  pthread_cond_broadcast(&hub->news);
  pthread_mutex_unlock(&hub->lock);
  ring(hub);
}
