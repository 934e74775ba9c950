/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/faulty_disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Static_assert(FAULTY_DISK_FULL == SQLITE_FULL, "as sqlite3.h has it");

static struct faulty_disk disk;
static sqlite3_vfs *real_vfs, shim_vfs;

/* Our file, followed in the same memory by the real one. */
struct shim_file {
  sqlite3_file base;
  sqlite3_file *real;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
  return ((struct shim_file *)file)->real;
}

static int shim_close(sqlite3_file *file)
{
  return real_of(file)->pMethods->xClose(real_of(file));
}

static int shim_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
  return real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

static int refusal(void)
{
  int error = atomic_load(&disk.write_error);
  return error != 0 && atomic_fetch_sub(&disk.writes_left, 1) > 0 ? SQLITE_OK : error;
}

static int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
  int error = refusal();
  return error != 0 ? error : real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
  int error = refusal();
  return error != 0 ? error : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
  atomic_fetch_add(&disk.syncs, 1);
  int stall_ms = atomic_load(&disk.stall_ms);
  if (stall_ms > 0) {
    const struct timespec pause = {stall_ms / 1000, (long)(stall_ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
  }
  int error = refusal();
  if (error == 0)
    error = atomic_load(&disk.sync_error);
  if (error != 0)
    return error;
  return atomic_load(&disk.forgets) ? SQLITE_OK
                                    : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
  return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int shim_lock(sqlite3_file *file, int level)
{
  return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
  return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_check_reserved(sqlite3_file *file, int *ret_reserved)
{
  return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_reserved);
}

static int shim_control(sqlite3_file *file, int operation, void *argument)
{
  return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int shim_sector_size(sqlite3_file *file)
{
  return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_characteristics(sqlite3_file *file)
{
  return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_map)
{
  return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret_map);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
  return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
  real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int delete_file)
{
  return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_file);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* without memory-mapped pages: every access passes through here */
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_file_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector_size,
    .xDeviceCharacteristics = shim_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags)
{
  (void)vfs;
  struct shim_file *shim = (struct shim_file *)file;
  shim->real = (sqlite3_file *)(shim + 1);
  int code = real_vfs->xOpen(real_vfs, name, shim->real, flags, ret_flags);
  shim->base.pMethods = shim->real->pMethods != NULL ? &methods : NULL;
  return code;
}

struct faulty_disk *faulty_disk_install(void)
{
  if (real_vfs == NULL) {
    real_vfs = sqlite3_vfs_find(NULL);
    shim_vfs = *real_vfs;
    shim_vfs.zName = "faulty";
    shim_vfs.szOsFile = real_vfs->szOsFile + (int)sizeof(struct shim_file);
    shim_vfs.xOpen = shim_open;
    sqlite3_vfs_register(&shim_vfs, 1);
  }
  memset(&disk, 0, sizeof disk);
  return &disk;
}

void faulty_disk_tamper(const char *path, const char *sql)
{
  sqlite3 *db;
  char *message = NULL;
  if (sqlite3_open(path, &db) != SQLITE_OK ||
      sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
    fprintf(stderr, "%s: %s\n", path, message != NULL ? message : sqlite3_errmsg(db));
    abort();
  }
  sqlite3_close(db);
}

int64_t faulty_disk_ask(const char *path, const char *sql)
{
  sqlite3 *db;
  sqlite3_stmt *row = NULL;
  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
      sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK || sqlite3_step(row) != SQLITE_ROW) {
    fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
    abort();
  }
  int64_t answer = sqlite3_column_int64(row, 0);
  sqlite3_finalize(row);
  sqlite3_close(db);
  return answer;
}
