/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_private.h"

static void work_on(const struct stance_http *http, struct http_intake *intake)
{
  intake->reply = (struct stance_http_reply){.status = MHD_HTTP_OK};
  http->options.handle(http->options.context, &intake->request, &intake->reply);
}

static void *work(void *context)
{
  struct stance_http *http = context;
  struct http_workers *workers = &http->workers;
  pthread_mutex_lock(&workers->lock);
  for (;;) {
    while (workers->first == NULL && !workers->stopping)
      pthread_cond_wait(&workers->news, &workers->lock);
    if (workers->stopping)
      break;
    struct http_intake *intake = workers->first;
    workers->first = intake->next;
    pthread_mutex_unlock(&workers->lock);
    work_on(http, intake);
    pthread_mutex_lock(&workers->lock);
    intake->next = workers->done;
    workers->done = intake;
    http_ring(http);
  }
  pthread_mutex_unlock(&workers->lock);
  return NULL;
}

void http_workers_hand_over(struct stance_http *http, struct http_intake *intake)
{
  struct http_workers *workers = &http->workers;
  pthread_mutex_lock(&workers->lock);
  intake->next = NULL;
  if (workers->first == NULL)
    workers->first = intake;
  else
    workers->last->next = intake;
  workers->last = intake;
  pthread_cond_signal(&workers->news);
  pthread_mutex_unlock(&workers->lock);
}

struct http_intake *http_workers_take_done(struct stance_http *http)
{
  pthread_mutex_lock(&http->workers.lock);
  struct http_intake *done = http->workers.done;
  http->workers.done = NULL;
  pthread_mutex_unlock(&http->workers.lock);
  return done;
}

enum stance_status http_workers_start(struct stance_http *http, struct stance_problem *problem)
{
  struct http_workers *workers = &http->workers;
  for (; workers->count < HTTP_WORKER_COUNT; workers->count++)
    if (pthread_create(&workers->thread[workers->count], NULL, work, http) != 0)
      return stance_problem_set(problem, STANCE_MEMORY, "no thread for the page could be started");
  return STANCE_OK;
}

void http_workers_stop(struct stance_http *http)
{
  struct http_workers *workers = &http->workers;
  pthread_mutex_lock(&workers->lock);
  workers->stopping = true;
  pthread_cond_broadcast(&workers->news);
  pthread_mutex_unlock(&workers->lock);
  for (size_t k = 0; k < workers->count; k++)
    pthread_join(workers->thread[k], NULL);
}
