/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources as threads: nothing is lost unnoticed, whatever the readers and the callers do. */
#include "support/drain.h"

#include "stance/source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct stance_source *open_source(const char *uri, const struct stance_clock *clock)
{
  struct stance_source *source = NULL;
  struct stance_problem problem = {""};
  if (stance_source_open(uri, clock, &source, &problem) != STANCE_OK)
    fail_msg("%s: %s", uri, problem.text);
  return source;
}

static void start(struct stance_source *source, struct stance_frame_ring *ring)
{
  assert_int_equal(stance_source_start(source, &ring, 1, NULL), STANCE_OK);
}

static void wait_for_end(const struct stance_source *source)
{
  struct stance_source_health health;
  do {
    drain_pause(200000);
    stance_source_health(source, &health);
    assert_false(health.failed);
  } while (!health.ended);
}

/* A clock that stands still until somebody sleeps: then it is at once as late as was asked for. It
   lets the reader catch up first where there is one, as real time would. */
struct fake_clock {
  _Atomic int64_t now_ns;
  atomic_ullong sleeps;
  int64_t longest_ns;
  struct drain *reader;
};

static int64_t fake_now_ns(void *context)
{
  struct fake_clock *fake = context;
  return atomic_load(&fake->now_ns);
}

static void fake_sleep_until_ns(void *context, int64_t deadline_ns)
{
  struct fake_clock *fake = context;
  const int64_t now = atomic_load(&fake->now_ns);
  if (fake->reader != NULL)
    while (stance_frame_ring_free(fake->reader->ring) < 512)
      drain_pause(20000);
  if (deadline_ns > now) {
    fake->longest_ns = deadline_ns - now > fake->longest_ns ? deadline_ns - now : fake->longest_ns;
    atomic_store(&fake->now_ns, deadline_ns);
  }
  atomic_fetch_add(&fake->sleeps, 1);
}

static void test_max_speed_drops_nothing_however_slow_the_readers(void **state)
{
  struct drain quick, slow;
  struct stance_source_health health;
  struct stance_source *source = open_source("sim:nordic?speed=max&duration=20&gaps=100:7", NULL);
  (void)state;
  drain_start(&quick, 1024, 0);
  drain_start(&slow, 128, 300000);
  assert_true(stance_source_info(source)->elastic);
  struct stance_frame_ring *rings[] = {quick.ring, slow.ring};
  assert_int_equal(stance_source_start(source, rings, 2, NULL), STANCE_OK);
  wait_for_end(source);
  stance_source_stop(source);
  drain_finish(&quick);
  drain_finish(&slow);
  stance_source_health(source, &health);
  assert_int_equal(health.frames_produced, 20000);
  assert_int_equal(health.frames_lost, 7);
  assert_int_equal(stance_frame_ring_dropped(slow.ring), 0);
  assert_int_equal(stance_frame_ring_dropped(quick.ring), 0);
  assert_int_equal(atomic_load(&quick.received), 20000 - 7);
  assert_int_equal(atomic_load(&slow.received), 20000 - 7);
  assert_true(quick.monotone && slow.monotone);
  assert_int_equal(slow.gap_sum, 7);
  assert_int_equal(slow.jump_sum, 7);
  assert_true(quick.sum == slow.sum);
  stance_source_destroy(source);
  stance_frame_ring_destroy(quick.ring);
  stance_frame_ring_destroy(slow.ring);
}

static void test_a_stalled_reader_at_finite_speed_loses_frames_that_are_counted(void **state)
{
  struct fake_clock fake = {0};
  const struct stance_clock clock = {fake_now_ns, fake_sleep_until_ns, &fake};
  struct stance_source_health health;
  struct drain reader = {.monotone = true};
  (void)state;
  assert_int_equal(stance_frame_ring_create(256, &reader.ring), STANCE_OK);
  const size_t capacity = stance_frame_ring_free(reader.ring);
  struct stance_source *source = open_source("sim:nordic?duration=10&gaps=50:5,2000:100", &clock);
  start(source, reader.ring);
  wait_for_end(source);
  stance_source_stop(source);
  while (drain_once(&reader) > 0)
    ;
  stance_source_health(source, &health);
  assert_int_equal(health.frames_produced, 10000);
  assert_int_equal(health.frames_lost, 105);
  assert_int_equal(atomic_load(&reader.received), capacity);
  assert_int_equal(stance_frame_ring_dropped(reader.ring), 10000 - 105 - capacity);
  stance_source_destroy(source);
  stance_frame_ring_destroy(reader.ring);
}

static void test_loss_at_the_very_end_is_counted(void **state)
{
  struct drain reader;
  struct stance_source_health health;
  struct stance_source *source = open_source("sim:nordic?speed=max&duration=1&gaps=900:100", NULL);
  (void)state;
  drain_start(&reader, 256, 0);
  start(source, reader.ring);
  wait_for_end(source);
  stance_source_stop(source);
  drain_finish(&reader);
  stance_source_health(source, &health);
  assert_int_equal(health.frames_produced, 1000);
  assert_int_equal(health.frames_lost, 100);
  assert_int_equal(atomic_load(&reader.received), 900);
  stance_source_destroy(source);
  stance_frame_ring_destroy(reader.ring);
}

/* One hour takes a moment, and every sleep is a short one: a stop is never far away. */
static void test_an_hour_passes_in_a_moment_on_an_injected_clock(void **state)
{
  struct drain reader;
  struct fake_clock fake = {.now_ns = 5000, .reader = &reader};
  const struct stance_clock clock = {fake_now_ns, fake_sleep_until_ns, &fake};
  struct stance_source *source = open_source("sim:nordic?rate=100&duration=3600", &clock);
  (void)state;
  drain_start(&reader, 4096, 0);
  start(source, reader.ring);
  wait_for_end(source);
  stance_source_stop(source);
  drain_finish(&reader);
  assert_int_equal(atomic_load(&reader.received), 360000);
  assert_int_equal(stance_frame_ring_dropped(reader.ring), 0);
  /* the last frame, 359999, was sampled at 3599.99 s */
  assert_true(llabs(atomic_load(&fake.now_ns) - 5000 - INT64_C(3599990000000)) <= 1);
  assert_true(fake.longest_ns <= 20000000);
  stance_source_destroy(source);
  stance_frame_ring_destroy(reader.ring);
}

static void test_the_clock_runs_at_the_ppm_and_speed_asked_for(void **state)
{
  struct drain reader;
  struct fake_clock fake = {.reader = &reader};
  const struct stance_clock clock = {fake_now_ns, fake_sleep_until_ns, &fake};
  struct stance_source *source =
      open_source("sim:nordic?duration=100&clock_ppm=-2000&speed=10", &clock);
  (void)state;
  drain_start(&reader, 4096, 0);
  start(source, reader.ring);
  wait_for_end(source);
  stance_source_stop(source);
  drain_finish(&reader);
  /* 99 999 instants of 1/998 s, ten times as fast */
  assert_true(fabs((double)atomic_load(&fake.now_ns) - 1e8 * 99.999 / 0.998) < 2.0);
  assert_int_equal(atomic_load(&reader.received), 100000);
  stance_source_destroy(source);
  stance_frame_ring_destroy(reader.ring);
}

/* The longer a transfer, the fewer: as many sleeps as there are transfers in the time. */
static void test_frames_are_handed_over_as_often_as_asked_for(void **state)
{
  static const struct {
    const char *uri;
    unsigned transfers;
  } cases[] = {{"sim:nordic?duration=10", 2500}, {"sim:nordic?duration=10&transfer_s=0.01", 1000}};
  (void)state;
  for (size_t k = 0; k < 2; k++) {
    struct drain reader;
    struct fake_clock fake = {.reader = &reader};
    const struct stance_clock clock = {fake_now_ns, fake_sleep_until_ns, &fake};
    struct stance_source *source = open_source(cases[k].uri, &clock);
    drain_start(&reader, 4096, 0);
    start(source, reader.ring);
    wait_for_end(source);
    stance_source_stop(source);
    drain_finish(&reader);
    assert_int_equal(atomic_load(&fake.sleeps), cases[k].transfers);
    stance_source_destroy(source);
    stance_frame_ring_destroy(reader.ring);
  }
}

/* By the host's clock: the last of 200 frames comes 199 ms after the first, not before. */
static void test_real_time_is_kept(void **state)
{
  struct drain reader;
  struct stance_source *source = open_source("sim:nordic?duration=0.2", NULL);
  const int64_t start_ns = stance_clock_host.now_ns(NULL);
  (void)state;
  drain_start(&reader, 4096, 0);
  start(source, reader.ring);
  wait_for_end(source);
  const int64_t elapsed_ns = stance_clock_host.now_ns(NULL) - start_ns;
  stance_source_stop(source);
  drain_finish(&reader);
  assert_true(elapsed_ns >= 199000000);
  assert_int_equal(atomic_load(&reader.received), 200);
  stance_source_destroy(source);
  stance_frame_ring_destroy(reader.ring);
}

static void test_stop_and_destroy_are_orderly_at_any_moment(void **state)
{
  struct stance_problem problem = {""};
  struct stance_source_health health;
  struct stance_frame_ring *ring;
  struct stance_source *source = open_source("sim:nordic?speed=max", NULL);
  (void)state;
  assert_int_equal(stance_frame_ring_create(64, &ring), STANCE_OK);
  const size_t capacity = stance_frame_ring_free(ring);
  stance_source_stop(source); /* before any start */
  stance_source_health(source, &health);
  assert_false(health.ended);
  assert_int_equal(health.state, STANCE_SOURCE_READY);
  start(source, ring);
  assert_int_equal(stance_source_start(source, &ring, 1, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "already runs"));
  while (stance_frame_ring_used(ring) < capacity)
    drain_pause(50000);
  stance_source_health(source, &health);
  assert_int_equal(health.state, STANCE_SOURCE_STREAMING);
  stance_source_stop(source); /* while it waits for room */
  stance_source_stop(source);
  stance_source_health(source, &health);
  assert_true(health.ended);
  assert_int_equal(health.frames_produced, capacity);
  stance_source_destroy(source);
  stance_source_destroy(NULL);

  source = open_source("sim:nordic?speed=0.001", NULL); /* a frame a second */
  start(source, ring);
  const int64_t start_ns = stance_clock_host.now_ns(NULL);
  stance_source_destroy(source); /* while it sleeps */
  assert_true(stance_clock_host.now_ns(NULL) - start_ns < 500000000);
  stance_frame_ring_destroy(ring);
}

static void test_a_source_starts_again_from_the_first_frame(void **state)
{
  struct stance_source *source = open_source("sim:imtp?speed=max&duration=3", NULL);
  double sum[2];
  (void)state;
  for (int k = 0; k < 2; k++) {
    struct drain reader;
    drain_start(&reader, 256, 0);
    start(source, reader.ring);
    wait_for_end(source);
    stance_source_stop(source);
    drain_finish(&reader);
    assert_int_equal(atomic_load(&reader.received), 3000);
    sum[k] = reader.sum;
    stance_frame_ring_destroy(reader.ring);
  }
  assert_true(sum[0] == sum[1]);
  stance_source_destroy(source);
}

static void test_too_many_rings_are_refused(void **state)
{
  struct stance_source *source = open_source("sim:nordic", NULL);
  struct stance_frame_ring *rings[9] = {0};
  struct stance_problem problem = {""};
  (void)state;
  assert_int_equal(stance_source_start(source, rings, 9, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "1 to 8 rings"));
  assert_int_equal(stance_source_start(source, rings, 0, NULL), STANCE_USAGE);
  stance_source_destroy(source);
}

/* Threads that start, stop and look at random; the thread sanitizer looks on. */
struct chaos {
  struct stance_source *source;
  struct stance_frame_ring *ring;
  uint64_t seed;
};

static void *chaos_run(void *argument)
{
  struct chaos *chaos = argument;
  for (int k = 0; k < 300; k++) {
    struct stance_source_health health;
    chaos->seed = chaos->seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
    switch (chaos->seed >> 62) {
    case 0:
      if (stance_source_start(chaos->source, &chaos->ring, 1, NULL) != STANCE_OK)
        drain_pause(20000); /* runs already */
      break;
    case 1:
      stance_source_stop(chaos->source);
      break;
    case 2:
      drain_pause((long)(chaos->seed >> 40 & 0xffff));
      break;
    default:
      stance_source_health(chaos->source, &health);
      if (health.frames_lost > health.frames_produced + 7)
        abort();
      break;
    }
  }
  return NULL;
}

static void test_start_and_stop_race_without_harm(void **state)
{
  static const char *const uris[] = {"sim:nordic?speed=max&duration=2&gaps=5:7",
                                     "sim:nordic?speed=50&rate=10000&duration=60"};
  (void)state;
  for (size_t u = 0; u < 2; u++) {
    struct drain reader;
    struct chaos chaos[3];
    pthread_t thread[3];
    struct stance_source *source = open_source(uris[u], NULL);
    drain_start(&reader, 512, 0);
    for (size_t k = 0; k < 3; k++) {
      chaos[k] = (struct chaos){.source = source, .ring = reader.ring, .seed = 1000 * u + k};
      assert_int_equal(pthread_create(&thread[k], NULL, chaos_run, &chaos[k]), 0);
    }
    for (size_t k = 0; k < 3; k++)
      pthread_join(thread[k], NULL);
    stance_source_destroy(source);
    drain_finish(&reader);
    stance_frame_ring_destroy(reader.ring);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_max_speed_drops_nothing_however_slow_the_readers),
      cmocka_unit_test(test_a_stalled_reader_at_finite_speed_loses_frames_that_are_counted),
      cmocka_unit_test(test_loss_at_the_very_end_is_counted),
      cmocka_unit_test(test_an_hour_passes_in_a_moment_on_an_injected_clock),
      cmocka_unit_test(test_the_clock_runs_at_the_ppm_and_speed_asked_for),
      cmocka_unit_test(test_frames_are_handed_over_as_often_as_asked_for),
      cmocka_unit_test(test_real_time_is_kept),
      cmocka_unit_test(test_stop_and_destroy_are_orderly_at_any_moment),
      cmocka_unit_test(test_a_source_starts_again_from_the_first_frame),
      cmocka_unit_test(test_too_many_rings_are_refused),
      cmocka_unit_test(test_start_and_stop_race_without_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
