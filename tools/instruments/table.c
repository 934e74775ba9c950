/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every virtual instrument: a new one is a file of its own and one line here. */
#include "virtual_device.h"

extern const struct stance_virtual_kind stance_virtual_labjack_u6, stance_virtual_labjack_u3;

const struct stance_virtual_kind *const stance_virtual_kinds[] = {
    &stance_virtual_labjack_u6,
    &stance_virtual_labjack_u3,
    NULL,
};
