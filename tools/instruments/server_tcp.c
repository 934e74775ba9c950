/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `usbip list -r 127.0.0.1` and `usbip attach -r 127.0.0.1 -b 1-1`. Only this machine may ask: the
   protocol knows no password. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum stance_status stance_server_listen(struct stance_server *server,
                                        struct stance_problem *problem)
{
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons(server->options->tcp_port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int yes = 1;
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (descriptor >= 0)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (descriptor < 0 || bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0 ||
      listen(descriptor, STANCE_SERVER_WAITING_MAX) != 0) {
    const int error = errno;
    if (descriptor >= 0)
      close(descriptor);
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "127.0.0.1:%u cannot be listened on: %s; choose another --tcp port",
                              server->options->tcp_port, strerror(error));
  }
  server->listener = descriptor;
  return STANCE_OK;
}

static bool send_all(int socket, const uint8_t *bytes, size_t count)
{
  while (count > 0) {
    const ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes += sent;
    count -= (size_t)sent;
  }
  return true;
}

/* Whole requests are a few dozen bytes from this same machine: read at once, for at most a second.
   The number of the device that is imported, 0 where the connection is done. */
static unsigned greet(struct stance_server *server, int socket)
{
  static uint8_t answer[STANCE_USBIP_ANSWER_MAX];
  const struct timeval patience = {.tv_sec = 1};
  uint8_t bytes[64];
  size_t used = 0;

  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  for (;;) {
    size_t length;
    unsigned import;
    const int taken = stance_usbip_greet(server->devices, server->slot_count, bytes, used, answer,
                                         &length, &import);
    if (taken > 0 && send_all(socket, answer, length))
      return import;
    if (taken != 0 || used == sizeof bytes)
      return 0;
    /* No byte more than the request: what follows belongs to the link. */
    const size_t wanted = used < 8 ? 8 - used : 40 - used;
    const ssize_t count = recv(socket, bytes + used, wanted, 0);
    if (count <= 0)
      return 0;
    used += (size_t)count;
  }
}

void stance_server_accept(struct stance_server *server)
{
  const int yes = 1;
  const struct timeval forever = {0};
  const int socket = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

  if (socket < 0)
    return;
  const unsigned number = greet(server, socket);
  struct stance_slot *slot = number == 0 ? NULL : &server->slot[number - 1];
  if (slot == NULL || slot->link != NULL) {
    close(socket);
    return;
  }
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  stance_slot_adopt(slot, socket);
  stance_virtual_log(slot->device, "event=plugged kind=%s serial=%s over=tcp",
                     slot->device->kind->name, slot->device->serial);
}

void stance_server_finish(struct stance_server *server)
{
  if (server->listener >= 0)
    close(server->listener);
  server->listener = -1;
}
