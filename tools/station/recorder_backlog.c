/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recorder_backlog.h"

#include <stdlib.h>
#include <string.h>

/* Makes room for one element more in an array that doubles. */
static bool reserve(void **array, size_t count, size_t *capacity, size_t element_size)
{
  if (count < *capacity)
    return true;
  const size_t wanted = *capacity == 0 ? RECORDER_BATCH_BLOCKS : 2 * *capacity;
  void *larger = realloc(*array, wanted * element_size);
  if (larger == NULL)
    return false;
  *array = larger;
  *capacity = wanted;
  return true;
}

static uint64_t frames_between(const struct recorder_backlog *backlog, size_t from, size_t to)
{
  uint64_t frames = 0;
  for (size_t k = from; k < to; k++)
    frames += backlog->blocks[k].frame_count;
  return frames;
}

/* The oldest ones. */
static void drop(struct recorder_backlog *backlog, size_t count)
{
  for (size_t k = 0; k < count; k++) {
    backlog->size -= backlog->blocks[k].size;
    stance_block_finish(&backlog->blocks[k]);
  }
  backlog->count -= count;
  backlog->kept -= count < backlog->kept ? count : backlog->kept;
  backlog->counted -= count < backlog->counted ? count : backlog->counted;
  if (count > 0)
    memmove(backlog->blocks, backlog->blocks + count, backlog->count * sizeof *backlog->blocks);
}

bool recorder_backlog_has_room(struct recorder_backlog *backlog, size_t size_max)
{
  while (backlog->kept > 0 && backlog->size >= size_max)
    drop(backlog, 1);
  return backlog->size < size_max;
}

bool recorder_backlog_add(struct recorder_backlog *backlog, const struct stance_block *block)
{
  void *blocks = backlog->blocks;
  if (!reserve(&blocks, backlog->count, &backlog->capacity, sizeof *block))
    return false;
  backlog->blocks = blocks;
  backlog->blocks[backlog->count++] = *block;
  backlog->size += block->size;
  return true;
}

void recorder_backlog_add_mark(struct recorder_backlog *backlog,
                               const struct stance_stream_mark *mark)
{
  void *marks = backlog->marks;
  if (!reserve(&marks, backlog->mark_count, &backlog->mark_capacity, sizeof *mark))
    return;
  backlog->marks = marks;
  backlog->marks[backlog->mark_count++] = *mark;
}

/* What is offered again only together with what is new: alone it changes nothing, and a disk that
   still fails would seem to have taken it. */
size_t recorder_backlog_batch(const struct recorder_backlog *backlog)
{
  size_t again = backlog->counted - backlog->kept;
  size_t fresh = backlog->count - backlog->kept - again;
  return again + (fresh < RECORDER_BATCH_BLOCKS ? fresh : RECORDER_BATCH_BLOCKS);
}

uint64_t recorder_backlog_commit(struct recorder_backlog *backlog, size_t count)
{
  uint64_t frames = 0;
  backlog->kept += count;
  if (backlog->kept > backlog->counted) {
    frames = frames_between(backlog, backlog->counted, backlog->kept);
    backlog->counted = backlog->kept;
  }
  if (backlog->kept > RECORDER_BATCH_BLOCKS)
    drop(backlog, backlog->kept - RECORDER_BATCH_BLOCKS);
  backlog->mark_count = 0;
  return frames;
}

void recorder_backlog_doubt(struct recorder_backlog *backlog)
{
  backlog->kept = 0;
}

uint64_t recorder_backlog_give_up(struct recorder_backlog *backlog)
{
  uint64_t frames = frames_between(backlog, backlog->counted, backlog->count);
  drop(backlog, backlog->count);
  backlog->mark_count = 0;
  return frames;
}

uint64_t recorder_backlog_frames(const struct recorder_backlog *backlog)
{
  return frames_between(backlog, backlog->kept, backlog->count);
}

void recorder_backlog_finish(struct recorder_backlog *backlog)
{
  drop(backlog, backlog->count);
  free(backlog->blocks);
  free(backlog->marks);
  *backlog = (struct recorder_backlog){0};
}
