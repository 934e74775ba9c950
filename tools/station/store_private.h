/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store's own files share. SQLite is included here and nowhere else. */
#ifndef STANCE_STORE_PRIVATE_H
#define STANCE_STORE_PRIVATE_H

#include "store.h"

#include "block_codec.h"
#include "store_block.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/stat.h>

/* "Stnc": tells our file from another program's. */
enum { STORE_APPLICATION_ID = 0x53746e63 };
/* A path of the store with its end; PATH_MAX on Linux. */
enum { STORE_PATH_SIZE = 4096 };

struct store_file_identity {
  dev_t device;
  ino_t inode;
};

/* The statements that a connection has prepared, kept for the next time. */
struct store_statements;

struct stance_store {
  sqlite3 *db;
  struct store_statements *statements;
  char *path;
  enum stance_store_access access;
  bool recovered;
  bool doubtful; /* the last write met the disk's own error: what is open may be a dead disk's */
  char id[33];   /* made with the store, so that its copies and others can be told apart */
  struct store_file_identity main, wal; /* of what is open, to notice when the path is not it */
  struct stance_block_codec *codec;
};

/* store.c */
/* This moment as RFC 3339 in UTC. */
void store_now(char *ret_text, size_t size);
/* Connects, anew where there was a connection, to the existing file at the store's path: for
   writing, durable, proven by a commit. */
enum stance_status store_connect(struct stance_store *store, struct stance_problem *problem);

/* store_error.c: the one translation of SQLite's codes and of errno into a sentence.
   `doing` completes "cannot …". */
enum stance_status store_fail(const struct stance_store *store, int code, const char *doing,
                              struct stance_problem *problem);
enum stance_status store_fail_errno(const char *path, int error, const char *doing,
                                    struct stance_problem *problem);

/* store_sql.c: SQLite result codes. `types`, one letter an argument: t const char * (NULL is NULL),
   i int64_t, r double (NaN is NULL), b const void * and size_t. */
/* `sql` must stay what it is as long as the store is open: it names the statement. Given back by
   store_release. */
int store_prepare(const struct stance_store *store, sqlite3_stmt **ret_statement, const char *sql,
                  const char *types, ...);
/* Accepts NULL. */
void store_release(const struct stance_store *store, sqlite3_stmt *statement);
/* For a new connection; where memory is short its statements are not kept, and work all the same.
 */
void store_keep_statements(struct stance_store *store);
/* Closes the connection, if there is one, and forgets its statements. */
void store_disconnect(struct stance_store *store);
/* Runs one statement that returns no row. */
int store_execute(const struct stance_store *store, const char *sql, const char *types, ...);
/* First column of the first row; `otherwise` where there is none. */
int store_query_integer(const struct stance_store *store, const char *sql, int64_t otherwise,
                        int64_t *ret_value);
/* Copies a text column, cut to the buffer; NULL becomes "". */
void store_column_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size);
/* NaN for NULL. */
double store_column_double(sqlite3_stmt *statement, int column);
/* A copy on the heap, NULL for NULL; false where memory ran out. */
bool store_column_copy(sqlite3_stmt *statement, int column, char **ret_text);

/* A transaction that writes: begun at once, so that it waits for another writer here and not
   half-way. After a disk error it first looks whether the store has come back. */
int store_transaction_begin(struct stance_store *store);
/* Ends it according to `code`, what its statements returned. STANCE_OK only when everything is
   durable in the file that `path` names. */
enum stance_status store_transaction_end(struct stance_store *store, int code, const char *doing,
                                         struct stance_problem *problem);

/* store_file.c */
/* Makes the folders and the empty file where they are missing; leaves an existing file alone. */
enum stance_status store_file_create(const char *path, struct stance_problem *problem);
/* Patients' data: nobody else may read it. SQLite gives its -wal and -shm the rights of the file
   itself; those left by an older run are mended here. */
enum stance_status store_file_make_private(const char *path, struct stance_problem *problem);
/* STANCE_STORE where the file or its folder, which also holds the log, may not be written: SQLite
   would open it for reading without a word. */
enum stance_status store_file_check_rights(const char *path, struct stance_problem *problem);
/* STANCE_STORE where the disk has no room for a test. */
enum stance_status store_file_check_space(const char *path, struct stance_problem *problem);
void store_file_remember(struct stance_store *store);
/* False where another file, or none, stands at the path of the open one. */
bool store_file_is_in_place(const struct stance_store *store);
/* A new name in a folder survives a power cut only when the folder was synced. */
void store_file_sync_folder(const char *path);

/* store_rescue.c: gives an open store that is no longer in place its name back, with all it holds;
   for after a commit. */
enum stance_status store_rescue(struct stance_store *store, struct stance_problem *problem);
/* After a disk error: opens the store anew where it stands at its path again. */
void store_reconnect(struct stance_store *store);

/* store_schema.c */
/* STANCE_STORE, nothing changed, where the file is another program's or a newer stance's. */
enum stance_status store_schema_recognise(const struct stance_store *store,
                                          struct stance_problem *problem);
/* Brings a recognised or empty file to this program's schema. */
enum stance_status store_schema_upgrade(struct stance_store *store, struct stance_problem *problem);
/* Applies scripts[user_version …] in one transaction each; scripts[k] leads to version k + 1. */
int store_schema_migrate(struct stance_store *store, const char *const *scripts,
                         size_t script_count);

/* store_block.c: inside a transaction; SQLite's code. What is already there is left as it is. */
int store_insert_block(const struct stance_store *store, const char *recording_id,
                       const struct stance_block *block);

/* store_merge.c: the small blocks of a stream that nobody writes to any more become larger ones,
   which are read several times faster. Holds a megabyte and one commit's worth of log, however long
   the recording is; stops half-way, with nothing lost, where the store or memory refuses. */
enum stance_status store_merge_blocks(struct stance_store *store, const char *recording_id,
                                      size_t stream, struct stance_problem *problem);

/* store_seal.c: keeps the digest of the recording with it. */
enum stance_status store_seal(struct stance_store *store, const char *recording_id,
                              struct stance_problem *problem);

/* store_recording.c: the kind of phase by its name, -1 where there is none. */
int store_phase_find(const char *name);
/* Inside a transaction; SQLite's code. */
int store_insert_phase(const struct stance_store *store, const char *recording_id,
                       const struct stance_phase *phase);

/* store_note.c: the same. */
int store_insert_note(const struct stance_store *store, const char *recording_id,
                      const struct stance_numbered_note *numbered);

/* store_seal.c, for what changes a sealed recording on purpose; inside a transaction; SQLite's
   code. True where it was never sealed. */
int store_seal_holds(const struct stance_store *store, const char *recording_id, bool *ret_holds);
/* Nothing where it was never sealed. */
int store_seal_again(const struct stance_store *store, const char *recording_id);

#endif
