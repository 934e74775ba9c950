/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any profile that is possible, and whether two are the same to the bit. */
#ifndef STANCE_TEST_RANDOM_PROFILE_H
#define STANCE_TEST_RANDOM_PROFILE_H

#include "stance/calibration.h"

#include <stdint.h>

extern uint64_t profile_seed; /* what the next random number follows from */

size_t random_below(size_t limit);
double random_unit(void); /* uniform in [0, 1) */

/* Valid; fails the test where it is not. */
void profile_random(struct stance_calibration *ret_calibration);
/* NaN equals NaN, −0 is not 0. */
bool profile_is_same(const struct stance_calibration *a, const struct stance_calibration *b);

#endif
