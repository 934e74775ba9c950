/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From frames to durable blocks. */
#include "store_private.h"

#include <stdlib.h>

enum stance_status stance_block_make(struct stance_block_codec *codec,
                                     const struct stance_raw_frame *frames, size_t count,
                                     size_t channel_count, size_t stream, uint64_t sequence,
                                     struct stance_block *ret_block)
{
  struct stance_block block = {
      .stream = stream, .sequence = sequence, .first_index = UINT64_MAX, .frame_count = count};
  for (size_t k = 0; k < count; k++) { /* a late frame may stand out of order */
    if (frames[k].index < block.first_index)
      block.first_index = frames[k].index;
    if (frames[k].index > block.last_index)
      block.last_index = frames[k].index;
  }
  enum stance_status status =
      stance_block_encode(codec, frames, count, channel_count, &block.bytes, &block.size);
  if (status == STANCE_OK)
    *ret_block = block;
  return status;
}

void stance_block_finish(struct stance_block *block)
{
  free(block->bytes);
  *block = (struct stance_block){0};
}

int store_insert_block(const struct stance_store *store, const char *recording_id,
                       const struct stance_block *block)
{
  return store_execute(store,
                       "INSERT INTO blocks VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                       "tiiiiib", recording_id, (int64_t)block->stream, (int64_t)block->sequence,
                       (int64_t)block->first_index, (int64_t)block->last_index,
                       (int64_t)block->frame_count, (const void *)block->bytes, block->size);
}

static int insert_mark(const struct stance_store *store, const char *recording_id,
                       const struct stance_stream_mark *mark)
{
  return store_execute(store, "INSERT INTO marks VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING", "tiii",
                       recording_id, (int64_t)mark->stream, (int64_t)mark->mark.index,
                       mark->mark.host_ns);
}

enum stance_status stance_store_commit(struct stance_store *store, const char *recording_id,
                                       const struct stance_commit *commit,
                                       struct stance_problem *problem)
{
  int code = store_transaction_begin(store);
  for (size_t k = 0; code == SQLITE_OK && k < commit->block_count; k++)
    code = store_insert_block(store, recording_id, &commit->blocks[k]);
  for (size_t k = 0; code == SQLITE_OK && k < commit->mark_count; k++)
    code = insert_mark(store, recording_id, &commit->marks[k]);
  for (size_t k = 0; code == SQLITE_OK && k < commit->phase_count; k++)
    code = store_insert_phase(store, recording_id, &commit->phases[k]);
  for (size_t k = 0; code == SQLITE_OK && k < commit->note_count; k++)
    code = store_insert_note(store, recording_id, &commit->notes[k]);
  return store_transaction_end(store, code, "save the recording", problem);
}

enum stance_status stance_store_append(struct stance_store *store, const char *recording_id,
                                       size_t stream, const struct stance_raw_frame *frames,
                                       size_t count, size_t channel_count,
                                       struct stance_problem *problem)
{
  size_t block_count = (count + STANCE_BLOCK_FRAME_COUNT_MAX - 1) / STANCE_BLOCK_FRAME_COUNT_MAX;
  if (block_count == 0)
    return STANCE_OK;
  sqlite3_stmt *statement;
  int code = store_prepare(
      store, &statement,
      "SELECT coalesce(max(sequence) + 1, 0) FROM blocks WHERE recording = ? AND stream = ?", "ti",
      recording_id, (int64_t)stream);
  if (code != SQLITE_OK)
    return store_fail(store, code, "save the recording", problem);
  code = sqlite3_step(statement);
  uint64_t sequence = (uint64_t)sqlite3_column_int64(statement, 0);
  store_release(store, statement);
  if (code != SQLITE_ROW)
    return store_fail(store, code, "save the recording", problem);

  enum stance_status status = STANCE_MEMORY;
  struct stance_block *blocks = calloc(block_count, sizeof *blocks);
  for (size_t k = 0; blocks != NULL && k < block_count; k++) {
    size_t first = k * STANCE_BLOCK_FRAME_COUNT_MAX, left = count - first;
    status =
        stance_block_make(store->codec, frames + first,
                          left < STANCE_BLOCK_FRAME_COUNT_MAX ? left : STANCE_BLOCK_FRAME_COUNT_MAX,
                          channel_count, stream, sequence + k, &blocks[k]);
    if (status != STANCE_OK)
      break;
  }
  if (status == STANCE_OK)
    status = stance_store_commit(
        store, recording_id, &(struct stance_commit){.blocks = blocks, .block_count = block_count},
        problem);
  else
    stance_problem_set(problem, status, "%s: cannot save the recording: out of memory",
                       store->path);
  for (size_t k = 0; blocks != NULL && k < block_count; k++)
    stance_block_finish(&blocks[k]);
  free(blocks);
  return status;
}
