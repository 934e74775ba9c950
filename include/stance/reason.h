/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every reason for which a value is flagged or missing: one table, from which CSV, dictionary and
   man page are made. */
#ifndef STANCE_REASON_H
#define STANCE_REASON_H

#include <stddef.h>
#include <stdint.h>

/* Order is not meaning; ids are. At most 64, so that a set of reasons is one word. */
enum stance_reason {
  /* why a value is missing */
  STANCE_REASON_NO_ONSET,
  STANCE_REASON_NO_QUIET_WINDOW,
  STANCE_REASON_WINDOW_PAST_DATA,
  STANCE_REASON_GAP_IN_WINDOW,
  STANCE_REASON_UNSTABLE_BASELINE,
  STANCE_REASON_SATURATED,
  STANCE_REASON_SIDE_NOT_TESTED,
  STANCE_REASON_SIDE_NOT_SAMPLED, /* its instrument was away while the other one measured */
  STANCE_REASON_NO_EFFORTS_PHASE, /* a live run that ended before the efforts */
  STANCE_REASON_NOT_MEASURED,     /* the phase that gives this level was not recorded */
  STANCE_REASON_NO_BODY_MASS,
  STANCE_REASON_NO_LEVER,
  STANCE_REASON_NO_REPETITION,
  STANCE_REASON_TOO_FEW_REPETITIONS,
  STANCE_REASON_SMALL_DENOMINATOR,
  STANCE_REASON_NOT_REACHED, /* the level or the return was not reached before the data end */
  STANCE_REASON_NO_RELIABILITY,
  STANCE_REASON_NO_INVOLVED_SIDE, /* a limb symmetry index, and nobody named the involved limb */
  STANCE_REASON_ONSET_ON_SUM, /* two plates under one body: the sides have no onset of their own */
  STANCE_REASON_UNCALIBRATED,
  STANCE_REASON_NO_GO,      /* no "go" was heard before the effort */
  STANCE_REASON_NO_LATENCY, /* of the sound card: nobody measured it */
  STANCE_REASON_SOUND_GAP,  /* the card ran dry about the time of the cue */
  /* why a repetition or value is flagged; the first ones can reject it */
  STANCE_REASON_REJECTED,
  STANCE_REASON_PARTIAL,
  STANCE_REASON_ONE_SIDED,
  STANCE_REASON_COUNTERMOVEMENT,
  STANCE_REASON_NO_BREAK,
  STANCE_REASON_PRETENSION,
  STANCE_REASON_BASELINE_DRIFT,
  STANCE_REASON_UNQUIET_BASELINE, /* range of the quiet window above 50 N */
  STANCE_REASON_NOISE_DRIVEN,
  STANCE_REASON_NOT_EXPLOSIVE,
  STANCE_REASON_BEFORE_GO, /* the effort began before its cue: no reaction */
  STANCE_REASON_PEAK_SPIKE,
  STANCE_REASON_FLAT_TOP,
  STANCE_REASON_UNEQUAL_REPETITIONS,
  STANCE_REASON_SIDES_FOLLOW_ORDER,
  STANCE_REASON_SIDES_DOUBTFUL, /* of the sides in turn, an attempt may be missing or too many */
  STANCE_REASON_ZERO_UNSTABLE,
  STANCE_REASON_ZERO_ASSUMED,
  STANCE_REASON_FRAMES_LOST,
  STANCE_REASON_IRREGULAR_TIME,
  STANCE_REASON_INTERPOLATED,
  STANCE_REASON_UNIT_ASSUMED,
  STANCE_REASON_TRUNCATED,
  STANCE_REASON_CLOCKS_UNRELATED, /* two instruments, and nothing says what they did at once */
  STANCE_REASON_LOW_RATE,         /* sampled too slowly for the window */
  STANCE_REASON_CALIBRATION_EXPIRED,
  STANCE_REASON_CALIBRATION_POOR_FIT, /* kept in spite of it */
  STANCE_REASON_BEYOND_CALIBRATION,   /* a larger force than it was calibrated with */
  STANCE_REASON_ZERO_SHIFTED,         /* further than is corrected */
  STANCE_REASON_ZEROED_UNDER_LOAD,
  STANCE_REASON_VERIFICATION_FAILED,
  STANCE_REASON_VERIFICATION_OVERDUE,
  STANCE_REASON_SIDES_UNPROVED,      /* nobody pulled one and then the other before the test */
  STANCE_REASON_TAKEN_BACK,          /* by the clinician, at the test */
  STANCE_REASON_CALIBRATION_UNKNOWN, /* the interval holds noise and clock alone */
  STANCE_REASON_COUNT,
};

typedef uint64_t stance_reason_set; /* a number, not a struct: bits of STANCE_REASON_BIT */
#define STANCE_REASON_BIT(reason) (UINT64_C(1) << (reason))

/* "no_onset"; lower case with underscores, stable. */
const char *stance_reason_id(enum stance_reason reason);
/* One sentence for the data dictionary. */
const char *stance_reason_definition(enum stance_reason reason);
/* "a+b+c" in table order into a buffer that is always terminated; returns its length. */
size_t stance_reason_join(stance_reason_set reasons, char *ret_text, size_t size);

#endif
