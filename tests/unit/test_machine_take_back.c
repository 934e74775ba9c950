/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repetitions that the clinician takes back: the machine with an athlete in virtual time. */
#include "support/athlete.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scene scene; /* too large for a stack */

static void repeat_and_reject_take_the_last_one_back(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  scene_command(&scene, STANCE_COMMAND_REPEAT, 0);
  assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_LEFT), 3);
  assert_int_equal(
      stance_machine_command(&scene.machine, STANCE_COMMAND_REPEAT, 0, &scene.live, NULL),
      STANCE_USAGE);
  assert_true(scene_run_until(&scene, STANCE_TEST_EFFORT, 60));
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  scene_command(&scene, STANCE_COMMAND_REJECT, 0);
  assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_LEFT), 2);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 300));
  assert_int_equal(scene.machine.attempts, 4);
}

/* A hold that ends before its signal is judged while its time still runs. */
static void a_counted_effort_is_taken_back_before_its_time_is_over(void **state)
{
  (void)state;
  for (int repeat = 0; repeat < 2; repeat++) {
    const enum stance_test_command command = repeat ? STANCE_COMMAND_REPEAT : STANCE_COMMAND_REJECT;
    scene_init(&scene, "iso-supine-90-90");
    scene.effort_s = 1;
    scene_begin(&scene);
    scene_get_started(&scene);
    scene_command(&scene, STANCE_COMMAND_NEXT, 0);
    assert_true(scene_run_until(&scene, STANCE_TEST_EFFORT, 20));
    const unsigned wanted = scene.protocol.repetitions;
    for (int k = 0; k < 100 && scene_count_counted(&scene) == 0; k++)
      scene_run(&scene, 0.05);
    assert_int_equal(scene_count_counted(&scene), 1);
    assert_int_equal(scene.machine.state, STANCE_TEST_EFFORT);
    assert_true(stance_machine_accepts(&scene.machine, command));
    scene_command(&scene, command, 0);
    assert_false(scene.machine.last.counted);
    assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_LEFT),
                     repeat ? wanted : wanted - 1);
    assert_false(stance_machine_accepts(&scene.machine, command));
    assert_int_equal(stance_machine_command(&scene.machine, command, 0, &scene.live, NULL),
                     STANCE_USAGE);
    assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(repeat_and_reject_take_the_last_one_back),
      cmocka_unit_test(a_counted_effort_is_taken_back_before_its_time_is_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
