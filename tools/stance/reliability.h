/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `stance reliability` was asked for; and what it kept, for the commands that compare. */
#ifndef STANCE_RELIABILITY_ARGUMENTS_H
#define STANCE_RELIABILITY_ARGUMENTS_H

#include "reliability_tests.h"

#include <stdbool.h>
#include <stddef.h>

enum stance_reliability_what {
  STANCE_RELIABILITY_STUDY,
  STANCE_RELIABILITY_LIST,
  STANCE_RELIABILITY_PUBLISHED,
  STANCE_RELIABILITY_FORGET,
};

struct stance_reliability_arguments {
  enum stance_reliability_what what;
  const char *protocol; /* id or file */
  const char *study;    /* to forget */
  struct stance_reliability_options options;
  enum stance_metric metric[STANCE_METRIC_COUNT];
  bool save, json;
  bool terse; /* all metrics: many will be missing */
  char **file;
  size_t file_count;
};

/* Ends the program with status 2 and a sentence on a wrong use. The files are borrowed from
   `argv`. */
void stance_reliability_parse(int argc, char **argv,
                              struct stance_reliability_arguments *ret_arguments);

/* What the clinic has measured of its tests; the records are to be freed. Where they cannot be
   read there are none, and it is told: published numbers may then stand where its own should. */
void stance_reliability_load(struct stance_store *store, struct stance_reliability_book *ret_book);
void stance_reliability_complain(const struct stance_problem *problem);

#endif
