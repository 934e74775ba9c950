/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door of the station's page over real sockets: who gets in, what is bounded, what a hostile
   page or client comes up against. */
#include "http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char token[] = "0123456789abcdef0123456789abcdef";
static const struct stance_http_file files[] = {
    {"/", "text/html", (const unsigned char *)"<html>", 6}, {0}};
static struct stance_event_hub *hub;
static struct stance_http *http;
static atomic_uint handled;

/* Answers with what it was asked. */
static void handle(void *context, const struct stance_http_request *request,
                   struct stance_http_reply *reply)
{
  char text[512];
  const char *name = request->query(request, "name");
  (void)context;
  atomic_fetch_add(&handled, 1);
  snprintf(text, sizeof text, "%s %s %zu %s", request->method, request->path, request->body_length,
           name == NULL ? "-" : name);
  reply->body = strdup(text);
  reply->length = strlen(text);
}

static int start(void **state)
{
  const struct stance_http_options options = {
      .token = token, .files = files, .events_path = "/api/v1/events", .handle = handle};
  struct stance_http_options with_hub = options;
  (void)state;
  atomic_store(&handled, 0);
  if (stance_event_hub_create(&hub) != STANCE_OK)
    return -1;
  with_hub.hub = hub;
  return stance_http_start(&with_hub, &http, NULL) == STANCE_OK ? 0 : -1;
}

static int stop(void **state)
{
  (void)state;
  stance_event_hub_close(hub);
  stance_http_stop(http);
  stance_event_hub_destroy(hub);
  return 0;
}

static int dial(void)
{
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons(stance_http_port(http)),
                                      .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int client = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(client >= 0);
  assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
  return client;
}

static void say(int client, const char *bytes, size_t count)
{
  for (size_t done = 0; done < count;) {
    ssize_t part = send(client, bytes + done, count - done, MSG_NOSIGNAL);
    if (part <= 0)
      return; /* it was cut off: the answer, if any, tells why */
    done += (size_t)part;
  }
}

/* What comes until the other side closes, `until` is seen, or nothing came for two seconds. */
static size_t hear(int client, char *text, size_t size, const char *until)
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

static char heard[1 << 17];

/* Status of one request; `%s` in `headers` has been filled by the caller. */
static int ask(const char *method, const char *path, const char *headers, const char *body)
{
  char request[4096];
  int client = dial(), status = 0;
  int length = snprintf(request, sizeof request,
                        "%s %s HTTP/1.1\r\n%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                        method, path, headers, strlen(body), body);
  say(client, request, (size_t)length);
  hear(client, heard, sizeof heard, NULL);
  close(client);
  sscanf(heard, "HTTP/1.1 %d", &status);
  return status;
}

/* Host as it is right, and whatever else. */
static const char *with(const char *more)
{
  static char headers[1024];
  snprintf(headers, sizeof headers, "Host: 127.0.0.1:%u\r\n%s", (unsigned)stance_http_port(http),
           more);
  return headers;
}
#define BEARER "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"

static void the_page_is_open_and_the_rest_is_not(void **state)
{
  (void)state;
  assert_int_equal(ask("GET", "/", with(""), ""), 200);
  assert_non_null(strstr(heard, "<html>"));
  assert_non_null(strstr(heard, "Content-Security-Policy: default-src 'none'"));
  assert_non_null(strstr(heard, "X-Content-Type-Options: nosniff"));
  assert_int_equal(ask("GET", "/api/v1/state", with(""), ""), 401);
  assert_non_null(strstr(heard, "{\"error\":\"no_token\",\"detail\":"));
  assert_int_equal(ask("GET", "/api/v1/state", with(BEARER), ""), 200);
  assert_non_null(strstr(heard, "GET /api/v1/state 0 -"));
  assert_int_equal(ask("POST", "/", with(BEARER), ""), 405);
}

static void wrong_tokens_are_refused(void **state)
{
  const char *const wrong[] = {
      "Authorization: Bearer \r\n",
      "Authorization: Bearer 0123456789abcdef0123456789abcdee\r\n",
      "Authorization: Bearer 0123456789abcdef0123456789abcde\r\n",
      "Authorization: Bearer 0123456789abcdef0123456789abcdef0\r\n",
      "Authorization: Basic 0123456789abcdef0123456789abcdef\r\n",
      "Authorization: 0123456789abcdef0123456789abcdef\r\n",
      "Cookie: token=0123456789abcdef0123456789abcdef\r\n",
  };
  (void)state;
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
    assert_int_equal(ask("POST", "/api/v1/tests", with(wrong[k]), "{}"), 401);
  assert_int_equal(ask("GET", "/api/v1/state?token=0123456789abcdef0123456789abcdef", with(""), ""),
                   401);
  assert_int_equal(atomic_load(&handled), 0);
}

/* A page that rebinds its own name to this machine, and one that simply asks from elsewhere. */
static void foreign_hosts_and_origins_are_refused(void **state)
{
  char own[128];
  (void)state;
  assert_int_equal(ask("GET", "/", "Host: evil.example\r\n" BEARER, ""), 403);
  assert_int_equal(ask("GET", "/api/v1/state", "Host: 127.0.0.1\r\n" BEARER, ""), 403);
  assert_int_equal(ask("GET", "/api/v1/state", "Host: 127.0.0.1:1\r\n" BEARER, ""), 403);
  assert_int_equal(ask("GET", "/", with("Origin: http://evil.example\r\n" BEARER), ""), 403);
  assert_int_equal(ask("POST", "/api/v1/tests", with("Origin: null\r\n" BEARER), "{}"), 403);
  assert_int_equal(ask("OPTIONS", "/api/v1/tests", with("Origin: http://evil.example\r\n"), ""),
                   403);
  assert_null(strstr(heard, "Access-Control"));
  snprintf(own, sizeof own, "Origin: http://localhost:%u\r\n" BEARER,
           (unsigned)stance_http_port(http));
  assert_int_equal(atomic_load(&handled), 0);
  assert_int_equal(ask("POST", "/api/v1/tests", with(own), "{}"), 200);
}

static void a_body_arrives_whole_and_a_giant_is_refused(void **state)
{
  static char giant[4 * STANCE_HTTP_BODY_MAX];
  char head[512];
  (void)state;
  assert_int_equal(ask("POST", "/x?name=a%20b", with(BEARER), "{\"protocol\":\"nordic\"}"), 200);
  assert_non_null(strstr(heard, "POST /x 21 a b"));
  memset(giant, 'x', sizeof giant);
  int client = dial();
  int length = snprintf(head, sizeof head, "POST /x HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n",
                        with(BEARER), sizeof giant);
  say(client, head, (size_t)length);
  say(client, giant, sizeof giant);
  hear(client, heard, sizeof heard, "too_long");
  close(client);
  assert_non_null(strstr(heard, "HTTP/1.1 413"));
  assert_int_equal(atomic_load(&handled), 1);
}

static void events_come_as_they_happen(void **state)
{
  char request[512];
  (void)state;
  stance_event_hub_publish(hub, "state", "{\"state\":\"rest\"}", true);
  int client = dial();
  int length =
      snprintf(request, sizeof request, "GET /api/v1/events HTTP/1.1\r\n%s\r\n", with(BEARER));
  say(client, request, (size_t)length);
  hear(client, heard, sizeof heard, "data: {\"state\":\"rest\"}");
  assert_non_null(strstr(heard, "Content-Type: text/event-stream"));
  assert_non_null(strstr(heard, "event: state\ndata: {\"state\":\"rest\"}\n\n"));
  stance_event_hub_publish(hub, "live", "{\"left\":[1,2]}", false);
  hear(client, heard, sizeof heard, "left");
  assert_non_null(strstr(heard, "event: live\ndata: {\"left\":[1,2]}"));
  close(client);
}

/* Nothing of it may hang or crash, and the next honest one is served. */
static void garbage_and_slow_clients_do_no_harm(void **state)
{
  enum { SLOW = 40 };
  int slow[SLOW];
  unsigned seed = 1;
  (void)state;
  for (int k = 0; k < SLOW; k++) {
    slow[k] = dial();
    say(slow[k], "GET /api/v1/st", 14);
  }
  for (int k = 0; k < 200; k++) {
    char garbage[600];
    for (size_t j = 0; j < sizeof garbage; j++)
      garbage[j] = (char)((seed = seed * 1103515245u + 12345u) >> 16);
    int client = dial();
    if (k % 2 == 0)
      memcpy(garbage, "POST /x HTTP/1.1\r\nHost: ", 24);
    say(client, garbage, sizeof garbage);
    close(client);
  }
  assert_int_equal(ask("GET", "/api/v1/state", with(BEARER), ""), 200);
  for (int k = 0; k < SLOW; k++)
    close(slow[k]);
}

static void a_thousand_connections_are_survived(void **state)
{
  enum { MANY = 1000 };
  static int many[MANY];
  (void)state;
  for (int k = 0; k < MANY; k++)
    many[k] = dial();
  for (int k = 0; k < MANY; k++)
    close(many[k]);
  int status = 0;
  for (int k = 0; k < 50 && status != 200; k++) {
    status = ask("GET", "/", with(""), "");
    usleep(20000);
  }
  assert_int_equal(status, 200);
}

static void a_taken_port_is_named(void **state)
{
  struct stance_problem problem = {""};
  struct stance_http *second = NULL;
  const struct stance_http_options options = {.port = stance_http_port(http),
                                              .token = token,
                                              .events_path = "/e",
                                              .hub = hub,
                                              .handle = handle};
  (void)state;
  assert_int_equal(stance_http_start(&options, &second, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "--port"));
}

static void tokens_are_long_and_never_the_same(void **state)
{
  char one[STANCE_HTTP_TOKEN_SIZE], two[STANCE_HTTP_TOKEN_SIZE];
  (void)state;
  assert_int_equal(stance_http_new_token(one, NULL), STANCE_OK);
  assert_int_equal(stance_http_new_token(two, NULL), STANCE_OK);
  assert_int_equal(strspn(one, "0123456789abcdef"), STANCE_HTTP_TOKEN_SIZE - 1);
  assert_string_not_equal(one, two);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)
  const struct CMUnitTest tests[] = {
      SERVED(the_page_is_open_and_the_rest_is_not),
      SERVED(wrong_tokens_are_refused),
      SERVED(foreign_hosts_and_origins_are_refused),
      SERVED(a_body_arrives_whole_and_a_giant_is_refused),
      SERVED(events_come_as_they_happen),
      SERVED(garbage_and_slow_clients_do_no_harm),
      SERVED(a_thousand_connections_are_survived),
      SERVED(a_taken_port_is_named),
      cmocka_unit_test(tokens_are_long_and_never_the_same),
  };
  signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
