/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layout of the ring, for the frame ring that is built on it and for tests that start the indices
   near 2^64. The hot functions are inline here because the frame ring moves one frame of a size
   known at compile time per call: a call into ring.c, which must handle any size, would cost about
   as much as the copy itself. */
#ifndef STANCE_ACQUISITION_RING_PRIVATE_H
#define STANCE_ACQUISITION_RING_PRIVATE_H

#include "stance/ring.h"

#include <semaphore.h>
#include <stdalign.h>
#include <stdatomic.h>

/* x86-64, arm64 (most) and riscv64: false sharing costs speed elsewhere, never correctness. */
enum { STANCE_CACHE_LINE = 64 };

/* Both indices count elements ever moved and run freely through 2^64; the capacity is a power of
   two, so that index & mask stays continuous across that wrap. Each side keeps how far it may go by
   the last value it saw of the other side's index and looks again only when that no longer
   suffices: as long as there is room, the two threads share no line but the elements. */
struct stance_ring {
  unsigned char *bytes; /* owned */
  size_t element_size;
  uint64_t mask;
  struct {
    alignas(STANCE_CACHE_LINE) _Atomic uint64_t head; /* elements ever written */
    uint64_t limit; /* up to which there was room for it when the tail was last looked at */
  } producer;
  struct {
    alignas(STANCE_CACHE_LINE) _Atomic uint64_t tail; /* elements ever read */
    uint64_t seen_head;
  } consumer;
};

struct stance_frame_ring {
  struct stance_ring ring;
  /* Written by the producer alone; `dropped` is read by anyone. */
  alignas(STANCE_CACHE_LINE) uint64_t dropped_unstamped;
  _Atomic uint64_t dropped;
  /* Frames that a sleeping consumer waits for, 0 while it is awake. Set by the consumer; whoever
     takes it back, it or another, settles what becomes of the bell: exactly one ring for each sleep
     that another ends. */
  alignas(STANCE_CACHE_LINE) atomic_size_t wanted;
  atomic_bool interrupted; /* the next sleep, or the one going on, is none */
  atomic_int processor;    /* of the producer when it last ended a sleep; -1: never */
  sem_t bell;
};

/* On caller storage that is aligned to a cache line. STANCE_USAGE for a size of 0, STANCE_MEMORY.
   `first_index` is 0 but in tests. */
STANCE_MUST_CHECK enum stance_status stance_ring_init(struct stance_ring *ring, size_t element_size,
                                                      size_t capacity, uint64_t first_index);
void stance_ring_finish(struct stance_ring *ring);

STANCE_MUST_CHECK enum stance_status stance_ring_create_at(size_t element_size, size_t capacity,
                                                           uint64_t first_index,
                                                           struct stance_ring **ret_ring);
STANCE_MUST_CHECK enum stance_status
stance_frame_ring_create_at(size_t capacity, uint64_t first_index,
                            struct stance_frame_ring **ret_ring);

/* Elements that may be written at `head`, at least `wanted` where there is that much room. The
   acquire pairs with the release in stance_ring_read: what the reader has copied out before it
   moved the tail is copied before we overwrite it. Producer. */
static inline uint64_t stance_ring_room(struct stance_ring *ring, uint64_t head, uint64_t wanted)
{
  if (ring->producer.limit - head < wanted) {
    const uint64_t tail = atomic_load_explicit(&ring->consumer.tail, memory_order_acquire);
    ring->producer.limit = tail + ring->mask + 1;
  }
  return ring->producer.limit - head;
}

/* The frame and the gap before it are missing for the reader. Producer. */
void stance_frame_ring_drop(struct stance_frame_ring *ring, uint32_t gap_before);

/* The place of the next frame, to be filled; NULL: the ring is full, the frame is dropped and
   counted. Written in place a frame costs half of what it does through a copy. Producer. */
static inline struct stance_raw_frame *stance_frame_ring_begin(struct stance_frame_ring *ring,
                                                               uint32_t gap_before)
{
  struct stance_ring *base = &ring->ring;
  uint64_t head = atomic_load_explicit(&base->producer.head, memory_order_relaxed);
  if (stance_ring_room(base, head, 1) == 0) {
    stance_frame_ring_drop(ring, gap_before);
    return NULL;
  }
  return (struct stance_raw_frame *)(void *)base->bytes + (head & base->mask);
}

/* Stamps what was dropped before it, and hands it to the reader. Producer. */
static inline void stance_frame_ring_end(struct stance_frame_ring *ring,
                                         struct stance_raw_frame *slot)
{
  struct stance_ring *base = &ring->ring;
  uint64_t head = atomic_load_explicit(&base->producer.head, memory_order_relaxed);
  if (ring->dropped_unstamped > 0) {
    uint64_t room = UINT32_MAX - slot->gap_before;
    slot->gap_before += (uint32_t)(ring->dropped_unstamped < room ? ring->dropped_unstamped : room);
    ring->dropped_unstamped = 0;
  }
  atomic_store_explicit(&base->producer.head, head + 1, memory_order_release);
}

/* Places for up to `wanted` frames that lie together, to be filled and handed over by
   stance_frame_ring_hand_over; 0 where frames must come one by one, because the ring is full or one
   was dropped before. Producer. */
static inline size_t stance_frame_ring_reserve(struct stance_frame_ring *ring, size_t wanted,
                                               struct stance_raw_frame **ret_frames)
{
  struct stance_ring *base = &ring->ring;
  const uint64_t head = atomic_load_explicit(&base->producer.head, memory_order_relaxed);
  /* A frame is dropped only where the limit is reached: short of it there is none to stamp. */
  if (base->producer.limit - head < wanted && ring->dropped_unstamped > 0)
    return 0;
  const uint64_t room = stance_ring_room(base, head, wanted);
  if (room == 0)
    return 0;
  *ret_frames = (struct stance_raw_frame *)(void *)base->bytes + (head & base->mask);
  if (wanted == 1) /* known to the compiler, and in place wherever the memory ends */
    return 1;
  const uint64_t to_end = base->mask + 1 - (head & base->mask);
  const uint64_t most = room < to_end ? room : to_end;
  return most < wanted ? (size_t)most : wanted;
}

static inline void stance_frame_ring_hand_over(struct stance_frame_ring *ring, size_t count)
{
  struct stance_ring *base = &ring->ring;
  const uint64_t head = atomic_load_explicit(&base->producer.head, memory_order_relaxed);
  atomic_store_explicit(&base->producer.head, head + count, memory_order_release);
}

/* Ends the sleep where there is one. Producer. */
void stance_frame_ring_rouse(struct stance_frame_ring *ring);

/* As stance_frame_ring_notify, which is this. Producer. */
static inline void stance_frame_ring_wake(struct stance_frame_ring *ring)
{
  /* A reading that counts as a write: of it and the sleeper's exchange one comes first. Ours: the
     sleeper's sees what we pushed before. The sleeper's: ours sees what it waits for. */
  const size_t wanted = atomic_fetch_add_explicit(&ring->wanted, 0, memory_order_acq_rel);
  if (wanted > 0 && stance_frame_ring_used(ring) >= wanted) {
    stance_frame_ring_rouse(ring);
  }
}

/* Elements that may be read at `tail`; the acquire pairs with the release of the writer.
   Consumer. */
static inline uint64_t stance_ring_filled(struct stance_ring *ring, uint64_t tail, uint64_t wanted)
{
  uint64_t filled = ring->consumer.seen_head - tail;
  if (filled < wanted) {
    ring->consumer.seen_head = atomic_load_explicit(&ring->producer.head, memory_order_acquire);
    filled = ring->consumer.seen_head - tail;
  }
  return filled;
}

#endif
