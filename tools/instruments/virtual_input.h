/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What acts on the analogue inputs: the simulated athlete or a recording, as forces, through load
   cells of a stated sensitivity, as volts on the instrument's terminals. */
#ifndef STANCE_VIRTUAL_INPUT_H
#define STANCE_VIRTUAL_INPUT_H

#include "stance/calibration.h"
#include "stance/status.h"

#include <stddef.h>

enum { STANCE_VIRTUAL_TERMINAL_COUNT = 16, STANCE_VIRTUAL_PATH_COUNT = 4 };

/* One load cell: which side it carries, to which terminal it is wired. */
struct stance_virtual_path {
  enum stance_side side;
  unsigned terminal;
};

/* What a terminal's reading means in an instrument's own unit, for the profile. */
struct stance_virtual_channel {
  char name[64]; /* as the driver calls it */
  char unit[16];
  double unit_per_volt;
};

struct stance_virtual_input_options {
  const char *uri;        /* "sim:…" or "replay:…"; NULL: 0 N */
  double newton_per_volt; /* > 0 */
  const char *wiring;     /* "left:0,right:1"; NULL: that */
  double bias_v;          /* a cell's amplifier at no force */
  double marks_v;         /* terminal k without a cell carries k · marks_v */
  double clock_ppm;       /* of the instrument: the truth is told on its axis */
};

struct stance_virtual_input;

/* `options`' texts are copied. STANCE_USAGE and STANCE_INPUT as of the source. */
STANCE_MUST_CHECK enum stance_status
stance_virtual_input_open(const struct stance_virtual_input_options *options,
                          struct stance_virtual_input **ret_input, struct stance_problem *problem);
void stance_virtual_input_destroy(struct stance_virtual_input *input);

/* Volts against ground of one terminal at a physical time ≥ 0. `input` NULL: 0 V. */
double stance_virtual_input_volts(struct stance_virtual_input *input, unsigned terminal,
                                  double time_s);
size_t stance_virtual_input_paths(const struct stance_virtual_input *input,
                                  struct stance_virtual_path ret_path[STANCE_VIRTUAL_PATH_COUNT]);
double stance_virtual_input_newton_per_volt(const struct stance_virtual_input *input);
double stance_virtual_input_bias_v(const struct stance_virtual_input *input);
/* Truth as the source tells it (CSV); NULL where it knows none. The caller frees it. */
char *stance_virtual_input_truth(const struct stance_virtual_input *input);

#endif
