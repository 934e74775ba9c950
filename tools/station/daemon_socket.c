/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon_socket.h"

#include "daemon_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char socket_name[] = "stanced.sock";

enum { WAITING_MAX = 128 }; /* more than may be inside (http_private.h) */

struct stance_daemon_socket {
  int folder; /* locked as long as the socket is this daemon's: a lock dies with its process */
  int listening;
  struct sockaddr_un address;
};

static enum stance_status fail(const char *path, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_STORE, "%s cannot be opened: %s", path,
                            strerror(errno));
}

/* Whoever holds the lock owns the name: what stands there then is a dead daemon's. */
static enum stance_status lock_folder(struct stance_daemon_socket *door, const char *path,
                                      struct stance_problem *problem)
{
  char folder[STANCE_DAEMON_PATH_SIZE];
  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
  door->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (door->folder < 0)
    return fail(folder, problem);
  if (flock(door->folder, LOCK_EX | LOCK_NB) == 0)
    return STANCE_OK;
  return errno == EWOULDBLOCK
             ? stance_problem_set(problem, STANCE_MISMATCH,
                                  "%s belongs to another station of this account that runs", path)
             : fail(folder, problem);
}

/* The rights are set before it has a name, so that there is no moment at which they are others. */
static enum stance_status listen_there(struct stance_daemon_socket *door,
                                       struct stance_problem *problem)
{
  const struct sockaddr *address = (const struct sockaddr *)&door->address;
  door->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (door->listening < 0)
    return fail(door->address.sun_path, problem);
  unlink(door->address.sun_path);
  if (fchmod(door->listening, 0600) != 0 ||
      bind(door->listening, address, sizeof door->address) != 0 ||
      listen(door->listening, WAITING_MAX) != 0)
    return fail(door->address.sun_path, problem);
  return STANCE_OK;
}

static void let_go(struct stance_daemon_socket *door)
{
  if (door->listening >= 0)
    close(door->listening);
  if (door->folder >= 0)
    close(door->folder);
  free(door);
}

enum stance_status stance_daemon_socket_open(struct stance_daemon_socket **ret_socket,
                                             struct stance_problem *problem)
{
  char path[STANCE_DAEMON_PATH_SIZE];
  enum stance_status status = stance_daemon_path(socket_name, path, problem);
  if (status != STANCE_OK)
    return status;
  if (strlen(path) >= STANCE_DAEMON_SOCKET_SIZE)
    return stance_problem_set(problem, STANCE_STORE,
                              "%s is longer than a socket's name may be (%d bytes); set "
                              "XDG_RUNTIME_DIR to a shorter one",
                              path, STANCE_DAEMON_SOCKET_SIZE - 1);
  struct stance_daemon_socket *door = calloc(1, sizeof *door);
  if (door == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  *door = (struct stance_daemon_socket){
      .folder = -1, .listening = -1, .address = {.sun_family = AF_UNIX}};
  strcpy(door->address.sun_path, path);
  status = lock_folder(door, path, problem);
  if (status == STANCE_OK)
    status = listen_there(door, problem);
  if (status == STANCE_OK)
    *ret_socket = door;
  else
    let_go(door);
  return status;
}

const char *stance_daemon_socket_path(const struct stance_daemon_socket *door)
{
  return door->address.sun_path;
}

int stance_daemon_socket_descriptor(const struct stance_daemon_socket *door)
{
  return door->listening;
}

/* The system's word for who called connect: holds even where somebody has changed the rights. */
static bool is_of_this_account(int client)
{
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

int stance_daemon_socket_accept(const struct stance_daemon_socket *door)
{
  for (;;) {
    const int client = accept4(door->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0 && (errno == EINTR || errno == ECONNABORTED))
      continue;
    if (client < 0 || is_of_this_account(client))
      return client;
    close(client);
  }
}

void stance_daemon_socket_close(struct stance_daemon_socket *door)
{
  if (door == NULL)
    return;
  unlink(door->address.sun_path); /* the lock is still held */
  let_go(door);
}
