/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The live clock loop against instruments whose true clock is known. */
#include "clock_loop.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>

static const double begin_ns = 4.0e14; /* the host has been up for days */

/* One instrument and the host's way of hearing of it. */
struct scene {
  double ppm;
  double rate_hz;
  double transfer_s;
  double mean_delay_ns;          /* exponential */
  double burst_every_s, burst_s; /* nothing is handed over meanwhile; 0: never */
  struct stance_random random;
  uint64_t next;
};

static double true_ns(const struct scene *scene, uint64_t index)
{
  return begin_ns + (double)index * 1e9 / (scene->rate_hz * (1.0 + scene->ppm * 1e-6));
}

static double arrival_ns(struct scene *scene, uint64_t index)
{
  double at = true_ns(scene, index);
  at -= scene->mean_delay_ns * log(1.0 - stance_random_uniform(&scene->random));
  if (scene->burst_every_s > 0) {
    const double since = fmod((at - begin_ns) / 1e9, scene->burst_every_s);
    if (since < scene->burst_s)
      at += (scene->burst_s - since) * 1e9;
  }
  return at;
}

/* Feeds the marks of `seconds` more. */
static void play(struct scene *scene, struct stance_clock_loop *loop, double seconds)
{
  const uint64_t per_transfer = (uint64_t)(scene->transfer_s * scene->rate_hz);
  const uint64_t end = scene->next + (uint64_t)(seconds * scene->rate_hz);
  for (; scene->next < end; scene->next += per_transfer) {
    const uint64_t index = scene->next + per_transfer - 1;
    stance_clock_loop_update(loop, index, (int64_t)arrival_ns(scene, index));
  }
}

static double phase_error_ns(const struct scene *scene, const struct stance_clock_loop *loop)
{
  struct stance_clock_estimate line;
  assert_true(stance_clock_loop_read(loop, &line));
  return (double)stance_clock_estimate_host_ns(&line, scene->next) - true_ns(scene, scene->next);
}

static double rate_error_ppm(const struct scene *scene, const struct stance_clock_loop *loop)
{
  struct stance_clock_estimate line;
  assert_true(stance_clock_loop_read(loop, &line));
  const double truth = 1e9 / (scene->rate_hz * (1.0 + scene->ppm * 1e-6));
  return 1e6 * (line.ns_per_frame - truth) / truth;
}

static struct scene make_scene(double ppm, double mean_delay_ns)
{
  struct scene scene = {
      .ppm = ppm, .rate_hz = 1000, .transfer_s = 0.004, .mean_delay_ns = mean_delay_ns};
  stance_random_init(&scene.random, 7, 0);
  return scene;
}

static void begins_with_nothing(void **state)
{
  (void)state;
  struct stance_clock_loop loop;
  struct stance_clock_estimate line;
  struct stance_clock_mark mark;
  stance_clock_loop_init(&loop, 1000);
  assert_false(stance_clock_loop_read(&loop, &line));
  assert_false(stance_clock_loop_take_mark(&loop, &mark));
}

static void follows_an_exact_clock(void **state)
{
  (void)state;
  static const double ppm[] = {0, 200, -200, 10000, -10000};
  for (size_t k = 0; k < sizeof ppm / sizeof *ppm; k++) {
    struct scene scene = make_scene(ppm[k], 0);
    struct stance_clock_loop loop;
    stance_clock_loop_init(&loop, scene.rate_hz);
    play(&scene, &loop, 40);
    assert_true(fabs(phase_error_ns(&scene, &loop)) < 2000);
    assert_true(fabs(rate_error_ppm(&scene, &loop)) < 1);
  }
}

static void jitter_of_the_host_hardly_moves_it(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    struct scene scene = make_scene(-130, 300e3); /* 0.3 ms on average */
    stance_random_init(&scene.random, seed, 0);
    struct stance_clock_loop loop;
    stance_clock_loop_init(&loop, scene.rate_hz);
    play(&scene, &loop, 60);
    assert_true(fabs(phase_error_ns(&scene, &loop)) < 60e3);
    assert_true(fabs(rate_error_ppm(&scene, &loop)) < 40);
  }
}

static void a_stalled_host_does_not_move_it(void **state)
{
  (void)state;
  struct scene scene = make_scene(50, 30e3);
  scene.burst_every_s = 1.7;
  scene.burst_s = 0.5; /* several windows without one undelayed mark */
  struct stance_clock_loop loop;
  stance_clock_loop_init(&loop, scene.rate_hz);
  play(&scene, &loop, 60);
  assert_true(fabs(phase_error_ns(&scene, &loop)) < 60e3);
  assert_true(fabs(rate_error_ppm(&scene, &loop)) < 20);
}

static void a_late_begin_is_forgotten(void **state)
{
  (void)state;
  struct scene scene = make_scene(0, 20e3);
  struct stance_clock_loop loop;
  stance_clock_loop_init(&loop, scene.rate_hz);
  stance_clock_loop_update(&loop, 1, (int64_t)(true_ns(&scene, 1) + 80e6));
  scene.next = 100;
  play(&scene, &loop, 1);
  assert_true(fabs(phase_error_ns(&scene, &loop)) < 100e3);
}

/* The instrument was away for 12.3456 s: its numbering goes on where the clock says. */
static void measures_a_gap(void **state)
{
  (void)state;
  struct scene scene = make_scene(180, 50e3);
  struct stance_clock_loop loop;
  stance_clock_loop_init(&loop, scene.rate_hz);
  play(&scene, &loop, 30);
  struct stance_clock_estimate line;
  assert_true(stance_clock_loop_read(&loop, &line));
  const uint64_t truth = scene.next + 12345;
  const double back_ns = true_ns(&scene, truth) - 0.4e6; /* 0.4 ms before its next sample */
  const uint64_t next = stance_clock_estimate_next_index(&line, (int64_t)back_ns);
  assert_in_range(next, truth - 1, truth + 1);
  scene.next = truth;
  stance_clock_loop_resume(&loop);
  play(&scene, &loop, 2);
  assert_true(fabs(phase_error_ns(&scene, &loop)) < 200e3);
  assert_true(fabs(rate_error_ppm(&scene, &loop)) < 40);
}

/* A numbering that went on at the wrong place does not keep the loop waiting for ever. */
static void finds_a_shifted_line_again(void **state)
{
  (void)state;
  struct scene scene = make_scene(0, 10e3);
  struct stance_clock_loop loop;
  stance_clock_loop_init(&loop, scene.rate_hz);
  play(&scene, &loop, 10);
  for (uint64_t index = scene.next; index < scene.next + 3000; index += 4)
    stance_clock_loop_update(&loop, index, (int64_t)(true_ns(&scene, index) + 25e6));
  scene.next += 3000;
  assert_true(fabs(phase_error_ns(&scene, &loop) - 25e6) < 200e3);
}

static void next_index_is_the_first_after(void **state)
{
  (void)state;
  const struct stance_clock_estimate line = {100, 1000000000, 1e6};
  assert_int_equal(stance_clock_estimate_next_index(&line, 1000000000), 101);
  assert_int_equal(stance_clock_estimate_next_index(&line, 999999999), 100);
  assert_int_equal(stance_clock_estimate_next_index(&line, 1000999999), 101);
  assert_int_equal(stance_clock_estimate_next_index(&line, 1001000000), 102);
  assert_int_equal(stance_clock_estimate_next_index(&line, 0), 0);
  assert_int_equal(stance_clock_estimate_host_ns(&line, 40), 940000000);
}

static void hands_out_the_least_delayed_mark_once(void **state)
{
  (void)state;
  struct stance_clock_loop loop;
  struct stance_clock_mark mark;
  stance_clock_loop_init(&loop, 1000);
  stance_clock_loop_update(&loop, 10, 10000000 + 500);
  stance_clock_loop_update(&loop, 20, 20000000 + 100);
  stance_clock_loop_update(&loop, 30, 30000000 + 900);
  assert_true(stance_clock_loop_take_mark(&loop, &mark));
  assert_int_equal(mark.index, 20);
  assert_int_equal(mark.host_ns, 20000100);
  assert_false(stance_clock_loop_take_mark(&loop, &mark));
  stance_clock_loop_update(&loop, 40, 40000000 + 2000);
  stance_clock_loop_update(&loop, 40, 40000000 + 100); /* the same again */
  assert_true(stance_clock_loop_take_mark(&loop, &mark));
  assert_int_equal(mark.index, 40);
  assert_int_equal(mark.host_ns, 40002000);
}

/* Lines and marks of which every number follows from the index: a torn one shows. */
enum { UPDATES = 200000 };
struct race {
  struct stance_clock_loop loop;
  atomic_bool done;
};

static void *feed(void *context)
{
  struct race *race = context;
  for (uint64_t index = 1; index <= UPDATES; index++)
    stance_clock_loop_update(&race->loop, index, (int64_t)index * 1000000);
  atomic_store(&race->done, true);
  return NULL;
}

static void *read_lines(void *context)
{
  struct race *race = context;
  uintptr_t torn = 0;
  while (!atomic_load(&race->done)) {
    struct stance_clock_estimate line;
    if (stance_clock_loop_read(&race->loop, &line))
      torn += line.host_ns != (int64_t)line.index * 1000000 || line.ns_per_frame != 1e6;
  }
  return (void *)torn; // NOLINT(performance-no-int-to-ptr): a count, handed over as one
}

static void no_reader_sees_half_an_update(void **state)
{
  (void)state;
  static struct race race;
  pthread_t feeder, reader;
  stance_clock_loop_init(&race.loop, 1000);
  assert_int_equal(pthread_create(&reader, NULL, read_lines, &race), 0);
  assert_int_equal(pthread_create(&feeder, NULL, feed, &race), 0);
  uint64_t last = 0, taken = 0;
  while (!atomic_load(&race.done)) {
    struct stance_clock_mark mark;
    if (!stance_clock_loop_take_mark(&race.loop, &mark))
      continue;
    assert_int_equal(mark.host_ns, mark.index * 1000000);
    assert_true(mark.index > last);
    last = mark.index;
    taken++;
  }
  void *torn;
  struct stance_clock_mark rest;
  pthread_join(feeder, NULL);
  pthread_join(reader, &torn);
  taken += stance_clock_loop_take_mark(&race.loop, &rest) ? 1 : 0; /* it may all be over by now */
  assert_null(torn);
  assert_true(taken > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(begins_with_nothing),
      cmocka_unit_test(follows_an_exact_clock),
      cmocka_unit_test(jitter_of_the_host_hardly_moves_it),
      cmocka_unit_test(a_stalled_host_does_not_move_it),
      cmocka_unit_test(a_late_begin_is_forgotten),
      cmocka_unit_test(measures_a_gap),
      cmocka_unit_test(finds_a_shifted_line_again),
      cmocka_unit_test(next_index_is_the_first_after),
      cmocka_unit_test(hands_out_the_least_delayed_mark_once),
      cmocka_unit_test(no_reader_sees_half_an_update),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
