/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door of the station's page against slow, malformed and too many clients. With STANCE_FULL=1
   10,000 hostile ones. */
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

/* One that reads nothing, beside one that does: he is told how much he lost, later. */
static void a_slow_reader_holds_nobody(void **state)
{
  static char text[8192];
  (void)state;
  int slow = door_listen(":\n\n"), fast = door_listen(":\n\n");
  memset(text, '1', sizeof text - 1);
  for (int k = 0; k < 3000; k++) { /* 24 MB: more than sockets and backlog hold */
    stance_event_hub_publish(door_hub, "live", text, false);
    if (k % 100 == 0)
      door_hear(fast, door_heard, sizeof door_heard, "11\n\n");
  }
  stance_event_hub_publish(door_hub, "state", "{\"last\":true}", true);
  size_t length = 0;
  for (int k = 0; k < 2000 && strstr(door_heard, "{\"last\":true}") == NULL; k++)
    length += door_hear(fast, door_heard, sizeof door_heard, "{\"last\":true}");
  assert_non_null(strstr(door_heard, "{\"last\":true}"));
  assert_int_equal(door_ask("GET", "/api/v1/state", door_with(BEARER), ""), 200);
  bool missed = false;
  door_heard[0] = '\0';
  for (int k = 0; k < 2000 && strstr(door_heard, "{\"last\":true}") == NULL; k++) {
    door_hear(slow, door_heard, sizeof door_heard, "{\"last\":true}");
    missed |= strstr(door_heard, "event: missed\ndata: {\"count\":") != NULL;
  }
  assert_true(missed && length > 0);
  close(slow);
  close(fast);
}
static void slow_answers_hold_no_event(void **state)
{
  enum { SLOW = 20 }; /* more than there are workers */
  int slow[SLOW];
  char request[512];
  (void)state;
  int reader = door_listen(":\n\n");
  int length = snprintf(request, sizeof request, "GET /slow HTTP/1.1\r\n%s\r\n", door_with(BEARER));
  for (int k = 0; k < SLOW; k++) {
    slow[k] = door_dial();
    door_say(slow[k], request, (size_t)length);
  }
  stance_event_hub_publish(door_hub, "live", "{\"x\":7}", false);
  door_hear(reader, door_heard, sizeof door_heard, "{\"x\":7}");
  assert_non_null(strstr(door_heard, "{\"x\":7}"));
  close(slow[0]); /* one gives up while we compute */
  atomic_store(&door_may_go_on, true);
  for (int k = 1; k < SLOW; k++) {
    door_hear(slow[k], door_heard, sizeof door_heard, "GET /slow");
    assert_non_null(strstr(door_heard, "HTTP/1.1 200"));
    close(slow[k]);
  }
  close(reader);
}
static unsigned next_random(unsigned *seed)
{
  return (*seed = *seed * 1103515245u + 12345u) >> 16;
}

/* One hostile client of kind `k`; returns its socket where it stays open, -1 else. */
static int be_hostile(int k, unsigned *seed)
{
  static const char *const starts[] = {
      "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n", /* no Host */
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
      "GET /?a=%zz&%00=b&=&& HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHo",
      "POST /x HTTP/1.1\r\nHost: ",
      "\r\n\r\n \r\n",
      "GET",
      "",
  };
  enum { START_COUNT = sizeof starts / sizeof *starts };
  char bytes[40000];
  const char *door_open = starts[k % START_COUNT];
  size_t length = strlen(door_open), garbage = 0;
  memcpy(bytes, door_open, length);
  if (k / START_COUNT % 2 == 1) /* up to more than a connection's memory */
    garbage = k % 7 == 0 ? sizeof bytes - length : next_random(seed) % 600;
  for (size_t j = 0; j < garbage; j++)
    bytes[length++] = (char)next_random(seed);
  int client = door_dial();
  door_say(client, bytes, length);
  switch (k / 3 % 5) {
  case 0: /* goes at once, without a word */
    setsockopt(client, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
               sizeof(struct linger));
    break;
  case 1:
    shutdown(client, SHUT_WR);
    return client;
  case 2:
    return client;
  default:
    break;
  }
  close(client);
  return -1;
}

static void be_hostile_often(int count)
{
  enum { OPEN_MAX = 60 }; /* of the connections that the door gives */
  int open[OPEN_MAX], open_count = 0;
  unsigned seed = 1;
  for (int k = 0; k < count; k++) {
    int client = be_hostile(k, &seed);
    if (client >= 0)
      open[open_count++] = client;
    for (; open_count == OPEN_MAX || (k + 1 == count && open_count > 0);)
      close(open[--open_count]);
  }
}

/* An honest client beside hostile ones gets a place when the time of one of them is up, after ten
   seconds at worst. */
static int ask_patiently(void)
{
  int status = 0;
  for (int k = 0; k < 10 && status != 200; k++)
    status = door_ask("GET", "/api/v1/state", door_with(BEARER), "");
  return status;
}

/* Nothing of it may hang or crash, and honest ones are served between. */
static void hostile_clients_do_no_harm(void **state)
{
  (void)state;
  int rounds = getenv("STANCE_FULL") != NULL ? 20 : 1;
  int reader = door_listen(":\n\n");
  for (int k = 0; k < rounds; k++) {
    be_hostile_often(500);
    assert_int_equal(ask_patiently(), 200);
    stance_event_hub_publish(door_hub, "live", "{\"x\":1}", false);
    door_hear(reader, door_heard, sizeof door_heard, "{\"x\":1}");
    assert_non_null(strstr(door_heard, "{\"x\":1}"));
  }
  close(reader);
}

/* The library's own threads crash here within a hundred rounds: what is malformed is answered while
   it stops. */
static void a_stop_under_fire_is_clean(void **state)
{
  (void)state;
  int rounds = getenv("STANCE_FULL") != NULL ? 500 : 25;
  for (int k = 0; k < rounds; k++) {
    int malformed[20];
    int reader = door_listen(":\n\n");
    for (int j = 0; j < 20; j++)
      door_say(malformed[j] = door_dial(), "GET / HTTP/9.9\r\n\r\n", 18);
    usleep((useconds_t)(k % 10) * 100);
    if (k % 2 == 0)
      stance_event_hub_close(door_hub);
    stance_http_stop(door);
    stance_event_hub_destroy(door_hub);
    for (int j = 0; j < 20; j++)
      close(malformed[j]);
    close(reader);
    assert_int_equal(door_open_again(), 0);
  }
}

/* A byte now and then keeps no connection: the whole request has ten seconds. */
static void slow_requests_are_cut_off(void **state)
{
  (void)state;
  if (getenv("STANCE_FULL") == NULL)
    skip(); /* it sleeps 12 s */
  int client = door_dial();
  int sent = 0;
  for (; sent < 24; sent++) {
    if (send(client, sent == 0 ? "G" : "x", 1, MSG_NOSIGNAL) != 1)
      break;
    usleep(500000);
  }
  assert_in_range(sent, 18, 23);
  close(client);
}

static void a_thousand_connections_are_survived(void **state)
{
  enum { MANY = 1000 };
  static int many[MANY];
  (void)state;
  for (int k = 0; k < MANY; k++)
    many[k] = door_dial();
  for (int k = 0; k < MANY; k++)
    close(many[k]);
  int status = 0;
  for (int k = 0; k < 50 && status != 200; k++) {
    status = door_ask("GET", "/", door_with(""), "");
    usleep(20000);
  }
  assert_int_equal(status, 200);
}
int main(void)
{
#define BY_PORT(test) cmocka_unit_test_setup_teardown(test, door_open, door_close)
  const struct CMUnitTest tests[] = {
      SERVED(a_slow_reader_holds_nobody), SERVED(slow_answers_hold_no_event),
      SERVED(hostile_clients_do_no_harm), SERVED(a_stop_under_fire_is_clean),
      SERVED(slow_requests_are_cut_off),  BY_PORT(a_thousand_connections_are_survived),
  };
  signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
