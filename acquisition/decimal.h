/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decimal text to binary64, correctly rounded, with either decimal sign. */
#ifndef STANCE_ACQUISITION_DECIMAL_H
#define STANCE_ACQUISITION_DECIMAL_H

#include <stddef.h>

enum stance_decimal_kind {
  STANCE_DECIMAL_NUMBER,
  STANCE_DECIMAL_MISSING,     /* empty, or a word for "no value": the value is NaN */
  STANCE_DECIMAL_TEXT,        /* not a number at all */
  STANCE_DECIMAL_INFINITE,    /* "inf", "1.#INF" */
  STANCE_DECIMAL_TOO_LARGE,   /* a number beyond binary64 */
  STANCE_DECIMAL_HEXADECIMAL, /* "0x1A" */
  STANCE_DECIMAL_OTHER_SIGN,  /* would be a number with the other decimal sign */
  STANCE_DECIMAL_GROUPED,     /* has thousands separators */
};

struct stance_decimal {
  double value;
  int decimals; /* the last digit printed is worth 10^-decimals; may be negative ("1e3") */
};

/* Reads the whole of `text` as one number whose decimal sign is `point` ('.' or ','); blanks
   around it are allowed, digits may not be grouped. `ret_decimal` is written for NUMBER and
   MISSING only. Never depends on the process's locale. WORK. */
enum stance_decimal_kind stance_decimal_read(const char *text, size_t length, char point,
                                             struct stance_decimal *ret_decimal);

#endif
