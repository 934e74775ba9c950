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
   INI cannot carry are written as %XX. Numbers are the shortest that read back exactly. */
#ifndef STANCE_CALIBRATION_PROFILE_FIELDS_H
#define STANCE_CALIBRATION_PROFILE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

/* inih's MAX_SECTION is 50 with the terminator: a longer section would be cut without a word. */
enum { SECTION_LENGTH_MAX = 49 };
#define CHANNEL_PREFIX "channel "

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_POLARITY, FIELD_SIDE, FIELD_YES_NO };

/* One key of a section and where its value lives in the section's struct. */
struct field {
  const char *key;
  enum field_kind kind;
  bool required;
  size_t offset;
  size_t size; /* of a text, with its terminator */
};

struct field_table {
  const struct field *field;
  size_t count;
};
extern const struct field_table stance_profile_table;
extern const struct field_table stance_channel_table;

#endif
