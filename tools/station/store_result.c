/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results as they were told at the time of the test, each with a digest of its own. */
#include "digest.h"
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

void stance_stored_result_finish(struct stance_stored_result *result)
{
  if (result == NULL)
    return;
  free(result->settings);
  free(result->ledger);
  free(result->long_csv);
  *result = (struct stance_stored_result){0};
}

/* The recording's digest is in it: neither can be exchanged, or lost, without the other. */
static int digest_result(const char *recording_id, const char *recording_digest,
                         const struct stance_stored_result *result,
                         char ret_hex[STANCE_DIGEST_HEX_SIZE])
{
  struct stance_digest *digest;
  if (stance_digest_create(&digest) != STANCE_OK)
    return SQLITE_NOMEM;
  const char *const parts[] = {recording_id,       recording_digest, result->software,
                               result->created_at, result->settings, result->ledger,
                               result->long_csv};
  for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
    stance_digest_add_text(digest, parts[k]);
  stance_digest_finish(digest, ret_hex);
  stance_digest_destroy(digest);
  return SQLITE_OK;
}

static int read_recording_digest(const struct stance_store *store, const char *recording_id,
                                 char ret_digest[STANCE_RECORDING_DIGEST_SIZE])
{
  sqlite3_stmt *row;
  int code =
      store_prepare(store, &row, "SELECT digest FROM recordings WHERE id = ?", "t", recording_id);
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(row);
  ret_digest[0] = '\0';
  if (code == SQLITE_ROW)
    store_column_text(row, 0, ret_digest, STANCE_RECORDING_DIGEST_SIZE);
  store_release(store, row);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

enum stance_status stance_store_put_result(struct stance_store *store, const char *recording_id,
                                           const struct stance_stored_result *result,
                                           struct stance_problem *problem)
{
  struct stance_stored_result dated = *result;
  char recording_digest[STANCE_RECORDING_DIGEST_SIZE], hex[STANCE_DIGEST_HEX_SIZE];
  store_now(dated.created_at, sizeof dated.created_at);
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = read_recording_digest(store, recording_id, recording_digest);
  if (code == SQLITE_OK)
    code = digest_result(recording_id, recording_digest, &dated, hex);
  if (code == SQLITE_OK)
    code = store_execute(store,
                         "INSERT OR REPLACE INTO results(recording, software, created_at,"
                         " long_csv, settings, ledger, digest) VALUES(?, ?, ?, ?, ?, ?, ?)",
                         "ttttttt", recording_id, dated.software, dated.created_at, dated.long_csv,
                         dated.settings, dated.ledger, hex);
  return store_transaction_end(store, code, "save the result", problem);
}

static int read_result(const struct stance_store *store, const char *recording_id,
                       sqlite3_stmt *row, struct stance_stored_result *result)
{
  char kept[STANCE_DIGEST_HEX_SIZE], hex[STANCE_DIGEST_HEX_SIZE];
  char recording_digest[STANCE_RECORDING_DIGEST_SIZE];
  store_column_text(row, 0, result->software, sizeof result->software);
  store_column_text(row, 1, result->created_at, sizeof result->created_at);
  if (!store_column_copy(row, 2, &result->long_csv) ||
      !store_column_copy(row, 3, &result->settings) || !store_column_copy(row, 4, &result->ledger))
    return SQLITE_NOMEM;
  result->has_digest = sqlite3_column_type(row, 5) != SQLITE_NULL;
  store_column_text(row, 5, kept, sizeof kept);
  int code = read_recording_digest(store, recording_id, recording_digest);
  if (code == SQLITE_OK)
    code = digest_result(recording_id, recording_digest, result, hex);
  /* The text in its whole length: a copy of it is cut. */
  result->digest_holds = code == SQLITE_OK &&
                         sqlite3_column_bytes(row, 5) == STANCE_DIGEST_HEX_SIZE - 1 &&
                         strcmp(kept, hex) == 0;
  return code;
}

enum stance_status stance_store_get_result(struct stance_store *store, const char *recording_id,
                                           const char *software,
                                           struct stance_stored_result *ret_result,
                                           struct stance_problem *problem)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row,
                           "SELECT software, created_at, long_csv, settings, ledger, digest"
                           " FROM results WHERE recording = ?1 AND (?2 IS NULL OR software = ?2)"
                           " ORDER BY created_at DESC, rowid DESC LIMIT 1",
                           "tt", recording_id, software);
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the result", problem);
  struct stance_stored_result result = {0};
  code = sqlite3_step(row);
  const bool found = code == SQLITE_ROW;
  if (found)
    code = read_result(store, recording_id, row, &result);
  store_release(store, row);
  if (code != SQLITE_OK && code != SQLITE_DONE) {
    stance_stored_result_finish(&result);
    return store_fail(store, code, "read the result", problem);
  }
  if (!found)
    return STANCE_END;
  *ret_result = result;
  return STANCE_OK;
}
