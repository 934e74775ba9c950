/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When frames arrived, and what that says of an instrument's clock. */
#include "store_load.h"
#include "store_private.h"

#include <stdlib.h>

struct marks {
  struct stance_clock_mark *mark;
  size_t count, capacity;
};

static bool add_mark(struct marks *marks, uint64_t index, int64_t host_ns)
{
  if (marks->count == marks->capacity) {
    const size_t capacity = marks->capacity == 0 ? 256 : 2 * marks->capacity;
    struct stance_clock_mark *larger = realloc(marks->mark, capacity * sizeof *larger);
    if (larger == NULL)
      return false;
    marks->mark = larger;
    marks->capacity = capacity;
  }
  marks->mark[marks->count++] = (struct stance_clock_mark){.index = index, .host_ns = host_ns};
  return true;
}

static int read_marks(const struct stance_store *store, const char *recording_id, size_t stream,
                      struct marks *ret_marks)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT frame_index, host_ns FROM marks"
                           " WHERE recording = ? AND stream = ? ORDER BY frame_index",
                           "ti", recording_id, (int64_t)stream);
  if (code != SQLITE_OK)
    return code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW)
    if (!add_mark(ret_marks, (uint64_t)sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)))
      break;
  store_release(store, row);
  return code == SQLITE_ROW ? SQLITE_NOMEM : code;
}

int store_read_clock(const struct stance_store *store, const char *recording_id, size_t stream,
                     struct stance_clock_fit *ret_fit)
{
  struct marks marks = {0};
  int code = read_marks(store, recording_id, stream, &marks);
  if (code == SQLITE_DONE && stance_clock_fit(marks.mark, marks.count, ret_fit) == STANCE_MEMORY)
    code = SQLITE_NOMEM;
  free(marks.mark);
  return code;
}

enum stance_status stance_store_copy_timing(struct stance_store *store, const char *from_id,
                                            const char *to_id, struct stance_problem *problem)
{
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "INSERT INTO marks SELECT ?, stream, frame_index, host_ns FROM marks"
                         " WHERE recording = ?",
                         "tt", to_id, from_id);
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "INSERT INTO phases SELECT ?, kind, first_index, frame_count FROM phases"
                         " WHERE recording = ?",
                         "tt", to_id, from_id);
  /* When the athlete heard what, and what was said of it; numbered far behind what will be noted of
     the playing itself. Whoever the copy is filed under was locked and released by the first. */
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "INSERT INTO notes SELECT ?, 1000000000 + number,"
                         " CASE kind WHEN 'lock' THEN 'pain_stop' ELSE kind END, frame_index,"
                         " host_ns, name, side, repetition, value FROM notes WHERE recording = ?"
                         " AND kind IN ('cue', 'sound_late', 'sound_late_uncertainty',"
                         " 'sound_gap', 'repetition', 'reject', 'pain', 'lock', 'pain_stop',"
                         " 'sides_proved', 'sides_unproved')",
                         "tt", to_id, from_id);
  return store_transaction_end(store, code, "copy what is known of the recording", problem);
}
