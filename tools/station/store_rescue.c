/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store is lost while a test is being recorded, and comes back.

   Somebody deletes the store, or its log, while a test is being recorded. SQLite goes on writing
   into files that no longer have a name, and all of it would vanish with the program. What is open
   still holds everything, so it gets its name back.

   The disk is unplugged, or the kernel turns it read-only after an error, and it is mounted anew.
   What is open belongs to the dead mount for ever; the store at the path must be opened again. */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void name_beside(const struct stance_store *store, const char *suffix, char *ret_name,
                        size_t size)
{
  snprintf(ret_name, size, "%s%s", store->path, suffix);
}

static int sync_file(const char *path)
{
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return errno;
  int error = fsync(file) != 0 ? errno : 0;
  close(file);
  return error;
}

/* A log left under the old name would be replayed onto the new file. */
static void remove_stale_logs(const struct stance_store *store)
{
  static const char *const suffixes[] = {"-wal", "-shm"};
  for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
    char name[STORE_PATH_SIZE + 8];
    name_beside(store, suffixes[k], name, sizeof name);
    unlink(name);
  }
}

/* The file has no name any more: a copy takes its place. The open one is let go only when the copy
   is safe on the disk. */
static enum stance_status copy_into_place(struct stance_store *store,
                                          struct stance_problem *problem)
{
  static const char doing[] = "save a copy of the deleted store";
  char copy[STORE_PATH_SIZE + 8];
  name_beside(store, ".rescue", copy, sizeof copy);
  unlink(copy); /* of an attempt that failed */
  enum stance_status status = store_file_create(copy, problem);
  if (status != STANCE_OK)
    return status;
  int code = store_execute(store, "VACUUM INTO ?", "t", copy);
  if (code != SQLITE_OK)
    return store_fail(store, code, doing, problem);
  int error = sync_file(copy);
  if (error != 0)
    return store_fail_errno(copy, error, doing, problem);
  store_disconnect(store);
  remove_stale_logs(store);
  if (renameat2(AT_FDCWD, copy, AT_FDCWD, store->path, RENAME_NOREPLACE) != 0)
    return store_fail_errno(copy, errno, doing, problem);
  store_file_sync_folder(store->path);
  return store_connect(store, problem);
}

enum stance_status store_rescue(struct stance_store *store, struct stance_problem *problem)
{
  struct stat found;
  if (stat(store->path, &found) != 0)
    return copy_into_place(store, problem);
  if (found.st_dev != store->main.device || found.st_ino != store->main.inode)
    return stance_problem_set(problem, STANCE_STORE,
                              "%s: another file was put in the place of the store while it was "
                              "open; move that one away, and the store comes back",
                              store->path);
  /* Only the log lost its name: what it holds goes into the file. */
  int code = store_execute(store, "PRAGMA wal_checkpoint(TRUNCATE)", "");
  return code == SQLITE_OK ? store_connect(store, problem)
                           : store_fail(store, code, "save the deleted log", problem);
}

void store_reconnect(struct stance_store *store)
{
  /* The device's number may be another after plugging in; the inode's is the file's own. A copy
     that was put there has another one: it may lack what was committed since. */
  struct stat found;
  if (stat(store->path, &found) != 0 || found.st_ino != store->main.inode)
    return;
  struct stance_store again = {.path = store->path, .access = STANCE_STORE_WRITE};
  if (store_connect(&again, NULL) != STANCE_OK || strcmp(again.id, store->id) != 0) {
    store_disconnect(&again);
    return;
  }
  /* It would fold its log back and remove it by its name, which is now the new mount's. */
  if (store->db != NULL)
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  store_disconnect(store);
  store->db = again.db;
  store->statements = again.statements;
  store->main = again.main;
  store->wal = again.wal;
  store->doubtful = false;
}
