/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pain, however the test goes on or ends: the effort it stopped, the side it is told of, the lock.
 */
#include "support/athlete.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scene scene; /* too large for a stack */

static void begin(const char *protocol)
{
  scene_init(&scene, protocol);
  scene_begin(&scene);
  scene_get_started(&scene);
}

static size_t count(enum stance_test_action_kind kind)
{
  size_t found = 0;
  for (size_t k = 0; k < scene.log_count; k++)
    found += scene.log[k].kind == kind;
  return found;
}

static const struct stance_test_action *only(enum stance_test_action_kind kind)
{
  assert_int_equal(count(kind), 1);
  size_t k = 0;
  while (scene.log[k].kind != kind)
    k++;
  return &scene.log[k];
}

static void a_pain_that_nobody_answers_locks_both(void **state)
{
  static const enum stance_test_command ways[] = {STANCE_COMMAND_FINISH, STANCE_COMMAND_ABORT};
  (void)state;
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++)
    for (int told = 0; told < 2; told++) {
      begin("iso-supine-90-90");
      scene_command(&scene, STANCE_COMMAND_STOP, 0);
      if (told)
        scene_command(&scene, STANCE_COMMAND_PAIN, 2);
      assert_int_equal(scene.machine.state, told ? STANCE_TEST_PAIN_SIDE : STANCE_TEST_PAIN);
      scene_command(&scene, ways[way], 0);
      assert_true(scene.machine.locked[STANCE_LEFT] && scene.machine.locked[STANCE_RIGHT]);
      assert_int_equal(only(STANCE_ACTION_LOCK)->side, STANCE_BOTH);
      assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_LOCKED), 1);
      assert_int_equal(count(STANCE_ACTION_PAIN), told);
      if (told) {
        assert_int_equal(only(STANCE_ACTION_PAIN)->side, STANCE_BOTH);
        assert_true(only(STANCE_ACTION_PAIN)->number == 2);
      }
      /* before anybody hears of the end */
      assert_true(ways[way] == STANCE_COMMAND_FINISH ||
                  scene.log[scene.log_count - 1].kind == STANCE_ACTION_END);
    }
}

static void what_was_told_is_kept_if_he_is_asked_again(void **state)
{
  (void)state;
  begin("iso-supine-90-90");
  scene_command(&scene, STANCE_COMMAND_STOP, 0);
  scene_command(&scene, STANCE_COMMAND_PAIN, 6);
  scene_command(&scene, STANCE_COMMAND_PAIN, 2);
  scene_command(&scene, STANCE_COMMAND_STOP, 0);
  scene_command(&scene, STANCE_COMMAND_FINISH, 0);
  assert_true(only(STANCE_ACTION_PAIN)->number == 6);
}

/* The signal to stop has been given, and the force still falls. */
static void pain_is_of_the_effort_whose_force_still_falls(void **state)
{
  (void)state;
  for (int by_value = 0; by_value < 2; by_value++) {
    begin("iso-supine-90-90");
    scene.effort_s = scene.protocol.effort_s + 0.5; /* he holds on longer than he is asked to */
    scene_command(&scene, STANCE_COMMAND_NEXT, 0);
    assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
    assert_true(scene_run_until(&scene, STANCE_TEST_EFFORT, 200)); /* the right one */
    assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
    scene_run(&scene, 0.3);
    assert_int_equal(scene.machine.attempts, 1);
    if (!by_value)
      scene_command(&scene, STANCE_COMMAND_STOP, 0);
    scene_command(&scene, STANCE_COMMAND_PAIN, 8);
    assert_int_equal(scene.machine.attempts, 2);
    assert_true(scene.machine.last.broken_off);
    assert_int_equal(scene.machine.last.side, STANCE_RIGHT);
    scene_command(&scene, STANCE_COMMAND_SIDE, STANCE_RIGHT);
    const struct stance_test_action *pain = only(STANCE_ACTION_PAIN);
    assert_int_equal(pain->side, STANCE_RIGHT);
    assert_int_equal(pain->repetition.number, 2);
    assert_true(pain->number == 8);
    assert_int_equal(only(STANCE_ACTION_LOCK)->side, STANCE_RIGHT);
    assert_false(scene.machine.locked[STANCE_LEFT]);
  }
}

/* One that he may go on with is of that effort too, and leaves it to be judged. */
static void a_little_pain_is_of_the_effort_whose_force_still_falls(void **state)
{
  (void)state;
  begin("iso-supine-90-90");
  scene.effort_s = scene.protocol.effort_s + 0.5;
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  scene_run(&scene, 0.3);
  scene_command(&scene, STANCE_COMMAND_PAIN, 1);
  assert_int_equal(only(STANCE_ACTION_PAIN)->repetition.number, 1);
  assert_int_equal(only(STANCE_ACTION_PAIN)->side, STANCE_LEFT);
  scene_run(&scene, 2);
  assert_int_equal(scene.machine.last.number, 1);
  assert_true(scene.machine.last.counted);
}

/* The answer to "on which side?" holds, whatever was done last. */
static void the_side_that_is_answered_is_the_side_of_the_pain(void **state)
{
  (void)state;
  begin("iso-supine-90-90");
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_EFFORT, 20));
  scene_run(&scene, 1);
  scene_command(&scene, STANCE_COMMAND_STOP, 0);
  scene_command(&scene, STANCE_COMMAND_PAIN, 5);
  scene_command(&scene, STANCE_COMMAND_SIDE, STANCE_RIGHT);
  assert_int_equal(only(STANCE_ACTION_PAIN)->side, STANCE_RIGHT);
  assert_int_equal(only(STANCE_ACTION_LOCK)->side, STANCE_RIGHT);
}

/* A stop for pain has its own sound; one that is repeated is told by ear. */
static void an_effort_that_is_repeated_is_heard_to_be(void **state)
{
  (void)state;
  for (int pain = 0; pain < 2; pain++) {
    begin("nordic");
    scene_command(&scene, STANCE_COMMAND_NEXT, 0);
    assert_true(scene_run_until(&scene, STANCE_TEST_EFFORT, 20));
    scene_run(&scene, 1);
    scene_command(&scene, pain ? STANCE_COMMAND_STOP : STANCE_COMMAND_REPEAT, 0);
    assert_true(scene.machine.last.broken_off);
    assert_int_equal(scene_count_cue(&scene, STANCE_CUE_REPEAT), pain ? 0 : 1);
    assert_int_equal(scene_count_cue(&scene, STANCE_CUE_STOP), pain ? 1 : 0);
  }
}

static void a_finished_test_stays_finished(void **state)
{
  (void)state;
  begin("nordic");
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  scene_run(&scene, 2);
  scene_command(&scene, STANCE_COMMAND_FINISH, 0);
  scene_command(&scene, STANCE_COMMAND_PAIN, 9);
  assert_int_equal(scene.machine.state, STANCE_TEST_PAIN_SIDE);
  scene_command(&scene, STANCE_COMMAND_SIDE, STANCE_LEFT);
  assert_int_equal(scene.machine.state, STANCE_TEST_GET_OFF);
  assert_true(stance_machine_remaining(&scene.machine, STANCE_LEFT) > 0);
  /* but the clinician may have the last one once more */
  scene_command(&scene, STANCE_COMMAND_RELEASE, STANCE_LEFT);
  scene_command(&scene, STANCE_COMMAND_REPEAT, 0);
  assert_int_equal(scene.machine.state, STANCE_TEST_WAIT);
  scene_command(&scene, STANCE_COMMAND_STOP, 0);
  scene_command(&scene, STANCE_COMMAND_PAIN, 1);
  scene_command(&scene, STANCE_COMMAND_SIDE, STANCE_LEFT);
  assert_int_equal(scene.machine.state, STANCE_TEST_WAIT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pain_that_nobody_answers_locks_both),
      cmocka_unit_test(what_was_told_is_kept_if_he_is_asked_again),
      cmocka_unit_test(pain_is_of_the_effort_whose_force_still_falls),
      cmocka_unit_test(a_little_pain_is_of_the_effort_whose_force_still_falls),
      cmocka_unit_test(the_side_that_is_answered_is_the_side_of_the_pain),
      cmocka_unit_test(an_effort_that_is_repeated_is_heard_to_be),
      cmocka_unit_test(a_finished_test_stays_finished),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
