/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the athlete hears, by name: the test's state machine asks for it, tools/station plays it. */
#ifndef STANCE_CUE_NAMES_H
#define STANCE_CUE_NAMES_H

/* id, what it says. */
#define STANCE_CUE_LIST(X)                                       \
  X(READY, ready, "get ready")                                   \
  X(GO, go, "go: the onset of the sweep is the instant")         \
  X(HOLD, hold, "hold on: a tick each second")                   \
  X(HOLD_LAST, hold_last, "one of the last three ticks: rising") \
  X(STOP, stop, "stop")                                          \
  X(COUNTED, counted, "repetition counted")                      \
  X(REPEAT, repeat, "repetition to be repeated")                 \
  X(LEFT, left, "change to the left side")                       \
  X(RIGHT, right, "change to the right side")                    \
  X(REST_ENDS, rest_ends, "rest is over in five seconds")        \
  X(DOWN, down, "tempo: lower, one tick")                        \
  X(STAY, stay, "tempo: hold, one tick")                         \
  X(UP, up, "tempo: raise, one tick")                            \
  X(FAULT, fault, "something failed: wait for the clinician")

enum stance_cue {
#define STANCE_CUE_ENUM(name, id, meaning) STANCE_CUE_##name,
  STANCE_CUE_LIST(STANCE_CUE_ENUM)
#undef STANCE_CUE_ENUM
      STANCE_CUE_COUNT,
};

#endif
