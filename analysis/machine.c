/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states in order of a test; what they do is in machine_steps.c. */
#include "machine_private.h"

#include <math.h>
#include <string.h>

static const struct {
  const char *id, *text;
} states[STANCE_TEST_STATE_COUNT] = {
#define STATE_NAME(name, id, text) [STANCE_TEST_##name] = {#id, text},
    STANCE_TEST_STATE_LIST(STATE_NAME)
#undef STATE_NAME
};

static const struct {
  const char *id, *text;
} messages[STANCE_MESSAGE_COUNT] = {
#define MESSAGE_NAME(name, id, text) [STANCE_MESSAGE_##name] = {#id, text},
    STANCE_TEST_MESSAGE_LIST(MESSAGE_NAME)
#undef MESSAGE_NAME
};

const char *stance_test_state_id(enum stance_test_state state)
{
  return states[state].id;
}

const char *stance_test_state_text(enum stance_test_state state)
{
  return states[state].text;
}

const char *stance_test_message_id(enum stance_test_message message)
{
  return messages[message].id;
}

const char *stance_test_message_text(enum stance_test_message message)
{
  return messages[message].text;
}

const char *stance_test_command_id(enum stance_test_command command)
{
  static const char *const ids[STANCE_TEST_COMMAND_COUNT] = {
      [STANCE_COMMAND_NEXT] = "next",       [STANCE_COMMAND_REPEAT] = "repeat",
      [STANCE_COMMAND_REJECT] = "reject",   [STANCE_COMMAND_STOP] = "stop",
      [STANCE_COMMAND_FINISH] = "finish",   [STANCE_COMMAND_ABORT] = "abort",
      [STANCE_COMMAND_PAIN] = "pain",       [STANCE_COMMAND_SIDE] = "side",
      [STANCE_COMMAND_RELEASE] = "release", [STANCE_COMMAND_UNATTENDED] = "unattended",
  };
  return ids[command];
}

/* fore-period 1–3 s: long enough that the signal cannot be foreseen. still_n, prove_n, zero_n:
   defaults of this program, above the noise of a strap rig and far below a limb. weigh_range_n:
   Comfort 2019 rejects a quiet period that varies by more. */
const struct stance_machine_options stance_machine_options_default = {
    .fore_low_s = 1,
    .fore_high_s = 3,
    .still_n = 2,
    .weigh_range_n = 50,
    .prove_n = 20,
    .zero_n = 100,
};

struct stance_test_action *machine_act(struct stance_machine *machine,
                                       enum stance_test_action_kind kind)
{
  if (machine->action_count == STANCE_MACHINE_ACTION_MAX) /* nobody takes them: the oldest goes */
    memmove(machine->action, machine->action + 1,
            --machine->action_count * sizeof *machine->action);
  struct stance_test_action *action = &machine->action[machine->action_count++];
  *action =
      (struct stance_test_action){.kind = kind, .state = machine->state, .side = machine->side};
  return action;
}

void machine_cue(struct stance_machine *machine, enum stance_cue cue, int64_t at_ns)
{
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_CUE);
  action->cue = cue;
  action->at_ns = at_ns;
}

void machine_tell(struct stance_machine *machine, enum stance_test_message message, double number)
{
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_TELL);
  action->message = message;
  action->number = number;
}

void machine_enter(struct stance_machine *machine, enum stance_test_state state, double seconds)
{
  machine->state = state;
  machine->since_ns = machine->now_ns;
  machine->until_ns = isnan(seconds) ? 0 : machine->now_ns + (int64_t)llround(seconds * 1e9);
  machine_act(machine, STANCE_ACTION_STATE);
}

void stance_machine_init(struct stance_machine *machine,
                         const struct stance_machine_options *options, int64_t now_ns)
{
  memset(machine, 0, sizeof *machine);
  machine->options = *options;
  machine->now_ns = now_ns;
  machine->random = options->seed;
  machine->side = STANCE_SIDE_NONE;
  machine->pain = -1;
  if (options->protocol->unloaded_s > 0)
    machine_enter(machine, STANCE_TEST_ZERO, machine_patience_s(machine, 0));
  else
    machine_enter(machine, STANCE_TEST_GET_ON,
                  machine_patience_s(machine, options->protocol->get_on_s));
}

bool stance_machine_take_action(struct stance_machine *machine,
                                struct stance_test_action *ret_action)
{
  if (machine->action_count == 0)
    return false;
  *ret_action = machine->action[0];
  memmove(machine->action, machine->action + 1, --machine->action_count * sizeof *machine->action);
  return true;
}

double stance_machine_remaining_s(const struct stance_machine *machine)
{
  if (machine->until_ns == 0)
    return (double)NAN;
  return fmax(0, (double)(machine->until_ns - machine->now_ns) / 1e9);
}

unsigned stance_machine_remaining(const struct stance_machine *machine, enum stance_side side)
{
  const struct stance_protocol *protocol = machine->options.protocol;
  bool tested = side == STANCE_RIGHT
                    ? protocol->sides == STANCE_SIDES_EACH || protocol->sides == STANCE_SIDES_RIGHT
                    : protocol->sides != STANCE_SIDES_RIGHT;
  unsigned counted = machine->counted[side == STANCE_RIGHT];
  return tested && counted < protocol->repetitions ? protocol->repetitions - counted : 0;
}
