/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results: the long layout's text, one per recording and software version. */
#include "store_private.h"

enum stance_status stance_store_put_result(struct stance_store *store, const char *recording_id,
                                           const char *software, const char *long_csv,
                                           struct stance_problem *problem)
{
  char now[32];
  store_now(now, sizeof now);
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = store_execute(store, "INSERT OR REPLACE INTO results VALUES(?, ?, ?, ?)", "tttt",
                         recording_id, software, now, long_csv);
  return store_transaction_end(store, code, "save the result", problem);
}

enum stance_status stance_store_get_result(struct stance_store *store, const char *recording_id,
                                           const char *software, char **ret_long_csv,
                                           struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT long_csv FROM results WHERE recording = ?1"
                           " AND (?2 IS NULL OR software = ?2)"
                           " ORDER BY created_at DESC, rowid DESC LIMIT 1",
                           "tt", recording_id, software);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the result", problem);
  code = sqlite3_step(row);
  char *text = NULL;
  bool copied = code != SQLITE_ROW || store_column_copy(row, 0, &text);
  store_release(store, row);
  if (!copied)
    code = SQLITE_NOMEM;
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    return store_fail(store, code, "read the result", problem);
  if (text == NULL)
    return STANCE_END;
  *ret_long_csv = text;
  return STANCE_OK;
}
