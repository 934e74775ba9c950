/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/athlete.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#define FRAME_NS 1000000
static const double rise_s = 0.15; /* time constant of an effort */

void scene_init(struct scene *scene, const char *protocol)
{
  memset(scene, 0, sizeof *scene);
  assert_int_equal(stance_protocol_builtin(protocol, &scene->protocol, NULL), STANCE_OK);
  scene->options = stance_machine_options_default;
  scene->options.protocol = &scene->protocol;
  scene->options.seed = 7;
  scene->options.two_sided = true;
  scene->streaming = true;
  scene->limb_n = 40;
  scene->peak_n[0] = 300;
  scene->peak_n[1] = 280;
  scene->reaction_s = 0.2;
  scene->effort_s = 2;
}

void scene_begin(struct scene *scene)
{
  assert_int_equal(stance_live_init(&scene->live, 1e9 / FRAME_NS, &scene->protocol, NULL),
                   STANCE_OK);
  scene->now_ns = 1000000000;
  stance_machine_init(&scene->machine, &scene->options, scene->now_ns);
}

static double noise(uint64_t frame, int side)
{
  uint64_t x = (frame * 2 + (uint64_t)side + 1) * UINT64_C(0x9e3779b97f4a7c15);
  x ^= x >> 29;
  x *= UINT64_C(0xbf58476d1ce4e5b9);
  x ^= x >> 32;
  return (double)(x >> 11) * 0x1p-52 - 1; /* even, ±1 N */
}

static double force_of(const struct scene *scene, int side)
{
  double force_n = scene->zero_n[side] + noise(scene->frame, side);
  int limb = scene->swapped ? 1 - side : side;
  if (scene->on)
    force_n +=
        scene->limb_n + scene->restless_n * sin(2 * M_PI * 1.3 * (double)scene->frame / 1000);
  double t = (double)(scene->now_ns - scene->effort_begins_ns) * 1e-9;
  if (scene->pulls[limb] && scene->effort_begins_ns > 0 && t > 0) {
    double last = (double)(scene->effort_ends_ns - scene->effort_begins_ns) * 1e-9;
    double rise = 1 - exp(-fmin(t, last) / rise_s);
    force_n += scene->peak_n[limb] * rise * (t < last ? 1 : exp(-(t - last) / 0.03));
  }
  return force_n;
}

/* What the athlete does when he hears or reads something. */
static void react(struct scene *scene, const struct stance_test_action *action)
{
  bool go = action->kind == STANCE_ACTION_CUE && action->cue == STANCE_CUE_GO;
  if (go && !scene->deaf) {
    scene->effort_begins_ns = action->at_ns + (int64_t)(scene->reaction_s * 1e9);
    scene->effort_ends_ns = scene->effort_begins_ns + (int64_t)(scene->effort_s * 1e9);
    scene->pulls[0] = action->side != STANCE_RIGHT;
    scene->pulls[1] = action->side != STANCE_LEFT;
  }
  if (action->kind == STANCE_ACTION_SILENCE && scene->effort_begins_ns > scene->now_ns)
    scene->effort_begins_ns = 0; /* the signal did not come */
  bool proves = action->kind == STANCE_ACTION_STATE && (action->state == STANCE_TEST_PROVE_LEFT ||
                                                        action->state == STANCE_TEST_PROVE_RIGHT);
  if (proves) {
    scene->effort_begins_ns = scene->now_ns + 1000000000;
    scene->effort_ends_ns = scene->effort_begins_ns + 500000000;
    scene->pulls[0] = action->state == STANCE_TEST_PROVE_LEFT;
    scene->pulls[1] = !scene->pulls[0];
  }
}

static void take_actions(struct scene *scene)
{
  struct stance_test_action action;
  while (stance_machine_take_action(&scene->machine, &action)) {
    assert_true(scene->log_count < SCENE_LOG_MAX);
    scene->log[scene->log_count] = action;
    scene->log_ns[scene->log_count++] = scene->now_ns;
    react(scene, &action);
  }
}

static void step(struct scene *scene)
{
  if (scene->streaming && !scene->silent) {
    struct stance_force_frame frame = {.index = scene->frame};
    frame.force_n[STANCE_LEFT] = force_of(scene, 0);
    frame.force_n[STANCE_RIGHT] = force_of(scene, 1);
    frame.force_n[STANCE_TOTAL] = frame.force_n[STANCE_LEFT] + frame.force_n[STANCE_RIGHT];
    stance_live_push(&scene->live, &frame);
    scene->produced = scene->frame + 1;
  }
  scene->frame++;
  scene->now_ns += FRAME_NS;
  if (scene->frame % 10 == 0)
    stance_machine_advance(&scene->machine, scene->now_ns, scene->produced, scene->streaming,
                           &scene->live);
  take_actions(scene);
}

void scene_run(struct scene *scene, double seconds)
{
  for (long k = 0; k < lround(seconds * 1000); k++)
    step(scene);
}

bool scene_run_until(struct scene *scene, enum stance_test_state state, double at_most_s)
{
  for (long k = 0; k < lround(at_most_s * 1000) && scene->machine.state != state; k++)
    step(scene);
  return scene->machine.state == state;
}

void scene_command(struct scene *scene, enum stance_test_command command, int value)
{
  struct stance_problem problem = {""};
  if (stance_machine_command(&scene->machine, command, value, &scene->live, &problem) != STANCE_OK)
    fail_msg("refused in %s: %s", stance_test_state_id(scene->machine.state), problem.text);
  take_actions(scene);
}

void scene_get_started(struct scene *scene)
{
  scene_run(scene, 1);
  scene_command(scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(scene, STANCE_TEST_GET_ON, 10));
  scene->on = true;
  scene_run(scene, 2);
  scene_command(scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(scene, STANCE_TEST_WEIGH, 30));
  scene_command(scene, STANCE_COMMAND_NEXT, 0);
  assert_true(scene_run_until(scene, STANCE_TEST_WAIT, 10));
}

size_t scene_count_cue(const struct scene *scene, enum stance_cue cue)
{
  size_t count = 0;
  for (size_t k = 0; k < scene->log_count; k++)
    count += scene->log[k].kind == STANCE_ACTION_CUE && scene->log[k].cue == cue;
  return count;
}

size_t scene_count_message(const struct scene *scene, enum stance_test_message message)
{
  size_t count = 0;
  for (size_t k = 0; k < scene->log_count; k++)
    count += scene->log[k].kind == STANCE_ACTION_TELL && scene->log[k].message == message;
  return count;
}

size_t scene_count_phase(const struct scene *scene, enum stance_phase_kind kind)
{
  size_t count = 0;
  for (size_t k = 0; k < scene->log_count; k++)
    count += scene->log[k].kind == STANCE_ACTION_PHASE && scene->log[k].phase.kind == kind;
  return count;
}

size_t scene_count_counted(const struct scene *scene)
{
  size_t count = 0;
  for (size_t k = 0; k < scene->log_count; k++)
    count += scene->log[k].kind == STANCE_ACTION_REPETITION && scene->log[k].repetition.counted;
  return count;
}
