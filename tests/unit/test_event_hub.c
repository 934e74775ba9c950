/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events to onlookers: order, slow readers, newcomers, closing; with a publisher at full speed. */
#include "event_hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stance_event_hub *hub;

static int open_hub(void **state)
{
  (void)state;
  return stance_event_hub_create(&hub) == STANCE_OK ? 0 : -1;
}

static int close_hub(void **state)
{
  (void)state;
  stance_event_hub_close(hub);
  stance_event_hub_destroy(hub);
  return 0;
}

static void expect(struct stance_onlooker *onlooker, const char *name, const char *text)
{
  uint64_t missed = 0;
  bool closed = false;
  const struct stance_event *event = stance_onlooker_next(onlooker, 1000, &missed, &closed);
  assert_non_null(event);
  assert_string_equal(event->name, name);
  assert_string_equal(event->text, text);
  assert_int_equal(event->length, strlen(text));
  stance_event_release(event);
}

static void everybody_gets_everything_in_order(void **state)
{
  struct stance_onlooker *one = stance_event_hub_join(hub), *two = stance_event_hub_join(hub);
  (void)state;
  stance_event_hub_publish(hub, "state", "{\"a\":1}", true);
  stance_event_hub_publish(hub, "live", "{\"b\":2}", false);
  assert_int_equal(stance_event_hub_onlookers(hub), 2);
  for (int k = 0; k < 2; k++) {
    struct stance_onlooker *onlooker = k == 0 ? one : two;
    expect(onlooker, "state", "{\"a\":1}");
    expect(onlooker, "live", "{\"b\":2}");
    stance_event_hub_leave(onlooker);
  }
  assert_int_equal(stance_event_hub_onlookers(hub), 0);
}

static void a_newcomer_gets_the_last_state_first(void **state)
{
  (void)state;
  stance_event_hub_publish(hub, "state", "old", true);
  stance_event_hub_publish(hub, "live", "past", false);
  stance_event_hub_publish(hub, "state", "new", true);
  struct stance_onlooker *late = stance_event_hub_join(hub);
  expect(late, "state", "new");
  uint64_t missed;
  bool closed = true;
  assert_null(stance_onlooker_next(late, 1, &missed, &closed));
  assert_false(closed);
  stance_event_hub_leave(late);
}

static void a_slow_one_loses_the_oldest_and_is_told(void **state)
{
  struct stance_onlooker *slow = stance_event_hub_join(hub);
  char text[32];
  (void)state;
  for (int k = 0; k < STANCE_ONLOOKER_BACKLOG + 10; k++) {
    snprintf(text, sizeof text, "%d", k);
    stance_event_hub_publish(hub, "live", text, false);
  }
  uint64_t missed = 0;
  bool closed;
  const struct stance_event *event = stance_onlooker_next(slow, 0, &missed, &closed);
  assert_non_null(event);
  assert_string_equal(event->text, "10");
  assert_int_equal(missed, 10);
  stance_event_release(event);
  stance_event_hub_leave(slow);
}

static void too_many_are_turned_away(void **state)
{
  struct stance_onlooker *all[STANCE_ONLOOKER_MAX];
  (void)state;
  for (int k = 0; k < STANCE_ONLOOKER_MAX; k++)
    assert_non_null(all[k] = stance_event_hub_join(hub));
  assert_null(stance_event_hub_join(hub));
  for (int k = 0; k < STANCE_ONLOOKER_MAX; k++)
    stance_event_hub_leave(all[k]);
}

static atomic_uint_least64_t seen, lost;

static void *read_all(void *argument)
{
  struct stance_onlooker *onlooker = argument;
  bool closed = false;
  uint64_t last = 0;
  while (!closed) {
    uint64_t missed = 0;
    const struct stance_event *event = stance_onlooker_next(onlooker, 1000, &missed, &closed);
    if (event == NULL)
      continue;
    if (event->number <= last || strtoull(event->text, NULL, 10) != event->number)
      abort();
    last = event->number;
    atomic_fetch_add(&seen, 1);
    atomic_fetch_add(&lost, missed);
    stance_event_release(event);
  }
  stance_event_hub_leave(onlooker);
  return NULL;
}

/* Twenty readers against a publisher that never waits: seen + lost = published, for each. */
static void nothing_is_lost_unseen(void **state)
{
  enum { READERS = 20, EVENTS = 20000 };
  pthread_t thread[READERS];
  char text[32];
  (void)state;
  for (int k = 0; k < READERS; k++)
    assert_int_equal(pthread_create(&thread[k], NULL, read_all, stance_event_hub_join(hub)), 0);
  for (int k = 1; k <= EVENTS; k++) {
    snprintf(text, sizeof text, "%d", k);
    stance_event_hub_publish(hub, "live", text, false);
  }
  stance_event_hub_close(hub);
  for (int k = 0; k < READERS; k++)
    pthread_join(thread[k], NULL);
  assert_int_equal(atomic_load(&seen) + atomic_load(&lost), (uint64_t)READERS * EVENTS);
  assert_null(stance_event_hub_join(hub));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(everybody_gets_everything_in_order, open_hub, close_hub),
      cmocka_unit_test_setup_teardown(a_newcomer_gets_the_last_state_first, open_hub, close_hub),
      cmocka_unit_test_setup_teardown(a_slow_one_loses_the_oldest_and_is_told, open_hub, close_hub),
      cmocka_unit_test_setup_teardown(too_many_are_turned_away, open_hub, close_hub),
      cmocka_unit_test_setup_teardown(nothing_is_lost_unseen, open_hub, close_hub),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
