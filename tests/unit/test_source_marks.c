/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks of simulated rigs and recordings played back, on a clock that jumps from deadline to
   deadline: only the delays that were asked for are left. */
#include "stance/clock.h"
#include "stance/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

enum { MARKS_MAX = 400 };
static const int64_t taken_every_ns = 250000000; /* as the recorder does */

/* Jumps from deadline to deadline; the source's own thread, which is the only one that sleeps, asks
   for the mark at fixed times, so that the same ones are taken in every run. */
struct heard {
  int64_t now_ns, take_ns;
  struct stance_source *source;
  struct stance_clock_mark mark[MARKS_MAX];
  size_t count;
  struct stance_source_health health;
};

static int64_t now_ns(void *context)
{
  const struct heard *heard = context;
  return heard->now_ns;
}

static void sleep_until_ns(void *context, int64_t deadline_ns)
{
  struct heard *heard = context;
  heard->now_ns = deadline_ns > heard->now_ns ? deadline_ns : heard->now_ns;
  if (heard->now_ns < heard->take_ns || heard->count == MARKS_MAX)
    return;
  heard->count += stance_source_take_mark(heard->source, &heard->mark[heard->count]);
  heard->take_ns = heard->now_ns + taken_every_ns;
}

/* Plays to the end. */
static void play(struct heard *heard)
{
  struct stance_frame_ring *ring;
  struct stance_raw_frame frames[256];
  assert_int_equal(stance_frame_ring_create(1 << 17, &ring), STANCE_OK);
  assert_int_equal(stance_source_start(heard->source, &ring, 1, NULL), STANCE_OK);
  do {
    stance_source_health(heard->source, &heard->health);
    while (stance_frame_ring_read(ring, frames, 256) > 0)
      ;
  } while (!heard->health.ended);
  stance_source_destroy(heard->source);
  stance_frame_ring_destroy(ring);
}

static struct stance_clock clock_of(struct heard *heard, int64_t begin_ns)
{
  *heard = (struct heard){.now_ns = begin_ns};
  return (struct stance_clock){now_ns, sleep_until_ns, heard};
}

static void play_uri(const char *uri, struct heard *heard)
{
  struct stance_problem problem = {""};
  const struct stance_clock clock = clock_of(heard, INT64_C(5000000000000));
  if (stance_source_open(uri, &clock, &heard->source, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  play(heard);
}

/* Of the frames on a line through `begin_ns` the largest delay, and the least. */
static void expect_line(const struct heard *heard, double begin_ns, double rate_hz,
                        double delay_max_ns)
{
  assert_true(heard->count > 20);
  for (size_t k = 0; k < heard->count; k++) {
    const double delay =
        (double)heard->mark[k].host_ns - begin_ns - (double)heard->mark[k].index * 1e9 / rate_hz;
    assert_true(delay > -2000 && delay < delay_max_ns);
  }
}

static struct heard heard;

static void a_mark_is_a_frame_and_its_arrival(void **state)
{
  (void)state;
  play_uri("sim:nordic?duration=20&clock_ppm=200", &heard);
  expect_line(&heard, 5e12, 1000 * (1 + 200e-6), 2000);
}

static void a_rig_can_begin_late(void **state)
{
  (void)state;
  play_uri("sim:nordic?duration=20&start_s=0.75&rate=500", &heard);
  expect_line(&heard, 5e12 + 0.75e9, 500, 2000);
}

/* Marks are in the rig's own time: that of the host, times the speed. */
static void speed_changes_time_not_the_rate(void **state)
{
  (void)state;
  play_uri("sim:nordic?duration=60&speed=8&start_s=0.5", &heard);
  expect_line(&heard, 8 * 5e12 + 0.5e9, 1000, 20000);
}

static void jitter_delays_and_the_fit_sees_through(void **state)
{
  (void)state;
  struct stance_clock_fit fit;
  play_uri("sim:nordic?duration=40&clock_ppm=-150&jitter_s=0.003", &heard);
  expect_line(&heard, 5e12, 1000 * (1 - 150e-6), 100e6);
  double mean = 0;
  for (size_t k = 0; k < heard.count; k++)
    mean +=
        ((double)heard.mark[k].host_ns - 5e12 - (double)heard.mark[k].index * 1e6 / (1 - 150e-6)) /
        (double)heard.count;
  assert_true(mean > 1e3);
  assert_int_equal(stance_clock_fit(heard.mark, heard.count, &fit), STANCE_OK);
  assert_true(fabs(fit.ns_per_frame - 1e6 / (1 - 150e-6)) < fit.ns_per_frame_uncertainty);
  assert_true(fit.ns_per_frame_uncertainty < 100);
}

static void elastic_time_has_no_marks(void **state)
{
  (void)state;
  play_uri("sim:nordic?duration=5&speed=max", &heard);
  assert_int_equal(heard.count, 0);
  assert_false(heard.health.failed);
}

static void an_instrument_can_die(void **state)
{
  (void)state;
  play_uri("sim:nordic?duration=20&fail_s=3.5", &heard);
  assert_true(heard.health.failed);
  assert_true(heard.health.problem.text[0] != '\0');
  assert_int_equal(heard.health.frames_produced, 3500);
  play_uri("sim:nordic?duration=20&fail_s=3.5&speed=max", &heard);
  assert_true(heard.health.failed);
  assert_int_equal(heard.health.frames_produced, 3500);
}

/* Plugged in again: every instant between is lost, none is invented or shifted. */
static void an_instrument_can_come_back(void **state)
{
  static const char *const uris[] = {"sim:nordic?duration=20&fail_s=3.5&back_s=9",
                                     "sim:nordic?duration=20&fail_s=3.5&back_s=9&speed=max",
                                     "sim:nordic?duration=20&fail_s=3.5&back_s=9&gaps=3400:200"};
  (void)state;
  for (size_t k = 0; k < sizeof uris / sizeof uris[0]; k++) {
    play_uri(uris[k], &heard);
    assert_false(heard.health.failed);
    assert_int_equal(heard.health.interruptions, 1);
    assert_int_equal(heard.health.frames_produced, 20000);
    assert_int_equal(heard.health.frames_lost, k == 2 ? 5600 : 5500);
    assert_int_equal(heard.health.state, STANCE_SOURCE_READY);
  }
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  assert_int_equal(stance_source_open("sim:nordic?back_s=9", NULL, &source, &problem),
                   STANCE_USAGE);
  assert_non_null(strstr(problem.text, "back_s=9 is not after fail_s=0"));
}

static void a_recording_played_back_is_marked_too(void **state)
{
  (void)state;
  static double value[30000];
  struct stance_raw_trace trace = {.sample_count = 30000, .channel_count = 1, .value = {value}};
  trace.time.rate_hz = 1234.5;
  const struct stance_clock clock = clock_of(&heard, INT64_C(7000000000000));
  assert_int_equal(stance_source_from_trace(&trace, "replay:x", 1, &clock, &heard.source, NULL),
                   STANCE_OK);
  assert_true(stance_source_info(heard.source)->rate_is_exact);
  play(&heard);
  expect_line(&heard, 7e12, 1234.5, 2000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_mark_is_a_frame_and_its_arrival),
      cmocka_unit_test(a_rig_can_begin_late),
      cmocka_unit_test(speed_changes_time_not_the_rate),
      cmocka_unit_test(jitter_delays_and_the_fit_sees_through),
      cmocka_unit_test(elastic_time_has_no_marks),
      cmocka_unit_test(an_instrument_can_die),
      cmocka_unit_test(an_instrument_can_come_back),
      cmocka_unit_test(a_recording_played_back_is_marked_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
