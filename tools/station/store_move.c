/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_move.h"
#include "store_private.h"

#include <stdlib.h>

enum stance_status stance_store_get_roster(struct stance_store *store, char **ret_text,
                                           struct stance_problem *problem)
{
  sqlite3_stmt *row;
  char *text = NULL;
  int code = store_prepare(store, &row, "SELECT value FROM station WHERE key = 'roster'", "");
  if (code == SQLITE_OK)
    code = sqlite3_step(row);
  if (code == SQLITE_ROW && !store_column_copy(row, 0, &text))
    code = SQLITE_NOMEM;
  store_release(store, row);
  if (code == SQLITE_DONE)
    return stance_problem_set(problem, STANCE_END, "%s: no roster was kept", store->path);
  if (code != SQLITE_ROW)
    return store_fail(store, code, "read the roster", problem);
  *ret_text = text;
  return STANCE_OK;
}

enum stance_status stance_store_put_roster(struct stance_store *store, const char *text,
                                           struct stance_problem *problem)
{
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "INSERT INTO station VALUES('roster', ?)"
                         " ON CONFLICT DO UPDATE SET value = excluded.value",
                         "t", text);
  return store_transaction_end(store, code, "keep the roster", problem);
}

/* Inside a transaction. */
static int exists(const struct stance_store *store, const char *sql, const char *recording_id,
                  bool *ret_exists)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row, sql, "t", recording_id);
  if (code == SQLITE_OK)
    code = sqlite3_step(row);
  store_release(store, row);
  *ret_exists = code == SQLITE_ROW;
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static const char any_recording[] = "SELECT 1 FROM recordings WHERE id = ?";
static const char any_move[] = "SELECT 1 FROM moves WHERE recording = ? AND undone_at IS NULL";

static enum stance_status give_up(const struct stance_store *store, enum stance_status status,
                                  const char *recording_id, const char *what,
                                  struct stance_problem *problem)
{
  store_execute(store, "ROLLBACK", "");
  return stance_problem_set(problem, status, "%s: recording %s %s", store->path, recording_id,
                            what);
}

/* What was told was told of another person, and the seal covers whose recording it is. */
static int settle(const struct stance_store *store, const char *recording_id)
{
  int code = store_execute(store, "DELETE FROM results WHERE recording = ?", "t", recording_id);
  return code == SQLITE_OK ? store_seal_again(store, recording_id) : code;
}

static const char not_there[] = "is not there";
static const char changed[] = "is not as it was sealed: it is left as it is, lest that be hidden";

static int move(const struct stance_store *store, const char *recording_id,
                const struct stance_subject *to)
{
  char session[STANCE_UUID_SIZE], person[STANCE_UUID_SIZE], now[32];
  stance_recording_new_uuid(session);
  stance_recording_new_uuid(person);
  store_now(now, sizeof now);
  int code = store_execute(store, "INSERT INTO athletes VALUES(?, ?, ?) ON CONFLICT DO NOTHING",
                           "ttt", person, to->athlete, now);
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "INSERT INTO sessions SELECT ?, (SELECT id FROM athletes WHERE code = ?),"
                         " r.started_at, s.operator FROM recordings r"
                         " JOIN sessions s ON s.id = r.session WHERE r.id = ?",
                         "ttt", session, to->athlete, recording_id);
  if (code == SQLITE_OK)
    code = store_execute(
        store,
        "INSERT INTO moves SELECT NULL, id, session, ?, body_mass_kg, lever_m, digest,"
        " ?, NULL, injured_side FROM recordings WHERE id = ?",
        "ttt", session, now, recording_id);
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "UPDATE recordings SET session = ?, body_mass_kg = ?, lever_m = ?,"
                         " injured_side = ? WHERE id = ?",
                         "trrtt", session, to->body_mass_kg, to->lever_m,
                         stance_side_name(to->injured_side), recording_id);
  return code == SQLITE_OK ? settle(store, recording_id) : code;
}

enum stance_status stance_store_move_recording(struct stance_store *store, const char *recording_id,
                                               const struct stance_subject *to,
                                               struct stance_problem *problem)
{
  bool there = false, holds = false;
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = exists(store, any_recording, recording_id, &there);
  if (code == SQLITE_OK && !there)
    return give_up(store, STANCE_END, recording_id, not_there, problem);
  if (code == SQLITE_OK)
    code = store_seal_holds(store, recording_id, &holds);
  if (code == SQLITE_OK && !holds)
    return give_up(store, STANCE_MISMATCH, recording_id, changed, problem);
  if (code == SQLITE_OK)
    code = move(store, recording_id, to);
  return store_transaction_end(store, code, "move the recording", problem);
}

static int undo(const struct stance_store *store, const char *recording_id)
{
  char now[32];
  store_now(now, sizeof now);
  int code = store_execute(
      store,
      "UPDATE recordings SET (session, body_mass_kg, lever_m, injured_side) ="
      " (SELECT from_session, from_mass_kg, from_lever_m,"
      "  coalesce(from_injured_side, recordings.injured_side) FROM moves"
      "  WHERE recording = recordings.id AND undone_at IS NULL ORDER BY number DESC LIMIT 1)"
      " WHERE id = ?",
      "t", recording_id);
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "UPDATE moves SET undone_at = ? WHERE number = (SELECT max(number)"
                         " FROM moves WHERE recording = ? AND undone_at IS NULL)",
                         "tt", now, recording_id);
  return code == SQLITE_OK ? settle(store, recording_id) : code;
}

enum stance_status stance_store_undo_move(struct stance_store *store, const char *recording_id,
                                          struct stance_problem *problem)
{
  bool there = false, moved = false, holds = false;
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = exists(store, any_recording, recording_id, &there);
  if (code == SQLITE_OK)
    code = exists(store, any_move, recording_id, &moved);
  if (code == SQLITE_OK && !there)
    return give_up(store, STANCE_END, recording_id, not_there, problem);
  if (code == SQLITE_OK)
    code = store_seal_holds(store, recording_id, &holds);
  if (code == SQLITE_OK && !holds)
    return give_up(store, STANCE_MISMATCH, recording_id, changed, problem);
  if (code == SQLITE_OK && !moved)
    return give_up(store, STANCE_MISMATCH, recording_id, "was not moved; there is nothing to undo",
                   problem);
  if (code == SQLITE_OK)
    code = undo(store, recording_id);
  return store_transaction_end(store, code, "move the recording back", problem);
}
