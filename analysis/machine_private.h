/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by machine*.c. */
#ifndef STANCE_MACHINE_PRIVATE_H
#define STANCE_MACHINE_PRIVATE_H

#include "stance/machine.h"

#include <math.h>

/* Appends an action with the present state and side; to be completed by the caller. */
struct stance_test_action *machine_act(struct stance_machine *machine,
                                       enum stance_test_action_kind kind);
void machine_cue(struct stance_machine *machine, enum stance_cue cue, int64_t at_ns);
void machine_tell(struct stance_machine *machine, enum stance_test_message message, double number);
/* `seconds` NaN: until a command. */
void machine_enter(struct stance_machine *machine, enum stance_test_state state, double seconds);

/* A prompt waits for a person, or for `seconds` where nobody is there. */
static inline double machine_patience_s(const struct stance_machine *machine, double seconds)
{
  return machine->options.unattended ? seconds : (double)NAN;
}

/* What ends a state: its time, or the clinician's primary action. Each enters the next one. */
void machine_begin_zero(struct stance_machine *machine, enum stance_test_state state);
void machine_begin_weighing(struct stance_machine *machine);
void machine_begin_proof(struct stance_machine *machine, enum stance_side side,
                         const struct stance_live *live);
void machine_after_position(struct stance_machine *machine, struct stance_live *live);
void machine_begin_efforts(struct stance_machine *machine, struct stance_live *live);
/* The next repetition of the side whose turn it is, or off the instrument when all are done. */
void machine_next_repetition(struct stance_machine *machine, bool at_once);
void machine_get_ready(struct stance_machine *machine, struct stance_live *live);
void machine_get_off(struct stance_machine *machine);
void machine_end(struct stance_machine *machine, enum stance_test_state state);

/* Not before the first effort is possible, and not after the last. */
bool machine_in_efforts(const struct stance_machine *machine);
bool machine_can_take_back(const struct stance_machine *machine);

/* Live events and the passing of time within the states above. */
void machine_measure_zero(struct stance_machine *machine, const struct stance_live *live);
void machine_measure_limb(struct stance_machine *machine, struct stance_live *live);
void machine_watch_proof(struct stance_machine *machine, struct stance_live *live);
void machine_watch_effort(struct stance_machine *machine, struct stance_live *live);
/* The effort ends without a judgement: it counts as an attempt that is to be repeated. One whose
   signal to stop has been given was made, and is left as it is, */
void machine_break_off(struct stance_machine *machine);
/* unless it hurt. */
void machine_stop_for_pain(struct stance_machine *machine);
/* An effort goes on, or its force still falls: it is yet to be judged. */
bool machine_is_effort_open(const struct stance_machine *machine);
bool machine_is_locked(const struct stance_machine *machine, enum stance_side side);

#endif
