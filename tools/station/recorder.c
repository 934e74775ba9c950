/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recorder.h"

#include "recorder_backlog.h"
#include "recorder_remarks.h"
#include "recorder_stream.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)

/* A block's span: at most this much is lost to a power cut. */
#define BLOCK_NS (250 * NS_PER_MS)
/* How often the thread looks whether it shall stop or a ring fills early, where none wakes it. */
#define POLL_NS (25 * NS_PER_MS)
/* A store that refused is asked again after this. */
#define RETRY_NS (1000 * NS_PER_MS)
#define GIVE_UP_NS (600000 * NS_PER_MS)

struct stance_recorder {
  struct stance_store *store;
  const struct stance_clock *clock;
  struct stance_recorder_options options;
  char recording_id[STANCE_UUID_SIZE];
  struct recorder_stream stream[STANCE_STREAM_MAX];
  size_t stream_count;
  pthread_t thread;
  atomic_bool stopping;

  /* The thread's own. */
  struct stance_block_codec *codec;
  struct recorder_backlog backlog;
  int64_t retry_ns; /* not before */

  pthread_mutex_t mutex; /* guards what follows */
  struct stance_recorder_health health;
  struct recorder_remarks remarks; /* to be committed */
};

static int64_t now_ns(const struct stance_recorder *recorder)
{
  return recorder->clock->now_ns(recorder->clock->context);
}

/* False where memory ran out: the frames stay and are encoded next time. */
static bool encode(struct stance_recorder *recorder, size_t number)
{
  struct recorder_stream *stream = &recorder->stream[number];
  struct stance_block block;
  if (stance_block_make(recorder->codec, stream->frames, stream->frame_count, stream->channel_count,
                        number, stream->sequence, &block) != STANCE_OK)
    return false;
  if (!recorder_backlog_add(&recorder->backlog, &block)) {
    stance_block_finish(&block);
    return false;
  }
  stream->sequence++;
  stream->frame_count = 0;
  return true;
}

static void count_lost(struct stance_recorder *recorder, uint64_t frames)
{
  pthread_mutex_lock(&recorder->mutex);
  recorder->health.frames_lost += frames;
  pthread_mutex_unlock(&recorder->mutex);
}

static void collect_mark(struct stance_recorder *recorder, size_t number)
{
  struct stance_stream_mark mark = {.stream = number};
  if (recorder->stream[number].source != NULL && !recorder->health.gave_up &&
      stance_source_take_mark(recorder->stream[number].source, &mark.mark))
    recorder_backlog_add_mark(&recorder->backlog, &mark);
}

/* Empties a stream's ring into the backlog, or as much of it as memory allows. */
static void collect_stream(struct stance_recorder *recorder, size_t number)
{
  struct recorder_stream *stream = &recorder->stream[number];
  size_t rounds = STANCE_RECORDER_RING_CAPACITY / STANCE_BLOCK_FRAME_COUNT_MAX + 1;
  collect_mark(recorder, number);
  for (; rounds > 0; rounds--) {
    if (!recorder_backlog_has_room(&recorder->backlog, recorder->options.memory_max))
      return;
    if (stream->frame_count == 0)
      stream->frame_count =
          stance_frame_ring_read(stream->ring, stream->frames, STANCE_BLOCK_FRAME_COUNT_MAX);
    bool was_full = stream->frame_count == STANCE_BLOCK_FRAME_COUNT_MAX;
    if (stream->frame_count == 0)
      return;
    if (recorder->health.gave_up) { /* written by this thread only */
      count_lost(recorder, stream->frame_count);
      stream->frame_count = 0;
    } else if (!encode(recorder, number)) {
      return;
    }
    if (!was_full)
      return;
  }
}

static size_t frames_in_ring(const struct stance_recorder *recorder)
{
  return recorder_streams_in_ring(recorder->stream, recorder->stream_count);
}

static void tell(struct stance_recorder *recorder, const struct stance_recorder_health *health)
{
  if (recorder->options.notify != NULL)
    recorder->options.notify(recorder->options.notify_context, health);
}

static uint64_t frames_waiting(const struct stance_recorder *recorder)
{
  uint64_t frames = 0;
  for (size_t k = 0; k < recorder->stream_count; k++)
    frames += recorder->stream[k].frame_count;
  return frames + recorder_backlog_frames(&recorder->backlog);
}

static void note_success(struct stance_recorder *recorder, size_t block_count,
                         const struct recorder_remarks *remarks)
{
  uint64_t frames = recorder_backlog_commit(&recorder->backlog, block_count);
  pthread_mutex_lock(&recorder->mutex);
  struct stance_recorder_health *health = &recorder->health;
  bool was_failing = health->failing;
  health->failing = false;
  health->commits++;
  health->frames_committed += frames;
  health->frames_waiting = frames_waiting(recorder);
  recorder_remarks_commit(&recorder->remarks, remarks);
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
  recorder_backlog_doubt(&recorder->backlog);
  recorder_remarks_doubt(&recorder->remarks);
  if (now - health->failing_since_ns >= recorder->options.give_up_ns || told_to_give_up(recorder)) {
    is_news = true;
    health->gave_up = true;
    health->frames_lost += recorder_backlog_give_up(&recorder->backlog);
    recorder_remarks_finish(&recorder->remarks);
  }
  health->frames_waiting = frames_waiting(recorder);
  struct stance_recorder_health snapshot = *health;
  pthread_mutex_unlock(&recorder->mutex);
  if (is_news)
    tell(recorder, &snapshot);
}

/* What to commit; it stays listed until that has succeeded. */
static struct recorder_remarks copy_remarks(struct stance_recorder *recorder)
{
  pthread_mutex_lock(&recorder->mutex);
  struct recorder_remarks copy = recorder_remarks_copy(&recorder->remarks);
  pthread_mutex_unlock(&recorder->mutex);
  return copy;
}

/* One transaction; false when there was nothing to do or the store refused. */
static bool commit_batch(struct stance_recorder *recorder)
{
  size_t block_count = recorder_backlog_batch(&recorder->backlog);
  size_t mark_count = recorder->backlog.mark_count;
  struct recorder_remarks remarks = copy_remarks(recorder);
  if (block_count + mark_count + recorder_remarks_waiting(&remarks) == 0)
    return false; /* and nothing was copied */
  struct stance_problem problem = {""};
  const struct stance_commit commit = {
      .blocks = recorder->backlog.blocks + recorder->backlog.kept,
      .block_count = block_count,
      .marks = recorder->backlog.marks,
      .mark_count = mark_count,
      .phases = remarks.phases,
      .phase_count = remarks.phase_count,
      .notes = remarks.notes,
      .note_count = remarks.note_count,
  };
  enum stance_status status =
      stance_store_commit(recorder->store, recorder->recording_id, &commit, &problem);
  if (status == STANCE_OK)
    note_success(recorder, block_count, &remarks);
  else
    note_failure(recorder, &problem);
  recorder_remarks_finish(&remarks);
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
  size_t remarks = recorder->health.gave_up ? 0 : recorder_remarks_waiting(&recorder->remarks);
  pthread_mutex_unlock(&recorder->mutex);
  return frames_in_ring(recorder) == 0 && frames_waiting(recorder) == 0 && remarks == 0;
}

/* Until the next block is due, or full in the first ring: the others fill about as fast, and hold
   many. A ring that nobody empties, because memory is full or the recorder ends, would not let it
   sleep, and a test's clock has no ring that wakes it. */
static void sleep_until(struct stance_recorder *recorder, int64_t due_ns, bool stopping)
{
  const int64_t now = now_ns(recorder);
  const bool full = frames_in_ring(recorder) >= STANCE_BLOCK_FRAME_COUNT_MAX;
  if (recorder->clock == &stance_clock_host && !stopping && !full)
    stance_frame_ring_wait(recorder->stream[0].ring, STANCE_BLOCK_FRAME_COUNT_MAX,
                           due_ns > now ? due_ns - now : 0);
  else
    recorder->clock->sleep_until_ns(recorder->clock->context,
                                    now + POLL_NS < due_ns ? now + POLL_NS : due_ns);
}

static void *run(void *argument)
{
  struct stance_recorder *recorder = argument;
  int64_t due_ns = now_ns(recorder) + recorder->options.block_ns;
  for (;;) {
    bool stopping = atomic_load(&recorder->stopping);
    int64_t now = now_ns(recorder);
    if (stopping || now >= due_ns || frames_in_ring(recorder) >= STANCE_BLOCK_FRAME_COUNT_MAX) {
      for (size_t k = 0; k < recorder->stream_count; k++)
        collect_stream(recorder, k);
      commit_all(recorder);
      due_ns += recorder->options.block_ns;
      if (due_ns <= now) /* the disk stalled: no catching up on commits */
        due_ns = now + recorder->options.block_ns;
      if (stopping && is_drained(recorder))
        return NULL;
    }
    sleep_until(recorder, due_ns, stopping);
  }
}

static void destroy(struct stance_recorder *recorder)
{
  recorder_backlog_finish(&recorder->backlog);
  recorder_remarks_finish(&recorder->remarks);
  recorder_streams_finish(recorder->stream, recorder->stream_count);
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

enum stance_status stance_recorder_start(struct stance_store *store,
                                         struct stance_frame_ring *const *rings,
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
  recorder->options = complete_options(options);
  recorder->clock = recorder->options.clock;
  memcpy(recorder->recording_id, recording->id, sizeof recorder->recording_id);
  recorder->stream_count = recording->stream_count;
  if (!recorder_streams_make(recorder->stream, recording, rings, recorder->options.source) ||
      stance_block_codec_create(&recorder->codec) != STANCE_OK || start_thread(recorder) != 0) {
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
  bool added = recorder_remarks_add_phase(&recorder->remarks, phase);
  pthread_mutex_unlock(&recorder->mutex);
  return added ? STANCE_OK
               : stance_problem_set(problem, STANCE_MEMORY, "cannot note a phase: out of memory");
}

enum stance_status stance_recorder_add_note(struct stance_recorder *recorder,
                                            const struct stance_note *note,
                                            struct stance_problem *problem)
{
  pthread_mutex_lock(&recorder->mutex);
  bool added = recorder_remarks_add_note(&recorder->remarks, note);
  pthread_mutex_unlock(&recorder->mutex);
  return added ? STANCE_OK
               : stance_problem_set(problem, STANCE_MEMORY, "cannot keep a note: out of memory");
}

enum stance_status stance_recorder_stop(struct stance_recorder *recorder,
                                        struct stance_recorder_health *ret_health,
                                        struct stance_problem *problem)
{
  atomic_store(&recorder->stopping, true);
  stance_frame_ring_interrupt(recorder->stream[0].ring);
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
