/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon_file.h"

#include "json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char file_name[] = "daemon.json";
static const char *const prefix[] = {
    [STANCE_LEFT] = "left=", [STANCE_RIGHT] = "right=", [STANCE_SIDE_NONE] = ""};

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

static void add_member(struct stance_text *text, const char *name, const char *value)
{
  stance_text_format(text, ",\"%s\":", name);
  if (value[0] == '\0')
    stance_text_string(text, "null");
  else
    stance_json_string(text, value);
}

enum stance_status stance_daemon_file_write(const struct stance_daemon_address *address,
                                            struct stance_problem *problem)
{
  const struct stance_daemon_service *service = &address->service;
  struct stance_text text = {0};
  stance_text_format(&text, "{\"port\":%u,\"token\":\"%s\",\"pid\":%ld", (unsigned)address->port,
                     address->token, (long)getpid());
  add_member(&text, "socket", address->socket);
  add_member(&text, "store", service->store);
  add_member(&text, "protocols", service->protocols);
  stance_text_string(&text, ",\"devices\":[");
  for (size_t k = 0; k < service->device_count; k++) {
    char device[sizeof *service->device + 8];
    snprintf(device, sizeof device, "%s%s", prefix[service->side[k]], service->device[k]);
    stance_text_string(&text, k > 0 ? "," : "");
    stance_json_string(&text, device);
  }
  stance_text_string(&text, "]}\n");
  const enum stance_status status =
      text.failed ? stance_problem_set(problem, STANCE_MEMORY, "out of memory")
                  : stance_daemon_write(file_name, text.bytes, problem);
  stance_text_finish(&text);
  return status;
}

/* False where it is there and does not fit. */
static bool take_text(const json_t *object, const char *name, char *ret_text, size_t size)
{
  const char *value = json_string_value(json_object_get(object, name));
  const int length = snprintf(ret_text, size, "%s", value == NULL ? "" : value);
  return length >= 0 && (size_t)length < size;
}

static bool take_devices(const json_t *devices, struct stance_daemon_service *service)
{
  service->device_count = json_array_size(devices);
  if (service->device_count > STANCE_STREAM_MAX)
    return false;
  for (size_t k = 0; k < service->device_count; k++) {
    const char *device = json_string_value(json_array_get(devices, k));
    if (device == NULL)
      return false;
    service->side[k] = strncmp(device, prefix[STANCE_LEFT], 5) == 0    ? STANCE_LEFT
                       : strncmp(device, prefix[STANCE_RIGHT], 6) == 0 ? STANCE_RIGHT
                                                                       : STANCE_SIDE_NONE;
    const char *uri = device + strlen(prefix[service->side[k]]);
    const int length = snprintf(service->device[k], sizeof service->device[k], "%s", uri);
    if (length < 0 || (size_t)length >= sizeof service->device[k])
      return false;
  }
  return true;
}

static bool take_address(const json_t *object, struct stance_daemon_address *address)
{
  struct stance_daemon_service *service = &address->service;
  const json_int_t port = json_integer_value(json_object_get(object, "port"));
  const json_int_t pid = json_integer_value(json_object_get(object, "pid"));
  address->port = (uint16_t)port;
  address->pid = (long)pid;
  return port > 0 && port <= UINT16_MAX && pid > 0 && pid == address->pid &&
         take_text(object, "token", address->token, sizeof address->token) &&
         strlen(address->token) == sizeof address->token - 1 &&
         take_text(object, "socket", address->socket, sizeof address->socket) &&
         take_text(object, "store", service->store, sizeof service->store) &&
         take_text(object, "protocols", service->protocols, sizeof service->protocols) &&
         take_devices(json_object_get(object, "devices"), service);
}

/* False where there is none, or none that was written here. */
static bool read_file(const char *path, struct stance_daemon_address *ret_address)
{
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return false;
  json_t *object = json_loadfd(file, JSON_REJECT_DUPLICATES, NULL);
  close(file);
  const bool taken = json_is_object(object) && take_address(object, ret_address);
  json_decref(object);
  return taken;
}

enum stance_status stance_daemon_file_read(struct stance_daemon_address *ret_address,
                                           struct stance_problem *problem)
{
  char path[STANCE_DAEMON_PATH_SIZE];
  struct stance_daemon_address address = {0};
  const enum stance_status status = stance_daemon_path(file_name, path, problem);
  if (status != STANCE_OK)
    return status;
  if (!read_file(path, &address) || kill((pid_t)address.pid, 0) != 0)
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
  if (stance_daemon_path(file_name, path, NULL) == STANCE_OK && read_file(path, &address) &&
      address.pid == (long)getpid())
    unlink(path);
}
