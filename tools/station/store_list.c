/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All recordings at a glance. */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

static void read_summary(sqlite3_stmt *row, struct stance_recording_summary *ret_summary)
{
  store_column_text(row, 0, ret_summary->id, sizeof ret_summary->id);
  store_column_text(row, 1, ret_summary->session, sizeof ret_summary->session);
  store_column_text(row, 2, ret_summary->athlete, sizeof ret_summary->athlete);
  store_column_text(row, 3, ret_summary->protocol_id, sizeof ret_summary->protocol_id);
  store_column_text(row, 4, ret_summary->started_at, sizeof ret_summary->started_at);
  store_column_text(row, 5, ret_summary->finished_at, sizeof ret_summary->finished_at);
  store_column_text(row, 6, ret_summary->model, sizeof ret_summary->model);
  ret_summary->rate_hz = sqlite3_column_double(row, 7);
  ret_summary->frames_stored = (uint64_t)sqlite3_column_int64(row, 8);
}

enum stance_status stance_store_list_recordings(struct stance_store *store,
                                                struct stance_recording_summary **ret_summaries,
                                                size_t *ret_count, struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(
      store, &row,
      "SELECT r.id, r.session, coalesce(a.code, ''), r.protocol_id, r.started_at,"
      " coalesce(r.finished_at, ''), t.model, t.rate_hz,"
      " (SELECT coalesce(sum(frame_count), 0) FROM blocks WHERE recording = r.id AND stream = 0)"
      " FROM recordings r JOIN sessions s ON s.id = r.session"
      " JOIN streams t ON t.recording = r.id AND t.stream = 0"
      " LEFT JOIN athletes a ON a.id = s.athlete ORDER BY r.started_at, r.rowid",
      "");
  if (code != SQLITE_OK)
    return store_fail(store, code, "list the recordings", problem);
  struct stance_recording_summary *summaries = NULL;
  size_t count = 0, capacity = 0;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    if (count == capacity) {
      capacity = capacity == 0 ? 64 : 2 * capacity;
      struct stance_recording_summary *larger = realloc(summaries, capacity * sizeof *larger);
      if (larger == NULL) {
        code = SQLITE_NOMEM;
        break;
      }
      summaries = larger;
    }
    read_summary(row, &summaries[count++]);
  }
  store_release(store, row);
  if (code != SQLITE_DONE) {
    free(summaries);
    return store_fail(store, code, "list the recordings", problem);
  }
  *ret_summaries = summaries;
  *ret_count = count;
  return STANCE_OK;
}

enum stance_status stance_store_list(struct stance_store *store, char (**ret_ids)[STANCE_UUID_SIZE],
                                     size_t *ret_count, struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row, "SELECT id FROM recordings ORDER BY started_at, rowid", "");
  if (code != SQLITE_OK)
    return store_fail(store, code, "list the recordings", problem);
  char(*ids)[STANCE_UUID_SIZE] = NULL;
  size_t count = 0, capacity = 0;
  do {
    code = sqlite3_step(row);
    if (count == capacity) { /* never of size 0 */
      capacity = capacity == 0 ? 64 : 2 * capacity;
      char(*larger)[STANCE_UUID_SIZE] = realloc(ids, capacity * sizeof *larger);
      if (larger == NULL) {
        code = SQLITE_NOMEM;
        break;
      }
      ids = larger;
    }
    if (code == SQLITE_ROW)
      store_column_text(row, 0, ids[count++], sizeof *ids);
  } while (code == SQLITE_ROW);
  store_release(store, row);
  if (code != SQLITE_DONE) {
    free(ids);
    return store_fail(store, code, "list the recordings", problem);
  }
  *ret_ids = ids;
  *ret_count = count;
  return STANCE_OK;
}

/* A stream's counters are kept when it is finished, of one that failed too. */
enum stance_status stance_store_last_cut_off(struct stance_store *store,
                                             char ret_id[STANCE_UUID_SIZE], double *ret_stored_s,
                                             struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(
      store, &row,
      "SELECT r.id, (SELECT coalesce(max(last_index) + 1, 0) FROM blocks"
      "  WHERE recording = r.id AND stream = 0) / t.rate_hz"
      " FROM recordings r JOIN streams t ON t.recording = r.id AND t.stream = 0"
      " WHERE r.rowid = (SELECT max(rowid) FROM recordings) AND t.frames_produced IS NULL",
      "");
  if (code == SQLITE_OK)
    code = sqlite3_step(row);
  if (code == SQLITE_ROW) {
    store_column_text(row, 0, ret_id, STANCE_UUID_SIZE);
    *ret_stored_s = store_column_double(row, 1);
  }
  store_release(store, row);
  if (code == SQLITE_ROW)
    return STANCE_OK;
  return code == SQLITE_DONE ? STANCE_END
                             : store_fail(store, code, "look for what was cut off", problem);
}
