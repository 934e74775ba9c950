/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile_fields.h"

#include "stance/calibration.h"

#define TEXT_FIELD(structure, member) \
  offsetof(struct structure, member), sizeof(((struct structure *)NULL)->member)
#define PLAIN_FIELD(structure, member) offsetof(struct structure, member), 0

static const struct field profile_fields[] = {
    {"id", FIELD_TEXT, true, TEXT_FIELD(stance_calibration, id)},
    {"instrument", FIELD_TEXT, true, TEXT_FIELD(stance_calibration, instrument)},
    {"created_at", FIELD_TEXT, false, TEXT_FIELD(stance_calibration, created_at)},
    {"operator", FIELD_TEXT, false, TEXT_FIELD(stance_calibration, operator_name)},
    {"calibrated", FIELD_YES_NO, true, PLAIN_FIELD(stance_calibration, calibrated)},
};

static const struct field channel_fields[] = {
    {"name", FIELD_TEXT, false, TEXT_FIELD(stance_calibration_channel, channel)},
    {"serial", FIELD_TEXT, false, TEXT_FIELD(stance_calibration_channel, serial)},
    {"unit", FIELD_TEXT, true, TEXT_FIELD(stance_calibration_channel, unit)},
    {"side", FIELD_SIDE, true, PLAIN_FIELD(stance_calibration_channel, side)},
    {"polarity", FIELD_POLARITY, true, PLAIN_FIELD(stance_calibration_channel, polarity)},
    {"zero", FIELD_NUMBER, true, PLAIN_FIELD(stance_calibration_channel, zero_raw)},
    {"slope_n_per_unit", FIELD_NUMBER, true,
     PLAIN_FIELD(stance_calibration_channel, slope_n_per_unit)},
};

const struct field_table stance_profile_table = {profile_fields,
                                                 sizeof profile_fields / sizeof profile_fields[0]};
const struct field_table stance_channel_table = {channel_fields,
                                                 sizeof channel_fields / sizeof channel_fields[0]};
