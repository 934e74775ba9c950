/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of `stance`: one table, from which the program, its help and its man pages are made.
   To add one: a file command_NAME.c with its argp, and a line in commands.c. */
#ifndef STANCE_COMMAND_H
#define STANCE_COMMAND_H

#include "stance/status.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

struct stance_command {
  const char *name;
  const char *summary;               /* one line */
  const struct argp *argp;           /* options with their meaning, arguments, text and examples */
  int (*run)(int argc, char **argv); /* returns the exit status */
};
extern const struct stance_command stance_commands[]; /* ends with a NULL name */

extern const struct argp stance_analyze_argp;
int stance_analyze_run(int argc, char **argv);
extern const struct argp stance_calibrate_argp;
int stance_calibrate_run(int argc, char **argv);
extern const struct argp stance_devices_argp;
int stance_devices_run(int argc, char **argv);
extern const struct argp stance_doctor_argp;
int stance_doctor_run(int argc, char **argv);
extern const struct argp stance_export_argp;
int stance_export_run(int argc, char **argv);
extern const struct argp stance_open_argp;
int stance_open_run(int argc, char **argv);
extern const struct argp stance_reliability_argp;
int stance_reliability_run(int argc, char **argv);
extern const struct argp stance_verify_record_argp;
int stance_verify_record_run(int argc, char **argv);
extern const struct argp stance_run_argp;
int stance_run_run(int argc, char **argv);
extern const struct argp stance_verify_argp;
int stance_verify_run(int argc, char **argv);

/* What every help text ends with. */
extern const char stance_exit_status_text[];

/* 0 done, 1 a test did not hold, 2 usage, 3 input, 4 instrument, 5 store. */
int stance_exit_status(enum stance_status status);
/* The problem on stderr, as "stance: …"; returns its exit status. */
int stance_complain(enum stance_status status, const struct stance_problem *problem);

/* Text for a terminal: what could move its cursor or change its colours, from a file's or a
   person's name, becomes `?`. */
void stance_print_plain(FILE *to, const char *text);

/* A UUID, and no file of that name: a recording of the store. */
bool stance_names_recording(const char *text);

/* Option values. Each ends the program with status 2 and a sentence where the text is no such
   value. */
double stance_number_option(struct argp_state *state, const char *option, const char *text,
                            double minimum, double maximum);
/* A name in UTF-8 without control characters; the same text. */
const char *stance_name_option(struct argp_state *state, const char *option, const char *text);
enum { STANCE_CHOICE_SIZE = 4096 }; /* of a list of columns or scales */

/* An option that may be given again, as in `--scale left=2,0 --scale right=3,0`: adds the text to
   `list`, a string in `size` bytes, with `separator` between; the same list. */
const char *stance_list_option(struct argp_state *state, const char *option, char *list,
                               size_t size, char separator, const char *text);
/* STANCE_LEFT or STANCE_RIGHT. */
int stance_side_option(struct argp_state *state, const char *option, const char *text);

#endif
