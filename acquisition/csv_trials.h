/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of numbers to traces: the time axis of each trial, lost instants in place, units. */
#ifndef STANCE_ACQUISITION_CSV_TRIALS_H
#define STANCE_ACQUISITION_CSV_TRIALS_H

#include "csv_load.h"
#include "time_axis.h"

struct stance_csv_loaded {
  struct stance_csv_context context;
  const struct stance_csv_choice *choice;
  struct stance_csv_data *data;
};

/* How the time column counts. */
struct stance_csv_time_unit {
  double units_per_second;
  char symbol[8];
  bool assumed;
};
/* STANCE_USAGE where no unit is stated and no step is plausible. */
STANCE_MUST_CHECK enum stance_status stance_csv_time_unit(const struct stance_csv_loaded *loaded,
                                                          struct stance_csv_time_unit *ret_unit,
                                                          struct stance_problem *problem);

/* Some of the file's rows, in order; `row` is NULL for the first `count`. */
struct stance_csv_subset {
  const size_t *row;
  size_t count;
};
static inline size_t stance_csv_subset_row(const struct stance_csv_subset *subset, size_t k)
{
  return subset->row != NULL ? subset->row[k] : k;
}

/* The time axis of rows that belong to one trial. */
STANCE_MUST_CHECK enum stance_status
stance_csv_lay_out(const struct stance_csv_loaded *loaded, const struct stance_csv_time_unit *unit,
                   const struct stance_csv_subset *subset, const struct stance_csv_set *set,
                   struct stance_layout *ret_layout, struct stance_problem *problem);

/* Builds every trial. Takes arrays of values over where a single trial has them as they are. */
STANCE_MUST_CHECK enum stance_status stance_csv_trials_build(const struct stance_csv_loaded *loaded,
                                                             struct stance_csv_file *ret_file,
                                                             struct stance_problem *problem);

#endif
