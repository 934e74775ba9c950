/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A protocol is data: an INI file. The built-in ones are such files, compiled in. */
#ifndef STANCE_PROTOCOL_H
#define STANCE_PROTOCOL_H

#include "stance/metric.h"
#include "stance/onset.h"
#include "stance/status.h"

#include <stdbool.h>

enum stance_protocol_sides {
  STANCE_SIDES_BOTH,
  STANCE_SIDES_EACH,
  STANCE_SIDES_LEFT,
  STANCE_SIDES_RIGHT
};
enum stance_rig { STANCE_RIG_STRAP, STANCE_RIG_PLATE, STANCE_RIG_TWO_PLATES };
enum stance_effort_kind {
  STANCE_EFFORT_EXPLOSIVE,
  STANCE_EFFORT_SUSTAINED,
  STANCE_EFFORT_RAMP,
  STANCE_EFFORT_ECCENTRIC,
};

struct stance_protocol {
  char id[48];
  char title[96];
  char version[16];
  enum stance_protocol_sides sides;
  enum stance_rig rig;
  enum stance_effort_kind effort;
  double hip_deg, knee_deg; /* NaN where the protocol does not fix them */
  unsigned repetitions;     /* per side */
  double unloaded_s, get_on_s, limb_s, effort_s, rest_s; /* what `stance run` asks for, in order */
  /* Band that the force of an effort shall keep to, in percent of the side's maximum by the
     protocol `target_of` ("": this one); NaN: none. */
  double target_low_pct, target_high_pct;
  char target_of[48];
  /* Metronome of an effort, in ticks, over and over; all 0: none. */
  unsigned tempo_down, tempo_stay, tempo_up;
  double tempo_tick_s;
  double pain_limit; /* 0–10; an effort above it stops the test; NaN: none */
  enum stance_metric
      compared; /* what asymmetry_peak_force compares: peak_force or peak_force_net */
  struct stance_analysis_settings analysis;
  char instruction[512]; /* what the athlete is told */
  char sources[1024];    /* where the numbers come from */
};

/* The k-th built-in protocol's file text, its id in `ret_id`; NULL past the end. */
const char *stance_protocol_builtin_text(size_t k, const char **ret_id);

/* STANCE_INPUT with `name`, line number, what was wrong and what is allowed. Unknown keys are
   errors. */
STANCE_MUST_CHECK enum stance_status stance_protocol_parse(const char *name, const char *text,
                                                           struct stance_protocol *ret_protocol,
                                                           struct stance_problem *problem);
/* By id among the built-in ones; STANCE_USAGE lists them where there is none. */
STANCE_MUST_CHECK enum stance_status stance_protocol_builtin(const char *id,
                                                             struct stance_protocol *ret_protocol,
                                                             struct stance_problem *problem);
const char *stance_rig_name(enum stance_rig rig);                         /* "strap" */
const char *stance_effort_kind_name(enum stance_effort_kind effort);      /* "explosive" */
const char *stance_protocol_sides_name(enum stance_protocol_sides sides); /* "left,right" */

#endif
