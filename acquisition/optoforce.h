/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STANCE_OPTOFORCE_H
#define STANCE_OPTOFORCE_H

#include "instrument.h"

extern const struct stance_instrument stance_optoforce;

#endif
