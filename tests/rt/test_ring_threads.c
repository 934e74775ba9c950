/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rings with a thread on either side: at full speed, with stalls, in batches of random size,
   with indices that pass 2^64. Every element is accounted for. Meant for the thread sanitizer. */
#include "ring_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH_MAX = 97 };

/* Which side pauses now and then. */
enum stall { STALL_NEITHER, STALL_PRODUCER, STALL_CONSUMER, STALL_COUNT };

struct run {
  struct stance_ring *ring;
  struct stance_frame_ring *frames;
  uint64_t seed;
  uint64_t total; /* elements the producer offers */
  enum stall stall;
  pthread_barrier_t start; /* both threads run before the first frame is pushed */
  _Atomic bool done;
};

/* splitmix64 (Steele, Lea & Flood 2014). */
static uint64_t random_next(uint64_t *seed)
{
  uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static void maybe_stall(uint64_t *seed, bool stalls)
{
  if (stalls && random_next(seed) % 256 == 0) {
    nanosleep(&(struct timespec){.tv_nsec = (long)(random_next(seed) % 300000)}, NULL);
  }
}

/* Two words that must arrive together: a torn element shows. */
struct element {
  uint64_t number, mixed;
};

static struct element element(uint64_t number)
{
  uint64_t mixed = number;
  return (struct element){number, random_next(&mixed)};
}

static void *write_elements(void *context)
{
  struct run *run = context;
  uint64_t seed = run->seed, written = 0;
  struct element batch[BATCH_MAX];
  while (written < run->total) {
    uint64_t count = 1 + random_next(&seed) % BATCH_MAX;
    if (count > run->total - written) {
      count = run->total - written;
    }
    for (uint64_t i = 0; i < count; i++) {
      batch[i] = element(written + i);
    }
    size_t room = stance_ring_free(run->ring);
    size_t moved = stance_ring_write(run->ring, batch, count);
    if (moved < (room < count ? room : count)) {
      abort(); /* the promised lower bound did not hold */
    }
    written += moved;
    if (moved == 0) {
      sched_yield();
    }
    maybe_stall(&seed, run->stall == STALL_PRODUCER);
  }
  return NULL;
}

static void read_elements(struct run *run)
{
  uint64_t seed = ~run->seed, read = 0;
  struct element batch[BATCH_MAX];
  while (read < run->total) {
    size_t used = stance_ring_used(run->ring);
    size_t wanted = 1 + (size_t)(random_next(&seed) % BATCH_MAX);
    size_t moved = stance_ring_read(run->ring, batch, wanted);
    assert_true(moved >= (used < wanted ? used : wanted));
    for (size_t i = 0; i < moved; i++, read++) {
      struct element expected = element(read);
      assert_int_equal(batch[i].number, expected.number);
      assert_int_equal(batch[i].mixed, expected.mixed);
    }
    if (moved == 0) {
      sched_yield();
    }
    maybe_stall(&seed, run->stall == STALL_CONSUMER);
  }
  assert_int_equal(stance_ring_used(run->ring), 0);
}

static uint64_t element_count(void)
{
  return getenv("STANCE_FULL") != NULL ? 10000000 : 400000;
}

static void hands_over_every_element(void **state)
{
  (void)state;
  static const size_t capacities[] = {1, 4, 128, 4096};
  for (size_t c = 0; c < sizeof capacities / sizeof *capacities; c++) {
    for (enum stall stall = STALL_NEITHER; stall < STALL_COUNT; stall++) {
      struct run run = {.seed = 7 + c, .total = element_count(), .stall = stall};
      /* Where both threads share a core with others, every refill may cost a time slice. */
      uint64_t refills = stall == STALL_NEITHER ? 1000 : 200;
      if (getenv("STANCE_FULL") != NULL) {
        refills *= 100;
      }
      if (run.total > refills * capacities[c]) {
        run.total = refills * capacities[c];
      }
      print_message("seed %u, capacity %zu, stall %d\n", (unsigned)run.seed, capacities[c],
                    (int)stall);
      assert_int_equal(stance_ring_create_at(sizeof(struct element), capacities[c],
                                             UINT64_MAX - run.total / 2, &run.ring),
                       STANCE_OK);
      pthread_t producer;
      assert_int_equal(pthread_create(&producer, NULL, write_elements, &run), 0);
      read_elements(&run);
      pthread_join(producer, NULL);
      stance_ring_destroy(run.ring);
    }
  }
}

static void *push_frames(void *context)
{
  struct run *run = context;
  uint64_t seed = run->seed;
  pthread_barrier_wait(&run->start);
  for (uint64_t i = 0; i < run->total; i++) {
    struct stance_raw_frame frame = {.index = i};
    for (size_t c = 0; c < STANCE_CHANNEL_COUNT_MAX; c++) {
      frame.value[c] = (double)(i + c);
    }
    if (!stance_frame_ring_push(run->frames, &frame) && random_next(&seed) % 8 == 0) {
      sched_yield(); /* or a reader that shares this core would see nothing but the first frames */
    }
    maybe_stall(&seed, run->stall == STALL_PRODUCER);
  }
  atomic_store_explicit(&run->done, true, memory_order_release);
  return NULL;
}

struct tally {
  uint64_t read, gaps, next_index;
};

static void check_frame(const struct stance_raw_frame *frame, struct tally *tally)
{
  /* The index jumps by exactly what the stamp says. */
  assert_int_equal(frame->index, tally->next_index + frame->gap_before);
  for (size_t c = 0; c < STANCE_CHANNEL_COUNT_MAX; c++) {
    assert_true(frame->value[c] == (double)(frame->index + c));
  }
  tally->next_index = frame->index + 1;
  tally->gaps += frame->gap_before;
  tally->read++;
}

static struct tally read_frames(struct run *run)
{
  uint64_t seed = ~run->seed;
  struct tally tally = {0};
  struct stance_raw_frame batch[BATCH_MAX];
  for (;;) {
    /* Looked at before the read: what was pushed before `done` is in that read or a later one. */
    bool done = atomic_load_explicit(&run->done, memory_order_acquire);
    size_t count = 1 + (size_t)(random_next(&seed) % BATCH_MAX);
    size_t moved = stance_frame_ring_read(run->frames, batch, count);
    for (size_t i = 0; i < moved; i++) {
      check_frame(&batch[i], &tally);
    }
    if (moved == 0 && done) {
      return tally;
    }
    assert_true(stance_frame_ring_dropped(run->frames) <= run->total);
    maybe_stall(&seed, run->stall == STALL_CONSUMER);
  }
}

static void accounts_for_every_frame(void **state)
{
  (void)state;
  for (enum stall stall = STALL_NEITHER; stall < STALL_COUNT; stall++) {
    for (size_t capacity = 1; capacity <= 1024; capacity *= 32) {
      struct run run = {.seed = 11, .total = element_count() / 4, .stall = stall};
      assert_int_equal(stance_frame_ring_create_at(capacity, UINT64_MAX - 1000, &run.frames),
                       STANCE_OK);
      assert_int_equal(pthread_barrier_init(&run.start, NULL, 2), 0);
      pthread_t producer;
      assert_int_equal(pthread_create(&producer, NULL, push_frames, &run), 0);
      pthread_barrier_wait(&run.start);
      struct tally tally = read_frames(&run);
      pthread_join(producer, NULL);
      pthread_barrier_destroy(&run.start);
      uint64_t dropped = stance_frame_ring_dropped(run.frames);
      print_message("capacity %zu, stall %d: %llu read, %llu dropped\n", capacity, (int)stall,
                    (unsigned long long)tally.read, (unsigned long long)dropped);
      assert_int_equal(tally.read + dropped, run.total);
      /* What was dropped after the last accepted frame has no frame to be stamped on. */
      assert_int_equal(tally.gaps + (run.total - tally.next_index), dropped);
      stance_frame_ring_destroy(run.frames);
    }
  }
}

static void *push_now_and_then(void *context)
{
  struct run *run = context;
  uint64_t seed = run->seed;
  for (uint64_t k = 0; k < run->total; k++) {
    struct stance_raw_frame frame = {.index = k};
    while (stance_frame_ring_free(run->frames) == 0)
      sched_yield();
    stance_frame_ring_push(run->frames, &frame); /* fits */
    /* of what comes together only the last is told */
    if (k % 3 == 2 || k + 1 == run->total)
      stance_frame_ring_notify(run->frames);
    maybe_stall(&seed, k % 7 == 0);
  }
  /* whoever waits for more than still comes would wait for ever */
  stance_frame_ring_interrupt(run->frames);
  return NULL;
}

static int64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Long waits would show a wake-up that was lost, short ones cross the producer's on their way. */
static void wakes_whoever_sleeps(void **state)
{
  static const int64_t patience_ns = INT64_C(20000000000), shortest_ns = 20000000;
  (void)state;
  for (unsigned impatient = 0; impatient < 2; impatient++) {
    struct run run = {.seed = 5, .total = 30000};
    struct stance_raw_frame frame;
    pthread_t producer;
    assert_int_equal(stance_frame_ring_create(8, &run.frames), STANCE_OK);
    assert_int_equal(pthread_create(&producer, NULL, push_now_and_then, &run), 0);
    int64_t begun_ns = now_ns();
    for (uint64_t next = 0; next < run.total;) {
      const size_t count = next % 5; /* with three at a time, so many come before it is full */
      stance_frame_ring_wait(run.frames, count,
                             impatient ? (int64_t)(next % 5) * 10000 : patience_ns);
      for (; stance_frame_ring_read(run.frames, &frame, 1) == 1; next++)
        assert_int_equal(frame.index, next);
    }
    assert_true(now_ns() - begun_ns < patience_ns);
    pthread_join(producer, NULL);
    /* no ring is left over that would end a later sleep; after the last notify one may be */
    stance_frame_ring_wait(run.frames, 1, 0);
    begun_ns = now_ns();
    stance_frame_ring_wait(run.frames, 1, shortest_ns);
    assert_true(now_ns() - begun_ns >= shortest_ns);
    stance_frame_ring_destroy(run.frames);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hands_over_every_element),
      cmocka_unit_test(accounts_for_every_frame),
      cmocka_unit_test(wakes_whoever_sleeps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
