/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has the token finds a place at the door at any time, whatever others hold open. */
#include "support/http_door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  IDLE_COUNT = 460, /* more than there are places at either door */
  READER_MAX = 250,
};

static double now_s(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void open_idle(int idle[IDLE_COUNT], int (*dial)(void))
{
  for (int k = 0; k < IDLE_COUNT; k++)
    idle[k] = dial();
}

static void close_all(const int *sockets, int count)
{
  for (int k = 0; k < count; k++)
    close(sockets[k]);
}

static void expect_a_prompt_answer(void)
{
  const double begun_s = now_s(CLOCK_MONOTONIC);
  assert_int_equal(door_ask("GET", "/api/v1/state", door_with(BEARER), ""), 200);
  assert_true(now_s(CLOCK_MONOTONIC) - begun_s < 1);
}

/* They need no token for it, and can come again and again. */
static void idle_connections_keep_nobody_out(void **state)
{
  int idle[IDLE_COUNT];
  (void)state;
  int reader = door_listen(":\n\n");
  for (int round = 0; round < 3; round++) {
    open_idle(idle, round == 0 ? door_dial_port : door_dial);
    expect_a_prompt_answer();
    if (round < 2)
      close_all(idle, IDLE_COUNT);
  }
  stance_event_hub_publish(door_hub, "live", "{\"x\":1}", false);
  door_hear(reader, door_heard, sizeof door_heard, "{\"x\":1}");
  assert_non_null(strstr(door_heard, "{\"x\":1}"));
  close_all(idle, IDLE_COUNT);
  close(reader);
}

/* He has shown it, and takes his time with the rest. */
static void who_has_shown_the_token_keeps_his_place(void **state)
{
  int idle[IDLE_COUNT];
  char head[512];
  (void)state;
  int client = door_dial();
  int length = snprintf(head, sizeof head, "POST /x HTTP/1.1\r\n%sContent-Length: 5\r\n\r\nab",
                        door_with(BEARER));
  door_say(client, head, (size_t)length);
  open_idle(idle, door_dial);
  expect_a_prompt_answer();
  door_say(client, "cde", 3);
  door_hear(client, door_heard, sizeof door_heard, "POST /x");
  assert_non_null(strstr(door_heard, "POST /x 5 -"));
  close_all(idle, IDLE_COUNT);
  close(client);
}

/* In the crowd a connection without the token has two seconds, not ten. */
static void a_crowd_goes_soon(void **state)
{
  enum { CROWD = 120 };
  int crowd[CROWD], gone = 0;
  (void)state;
  for (int k = 0; k < CROWD; k++)
    crowd[k] = door_dial();
  char byte;
  struct pollfd oldest = {.fd = crowd[0], .events = POLLIN};
  assert_int_equal(poll(&oldest, 1, 4000), 1);
  usleep(200000);
  for (int k = 0; k < CROWD; k++)
    gone += recv(crowd[k], &byte, 1, MSG_DONTWAIT) == 0;
  assert_in_range(gone, 1, CROWD);
  expect_a_prompt_answer();
  close_all(crowd, CROWD);
}

/* Readers by `dial` until one is refused, who is told why. */
static int read_until_refused(int (*dial)(void), int readers[READER_MAX])
{
  char request[512];
  const int length =
      snprintf(request, sizeof request,
               "GET /api/v1/events HTTP/1.1\r\n%sConnection: close\r\n\r\n", door_with(BEARER));
  for (int count = 0; count < READER_MAX; count++) {
    const int client = dial();
    door_say(client, request, (size_t)length);
    door_hear(client, door_heard, sizeof door_heard, "\n\n");
    if (strstr(door_heard, "HTTP/1.1 503") != NULL) {
      assert_non_null(strstr(door_heard, "\"too_many_onlookers\",\"detail\":\"too many pages"));
      close(client);
      return count;
    }
    assert_non_null(strstr(door_heard, "HTTP/1.1 200"));
    readers[count] = client;
  }
  fail_msg("nobody is refused");
  return 0;
}

/* As many as HTTP_API.md says; the port's leave those of the socket alone, and who asks. */
static void one_reader_too_many_is_told_so(void **state)
{
  int by_port[READER_MAX] = {0}, by_socket[READER_MAX] = {0};
  (void)state;
  assert_int_equal(read_until_refused(door_dial_port, by_port), 192);
  const int private = read_until_refused(door_dial, by_socket);
  assert_int_equal(private, 32);
  expect_a_prompt_answer();
  stance_event_hub_publish(door_hub, "live", "{\"x\":1}", false);
  for (int k = 0; k < 192 + private; k++) {
    const int reader = k < 192 ? by_port[k] : by_socket[k - 192];
    door_hear(reader, door_heard, sizeof door_heard, "{\"x\":1}");
    assert_non_null(strstr(door_heard, "{\"x\":1}"));
  }
  close_all(by_port, 192);
  close_all(by_socket, private);
}

static void nothing_waits_for_what_is_slower(void **state)
{
  enum { EACH = 20 }; /* more than there are workers */
  const char *const path[] = {"/slow", "/ordinary"};
  int waiting[2 * EACH], count = 0;
  char request[512];
  (void)state;
  for (int k = 0; k < 2; k++) {
    const int length =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s\r\n", path[k], door_with(BEARER));
    if (k == 1)
      assert_int_equal(door_ask("GET", "/other", door_with(BEARER), ""), 200);
    for (int j = 0; j < EACH; j++)
      door_say(waiting[count++] = door_dial(), request, (size_t)length);
    expect_a_prompt_answer();
  }
  atomic_store(&door_may_go_on, true);
  for (int k = 0; k < count; k++) {
    door_hear(waiting[k], door_heard, sizeof door_heard, path[k / EACH]);
    assert_non_null(strstr(door_heard, path[k / EACH]));
  }
  close_all(waiting, count);
}

/* Somebody stands at the door and cannot be let in: that must not cost a processor. */
static void without_descriptors_it_waits_at_rest(void **state)
{
  struct rlimit before, none;
  char byte;
  (void)state;
  expect_a_prompt_answer();
  int client = socket(AF_UNIX, SOCK_STREAM, 0); /* the next number that is free */
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  close(client);
  none = (struct rlimit){.rlim_cur = (rlim_t)client + 1, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  client = door_dial(); /* takes the last one */
  const double begun_s = now_s(CLOCK_PROCESS_CPUTIME_ID);
  usleep(500000);
  const double used_s = now_s(CLOCK_PROCESS_CPUTIME_ID) - begun_s;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_int_equal(recv(client, &byte, 1, MSG_DONTWAIT), -1); /* it was not sent away either */
  expect_a_prompt_answer();
  close(client);
  if (used_s > 0.1)
    fail_msg("%.3f s of processor time in 0.5 s", used_s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      SERVED(idle_connections_keep_nobody_out),
      SERVED(who_has_shown_the_token_keeps_his_place),
      SERVED(a_crowd_goes_soon),
      SERVED(nothing_waits_for_what_is_slower),
      cmocka_unit_test_setup_teardown(one_reader_too_many_is_told_so, door_open_private,
                                      door_close),
      SERVED(without_descriptors_it_waits_at_rest),
  };
  signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
