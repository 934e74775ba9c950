/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STANCE_BOTA_H
#define STANCE_BOTA_H

#include "instrument.h"

extern const struct stance_instrument stance_bota;

#endif
