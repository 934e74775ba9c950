/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A force that was read with the wrong sign; private to analysis/. */
#ifndef STANCE_ANALYSIS_POLARITY_H
#define STANCE_ANALYSIS_POLARITY_H

#include "place.h"

/* STANCE_INPUT where a force that the protocol tests pulls downwards: its efforts would be read as
   rests and its rests as efforts. `scratch` holds at least one value a sample. */
STANCE_MUST_CHECK enum stance_status
polarity_check(const struct analysis *analysis, double *scratch, struct stance_problem *problem);

#endif
