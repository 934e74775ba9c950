/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every virtual instrument: a new one is a file of its own and one line here. */
#include "virtual_labjack.h"
#include "virtual_mcc.h"
#include "virtual_serial.h"

/* clang-format off */
const struct stance_virtual_kind *const stance_virtual_kinds[] = {
    &stance_virtual_labjack_u6,
    &stance_virtual_labjack_u3,
    &stance_virtual_mcc_1608fs_plus,
    &stance_virtual_mcc_201,
    &stance_virtual_mcc_202,
    &stance_virtual_mcc_204,
    &stance_virtual_mcc_205,
    &stance_virtual_optoforce_3,
    &stance_virtual_optoforce_6,
    &stance_virtual_bota,
    &stance_virtual_open_plate,
    NULL,
};
/* clang-format on */
