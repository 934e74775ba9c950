/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the words of a column's name say: its unit, its side, whether it may be a force or time. */
#ifndef STANCE_ACQUISITION_CSV_NAMES_H
#define STANCE_ACQUISITION_CSV_NAMES_H

#include "stance/side.h"

#include <stdbool.h>
#include <stddef.h>

enum stance_csv_quantity {
  STANCE_CSV_FORCE,
  STANCE_CSV_ELECTRICAL,
  STANCE_CSV_TIME,
  STANCE_CSV_OTHER_QUANTITY,
};

struct stance_csv_unit {
  const char *symbol; /* as calibration knows it: "N" "kgf" "mV/V" */
  enum stance_csv_quantity quantity;
  double units_per_second; /* of time */
};

/* By symbol or word ("Newton", "sec"); `text` without brackets. NULL: not a unit we know. */
const struct stance_csv_unit *stance_csv_unit_find(const char *text, size_t length);
/* The unit at the end of a name: "Force (N)", "Fz [kN]", "Force_mN", "F / N"; NULL without one.
   `ret_base_length` is the length of the name before it. */
const struct stance_csv_unit *stance_csv_unit_of_name(const char *name, size_t *ret_base_length);

enum stance_csv_role {
  STANCE_CSV_ROLE_UNKNOWN,
  STANCE_CSV_ROLE_TIME,
  STANCE_CSV_ROLE_INDEX, /* counts samples */
  STANCE_CSV_ROLE_FORCE,
  STANCE_CSV_ROLE_OTHER, /* a quantity that is not the force we look for */
};

struct stance_csv_traits {
  enum stance_side side; /* LEFT, RIGHT, or NONE */
  enum stance_csv_role role;
  int rank; /* among columns of one role the highest is meant, if it is the only one */
};

/* `unit` may be NULL. */
struct stance_csv_traits stance_csv_traits_of_name(const char *name,
                                                   const struct stance_csv_unit *unit);

/* STANCE_LEFT or STANCE_RIGHT for a word that names a side, else NONE. */
enum stance_side stance_csv_side_of_word(const char *word);

#endif
