/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to calibration/: the text form of a profile, which one file writes and another reads.

   [calibration]            one section, first
   id = sim-7
   instrument = simulated rig sim-7
   created_at = 2026-01-01T00:00:00Z
   operator =
   calibrated = yes
   [channel left]           one section a channel, in the instrument's order
   serial = SIM-L
   unit = counts
   side = left              left, right, total or none
   polarity = 1
   zero = 123.5
   slope_n_per_unit = 0.0125

   A channel whose name does not fit into a section line is [channel #1] with `name = …`. Bytes that
   INI cannot carry are written as %XX. Numbers are the shortest that read back exactly. What was
   not given is not written, so that a plain profile stays as plain as this one. Beside it:

   [channel left]
   quadratic_n_per_unit2 = -3e-9    and cubic_n_per_unit3: a curve
   method = points                  or sensitivity, certificate
   range_n = 981.2                  and the rest of struct stance_calibration_quality
   [plate 1]                        geometry; channels belong to it by `plate = 1`
   kind = matrix                    or cells, kistler
   axis = fz
   fx_1 = 0.64                      row and column of the matrix; 0 is not written
   [points]                         number = channel repeat direction newtons raw
   1 = 1 1 up 98.0665 0.4021 */
#ifndef STANCE_CALIBRATION_PROFILE_FIELDS_H
#define STANCE_CALIBRATION_PROFILE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

/* inih's MAX_SECTION is 50 with the terminator: a longer section would be cut without a word. */
enum { SECTION_LENGTH_MAX = 49 };
#define CHANNEL_PREFIX "channel "

#define PLATE_PREFIX "plate "
#define POINTS_SECTION "points"

enum field_kind {
  FIELD_TEXT,
  FIELD_NUMBER,
  FIELD_MEASURED, /* a number, or `none` for NaN */
  FIELD_COUNT,
  FIELD_POLARITY,
  FIELD_SIDE,
  FIELD_YES_NO,
  FIELD_CHOICE, /* an enum: position in `choices` */
};

/* When a key is there. */
enum field_presence {
  FIELD_REQUIRED, /* always */
  FIELD_USUAL,    /* always written, need not be read */
  FIELD_GIVEN,    /* written where it is not zero */
};

/* One key of a section and where its value lives in the section's struct. */
struct field {
  const char *key;
  enum field_kind kind;
  enum field_presence presence;
  size_t offset;
  size_t size;                /* of a text, with its terminator */
  const char *const *choices; /* ends with NULL */
};

struct field_table {
  const struct field *field;
  size_t count; /* at most 64: a set of them is one word */
};
extern const struct field_table stance_profile_table;
extern const struct field_table stance_channel_table;
extern const struct field_table stance_plate_table;

/* Names of enum stance_load_direction; ends with NULL. */
extern const char *const stance_direction_names[];

#endif
