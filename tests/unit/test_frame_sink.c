/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where decoders put their frames: numbered, accounted for, and whoever waits for them is woken. */
#include "frame_sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

enum { RINGS_MAX = 2, CAPACITY = 8 };

struct scene {
  struct stance_frame_sink sink;
  struct stance_frame_ring *ring[RINGS_MAX];
  uint64_t next[RINGS_MAX]; /* index behind the last frame that was read */
  uint64_t read[RINGS_MAX], gaps[RINGS_MAX];
};

static void open_scene(struct scene *scene, size_t ring_count)
{
  *scene = (struct scene){.sink = {.ring_count = ring_count, .channel_count = 1}};
  for (size_t r = 0; r < ring_count; r++) {
    assert_int_equal(stance_frame_ring_create(CAPACITY, &scene->ring[r]), STANCE_OK);
    scene->sink.ring[r] = scene->ring[r];
  }
}

static void close_scene(struct scene *scene)
{
  for (size_t r = 0; r < scene->sink.ring_count; r++)
    stance_frame_ring_destroy(scene->ring[r]);
}

/* As a decoder does; a frame's value is its index. */
static void push(struct scene *scene, size_t count)
{
  struct stance_frame_batch batch;
  for (; count > 0; count -= batch.count) {
    stance_frame_sink_begin(&scene->sink, count, &batch);
    assert_in_range(batch.count, 1, count);
    for (size_t k = 0; k < batch.count; k++) {
      memset(batch.frame[k].value, 0, sizeof batch.frame[k].value);
      batch.frame[k].value[0] = (double)(scene->sink.next_index + k);
      batch.frame[k].flags = 0;
    }
    stance_frame_sink_end(&scene->sink, &batch, batch.count);
  }
}

/* Each gap is the jump of the index, whoever lost the frames. */
static void read_frames(struct scene *scene, size_t r, size_t count)
{
  struct stance_raw_frame frame;
  for (; count > 0 && stance_frame_ring_read(scene->ring[r], &frame, 1) == 1; count--) {
    assert_int_equal(frame.index, scene->next[r] + frame.gap_before);
    assert_true(frame.value[0] == (double)frame.index);
    scene->next[r] = frame.index + 1;
    scene->gaps[r] += frame.gap_before;
    scene->read[r]++;
  }
}

static void a_full_ring_drops_and_the_next_frame_says_so(void **state)
{
  (void)state;
  struct scene scene;
  open_scene(&scene, 1);
  push(&scene, CAPACITY + 3);
  assert_int_equal(stance_frame_ring_dropped(scene.ring[0]), 3);
  read_frames(&scene, 0, CAPACITY);
  assert_int_equal(scene.gaps[0], 0);
  push(&scene, 2);
  read_frames(&scene, 0, 2);
  assert_int_equal(scene.gaps[0], 3);
  assert_int_equal(scene.next[0], CAPACITY + 5);
  close_scene(&scene);
}

static void every_instant_is_accounted_for_in_every_ring(void **state)
{
  (void)state;
  const unsigned seed = 20261121;
  print_message("seed %u\n", seed);
  srand(seed);
  for (size_t rings = 1; rings <= RINGS_MAX; rings++) {
    struct scene scene;
    open_scene(&scene, rings);
    for (int step = 0; step < 20000; step++) {
      const size_t count = (size_t)(rand() % 5);
      switch (rand() % 4) {
      case 0:
        stance_frame_sink_lose(&scene.sink, count);
        break;
      case 1:
        for (size_t r = 0; r < rings; r++)
          read_frames(&scene, r, (size_t)(rand() % 8));
        break;
      default:
        push(&scene, count);
      }
    }
    for (size_t r = 0; r < rings; r++) {
      read_frames(&scene, r, CAPACITY);
      push(&scene, 1); /* brings the stamp of what was dropped last */
      read_frames(&scene, r, 1);
      assert_int_equal(scene.read[r] + scene.gaps[r], scene.sink.next_index);
      assert_int_equal(scene.gaps[r], scene.sink.lost + stance_frame_ring_dropped(scene.ring[r]));
      assert_true(stance_frame_ring_dropped(scene.ring[r]) > 0);
    }
    close_scene(&scene);
  }
}

static bool take_news(struct stance_frame_sink *sink)
{
  const bool had = sink->has_news;
  sink->has_news = false;
  return had;
}

static void all_but_frames_is_news(void **state)
{
  (void)state;
  struct scene scene;
  struct stance_frame_sink *sink = &scene.sink;
  open_scene(&scene, 1);
  push(&scene, 3);
  assert_false(take_news(sink));
  stance_frame_sink_lose(sink, 1);
  assert_true(take_news(sink));
  stance_frame_sink_spoil(sink, 1);
  assert_true(take_news(sink));
  stance_frame_sink_repeat(sink, 1);
  assert_true(take_news(sink));
  stance_frame_sink_warn(sink, STANCE_WARNING_OVERLOAD);
  assert_true(take_news(sink));
  stance_frame_sink_ask_restart(sink, "anew");
  assert_true(take_news(sink));
  stance_frame_sink_fail(sink, "never again");
  assert_true(take_news(sink));
  stance_frame_sink_set_backlog(sink, 0);
  assert_false(take_news(sink));
  stance_frame_sink_set_backlog(sink, 49);
  assert_true(take_news(sink));
  assert_int_equal(sink->warnings, STANCE_WARNING_OVERLOAD);
  stance_frame_sink_set_backlog(sink, 50);
  assert_true(take_news(sink));
  assert_int_equal(sink->warnings, STANCE_WARNING_OVERLOAD | STANCE_WARNING_BACKLOG);
  stance_frame_sink_set_backlog(sink, 0);
  assert_int_equal(sink->warnings, STANCE_WARNING_OVERLOAD);
  close_scene(&scene);
}

static void assert_each_sleeper_is_woken_once(struct scene *scene)
{
  for (size_t r = 0; r < scene->sink.ring_count; r++)
    atomic_store(&scene->ring[r]->wanted, 1);
  stance_frame_sink_wake(&scene->sink);
  stance_frame_sink_wake(&scene->sink);
  for (size_t r = 0; r < scene->sink.ring_count; r++) {
    assert_int_equal(atomic_load(&scene->ring[r]->wanted), 0);
    assert_int_equal(sem_trywait(&scene->ring[r]->bell), 0);
    assert_int_not_equal(sem_trywait(&scene->ring[r]->bell), 0);
  }
}

static void every_reader_who_sleeps_is_woken(void **state)
{
  (void)state;
  for (size_t rings = 1; rings <= RINGS_MAX; rings++) {
    struct scene scene;
    open_scene(&scene, rings);
    push(&scene, 1);
    assert_each_sleeper_is_woken_once(&scene);
    push(&scene, 2);
    assert_each_sleeper_is_woken_once(&scene);
    stance_frame_sink_lose(&scene.sink, 1);
    assert_each_sleeper_is_woken_once(&scene);
    close_scene(&scene);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_full_ring_drops_and_the_next_frame_says_so),
      cmocka_unit_test(every_instant_is_accounted_for_in_every_ring),
      cmocka_unit_test(all_but_frames_is_news),
      cmocka_unit_test(every_reader_who_sleeps_is_woken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
