/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables, and how an older store is brought to them. Keys are UUIDs, so that stations can share a
   server later; times are RFC 3339 in UTC; NULL is "unknown". */
#include "store_private.h"

#include <stdio.h>

/* A script, once released, is never changed: a new one is added below it. */
static const char *const scripts[] = {
    "CREATE TABLE station(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    "INSERT INTO station VALUES('id', lower(hex(randomblob(16))));"
    "CREATE TABLE athletes(id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE,"
    "  created_at TEXT NOT NULL) STRICT;"
    "CREATE TABLE sessions(id TEXT PRIMARY KEY, athlete TEXT REFERENCES athletes(id),"
    "  started_at TEXT NOT NULL, operator TEXT NOT NULL) STRICT;"
    "CREATE TABLE recordings(id TEXT PRIMARY KEY,"
    "  session TEXT NOT NULL REFERENCES sessions(id), started_at TEXT NOT NULL,"
    "  finished_at TEXT, utc_offset_min INTEGER NOT NULL, protocol_id TEXT NOT NULL,"
    "  protocol_text TEXT, calibration_text TEXT, ground_truth TEXT, body_mass_kg REAL,"
    "  lever_m REAL, injured_side TEXT NOT NULL, side_order TEXT NOT NULL,"
    "  software TEXT NOT NULL) STRICT;"
    "CREATE INDEX recordings_by_session ON recordings(session);"
    "CREATE INDEX recordings_by_time ON recordings(started_at);"
    /* What one instrument delivered; the counters are its own, known when it has stopped. */
    "CREATE TABLE streams(recording TEXT NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,"
    "  stream INTEGER NOT NULL, uri TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL,"
    "  firmware TEXT NOT NULL, rate_hz REAL NOT NULL, elastic INTEGER NOT NULL,"
    "  calibration TEXT NOT NULL, frames_produced INTEGER, frames_lost INTEGER,"
    "  frames_corrupt INTEGER, fault TEXT, PRIMARY KEY(recording, stream)) STRICT;"
    "CREATE TABLE channels(recording TEXT NOT NULL, stream INTEGER NOT NULL,"
    "  channel INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, side TEXT NOT NULL,"
    "  minimum REAL, maximum REAL, resolution REAL, PRIMARY KEY(recording, stream, channel),"
    "  FOREIGN KEY(recording, stream) REFERENCES streams ON DELETE CASCADE) STRICT;"
    /* `payload` is block_codec.h's; the columns beside it serve queries. */
    "CREATE TABLE blocks(recording TEXT NOT NULL, stream INTEGER NOT NULL,"
    "  sequence INTEGER NOT NULL, first_index INTEGER NOT NULL, last_index INTEGER NOT NULL,"
    "  frame_count INTEGER NOT NULL, host_ns INTEGER NOT NULL, payload BLOB NOT NULL,"
    "  PRIMARY KEY(recording, stream, sequence),"
    "  FOREIGN KEY(recording, stream) REFERENCES streams ON DELETE CASCADE) STRICT;"
    /* frame_count 0: up to the end of the recording. */
    "CREATE TABLE phases(recording TEXT NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,"
    "  kind TEXT NOT NULL, first_index INTEGER NOT NULL, frame_count INTEGER NOT NULL,"
    "  PRIMARY KEY(recording, first_index, kind)) STRICT;"
    "CREATE TABLE calibrations(id TEXT PRIMARY KEY, instrument TEXT NOT NULL,"
    "  created_at TEXT NOT NULL, profile TEXT NOT NULL) STRICT;"
    "CREATE INDEX calibrations_by_instrument ON calibrations(instrument, created_at);"
    "CREATE TABLE results(recording TEXT NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,"
    "  software TEXT NOT NULL, created_at TEXT NOT NULL, long_csv TEXT NOT NULL,"
    "  PRIMARY KEY(recording, software)) STRICT;",
    /* The clinic's own repeatability: records of one study were saved together. */
    "CREATE TABLE reliability(id TEXT PRIMARY KEY, study TEXT NOT NULL, created_at TEXT NOT NULL,"
    "  protocol TEXT NOT NULL, protocol_version TEXT NOT NULL, hip_deg REAL, knee_deg REAL,"
    "  rig TEXT NOT NULL, metric TEXT NOT NULL, rule TEXT NOT NULL, method TEXT NOT NULL,"
    "  instrument TEXT NOT NULL, whole_model INTEGER NOT NULL, side TEXT NOT NULL,"
    "  athletes INTEGER NOT NULL, tests INTEGER NOT NULL) STRICT;"
    "CREATE TABLE reliability_estimates("
    "  reliability TEXT NOT NULL REFERENCES reliability(id) ON DELETE CASCADE,"
    "  name TEXT NOT NULL, value REAL, low REAL, high REAL,"
    "  PRIMARY KEY(reliability, name)) STRICT;",
    /* Clocks: when frames arrived, apart from the blocks, which may be merged. What an instrument
       says of its converter; each stream its own profile, converted from. Until here every source
       was a simulation or a file, so their rates were exact. */
    "CREATE TABLE marks(recording TEXT NOT NULL, stream INTEGER NOT NULL,"
    "  frame_index INTEGER NOT NULL, host_ns INTEGER NOT NULL,"
    "  PRIMARY KEY(recording, stream, frame_index),"
    "  FOREIGN KEY(recording, stream) REFERENCES streams ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
    "INSERT INTO marks SELECT recording, stream, last_index, min(host_ns) FROM blocks"
    "  GROUP BY recording, stream, last_index;"
    "ALTER TABLE blocks DROP COLUMN host_ns;"
    "ALTER TABLE streams ADD COLUMN side TEXT NOT NULL DEFAULT 'none';"
    "ALTER TABLE streams ADD COLUMN oversampling INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE streams ADD COLUMN rate_exact INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE streams ADD COLUMN profile TEXT;"
    "UPDATE streams SET profile ="
    "  (SELECT r.calibration_text FROM recordings r WHERE r.id = streams.recording);"
    "ALTER TABLE recordings DROP COLUMN calibration_text;"
    "ALTER TABLE channels ADD COLUMN skew_s REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE channels ADD COLUMN converter_unit TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE channels ADD COLUMN converter_zero REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE channels ADD COLUMN converter_slope_above REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE channels ADD COLUMN converter_slope_below REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE channels ADD COLUMN converter_offset REAL NOT NULL DEFAULT 0;",
    /* What happened in a test beside its samples: store_note.h. */
    "CREATE TABLE notes(recording TEXT NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,"
    "  number INTEGER NOT NULL, kind TEXT NOT NULL, frame_index INTEGER NOT NULL,"
    "  host_ns INTEGER NOT NULL, name TEXT NOT NULL, side TEXT NOT NULL,"
    "  repetition INTEGER NOT NULL, value REAL, PRIMARY KEY(recording, number)) STRICT;",
    /* Checks of instruments, never changed: each of some forces of one or two instruments. */
    "CREATE TABLE verifications(id TEXT PRIMARY KEY, kind TEXT NOT NULL, verdict TEXT NOT NULL,"
    "  performed_at TEXT NOT NULL, valid_until TEXT NOT NULL, operator TEXT NOT NULL,"
    "  standard TEXT NOT NULL, software TEXT NOT NULL, words TEXT NOT NULL,"
    "  values_json TEXT NOT NULL) STRICT;"
    "CREATE TABLE verification_subjects("
    "  verification TEXT NOT NULL REFERENCES verifications(id) ON DELETE CASCADE,"
    "  instrument TEXT NOT NULL, side TEXT NOT NULL, serial TEXT NOT NULL,"
    "  calibration TEXT NOT NULL, PRIMARY KEY(verification, instrument, side)) STRICT;"
    "CREATE INDEX verification_subjects_by_instrument ON verification_subjects(instrument);",
    /* What tells whether a bit has changed since, and what a result can be made again from. */
    "ALTER TABLE recordings ADD COLUMN digest TEXT;"
    "ALTER TABLE results ADD COLUMN settings TEXT;"
    "ALTER TABLE results ADD COLUMN ledger TEXT;"
    "ALTER TABLE results ADD COLUMN digest TEXT;",
    /* A recording filed under another athlete, with what was his; the last that stands is undone.
     */
    "CREATE TABLE moves(number INTEGER PRIMARY KEY,"
    "  recording TEXT NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,"
    "  from_session TEXT NOT NULL REFERENCES sessions(id),"
    "  to_session TEXT NOT NULL REFERENCES sessions(id),"
    "  from_mass_kg REAL, from_lever_m REAL, from_digest TEXT, moved_at TEXT NOT NULL,"
    "  undone_at TEXT) STRICT;"
    "CREATE INDEX moves_by_recording ON moves(recording);",
    /* How late sound cards play: store_sound.h. The newest of a card speaks. */
    "CREATE TABLE sound_latencies(number INTEGER PRIMARY KEY, card TEXT NOT NULL,"
    "  rate_hz REAL NOT NULL, latency_s REAL NOT NULL, late_s REAL NOT NULL,"
    "  uncertainty_s REAL NOT NULL, heard INTEGER NOT NULL, microphone TEXT NOT NULL,"
    "  measured_at TEXT NOT NULL, software TEXT NOT NULL) STRICT;",
    /* NULL: moved before this was known; the injured side stayed what it was. */
    "ALTER TABLE moves ADD COLUMN from_injured_side TEXT;",
};
enum { SCHEMA_VERSION = sizeof scripts / sizeof *scripts };

int store_schema_migrate(struct stance_store *store, const char *const *migration,
                         size_t migration_count)
{
  int code = store_transaction_begin(store);
  int64_t version = 0;
  if (code == SQLITE_OK) /* read inside, so that two programs do not both upgrade */
    code = store_query_integer(store, "PRAGMA user_version", 0, &version);
  for (size_t k = (size_t)version; code == SQLITE_OK && k < migration_count; k++)
    code = sqlite3_exec(store->db, migration[k], NULL, NULL, NULL);
  if (code == SQLITE_OK && (size_t)version < migration_count) {
    char sql[96];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %zu",
             STORE_APPLICATION_ID, migration_count);
    code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
  }
  if (code == SQLITE_OK)
    code = store_execute(store, "COMMIT", "");
  if (code != SQLITE_OK && !sqlite3_get_autocommit(store->db))
    store_execute(store, "ROLLBACK", "");
  return code;
}

enum stance_status store_schema_recognise(const struct stance_store *store,
                                          struct stance_problem *problem)
{
  int64_t application_id = 0, version = 0, table_count = 0;
  int code = store_query_integer(store, "PRAGMA application_id", 0, &application_id);
  if (code == SQLITE_OK)
    code = store_query_integer(store, "PRAGMA user_version", 0, &version);
  if (code == SQLITE_OK)
    code = store_query_integer(store, "SELECT count(*) FROM sqlite_schema", 0, &table_count);
  if (code != SQLITE_OK)
    return store_fail(store, code, "open the store", problem);
  bool empty = application_id == 0 && version == 0 && table_count == 0;
  if (application_id != STORE_APPLICATION_ID && !empty)
    return store_fail(store, SQLITE_NOTADB, "open the store", problem);
  if (version > SCHEMA_VERSION)
    return stance_problem_set(problem, STANCE_STORE,
                              "%s: this store was written by a newer stance (schema %lld, this "
                              "program knows %d); update stance, the store was left untouched",
                              store->path, (long long)version, SCHEMA_VERSION);
  if (version < SCHEMA_VERSION && store->access == STANCE_STORE_READ)
    return stance_problem_set(
        problem, STANCE_STORE,
        "%s: this store %s (schema %lld, this program reads %d); `stance run` "
        "brings it up to date",
        store->path, empty ? "is empty" : "was written by an older stance", (long long)version,
        SCHEMA_VERSION);
  return STANCE_OK;
}

enum stance_status store_schema_upgrade(struct stance_store *store, struct stance_problem *problem)
{
  int code = store_schema_migrate(store, scripts, SCHEMA_VERSION);
  return code == SQLITE_OK ? STANCE_OK : store_fail(store, code, "prepare the tables", problem);
}
