/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulated recordings for bench_trial.c: in a store, as a live test leaves them, and as CSV. */
#ifndef STANCE_BENCH_TRIALS_H
#define STANCE_BENCH_TRIALS_H

#include "store.h"

enum { TRIAL_PATH_SIZE = 512 };

/* FOLDER/trial-K.csv */
void trials_csv_path(const char *folder, unsigned k, char ret_path[TRIAL_PATH_SIZE]);
/* FOLDER/store.db */
void trials_store_path(const char *folder, char ret_path[TRIAL_PATH_SIZE]);

/* `count` different Nordic tests of 20 s, two channels, 1 kHz, two repetitions each: in the store
   in blocks of 250 ms with the profile of the rig, and in newtons as CSV files. */
STANCE_MUST_CHECK enum stance_status trials_make(const char *folder, unsigned count,
                                                 struct stance_problem *problem);
/* SQL for sqlite3(1) that adds copies number `first` … `last` of the `count` recordings that
   trials_make made: whole recordings under ids of their own, blocks and all. The caller frees it;
   NULL without memory. */
char *trials_copy_sql(unsigned count, unsigned first, unsigned last);

#endif
