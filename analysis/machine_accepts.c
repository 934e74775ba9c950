/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which commands mean something now: what a page offers, and what machine_steps.c then takes. */
#include "machine_private.h"

static bool accepts_next(const struct stance_machine *machine)
{
  switch (machine->state) {
  case STANCE_TEST_ZERO:
  case STANCE_TEST_GET_ON:
  case STANCE_TEST_PROVE_LEFT:
  case STANCE_TEST_PROVE_RIGHT:
  case STANCE_TEST_WEIGH:
  case STANCE_TEST_GET_OFF:
    return !machine->instrument_lost;
  case STANCE_TEST_WAIT:
    return !machine->instrument_lost && !machine_is_locked(machine, machine->side);
  case STANCE_TEST_REST:
    return !machine->instrument_lost && machine->judged;
  default:
    return false;
  }
}

/* Between efforts, or once the effort that goes on has been counted: a hold may end before its
   signal. */
bool machine_can_take_back(const struct stance_machine *machine)
{
  const bool over = machine->state == STANCE_TEST_REST || machine->state == STANCE_TEST_WAIT ||
                    machine->state == STANCE_TEST_GET_OFF ||
                    (machine->state == STANCE_TEST_EFFORT && machine->judged);
  return over && machine->attempts > 0 && machine->last.counted;
}

bool stance_machine_accepts(const struct stance_machine *machine, enum stance_test_command command)
{
  if (machine->state == STANCE_TEST_FINISHED || machine->state == STANCE_TEST_ABORTED)
    return false;
  switch (command) {
  case STANCE_COMMAND_NEXT:
    return accepts_next(machine);
  case STANCE_COMMAND_REPEAT:
    return (machine->state == STANCE_TEST_EFFORT && !machine->judged) ||
           machine_can_take_back(machine);
  case STANCE_COMMAND_REJECT:
    return machine_can_take_back(machine);
  case STANCE_COMMAND_STOP:
  case STANCE_COMMAND_FINISH:
    return machine_in_efforts(machine);
  case STANCE_COMMAND_ABORT:
    return true;
  case STANCE_COMMAND_PAIN:
    return machine_in_efforts(machine) || machine->state == STANCE_TEST_GET_OFF;
  case STANCE_COMMAND_SIDE:
    return machine->state == STANCE_TEST_PAIN_SIDE;
  case STANCE_COMMAND_RELEASE:
    return machine->locked[STANCE_LEFT] || machine->locked[STANCE_RIGHT];
  case STANCE_COMMAND_UNATTENDED:
    return !machine->options.unattended;
  }
  return false;
}
