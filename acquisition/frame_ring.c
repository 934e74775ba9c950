/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ring_private.h"

#include "stance/rt.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum stance_status stance_frame_ring_create_at(size_t capacity, uint64_t first_index,
                                               struct stance_frame_ring **ret_ring)
{
  struct stance_frame_ring *ring = aligned_alloc(alignof(struct stance_frame_ring), sizeof *ring);
  if (ring == NULL) {
    return STANCE_MEMORY;
  }
  enum stance_status status =
      stance_ring_init(&ring->ring, sizeof(struct stance_raw_frame), capacity, first_index);
  if (status != STANCE_OK) {
    free(ring);
    return status;
  }
  ring->dropped_unstamped = 0;
  atomic_init(&ring->dropped, 0);
  atomic_init(&ring->wanted, 0);
  atomic_init(&ring->interrupted, false);
  atomic_init(&ring->processor, -1);
  sem_init(&ring->bell, 0, 0); /* fails for a count or a sharing that is not asked for */
  *ret_ring = ring;
  return STANCE_OK;
}

enum stance_status stance_frame_ring_create(size_t capacity, struct stance_frame_ring **ret_ring)
{
  return stance_frame_ring_create_at(capacity, 0, ret_ring);
}

void stance_frame_ring_destroy(struct stance_frame_ring *ring)
{
  if (ring != NULL) {
    sem_destroy(&ring->bell);
    stance_ring_finish(&ring->ring);
    free(ring);
  }
}

void stance_frame_ring_notify(struct stance_frame_ring *ring)
{
  stance_frame_ring_wake(ring);
}

static bool hear_bell(struct stance_frame_ring *ring, int64_t timeout_ns)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  const int64_t until_ns = until.tv_nsec + timeout_ns;
  until.tv_sec += until_ns / 1000000000;
  until.tv_nsec = until_ns % 1000000000;
  int error = 0;
  do {
    error = sem_clockwait(&ring->bell, CLOCK_MONOTONIC, &until) == 0 ? 0 : errno;
  } while (error == EINTR);
  return error == 0;
}

/* Only one of those who find it sleeping rings. */
static bool end_sleep(struct stance_frame_ring *ring)
{
  return atomic_exchange_explicit(&ring->wanted, 0, memory_order_acq_rel) > 0;
}

void stance_frame_ring_rouse(struct stance_frame_ring *ring)
{
  atomic_store_explicit(&ring->processor, sched_getcpu(), memory_order_relaxed);
  if (end_sleep(ring)) {
    sem_post(&ring->bell);
  }
}

void stance_frame_ring_interrupt(struct stance_frame_ring *ring)
{
  /* Before the exchange: where that comes before the sleeper's, the sleeper's sees it. */
  atomic_store_explicit(&ring->interrupted, true, memory_order_release);
  if (end_sleep(ring)) {
    sem_post(&ring->bell);
  }
}

int stance_frame_ring_processor(const struct stance_frame_ring *ring)
{
  return atomic_load_explicit(&ring->processor, memory_order_relaxed);
}

void stance_frame_ring_wait(struct stance_frame_ring *ring, size_t count, int64_t timeout_ns)
{
  const size_t wanted = count > 0 ? count : 1;
  stance_rt_assert_may_block("stance_frame_ring_wait");
  atomic_exchange_explicit(&ring->wanted, wanted, memory_order_acq_rel);
  if (!atomic_exchange_explicit(&ring->interrupted, false, memory_order_acquire) &&
      stance_frame_ring_used(ring) < wanted && hear_bell(ring, timeout_ns)) {
    return;
  }
  /* Somebody was quicker, and his ring is on its way: the next sleep must not hear it. */
  if (!end_sleep(ring)) {
    int error;
    do { /* a signal may interrupt it */
      error = sem_wait(&ring->bell);
    } while (error != 0);
  }
}

void stance_frame_ring_drop(struct stance_frame_ring *ring, uint32_t gap_before)
{
  ring->dropped_unstamped += 1 + (uint64_t)gap_before;
  /* One writer: a plain increment in two steps, cheaper than a locked one. */
  uint64_t dropped = atomic_load_explicit(&ring->dropped, memory_order_relaxed);
  atomic_store_explicit(&ring->dropped, dropped + 1, memory_order_relaxed);
}

bool stance_frame_ring_push(struct stance_frame_ring *ring, const struct stance_raw_frame *frame)
{
  struct stance_raw_frame *slot = stance_frame_ring_begin(ring, frame->gap_before);
  if (slot == NULL) {
    return false;
  }
  *slot = *frame;
  stance_frame_ring_end(ring, slot);
  return true;
}

size_t stance_frame_ring_read(struct stance_frame_ring *ring, struct stance_raw_frame *ret_frames,
                              size_t count)
{
  return stance_ring_read(&ring->ring, ret_frames, count);
}

size_t stance_frame_ring_free(const struct stance_frame_ring *ring)
{
  return stance_ring_free(&ring->ring);
}

size_t stance_frame_ring_used(const struct stance_frame_ring *ring)
{
  return stance_ring_used(&ring->ring);
}

uint64_t stance_frame_ring_dropped(const struct stance_frame_ring *ring)
{
  return atomic_load_explicit(&ring->dropped, memory_order_relaxed);
}
