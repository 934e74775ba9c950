/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine when its instrument is away and comes back. */
#include "support/athlete.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct scene scene; /* too large for a stack */

/* Unplugged in every state and plugged in again: never stuck, never a false repetition. */
static void an_unplugged_instrument_is_waited_for(void **state)
{
  (void)state;
  for (int at_s = 1; at_s < 60; at_s += 2) {
    scene_init(&scene, "nordic");
    scene_begin(&scene);
    bool done = false;
    for (int second = 0; second < 400 && !done; second++) {
      if (second == at_s || second == at_s + 3)
        scene.streaming = second != at_s;
      enum stance_test_state now = scene.machine.state;
      scene.on = now != STANCE_TEST_ZERO && now != STANCE_TEST_ZEROING &&
                 now != STANCE_TEST_GET_OFF && now != STANCE_TEST_ZEROING_AFTER;
      bool prompt = now == STANCE_TEST_ZERO || now == STANCE_TEST_GET_ON ||
                    now == STANCE_TEST_WEIGH || now == STANCE_TEST_WAIT ||
                    now == STANCE_TEST_GET_OFF;
      if (prompt && scene.streaming && !scene.machine.instrument_lost)
        scene_command(&scene, STANCE_COMMAND_NEXT, 0);
      scene_run(&scene, 1);
      done = scene.machine.state == STANCE_TEST_FINISHED;
    }
    assert_true(done);
    assert_int_equal(scene_count_counted(&scene), 3);
    assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_INSTRUMENT_LOST), 1);
    assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_INSTRUMENT_BACK), 1);
  }
}

/* A second without it, and a moment in which it streams but nothing has come. */
static void plug_in_anew(void)
{
  scene.streaming = false;
  scene_run(&scene, 1);
  scene.streaming = scene.silent = true;
  scene_run(&scene, 0.1);
  scene.silent = false;
}

static void what_is_measured_anew_begins_behind_the_gap(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene_begin(&scene);
  scene_run(&scene, 1);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  scene_run(&scene, 0.5);
  plug_in_anew();
  const uint64_t back = scene.frame;
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_ON, 10));
  for (size_t k = 0; k < scene.log_count; k++)
    if (scene.log[k].kind == STANCE_ACTION_PHASE)
      assert_true(scene.log[k].phase.span.first >= back);
  assert_int_equal(scene_count_phase(&scene, STANCE_PHASE_UNLOADED), 1);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_FRAMES_LOST), 0);
}

static void what_is_plugged_in_anew_is_proved_anew(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.options.prove_sides = false; /* proved before, today */
  scene_begin(&scene);
  scene_run(&scene, 1);
  plug_in_anew();
  scene_run(&scene, 0.1);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_ON, 10));
  scene.on = true;
  scene_run(&scene, 2);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_int_equal(scene.machine.state, STANCE_TEST_PROVE_LEFT);
  assert_true(scene_run_until(&scene, STANCE_TEST_PROVE_RIGHT, 10));
  plug_in_anew();
  scene_run(&scene, 0.1);
  assert_int_equal(scene.machine.state, STANCE_TEST_PROVE_LEFT);
  assert_true(scene_run_until(&scene, STANCE_TEST_WEIGH, 20));
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_SIDE_PROVED), 3);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_SIDES_UNPROVED), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_unplugged_instrument_is_waited_for),
      cmocka_unit_test(what_is_measured_anew_begins_behind_the_gap),
      cmocka_unit_test(what_is_plugged_in_anew_is_proved_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
