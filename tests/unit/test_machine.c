/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test's state machine with an athlete in virtual time: numbered like the scenarios that a
   clinician meets. */
#include "support/athlete.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene scene; /* too large for a stack */

static double cue_at_s(enum stance_cue cue, size_t which)
{
  for (size_t k = 0; k < scene.log_count; k++)
    if (scene.log[k].kind == STANCE_ACTION_CUE && scene.log[k].cue == cue && which-- == 0)
      return (double)(scene.log[k].at_ns != 0 ? scene.log[k].at_ns : scene.log_ns[k]) * 1e-9;
  fail_msg("cue %d was not given", (int)cue);
  return 0;
}

static void a_nordic_goes_from_start_to_finish(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  /* no key between repetitions */
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 200));
  assert_int_equal(scene_count_counted(&scene), 3);
  assert_int_equal(scene_count_cue(&scene, STANCE_CUE_GO), 3);
  assert_int_equal(scene_count_cue(&scene, STANCE_CUE_COUNTED), 3);
  assert_int_equal(scene_count_cue(&scene, STANCE_CUE_REST_ENDS), 2);
  scene.on = false;
  scene_run(&scene, 2);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_FINISHED, 10));
  assert_int_equal(scene_count_phase(&scene, STANCE_PHASE_UNLOADED), 2);
  assert_int_equal(scene_count_phase(&scene, STANCE_PHASE_LIMB), 1);
  assert_int_equal(scene_count_phase(&scene, STANCE_PHASE_EFFORTS), 1);
  assert_int_equal(scene.log[scene.log_count - 1].kind, STANCE_ACTION_END);
}

static void live_peaks_are_those_of_the_athlete(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  const struct stance_test_repetition *last = &scene.machine.last;
  assert_true(fabs(last->peak_n[STANCE_LEFT] - 340) < 3); /* limb 40, peak 300, noise */
  assert_true(fabs(last->peak_n[STANCE_RIGHT] - 320) < 3);
  assert_int_equal(last->side, STANCE_BOTH);
}

/* One mark an effort, where the athlete begins; what he does before the signal or after has none.
 */
static void each_onset_is_told_where_it_was(void **state)
{
  static const double start_s = 1, rate_hz = 1000;
  size_t seen = 0;
  (void)state;
  scene_init(&scene, "nordic");
  scene.reaction_s = -1;
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  scene_run(&scene, 4.6); /* a false start */
  scene.reaction_s = 0.2;
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 200));
  for (size_t k = 0; k < scene.log_count; k++) {
    const struct stance_test_action *action = &scene.log[k];
    if (action->kind != STANCE_ACTION_ONSET)
      continue;
    const double after_go_s =
        start_s + action->number / rate_hz - cue_at_s(STANCE_CUE_GO, 1 + seen);
    assert_int_equal(action->side, STANCE_BOTH);
    assert_true(after_go_s > 0.15 && after_go_s < 0.35);
    seen++;
  }
  assert_int_equal(seen, 3);
}

static void the_fore_period_cannot_be_foreseen(void **state)
{
  double shortest = 100, longest = 0;
  (void)state;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    scene_init(&scene, "nordic");
    scene.options.seed = seed;
    scene_begin(&scene);
    scene_get_started(&scene);
    scene_command(&scene, STANCE_COMMAND_NEXT, 0);
    double wait_s = cue_at_s(STANCE_CUE_GO, 0) - cue_at_s(STANCE_CUE_READY, 0);
    shortest = fmin(shortest, wait_s);
    longest = fmax(longest, wait_s);
  }
  assert_true(shortest >= 2.5 && longest <= 4.5);
  assert_true(longest - shortest > 1.5);
}

static void legs_take_turns(void **state)
{
  (void)state;
  scene_init(&scene, "iso-supine-90-90");
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 600));
  unsigned repetitions = scene.protocol.repetitions;
  assert_int_equal(scene_count_counted(&scene), 2 * repetitions);
  assert_int_equal(scene_count_cue(&scene, STANCE_CUE_LEFT), repetitions);
  assert_int_equal(scene_count_cue(&scene, STANCE_CUE_RIGHT), repetitions);
  enum stance_side expected = STANCE_LEFT;
  for (size_t k = 0; k < scene.log_count; k++)
    if (scene.log[k].kind == STANCE_ACTION_REPETITION) {
      assert_int_equal(scene.log[k].repetition.side, expected);
      expected = expected == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT;
    }
}

static void whoever_moves_is_measured_again(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.restless_n = 60;
  scene_begin(&scene);
  scene_run(&scene, 1);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_ON, 10));
  scene.on = true;
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  scene_run(&scene, 7);
  assert_int_equal(scene.machine.state, STANCE_TEST_WEIGHING);
  assert_true(scene_count_message(&scene, STANCE_MESSAGE_NOT_STILL) >= 2);
  assert_int_equal(scene_count_phase(&scene, STANCE_PHASE_LIMB), 0);
  scene.restless_n = 0;
  assert_true(scene_run_until(&scene, STANCE_TEST_WAIT, 10));
  assert_int_equal(scene_count_phase(&scene, STANCE_PHASE_LIMB), 1);
}

static void a_zero_with_somebody_on_it_is_refused(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.limb_n = 400;
  scene.on = true;
  scene_begin(&scene);
  scene_run(&scene, 1);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  scene_run(&scene, 5);
  assert_int_equal(scene.machine.state, STANCE_TEST_ZERO);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_ZERO_FAR), 1);
  assert_int_equal(scene_count_phase(&scene, STANCE_PHASE_UNLOADED), 0);
}

static void zeroed_under_load_is_said_afterwards(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.zero_n[0] = scene.zero_n[1] = 30; /* a bag lies on it */
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 200));
  scene.on = false;
  scene.zero_n[0] = scene.zero_n[1] = 0;
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_FINISHED, 10));
  /* once a side; their sum says nothing more */
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_ZEROED_UNDER_LOAD), 2);
}

static void a_false_start_gets_no_signal(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.reaction_s = -1;
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  scene_run(&scene, 4.6);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_FALSE_START), 1);
  assert_int_equal(scene.machine.attempts, 1);
  assert_true(scene.machine.last.false_start && scene.machine.last.broken_off);
  assert_false(scene.machine.last.counted);
  scene.reaction_s = 0.2;
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 200));
  assert_int_equal(scene_count_counted(&scene), 3);
  assert_int_equal(scene.machine.attempts, 4);
}

static void a_missed_repetition_is_repeated(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.deaf = true;
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  scene_run(&scene, 2);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_MISSED), 1);
  assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_LEFT), 3);
  scene.deaf = false;
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 300));
  assert_int_equal(scene_count_counted(&scene), 3);
  assert_int_equal(scene.machine.attempts, 4);
}

static void pain_stops_locks_and_is_released(void **state)
{
  struct stance_problem problem = {""};
  (void)state;
  scene_init(&scene, "iso-supine-90-90");
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_EFFORT, 20));
  scene_run(&scene, 0.5);
  scene_command(&scene, STANCE_COMMAND_STOP, 0);
  assert_int_equal(scene.machine.state, STANCE_TEST_PAIN);
  assert_int_equal(
      stance_machine_command(&scene.machine, STANCE_COMMAND_PAIN, 11, &scene.live, &problem),
      STANCE_USAGE);
  assert_non_null(strstr(problem.text, "0 to 10"));
  scene_command(&scene, STANCE_COMMAND_PAIN, 6);
  scene_command(&scene, STANCE_COMMAND_SIDE, STANCE_LEFT);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_LOCKED), 1);
  /* the right leg goes on; the left one is never asked for */
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  scene_run(&scene, 600);
  assert_int_equal(scene.machine.state, STANCE_TEST_WAIT);
  assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_RIGHT), 0);
  assert_int_equal(stance_machine_remaining(&scene.machine, STANCE_LEFT),
                   scene.protocol.repetitions);
  assert_int_equal(
      stance_machine_command(&scene.machine, STANCE_COMMAND_NEXT, 0, &scene.live, &problem),
      STANCE_USAGE);
  assert_non_null(strstr(problem.text, "release"));
  scene_command(&scene, STANCE_COMMAND_RELEASE, STANCE_LEFT);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_OFF, 300));
  assert_int_equal(scene_count_counted(&scene), 2 * scene.protocol.repetitions);
}

static void sides_are_proved_and_swapped_ones_are_found(void **state)
{
  (void)state;
  for (int swapped = 0; swapped < 2; swapped++) {
    scene_init(&scene, "nordic");
    scene.options.prove_sides = true;
    scene.swapped = swapped != 0;
    scene_begin(&scene);
    scene_run(&scene, 1);
    scene_command(&scene, STANCE_COMMAND_NEXT, 0);
    assert_true(scene_run_until(&scene, STANCE_TEST_GET_ON, 10));
    scene.on = true;
    scene_run(&scene, 1);
    scene_command(&scene, STANCE_COMMAND_NEXT, 0);
    scene_run(&scene, 9);
    if (scene.swapped) {
      assert_int_equal(scene.machine.state, STANCE_TEST_PROVE_LEFT);
      assert_true(scene_count_message(&scene, STANCE_MESSAGE_SIDE_WRONG) >= 1);
      assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_SIDE_PROVED), 0);
    } else {
      assert_int_equal(scene.machine.state, STANCE_TEST_WEIGH);
      assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_SIDE_PROVED), 2);
    }
  }
}

/* A side is proved long before its pull is over: what follows of it is no answer of the other. */
static void a_pull_that_goes_on_is_no_wrong_side(void **state)
{
  (void)state;
  scene_init(&scene, "nordic");
  scene.options.prove_sides = true;
  scene_begin(&scene);
  scene_run(&scene, 1);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(&scene, STANCE_TEST_GET_ON, 10));
  scene.on = true;
  scene_run(&scene, 1);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
  const int64_t pulls_ns = scene.effort_begins_ns;
  assert_true(scene_run_until(&scene, STANCE_TEST_PROVE_RIGHT, 5));
  const int64_t answers_ns = scene.effort_begins_ns;
  scene.pulls[STANCE_LEFT] = true;
  scene.pulls[STANCE_RIGHT] = false;
  scene.effort_begins_ns = pulls_ns;
  scene.effort_ends_ns = pulls_ns + 700000000;
  scene_run(&scene, 0.9);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_SIDE_WRONG), 0);
  assert_int_equal(scene.machine.state, STANCE_TEST_PROVE_RIGHT);
  /* and the left one once more is one */
  scene.effort_begins_ns = answers_ns;
  scene.effort_ends_ns = answers_ns + 300000000;
  scene_run(&scene, 1);
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_SIDE_WRONG), 1);
  assert_true(
      scene_run_until(&scene, STANCE_TEST_WEIGH, 5)); /* asked anew, the right one answers */
  assert_int_equal(scene_count_message(&scene, STANCE_MESSAGE_SIDE_PROVED), 2);
}

/* Any command at any time: it is done or refused with a sentence, and what must hold holds. */
static bool is_value_possible(enum stance_test_command command, int value)
{
  if (command == STANCE_COMMAND_SIDE)
    return value == STANCE_LEFT || value == STANCE_RIGHT || value == STANCE_BOTH;
  if (command == STANCE_COMMAND_RELEASE)
    return (value == STANCE_LEFT || value == STANCE_RIGHT) && scene.machine.locked[value];
  return command != STANCE_COMMAND_PAIN || value <= 10;
}

static void any_command_at_any_time(void **state)
{
  (void)state;
  for (unsigned seed = 1; seed <= 60; seed++) {
    unsigned random = seed;
    scene_init(&scene, seed % 2 == 0 ? "nordic" : "iso-supine-90-90");
    scene.options.prove_sides = seed % 3 == 0;
    scene.on = true;
    scene.limb_n = 5;
    scene_begin(&scene);
    for (int k = 0; k < 300; k++) {
      random = random * 1103515245u + 12345u;
      struct stance_problem problem = {""};
      int command = (int)(random / 65536u % (k > 250 ? 10 : 5)), value = (int)(random / 4096u % 12);
      if (command == STANCE_COMMAND_ABORT && k < 290)
        command = STANCE_COMMAND_NEXT;
      bool was_over = scene.machine.state >= STANCE_TEST_FINISHED;
      bool accepts = stance_machine_accepts(&scene.machine, (enum stance_test_command)command);
      bool possible = is_value_possible((enum stance_test_command)command, value);
      enum stance_status status = stance_machine_command(
          &scene.machine, (enum stance_test_command)command, value, &scene.live, &problem);
      assert_true(status == STANCE_OK || (status == STANCE_USAGE && problem.text[0] != '\0'));
      assert_false(was_over && status == STANCE_OK);
      assert_true(!possible || accepts == (status == STANCE_OK));
      if (scene.log_count > SCENE_LOG_MAX - 200)
        break;
      scene_run(&scene, 0.1 * (double)(random / 1048576u % 40));
      assert_true(scene.machine.counted[0] <= scene.protocol.repetitions);
      assert_true(scene.machine.counted[1] <= scene.protocol.repetitions);
    }
  }
}

static void every_id_is_there_once(void **state)
{
  (void)state;
  for (int a = 0; a < STANCE_TEST_STATE_COUNT; a++)
    for (int b = 0; b < a; b++)
      assert_string_not_equal(stance_test_state_id((enum stance_test_state)a),
                              stance_test_state_id((enum stance_test_state)b));
  for (int a = 0; a < STANCE_MESSAGE_COUNT; a++) {
    assert_true(strlen(stance_test_message_text((enum stance_test_message)a)) > 0);
    for (int b = 0; b < a; b++)
      assert_string_not_equal(stance_test_message_id((enum stance_test_message)a),
                              stance_test_message_id((enum stance_test_message)b));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_nordic_goes_from_start_to_finish),
      cmocka_unit_test(each_onset_is_told_where_it_was),
      cmocka_unit_test(live_peaks_are_those_of_the_athlete),
      cmocka_unit_test(the_fore_period_cannot_be_foreseen),
      cmocka_unit_test(legs_take_turns),
      cmocka_unit_test(whoever_moves_is_measured_again),
      cmocka_unit_test(a_zero_with_somebody_on_it_is_refused),
      cmocka_unit_test(zeroed_under_load_is_said_afterwards),
      cmocka_unit_test(a_false_start_gets_no_signal),
      cmocka_unit_test(a_missed_repetition_is_repeated),
      cmocka_unit_test(pain_stops_locks_and_is_released),
      cmocka_unit_test(sides_are_proved_and_swapped_ones_are_found),
      cmocka_unit_test(a_pull_that_goes_on_is_no_wrong_side),
      cmocka_unit_test(any_command_at_any_time),
      cmocka_unit_test(every_id_is_there_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
