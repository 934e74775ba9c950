/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the recorder has not made durable yet. Private to recorder*.c. */
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
  size_t size; /* bytes */
  struct stance_stream_mark *marks;
  size_t mark_count, mark_capacity;
};

/* Takes the block over; false, and does not, where memory ran out. */
bool recorder_backlog_add(struct recorder_backlog *backlog, const struct stance_block *block);
/* Without memory for a mark the clock is known from the others. */
void recorder_backlog_add_mark(struct recorder_backlog *backlog,
                               const struct stance_stream_mark *mark);
/* Drops the oldest `count` blocks and all marks; returns how many frames they held. */
uint64_t recorder_backlog_drop(struct recorder_backlog *backlog, size_t count);
uint64_t recorder_backlog_frames(const struct recorder_backlog *backlog);
void recorder_backlog_finish(struct recorder_backlog *backlog);

#endif
