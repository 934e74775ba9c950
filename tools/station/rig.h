/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instruments that make one rig: which side each measures, and their profiles as one. */
#ifndef STANCE_RIG_H
#define STANCE_RIG_H

#include "stance/calibration.h"
#include "stance/conditioning.h"
#include "store.h"

/* `--device left=URI`: what the instrument measures belongs to that side. Its channels that carry
   a total, or else those that already are of that side, stay in use and become that side's; the
   others are recorded and not used. NONE changes nothing. STANCE_USAGE, naming `instrument`, where
   no channel is left. */
STANCE_MUST_CHECK enum stance_status stance_rig_claim_side(enum stance_side side,
                                                           const char *instrument,
                                                           struct stance_calibration *calibration,
                                                           struct stance_problem *problem);

/* One stream on its way into a trial. */
struct stance_rig_stream {
  struct stance_raw_trace *trace; /* conditioned; borrowed */
  struct stance_calibration calibration;
  struct stance_clock_fit clock; /* of the trace's samples */
};

/* Two streams on the axis of the first, and one profile for what is in use of both. */
STANCE_MUST_CHECK enum stance_status
stance_rig_join(const struct stance_rig_stream streams[STANCE_STREAM_MAX],
                struct stance_aligned *ret_aligned, struct stance_calibration *ret_calibration,
                struct stance_problem *problem);

#endif
