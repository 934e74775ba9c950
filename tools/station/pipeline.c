/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline.h"

#include "stance/conditioning.h"

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

/* The tail holds no numbers on one side, but nothing was lost there. */
static void spare_tail(struct stance_force_trace *force, size_t tail_count)
{
  size_t end = force->sample_count - tail_count;
  while (force->gap_count > 0) {
    struct stance_span *last = &force->gap[force->gap_count - 1];
    if (last->first < end) {
      if (last->first + last->count > end)
        last->count = end - last->first;
      return;
    }
    force->gap_count--;
  }
}

/* Sums of channels have one unit, or none that could be named. */
static void name_unit(const struct stance_calibration *calibration, struct stance_result *result)
{
  const char *unit = NULL;
  for (size_t c = 0; c < calibration->channel_count && !calibration->calibrated; c++) {
    const struct stance_calibration_channel *channel = &calibration->channel[c];
    if (channel->side == STANCE_SIDE_NONE)
      continue;
    unit = unit == NULL || strcmp(unit, channel->unit) == 0 ? channel->unit : "units";
  }
  if (!calibration->calibrated && (unit == NULL || unit[0] == '\0'))
    unit = "units";
  snprintf(result->force_unit, sizeof result->force_unit, "%s", unit == NULL ? "N" : unit);
}

/* How well each force is known, for an analysis that is not told otherwise. */
static void find_uncertainty(const struct stance_pipeline_input *input,
                             struct stance_force_uncertainty *ret_force)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    stance_calibration_uncertainty(input->calibration, input->raw->channel, (enum stance_side)side,
                                   &ret_force[side]);
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
  spare_tail(&force, input->tail_count);
  status = copy_phases(input, &force);
  struct stance_force_uncertainty uncertainty[STANCE_MEASURED_SIDE_COUNT];
  find_uncertainty(input, uncertainty);
  struct stance_analysis_context context = *input->context;
  if (context.force_uncertainty == NULL)
    context.force_uncertainty = uncertainty;
  if (status != STANCE_OK)
    stance_problem_set(problem, status, "out of memory while preparing the analysis");
  else
    status = stance_analyze(analyzer, &force, input->protocol, input->settings, &context,
                            ret_result, problem);
  if (status == STANCE_OK)
    name_unit(input->calibration, ret_result);
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

/* A profile is for the channels it was made with, in their order, and in what their converter
 * gives. */
static enum stance_status check_wiring(const struct stance_source_info *info,
                                       const struct stance_calibration *stored,
                                       struct stance_problem *problem)
{
  struct stance_channel channel[STANCE_CHANNEL_COUNT_MAX];

  stance_conditioning_channels(info->channel, info->channel_count, channel);
  for (size_t c = 0; c < info->channel_count || c < stored->channel_count; c++) {
    const char *now = c < info->channel_count ? channel[c].name : "none";
    const char *then = c < stored->channel_count ? stored->channel[c].channel : "none";
    const char *unit_now = c < info->channel_count ? channel[c].unit : "";
    const char *unit_then = c < stored->channel_count ? stored->channel[c].unit : "";
    if (strcmp(now, then) != 0 || strcmp(unit_now, unit_then) != 0)
      return stance_problem_set(problem, STANCE_MISMATCH,
                                "calibration %s of %s was made with channel %zu '%s' in '%s', "
                                "which is '%s' in '%s' now: restore the wiring, or calibrate again",
                                stored->id, stored->instrument, c + 1, then, unit_then, now,
                                unit_now);
  }
  return STANCE_OK;
}

enum stance_status stance_pipeline_calibration(const struct stance_source_info *info,
                                               const struct stance_calibration *stored,
                                               struct stance_calibration *ret_calibration,
                                               struct stance_problem *problem)
{
  if (stored != NULL) {
    enum stance_status status = check_wiring(info, stored, problem);
    if (status == STANCE_OK)
      *ret_calibration = *stored;
    /* What has no serial number, as a recording played back, may be another instrument. */
    if (status == STANCE_OK || info->serial[0] != '\0')
      return status;
  }
  if (info->calibration[0] != '\0')
    return stance_calibration_import(info->uri, info->calibration, ret_calibration, problem);
  struct stance_channel channel[STANCE_CHANNEL_COUNT_MAX];
  stance_conditioning_channels(info->channel, info->channel_count, channel);
  enum stance_status status =
      stance_calibration_for_units(channel, info->channel_count, NULL, ret_calibration, NULL);
  if (status != STANCE_USAGE)
    return status;
  char instrument[sizeof ret_calibration->instrument];
  stance_pipeline_instrument(info, instrument, sizeof instrument);
  stance_pipeline_uncalibrated(channel, info->channel_count, instrument, ret_calibration);
  return STANCE_OK;
}
