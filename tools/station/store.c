/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening, checking and closing. */
#include "store_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

/* How long another writer may hold the store before that is an error: its commits take
   milliseconds, and the recorder's ring covers the wait. */
enum { BUSY_TIMEOUT_MS = 5000 };

/* SQLite tells of a recovered log only through its global message hook. */
static _Thread_local bool log_was_recovered;

static void note_recovery(void *context, int code, const char *message)
{
  (void)context;
  (void)message;
  if (code == SQLITE_NOTICE_RECOVER_WAL)
    log_was_recovered = true;
}

static void install_hook(void)
{
  sqlite3_config(SQLITE_CONFIG_LOG, note_recovery, NULL);
}

void stance_recording_new_uuid(char ret_uuid[STANCE_UUID_SIZE])
{
  uuid_t uuid;
  uuid_generate_random(uuid);
  uuid_unparse_lower(uuid, ret_uuid);
}

void store_now(char *ret_text, size_t size)
{
  time_t now = time(NULL);
  struct tm utc;
  gmtime_r(&now, &utc);
  strftime(ret_text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* A crash leaves the log (-wal) beside the file; without it the file is complete as it stands and
   can be read from a medium where nothing may be written. */
static bool has_no_log(const char *path)
{
  char name[STORE_PATH_SIZE + 8];
  struct stat log;
  snprintf(name, sizeof name, "%s-wal", path);
  return stat(name, &log) != 0 || log.st_size == 0;
}

static int connect_to(struct stance_store *store, const char *name, int flags)
{
  store_disconnect(store);
  int code = sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code != SQLITE_OK)
    return code;
  store_keep_statements(store);
  sqlite3_extended_result_codes(store->db, 1);
  sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
  /* A damaged file must not be able to run code or break the schema. */
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  int64_t version; /* the first read: what is wrong with the file shows here */
  return store_query_integer(store, "PRAGMA schema_version", 0, &version);
}

/* A path as an SQLite URI: whatever is not plain is escaped. */
static char *immutable_uri(const char *path)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
  char *uri = malloc(3 * strlen(path) + sizeof "file:?immutable=1"), *to = uri;
  if (uri == NULL)
    return NULL;
  to += sprintf(to, "file:");
  for (; *path != '\0'; path++)
    to += strchr(plain, *path) != NULL ? sprintf(to, "%c", *path)
                                       : sprintf(to, "%%%02x", (unsigned)(unsigned char)*path);
  sprintf(to, "?immutable=1");
  return uri;
}

static enum stance_status open_for_reading(struct stance_store *store,
                                           struct stance_problem *problem)
{
  int code = connect_to(store, store->path, SQLITE_OPEN_READONLY);
  struct stat file;
  bool unwritable = (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY;
  if (unwritable && stat(store->path, &file) == 0 && has_no_log(store->path)) {
    char *uri = immutable_uri(store->path);
    if (uri == NULL)
      return store_fail(store, SQLITE_NOMEM, "read the store", problem);
    code = connect_to(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    free(uri);
  }
  if (code != SQLITE_OK)
    return store_fail(store, code, "read the store", problem);
  return store_schema_recognise(store, problem);
}

/* Durability rests on these two: what SQLite answers is checked, not assumed. */
static enum stance_status make_durable(const struct stance_store *store,
                                       struct stance_problem *problem)
{
  sqlite3_stmt *statement;
  int code = store_prepare(store, &statement, "PRAGMA journal_mode = WAL", "");
  if (code != SQLITE_OK)
    return store_fail(store, code, "open the store", problem);
  code = sqlite3_step(statement);
  char mode[16] = "";
  if (code == SQLITE_ROW)
    store_column_text(statement, 0, mode, sizeof mode);
  store_release(store, statement);
  if (code != SQLITE_ROW)
    return store_fail(store, code, "switch on the write-ahead log", problem);
  if (strcmp(mode, "wal") != 0)
    return stance_problem_set(problem, STANCE_STORE,
                              "%s: this disk cannot hold a write-ahead log (a network folder?); "
                              "name a store on a local disk (STANCE_STORE)",
                              store->path);
  code = store_execute(store, "PRAGMA synchronous = FULL", "");
  if (code == SQLITE_OK)
    code = store_execute(store, "PRAGMA foreign_keys = ON", "");
  return code == SQLITE_OK ? STANCE_OK : store_fail(store, code, "open the store", problem);
}

static int read_id(struct stance_store *store)
{
  sqlite3_stmt *row;
  int code = store_prepare(store, &row, "SELECT value FROM station WHERE key = 'id'", "");
  if (code != SQLITE_OK)
    return code;
  code = sqlite3_step(row);
  store_column_text(row, 0, store->id, sizeof store->id);
  store_release(store, row);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* A real commit, through the same log and the same sync as every block's. */
static enum stance_status prove_commit(struct stance_store *store, struct stance_problem *problem)
{
  char now[32];
  store_now(now, sizeof now);
  int code = store_transaction_begin(store);
  if (code == SQLITE_OK)
    code = store_execute(store, "INSERT OR REPLACE INTO station VALUES('last_opened_at', ?)", "t",
                         now);
  if (code == SQLITE_OK)
    code = read_id(store);
  store_file_remember(store);
  return store_transaction_end(store, code, "write to the store", problem);
}

static enum stance_status open_for_writing(struct stance_store *store,
                                           struct stance_problem *problem)
{
  enum stance_status status = store_file_create(store->path, problem);
  if (status == STANCE_OK)
    status = store_file_check_space(store->path, problem);
  return status == STANCE_OK ? store_connect(store, problem) : status;
}

enum stance_status store_connect(struct stance_store *store, struct stance_problem *problem)
{
  enum stance_status status = store_file_check_rights(store->path, problem);
  if (status != STANCE_OK)
    return status;
  int code = connect_to(store, store->path, SQLITE_OPEN_READWRITE);
  if (code != SQLITE_OK)
    return store_fail(store, code, "open the store", problem);
  status = store_schema_recognise(store, problem);
  if (status == STANCE_OK)
    status = make_durable(store, problem);
  if (status == STANCE_OK)
    status = store_schema_upgrade(store, problem);
  if (status == STANCE_OK)
    status = store_file_make_private(store->path, problem);
  return status == STANCE_OK ? prove_commit(store, problem) : status;
}

enum stance_status stance_store_open(const char *path, enum stance_store_access access,
                                     struct stance_store **ret_store,
                                     struct stance_problem *problem)
{
  static pthread_once_t hook_once = PTHREAD_ONCE_INIT;
  pthread_once(&hook_once, install_hook);
  struct stance_store *store = calloc(1, sizeof *store);
  enum stance_status status = STANCE_MEMORY;
  if (store == NULL)
    return stance_problem_set(problem, status, "%s: out of memory", path);
  store->access = access;
  store->path = strdup(path);
  if (store->path == NULL || stance_block_codec_create(&store->codec) != STANCE_OK) {
    stance_problem_set(problem, status, "%s: out of memory", path);
    goto fail;
  }
  log_was_recovered = false;
  status = access == STANCE_STORE_WRITE ? open_for_writing(store, problem)
                                        : open_for_reading(store, problem);
  if (status != STANCE_OK)
    goto fail;
  store->recovered = log_was_recovered;
  *ret_store = store;
  return STANCE_OK;

fail:
  stance_store_close(store);
  return status;
}

void stance_store_close(struct stance_store *store)
{
  if (store == NULL)
    return;
  store_disconnect(store);
  stance_block_codec_destroy(store->codec);
  free(store->path);
  free(store);
}

const char *stance_store_path(const struct stance_store *store)
{
  return store->path;
}

bool stance_store_was_recovered(const struct stance_store *store)
{
  return store->recovered;
}

enum stance_status stance_store_check(struct stance_store *store, struct stance_problem *problem)
{
  static const char *const checks[] = {"PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"};
  for (size_t k = 0; k < sizeof checks / sizeof *checks; k++) {
    sqlite3_stmt *statement;
    int code = store_prepare(store, &statement, checks[k], "");
    if (code != SQLITE_OK)
      return store_fail(store, code, "check the store", problem);
    code = sqlite3_step(statement);
    char fault[200] = "ok";
    if (code == SQLITE_ROW)
      store_column_text(statement, 0, fault, sizeof fault);
    store_release(store, statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
      return store_fail(store, code, "check the store", problem);
    if (strcmp(fault, "ok") != 0)
      return stance_problem_set(problem, STANCE_STORE,
                                "%s: the file is damaged: %s; keep a copy of it, then rescue what "
                                "is left: sqlite3 STORE .recover | sqlite3 NEW",
                                store->path, fault);
  }
  return STANCE_OK;
}
