/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon_file.h"

#include "json_text.h"
#include "protocol_find.h"

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

bool stance_daemon_device_name(const struct stance_station_device *device,
                               char ret_name[STANCE_DAEMON_DEVICE_SIZE])
{
  const int length =
      snprintf(ret_name, STANCE_DAEMON_DEVICE_SIZE, "%s%s", prefix[device->side], device->uri);
  return length >= 0 && length < STANCE_DAEMON_DEVICE_SIZE;
}

struct stance_station_device stance_daemon_device_of(const char *name)
{
  static const enum stance_side sides[] = {STANCE_LEFT, STANCE_RIGHT};
  for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
    const size_t length = strlen(prefix[sides[k]]);
    if (strncmp(name, prefix[sides[k]], length) == 0)
      return (struct stance_station_device){.uri = name + length, .side = sides[k]};
  }
  return (struct stance_station_device){.uri = name, .side = STANCE_SIDE_NONE};
}

/* As nobody's own working folder and no symbolic link changes it; as it is, where it is not there
   yet. */
static void name_place(const char *path, char *ret_path, size_t size)
{
  char *place = realpath(path, NULL);
  const int length = snprintf(ret_path, size, "%s", place != NULL ? place : path);
  if (length < 0 || (size_t)length >= size)
    ret_path[0] = '\0';
  free(place);
}

void stance_daemon_service_places(const char *store, struct stance_daemon_service *ret_service)
{
  char folder[sizeof ret_service->protocols];
  name_place(store, ret_service->store, sizeof ret_service->store);
  ret_service->protocols[0] = '\0';
  if (stance_protocol_folder(folder, sizeof folder))
    name_place(folder, ret_service->protocols, sizeof ret_service->protocols);
}

/* In /tmp another account may have been there first: what is not ours alone is refused. */
static enum stance_status check_folder(const char *folder, struct stance_problem *problem)
{
  struct stat status;
  if (lstat(folder, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
      (status.st_mode & 077) != 0)
    return stance_problem_set(problem, STANCE_STORE,
                              "%s is not a folder of this account alone (0700); remove it, or set "
                              "XDG_RUNTIME_DIR",
                              folder);
  return STANCE_OK;
}

static enum stance_status name_folder(char *ret_folder, size_t size, struct stance_problem *problem)
{
  const char *base = getenv("XDG_RUNTIME_DIR");
  const int length = base != NULL && base[0] == '/'
                         ? snprintf(ret_folder, size, "%s/stance", base)
                         : snprintf(ret_folder, size, "/tmp/stance-%u", (unsigned)geteuid());
  return length >= 0 && (size_t)length < size
             ? STANCE_OK
             : stance_problem_set(problem, STANCE_STORE, "XDG_RUNTIME_DIR is too long");
}

enum stance_status stance_daemon_path(const char *name, char ret_path[STANCE_DAEMON_PATH_SIZE],
                                      struct stance_problem *problem)
{
  char folder[STANCE_DAEMON_PATH_SIZE - 64];
  enum stance_status status = name_folder(folder, sizeof folder, problem);
  if (status != STANCE_OK)
    return status;
  if (mkdir(folder, 0700) != 0 && errno != EEXIST)
    return stance_problem_set(problem, STANCE_STORE, "%s cannot be made: %s", folder,
                              strerror(errno));
  status = check_folder(folder, problem);
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
    stance_text_string(&text, k > 0 ? "," : "");
    stance_json_string(&text, service->device[k]);
  }
  stance_text_format(&text, "],\"unattended\":%s}\n", service->unattended ? "true" : "false");
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
    if (device == NULL || strlen(device) >= sizeof service->device[k])
      return false;
    strcpy(service->device[k], device);
  }
  return true;
}

static bool take_address(const json_t *object, struct stance_daemon_address *address)
{
  struct stance_daemon_service *service = &address->service;
  const json_int_t port = json_integer_value(json_object_get(object, "port"));
  const json_int_t pid = json_integer_value(json_object_get(object, "pid"));
  address->port = (uint16_t)port;
  service->unattended = json_is_true(json_object_get(object, "unattended"));
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
  char folder[STANCE_DAEMON_PATH_SIZE - 64], path[STANCE_DAEMON_PATH_SIZE];
  struct stance_daemon_address address = {0};
  enum stance_status status = name_folder(folder, sizeof folder, problem);
  const bool there = status == STANCE_OK && access(folder, F_OK) == 0;
  if (there)
    status = check_folder(folder, problem);
  if (status != STANCE_OK)
    return status;
  snprintf(path, sizeof path, "%s/%s", folder, file_name);
  if (!there || !read_file(path, &address) || kill((pid_t)address.pid, 0) != 0)
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
