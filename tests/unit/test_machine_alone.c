/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test's state machine where nobody presses a key, or nobody does any more. */
#include "support/athlete.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>

static struct scene scene; /* too large for a stack */

static void nobody_there_means_by_time_alone(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.options.unattended = true;
  scene_begin(&scene);
  const struct stance_protocol *protocol = &scene.protocol;
  scene.on = true;
  scene.limb_n = 0;
  double length_s = protocol->unloaded_s + protocol->get_on_s + protocol->limb_s +
                    protocol->repetitions * (protocol->effort_s + protocol->rest_s);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, length_s + 1));
  assert_true(fabs((double)scene.frame * 1e-3 - length_s) < 0.3);
  assert_int_equal(scene_count_counted(&scene), 3);
  assert_true(scene_run_until(&scene, STANCE_TEST_FINISHED, 20));
}

/* Whoever led goes away, at any moment: time leads on to the end; a pain of which nobody says more
   locks both sides. */
static void nobody_is_there_any_more(void **state)
{
  static const enum stance_test_state way[] = {
      STANCE_TEST_ZERO,   STANCE_TEST_ZEROING,  STANCE_TEST_GET_ON, STANCE_TEST_PROVE_LEFT,
      STANCE_TEST_WEIGH,  STANCE_TEST_WEIGHING, STANCE_TEST_WAIT,   STANCE_TEST_READY,
      STANCE_TEST_EFFORT, STANCE_TEST_REST,     STANCE_TEST_PAIN,   STANCE_TEST_PAIN_SIDE};
  (void)state;
  for (size_t last = 0; last < sizeof way / sizeof *way; last++) {
    scene_init(&scene, "nordic");
    scene.options.prove_sides = way[last] == STANCE_TEST_PROVE_LEFT;
    scene_begin(&scene);
    for (int k = 0; k < 100 && scene.machine.state != way[last]; k++) {
      scene.on = scene.machine.state > STANCE_TEST_ZEROING;
      if (scene.machine.state == STANCE_TEST_PAIN)
        scene_command(&scene, STANCE_COMMAND_PAIN, 7);
      else if (way[last] >= STANCE_TEST_PAIN && scene.machine.state == STANCE_TEST_WAIT)
        scene_command(&scene, STANCE_COMMAND_STOP, 0);
      else if (stance_machine_accepts(&scene.machine, STANCE_COMMAND_NEXT))
        scene_command(&scene, STANCE_COMMAND_NEXT, 0);
      else
        scene_run(&scene, 0.5);
    }
    assert_int_equal(scene.machine.state, way[last]);
    scene_command(&scene, STANCE_COMMAND_UNATTENDED, 0);
    assert_false(stance_machine_accepts(&scene.machine, STANCE_COMMAND_UNATTENDED));
    assert_true(scene_run_until(&scene, STANCE_TEST_FINISHED, 300));
    const bool pain = way[last] >= STANCE_TEST_PAIN;
    assert_int_equal(scene.machine.locked[STANCE_LEFT], pain);
    assert_int_equal(scene.machine.locked[STANCE_RIGHT], pain);
  }
}

/* A locked side is not tested where nobody could release it, keeps nobody waiting, and what another
   day locked is no pain of this test. */
static void unattended_a_locked_side_is_left_out(void **state)
{
  (void)state;
  scene_init(&scene, "iso-supine-90-90");
  scene.options.unattended = true;
  scene_begin(&scene);
  scene.machine.locked[STANCE_LEFT] = true;
  scene.on = true;
  assert_true(scene_run_until(&scene, STANCE_TEST_FINISHED, 300));
  assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_RIGHT), 0);
  assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_LEFT),
                   scene.protocol.repetitions);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_LOCKED), 1);
  for (size_t at = 0; at < scene.log_count; at++)
    assert_int_not_equal(scene.log[at].kind, STANCE_ACTION_LOCK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_there_means_by_time_alone),
      cmocka_unit_test(nobody_is_there_any_more),
      cmocka_unit_test(unattended_a_locked_side_is_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
