/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the recorder has not made durable yet, and what it did last. Private to recorder*.c.

   A disk that fails may have lied shortly before: a commit whose sync had succeeded while ext4 was
   just giving up was missing when the disk came back (3 of 77 runs of scenario.read_only). So the
   last blocks are kept, and after every failure offered again; the store takes only what it
   lacks. */
#ifndef STANCE_RECORDER_BACKLOG_H
#define STANCE_RECORDER_BACKLOG_H

#include "store_block.h"

#include <stdbool.h>

/* Blocks in one transaction while a backlog is worked off: 16 s of recording, a few hundred
   kilobytes at usual rates, so that one commit stays short. */
enum { RECORDER_BATCH_BLOCKS = 64 };

/* Blocks that are encoded, oldest first, and the marks beside them. Zeroed before use. */
struct recorder_backlog {
  struct stance_block *blocks;
  size_t count, capacity;
  size_t kept;    /* the oldest ones: committed, at most RECORDER_BATCH_BLOCKS */
  size_t counted; /* these and those that are offered again */
  size_t size;    /* bytes */
  struct stance_stream_mark *marks;
  size_t mark_count, mark_capacity;
};

/* Takes the block over; false, and does not, where memory ran out. */
bool recorder_backlog_add(struct recorder_backlog *backlog, const struct stance_block *block);
/* False where it holds `size_max` bytes; what is only kept gives way. */
bool recorder_backlog_has_room(struct recorder_backlog *backlog, size_t size_max);
/* Without memory for a mark the clock is known from the others. */
void recorder_backlog_add_mark(struct recorder_backlog *backlog,
                               const struct stance_stream_mark *mark);
/* How many of those that wait, from `blocks + kept` on, go into the next transaction. */
size_t recorder_backlog_batch(const struct recorder_backlog *backlog);
/* The oldest `count` that waited are committed, and all marks; returns how many frames that makes
   durable which were not called so before. */
uint64_t recorder_backlog_commit(struct recorder_backlog *backlog, size_t count);
/* The store failed: what it keeps waits again. */
void recorder_backlog_doubt(struct recorder_backlog *backlog);
/* Drops all; returns how many frames were never committed. */
uint64_t recorder_backlog_give_up(struct recorder_backlog *backlog);
/* Frames that wait. */
uint64_t recorder_backlog_frames(const struct recorder_backlog *backlog);
void recorder_backlog_finish(struct recorder_backlog *backlog);

#endif
