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

uint64_t recorder_backlog_drop(struct recorder_backlog *backlog, size_t count)
{
  uint64_t frames = 0;
  for (size_t k = 0; k < count; k++) {
    frames += backlog->blocks[k].frame_count;
    backlog->size -= backlog->blocks[k].size;
    stance_block_finish(&backlog->blocks[k]);
  }
  backlog->count -= count;
  if (count > 0)
    memmove(backlog->blocks, backlog->blocks + count, backlog->count * sizeof *backlog->blocks);
  backlog->mark_count = 0;
  return frames;
}

uint64_t recorder_backlog_frames(const struct recorder_backlog *backlog)
{
  uint64_t frames = 0;
  for (size_t k = 0; k < backlog->count; k++)
    frames += backlog->blocks[k].frame_count;
  return frames;
}

void recorder_backlog_finish(struct recorder_backlog *backlog)
{
  recorder_backlog_drop(backlog, backlog->count);
  free(backlog->blocks);
  free(backlog->marks);
  *backlog = (struct recorder_backlog){0};
}
