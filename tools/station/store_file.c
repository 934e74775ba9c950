/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store as a file: where it is, who may read it, whether there is room, whether it is still
   there. */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Ten minutes of 8 channels × 1 kHz take 7 MB, SQLite's log up to 4 MB more before it is folded
   back, and the disk's own bookkeeping some. */
enum { SPACE_NEEDED_MB = 16 };

enum stance_status stance_store_default_path(char *ret_path, size_t size,
                                             struct stance_problem *problem)
{
  const char *given = getenv("STANCE_STORE"), *data = getenv("XDG_DATA_HOME"),
             *home = getenv("HOME");
  char path[STORE_PATH_SIZE];
  int length;
  if (given != NULL && *given != '\0')
    length = snprintf(path, sizeof path, "%s", given);
  else if (data != NULL && *data == '/') /* the XDG rule: a relative path is to be ignored */
    length = snprintf(path, sizeof path, "%s/stance/store.db", data);
  else if (home != NULL && *home != '\0')
    length = snprintf(path, sizeof path, "%s/.local/share/stance/store.db", home);
  else
    return stance_problem_set(problem, STANCE_USAGE,
                              "no place for the store: set STANCE_STORE to the path of a file "
                              "(neither it nor XDG_DATA_HOME nor HOME is set)");
  if (length < 0 || (size_t)length >= sizeof path || (size_t)length >= size)
    return stance_problem_set(problem, STANCE_USAGE,
                              "the path of the store is too long: set STANCE_STORE to a shorter "
                              "one");
  memcpy(ret_path, path, (size_t)length + 1);
  return STANCE_OK;
}

/* The folder part of `path` with its length; "." and "/" where there is no other. */
static void folder_of(const char *path, char *ret_folder, size_t size)
{
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    snprintf(ret_folder, size, ".");
  else if (slash == path)
    snprintf(ret_folder, size, "/");
  else
    snprintf(ret_folder, size, "%.*s", (int)(slash - path), path);
}

void store_file_sync_folder(const char *path)
{
  char name[STORE_PATH_SIZE];
  folder_of(path, name, sizeof name);
  int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return; /* a folder that may be written but not read: nothing can be done */
  fsync(folder);
  close(folder);
}

static enum stance_status create_folders(const char *folder, struct stance_problem *problem)
{
  struct stat existing;
  if (stat(folder, &existing) == 0) {
    if (S_ISDIR(existing.st_mode))
      return STANCE_OK;
    return store_fail_errno(folder, ENOTDIR, "use it as a folder", problem);
  }
  char parent[STORE_PATH_SIZE];
  folder_of(folder, parent, sizeof parent);
  enum stance_status status = create_folders(parent, problem);
  if (status != STANCE_OK)
    return status;
  if (mkdir(folder, 0700) != 0 && errno != EEXIST)
    return store_fail_errno(folder, errno, "create the folder", problem);
  if (chmod(folder, 0700) != 0) /* a strict umask may have taken our own rights */
    return store_fail_errno(folder, errno, "set the rights of the folder", problem);
  store_file_sync_folder(folder);
  return STANCE_OK;
}

enum stance_status store_file_make_private(const char *path, struct stance_problem *problem)
{
  static const char *const suffixes[] = {"", "-wal", "-shm"};
  for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
    char name[STORE_PATH_SIZE + 8];
    struct stat existing;
    snprintf(name, sizeof name, "%s%s", path, suffixes[k]);
    if (stat(name, &existing) == 0 && S_ISREG(existing.st_mode) && existing.st_uid == geteuid() &&
        (existing.st_mode & 0077) != 0 && chmod(name, existing.st_mode & 0700) != 0)
      return store_fail_errno(name, errno, "make it private", problem);
  }
  return STANCE_OK;
}

enum stance_status store_file_create(const char *path, struct stance_problem *problem)
{
  char folder[STORE_PATH_SIZE];
  if (strlen(path) >= sizeof folder)
    return stance_problem_set(problem, STANCE_STORE, "%.100s…: the path is too long", path);
  folder_of(path, folder, sizeof folder);
  enum stance_status status = create_folders(folder, problem);
  if (status != STANCE_OK)
    return status;
  int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    int error = fchmod(file, 0600) != 0 ? errno : 0;
    close(file);
    if (error != 0)
      return store_fail_errno(path, error, "set the rights of the store", problem);
    store_file_sync_folder(path);
    return STANCE_OK;
  }
  return errno == EEXIST ? STANCE_OK : store_fail_errno(path, errno, "create the store", problem);
}

enum stance_status store_file_check_rights(const char *path, struct stance_problem *problem)
{
  char folder[STORE_PATH_SIZE];
  folder_of(path, folder, sizeof folder);
  if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 &&
      faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
    return STANCE_OK;
  return store_fail_errno(path, errno, "write to the store", problem);
}

enum stance_status store_file_check_space(const char *path, struct stance_problem *problem)
{
  struct statvfs disk;
  if (statvfs(path, &disk) != 0)
    return store_fail_errno(path, errno, "ask how full the disk is", problem);
  double free_mb = (double)disk.f_bavail * (double)disk.f_frsize / 1e6;
  if (free_mb >= SPACE_NEEDED_MB)
    return STANCE_OK;
  return stance_problem_set(problem, STANCE_STORE,
                            "%s: the disk is nearly full: %.1f MB are free and a test may need %d; "
                            "free some space on it, or name another store (STANCE_STORE)",
                            path, free_mb, SPACE_NEEDED_MB);
}

static struct store_file_identity identity_of(const char *path, const char *suffix)
{
  char name[STORE_PATH_SIZE + 8];
  struct stat file;
  snprintf(name, sizeof name, "%s%s", path, suffix);
  if (stat(name, &file) != 0)
    return (struct store_file_identity){0, 0};
  return (struct store_file_identity){file.st_dev, file.st_ino};
}

void store_file_remember(struct stance_store *store)
{
  store->main = identity_of(store->path, "");
  store->wal = identity_of(store->path, "-wal");
}

static bool same_file(struct store_file_identity a, struct store_file_identity b)
{
  return a.device == b.device && a.inode == b.inode;
}

bool store_file_is_in_place(const struct stance_store *store)
{
  return same_file(store->main, identity_of(store->path, "")) &&
         same_file(store->wal, identity_of(store->path, "-wal"));
}
