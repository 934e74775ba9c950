/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char token[] = "0123456789abcdef0123456789abcdef";
static const struct stance_http_file files[] = {
    {"/", "text/html", "\"abc\"", (const unsigned char *)"<html>", 6}, {0}};
struct stance_event_hub *door_hub;
struct stance_http *door;
atomic_uint door_handled;
atomic_bool door_may_go_on; /* "/slow" is answered no sooner */
static struct stance_daemon_socket *private;
static bool comes_by_socket;
static char runtime[64];

/* Answers with what it was asked. */
static void handle(void *context, const struct stance_http_request *request,
                   struct stance_http_reply *reply)
{
  char text[512];
  const char *name = stance_http_argument(request, "name");
  (void)context;
  atomic_fetch_add(&door_handled, 1);
  if (strcmp(request->path, "/slow") == 0 || strcmp(request->path, "/ordinary") == 0)
    while (!atomic_load(&door_may_go_on))
      usleep(1000);
  snprintf(text, sizeof text, "%s %s %zu %s", request->method, request->path, request->body_length,
           name == NULL ? "-" : name);
  reply->body = strdup(text);
  reply->length = strlen(text);
}

static enum stance_http_pace pace(const struct stance_http_request *request)
{
  return strcmp(request->path, "/slow") == 0           ? STANCE_HTTP_SLOW
         : strcmp(request->path, "/api/v1/state") == 0 ? STANCE_HTTP_URGENT
                                                       : STANCE_HTTP_ORDINARY;
}

int door_open_again(void)
{
  const struct stance_http_options options = {
      .token = token, .files = files, .events_path = "/api/v1/events", .handle = handle};
  struct stance_http_options with_hub = options;
  atomic_store(&door_handled, 0);
  atomic_store(&door_may_go_on, false);
  if (stance_event_hub_create(&door_hub) != STANCE_OK)
    return -1;
  with_hub.hub = door_hub;
  with_hub.pace = pace;
  with_hub.socket = private;
  return stance_http_start(&with_hub, &door, NULL) == STANCE_OK ? 0 : -1;
}

int door_open(void **state)
{
  (void)state;
  comes_by_socket = false;
  return door_open_again();
}

int door_open_private(void **state)
{
  (void)state;
  comes_by_socket = true;
  snprintf(runtime, sizeof runtime, "/tmp/stance-door-XXXXXX");
  if (mkdtemp(runtime) == NULL || setenv("XDG_RUNTIME_DIR", runtime, 1) != 0)
    return -1;
  return stance_daemon_socket_open(&private, NULL) == STANCE_OK ? door_open_again() : -1;
}

int door_close(void **state)
{
  (void)state;
  atomic_store(&door_may_go_on, true); /* a test may have failed before it said so */
  stance_event_hub_close(door_hub);
  stance_http_stop(door);
  stance_event_hub_destroy(door_hub);
  stance_daemon_socket_close(private);
  private = NULL;
  if (comes_by_socket) {
    char inner[128];
    snprintf(inner, sizeof inner, "%s/stance", runtime);
    rmdir(inner);
    rmdir(runtime);
  }
  return 0;
}

static int dial_socket(void)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_true(client >= 0);
  strcpy(address.sun_path, stance_daemon_socket_path(private));
  assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
  return client;
}

int door_dial_port(void)
{
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons(stance_http_port(door)),
                                      .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int client = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(client >= 0);
  assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
  return client;
}

int door_dial(void)
{
  return comes_by_socket ? dial_socket() : door_dial_port();
}

void door_say(int client, const char *bytes, size_t count)
{
  for (size_t done = 0; done < count;) {
    ssize_t part = send(client, bytes + done, count - done, MSG_NOSIGNAL);
    if (part <= 0)
      return; /* it was cut off: the answer, if any, tells why */
    done += (size_t)part;
  }
}

/* What comes until the other side closes, `until` is seen, or nothing came for two seconds. */
size_t door_hear(int client, char *text, size_t size, const char *until)
{
  size_t length = 0;
  struct pollfd ready = {.fd = client, .events = POLLIN};
  text[0] = '\0';
  while (length + 1 < size && poll(&ready, 1, 2000) > 0) {
    ssize_t part = recv(client, text + length, size - 1 - length, 0);
    if (part <= 0)
      break;
    length += (size_t)part;
    text[length] = '\0';
    if (until != NULL && strstr(text, until) != NULL)
      break;
  }
  return length;
}

char door_heard[1 << 17];

/* Status of one request; `%s` in `headers` has been filled by the caller. */
int door_ask(const char *method, const char *path, const char *headers, const char *body)
{
  char request[4096];
  int client = door_dial(), status = 0;
  int length = snprintf(request, sizeof request,
                        "%s %s HTTP/1.1\r\n%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                        method, path, headers, strlen(body), body);
  door_say(client, request, (size_t)length);
  door_hear(client, door_heard, sizeof door_heard, NULL);
  close(client);
  sscanf(door_heard, "HTTP/1.1 %d", &status);
  return status;
}

/* Host as it is right, and whatever else. */
const char *door_with(const char *more)
{
  static char headers[1024];
  snprintf(headers, sizeof headers, "Host: 127.0.0.1:%u\r\n%s", (unsigned)stance_http_port(door),
           more);
  return headers;
}

/* A reader of events; what it has been sent until `until` stands in `heard`. */
int door_listen(const char *until)
{
  char request[512];
  int client = door_dial();
  int length =
      snprintf(request, sizeof request, "GET /api/v1/events HTTP/1.1\r\n%s\r\n", door_with(BEARER));
  door_say(client, request, (size_t)length);
  door_hear(client, door_heard, sizeof door_heard, until);
  return client;
}
