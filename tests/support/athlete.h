/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test in virtual time: a machine, and an athlete who does what he hears. */
#ifndef STANCE_TEST_ATHLETE_H
#define STANCE_TEST_ATHLETE_H

#include "stance/live.h"
#include "stance/machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCENE_LOG_MAX = 4096 };

struct scene {
  struct stance_protocol protocol;
  struct stance_machine_options options;
  struct stance_machine machine;
  struct stance_live live;
  int64_t now_ns;
  uint64_t frame;
  uint64_t produced; /* behind the last frame that came */
  bool streaming;
  bool silent; /* it streams, but no frame has come yet */

  /* The athlete and the rig. */
  double zero_n[2];  /* what the empty instrument reads */
  double limb_n;     /* while he is on it */
  bool on;           /* he is on it */
  double restless_n; /* he moves by this much */
  double peak_n[2];
  double reaction_s, effort_s;
  bool deaf;    /* hears no "go" */
  bool swapped; /* left pulls what is called right */
  int64_t effort_begins_ns, effort_ends_ns;
  bool pulls[2];

  /* What happened. */
  struct stance_test_action log[SCENE_LOG_MAX];
  int64_t log_ns[SCENE_LOG_MAX];
  size_t log_count;
};

/* Nordic or isometric; the rest of `options` and the athlete as changed before scene_begin. */
void scene_init(struct scene *scene, const char *protocol);
void scene_begin(struct scene *scene);
/* Goes on for `seconds`, or until the machine enters `state`; false when it never did. */
void scene_run(struct scene *scene, double seconds);
bool scene_run_until(struct scene *scene, enum stance_test_state state, double at_most_s);
/* The command is expected to be possible. */
void scene_command(struct scene *scene, enum stance_test_command command, int value);
/* From the start to the state that waits for the first repetition. */
void scene_get_started(struct scene *scene);

size_t scene_count_cue(const struct scene *scene, enum stance_cue cue);
size_t scene_count_message(const struct scene *scene, enum stance_test_message message);
size_t scene_count_phase(const struct scene *scene, enum stance_phase_kind kind);
size_t scene_count_counted(const struct scene *scene);

#endif
