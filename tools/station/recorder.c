/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recorder.h"

#include "store_block.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)

/* A block's span: at most this much is lost to a power cut. */
#define BLOCK_NS (250 * NS_PER_MS)
/* How often the thread looks whether it shall stop or the ring fills early. */
#define POLL_NS (25 * NS_PER_MS)
/* A store that refused is asked again after this. */
#define RETRY_NS (1000 * NS_PER_MS)
#define GIVE_UP_NS (600000 * NS_PER_MS)
/* Blocks in one transaction while a backlog is worked off: 16 s of recording, a few hundred
   kilobytes at usual rates, so that one commit stays short. */
enum { BATCH_BLOCKS = 64 };

/* Blocks that are encoded and not yet durable, oldest first. */
struct backlog {
  struct stance_block *blocks;
  size_t count, capacity;
  size_t size; /* bytes */
};

struct stance_recorder {
  struct stance_store *store;
  struct stance_frame_ring *ring;
  const struct stance_clock *clock;
  struct stance_recorder_options options;
  char recording_id[STANCE_UUID_SIZE];
  size_t channel_count;
  pthread_t thread;
  atomic_bool stopping;

  /* The thread's own. */
  struct stance_block_codec *codec;
  struct stance_raw_frame *frames; /* read from the ring, not yet encoded */
  size_t frame_count;
  struct backlog backlog;
  uint64_t sequence;
  int64_t retry_ns; /* not before */

  pthread_mutex_t mutex; /* guards what follows */
  struct stance_recorder_health health;
  struct stance_phase *phases; /* to be committed */
  size_t phase_count;
};

static int64_t now_ns(const struct stance_recorder *recorder)
{
  return recorder->clock->now_ns(recorder->clock->context);
}

static bool backlog_reserve(struct backlog *backlog)
{
  if (backlog->count < backlog->capacity)
    return true;
  size_t capacity = backlog->capacity == 0 ? BATCH_BLOCKS : 2 * backlog->capacity;
  struct stance_block *larger = realloc(backlog->blocks, capacity * sizeof *larger);
  if (larger == NULL)
    return false;
  backlog->blocks = larger;
  backlog->capacity = capacity;
  return true;
}

/* Drops the oldest `count`; returns how many frames they held. */
static uint64_t backlog_drop(struct backlog *backlog, size_t count)
{
  uint64_t frames = 0;
  for (size_t k = 0; k < count; k++) {
    frames += backlog->blocks[k].frame_count;
    backlog->size -= backlog->blocks[k].size;
    stance_block_finish(&backlog->blocks[k]);
  }
  backlog->count -= count;
  memmove(backlog->blocks, backlog->blocks + count, backlog->count * sizeof *backlog->blocks);
  return frames;
}

/* False where memory ran out: the frames stay and are encoded next time. */
static bool encode(struct stance_recorder *recorder, int64_t host_ns)
{
  struct backlog *backlog = &recorder->backlog;
  if (!backlog_reserve(backlog))
    return false;
  struct stance_block *block = &backlog->blocks[backlog->count];
  if (stance_block_make(recorder->codec, recorder->frames, recorder->frame_count,
                        recorder->channel_count, recorder->sequence, host_ns, block) != STANCE_OK)
    return false;
  backlog->count++;
  backlog->size += block->size;
  recorder->sequence++;
  recorder->frame_count = 0;
  return true;
}

static void count_lost(struct stance_recorder *recorder, uint64_t frames)
{
  pthread_mutex_lock(&recorder->mutex);
  recorder->health.frames_lost += frames;
  pthread_mutex_unlock(&recorder->mutex);
}

/* Empties the ring into the backlog, or as much of it as memory allows. */
static void collect(struct stance_recorder *recorder)
{
  size_t rounds = STANCE_RECORDER_RING_CAPACITY / STANCE_BLOCK_FRAME_COUNT_MAX + 1;
  for (; rounds > 0 && recorder->backlog.size < recorder->options.memory_max; rounds--) {
    int64_t host_ns = now_ns(recorder);
    if (recorder->frame_count == 0)
      recorder->frame_count =
          stance_frame_ring_read(recorder->ring, recorder->frames, STANCE_BLOCK_FRAME_COUNT_MAX);
    bool was_full = recorder->frame_count == STANCE_BLOCK_FRAME_COUNT_MAX;
    if (recorder->frame_count == 0)
      return;
    if (recorder->health.gave_up) { /* written by this thread only */
      count_lost(recorder, recorder->frame_count);
      recorder->frame_count = 0;
    } else if (!encode(recorder, host_ns)) {
      return;
    }
    if (!was_full)
      return;
  }
}

static void tell(struct stance_recorder *recorder, const struct stance_recorder_health *health)
{
  if (recorder->options.notify != NULL)
    recorder->options.notify(recorder->options.notify_context, health);
}

static uint64_t frames_waiting(const struct stance_recorder *recorder)
{
  uint64_t frames = recorder->frame_count;
  for (size_t k = 0; k < recorder->backlog.count; k++)
    frames += recorder->backlog.blocks[k].frame_count;
  return frames;
}

static void note_success(struct stance_recorder *recorder, size_t block_count, size_t phase_count)
{
  uint64_t frames = backlog_drop(&recorder->backlog, block_count);
  pthread_mutex_lock(&recorder->mutex);
  struct stance_recorder_health *health = &recorder->health;
  bool was_failing = health->failing;
  health->failing = false;
  health->commits++;
  health->frames_committed += frames;
  health->frames_waiting = frames_waiting(recorder);
  recorder->phase_count -= phase_count;
  if (phase_count > 0)
    memmove(recorder->phases, recorder->phases + phase_count,
            recorder->phase_count * sizeof *recorder->phases);
  struct stance_recorder_health snapshot = *health;
  pthread_mutex_unlock(&recorder->mutex);
  if (recorder->options.log_commits) {
    fprintf(stderr, "committed frames=%llu\n", (unsigned long long)snapshot.frames_committed);
    fflush(stderr);
  }
  if (was_failing)
    tell(recorder, &snapshot);
}

/* Somebody who waits for the end does not want to wait for the disk. */
static bool told_to_give_up(struct stance_recorder *recorder)
{
  const atomic_bool *give_up = recorder->options.give_up;
  return give_up != NULL && atomic_load(&recorder->stopping) && atomic_load(give_up);
}

static void note_failure(struct stance_recorder *recorder, const struct stance_problem *problem)
{
  int64_t now = now_ns(recorder);
  recorder->retry_ns = now + RETRY_NS;
  pthread_mutex_lock(&recorder->mutex);
  struct stance_recorder_health *health = &recorder->health;
  bool is_news = !health->failing;
  if (is_news) {
    health->failing = true;
    health->failing_since_ns = now;
  }
  health->problem = *problem;
  if (now - health->failing_since_ns >= recorder->options.give_up_ns || told_to_give_up(recorder)) {
    is_news = true;
    health->gave_up = true;
    health->frames_lost += backlog_drop(&recorder->backlog, recorder->backlog.count);
    recorder->phase_count = 0;
  }
  health->frames_waiting = frames_waiting(recorder);
  struct stance_recorder_health snapshot = *health;
  pthread_mutex_unlock(&recorder->mutex);
  if (is_news)
    tell(recorder, &snapshot);
}

/* A copy of the phases to commit; they stay listed until that has succeeded. */
static struct stance_phase *copy_phases(struct stance_recorder *recorder, size_t *ret_count)
{
  pthread_mutex_lock(&recorder->mutex);
  size_t count = recorder->phase_count;
  struct stance_phase *phases = count > 0 ? malloc(count * sizeof *phases) : NULL;
  if (phases != NULL)
    memcpy(phases, recorder->phases, count * sizeof *phases);
  pthread_mutex_unlock(&recorder->mutex);
  *ret_count = phases != NULL ? count : 0;
  return phases;
}

/* One transaction; false when there was nothing to do or the store refused. */
static bool commit_batch(struct stance_recorder *recorder)
{
  size_t phase_count, block_count = recorder->backlog.count;
  if (block_count > BATCH_BLOCKS)
    block_count = BATCH_BLOCKS;
  struct stance_phase *phases = copy_phases(recorder, &phase_count);
  if (block_count + phase_count == 0) {
    free(phases);
    return false;
  }
  struct stance_problem problem = {""};
  enum stance_status status =
      stance_store_commit_blocks(recorder->store, recorder->recording_id, recorder->backlog.blocks,
                                 block_count, phases, phase_count, &problem);
  free(phases);
  if (status == STANCE_OK)
    note_success(recorder, block_count, phase_count);
  else
    note_failure(recorder, &problem);
  return status == STANCE_OK;
}

static void commit_all(struct stance_recorder *recorder)
{
  if (recorder->health.gave_up || now_ns(recorder) < recorder->retry_ns)
    return;
  while (commit_batch(recorder))
    ;
}

static bool is_drained(struct stance_recorder *recorder)
{
  pthread_mutex_lock(&recorder->mutex);
  size_t phase_count = recorder->health.gave_up ? 0 : recorder->phase_count;
  pthread_mutex_unlock(&recorder->mutex);
  return stance_frame_ring_used(recorder->ring) == 0 && recorder->frame_count == 0 &&
         recorder->backlog.count == 0 && phase_count == 0;
}

static void *run(void *argument)
{
  struct stance_recorder *recorder = argument;
  int64_t due_ns = now_ns(recorder) + recorder->options.block_ns;
  for (;;) {
    bool stopping = atomic_load(&recorder->stopping);
    int64_t now = now_ns(recorder);
    if (stopping || now >= due_ns ||
        stance_frame_ring_used(recorder->ring) >= STANCE_BLOCK_FRAME_COUNT_MAX) {
      collect(recorder);
      commit_all(recorder);
      due_ns += recorder->options.block_ns;
      if (due_ns <= now) /* the disk stalled: no catching up on commits */
        due_ns = now + recorder->options.block_ns;
      if (stopping && is_drained(recorder))
        return NULL;
    }
    now = now_ns(recorder);
    int64_t wake_ns = now + POLL_NS < due_ns ? now + POLL_NS : due_ns;
    recorder->clock->sleep_until_ns(recorder->clock->context, wake_ns);
  }
}

static void destroy(struct stance_recorder *recorder)
{
  backlog_drop(&recorder->backlog, recorder->backlog.count);
  free(recorder->backlog.blocks);
  free(recorder->phases);
  free(recorder->frames);
  stance_block_codec_destroy(recorder->codec);
  pthread_mutex_destroy(&recorder->mutex);
  free(recorder);
}

/* Signals are for the program's main thread. */
static int start_thread(struct stance_recorder *recorder)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&recorder->thread, NULL, run, recorder);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static struct stance_recorder_options
complete_options(const struct stance_recorder_options *options)
{
  struct stance_recorder_options all = {0};
  if (options != NULL)
    all = *options;
  if (all.clock == NULL)
    all.clock = &stance_clock_host;
  if (all.block_ns == 0)
    all.block_ns = BLOCK_NS;
  if (all.give_up_ns == 0)
    all.give_up_ns = GIVE_UP_NS;
  if (all.memory_max == 0)
    all.memory_max = STANCE_RECORDER_MEMORY_MAX;
  return all;
}

enum stance_status stance_recorder_start(struct stance_store *store, struct stance_frame_ring *ring,
                                         const struct stance_recording *recording,
                                         const struct stance_recorder_options *options,
                                         struct stance_recorder **ret_recorder,
                                         struct stance_problem *problem)
{
  struct stance_recorder *recorder = calloc(1, sizeof *recorder);
  if (recorder == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "cannot start recording: out of memory");
  pthread_mutex_init(&recorder->mutex, NULL);
  recorder->store = store;
  recorder->ring = ring;
  recorder->options = complete_options(options);
  recorder->clock = recorder->options.clock;
  memcpy(recorder->recording_id, recording->id, sizeof recorder->recording_id);
  recorder->channel_count = recording->source.channel_count;
  recorder->frames = calloc(STANCE_BLOCK_FRAME_COUNT_MAX, sizeof *recorder->frames);
  if (recorder->frames == NULL || stance_block_codec_create(&recorder->codec) != STANCE_OK ||
      start_thread(recorder) != 0) {
    destroy(recorder);
    return stance_problem_set(problem, STANCE_MEMORY,
                              "cannot start recording: out of memory or threads");
  }
  *ret_recorder = recorder;
  return STANCE_OK;
}

void stance_recorder_health(struct stance_recorder *recorder,
                            struct stance_recorder_health *ret_health)
{
  pthread_mutex_lock(&recorder->mutex);
  *ret_health = recorder->health;
  pthread_mutex_unlock(&recorder->mutex);
}

enum stance_status stance_recorder_add_phase(struct stance_recorder *recorder,
                                             const struct stance_phase *phase,
                                             struct stance_problem *problem)
{
  pthread_mutex_lock(&recorder->mutex);
  struct stance_phase *larger =
      realloc(recorder->phases, (recorder->phase_count + 1) * sizeof *larger);
  if (larger != NULL) {
    recorder->phases = larger;
    recorder->phases[recorder->phase_count++] = *phase;
  }
  pthread_mutex_unlock(&recorder->mutex);
  return larger != NULL
             ? STANCE_OK
             : stance_problem_set(problem, STANCE_MEMORY, "cannot note a phase: out of memory");
}

enum stance_status stance_recorder_stop(struct stance_recorder *recorder,
                                        struct stance_recorder_health *ret_health,
                                        struct stance_problem *problem)
{
  atomic_store(&recorder->stopping, true);
  pthread_join(recorder->thread, NULL);
  struct stance_recorder_health health = recorder->health;
  destroy(recorder);
  if (ret_health != NULL)
    *ret_health = health;
  if (!health.gave_up)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_STORE,
                            "%llu frames could not be saved, the last try said: %.380s",
                            (unsigned long long)health.frames_lost, health.problem.text);
}
