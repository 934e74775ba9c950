/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  IDLE_S = 10,          /* a client that does nothing, or sends its request slower, is cut off */
  CROWDED_S = 2,        /* the same without the token, while many of them hold places */
  MEMORY_BYTES = 32768, /* for a connection's headers and what is being sent */
  BEAT_S = 5,           /* between two signs of life to readers of events */
  LOOK_MS = 1000,       /* how late a deadline may be noticed */
  LOOK_CROWDED_MS = 100,
};

int64_t http_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void http_ring(const struct stance_http *http)
{
  const uint64_t one = 1;
  /* It fails only where the bell already rings. */
  ssize_t written = write(http->bell, &one, sizeof one);
  (void)written;
}

enum stance_status stance_http_new_token(char ret_token[STANCE_HTTP_TOKEN_SIZE],
                                         struct stance_problem *problem)
{
  unsigned char bytes[(STANCE_HTTP_TOKEN_SIZE - 1) / 2];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
    return stance_problem_set(problem, STANCE_STORE, "no random numbers for a token: %s",
                              strerror(errno));
  for (size_t k = 0; k < sizeof bytes; k++)
    snprintf(ret_token + 2 * k, 3, "%02x", bytes[k]);
  return STANCE_OK;
}

static void welcome(struct stance_http *http, struct MHD_Connection *connection, void **context)
{
  struct http_guest *guest = calloc(1, sizeof *guest);
  *context = guest;
  int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  const struct sockaddr *from =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
  if (guest == NULL) {
    shutdown(fd, SHUT_RDWR);
    return;
  }
  const int64_t now_ns = http_now_ns();
  *guest = (struct http_guest){
      .http = http,
      .connection = connection,
      .door = &http->door[from->sa_family == AF_UNIX ? HTTP_PRIVATE : HTTP_PORT],
      .socket = fd,
      .asking = true,
      .since_ns = now_ns,
      .deadline_ns = now_ns + IDLE_S * INT64_C(1000000000),
      .next = http->guests};
  if (guest->next != NULL)
    guest->next->previous = guest;
  http->guests = guest;
  guest->door->count++;
  guest->door->undecided++;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
  struct stance_http *http = context;
  struct http_guest *guest = *socket_context;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    welcome(http, connection, socket_context);
    return;
  }
  if (guest == NULL)
    return;
  if (guest->next != NULL)
    guest->next->previous = guest->previous;
  if (guest->previous != NULL)
    guest->previous->next = guest->next;
  else
    http->guests = guest->next;
  http_guest_decide(guest);
  guest->door->count--;
  free(guest);
  *socket_context = NULL;
}

static void resume(struct http_guest *guest)
{
  if (!guest->suspended)
    return;
  guest->suspended = false;
  MHD_resume_connection(guest->connection);
}

/* Of a door's pause; rounded up, so that it is over then. */
static unsigned rest_ms(const struct http_door *door, int64_t now_ns)
{
  return (unsigned)((door->paused_until_ns - now_ns) / 1000000) + 1;
}

/* Until something happens on a connection, the bell rings, or something is due. Tells at which
   doors somebody stands. */
static void wait_for_news(const struct stance_http *http, int epoll_fd,
                          bool ret_knocks[HTTP_DOOR_COUNT])
{
  enum { EPOLL, BELL, DOOR };
  const int64_t now_ns = http_now_ns();
  struct pollfd ready[DOOR + HTTP_DOOR_COUNT] = {{.fd = epoll_fd, .events = POLLIN},
                                                 {.fd = http->bell, .events = POLLIN}};
  MHD_UNSIGNED_LONG_LONG until_ms = 0, most_ms = LOOK_MS;
  for (size_t k = 0; k < HTTP_DOOR_COUNT; k++) {
    const struct http_door *door = &http->door[k];
    const int fd = http_door_listens(door, now_ns) ? door->listening : -1;
    ready[DOOR + k] = (struct pollfd){.fd = fd, .events = POLLIN};
    if (door->crowded)
      most_ms = most_ms < LOOK_CROWDED_MS ? most_ms : LOOK_CROWDED_MS;
    if (now_ns < door->paused_until_ns && most_ms > rest_ms(door, now_ns))
      most_ms = rest_ms(door, now_ns);
  }
  if (MHD_get_timeout(http->daemon, &until_ms) != MHD_YES || until_ms > most_ms)
    until_ms = most_ms;
  poll(ready, sizeof ready / sizeof *ready, (int)until_ms);
  uint64_t rung;
  ssize_t taken = (ready[BELL].revents & POLLIN) == 0 ? 0 : read(http->bell, &rung, sizeof rung);
  (void)taken; /* only that it rang counts */
  for (size_t k = 0; k < HTTP_DOOR_COUNT; k++)
    ret_knocks[k] = (ready[DOOR + k].revents & POLLIN) != 0;
}

/* The library does not see an end that came together with the last bytes (it takes a short read for
   an empty socket, and epoll tells an edge once). */
static bool has_gone(const struct http_guest *guest)
{
  char byte;
  return guest->asking && recv(guest->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool is_late(const struct http_guest *guest, int64_t now_ns)
{
  const bool hurries = guest->asking && !guest->decided && guest->door->crowded;
  const int64_t less_ns = hurries ? (IDLE_S - CROWDED_S) * INT64_C(1000000000) : 0;
  return guest->deadline_ns != 0 && now_ns > guest->deadline_ns - less_ns;
}

static bool is_due(int64_t now_ns, int64_t period_ms, int64_t *last_ns)
{
  const bool due = now_ns - *last_ns >= period_ms * INT64_C(1000000);
  if (due)
    *last_ns = now_ns;
  return due;
}

void http_look_after(struct stance_http *http)
{
  int64_t now_ns = http_now_ns();
  const bool beat = is_due(now_ns, BEAT_S * 1000, &http->beat_ns);
  const bool look = is_due(now_ns, LOOK_MS, &http->looked_ns);
  for (struct http_intake *done = http_workers_take_done(http), *next; done != NULL; done = next) {
    next = done->next;
    done->answered = true;
    resume(done->guest);
  }
  /* Before anybody goes: all who are late go then, not the youngest of them alone. */
  for (struct http_door *door = http->door; door < http->door + HTTP_DOOR_COUNT; door++)
    door->crowded = door->undecided >= door->undecided_max / 2;
  for (struct http_guest *guest = http->guests; guest != NULL; guest = guest->next) {
    if (guest->stream != NULL) {
      guest->stream->beat |= beat;
      resume(guest);
    }
    if (is_late(guest, now_ns) || (look && has_gone(guest)))
      http_guest_cut(guest);
  }
}

static bool is_stopping(struct stance_http *http)
{
  pthread_mutex_lock(&http->workers.lock);
  bool stopping = http->stopping;
  pthread_mutex_unlock(&http->workers.lock);
  return stopping;
}

static void *keep_the_door(void *context)
{
  struct stance_http *http = context;
  int epoll_fd = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  while (!is_stopping(http)) {
    bool knocks[HTTP_DOOR_COUNT];
    wait_for_news(http, epoll_fd, knocks);
    http_look_after(http);
    for (size_t k = 0; k < HTTP_DOOR_COUNT; k++)
      if (knocks[k])
        http_door_welcome(http, &http->door[k]);
    MHD_run(http->daemon);
  }
  return NULL;
}

static void be_silent(void *context, const char *format, va_list arguments)
{
  (void)context, (void)format, (void)arguments;
}

/* The library's own decoding ends a text at %00, and would make two paths of one. */
static size_t leave_as_it_is(void *context, struct MHD_Connection *connection, char *text)
{
  (void)context, (void)connection;
  return strlen(text);
}

enum stance_status http_start_library(struct stance_http *http, struct stance_problem *problem)
{
  errno = 0;
  http->daemon = MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
      http_on_request, http, MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL,
      MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned)(HTTP_PORT_PLACES + HTTP_PRIVATE_PLACES), MHD_OPTION_CONNECTION_TIMEOUT,
      (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
      MHD_OPTION_NOTIFY_COMPLETED, http_on_end, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
      http, MHD_OPTION_END);
  if (http->daemon == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "the page cannot be served: %s",
                              strerror(errno));
  const char *const names[] = {"127.0.0.1", "localhost"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    snprintf(http->host[k], HTTP_HOST_MAX, "%s:%u", names[k], (unsigned)http->port);
  return STANCE_OK;
}

static enum stance_status open_doors(struct stance_http *http, struct stance_problem *problem)
{
  enum stance_status status = http_door_open_port(http, problem);
  if (status != STANCE_OK)
    return status;
  if (http->options.socket != NULL)
    http->door[HTTP_PRIVATE].listening = stance_daemon_socket_descriptor(http->options.socket);
  return http_start_library(http, problem);
}

/* Signals are for the program's own thread. */
static enum stance_status start_threads(struct stance_http *http, struct stance_problem *problem)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  enum stance_status status = http_workers_start(http, problem);
  if (status == STANCE_OK && pthread_create(&http->porter, NULL, keep_the_door, http) != 0)
    status = stance_problem_set(problem, STANCE_MEMORY, "no thread for the page could be started");
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}

static void let_go(struct stance_http *http)
{
  pthread_cond_destroy(&http->workers.news);
  pthread_mutex_destroy(&http->workers.lock);
  if (http->door[HTTP_PORT].listening >= 0)
    close(http->door[HTTP_PORT].listening);
  if (http->bell >= 0)
    close(http->bell);
  free(http);
}

enum stance_status stance_http_start(const struct stance_http_options *options,
                                     struct stance_http **ret_http, struct stance_problem *problem)
{
  struct stance_http *http = calloc(1, sizeof *http);
  if (http == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  http->options = *options;
  http->door[HTTP_PORT] = (struct http_door){.listening = -1,
                                             .places = HTTP_PORT_PLACES,
                                             .undecided_max = HTTP_PORT_UNDECIDED,
                                             .reader_max = HTTP_PORT_READERS};
  http->door[HTTP_PRIVATE] = (struct http_door){.listening = -1,
                                                .places = HTTP_PRIVATE_PLACES,
                                                .undecided_max = HTTP_PRIVATE_UNDECIDED,
                                                .reader_max = HTTP_PRIVATE_READERS};
  snprintf(http->token, sizeof http->token, "%s", options->token);
  pthread_mutex_init(&http->workers.lock, NULL);
  pthread_cond_init(&http->workers.news, NULL);
  http->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  enum stance_status status =
      http->bell >= 0
          ? open_doors(http, problem)
          : stance_problem_set(problem, STANCE_MEMORY, "too many files are open for the page");
  if (status == STANCE_OK)
    status = start_threads(http, problem);
  if (status != STANCE_OK) {
    http_workers_stop(http);
    if (http->daemon != NULL)
      MHD_stop_daemon(http->daemon);
    let_go(http);
    return status;
  }
  stance_event_hub_set_bell(options->hub, http->bell);
  *ret_http = http;
  return STANCE_OK;
}

uint16_t stance_http_port(const struct stance_http *http)
{
  return http->port;
}

void stance_http_stop(struct stance_http *http)
{
  if (http == NULL)
    return;
  stance_event_hub_set_bell(http->options.hub, -1);
  pthread_mutex_lock(&http->workers.lock);
  http->stopping = true;
  pthread_mutex_unlock(&http->workers.lock);
  http_ring(http);
  pthread_join(http->porter, NULL);
  http_workers_stop(http);
  /* The library stops only what does not sleep. */
  for (struct http_guest *guest = http->guests; guest != NULL; guest = guest->next)
    resume(guest);
  MHD_stop_daemon(http->daemon);
  let_go(http);
}
