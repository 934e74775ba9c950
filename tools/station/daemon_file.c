/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char file_name[] = "daemon.json";
static const char format[] = "{\"port\":%" PRIu16 ",\"token\":\"%s\",\"pid\":%ld}\n";

/* In /tmp another account may have been there first: what is not ours alone is refused. */
static enum stance_status check_folder(const char *folder, struct stance_problem *problem)
{
  struct stat status;
  if (mkdir(folder, 0700) != 0 && errno != EEXIST)
    return stance_problem_set(problem, STANCE_STORE, "%s cannot be made: %s", folder,
                              strerror(errno));
  if (lstat(folder, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
      (status.st_mode & 077) != 0)
    return stance_problem_set(problem, STANCE_STORE,
                              "%s is not a folder of this account alone (0700); remove it, or set "
                              "XDG_RUNTIME_DIR",
                              folder);
  return STANCE_OK;
}

enum stance_status stance_daemon_path(const char *name, char ret_path[STANCE_DAEMON_PATH_SIZE],
                                      struct stance_problem *problem)
{
  char folder[STANCE_DAEMON_PATH_SIZE - 64];
  const char *base = getenv("XDG_RUNTIME_DIR");
  const int length = base != NULL && base[0] == '/'
                         ? snprintf(folder, sizeof folder, "%s/stance", base)
                         : snprintf(folder, sizeof folder, "/tmp/stance-%u", (unsigned)geteuid());
  if (length < 0 || (size_t)length >= sizeof folder)
    return stance_problem_set(problem, STANCE_STORE, "XDG_RUNTIME_DIR is too long");
  const enum stance_status status = check_folder(folder, problem);
  if (status == STANCE_OK)
    snprintf(ret_path, STANCE_DAEMON_PATH_SIZE, "%s/%s", folder, name);
  return status;
}

static enum stance_status fail_file(const char *path, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_STORE, "%s cannot be written: %s", path,
                            strerror(errno));
}

enum stance_status stance_daemon_write(const char *name, const char *text,
                                       struct stance_problem *problem)
{
  char path[STANCE_DAEMON_PATH_SIZE], fresh[STANCE_DAEMON_PATH_SIZE + 8];
  enum stance_status status = stance_daemon_path(name, path, problem);
  if (status != STANCE_OK)
    return status;
  snprintf(fresh, sizeof fresh, "%s.XXXXXX", path);
  int file = mkstemp(fresh); /* 0600 */
  if (file < 0)
    return fail_file(fresh, problem);
  const size_t length = strlen(text);
  const bool written = write(file, text, length) == (ssize_t)length;
  if (close(file) == 0 && written && rename(fresh, path) == 0)
    return STANCE_OK;
  status = fail_file(path, problem);
  unlink(fresh);
  return status;
}

enum stance_status stance_daemon_file_write(const struct stance_daemon_address *address,
                                            struct stance_problem *problem)
{
  char text[128];
  snprintf(text, sizeof text, format, address->port, address->token, (long)getpid());
  return stance_daemon_write(file_name, text, problem);
}

/* False where there is none, or none that was written here. */
static bool read_file(const char *path, struct stance_daemon_address *ret_address, long *ret_pid)
{
  char text[128] = "";
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return false;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  return length > 0 && sscanf(text, "{\"port\":%" SCNu16 ",\"token\":\"%32[0-9a-f]\",\"pid\":%ld}",
                              &ret_address->port, ret_address->token, ret_pid) == 3;
}

enum stance_status stance_daemon_file_read(struct stance_daemon_address *ret_address,
                                           struct stance_problem *problem)
{
  char path[STANCE_DAEMON_PATH_SIZE];
  struct stance_daemon_address address = {0};
  long pid = 0;
  const enum stance_status status = stance_daemon_path(file_name, path, problem);
  if (status != STANCE_OK)
    return status;
  if (!read_file(path, &address, &pid) || kill((pid_t)pid, 0) != 0)
    return stance_problem_set(problem, STANCE_END,
                              "no station of this account runs; start `stanced`, or "
                              "`systemctl --user start stanced`");
  *ret_address = address;
  return STANCE_OK;
}

void stance_daemon_file_remove(void)
{
  char path[STANCE_DAEMON_PATH_SIZE];
  struct stance_daemon_address address;
  long pid = 0;
  if (stance_daemon_path(file_name, path, NULL) == STANCE_OK && read_file(path, &address, &pid) &&
      pid == (long)getpid())
    unlink(path);
}
