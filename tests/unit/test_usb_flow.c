/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From bytes to frames: which of them are marks for the clock, and what is told of the rest. The
   instrument here sends a byte for each instant: what it stands for, see below. */
#include "usb_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FRAME = 1, MISSING, DAMAGED, RESTART, FAIL };

static void decode(void *state, const uint8_t *bytes, size_t length, struct stance_frame_sink *sink)
{
  static const double value[STANCE_CHANNEL_COUNT_MAX] = {0};
  (void)state;
  for (size_t k = 0; k < length; k++)
    switch (bytes[k]) {
    case FRAME:
      stance_frame_sink_push(sink, value, 0);
      break;
    case MISSING:
      stance_frame_sink_lose(sink, 1);
      break;
    case DAMAGED:
      stance_frame_sink_spoil(sink, 1);
      break;
    case RESTART:
      stance_frame_sink_ask_restart(sink, "anew");
      break;
    case FAIL:
      stance_frame_sink_fail(sink, "never again");
      break;
    }
}

static const struct stance_instrument instrument = {.state_size = 1, .decode = decode};

struct scene {
  struct usb_flow flow;
  struct stance_frame_ring *ring;
  int64_t now_ns;
  char state;
};

static void open_scene(struct scene *scene, double rate_hz)
{
  const struct stance_source_info info = {.rate_hz = rate_hz, .channel_count = 1};
  *scene = (struct scene){.now_ns = NS_PER_S};
  assert_int_equal(stance_frame_ring_create(4096, &scene->ring), STANCE_OK);
  assert_true(usb_flow_init(&scene->flow, &instrument, NULL, &scene->state));
  usb_flow_begin(&scene->flow, &info, &scene->ring, 1);
  usb_flow_rearm(&scene->flow, scene->now_ns);
  usb_flow_started(&scene->flow, scene->now_ns);
}

static void close_scene(struct scene *scene)
{
  usb_flow_finish(&scene->flow);
  stance_frame_ring_destroy(scene->ring);
}

static bool take(struct scene *scene, uint8_t what)
{
  scene->now_ns += NS_PER_MS;
  return usb_flow_take(&scene->flow, &what, 1, scene->now_ns);
}

/* Instants up to the last one that the clock was told of. */
static uint64_t marked(const struct scene *scene)
{
  return atomic_load(&scene->flow.time)->next_index;
}

static void marks_are_left_out_by_their_number(void **state)
{
  (void)state;
  struct scene scene;
  open_scene(&scene, 1000); /* USB_MARK_MS are 3 frames */
  for (uint64_t k = 0; k < 30; k++) {
    if (k % 3 == 2)
      scene.now_ns += 40 * NS_PER_MS; /* however late one comes, the others stay what they are */
    assert_true(take(&scene, FRAME));
    assert_int_equal(marked(&scene), k / 3 * 3 + 1);
  }
  close_scene(&scene);
}

static void frames_that_are_far_apart_are_marks_all(void **state)
{
  (void)state;
  static const double rates_hz[] = {1, 100, 333, 600};
  for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; r++) {
    struct scene scene;
    open_scene(&scene, rates_hz[r]);
    for (uint64_t k = 1; k <= 10; k++) {
      assert_true(take(&scene, FRAME));
      assert_int_equal(marked(&scene), k);
    }
    close_scene(&scene);
  }
}

static void the_first_frame_after_an_interruption_is_a_mark(void **state)
{
  (void)state;
  struct scene scene;
  open_scene(&scene, 1000);
  for (int k = 0; k < 4; k++)
    take(&scene, FRAME);
  take(&scene, FRAME); /* not a mark */
  assert_int_equal(marked(&scene), 4);
  usb_flow_interrupt(&scene.flow);
  usb_flow_rearm(&scene.flow, scene.now_ns);
  assert_false(scene.flow.fruitful);
  scene.now_ns += 100 * NS_PER_MS;
  usb_flow_lose_until(&scene.flow, scene.now_ns);
  usb_flow_started(&scene.flow, scene.now_ns);
  assert_int_equal(marked(&scene), 4); /* what is lost is none */
  assert_true(take(&scene, 0));        /* nor are bytes without a frame */
  assert_int_equal(marked(&scene), 4);
  assert_false(scene.flow.fruitful);
  assert_true(take(&scene, FRAME));
  assert_true(scene.flow.fruitful);
  assert_int_equal(marked(&scene), scene.flow.sink.next_index);
  assert_true(scene.flow.sink.lost >= 100);
  close_scene(&scene);
}

static void the_account_is_of_the_last_packet(void **state)
{
  (void)state;
  struct scene scene;
  struct usb_tally tally;
  open_scene(&scene, 1000);
  static const uint8_t sent[] = {FRAME, MISSING, FRAME, FRAME, DAMAGED, FRAME};
  static const uint64_t lost[] = {0, 1, 1, 1, 2, 2}, corrupt[] = {0, 0, 0, 0, 1, 1};
  for (uint64_t k = 0; k < sizeof sent; k++) {
    assert_true(take(&scene, sent[k]));
    usb_account_read(&scene.flow.account, &tally);
    assert_int_equal(tally.produced, k + 1);
    assert_int_equal(tally.lost, lost[k]);
    assert_int_equal(tally.corrupt, corrupt[k]);
  }
  close_scene(&scene);
}

static void a_reason_to_stop_stands_until_it_is_started_anew(void **state)
{
  (void)state;
  struct scene scene;
  open_scene(&scene, 1000);
  assert_true(take(&scene, FRAME));
  assert_false(take(&scene, RESTART));
  assert_false(take(&scene, FRAME));
  usb_flow_rearm(&scene.flow, scene.now_ns);
  assert_true(take(&scene, FRAME));
  assert_false(take(&scene, FAIL));
  assert_false(take(&scene, FRAME));
  close_scene(&scene);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(marks_are_left_out_by_their_number),
      cmocka_unit_test(frames_that_are_far_apart_are_marks_all),
      cmocka_unit_test(the_first_frame_after_an_interruption_is_a_mark),
      cmocka_unit_test(the_account_is_of_the_last_packet),
      cmocka_unit_test(a_reason_to_stop_stands_until_it_is_started_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
