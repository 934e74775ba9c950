/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lock-free ring of fixed-size elements for exactly one producer and one consumer thread, and the
   wrapper that makes every dropped frame visible to the reader. */
#ifndef STANCE_RING_H
#define STANCE_RING_H

#include "stance/frame.h"
#include "stance/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stance_ring;

/* `capacity` is rounded up to a power of two. All memory is touched here. WORK. */
STANCE_MUST_CHECK enum stance_status stance_ring_create(size_t element_size, size_t capacity,
                                                        struct stance_ring **ret_ring);
/* Both sides must have stopped. Accepts NULL. WORK. */
void stance_ring_destroy(struct stance_ring *ring);

/* Copies up to `count` whole elements in; returns how many fitted. Producer; AUDIO and USB safe. */
size_t stance_ring_write(struct stance_ring *ring, const void *elements, size_t count);
/* Copies up to `count` whole elements out; returns how many there were. Consumer; AUDIO and USB
   safe. */
size_t stance_ring_read(struct stance_ring *ring, void *ret_elements, size_t count);
/* Elements that could be written now: a lower bound. Producer; AUDIO and USB safe. */
size_t stance_ring_free(const struct stance_ring *ring);
/* Elements that could be read now: a lower bound. Consumer; AUDIO and USB safe. */
size_t stance_ring_used(const struct stance_ring *ring);
size_t stance_ring_capacity(const struct stance_ring *ring);

/* A ring of raw frames that counts what did not fit: the newest frame is dropped, and the count is
   added to `gap_before` of the next one accepted. */
struct stance_frame_ring;

STANCE_MUST_CHECK enum stance_status stance_frame_ring_create(size_t capacity,
                                                              struct stance_frame_ring **ret_ring);
void stance_frame_ring_destroy(struct stance_frame_ring *ring);
/* False when full: the frame is dropped and counted. Producer; AUDIO and USB safe. */
bool stance_frame_ring_push(struct stance_frame_ring *ring, const struct stance_raw_frame *frame);
size_t stance_frame_ring_read(struct stance_frame_ring *ring, struct stance_raw_frame *ret_frames,
                              size_t count);
/* Sleeps until the producer notifies and `count` frames are there (0 is 1; more than the ring holds
   never are), at most `timeout_ns`, which is at least 0; not at all where they are there already.
   It may return early. Consumer; WORK. */
void stance_frame_ring_wait(struct stance_frame_ring *ring, size_t count, int64_t timeout_ns);
/* What came together has been pushed: wakes the consumer where it waits for that many, which is one
   system call that waits for nobody; else none. Producer; USB safe. */
void stance_frame_ring_notify(struct stance_frame_ring *ring);
/* The wait that goes on ends, or the next one is none. Any thread; never waits. */
void stance_frame_ring_interrupt(struct stance_frame_ring *ring);
/* Number of the processor on which the producer last woke the consumer; negative: it never did, or
   the system does not tell. Any thread. */
int stance_frame_ring_processor(const struct stance_frame_ring *ring);
size_t stance_frame_ring_free(const struct stance_frame_ring *ring);
size_t stance_frame_ring_used(const struct stance_frame_ring *ring);
/* Frames dropped since creation. Any thread. */
uint64_t stance_frame_ring_dropped(const struct stance_frame_ring *ring);

#endif
