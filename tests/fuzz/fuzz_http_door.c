/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection at the door, from its first byte on: what comes in goes through libmicrohttpd and
   all checks of http_request.c. What gets past them has the token and this host's name in it, and
   is within the bounds that the handler may rely on; nothing stays behind when the client has gone.
 */
#include "http_private.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  PORT = 8642,
  ROUNDS_MAX = 10000, /* far more than 64 KiB of requests take */
};

static const char token[] = "0123456789abcdef0123456789abcdef";
static const struct stance_http_file files[] = {
    {"/", "text/html", "\"abc\"", (const unsigned char *)"<html>", 6}, {0}};

static struct stance_http http;
static const uint8_t *said; /* all that the client says */
static size_t said_size;

static void require(bool holds)
{
  if (!holds)
    abort();
}

static bool was_said(const char *text)
{
  const size_t length = strlen(text);
  for (size_t k = 0; k + length <= said_size; k++)
    if (strncasecmp((const char *)said + k, text, length) == 0)
      return true;
  return false;
}

static void require_right(void)
{
  require(was_said(token));
  require(was_said("127.0.0.1:8642") || was_said("localhost:8642"));
}

static void handle(void *context, const struct stance_http_request *request,
                   struct stance_http_reply *reply)
{
  (void)context;
  require_right();
  require(request->path != NULL && request->method[0] != '\0');
  require(request->body_length <= STANCE_HTTP_BODY_MAX);
  require((request->body == NULL) == (request->body_length == 0));
  require(request->body == NULL || request->body[request->body_length] == '\0');
  require(request->argument_count <= STANCE_HTTP_ARGUMENT_MAX);
  for (size_t k = 0; k < request->argument_count; k++)
    require(stance_http_argument(request, request->argument[k].name) == request->argument[k].value);
  reply->body = strdup(request->path);
  reply->length = strlen(request->path);
}

static void start(void)
{
  http.options = (struct stance_http_options){
      .token = token, .files = files, .events_path = "/api/v1/events", .handle = handle};
  memcpy(http.token, token, sizeof token);
  http.port = PORT;
  http.door[HTTP_PRIVATE] = (struct http_door){.places = 1, .undecided_max = 1, .reader_max = 1};
  pthread_mutex_init(&http.workers.lock, NULL);
  pthread_cond_init(&http.workers.news, NULL);
  http.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  require(http.bell >= 0 && stance_event_hub_create(&http.options.hub) == STANCE_OK);
  stance_event_hub_publish(http.options.hub, "state", "{\"api\":1}", true);
  require(http_start_library(&http, NULL) == STANCE_OK);
}

/* A worker's part. True where there was something to do. */
static bool work(void)
{
  struct http_queue *queue = &http.workers.queue[STANCE_HTTP_ORDINARY];
  struct http_intake *intake = queue->first;
  if (intake == NULL)
    return false;
  queue->first = intake->next;
  intake->reply = (struct stance_http_reply){.status = MHD_HTTP_OK};
  http.options.handle(NULL, &intake->request, &intake->reply);
  intake->next = http.workers.done;
  http.workers.done = intake;
  return true;
}

/* What the client is sent; the first of it is an answer, whatever he said. */
static bool hear(int client, bool *ret_heard)
{
  char bytes[4096];
  const ssize_t count = recv(client, bytes, sizeof bytes, 0);
  if (count <= 0)
    return false;
  require(*ret_heard || strncmp(bytes, "HTTP/1.", count < 7 ? (size_t)count : 7) == 0);
  *ret_heard = true;
  return true;
}

static void converse(int client)
{
  size_t sent = 0;
  bool heard = false, goes_on = true;
  for (int k = 0; goes_on && http.guests != NULL; k++) {
    require(k < ROUNDS_MAX);
    const ssize_t part = send(client, said + sent, said_size - sent, MSG_NOSIGNAL);
    sent += part > 0 ? (size_t)part : 0;
    MHD_run(http.daemon);
    if (http.guests != NULL && http.guests->stream != NULL)
      require_right();
    goes_on = work();
    http_look_after(&http);
    MHD_run(http.daemon);
    while (hear(client, &heard))
      goes_on = true;
    goes_on = goes_on || (part > 0 && sent < said_size);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct sockaddr_un nobody = {.sun_family = AF_UNIX};
  int ends[2];
  if (http.daemon == NULL)
    start();
  said = data;
  said_size = size;
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  require(MHD_add_connection(http.daemon, ends[0], (const struct sockaddr *)&nobody,
                             sizeof nobody.sun_family) == MHD_YES);
  converse(ends[1]);
  close(ends[1]);
  for (int k = 0; http.guests != NULL; k++) {
    require(k < 100);
    http.beat_ns = http.looked_ns = 0; /* as if the time for it had come */
    http_look_after(&http);
    MHD_run(http.daemon);
    work();
  }
  const struct http_door *door = &http.door[HTTP_PRIVATE];
  require(door->count == 0 && door->undecided == 0 && door->readers == 0);
  require(stance_event_hub_onlookers(http.options.hub) == 0);
  return 0;
}
