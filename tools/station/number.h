/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as text: exact, always with a point, and fast enough for raw traces (printf is not). */
#ifndef STANCE_NUMBER_H
#define STANCE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Room for the longest text below: 309 digits, point, 22 decimals, sign and terminator. */
enum { STANCE_NUMBER_SIZE = 352, STANCE_NUMBER_DECIMALS_MAX = 22 };

/* Same bytes as printf("%.*f") in the C locale: the exact binary value, rounded half to even.
   NaN gives the empty text, since a missing value is an empty cell. `ret_text` holds at least
   STANCE_NUMBER_SIZE bytes and is terminated; returns the length. Any context below 2^64 / 10^d,
   beyond that printf does it. */
size_t stance_number_fixed(double value, int decimals, char *ret_text);

/* The fewest significant digits that strtod reads back as the same value, in plain notation where
   fifteen digits suffice, else as %g writes it. (At some exact powers of two below 1e-10 one digit
   more than necessary.) NaN gives the empty text. Same buffer as above. */
size_t stance_number_shortest(double value, char *ret_text);

size_t stance_number_unsigned(uint64_t value, char *ret_text);

#endif
