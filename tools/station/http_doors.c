/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two doors, each with places of its own: who is let in, and who goes when it is full.

   A connection that has not shown the token may be anybody's on this machine. Such ones have a
   share of the places and no claim to them: where it is used up, the oldest of them goes for the
   next one that comes. So whoever has the token gets in at any time, whatever others hold open. */
#include "http_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  ROUND_MAX = 32, /* let in, or cut, before the library looks after those inside again */
  /* A place is anybody's for as long: an honest client's request comes within a few milliseconds
     of his connection. The port's share for those then sees 6,000 a second go by, so that whoever
     stands behind as many as the system lets wait (4,096) is heard within a second. */
  GRACE_MS = 30,
  PAUSE_MS = 100, /* where no connection can be had: it is tried again, but not all the time */
};

static bool has_room(const struct http_door *door)
{
  return door->count < door->places && door->undecided < door->undecided_max;
}

bool http_door_listens(const struct http_door *door, int64_t now_ns)
{
  return door->listening >= 0 && now_ns >= door->paused_until_ns &&
         (has_room(door) || door->undecided > 0);
}

void http_guest_decide(struct http_guest *guest)
{
  if (!guest->decided)
    guest->door->undecided--;
  guest->decided = true;
}

void http_guest_cut(struct http_guest *guest)
{
  guest->deadline_ns = 0;
  http_guest_decide(guest);
  shutdown(guest->socket, SHUT_RDWR); /* the library sees it end, and closes it */
}

/* The list begins with the newest. */
static struct http_guest *find_oldest_undecided(const struct stance_http *http,
                                                const struct http_door *door)
{
  struct http_guest *oldest = NULL;
  for (struct http_guest *guest = http->guests; guest != NULL; guest = guest->next)
    if (guest->door == door && !guest->decided)
      oldest = guest;
  return oldest;
}

/* The places are free after the library's next run. */
static void make_room(const struct stance_http *http, struct http_door *door)
{
  const int64_t now_ns = http_now_ns();
  struct http_guest *oldest = find_oldest_undecided(http, door);
  for (int k = 0; k < ROUND_MAX && oldest != NULL; k++) {
    const int64_t end_ns = oldest->since_ns + GRACE_MS * INT64_C(1000000);
    if (now_ns < end_ns) {
      if (k == 0)
        door->paused_until_ns = end_ns;
      return;
    }
    http_guest_cut(oldest);
    oldest = find_oldest_undecided(http, door);
  }
}

static int let_in(const struct stance_http *http, const struct http_door *door,
                  struct sockaddr_storage *ret_address, socklen_t *ret_size)
{
  *ret_size = sizeof *ret_address;
  if (door == &http->door[HTTP_PORT])
    return accept4(door->listening, (struct sockaddr *)ret_address, ret_size,
                   SOCK_CLOEXEC | SOCK_NONBLOCK);
  const struct sockaddr_un nobody = {.sun_family = AF_UNIX}; /* a client's end has no name */
  memcpy(ret_address, &nobody, sizeof nobody);
  *ret_size = sizeof nobody.sun_family;
  return stance_daemon_socket_accept(http->options.socket);
}

void http_door_welcome(struct stance_http *http, struct http_door *door)
{
  struct sockaddr_storage address;
  socklen_t size;
  if (!has_room(door))
    make_room(http, door);
  for (int k = 0; k < ROUND_MAX && has_room(door); k++) {
    const int client = let_in(http, door, &address, &size);
    if (client < 0 && (errno == EINTR || errno == ECONNABORTED))
      continue;
    if (client < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return;
    /* The library closes what it does not take. Without a descriptor, or memory, whoever waits at
       the door would wake us again at once. */
    if (client < 0 || MHD_add_connection(http->daemon, client, (const struct sockaddr *)&address,
                                         size) != MHD_YES) {
      door->paused_until_ns = http_now_ns() + PAUSE_MS * INT64_C(1000000);
      return;
    }
  }
}

enum stance_status http_door_open_port(struct stance_http *http, struct stance_problem *problem)
{
  struct sockaddr_in loopback = {.sin_family = AF_INET,
                                 .sin_port = htons(http->options.port),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof loopback;
  const int yes = 1; /* a station that starts again finds its port, whoever was there before */
  struct http_door *door = &http->door[HTTP_PORT];
  door->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (door->listening < 0 ||
      setsockopt(door->listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(door->listening, (const struct sockaddr *)&loopback, sizeof loopback) != 0 ||
      listen(door->listening, SOMAXCONN) != 0 ||
      getsockname(door->listening, (struct sockaddr *)&loopback, &size) != 0)
    return stance_problem_set(problem, STANCE_USAGE,
                              "port %u cannot be opened: %s; another station may be running, or "
                              "choose another with --port",
                              (unsigned)http->options.port, strerror(errno));
  http->port = ntohs(loopback.sin_port);
  return STANCE_OK;
}
