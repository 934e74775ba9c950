/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be decided while the athlete still pulls: is he still, has an effort begun, when did it
   end, how strong was it. Causal and therefore late by a stated delay: for cues and screens only.
   Results come from the recording. Pure; no allocation. */
#ifndef STANCE_LIVE_H
#define STANCE_LIVE_H

#include "stance/filter.h"
#include "stance/frame.h"
#include "stance/protocol.h"

/* Stillness is watched in blocks, over at most a minute. */
enum { STANCE_LIVE_BLOCK_MAX = 1200, STANCE_LIVE_EVENT_MAX = 16 };

enum stance_live_event_kind {
  STANCE_LIVE_ONSET, /* force left its level */
  STANCE_LIVE_END,   /* the effort is over: peak and length are known */
};
struct stance_live_event {
  enum stance_live_event_kind kind;
  enum stance_side side; /* BOTH: of both legs together */
  uint64_t index;        /* of onset or end; the filter's delay is taken off */
  uint64_t onset, peak;  /* indices; peak is meaningful for END */
  double
      peak_n[STANCE_MEASURED_SIDE_COUNT]; /* highest live force of each side; NaN: not measured */
  double baseline_n;                      /* what it rose from */
};

/* Level and spread of one side's force since a point in time. */
struct stance_live_still {
  double mean_n, sd_n, range_n; /* of the unfiltered force; NaN while there is nothing */
  double duration_s;
  uint64_t lost; /* frames missing in it */
};

struct stance_live_unit {
  enum stance_side side;
  double baseline_n;
  bool has_baseline, in_effort;
  double highest_n;              /* in this effort */
  uint64_t crossed, onset, peak; /* indices */
  unsigned above, below;         /* frames in a row */
  double peak_n[STANCE_MEASURED_SIDE_COUNT];
};

struct stance_live {
  double rate_hz;
  double onset_n, minimum_peak_n;
  struct stance_causal filter;
  uint64_t delay; /* of the filter, in frames */
  struct stance_live_unit unit[2];
  size_t unit_count;
  double force_n[STANCE_MEASURED_SIDE_COUNT]; /* filtered; NaN: not measured */
  uint64_t index;                             /* of the frame after the last one, */
  uint64_t heard[STANCE_MEASURED_SIDE_COUNT]; /* and after the last one that had this side */
  struct {
    double sum, squares, low, high;
    unsigned count;
    uint64_t lost;
  } block[STANCE_MEASURED_SIDE_COUNT][STANCE_LIVE_BLOCK_MAX];
  unsigned block_length; /* frames */
  uint64_t block_number; /* of the one that is being filled */
  struct stance_live_event event[STANCE_LIVE_EVENT_MAX];
  size_t event_count;
};

/* Caller's storage. Both legs are one unit where the protocol tests them together. STANCE_USAGE
   where the rate is too low for a live filter. WORK. */
STANCE_MUST_CHECK enum stance_status stance_live_init(struct stance_live *live, double rate_hz,
                                                      const struct stance_protocol *protocol,
                                                      struct stance_problem *problem);
/* The next frame. Any context. */
void stance_live_push(struct stance_live *live, const struct stance_force_frame *frame);
/* False where there is none. */
bool stance_live_take_event(struct stance_live *live, struct stance_live_event *ret_event);
/* From now on what is measured is the level that efforts rise from; an effort going on is
   forgotten. */
void stance_live_rebase(struct stance_live *live);
/* Over the last `seconds`, in whole blocks of 50 ms. */
void stance_live_still(const struct stance_live *live, enum stance_side side, double seconds,
                       struct stance_live_still *ret_still);

#endif
