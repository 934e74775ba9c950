/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calibration profiles, kept as the text that a person can read and export. */
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

/* The stored text under this id: NULL where there is none. */
static int find_profile(const struct stance_store *store, const char *sql, const char *key,
                        char **ret_text)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row, sql, "t", key);
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(row);
  char *text = NULL;
  bool copied = code != SQLITE_ROW || store_column_copy(row, 0, &text);
  store_release(store, row);
  if (!copied)
    return SQLITE_NOMEM;
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return code;
  *ret_text = text;
  return SQLITE_OK;
}

enum stance_status stance_store_put_calibration(struct stance_store *store,
                                                const struct stance_calibration *calibration,
                                                struct stance_problem *problem)
{
  char *text, *stored = NULL;
  enum stance_status status = stance_calibration_export(calibration, &text);
  if (status != STANCE_OK) {
    struct stance_problem why = {"out of memory"};
    if (status != STANCE_MEMORY)
      status = stance_calibration_validate(calibration, &why);
    return stance_problem_set(problem, status, "%s: cannot save the calibration: %.400s",
                              store->path, why.text);
  }
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = find_profile(store, "SELECT profile FROM calibrations WHERE id = ?", calibration->id,
                        &stored);
  const bool is_another = stored != NULL && strcmp(stored, text) != 0;
  if (code == SQLITE_OK && !is_another) /* one that is known becomes the last entry */
    code = store_execute(store, "INSERT OR REPLACE INTO calibrations VALUES(?, ?, ?, ?)", "tttt",
                         calibration->id, calibration->instrument, calibration->created_at, text);
  status = store_transaction_end(store, code, "save the calibration", problem);
  if (status == STANCE_OK && is_another)
    status = stance_problem_set(problem, STANCE_MISMATCH,
                                "%s: another calibration is already known as %s; profiles never "
                                "change, give this one an id of its own",
                                store->path, calibration->id);
  free(stored);
  free(text);
  return status;
}

/* Not by its date: the clock of the computer that made it may have stood in the future. */
enum stance_status stance_store_get_calibration(struct stance_store *store, const char *instrument,
                                                struct stance_calibration *ret_calibration,
                                                struct stance_problem *problem)
{
  char *text = NULL;
  int code = find_profile(store,
                          "SELECT profile FROM calibrations WHERE instrument = ?"
                          " ORDER BY rowid DESC LIMIT 1",
                          instrument, &text);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the calibration", problem);
  if (text == NULL)
    return STANCE_END;
  enum stance_status status =
      stance_calibration_import(store->path, text, ret_calibration, problem);
  free(text);
  return status;
}

enum stance_status stance_store_load_calibration(struct stance_store *store, const char *id,
                                                 struct stance_calibration *ret_calibration,
                                                 struct stance_problem *problem)
{
  /* The id itself, else the only one that begins so. */
#define MATCHING                                                           \
  "FROM calibrations WHERE id = ?1 OR (substr(id, 1, length(?1)) = ?1 AND" \
  " NOT EXISTS(SELECT 1 FROM calibrations WHERE id = ?1))"
  char *text = NULL;
  sqlite3_stmt *row;
  int64_t count = 0;

  int code = store_prepare(store, &row, "SELECT count(*) " MATCHING, "t", id);
  if (code == SQLITE_OK) {
    code = sqlite3_step(row);
    count = sqlite3_column_int64(row, 0);
    store_release(store, row);
    code = code == SQLITE_ROW ? SQLITE_OK : code;
  }
  if (code == SQLITE_OK && count == 1)
    code = find_profile(store, "SELECT profile " MATCHING, id, &text);
#undef MATCHING
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the calibration", problem);
  if (count != 1 || text == NULL)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: %s calibration '%s'; `stance calibrate list` shows them all",
                              store->path, count > 1 ? "more than one" : "there is no", id);
  enum stance_status status =
      stance_calibration_import(store->path, text, ret_calibration, problem);
  free(text);
  return status;
}

static int read_ids(sqlite3_stmt *row, char (*ids)[64], size_t *count)
{
  int code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    if (ids != NULL)
      store_column_text(row, 0, ids[*count], sizeof *ids);
    ++*count;
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum stance_status stance_store_list_calibrations(struct stance_store *store,
                                                  const char *instrument, char (**ret_ids)[64],
                                                  size_t *ret_count, struct stance_problem *problem)
{
  sqlite3_stmt *row;
  size_t room = 0, count = 0;
  char(*ids)[64] = NULL;
  int code = store_prepare(store, &row,
                           "SELECT id FROM calibrations WHERE ?1 IS NULL OR instrument = ?1"
                           " ORDER BY rowid",
                           "t", instrument);
  if (code != SQLITE_OK)
    return store_fail(store, code, "list the calibrations", problem);
  code = read_ids(row, NULL, &room);
  if (code == SQLITE_OK && (ids = calloc(room + 1, sizeof *ids)) == NULL)
    code = SQLITE_NOMEM;
  if (code == SQLITE_OK && (code = sqlite3_reset(row)) == SQLITE_OK)
    code = read_ids(row, ids, &count);
  store_release(store, row);
  if (code != SQLITE_OK) {
    free(ids);
    return store_fail(store, code, "list the calibrations", problem);
  }
  *ret_ids = ids;
  *ret_count = count;
  return STANCE_OK;
}
