/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "player.h"

#include "clock_loop.h"
#include "driver.h"
#include "random.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  /* Frames handed over at once: 10 ms at 100 kHz. */
  BATCH_MAX = 1024,
  /* How long a stop may have to wait for a sleeping producer. */
  SLEEP_SLICE_NS = 20000000,
  /* Between two looks at a full ring in elastic mode: short beside the time a reader of 2^10 frames
     or more needs to empty it. */
  ROOM_POLL_NS = 200000,
};
static const double ns_per_s = 1e9;
/* Beyond, a mark that the scheduler makes late by 50 µs would be late by more than 5 ms. */
static const double marked_speed_max = 100.0;
enum { JITTER_STREAM = 0 };

struct stance_player {
  struct stance_feed feed;
  const struct stance_clock *clock;
  size_t batch_span; /* instants that one batch may cover */

  pthread_mutex_t lifecycle; /* start, stop: held while joining, never by the thread */
  bool running;              /* a thread waits to be joined; under `lifecycle` */
  pthread_t thread;
  struct stance_frame_ring *ring[STANCE_SOURCE_RING_MAX];
  size_t ring_count;

  atomic_bool stopping;
  atomic_bool ended, failed;
  atomic_bool away; /* dead, and to be back */
  atomic_bool returned;
  atomic_uint_least64_t produced;
  atomic_uint_least64_t lost;

  /* Of the thread alone. */
  struct stance_raw_frame batch[BATCH_MAX];
  struct stance_raw_frame pending; /* read ahead: the first frame of the next batch */
  bool pending_valid;
  uint64_t accounted; /* instants delivered or known lost */
  int64_t start_ns;
  struct stance_random jitter;

  struct stance_clock_loop loop; /* fed by the thread, read by the recorder */
};

static bool is_elastic(const struct stance_player *player)
{
  return isinf(player->feed.instants_per_s);
}

static bool is_stopping(struct stance_player *player)
{
  return atomic_load_explicit(&player->stopping, memory_order_relaxed);
}

static bool is_away_at(const struct stance_player *player, uint64_t index)
{
  return index >= player->feed.fail_at && index < player->feed.back_at;
}

/* What the feed has while the instrument is away nobody samples. */
static void advance(struct stance_player *player)
{
  struct stance_raw_frame *pending = &player->pending;
  uint64_t lost = 0;

  do {
    player->pending_valid = player->feed.next(player->feed.context, pending);
    lost += pending->gap_before;
  } while (player->pending_valid && is_away_at(player, pending->index) && ++lost > 0);
  pending->gap_before = lost > UINT32_MAX ? UINT32_MAX : (uint32_t)lost;
}

/* Gathers frames until the batch spans its time: a gap ends it, lest the frames before wait for
   the one behind. */
static size_t gather(struct stance_player *player)
{
  const uint64_t first = player->pending.index;
  size_t count = 0;

  while (count < BATCH_MAX && player->pending_valid &&
         player->pending.index - first < player->batch_span) {
    player->batch[count++] = player->pending;
    advance(player);
  }
  return count;
}

/* A transfer is never early. */
static double transfer_delay_ns(struct stance_player *player)
{
  if (player->feed.jitter_s <= 0.0)
    return 0.0;
  return -player->feed.jitter_s * ns_per_s * log(1.0 - stance_random_uniform(&player->jitter));
}

/* Sleeps until instant `index` has been sampled and handed over; false when stopped meanwhile. */
static bool wait_until_transferred(struct stance_player *player, uint64_t index)
{
  const struct stance_clock *clock = player->clock;
  const int64_t deadline =
      player->start_ns + (int64_t)((double)index * (ns_per_s / player->feed.instants_per_s) +
                                   transfer_delay_ns(player));

  for (int64_t now = clock->now_ns(clock->context); now < deadline && !is_stopping(player);
       now = clock->now_ns(clock->context))
    clock->sleep_until_ns(clock->context,
                          deadline - now > SLEEP_SLICE_NS ? now + SLEEP_SLICE_NS : deadline);
  return !is_stopping(player);
}

/* Frames that fit into every ring. */
static size_t room(const struct stance_player *player)
{
  size_t least = SIZE_MAX;

  for (size_t k = 0; k < player->ring_count; k++) {
    const size_t available = stance_frame_ring_free(player->ring[k]);
    least = available < least ? available : least;
  }
  return least;
}

/* Pushes frames that either fit or are to be dropped and counted by the ring. The counters follow
   each frame, so that a stop in the middle of a batch leaves them exact. */
static void push(struct stance_player *player, const struct stance_raw_frame *frames, size_t count)
{
  uint64_t lost = 0;

  for (size_t k = 0; k < count; k++) {
    for (size_t r = 0; r < player->ring_count; r++)
      stance_frame_ring_push(player->ring[r], &frames[k]);
    lost += frames[k].index - player->accounted;
    player->accounted = frames[k].index + 1;
  }
  atomic_fetch_add_explicit(&player->lost, lost, memory_order_relaxed);
  atomic_store_explicit(&player->produced, player->accounted, memory_order_release);
  for (size_t r = 0; r < player->ring_count; r++)
    stance_frame_ring_notify(player->ring[r]);
}

/* Waits for room as long as it takes; false when stopped meanwhile. */
static bool push_elastic(struct stance_player *player, size_t count)
{
  const struct stance_clock *clock = player->clock;

  for (size_t done = 0; done < count;) {
    const size_t available = room(player);
    const size_t part = count - done < available ? count - done : available;
    if (is_stopping(player))
      return false;
    if (part == 0) {
      /* The reader needs the processor, even where the clock is a test's and returns at once. */
      sched_yield();
      clock->sleep_until_ns(clock->context, clock->now_ns(clock->context) + ROOM_POLL_NS);
    }
    push(player, player->batch + done, part);
    done += part;
  }
  return true;
}

static void note_arrival(struct stance_player *player, uint64_t index)
{
  const int64_t now_ns = player->clock->now_ns(player->clock->context);
  if (player->feed.speed <= marked_speed_max)
    stance_clock_loop_update(&player->loop, index, (int64_t)((double)now_ns * player->feed.speed));
}

/* The first batch after the instrument was away. */
static bool comes_back(const struct stance_player *player)
{
  return player->feed.back_at > 0 && player->accounted <= player->feed.fail_at &&
         player->batch[0].index >= player->feed.back_at;
}

static bool deliver(struct stance_player *player, size_t count)
{
  const uint64_t last = player->batch[count - 1].index;
  const bool back = comes_back(player);
  if (back)
    atomic_store_explicit(&player->away, true, memory_order_relaxed);
  if (is_elastic(player) ? !push_elastic(player, count) : !wait_until_transferred(player, last))
    return false;
  if (back) {
    atomic_store_explicit(&player->away, false, memory_order_relaxed);
    atomic_store_explicit(&player->returned, true, memory_order_relaxed);
  }
  if (is_elastic(player))
    return true;
  note_arrival(player, last);
  push(player, player->batch, count);
  return true;
}

/* The frames of a batch that come before the instrument dies. */
static size_t survivors(const struct stance_player *player, size_t count)
{
  const uint64_t end = player->feed.back_at > 0 ? 0 : player->feed.fail_at;
  while (end > 0 && count > 0 && player->batch[count - 1].index >= end)
    count--;
  return count;
}

/* What the instrument sampled after its last frame got through is lost as well. */
static void account_for_tail(struct stance_player *player)
{
  const uint64_t count = player->feed.frame_count;

  if (count <= player->accounted)
    return;
  atomic_fetch_add_explicit(&player->lost, count - player->accounted, memory_order_relaxed);
  atomic_store_explicit(&player->produced, count, memory_order_release);
}

static void *produce(void *argument)
{
  struct stance_player *player = argument;
  bool going = true;

  advance(player);
  while (going && player->pending_valid && !is_stopping(player)) {
    const size_t gathered = gather(player), count = survivors(player, gathered);
    const bool dies = count < gathered;
    going = (count == 0 || deliver(player, count)) && !dies;
    atomic_store_explicit(&player->failed, dies, memory_order_relaxed);
  }
  if (going && !player->pending_valid)
    account_for_tail(player);
  atomic_store_explicit(&player->ended, true, memory_order_release);
  return NULL;
}

/* In the feed's own time. */
static double loop_rate_hz(const struct stance_player *player)
{
  return player->feed.instants_per_s / player->feed.speed;
}

enum stance_status stance_player_create(const struct stance_feed *feed,
                                        const struct stance_clock *clock,
                                        struct stance_player **ret_player,
                                        struct stance_problem *problem)
{
  struct stance_player *player = calloc(1, sizeof *player);
  double span;

  if (player == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  player->feed = *feed;
  stance_clock_loop_init(&player->loop, loop_rate_hz(player));
  player->clock = clock;
  span = floor(feed->instants_per_s * feed->transfer_s);
  player->batch_span = span < 1.0 ? 1 : span > BATCH_MAX ? BATCH_MAX : (size_t)span;
  if (pthread_mutex_init(&player->lifecycle, NULL) != 0) {
    free(player);
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  }
  *ret_player = player;
  return STANCE_OK;
}

/* Signals belong to the program's own threads. */
static bool create_thread(struct stance_player *player)
{
  sigset_t all, before;

  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&player->thread, NULL, produce, player);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0;
}

enum stance_status stance_player_start(struct stance_player *player,
                                       struct stance_frame_ring *const *rings, size_t ring_count,
                                       struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;

  pthread_mutex_lock(&player->lifecycle);
  if (player->running) {
    status = stance_problem_set(problem, STANCE_USAGE,
                                "the source already runs; stop it before starting it again");
    goto unlock;
  }
  for (size_t k = 0; k < ring_count; k++)
    player->ring[k] = rings[k];
  player->ring_count = ring_count;
  player->accounted = 0;
  atomic_store(&player->stopping, false);
  atomic_store(&player->ended, false);
  atomic_store(&player->produced, 0);
  atomic_store(&player->lost, 0);
  atomic_store(&player->failed, false);
  atomic_store(&player->away, false);
  atomic_store(&player->returned, false);
  player->start_ns =
      player->clock->now_ns(player->clock->context) + (int64_t)(player->feed.delay_s * ns_per_s);
  stance_random_init(&player->jitter, player->feed.seed, JITTER_STREAM);
  stance_clock_loop_restart(&player->loop, loop_rate_hz(player));
  player->feed.rewind(player->feed.context, player->start_ns);
  player->running = create_thread(player);
  if (!player->running)
    status = stance_problem_set(problem, STANCE_MEMORY,
                                "no thread could be started for the source; close other programs");
unlock:
  pthread_mutex_unlock(&player->lifecycle);
  return status;
}

void stance_player_stop(struct stance_player *player)
{
  pthread_mutex_lock(&player->lifecycle);
  if (player->running) {
    atomic_store(&player->stopping, true);
    pthread_join(player->thread, NULL);
    player->running = false;
  }
  pthread_mutex_unlock(&player->lifecycle);
}

void stance_player_health(const struct stance_player *player,
                          struct stance_source_health *ret_health)
{
  /* In this order: whoever sees `ended` sees the last counts too, and the loss of every frame
     that was counted as produced. */
  const bool ended = atomic_load_explicit(&player->ended, memory_order_acquire);
  const uint64_t produced = atomic_load_explicit(&player->produced, memory_order_acquire);
  const uint64_t lost = atomic_load_explicit(&player->lost, memory_order_relaxed);

  *ret_health = (struct stance_source_health){
      .frames_produced = produced,
      .frames_lost = lost,
      .state = !ended && produced > 0 ? STANCE_SOURCE_STREAMING : STANCE_SOURCE_READY,
      .ended = ended};
  ret_health->interruptions = atomic_load_explicit(&player->returned, memory_order_relaxed) ? 1 : 0;
  if (!ended && atomic_load_explicit(&player->away, memory_order_relaxed)) {
    ret_health->state = STANCE_SOURCE_ABSENT;
    ret_health->interruptions = 1;
    snprintf(ret_health->notice.text, sizeof ret_health->notice.text,
             "The simulated instrument fell silent, as its URI asked for; it will be back.");
  }
  ret_health->failed = ended && atomic_load_explicit(&player->failed, memory_order_relaxed);
  if (ret_health->failed)
    snprintf(ret_health->problem.text, sizeof ret_health->problem.text,
             "the simulated instrument fell silent after %llu frames, as its URI asked for",
             (unsigned long long)produced);
}

bool stance_player_take_mark(struct stance_player *player, struct stance_clock_mark *ret_mark)
{
  return stance_clock_loop_take_mark(&player->loop, ret_mark);
}

void stance_player_destroy(struct stance_player *player)
{
  if (player == NULL)
    return;
  stance_player_stop(player);
  pthread_mutex_destroy(&player->lifecycle);
  free(player);
}
