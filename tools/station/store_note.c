/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_note.h"

#include "store_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const ids[STANCE_NOTE_COUNT] = {
#define NOTE_ID(name, id, meaning) [STANCE_NOTE_##name] = #id,
    STANCE_NOTE_LIST(NOTE_ID)
#undef NOTE_ID
};

const char *stance_note_id(enum stance_note_kind kind)
{
  return ids[kind];
}

int store_insert_note(const struct stance_store *store, const char *recording_id,
                      const struct stance_numbered_note *numbered)
{
  const struct stance_note *note = &numbered->note;
  return store_execute(store,
                       "INSERT INTO notes VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"
                       " ON CONFLICT DO NOTHING",
                       "titiittir", recording_id, (int64_t)numbered->number, ids[note->kind],
                       (int64_t)note->frame, note->host_ns, note->name,
                       stance_side_name(note->side), (int64_t)note->repetition, note->value);
}

/* A newer program's kind of note is none of ours: false. */
static bool read_note(sqlite3_stmt *row, struct stance_note *note)
{
  char kind[32], side[16];
  *note = (struct stance_note){.kind = STANCE_NOTE_COUNT, .side = STANCE_SIDE_NONE};
  store_column_text(row, 0, kind, sizeof kind);
  for (size_t k = 0; k < STANCE_NOTE_COUNT; k++)
    if (strcmp(kind, ids[k]) == 0)
      note->kind = (enum stance_note_kind)k;
  note->frame = (uint64_t)sqlite3_column_int64(row, 1);
  note->host_ns = sqlite3_column_int64(row, 2);
  store_column_text(row, 3, note->name, sizeof note->name);
  store_column_text(row, 4, side, sizeof side);
  for (int k = 0; k < STANCE_SIDE_COUNT; k++)
    if (strcmp(side, stance_side_name((enum stance_side)k)) == 0)
      note->side = (enum stance_side)k;
  note->repetition = (unsigned)sqlite3_column_int64(row, 5);
  note->value = store_column_double(row, 6);
  return note->kind != STANCE_NOTE_COUNT;
}

enum stance_status stance_store_list_notes(struct stance_store *store, const char *recording_id,
                                           struct stance_note **ret_notes, size_t *ret_count,
                                           struct stance_problem *problem)
{
  struct stance_note *notes = NULL;
  size_t count = 0, capacity = 0;
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT kind, frame_index, host_ns, name, side, repetition, value"
                           " FROM notes WHERE recording = ? ORDER BY number",
                           "t", recording_id);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the notes", problem);
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    if (count == capacity) {
      capacity = capacity == 0 ? 64 : 2 * capacity;
      struct stance_note *larger = realloc(notes, capacity * sizeof *larger);
      if (larger == NULL)
        break;
      notes = larger;
    }
    count += read_note(row, &notes[count]) ? 1 : 0;
  }
  store_release(store, row);
  if (code == SQLITE_DONE) {
    *ret_notes = notes;
    *ret_count = count;
    return STANCE_OK;
  }
  free(notes);
  return store_fail(store, code == SQLITE_ROW ? SQLITE_NOMEM : code, "read the notes", problem);
}

/* The last word on a side counts: within a recording by number, of recordings that of the one which
   was entered last. Not by their dates: the computer's clock may have stood wrong. */
static int is_locked(const struct stance_store *store, const char *athlete, enum stance_side side,
                     bool *ret_locked)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT n.kind = 'lock' FROM notes n"
                           " JOIN recordings r ON r.id = n.recording"
                           " JOIN sessions s ON s.id = r.session"
                           " JOIN athletes a ON a.id = s.athlete"
                           " WHERE a.code = ? AND n.side = ? AND n.kind IN ('lock', 'release')"
                           " ORDER BY r.rowid DESC, n.number DESC LIMIT 1",
                           "tt", athlete, stance_side_name(side));
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(row);
  *ret_locked = code == SQLITE_ROW && sqlite3_column_int(row, 0) == 1;
  store_release(store, row);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

enum stance_status stance_store_locked_sides(struct stance_store *store, const char *athlete,
                                             bool ret_locked[2], struct stance_problem *problem)
{
  bool locked[2] = {false, false};
  int code = SQLITE_OK;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT && *athlete != '\0' && code == SQLITE_OK;
       side++)
    code = is_locked(store, athlete, (enum stance_side)side, &locked[side]);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read what is locked", problem);
  memcpy(ret_locked, locked, sizeof locked);
  return STANCE_OK;
}
