/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A live recording is saved every 250 ms, so that a power cut costs no more. Once it is complete
   these blocks only cost time: each is found, unpacked and placed on its own. So neighbours become
   one block, of the same layout, with a checksum of its own.

   A merged block is the unit of what a damaged byte costs, from then on: 4.1 s at 1 kHz instead of
   0.25 s. Larger ones would be read hardly faster (a 20 s trial of two channels takes zstd 290 µs
   in blocks of 250 frames, 43 µs in blocks of 4096, 33 µs in one). At 8 kHz and above nothing is
   merged.

   Each transaction takes the old blocks away and puts the merged ones in their place: a kill or a
   power cut leaves the ones or the others. */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

enum {
  MERGED_FRAMES_MAX = 4096,
  GROUPS_PER_COMMIT = 64, /* 4 min at 1 kHz: at most 16 MB of log for eight channels of floats */
};

/* Neighbours that fit into one block. */
struct group {
  const char *recording_id;
  size_t stream;
  uint64_t next;                        /* sequence from which the next group is sought */
  size_t count;                         /* of blocks */
  size_t frame_count;                   /* in them together */
  uint64_t sequence[MERGED_FRAMES_MAX]; /* of each block */
  struct stance_raw_frame frame[MERGED_FRAMES_MAX];
};

/* From sequence `group->next` on. `ret_found` false: there is no block any more. */
static int find_group(const struct stance_store *store, struct group *group, bool *ret_found)
{
  sqlite3_stmt *row;
  int code =
      store_prepare(store, &row,
                    "SELECT sequence, frame_count FROM blocks"
                    " WHERE recording = ? AND stream = ? AND sequence >= ?"
                    " ORDER BY sequence",
                    "tii", group->recording_id, (int64_t)group->stream, (int64_t)group->next);
  if (code != SQLITE_OK)
    return code;
  group->count = group->frame_count = 0;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    int64_t frame_count = sqlite3_column_int64(row, 1);
    bool fits = frame_count > 0 &&
                (uint64_t)frame_count <= MERGED_FRAMES_MAX - (uint64_t)group->frame_count;
    if (!fits && group->count > 0)
      break;
    uint64_t sequence = (uint64_t)sqlite3_column_int64(row, 0);
    group->sequence[group->count++] = sequence;
    group->next = sequence + 1;
    if (!fits) /* large as it is, or nonsense: left alone */
      break;
    group->frame_count += (size_t)frame_count;
  }
  store_release(store, row);
  *ret_found = group->count > 0;
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Its frames go to `ret_frames`, `room` of them at most. STANCE_INPUT where it is damaged. */
static enum stance_status unpack_block(const struct stance_store *store, const struct group *group,
                                       uint64_t sequence, size_t room,
                                       struct stance_raw_frame *ret_frames, size_t *ret_count,
                                       size_t *ret_channel_count)
{
  sqlite3_stmt *row;
  if (store_prepare(
          store, &row,
          "SELECT payload FROM blocks WHERE recording = ? AND stream = ? AND sequence = ?", "tii",
          group->recording_id, (int64_t)group->stream, (int64_t)sequence) != SQLITE_OK)
    return STANCE_STORE;
  const struct stance_raw_frame *frames;
  size_t count = 0;
  enum stance_status status = STANCE_INPUT;
  const void *bytes = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_blob(row, 0) : NULL;
  if (bytes != NULL)
    status = stance_block_decode(store->codec, bytes, (size_t)sqlite3_column_bytes(row, 0), &frames,
                                 &count, ret_channel_count);
  store_release(store, row);
  if (status == STANCE_OK && count > room)
    status = STANCE_INPUT;
  if (status != STANCE_OK)
    return status;
  memcpy(ret_frames, frames, count * sizeof *frames);
  *ret_count = count;
  return STANCE_OK;
}

/* STANCE_INPUT where a block is damaged or unlike the others: then they stay as they are, and the
   reader sees what is the matter. */
static enum stance_status unpack_group(const struct stance_store *store, struct group *group,
                                       size_t *ret_channel_count)
{
  size_t done = 0, channel_count = 0;
  for (size_t k = 0; k < group->count; k++) {
    size_t count, channels;
    enum stance_status status =
        unpack_block(store, group, group->sequence[k], group->frame_count - done,
                     group->frame + done, &count, &channels);
    if (status != STANCE_OK)
      return status;
    if (k > 0 && channels != channel_count)
      return STANCE_INPUT;
    done += count;
    channel_count = channels;
  }
  *ret_channel_count = channel_count;
  return done == group->frame_count ? STANCE_OK : STANCE_INPUT;
}

/* The merged block takes the place of the last one: what is appended later comes after it. */
static int merge_group(const struct stance_store *store, struct group *group)
{
  size_t channel_count;
  struct stance_block merged;
  enum stance_status status = unpack_group(store, group, &channel_count);
  if (status == STANCE_INPUT)
    return SQLITE_OK;
  if (status == STANCE_OK)
    status = stance_block_make(store->codec, group->frame, group->frame_count, channel_count,
                               group->stream, group->sequence[group->count - 1], &merged);
  if (status != STANCE_OK)
    return status == STANCE_MEMORY ? SQLITE_NOMEM : sqlite3_extended_errcode(store->db);
  int code = store_execute(store,
                           "DELETE FROM blocks WHERE recording = ? AND stream = ?"
                           " AND sequence BETWEEN ? AND ?",
                           "tiii", group->recording_id, (int64_t)group->stream,
                           (int64_t)group->sequence[0], (int64_t)merged.sequence);
  if (code == SQLITE_OK)
    code = store_insert_block(store, group->recording_id, &merged);
  stance_block_finish(&merged);
  return code;
}

/* One transaction. `ret_done`: no block is left. */
static enum stance_status merge_some(struct stance_store *store, struct group *group,
                                     bool *ret_done, struct stance_problem *problem)
{
  bool found = true;
  int code = store_transaction_begin(store);
  for (size_t merged = 0; code == SQLITE_OK && found && merged < GROUPS_PER_COMMIT;) {
    code = find_group(store, group, &found);
    if (code == SQLITE_OK && group->count > 1) {
      code = merge_group(store, group);
      merged++;
    }
  }
  *ret_done = !found;
  return store_transaction_end(store, code, "merge the recording's blocks", problem);
}

enum stance_status store_merge_blocks(struct stance_store *store, const char *recording_id,
                                      size_t stream, struct stance_problem *problem)
{
  struct group *group = calloc(1, sizeof *group);
  if (group == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "%s: out of memory", store->path);
  group->recording_id = recording_id;
  group->stream = stream;
  enum stance_status status = STANCE_OK;
  for (bool done = false; status == STANCE_OK && !done;)
    status = merge_some(store, group, &done, problem);
  free(group);
  return status;
}
