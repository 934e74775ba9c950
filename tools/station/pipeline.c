/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum stance_status copy_phases(const struct stance_pipeline_input *input,
                                      struct stance_force_trace *force)
{
  if (input->phase_count == 0)
    return STANCE_OK;
  force->phase = malloc(input->phase_count * sizeof *force->phase);
  if (force->phase == NULL)
    return STANCE_MEMORY;
  memcpy(force->phase, input->phase, input->phase_count * sizeof *force->phase);
  force->phase_count = input->phase_count;
  return STANCE_OK;
}

enum stance_status stance_pipeline_analyze(struct stance_analyzer *analyzer,
                                           const struct stance_pipeline_input *input,
                                           struct stance_result *ret_result,
                                           struct stance_problem *problem)
{
  struct stance_force_trace force = {0};
  enum stance_status status =
      stance_calibration_apply(input->calibration, input->raw, &force, problem);
  if (status != STANCE_OK)
    return status;
  force.truncated = input->truncated;
  status = copy_phases(input, &force);
  if (status != STANCE_OK)
    stance_problem_set(problem, status, "out of memory while preparing the analysis");
  else
    status = stance_analyze(analyzer, &force, input->protocol, input->settings, input->context,
                            ret_result, problem);
  stance_force_trace_finish(&force);
  return status;
}

void stance_pipeline_uncalibrated(const struct stance_channel *channels, size_t channel_count,
                                  const char *instrument,
                                  struct stance_calibration *ret_calibration)
{
  struct stance_calibration calibration = {.calibrated = false, .channel_count = channel_count};
  snprintf(calibration.id, sizeof calibration.id, "uncalibrated");
  snprintf(calibration.instrument, sizeof calibration.instrument, "%s", instrument);
  for (size_t c = 0; c < channel_count; c++) {
    struct stance_calibration_channel *channel = &calibration.channel[c];
    snprintf(channel->channel, sizeof channel->channel, "%s", channels[c].name);
    snprintf(channel->unit, sizeof channel->unit, "%s", channels[c].unit);
    channel->side = channels[c].side;
    channel->polarity = 1;
    channel->slope_n_per_unit = 1;
  }
  *ret_calibration = calibration;
}

void stance_pipeline_instrument(const struct stance_source_info *info, char *ret_name, size_t size)
{
  snprintf(ret_name, size, info->serial[0] == '\0' ? "%s%s" : "%s %s", info->model, info->serial);
}

enum stance_status stance_pipeline_calibration(const struct stance_source_info *info,
                                               const struct stance_calibration *stored,
                                               struct stance_calibration *ret_calibration,
                                               struct stance_problem *problem)
{
  if (stored != NULL) {
    *ret_calibration = *stored;
    return STANCE_OK;
  }
  if (info->calibration[0] != '\0')
    return stance_calibration_import(info->uri, info->calibration, ret_calibration, problem);
  enum stance_status status =
      stance_calibration_for_units(info->channel, info->channel_count, NULL, ret_calibration, NULL);
  if (status != STANCE_USAGE)
    return status;
  char instrument[sizeof ret_calibration->instrument];
  stance_pipeline_instrument(info, instrument, sizeof instrument);
  stance_pipeline_uncalibrated(info->channel, info->channel_count, instrument, ret_calibration);
  return STANCE_OK;
}
