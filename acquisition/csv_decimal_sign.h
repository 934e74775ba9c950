/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a table writes 0.5 or 0,5, and the cases in which that cannot be told. */
#ifndef STANCE_ACQUISITION_CSV_DECIMAL_SIGN_H
#define STANCE_ACQUISITION_CSV_DECIMAL_SIGN_H

#include "csv_sniff.h"

/* False where more of the file may yet show whether its commas stand for decimals. */
bool stance_csv_decimal_sign_is_settled(const struct stance_csv_table *table);

/* Sets format.decimal, and where the comma turns out to be no delimiter but the decimal sign of a
   single column, reads the window again. STANCE_INPUT for thousands separators, for both signs in
   one table, and for commas that may be either. */
STANCE_MUST_CHECK enum stance_status stance_csv_decimal_sign(const struct stance_csv_text *text,
                                                             struct stance_csv_table *table,
                                                             struct stance_problem *problem);

#endif
