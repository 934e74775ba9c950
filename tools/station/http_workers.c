/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_private.h"

/* Recordings are analysed one at a time anyway (http_api_reports.c): a second worker would wait
   there. What everybody else leaves is for what is urgent. */
static const size_t at_once_max[STANCE_HTTP_PACE_COUNT] = {
    [STANCE_HTTP_URGENT] = HTTP_WORKER_COUNT, [STANCE_HTTP_ORDINARY] = 4, [STANCE_HTTP_SLOW] = 1};

/* The most urgent that may begin; NULL: none. Under the lock. */
static struct http_intake *take_next(struct http_workers *workers)
{
  for (size_t pace = 0; pace < STANCE_HTTP_PACE_COUNT; pace++) {
    struct http_queue *queue = &workers->queue[pace];
    struct http_intake *intake = queue->first;
    if (intake == NULL || queue->at_work == at_once_max[pace])
      continue;
    queue->first = intake->next;
    queue->at_work++;
    return intake;
  }
  return NULL;
}

static void work_on(const struct stance_http *http, struct http_intake *intake)
{
  intake->reply = (struct stance_http_reply){.status = MHD_HTTP_OK};
  http->options.handle(http->options.context, &intake->request, &intake->reply);
}

/* Whoever ends something looks for the next himself: what he made room for needs no other signal.
 */
static void *work(void *context)
{
  struct stance_http *http = context;
  struct http_workers *workers = &http->workers;
  pthread_mutex_lock(&workers->lock);
  while (!workers->stopping) {
    struct http_intake *intake = take_next(workers);
    if (intake == NULL) {
      pthread_cond_wait(&workers->news, &workers->lock);
      continue;
    }
    const enum stance_http_pace pace = intake->pace;
    pthread_mutex_unlock(&workers->lock);
    work_on(http, intake);
    pthread_mutex_lock(&workers->lock);
    workers->queue[pace].at_work--;
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
  intake->pace =
      http->options.pace == NULL ? STANCE_HTTP_ORDINARY : http->options.pace(&intake->request);
  pthread_mutex_lock(&workers->lock);
  struct http_queue *queue = &workers->queue[intake->pace];
  intake->next = NULL;
  if (queue->first == NULL)
    queue->first = intake;
  else
    queue->last->next = intake;
  queue->last = intake;
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
