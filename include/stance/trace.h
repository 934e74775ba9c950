/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole stream in memory, one array a channel: raw as the instrument or file gave it, or as
   force. Position k is sampling instant k; lost instants hold NaN in place. */
#ifndef STANCE_TRACE_H
#define STANCE_TRACE_H

#include "stance/frame.h"
#include "stance/side.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of sampling instants. */
struct stance_span {
  size_t first;
  size_t count;
};

/* What is known of the time of each sample. Sample k is at start_s + k / rate_hz. */
struct stance_time_axis {
  double start_s;             /* on the input's own axis; 0 where it has none */
  double rate_hz;             /* measured where stamps exist, else nominal */
  double rate_uncertainty_hz; /* expanded, k = 2; NaN where not measured */
  double nominal_rate_hz;     /* as declared or rounded from the stamps; NaN where unknown */
  double jitter_s;            /* standard deviation of stamps about the even axis; 0 where none */
  double longest_gap_s;       /* longest hole between two stamps; 0 where none */
  double alignment_s;         /* of one instrument's instants against the other's, expanded, k = 2;
                                 0: one instrument; NaN: their clocks could not be related */
  bool stamped;               /* time stamps were present */
  bool irregular;             /* stamps were not even: values were interpolated to an even axis */
};

/* Where frames or lines went. Nothing is ever silently skipped: read = used + refused + header. */
struct stance_integrity {
  uint64_t lines_read, lines_header, lines_used, lines_refused; /* files; 0 otherwise */
  uint64_t frames_expected, frames_received, frames_lost, frames_duplicated, frames_corrupt,
      frames_late;
  uint64_t longest_gap_frames;
  uint64_t samples_saturated; /* instants at which any force is, once a profile was applied */
};

/* What an instrument says its converter's counts mean:
   physical = offset + (raw − zero) · (raw >= zero ? slope_above : slope_below). */
struct stance_converter {
  char unit[16]; /* "V"; "" where values already are in the channel's own unit */
  double zero, slope_above, slope_below, offset;
};

struct stance_channel {
  char name[64];         /* of the column or the instrument's input */
  char unit[16];         /* "N", "V", "counts", … */
  enum stance_side side; /* the side it belongs to; STANCE_SIDE_NONE where not mapped */
  double minimum;        /* at or below: saturated; -INFINITY where unknown */
  double maximum;        /* at or above: saturated; INFINITY where unknown */
  double resolution;     /* one converter step; 0 where unknown */
  double skew_s;         /* how long after the frame's instant it is converted; 0: at once */
  struct stance_converter converter;
};

/* Owns its arrays. `flags` is NULL where no frame carries a flag. */
struct stance_raw_trace {
  size_t sample_count;
  size_t channel_count;
  struct stance_channel channel[STANCE_CHANNEL_COUNT_MAX];
  double *value[STANCE_CHANNEL_COUNT_MAX];
  uint32_t *flags;
  struct stance_span *gap; /* in order of time, disjoint */
  size_t gap_count;
  struct stance_time_axis time;
  struct stance_integrity integrity;
};

/* Frees what the trace owns and leaves it empty. Accepts NULL, zeroed and half-built traces. */
void stance_raw_trace_finish(struct stance_raw_trace *trace);

/* What the athlete was asked to do over a span, where that is known (a live run writes these). */
enum stance_phase_kind {
  STANCE_PHASE_UNLOADED, /* nothing touches the instrument */
  STANCE_PHASE_LIMB,     /* the relaxed limb, or body weight, in position */
  STANCE_PHASE_EFFORTS,  /* the repetitions */
};
struct stance_phase {
  enum stance_phase_kind kind;
  struct stance_span span;
};

/* Newtons. Owns its arrays. An unmeasured side is NULL. `total` is a column of its own, or
   left + right where both are measured under one body. `saturated` and `interpolated` hold one
   byte a sample with bit `1 << side`, or are NULL where nothing is. */
struct stance_force_trace {
  size_t sample_count;
  double *force_n[STANCE_MEASURED_SIDE_COUNT];
  uint8_t *saturated;
  uint8_t *interpolated;
  struct stance_span *gap;
  size_t gap_count;
  struct stance_phase *phase;
  size_t phase_count;
  struct stance_time_axis time;
  struct stance_integrity integrity;
  bool calibrated; /* false: an instrument without a profile; values are not newtons */
  bool truncated;  /* the recording was cut off (power, kill, full disk) */
  char calibration_id[64];
};

void stance_force_trace_finish(struct stance_force_trace *trace);

#endif
