/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door of the station's page over real sockets: who gets in, for what. */
#include "support/http_door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void the_page_is_open_and_the_rest_is_not(void **state)
{
  (void)state;
  assert_int_equal(door_ask("GET", "/", door_with(""), ""), 200);
  assert_non_null(strstr(door_heard, "<html>"));
  assert_non_null(strstr(door_heard, "Content-Security-Policy: default-src 'self'"));
  assert_non_null(strstr(door_heard, "X-Content-Type-Options: nosniff"));
  assert_int_equal(door_ask("GET", "/", door_with("If-None-Match: \"abc\"\r\n"), ""), 304);
  assert_int_equal(door_ask("GET", "/", door_with("If-None-Match: \"abd\"\r\n"), ""), 200);
  assert_int_equal(door_ask("GET", "/%00", door_with(""), ""), 401);
  assert_int_equal(door_ask("GET", "/api/v1/state", door_with(""), ""), 401);
  assert_non_null(strstr(door_heard, "{\"error\":\"no_token\",\"detail\":"));
  assert_int_equal(door_ask("GET", "/api/v1/state", door_with(BEARER), ""), 200);
  assert_non_null(strstr(door_heard, "GET /api/v1/state 0 -"));
  assert_non_null(strstr(door_heard, "Cache-Control: no-store"));
  assert_int_equal(door_ask("POST", "/", door_with(BEARER), ""), 405);
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
    assert_int_equal(door_ask("POST", "/api/v1/tests", door_with(wrong[k]), "{}"), 401);
  assert_int_equal(
      door_ask("GET", "/api/v1/state?token=0123456789abcdef0123456789abcdef", door_with(""), ""),
      401);
  assert_int_equal(atomic_load(&door_handled), 0);
}

/* A page that rebinds its own name to this machine, and one that simply asks from elsewhere. */
static void foreign_hosts_and_origins_are_refused(void **state)
{
  char own[128];
  (void)state;
  assert_int_equal(door_ask("GET", "/", "Host: evil.example\r\n" BEARER, ""), 403);
  assert_int_equal(door_ask("GET", "/api/v1/state", "Host: 127.0.0.1\r\n" BEARER, ""), 403);
  assert_int_equal(door_ask("GET", "/api/v1/state", "Host: 127.0.0.1:1\r\n" BEARER, ""), 403);
  assert_int_equal(door_ask("GET", "/api/v1/state", door_with("Host: evil.example\r\n" BEARER), ""),
                   403);
  assert_int_equal(door_ask("GET", "/", door_with("Origin: http://evil.example\r\n" BEARER), ""),
                   403);
  assert_int_equal(door_ask("POST", "/api/v1/tests", door_with("Origin: null\r\n" BEARER), "{}"),
                   403);
  assert_int_equal(
      door_ask("OPTIONS", "/api/v1/tests", door_with("Origin: http://evil.example\r\n"), ""), 403);
  assert_null(strstr(door_heard, "Access-Control"));
  snprintf(own, sizeof own, "Origin: http://localhost:%u\r\n" BEARER,
           (unsigned)stance_http_port(door));
  assert_int_equal(atomic_load(&door_handled), 0);
  assert_int_equal(door_ask("POST", "/api/v1/tests", door_with(own), "{}"), 200);
}

static void a_body_arrives_whole_and_a_giant_is_refused(void **state)
{
  static char giant[4 * STANCE_HTTP_BODY_MAX];
  char head[512];
  (void)state;
  assert_int_equal(
      door_ask("POST", "/x?name=a%20b", door_with(BEARER), "{\"protocol\":\"nordic\"}"), 200);
  assert_non_null(strstr(door_heard, "POST /x 21 a b"));
  memset(giant, 'x', sizeof giant);
  int client = door_dial();
  int length = snprintf(head, sizeof head, "POST /x HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n",
                        door_with(BEARER), sizeof giant);
  door_say(client, head, (size_t)length);
  door_say(client, giant, sizeof giant);
  door_hear(client, door_heard, sizeof door_heard, "too_long");
  close(client);
  assert_non_null(strstr(door_heard, "HTTP/1.1 413"));
  assert_int_equal(atomic_load(&door_handled), 1);
}
static void events_come_as_they_happen(void **state)
{
  (void)state;
  stance_event_hub_publish(door_hub, "state", "{\"state\":\"rest\"}", true);
  int client = door_listen("data: {\"state\":\"rest\"}\n\n");
  assert_non_null(strstr(door_heard, "Content-Type: text/event-stream"));
  assert_non_null(strstr(door_heard, "event: state\nid: 1\ndata: {\"state\":\"rest\"}\n\n"));
  stance_event_hub_publish(door_hub, "live", "{\"left\":[1,2]}", false);
  door_hear(client, door_heard, sizeof door_heard, "left");
  assert_non_null(strstr(door_heard, "event: live\nid: 2\ndata: {\"left\":[1,2]}"));
  close(client);
}

/* What the chunks of an answer hold (RFC 9112, section 7.1), from the beginning of one on; they end
   wherever the sender had to. */
static void join_chunks(char *text)
{
  char *to = text, *from = text;
  const char *end = text + strlen(text);
  for (;;) {
    size_t length = strtoul(from, &from, 16);
    from += 2;
    if (length == 0 || from >= end)
      break;
    length = length < (size_t)(end - from) ? length : (size_t)(end - from);
    memmove(to, from, length);
    to += length;
    from += length;
  }
  *to = '\0';
}

/* A result of many repetitions has hundreds of kilobytes; the reader beside it gets every byte too,
   and what comes after it is not lost. */
static void a_long_event_arrives_whole(void **state)
{
  enum { LENGTH = 100000 };
  static char text[LENGTH + 16];
  size_t count = 0;
  (void)state;
  memset(text, 'y', LENGTH);
  text[0] = '"';
  memcpy(text + LENGTH, "z\"", 3);
  int client = door_listen(":\n\n");
  stance_event_hub_publish(door_hub, "result", text, false);
  stance_event_hub_publish(door_hub, "state", "{\"after\":true}", true);
  door_hear(client, door_heard, sizeof door_heard, "after");
  join_chunks(door_heard);
  for (const char *c = door_heard; *c != '\0'; c++)
    count += *c == 'y' ? 1 : 0;
  assert_int_equal(count, LENGTH - 1);
  assert_non_null(strstr(door_heard, "event: result\nid: 1\ndata: \"yyy"));
  assert_non_null(strstr(door_heard, "z\"\n\nevent: state\nid: 2\n"));
  close(client);
}
static void a_taken_port_is_named(void **state)
{
  struct stance_problem problem = {""};
  struct stance_http *second = NULL;
  const struct stance_http_options options = {
      .port = stance_http_port(door), .token = "", .events_path = "/e", .hub = door_hub};
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
  const struct CMUnitTest tests[] = {
      SERVED(the_page_is_open_and_the_rest_is_not),
      SERVED(wrong_tokens_are_refused),
      SERVED(foreign_hosts_and_origins_are_refused),
      SERVED(a_body_arrives_whole_and_a_giant_is_refused),
      SERVED(events_come_as_they_happen),
      SERVED(a_long_event_arrives_whole),
      SERVED(a_taken_port_is_named),
      cmocka_unit_test(tokens_are_long_and_never_the_same),
  };
  signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
