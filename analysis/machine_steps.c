/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What moves the machine: the clock, the instrument, the clinician. */
#include "machine_private.h"

bool machine_is_locked(const struct stance_machine *machine, enum stance_side side)
{
  if (side == STANCE_LEFT || side == STANCE_RIGHT)
    return machine->locked[side];
  return machine->locked[STANCE_LEFT] || machine->locked[STANCE_RIGHT];
}

/* The pain was on LEFT, RIGHT or BOTH: what hurts is not loaded any more until it is released. */
static void settle_pain(struct stance_machine *machine, enum stance_side side)
{
  for (int k = STANCE_LEFT; k <= STANCE_RIGHT; k++)
    if (side == (enum stance_side)k || side == STANCE_BOTH)
      machine->locked[k] = true;
  machine->side = side;
  if (machine->pain >= 0) {
    struct stance_test_action *action = machine_act(machine, STANCE_ACTION_PAIN);
    action->number = machine->pain;
    action->repetition = machine->last;
    machine->pain = -1;
  }
  machine_act(machine, STANCE_ACTION_LOCK);
  machine_tell(machine, STANCE_MESSAGE_LOCKED, 0);
}

/* A pain whose side nobody names any more locks both. */
static void leave_pain(struct stance_machine *machine)
{
  if (machine->state == STANCE_TEST_PAIN || machine->state == STANCE_TEST_PAIN_SIDE)
    settle_pain(machine, STANCE_BOTH);
}

void machine_end(struct stance_machine *machine, enum stance_test_state state)
{
  machine_enter(machine, state, (double)NAN);
  machine_act(machine, STANCE_ACTION_END);
}

void machine_get_off(struct stance_machine *machine)
{
  machine->side = STANCE_SIDE_NONE;
  machine->done = true;
  if (machine->options.protocol->unloaded_s > 0)
    machine_enter(machine, STANCE_TEST_GET_OFF,
                  machine_patience_s(machine, machine->options.protocol->get_on_s));
  else
    machine_end(machine, STANCE_TEST_FINISHED);
}

static void leave_get_on(struct stance_machine *machine, struct stance_live *live)
{
  const struct stance_machine_options *options = &machine->options;
  if (options->prove_sides && options->two_sided && !options->unattended)
    machine_begin_proof(machine, STANCE_LEFT, live);
  else
    machine_after_position(machine, live);
}

/* Measuring anew once it is back; a repetition that it interrupted is repeated. Whatever is plugged
   in next may have its cables the other way round. */
static void lose_instrument(struct stance_machine *machine)
{
  machine->instrument_lost = true;
  machine->options.prove_sides = true;
  machine_tell(machine, STANCE_MESSAGE_INSTRUMENT_LOST, 0);
  if (machine->state == STANCE_TEST_READY || machine->state == STANCE_TEST_EFFORT) {
    machine_break_off(machine);
    machine_enter(machine, STANCE_TEST_WAIT, (double)NAN);
  }
  machine_cue(machine, STANCE_CUE_FAULT, 0);
}

static void regain_instrument(struct stance_machine *machine, const struct stance_live *live)
{
  machine->instrument_lost = false;
  machine_tell(machine, STANCE_MESSAGE_INSTRUMENT_BACK, 0);
  if (machine->state == STANCE_TEST_ZEROING || machine->state == STANCE_TEST_ZEROING_AFTER)
    machine_begin_zero(machine, machine->state);
  else if (machine->state == STANCE_TEST_WEIGHING)
    machine_begin_weighing(machine);
  else if (machine->state == STANCE_TEST_PROVE_LEFT || machine->state == STANCE_TEST_PROVE_RIGHT)
    machine_begin_proof(machine, STANCE_LEFT, live);
  else if (machine->state == STANCE_TEST_WAIT && machine->options.unattended)
    machine_enter(machine, STANCE_TEST_WAIT, 0);
}

static void pass_time(struct stance_machine *machine, struct stance_live *live)
{
  bool over = machine->until_ns != 0 && machine->now_ns >= machine->until_ns;
  switch (machine->state) {
  case STANCE_TEST_PROVE_LEFT:
  case STANCE_TEST_PROVE_RIGHT:
    machine_watch_proof(machine, live);
    break;
  case STANCE_TEST_WAIT:
  case STANCE_TEST_READY:
  case STANCE_TEST_EFFORT:
  case STANCE_TEST_REST:
    machine_watch_effort(machine, live);
    break;
  case STANCE_TEST_ZEROING:
  case STANCE_TEST_ZEROING_AFTER:
    if (over)
      machine_measure_zero(machine, live);
    break;
  case STANCE_TEST_WEIGHING:
    if (over)
      machine_measure_limb(machine, live);
    break;
  default: /* prompts: where nobody answers, time does */
    if (over && stance_machine_command(machine, STANCE_COMMAND_NEXT, 0, live, NULL) != STANCE_OK)
      machine->until_ns = 0;
  }
}

void stance_machine_advance(struct stance_machine *machine, int64_t now_ns,
                            uint64_t frames_produced, bool streaming, struct stance_live *live)
{
  const bool frames_came = frames_produced > machine->now_index;
  machine->now_ns = now_ns;
  machine->now_index = frames_produced;
  bool ended = machine->state == STANCE_TEST_FINISHED || machine->state == STANCE_TEST_ABORTED;
  if (ended)
    return;
  if (!streaming && !machine->instrument_lost)
    lose_instrument(machine);
  if (streaming && machine->instrument_lost &&
      frames_came) /* what begins now begins behind the gap */
    regain_instrument(machine, live);
  if (machine->instrument_lost) /* nothing can be measured; a rest goes on */
    return;
  pass_time(machine, live);
}

static enum stance_status next(struct stance_machine *machine, struct stance_live *live,
                               struct stance_problem *problem)
{
  switch (machine->state) {
  case STANCE_TEST_ZERO:
    machine_begin_zero(machine, STANCE_TEST_ZEROING);
    return STANCE_OK;
  case STANCE_TEST_GET_ON:
    leave_get_on(machine, live);
    return STANCE_OK;
  case STANCE_TEST_PROVE_LEFT:
  case STANCE_TEST_PROVE_RIGHT:
    machine_tell(machine, STANCE_MESSAGE_SIDES_UNPROVED, 0);
    machine_after_position(machine, live);
    return STANCE_OK;
  case STANCE_TEST_WEIGH:
    machine_begin_weighing(machine);
    return STANCE_OK;
  case STANCE_TEST_WAIT:
    if (machine_is_locked(machine, machine->side))
      return stance_problem_set(problem, STANCE_USAGE,
                                "the side is locked after pain; release it first");
    machine_get_ready(machine, live);
    return STANCE_OK;
  case STANCE_TEST_REST: /* the clinician decides that he has rested */
    if (!machine->judged)
      break;
    machine_next_repetition(machine, true);
    return STANCE_OK;
  case STANCE_TEST_GET_OFF:
    machine_begin_zero(machine, STANCE_TEST_ZEROING_AFTER);
    return STANCE_OK;
  default:
    break;
  }
  return stance_problem_set(problem, STANCE_USAGE, "there is nothing to go on to now: %s",
                            stance_test_state_text(machine->state));
}

/* REPEAT and REJECT: the last one no longer counts. */
static enum stance_status take_back(struct stance_machine *machine, bool repeat,
                                    struct stance_problem *problem)
{
  unsigned *counted = &machine->counted[machine->last.side == STANCE_RIGHT];

  if (machine->state == STANCE_TEST_EFFORT && !machine->judged && repeat) {
    machine_break_off(machine);
    machine_tell(machine, STANCE_MESSAGE_REPEATED, 0);
    machine_cue(machine, STANCE_CUE_REPEAT, 0);
    machine_enter(machine, STANCE_TEST_REST, machine->options.protocol->rest_s);
    machine->rest_warned = false;
    return STANCE_OK;
  }
  if (!machine_can_take_back(machine))
    return stance_problem_set(problem, STANCE_USAGE, "there is no counted repetition to take back");
  machine->last.counted = false;
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_REPETITION);
  action->repetition = machine->last;
  if (!repeat)
    return STANCE_OK; /* its place stays used: it is not made again */
  (*counted)--;
  machine_tell(machine, STANCE_MESSAGE_REPEATED, 0);
  machine_cue(machine, STANCE_CUE_REPEAT, 0);
  if (machine->state == STANCE_TEST_GET_OFF) {
    machine->done = false;
    machine->side = machine->last.side == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT;
    machine_next_repetition(machine, false);
  }
  return STANCE_OK;
}

/* Pain that stops nothing is that of the last effort, also of one that is yet to be judged. */
static void tell_pain(struct stance_machine *machine, int value)
{
  const bool falls = machine->state == STANCE_TEST_REST && machine_is_effort_open(machine);
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_PAIN);
  action->number = value;
  action->repetition = machine->last;
  if (falls)
    action->repetition =
        (struct stance_test_repetition){.number = machine->attempts + 1, .side = machine->side};
  action->side = action->repetition.number > 0 ? action->repetition.side : STANCE_SIDE_NONE;
}

static enum stance_status take_pain(struct stance_machine *machine, int value,
                                    struct stance_problem *problem)
{
  const double limit = machine->options.protocol->pain_limit;
  if (value < 0 || value > 10)
    return stance_problem_set(problem, STANCE_USAGE, "pain is a number from 0 to 10, not %d",
                              value);
  if (!machine_in_efforts(machine) && machine->state != STANCE_TEST_GET_OFF)
    return stance_problem_set(problem, STANCE_USAGE, "no effort has been made that could hurt");
  const bool asked = machine->state == STANCE_TEST_PAIN || machine->state == STANCE_TEST_PAIN_SIDE;
  if (!asked && !(value > limit)) { /* NaN: no limit */
    tell_pain(machine, value);
    return STANCE_OK;
  }
  if (machine->state == STANCE_TEST_READY || machine_is_effort_open(machine))
    machine_stop_for_pain(machine);
  if (machine->pain < value) /* told once more, the greater one holds */
    machine->pain = value;
  machine_enter(machine, STANCE_TEST_PAIN_SIDE, (double)NAN);
  return STANCE_OK;
}

static enum stance_status stop(struct stance_machine *machine)
{
  machine_stop_for_pain(machine);
  machine_enter(machine, STANCE_TEST_PAIN, (double)NAN);
  return STANCE_OK;
}

static enum stance_status take_side(struct stance_machine *machine, int value,
                                    struct stance_problem *problem)
{
  if (machine->state != STANCE_TEST_PAIN_SIDE)
    return stance_problem_set(problem, STANCE_USAGE, "no side is asked for now");
  if (value != STANCE_LEFT && value != STANCE_RIGHT && value != STANCE_BOTH)
    return stance_problem_set(problem, STANCE_USAGE, "the side is left, right or both");
  settle_pain(machine, (enum stance_side)value);
  if (machine->done)
    machine_get_off(machine);
  else
    machine_next_repetition(machine, false);
  return STANCE_OK;
}

static enum stance_status release(struct stance_machine *machine, int value,
                                  struct stance_problem *problem)
{
  if ((value != STANCE_LEFT && value != STANCE_RIGHT) || !machine->locked[value])
    return stance_problem_set(problem, STANCE_USAGE, "this side is not locked");
  machine->locked[value] = false;
  machine_tell(machine, STANCE_MESSAGE_RELEASED, 0);
  if (machine->state == STANCE_TEST_WAIT)
    machine_next_repetition(machine, false);
  return STANCE_OK;
}

bool machine_in_efforts(const struct stance_machine *machine)
{
  return machine->state == STANCE_TEST_WAIT || machine->state == STANCE_TEST_READY ||
         machine->state == STANCE_TEST_EFFORT || machine->state == STANCE_TEST_REST ||
         machine->state == STANCE_TEST_PAIN || machine->state == STANCE_TEST_PAIN_SIDE;
}

static enum stance_status finish(struct stance_machine *machine, struct stance_problem *problem)
{
  if (!machine_in_efforts(machine))
    return stance_problem_set(problem, STANCE_USAGE, "no efforts are going on that could end");
  machine_break_off(machine);
  leave_pain(machine);
  machine_get_off(machine);
  return STANCE_OK;
}

/* What only a person could say stays unsaid. */
static enum stance_status leave_alone(struct stance_machine *machine,
                                      struct stance_problem *problem)
{
  if (machine->options.unattended)
    return stance_problem_set(problem, STANCE_USAGE, "nobody was there before");
  machine->options.unattended = true;
  switch (machine->state) {
  case STANCE_TEST_ZERO:
  case STANCE_TEST_WEIGH:
    machine_enter(machine, machine->state, 0);
    break;
  case STANCE_TEST_GET_ON:
  case STANCE_TEST_GET_OFF:
    machine_enter(machine, machine->state, machine->options.protocol->get_on_s);
    break;
  case STANCE_TEST_WAIT:
    if (machine_is_locked(machine, machine->side))
      machine_get_off(machine);
    else
      machine_enter(machine, STANCE_TEST_WAIT, 0);
    break;
  case STANCE_TEST_PAIN:
  case STANCE_TEST_PAIN_SIDE:
    leave_pain(machine);
    machine_get_off(machine);
    break;
  default: /* its time ends it anyway */
    break;
  }
  return STANCE_OK;
}

enum stance_status stance_machine_command(struct stance_machine *machine,
                                          enum stance_test_command command, int value,
                                          struct stance_live *live, struct stance_problem *problem)
{
  bool ended = machine->state == STANCE_TEST_FINISHED || machine->state == STANCE_TEST_ABORTED;
  if (ended)
    return stance_problem_set(problem, STANCE_USAGE, "the test has ended");
  switch (command) {
  case STANCE_COMMAND_NEXT:
    if (machine->instrument_lost)
      return stance_problem_set(problem, STANCE_USAGE, "the instrument does not answer");
    return next(machine, live, problem);
  case STANCE_COMMAND_REPEAT:
  case STANCE_COMMAND_REJECT:
    return take_back(machine, command == STANCE_COMMAND_REPEAT, problem);
  case STANCE_COMMAND_STOP:
    if (!machine_in_efforts(machine))
      return stance_problem_set(problem, STANCE_USAGE, "no effort is going on");
    return stop(machine);
  case STANCE_COMMAND_FINISH:
    return finish(machine, problem);
  case STANCE_COMMAND_ABORT:
    machine_break_off(machine);
    leave_pain(machine);
    machine_end(machine, STANCE_TEST_ABORTED);
    return STANCE_OK;
  case STANCE_COMMAND_PAIN:
    return take_pain(machine, value, problem);
  case STANCE_COMMAND_SIDE:
    return take_side(machine, value, problem);
  case STANCE_COMMAND_RELEASE:
    return release(machine, value, problem);
  case STANCE_COMMAND_UNATTENDED:
    return leave_alone(machine, problem);
  }
  return stance_problem_set(problem, STANCE_USAGE, "there is no such command");
}
