/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean of one channel over a still stretch: what a calibration point is made of. */
#ifndef STANCE_READING_H
#define STANCE_READING_H

#include "calibration_points.h"
#include "stance/source.h"

struct stance_reading {
  double mean_raw;
  double sd_raw; /* n − 1; of the samples, not of the mean */
  /* Largest less smallest mean of ten equal parts: what swinging or creeping does. */
  double moved_raw;
  uint64_t sample_count;
};

/* Fills the readings of `rows` from the source's frames, from the first on: it is started, and
   stopped after the last stretch. `ret_readings` holds `count`. STANCE_INPUT where a stretch lies
   past the end, or holds lost, corrupt or saturated samples; STANCE_INSTRUMENT where the source
   fails. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_reading_rows(struct stance_source *source, size_t channel, struct stance_point_row *rows,
                    size_t count, struct stance_reading *ret_readings,
                    struct stance_problem *problem);

/* A source that runs while a person puts weights on. */
struct stance_live_reader;
STANCE_MUST_CHECK enum stance_status stance_live_reader_create(struct stance_source *source,
                                                               struct stance_live_reader **ret_live,
                                                               struct stance_problem *problem);
/* The next `seconds` of the instrument's own time. Errors as above, and STANCE_END where the source
   has no more. WORK. */
STANCE_MUST_CHECK enum stance_status stance_live_reader_take(struct stance_live_reader *live,
                                                             size_t channel, double seconds,
                                                             struct stance_reading *ret_reading,
                                                             struct stance_problem *problem);
/* The frames of instants [first, first + count), in the unit that a profile is for, one after the
   other; what lies before is passed over. STANCE_READ_NOW for `first`: from now on. `used`: bit of
   each channel that matters. Errors as above. WORK. */
#define STANCE_READ_NOW UINT64_MAX
STANCE_MUST_CHECK enum stance_status stance_live_reader_frames(struct stance_live_reader *live,
                                                               uint64_t first, size_t count,
                                                               unsigned used,
                                                               struct stance_raw_frame *ret_frames,
                                                               struct stance_problem *problem);
/* Stops the source. Accepts NULL. */
void stance_live_reader_destroy(struct stance_live_reader *live);

#endif
