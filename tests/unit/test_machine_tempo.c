/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metronome of slow efforts: which tick comes when, and that none comes into a verdict. */
#include "support/athlete.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>

static struct scene scene; /* too large for a stack */

static bool is_tick(const struct stance_test_action *action)
{
  return action->kind == STANCE_ACTION_CUE &&
         (action->cue == STANCE_CUE_DOWN || action->cue == STANCE_CUE_STAY ||
          action->cue == STANCE_CUE_UP);
}

static double first_at_s(enum stance_cue cue)
{
  for (size_t k = 0; k < scene.log_count; k++)
    if (scene.log[k].kind == STANCE_ACTION_CUE && scene.log[k].cue == cue)
      return 1e-9 * (double)(scene.log[k].at_ns != 0 ? scene.log[k].at_ns : scene.log_ns[k]);
  fail_msg("cue %d was not given", (int)cue);
  return 0;
}

/* He pulls for `effort_s` after "go". */
static void begin(const char *protocol, double effort_s, unsigned down, unsigned still, unsigned up,
                  double tick_s)
{
  scene_init(&scene, protocol);
  scene.effort_s = effort_s;
  scene.protocol.tempo_down = down;
  scene.protocol.tempo_stay = still;
  scene.protocol.tempo_up = up;
  scene.protocol.tempo_tick_s = tick_s;
  scene_begin(&scene);
  scene_get_started(&scene);
  scene_command(&scene, STANCE_COMMAND_NEXT, 0);
}

static void three_down_one_still_three_up(void **unused)
{
  (void)unused;
  static const enum stance_cue round[] = {
      STANCE_CUE_DOWN, STANCE_CUE_DOWN, STANCE_CUE_DOWN, STANCE_CUE_STAY,
      STANCE_CUE_UP,   STANCE_CUE_UP,   STANCE_CUE_UP,
  };
  enum { ROUND = sizeof round / sizeof *round };
  const double tick_s = 0.5;
  begin("nordic", 7.2, 3, 1, 3, tick_s); /* two rounds, and what comes until he is judged */
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  const double go_s = first_at_s(STANCE_CUE_GO);
  size_t ticks = 0;
  for (size_t k = 0; k < scene.log_count; k++) {
    if (!is_tick(&scene.log[k]))
      continue;
    assert_int_equal(scene.log[k].cue, round[ticks % ROUND]);
    ticks++;
    /* on the beat, whenever the machine was looked at, and ordered before it is due */
    const double at_s = 1e-9 * (double)scene.log[k].at_ns;
    assert_true(fabs(at_s - go_s - (double)ticks * tick_s) < 0.011);
    assert_true(scene.log_ns[k] < scene.log[k].at_ns);
    assert_true(scene.log_ns[k] > scene.log[k].at_ns - 100000000);
  }
  assert_in_range(ticks, 2 * ROUND, 2 * ROUND + 2);
}

static void a_verdict_is_not_ticked_over(void **unused)
{
  (void)unused;
  begin("nordic", 2, 1, 0, 1, 0.25);
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  bool silenced = false;
  size_t after = 0, counted = 0;
  for (size_t k = 0; k < scene.log_count; k++) {
    silenced |= scene.log[k].kind == STANCE_ACTION_SILENCE && counted == 0;
    if (scene.log[k].kind == STANCE_ACTION_CUE && scene.log[k].cue == STANCE_CUE_COUNTED) {
      assert_true(silenced); /* what was ordered ahead is dropped first */
      counted++;
    }
    after += counted > 0 && is_tick(&scene.log[k]) ? 1 : 0;
  }
  assert_int_equal(counted, 1);
  assert_int_equal(after, 0);
}

static void without_a_tempo_there_is_no_tick(void **unused)
{
  (void)unused;
  begin("nordic", 2, 0, 0, 0, 1);
  assert_true(scene_run_until(&scene, STANCE_TEST_REST, 20));
  for (size_t k = 0; k < scene.log_count; k++)
    assert_false(is_tick(&scene.log[k]));
}

/* A hold with a tempo is counted by it, one without by its seconds. */
static void a_hold_is_counted_once(void **unused)
{
  (void)unused;
  for (unsigned tempo = 0; tempo < 2; tempo++) {
    begin("hold-prone-30", 20, tempo * 3, 0, tempo * 3, 1);
    scene_run(&scene, 12);
    const size_t holds = scene_count_cue(&scene, STANCE_CUE_HOLD);
    const size_t ticks =
        scene_count_cue(&scene, STANCE_CUE_DOWN) + scene_count_cue(&scene, STANCE_CUE_UP);
    if (tempo == 0) {
      assert_in_range(holds, 6, 11);
      assert_int_equal(ticks, 0);
    } else {
      assert_int_equal(holds, 0);
      assert_true(ticks > 0);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_down_one_still_three_up),
      cmocka_unit_test(a_verdict_is_not_ticked_over),
      cmocka_unit_test(without_a_tempo_there_is_no_tick),
      cmocka_unit_test(a_hold_is_counted_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
