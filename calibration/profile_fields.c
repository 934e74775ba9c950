/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile_fields.h"

#include "stance/calibration.h"

#define TEXT(name, presence, structure, member)                     \
  {                                                                 \
    name, FIELD_TEXT, presence, offsetof(struct structure, member), \
        sizeof(((struct structure *)NULL)->member), NULL            \
  }
#define PLAIN(name, kind, presence, structure, member)                \
  {                                                                   \
    name, kind, presence, offsetof(struct structure, member), 0, NULL \
  }
#define CHOICE(name, presence, structure, member, choices)                       \
  {                                                                              \
    name, FIELD_CHOICE, presence, offsetof(struct structure, member), 0, choices \
  }

const char *const stance_direction_names[] = {"up", "down", "preload", "hold", NULL};
static const char *const method_names[] = {"unstated", "points", "sensitivity", "certificate",
                                           NULL};
static const char *const role_names[] = {"none", "fx12", "fx34", "fy14", "fy23",
                                         "fz1",  "fz2",  "fz3",  "fz4",  NULL};
static const char *const plate_names[] = {"none", "cells", "kistler", "matrix", NULL};
static const char *const axis_names[] = {"fx", "fy", "fz", NULL};

static const struct field profile_fields[] = {
    TEXT("id", FIELD_REQUIRED, stance_calibration, id),
    TEXT("instrument", FIELD_REQUIRED, stance_calibration, instrument),
    TEXT("created_at", FIELD_USUAL, stance_calibration, created_at),
    TEXT("operator", FIELD_USUAL, stance_calibration, operator_name),
    PLAIN("calibrated", FIELD_YES_NO, FIELD_REQUIRED, stance_calibration, calibrated),
    PLAIN("version", FIELD_COUNT, FIELD_GIVEN, stance_calibration, version),
    TEXT("standard_1", FIELD_GIVEN, stance_calibration, standard[0]),
    TEXT("standard_2", FIELD_GIVEN, stance_calibration, standard[1]),
    TEXT("standard_3", FIELD_GIVEN, stance_calibration, standard[2]),
    PLAIN("standard_uncertainty_pct", FIELD_NUMBER, FIELD_GIVEN, stance_calibration,
          standard_uncertainty_pct),
    PLAIN("gravity_m_per_s2", FIELD_NUMBER, FIELD_GIVEN, stance_calibration, gravity_m_per_s2),
};

#define QUALITY(key, member) \
  PLAIN(key, FIELD_MEASURED, FIELD_GIVEN, stance_calibration_channel, quality.member)
static const struct field channel_fields[] = {
    TEXT("name", FIELD_GIVEN, stance_calibration_channel, channel),
    TEXT("serial", FIELD_USUAL, stance_calibration_channel, serial),
    TEXT("unit", FIELD_REQUIRED, stance_calibration_channel, unit),
    PLAIN("side", FIELD_SIDE, FIELD_REQUIRED, stance_calibration_channel, side),
    PLAIN("polarity", FIELD_POLARITY, FIELD_REQUIRED, stance_calibration_channel, polarity),
    PLAIN("zero", FIELD_NUMBER, FIELD_REQUIRED, stance_calibration_channel, zero_raw),
    PLAIN("slope_n_per_unit", FIELD_NUMBER, FIELD_REQUIRED, stance_calibration_channel,
          slope_n_per_unit),
    PLAIN("quadratic_n_per_unit2", FIELD_NUMBER, FIELD_GIVEN, stance_calibration_channel,
          quadratic_n_per_unit2),
    PLAIN("cubic_n_per_unit3", FIELD_NUMBER, FIELD_GIVEN, stance_calibration_channel,
          cubic_n_per_unit3),
    CHOICE("method", FIELD_GIVEN, stance_calibration_channel, method, method_names),
    TEXT("calibrated_at", FIELD_GIVEN, stance_calibration_channel, calibrated_at),
    TEXT("valid_until", FIELD_GIVEN, stance_calibration_channel, valid_until),
    TEXT("poor_fit", FIELD_GIVEN, stance_calibration_channel, poor_fit),
    PLAIN("plate", FIELD_COUNT, FIELD_GIVEN, stance_calibration_channel, plate),
    PLAIN("x_m", FIELD_NUMBER, FIELD_GIVEN, stance_calibration_channel, x_m),
    PLAIN("y_m", FIELD_NUMBER, FIELD_GIVEN, stance_calibration_channel, y_m),
    CHOICE("role", FIELD_GIVEN, stance_calibration_channel, role, role_names),
    QUALITY("range_n", range_n),
    QUALITY("residual_sd_n", residual_sd_n),
    QUALITY("degrees_of_freedom", degrees_of_freedom),
    QUALITY("fit_error_pct", fit_error_pct),
    QUALITY("nonlinearity_pct", nonlinearity_pct),
    QUALITY("hysteresis_pct", hysteresis_pct),
    QUALITY("zero_return_pct", zero_return_pct),
    QUALITY("creep_pct", creep_pct),
    QUALITY("repeatability_pct", repeatability_pct),
    QUALITY("reversibility_pct", reversibility_pct),
    QUALITY("covariance_00", covariance[0]),
    QUALITY("covariance_01", covariance[1]),
    QUALITY("covariance_11", covariance[2]),
    QUALITY("covariance_02", covariance[3]),
    QUALITY("covariance_12", covariance[4]),
    QUALITY("covariance_22", covariance[5]),
    QUALITY("covariance_03", covariance[6]),
    QUALITY("covariance_13", covariance[7]),
    QUALITY("covariance_23", covariance[8]),
    QUALITY("covariance_33", covariance[9]),
};

#define ELEMENT(name, row, column)                                             \
  PLAIN(name "_" #column, FIELD_NUMBER, FIELD_GIVEN, stance_calibration_plate, \
        matrix[row][(column)-1])
#define ROW(name, row)                                                                        \
  ELEMENT(name, row, 1), ELEMENT(name, row, 2), ELEMENT(name, row, 3), ELEMENT(name, row, 4), \
      ELEMENT(name, row, 5), ELEMENT(name, row, 6), ELEMENT(name, row, 7), ELEMENT(name, row, 8)
static const struct field plate_fields[] = {
    CHOICE("kind", FIELD_REQUIRED, stance_calibration_plate, kind, plate_names),
    CHOICE("axis", FIELD_REQUIRED, stance_calibration_plate, axis, axis_names),
    PLAIN("polarity", FIELD_POLARITY, FIELD_REQUIRED, stance_calibration_plate, polarity),
    PLAIN("a_m", FIELD_NUMBER, FIELD_GIVEN, stance_calibration_plate, a_m),
    PLAIN("b_m", FIELD_NUMBER, FIELD_GIVEN, stance_calibration_plate, b_m),
    PLAIN("top_m", FIELD_NUMBER, FIELD_GIVEN, stance_calibration_plate, top_m),
    PLAIN("matrix_checked", FIELD_YES_NO, FIELD_GIVEN, stance_calibration_plate, matrix_checked),
    ROW("fx", STANCE_FX),
    ROW("fy", STANCE_FY),
    ROW("fz", STANCE_FZ),
    ROW("mx", STANCE_MX),
    ROW("my", STANCE_MY),
    ROW("mz", STANCE_MZ),
};

#define TABLE(fields)                        \
  {                                          \
    fields, sizeof fields / sizeof fields[0] \
  }
const struct field_table stance_profile_table = TABLE(profile_fields);
const struct field_table stance_channel_table = TABLE(channel_fields);
const struct field_table stance_plate_table = TABLE(plate_fields);
