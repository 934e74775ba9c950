/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The digest of a recording: of everything that is stored of it, as it is stored, so that a single
   bit that changes anywhere can be told. Taken once, when the recording is complete and its blocks
   are merged; nothing of it is written after that. */
#include "digest.h"
#include "store_private.h"

#include <string.h>

/* What version 1 covers, in this order. Once released a list is never changed: what comes to belong
   to a recording later gets a list and a version of its own. Columns by name: those of later
   schemas are not in it. */
static const char *const contents[] = {
    "SELECT id, session, started_at, finished_at, utc_offset_min, protocol_id, protocol_text,"
    " ground_truth, body_mass_kg, lever_m, injured_side, side_order, software"
    " FROM recordings WHERE id = ?1",
    "SELECT s.id, s.athlete, s.started_at, s.operator FROM recordings r"
    " JOIN sessions s ON s.id = r.session WHERE r.id = ?1",
    "SELECT a.id, a.code, a.created_at FROM recordings r JOIN sessions s ON s.id = r.session"
    " JOIN athletes a ON a.id = s.athlete WHERE r.id = ?1",
    "SELECT stream, uri, model, serial, firmware, rate_hz, elastic, calibration, frames_produced,"
    " frames_lost, frames_corrupt, fault, side, oversampling, rate_exact, profile"
    " FROM streams WHERE recording = ?1 ORDER BY stream",
    "SELECT stream, channel, name, unit, side, minimum, maximum, resolution, skew_s,"
    " converter_unit, converter_zero, converter_slope_above, converter_slope_below,"
    " converter_offset FROM channels WHERE recording = ?1 ORDER BY stream, channel",
    "SELECT stream, sequence, first_index, last_index, frame_count, payload"
    " FROM blocks WHERE recording = ?1 ORDER BY stream, sequence",
    "SELECT kind, first_index, frame_count FROM phases WHERE recording = ?1"
    " ORDER BY first_index, kind",
    "SELECT stream, frame_index, host_ns FROM marks WHERE recording = ?1"
    " ORDER BY stream, frame_index",
    "SELECT number, kind, frame_index, host_ns, name, side, repetition, value"
    " FROM notes WHERE recording = ?1 ORDER BY number",
};
enum { CONTENT_COUNT = sizeof contents / sizeof *contents };

/* Type, length and bytes, so that no two rows have the same. */
static void add_cell(struct stance_digest *digest, sqlite3_stmt *row, int column)
{
  const int type = sqlite3_column_type(row, column);
  stance_digest_add_number(digest, (uint64_t)type);
  if (type == SQLITE_INTEGER) {
    stance_digest_add_number(digest, (uint64_t)sqlite3_column_int64(row, column));
  } else if (type == SQLITE_FLOAT) {
    const double value = sqlite3_column_double(row, column);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    stance_digest_add_number(digest, bits);
  } else if (type != SQLITE_NULL) {
    const void *bytes = sqlite3_column_blob(row, column); /* before its length is asked for */
    const size_t size = (size_t)sqlite3_column_bytes(row, column);
    stance_digest_add_number(digest, size);
    if (size > 0 && bytes != NULL)
      stance_digest_add(digest, bytes, size);
  }
}

static int add_rows(const struct stance_store *store, struct stance_digest *digest, size_t content,
                    const char *recording_id)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row, contents[content], "t", recording_id);
  if (code != SQLITE_OK)
    return code;
  const int column_count = sqlite3_column_count(row);
  uint64_t row_count = 0;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    row_count++;
    for (int column = 0; column < column_count; column++)
      add_cell(digest, row, column);
  }
  store_release(store, row);
  stance_digest_add_number(digest, content);
  stance_digest_add_number(digest, row_count);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int digest_rows(const struct stance_store *store, const char *recording_id,
                       char ret_digest[STANCE_RECORDING_DIGEST_SIZE])
{
  static const char version[] = "sha256/1:";
  char hex[STANCE_DIGEST_HEX_SIZE];
  struct stance_digest *digest;
  if (stance_digest_create(&digest) != STANCE_OK)
    return SQLITE_NOMEM;
  int code = SQLITE_OK;
  for (size_t k = 0; code == SQLITE_OK && k < CONTENT_COUNT; k++)
    code = add_rows(store, digest, k, recording_id);
  stance_digest_finish(digest, hex);
  stance_digest_destroy(digest);
  if (code == SQLITE_OK)
    snprintf(ret_digest, STANCE_RECORDING_DIGEST_SIZE, "%s%s", version, hex);
  return code;
}

enum stance_status stance_store_digest(struct stance_store *store, const char *recording_id,
                                       char ret_digest[STANCE_RECORDING_DIGEST_SIZE],
                                       struct stance_problem *problem)
{
  int code = store_execute(store, "BEGIN", ""); /* all rows of the same moment */
  if (code == SQLITE_OK)
    code = digest_rows(store, recording_id, ret_digest);
  if (!sqlite3_get_autocommit(store->db))
    store_execute(store, "ROLLBACK", "");
  return code == SQLITE_OK ? STANCE_OK : store_fail(store, code, "read the recording", problem);
}

enum stance_status store_seal(struct stance_store *store, const char *recording_id,
                              struct stance_problem *problem)
{
  char digest[STANCE_RECORDING_DIGEST_SIZE];
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = digest_rows(store, recording_id, digest);
  if (code == SQLITE_OK)
    code = store_execute(store, "UPDATE recordings SET digest = ? WHERE id = ?", "tt", digest,
                         recording_id);
  return store_transaction_end(store, code, "keep the recording's digest", problem);
}

int store_seal_holds(const struct stance_store *store, const char *recording_id, bool *ret_holds)
{
  char digest[STANCE_RECORDING_DIGEST_SIZE];
  sqlite3_stmt *row;
  int code = digest_rows(store, recording_id, digest);
  if (code == SQLITE_OK)
    code = store_prepare(store, &row,
                         "SELECT digest IS NULL OR digest = ? FROM recordings"
                         " WHERE id = ?",
                         "tt", digest, recording_id);
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(row);
  *ret_holds = code == SQLITE_ROW && sqlite3_column_int(row, 0) == 1;
  store_release(store, row);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int store_seal_again(const struct stance_store *store, const char *recording_id)
{
  char digest[STANCE_RECORDING_DIGEST_SIZE];
  int code = digest_rows(store, recording_id, digest);
  if (code != SQLITE_OK)
    return code;
  return store_execute(store,
                       "UPDATE recordings SET digest = ? WHERE id = ? AND digest IS NOT NULL", "tt",
                       digest, recording_id);
}
