/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of a station while it still makes the result of the test before. */
#include "stance/source.h"

#include "station.h"

#include "support/station_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static const int64_t look_ns = 500000000;
static const int64_t patience_ns = INT64_C(20000000000);
static atomic_bool held, holding;

static void wait_ns(int64_t duration_ns)
{
  stance_clock_host.sleep_until_ns(
      stance_clock_host.context, stance_clock_host.now_ns(stance_clock_host.context) + duration_ns);
}

/* In the finishing thread: the result is not there before it returns. */
static void hold(void *context, const struct stance_report *report, const char *truth)
{
  (void)context, (void)report, (void)truth;
  atomic_store(&holding, true);
  for (int64_t waited_ns = 0; atomic_load(&held) && waited_ns < patience_ns; waited_ns += 1000000)
    wait_ns(1000000);
  atomic_store(&holding, false);
}

static void open_station(struct station_fixture *fixture)
{
  const struct stance_station_options options = {
      .store_path = fixture->store_path,
      .device = {{.uri = "sim:nordic?speed=max", .side = STANCE_SIDE_NONE}},
      .device_count = 1,
      .unattended = true,
      .analysed = hold,
  };
  atomic_store(&held, true);
  assert_int_equal(stance_station_create(&options, &fixture->station, NULL), STANCE_OK);
  fixture->onlooker = stance_event_hub_join(stance_station_hub(fixture->station));
  assert_non_null(fixture->onlooker);
  station_fixture_start(fixture, "nordic", "A-17");
  for (int64_t waited_ns = 0; !atomic_load(&holding); waited_ns += 1000000) {
    assert_true(waited_ns < patience_ns);
    wait_ns(1000000);
  }
}

struct starter {
  pthread_t thread;
  struct stance_station *station;
  char id[STANCE_UUID_SIZE];
  enum stance_status status;
  struct stance_problem problem;
};

static void *start(void *argument)
{
  struct starter *starter = argument;
  struct stance_test_request request = stance_test_request_default;
  request.protocol = "nordic";
  starter->status =
      stance_station_start(starter->station, &request, starter->id, &starter->problem);
  return NULL;
}

static void start_meanwhile(struct station_fixture *fixture, struct starter *starter)
{
  *starter = (struct starter){.station = fixture->station};
  assert_int_equal(pthread_create(&starter->thread, NULL, start, starter), 0);
  wait_ns(look_ns / 5); /* it has been asked for */
}

static void *close_station(void *station)
{
  stance_station_close(station);
  return NULL;
}

static double processor_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void a_test_that_waits_keeps_nobody_waiting(void **state)
{
  struct station_fixture *fixture = *state;
  struct starter starter, second;
  open_station(fixture);
  start_meanwhile(fixture, &starter);
  const double before_s = processor_s();
  wait_ns(look_ns);
  assert_true(processor_s() - before_s < 0.1 * 1e-9 * (double)look_ns); /* nor a processor busy */
  assert_int_equal(stance_station_stop_test(fixture->station, "another", NULL), STANCE_END);
  assert_int_equal(stance_station_pause(fixture->station, NULL), STANCE_MISMATCH);
  start_meanwhile(fixture, &second); /* one waits: a second one would find its test going on */
  pthread_join(second.thread, NULL);
  assert_int_equal(second.status, STANCE_MISMATCH);
  assert_true(atomic_load(&holding));
  atomic_store(&held, false);
  pthread_join(starter.thread, NULL);
  assert_int_equal(starter.status, STANCE_OK);
  assert_string_not_equal(starter.id, fixture->id);
}

static void a_test_that_waits_is_refused_where_the_station_closes(void **state)
{
  struct station_fixture *fixture = *state;
  struct starter starter;
  open_station(fixture);
  start_meanwhile(fixture, &starter);
  pthread_t closer;
  assert_int_equal(pthread_create(&closer, NULL, close_station, fixture->station), 0);
  pthread_join(starter.thread, NULL);
  assert_int_equal(starter.status, STANCE_MISMATCH);
  assert_non_null(strstr(starter.problem.text, "the station closes"));
  assert_true(atomic_load(&holding)); /* the result that is being made is waited for */
  atomic_store(&held, false);
  pthread_join(closer, NULL);
}

#define CASE(function) \
  cmocka_unit_test_setup_teardown(function, station_fixture_setup, station_fixture_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(a_test_that_waits_keeps_nobody_waiting),
      CASE(a_test_that_waits_is_refused_where_the_station_closes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
