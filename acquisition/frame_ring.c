/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ring_private.h"

#include <stdlib.h>

struct stance_frame_ring {
  struct stance_ring ring;
  /* Written by the producer alone; `dropped` is read by anyone. */
  alignas(STANCE_CACHE_LINE) uint64_t dropped_unstamped;
  _Atomic uint64_t dropped;
};

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
    stance_ring_finish(&ring->ring);
    free(ring);
  }
}

static uint32_t saturating_sum(uint32_t gap, uint64_t dropped)
{
  return dropped > UINT32_MAX - gap ? UINT32_MAX : gap + (uint32_t)dropped;
}

static bool drop(struct stance_frame_ring *ring)
{
  ring->dropped_unstamped++;
  /* One writer: a plain increment in two steps, cheaper than a locked one. */
  uint64_t dropped = atomic_load_explicit(&ring->dropped, memory_order_relaxed);
  atomic_store_explicit(&ring->dropped, dropped + 1, memory_order_relaxed);
  return false;
}

bool stance_frame_ring_push(struct stance_frame_ring *ring, const struct stance_raw_frame *frame)
{
  struct stance_ring *base = &ring->ring;
  uint64_t head = atomic_load_explicit(&base->producer.head, memory_order_relaxed);
  if (stance_ring_room(base, head, 1) == 0) {
    return drop(ring);
  }
  struct stance_raw_frame *slot = (struct stance_raw_frame *)(void *)base->bytes;
  slot += head & base->mask;
  *slot = *frame;
  if (ring->dropped_unstamped > 0) {
    slot->gap_before = saturating_sum(frame->gap_before, ring->dropped_unstamped);
    ring->dropped_unstamped = 0;
  }
  atomic_store_explicit(&base->producer.head, head + 1, memory_order_release);
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
