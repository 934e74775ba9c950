/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to calibration/. */
#ifndef STANCE_CALIBRATION_PLATE_PRIVATE_H
#define STANCE_CALIBRATION_PLATE_PRIVATE_H

#include "stance/calibration.h"

/* Positions of the plate's channels (plate counts from 0) in their order; returns how many. */
size_t plate_channels(const struct stance_calibration *calibration, size_t plate,
                      size_t ret_channel[STANCE_CHANNEL_COUNT_MAX]);
/* STANCE_INPUT with what is impossible about a plate. */
STANCE_MUST_CHECK enum stance_status plate_validate(const struct stance_calibration *calibration,
                                                    size_t plate, struct stance_problem *problem);

#endif
