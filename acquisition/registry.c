/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every source that the station knows: a new one is a file of its own and one line here. */
#include "bota.h"
#include "driver.h"
#include "instrument.h"
#include "labjack.h"
#include "mcc.h"
#include "open_frame.h"
#include "optoforce.h"

const struct stance_source_driver *const stance_source_drivers[] = {
    &stance_sim_driver,
    &stance_replay_driver,
    NULL,
};

/* clang-format off */
const struct stance_instrument *const stance_instruments[] = {
    &stance_labjack_u3,
    &stance_labjack_u6,
    &stance_mcc_1608fs_plus,
    &stance_mcc_20x,
    &stance_optoforce,
    &stance_bota,
    &stance_open_plate,
    NULL,
};
/* clang-format on */
