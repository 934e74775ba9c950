/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `stance analyze` was asked for; private to analyze_*.c and command_analyze.c. */
#ifndef STANCE_ANALYZE_H
#define STANCE_ANALYZE_H

#include "batch.h"
#include "command.h"

#include <stdbool.h>

enum { STANCE_SETTING_COUNT_MAX = 64 };

struct stance_analyze_arguments {
  const char *protocol; /* id or file, NULL: none given */
  struct stance_trial_options trial;
  struct stance_setting setting[STANCE_SETTING_COUNT_MAX];
  char columns[STANCE_CHOICE_SIZE], scale[STANCE_CHOICE_SIZE]; /* where `trial` points to */
  bool stored;                                                 /* every recording of the store */
  bool has_uncertainty; /* `trial.uncertainty` was asked for, and is not our choice */
  enum stance_layout layout;
  bool json, append, locale;
  bool has_budget;
  enum stance_metric budget; /* where has_budget */
  const char *output;        /* NULL: standard output */
  unsigned jobs;
  char **input; /* the arguments that are no options */
  size_t input_count;
};

/* Ends the program with status 2 and a sentence on a wrong use. `ret_arguments->input` is to be
   freed, what it points to is borrowed from `argv`. */
void stance_analyze_parse(int argc, char **argv, struct stance_analyze_arguments *ret_arguments);

#endif
