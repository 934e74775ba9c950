/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks between the ring and the store, for the recorder: encoded once, kept until durable. WORK.
 */
#ifndef STANCE_STORE_BLOCK_H
#define STANCE_STORE_BLOCK_H

#include "block_codec.h"
#include "stance/clock.h"
#include "stance/status.h"
#include "stance/trace.h"
#include "store_note.h"

struct stance_store;

struct stance_block {
  size_t stream;
  uint64_t sequence; /* counts a stream's blocks from 0: the same one twice is one block */
  uint64_t first_index, last_index; /* the smallest and the largest */
  size_t frame_count;
  uint8_t *bytes; /* owned */
  size_t size;
};

/* 1 … STANCE_BLOCK_FRAME_COUNT_MAX frames. STANCE_MEMORY. `ret_block` by stance_block_finish. */
STANCE_MUST_CHECK enum stance_status stance_block_make(struct stance_block_codec *codec,
                                                       const struct stance_raw_frame *frames,
                                                       size_t count, size_t channel_count,
                                                       size_t stream, uint64_t sequence,
                                                       struct stance_block *ret_block);
void stance_block_finish(struct stance_block *block);

/* When a frame arrived. */
struct stance_stream_mark {
  size_t stream;
  struct stance_clock_mark mark;
};

/* A note has one number in its recording, so that the same one twice is one note. */
struct stance_numbered_note {
  uint64_t number;
  struct stance_note note;
};

/* Borrowed. */
struct stance_commit {
  const struct stance_block *blocks;
  size_t block_count;
  const struct stance_stream_mark *marks;
  size_t mark_count;
  const struct stance_phase *phases;
  size_t phase_count;
  const struct stance_numbered_note *notes;
  size_t note_count;
};
/* All of it or nothing, in one durable commit. What is already there is left as it is, so that a
   commit of which nobody knows whether it succeeded can be repeated. */
STANCE_MUST_CHECK enum stance_status stance_store_commit(struct stance_store *store,
                                                         const char *recording_id,
                                                         const struct stance_commit *commit,
                                                         struct stance_problem *problem);

#endif
