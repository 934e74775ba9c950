/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reports that may wait for a slower one before them, per job. */
enum { WINDOW_PER_JOB = 4 };

struct slot {
  struct stance_text rows;
  struct stance_text messages;
  enum stance_status status;
  bool done;
};

struct batch {
  const struct stance_batch_item *items;
  size_t count;
  const struct stance_batch_options *options;
  size_t window;
  struct slot *slot; /* item k uses slot k % window */

  stance_batch_emit *emit;
  void *context;

  pthread_mutex_t lock; /* guards what follows, and `done` of the slots */
  pthread_cond_t room;  /* an item was emitted, or the run stops */
  size_t next;          /* first item that nobody has begun */
  size_t emitted;
  bool emitting;             /* one of the threads is at it */
  enum stance_status status; /* of emit; once it is not STANCE_OK the run stops */
  struct stance_problem problem;
};

struct worker {
  struct batch *batch;
  struct stance_analyzer *analyzer;
  struct stance_store *store; /* NULL where no item is stored */
  pthread_t thread;
};

static void add_problem(struct slot *slot, enum stance_status status,
                        const struct stance_problem *problem)
{
  if (slot->status == STANCE_OK)
    slot->status = status;
  stance_text_format(&slot->messages, "stance: %s\n", problem->text);
}

static void report_trial(struct worker *worker, const struct stance_trial *trial, struct slot *slot)
{
  const struct stance_batch_options *options = worker->batch->options;
  struct stance_problem problem = {""};
  struct stance_result result = {0};
  enum stance_status status =
      stance_trial_analyze(worker->analyzer, trial, options->trial, &result, &problem);
  if (status != STANCE_OK) {
    struct stance_problem where;
    stance_problem_set(&where, status, "%.200s: %.300s", trial->recording, problem.text);
    add_problem(slot, status, &where);
    return;
  }
  struct stance_report report;
  stance_trial_report(trial, &result, &report);
  report.reliability = options->reliability;
  struct stance_sheet sheet = {.text = &slot->rows, .locale = options->locale};
  if (options->budget != NULL)
    stance_report_budget(&slot->rows, &report, *options->budget, options->json);
  else if (options->json)
    stance_report_json(&slot->rows, &report);
  else
    stance_report_rows(&sheet, options->layout, &report);
  if (result.repetition_count == 0)
    stance_text_format(&slot->messages,
                       "stance: %s: no repetition was found: nothing rises more than %g N above "
                       "what stands before and after it (--set minimum_peak_n=N)\n",
                       trial->recording, result.settings.minimum_peak_n);
  if (options->summary)
    stance_report_summary(&slot->messages, &report);
  stance_result_finish(&result);
}

static enum stance_status load(struct worker *worker, const struct stance_batch_item *item,
                               struct stance_trial **ret_trials, size_t *ret_count,
                               struct stance_problem *problem)
{
  const struct stance_trial_options *options = worker->batch->options->trial;
  if (item->kind == STANCE_BATCH_FILE)
    return stance_trial_load_file(item->name, options, ret_trials, ret_count, problem);
  struct stance_trial *trial = calloc(1, sizeof *trial);
  if (trial == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", item->name);
  enum stance_status status =
      item->kind == STANCE_BATCH_PAIR
          ? stance_trial_load_pair(item->name, item->right_name, options, trial, problem)
          : stance_trial_load_stored(worker->store, item->name, options, trial, problem);
  if (status != STANCE_OK) {
    free(trial);
    return status;
  }
  *ret_trials = trial;
  *ret_count = 1;
  return STANCE_OK;
}

static void process(struct worker *worker, const struct stance_batch_item *item, struct slot *slot)
{
  struct stance_trial *trials = NULL;
  size_t count = 0;
  struct stance_problem problem = {""};
  enum stance_status status = load(worker, item, &trials, &count, &problem);
  if (status != STANCE_OK)
    add_problem(slot, status, &problem);
  for (size_t k = 0; k < count; k++)
    report_trial(worker, &trials[k], slot);
  stance_trials_free(trials, count);
  if (slot->rows.failed || slot->messages.failed) {
    stance_text_finish(&slot->rows);
    stance_text_finish(&slot->messages);
    stance_problem_set(&problem, STANCE_MEMORY, "%s: out of memory", item->name);
    add_problem(slot, STANCE_MEMORY, &problem);
  }
}

static const char *text_or_empty(const struct stance_text *text)
{
  return text->bytes == NULL ? "" : text->bytes;
}

/* Hands on what is done, in order. Whoever has finished an item does it, unless another thread is
   at it: a thread of its own would have to be woken for each. Called and returns with the lock. */
static void emit_done(struct batch *batch)
{
  if (batch->emitting)
    return;
  batch->emitting = true;
  while (batch->status == STANCE_OK && batch->emitted < batch->count &&
         batch->slot[batch->emitted % batch->window].done) {
    size_t item = batch->emitted;
    struct slot *slot = &batch->slot[item % batch->window];
    pthread_mutex_unlock(&batch->lock);
    const struct stance_batch_report report = {
        .status = slot->status,
        .rows = text_or_empty(&slot->rows),
        .messages = text_or_empty(&slot->messages),
    };
    enum stance_status status = batch->emit(batch->context, item, &report, &batch->problem);
    stance_text_finish(&slot->rows);
    stance_text_finish(&slot->messages);
    pthread_mutex_lock(&batch->lock);
    *slot = (struct slot){0};
    batch->emitted++;
    batch->status = status;
    pthread_cond_broadcast(&batch->room);
  }
  batch->emitting = false;
}

static void *work(void *argument)
{
  struct worker *worker = argument;
  struct batch *batch = worker->batch;
  pthread_mutex_lock(&batch->lock);
  for (;;) {
    while (batch->status == STANCE_OK && batch->next < batch->count &&
           batch->next >= batch->emitted + batch->window)
      pthread_cond_wait(&batch->room, &batch->lock);
    if (batch->status != STANCE_OK || batch->next == batch->count)
      break;
    size_t item = batch->next++;
    struct slot *slot = &batch->slot[item % batch->window];
    pthread_mutex_unlock(&batch->lock);
    process(worker, &batch->items[item], slot);
    pthread_mutex_lock(&batch->lock);
    slot->done = true;
    emit_done(batch);
  }
  pthread_mutex_unlock(&batch->lock);
  return NULL;
}

static bool needs_store(const struct batch *batch)
{
  for (size_t k = 0; k < batch->count; k++)
    if (batch->items[k].kind == STANCE_BATCH_STORED)
      return true;
  return false;
}

static enum stance_status equip(struct worker *worker, bool with_store,
                                struct stance_problem *problem)
{
  enum stance_status status = stance_analyzer_create(&worker->analyzer, problem);
  if (status == STANCE_OK && with_store)
    status = stance_store_open(worker->batch->options->store_path, STANCE_STORE_READ,
                               &worker->store, problem);
  return status;
}

/* What one recording needed the next one needs again: without this, glibc returns the large pieces
   to the system after each, which clears and maps them anew (a tenth of the time). 16 MB: a few
   recordings of minutes at 1 kHz; larger pieces still go back. */
static void keep_memory(void)
{
  enum { KEPT_BYTES = 16 << 20 };
  mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
  mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

/* Starts as many workers as it can; one is enough. */
static enum stance_status run_workers(struct batch *batch, struct worker *workers, size_t count,
                                      struct stance_problem *problem)
{
  size_t running = 0;
  while (running < count &&
         pthread_create(&workers[running].thread, NULL, work, &workers[running]) == 0)
    running++;
  if (running == 0)
    return stance_problem_set(problem, STANCE_MEMORY, "no thread could be started");
  for (size_t k = 0; k < running; k++)
    pthread_join(workers[k].thread, NULL);
  for (size_t k = 0; k < batch->window; k++) {
    stance_text_finish(&batch->slot[k].rows);
    stance_text_finish(&batch->slot[k].messages);
  }
  if (batch->status != STANCE_OK && problem != NULL)
    *problem = batch->problem;
  return batch->status;
}

static size_t job_count(const struct stance_batch_options *options, size_t items)
{
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  size_t jobs = options->jobs > 0 ? options->jobs : processors > 0 ? (size_t)processors : 1;
  return jobs < items ? jobs : items;
}

enum stance_status stance_batch_run(const struct stance_batch_item *items, size_t count,
                                    const struct stance_batch_options *options,
                                    stance_batch_emit *emit, void *context,
                                    struct stance_problem *problem)
{
  if (count == 0)
    return STANCE_OK;
  if (count > 1)
    keep_memory();
  size_t jobs = job_count(options, count);
  struct batch batch = {
      .items = items,
      .count = count,
      .options = options,
      .window = WINDOW_PER_JOB * jobs,
      .lock = PTHREAD_MUTEX_INITIALIZER,
      .emit = emit,
      .context = context,
      .room = PTHREAD_COND_INITIALIZER,
  };
  struct worker *workers = calloc(jobs, sizeof *workers);
  batch.slot = calloc(batch.window, sizeof *batch.slot);
  enum stance_status status = workers == NULL || batch.slot == NULL
                                  ? stance_problem_set(problem, STANCE_MEMORY, "out of memory")
                                  : STANCE_OK;
  bool with_store = needs_store(&batch);
  for (size_t k = 0; k < jobs && status == STANCE_OK; k++) {
    workers[k].batch = &batch;
    status = equip(&workers[k], with_store, problem);
  }
  if (status == STANCE_OK)
    status = run_workers(&batch, workers, jobs, problem);
  for (size_t k = 0; k < jobs && workers != NULL; k++) {
    stance_analyzer_destroy(workers[k].analyzer);
    stance_store_close(workers[k].store);
  }
  free(batch.slot);
  free(workers);
  return status;
}
