/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ring_private.h"

#include <stdlib.h>
#include <string.h>

enum stance_status stance_ring_init(struct stance_ring *ring, size_t element_size, size_t capacity,
                                    uint64_t first_index)
{
  if (element_size == 0 || capacity == 0) {
    return STANCE_USAGE;
  }
  /* Half the address space at most, so that neither rounding up can overflow. */
  if (capacity > SIZE_MAX / 4 / element_size) {
    return STANCE_MEMORY;
  }
  size_t rounded = 1;
  while (rounded < capacity) {
    rounded *= 2;
  }
  size_t size = rounded * element_size;
  size = (size + STANCE_CACHE_LINE - 1) / STANCE_CACHE_LINE * STANCE_CACHE_LINE;
  unsigned char *bytes = aligned_alloc(STANCE_CACHE_LINE, size);
  if (bytes == NULL) {
    return STANCE_MEMORY;
  }
  memset(bytes, 0, size); /* every page is there before the first frame: no fault while armed */
  ring->bytes = bytes;
  ring->element_size = element_size;
  ring->mask = rounded - 1;
  atomic_init(&ring->producer.head, first_index);
  ring->producer.limit = first_index + rounded;
  atomic_init(&ring->consumer.tail, first_index);
  ring->consumer.seen_head = first_index;
  return STANCE_OK;
}

void stance_ring_finish(struct stance_ring *ring)
{
  free(ring->bytes);
  ring->bytes = NULL;
}

enum stance_status stance_ring_create_at(size_t element_size, size_t capacity, uint64_t first_index,
                                         struct stance_ring **ret_ring)
{
  struct stance_ring *ring = aligned_alloc(alignof(struct stance_ring), sizeof *ring);
  if (ring == NULL) {
    return STANCE_MEMORY;
  }
  enum stance_status status = stance_ring_init(ring, element_size, capacity, first_index);
  if (status != STANCE_OK) {
    free(ring);
    return status;
  }
  *ret_ring = ring;
  return STANCE_OK;
}

enum stance_status stance_ring_create(size_t element_size, size_t capacity,
                                      struct stance_ring **ret_ring)
{
  return stance_ring_create_at(element_size, capacity, 0, ret_ring);
}

void stance_ring_destroy(struct stance_ring *ring)
{
  if (ring != NULL) {
    stance_ring_finish(ring);
    free(ring);
  }
}

/* Elements from `index` up to the end of the memory: what one copy can move. */
static size_t contiguous(const struct stance_ring *ring, uint64_t index, size_t count)
{
  size_t to_end = (size_t)(ring->mask + 1 - (index & ring->mask));
  return count < to_end ? count : to_end;
}

/* One raw frame is the common call: of a size that the compiler knows, its copy is five moves
   instead of a call that first looks at the size. */
static inline void copy_bytes(void *restrict to, const void *restrict from, size_t size)
{
  if (size == sizeof(struct stance_raw_frame)) {
    memcpy(to, from, sizeof(struct stance_raw_frame));
  } else {
    memcpy(to, from, size);
  }
}

size_t stance_ring_write(struct stance_ring *ring, const void *elements, size_t count)
{
  uint64_t head = atomic_load_explicit(&ring->producer.head, memory_order_relaxed);
  uint64_t room = stance_ring_room(ring, head, count);
  size_t moved = room < count ? (size_t)room : count;
  if (moved == 0) {
    return 0;
  }
  size_t size = ring->element_size;
  size_t first = contiguous(ring, head, moved);
  copy_bytes(ring->bytes + (head & ring->mask) * size, elements, first * size);
  if (first < moved) {
    memcpy(ring->bytes, (const unsigned char *)elements + first * size, (moved - first) * size);
  }
  atomic_store_explicit(&ring->producer.head, head + moved, memory_order_release);
  return moved;
}

size_t stance_ring_read(struct stance_ring *ring, void *ret_elements, size_t count)
{
  uint64_t tail = atomic_load_explicit(&ring->consumer.tail, memory_order_relaxed);
  uint64_t filled = stance_ring_filled(ring, tail, count);
  size_t moved = filled < count ? (size_t)filled : count;
  if (moved == 0) {
    return 0;
  }
  size_t size = ring->element_size;
  size_t first = contiguous(ring, tail, moved);
  copy_bytes(ret_elements, ring->bytes + (tail & ring->mask) * size, first * size);
  if (first < moved) {
    memcpy((unsigned char *)ret_elements + first * size, ring->bytes, (moved - first) * size);
  }
  atomic_store_explicit(&ring->consumer.tail, tail + moved, memory_order_release);
  return moved;
}

size_t stance_ring_free(const struct stance_ring *ring)
{
  uint64_t head = atomic_load_explicit(&ring->producer.head, memory_order_relaxed);
  uint64_t tail = atomic_load_explicit(&ring->consumer.tail, memory_order_acquire);
  return (size_t)(ring->mask + 1 - (head - tail));
}

size_t stance_ring_used(const struct stance_ring *ring)
{
  uint64_t tail = atomic_load_explicit(&ring->consumer.tail, memory_order_relaxed);
  uint64_t head = atomic_load_explicit(&ring->producer.head, memory_order_acquire);
  return (size_t)(head - tail);
}

size_t stance_ring_capacity(const struct stance_ring *ring)
{
  return (size_t)(ring->mask + 1);
}
