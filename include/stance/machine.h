/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test as a state machine: it leads clinician and athlete from the empty instrument to the last
   repetition and off again. It knows neither screen, sound, instrument nor store: it is told the
   time, what the live path saw and what the clinician wants, and answers with actions. Pure; no
   allocation; the same inputs give the same actions. */
#ifndef STANCE_MACHINE_H
#define STANCE_MACHINE_H

#include "stance/cue.h"
#include "stance/live.h"
#include "stance/trace.h"

/* id, what the clinician is told (English; other languages translate by id). By which key or button
   he goes on says the onlooker who has it. */
#define STANCE_TEST_STATE_LIST(X)                                          \
  X(ZERO, zero, "Nothing may touch the instrument.")                       \
  X(ZEROING, zeroing, "Measuring the empty instrument.")                   \
  X(GET_ON, get_on, "Athlete into position.")                              \
  X(PROVE_LEFT, prove_left, "Pull the LEFT side alone.")                   \
  X(PROVE_RIGHT, prove_right, "Pull the RIGHT side alone.")                \
  X(WEIGH, weigh, "Relaxed and still.")                                    \
  X(WEIGHING, weighing, "Measuring the relaxed limb: keep still.")         \
  X(WAIT, wait, "Ready for the next repetition.")                          \
  X(READY, ready, "Get ready.")                                            \
  X(EFFORT, effort, "Go.")                                                 \
  X(REST, rest, "Rest.")                                                   \
  X(PAIN, pain, "How much pain, 0 to 10?")                                 \
  X(PAIN_SIDE, pain_side, "On which side?")                                \
  X(GET_OFF, get_off, "Athlete off; nothing may touch the instrument.")    \
  X(ZEROING_AFTER, zeroing_after, "Measuring the empty instrument again.") \
  X(FINISHED, finished, "The test is finished.")                           \
  X(ABORTED, aborted, "The test was ended early; everything is kept.")

enum stance_test_state {
#define STANCE_TEST_STATE_ENUM(name, id, text) STANCE_TEST_##name,
  STANCE_TEST_STATE_LIST(STANCE_TEST_STATE_ENUM)
#undef STANCE_TEST_STATE_ENUM
      STANCE_TEST_STATE_COUNT,
};
const char *stance_test_state_id(enum stance_test_state state);
const char *stance_test_state_text(enum stance_test_state state);

/* id, what it says: a printf format that takes a number and the unit of forces, or neither. */
#define STANCE_TEST_MESSAGE_LIST(X)                                                              \
  X(NOT_STILL, not_still, "It is not still: the reading moves by %.0f %s. Once more.")           \
  X(ZERO_FAR, zero_far, "Zero refused: the empty instrument reads %.0f %s. Is it really empty?") \
  X(FRAMES_LOST, frames_lost, "Frames were lost meanwhile. Once more.")                          \
  X(SIDE_PROVED, side_proved, "The side is proved.")                                             \
  X(SIDE_WRONG, side_wrong, "The other side answered: are the sides swapped?")                   \
  X(SIDE_NEGATIVE, side_negative, "The reading went down by %.0f %s: the polarity is wrong.")    \
  X(SIDES_UNPROVED, sides_unproved, "The sides were not proved: results will say so.")           \
  X(FALSE_START, false_start, "Too early: wait for the signal.")                                 \
  X(MISSED, missed, "No effort was seen.")                                                       \
  X(BROKEN_OFF, broken_off, "The effort was broken off.")                                        \
  X(NO_TARGET, no_target, "No maximum is known to aim at: there is no target band.")             \
  X(COUNTED, counted, "Counted: %.0f %s.")                                                       \
  X(REPEATED, repeated, "It will be repeated.")                                                  \
  X(LOCKED, locked, "No maximal effort on this side until it is released.")                      \
  X(RELEASED, released, "The side is released.")                                                 \
  X(ZERO_SHIFTED, zero_shifted, "The zero moved by %.1f %s during the test.")                    \
  X(ZEROED_UNDER_LOAD, zeroed_under_load,                                                        \
    "The empty instrument reads %.0f %s now: it was zeroed under load.")                         \
  X(INSTRUMENT_LOST, instrument_lost, "The instrument does not answer. The test waits.")         \
  X(INSTRUMENT_BACK, instrument_back, "The instrument is there again.")

enum stance_test_message {
#define STANCE_TEST_MESSAGE_ENUM(name, id, text) STANCE_MESSAGE_##name,
  STANCE_TEST_MESSAGE_LIST(STANCE_TEST_MESSAGE_ENUM)
#undef STANCE_TEST_MESSAGE_ENUM
      STANCE_MESSAGE_COUNT,
};
const char *stance_test_message_id(enum stance_test_message message);
const char *stance_test_message_text(enum stance_test_message message);

/* What the clinician can want. */
enum stance_test_command {
  STANCE_COMMAND_NEXT,       /* the one primary action of every state */
  STANCE_COMMAND_REPEAT,     /* the last repetition counts not; once more */
  STANCE_COMMAND_REJECT,     /* the last repetition counts not; not repeated */
  STANCE_COMMAND_STOP,       /* pain, now: the effort ends, pain is asked */
  STANCE_COMMAND_FINISH,     /* enough: off the instrument, and the end */
  STANCE_COMMAND_ABORT,      /* the end, at once; everything is kept */
  STANCE_COMMAND_PAIN,       /* value 0–10 */
  STANCE_COMMAND_SIDE,       /* value: enum stance_side, of the pain */
  STANCE_COMMAND_RELEASE,    /* value: enum stance_side */
  STANCE_COMMAND_UNATTENDED, /* nobody is there any more: from now on prompts answer themselves */
};

enum { STANCE_TEST_COMMAND_COUNT = STANCE_COMMAND_UNATTENDED + 1 };
const char *stance_test_command_id(enum stance_test_command command); /* "next" */

enum stance_test_action_kind {
  STANCE_ACTION_STATE,   /* `state` begins */
  STANCE_ACTION_CUE,     /* `cue`, at `at_ns` (0: at once) */
  STANCE_ACTION_SILENCE, /* no sound any more */
  STANCE_ACTION_PHASE,   /* `phase` begins (count 0) or is complete, in frames */
  STANCE_ACTION_TELL,    /* `message` with `number` and `side` */
  STANCE_ACTION_ONSET,   /* an effort of `side` began at frame `number`, as the live path saw it */
  STANCE_ACTION_REPETITION, /* `repetition` as the live path saw it */
  STANCE_ACTION_PAIN, /* `number` on `side` after repetition `repetition.number`, to be kept */
  STANCE_ACTION_LOCK, /* LEFT, RIGHT or BOTH of `side`, because of pain in this test, to be kept */
  STANCE_ACTION_END,  /* finished or aborted: stop recording, analyse */
};
struct stance_test_repetition {
  unsigned number;       /* attempts, from 1 */
  enum stance_side side; /* BOTH: both legs together */
  bool counted;
  bool broken_off;                           /* by pain, a command, a lost instrument */
  bool false_start;                          /* broken off, too: before its signal */
  double peak_n[STANCE_MEASURED_SIDE_COUNT]; /* live; NaN: not seen */
};
struct stance_test_action {
  enum stance_test_action_kind kind;
  enum stance_test_state state;
  enum stance_cue cue;
  int64_t at_ns;
  struct stance_phase phase;
  enum stance_test_message message;
  double number;
  enum stance_side side;
  struct stance_test_repetition repetition;
};

struct stance_machine_options {
  const struct stance_protocol *protocol; /* borrowed until the end */
  bool unattended;                /* every prompt answers itself after the protocol's time */
  bool prove_sides;               /* first test of the day, or the instrument was plugged in anew */
  bool two_sided;                 /* the instrument has a left and a right */
  uint64_t seed;                  /* of the fore-period */
  double fore_low_s, fore_high_s; /* silence between "get ready" and "go"; equal: always the same */
  double still_n;                 /* SD below which an empty instrument counts as still */
  double weigh_range_n;           /* range below which a relaxed limb or a body does */
  double prove_n;                 /* rise of one side that proves it */
  double zero_n;                  /* further off the profile's zero a zero is refused */
};
extern const struct stance_machine_options stance_machine_options_default;

enum { STANCE_MACHINE_ACTION_MAX = 32 };
struct stance_machine {
  struct stance_machine_options options;
  enum stance_test_state state;
  int64_t now_ns, since_ns, until_ns; /* of the state; until 0: waits for a command */
  uint64_t now_index;                 /* frames produced */
  uint64_t phase_first;               /* index */
  bool measured_zero;
  double zero_n[STANCE_MEASURED_SIDE_COUNT];
  bool measured_limb;
  double limb_n[STANCE_MEASURED_SIDE_COUNT]; /* the relaxed limb as read; NaN: not measured */
  enum stance_side side;                     /* whose turn it is */
  double base_n[STANCE_MEASURED_SIDE_COUNT]; /* where a side to be proved started from */
  double let_go_n;    /* below it the pull that proved the other side is over; NaN: it is */
  bool proof_refused; /* the wrong one answered, and has not yet been let go of */
  unsigned attempts, counted[2]; /* counted: of left (or both) and right */
  struct stance_test_repetition last;
  bool seen_onset, judged; /* of this effort */
  int pain;                /* told of a side that nobody has named yet; -1: none */
  bool locked[2];          /* left, right */
  bool done;               /* finished or all made: no repetition follows by itself */
  bool instrument_lost;
  unsigned ticks; /* of a hold or of the metronome, given in this effort */
  bool rest_warned;
  uint64_t random;
  struct stance_test_action action[STANCE_MACHINE_ACTION_MAX];
  size_t action_count;
};

/* Caller's storage. */
void stance_machine_init(struct stance_machine *machine,
                         const struct stance_machine_options *options, int64_t now_ns);
/* Time goes on. `live` has taken every frame up to `frames_produced`; its events are taken here.
   `streaming` false: the instrument is away. Call at least every 50 ms; take all actions after. */
void stance_machine_advance(struct stance_machine *machine, int64_t now_ns,
                            uint64_t frames_produced, bool streaming, struct stance_live *live);
/* STANCE_USAGE with a sentence where it means nothing in this state. */
STANCE_MUST_CHECK enum stance_status stance_machine_command(struct stance_machine *machine,
                                                            enum stance_test_command command,
                                                            int value, struct stance_live *live,
                                                            struct stance_problem *problem);
/* True where the command, with a value that is possible, means something now. */
bool stance_machine_accepts(const struct stance_machine *machine, enum stance_test_command command);
/* False where there is none. In order. */
bool stance_machine_take_action(struct stance_machine *machine,
                                struct stance_test_action *ret_action);
/* Seconds until the state ends by itself; NaN where it waits for a person. */
double stance_machine_remaining_s(const struct stance_machine *machine);
/* Repetitions that are still to be made on `side` (LEFT stands for both legs together). */
unsigned stance_machine_remaining(const struct stance_machine *machine, enum stance_side side);

#endif
