/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From raw values to a result: the one place where calibration and analysis meet. The live test,
   the daemon and the analysis of files call the same function on the same stored values. */
#ifndef STANCE_PIPELINE_H
#define STANCE_PIPELINE_H

#include "stance/calibration.h"
#include "stance/result.h"
#include "stance/source.h"
#include "stance/status.h"

/* Everything is borrowed. */
struct stance_pipeline_input {
  const struct stance_raw_trace *raw;
  const struct stance_calibration *calibration;
  const struct stance_protocol *protocol;
  const struct stance_analysis_settings *settings; /* NULL: the protocol's own */
  const struct stance_analysis_context *context;
  const struct stance_phase *phase;
  size_t phase_count;
  bool truncated;    /* the recording was cut off */
  size_t tail_count; /* instants at the end at which not every side was recorded: no loss */
};

/* Pure in its arguments. `ret_result` by stance_result_finish. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_pipeline_analyze(struct stance_analyzer *analyzer, const struct stance_pipeline_input *input,
                        struct stance_result *ret_result, struct stance_problem *problem);

/* The profile that a new recording gets, tried in this order: `stored` (NULL: none), the text the
   source knows for itself, forces as they are. Where none of them applies the channels keep their
   own unit, and `ret_calibration->calibrated` is false. STANCE_MISMATCH where the stored profile
   was made with other channels (it is passed over for an instrument without a serial number, which
   may be another one), STANCE_INPUT where the source's own text cannot be read. */
STANCE_MUST_CHECK enum stance_status stance_pipeline_calibration(
    const struct stance_source_info *info, const struct stance_calibration *stored,
    struct stance_calibration *ret_calibration, struct stance_problem *problem);
/* Values stay in the instrument's own unit, and everything made of them says so. */
void stance_pipeline_uncalibrated(const struct stance_channel *channels, size_t channel_count,
                                  const char *instrument,
                                  struct stance_calibration *ret_calibration);

/* "MODEL SERIAL": under this name profiles of an instrument are stored. */
void stance_pipeline_instrument(const struct stance_source_info *info, char *ret_name, size_t size);

#endif
