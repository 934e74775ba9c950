/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rig.h"

#include <string.h>

static bool has_side(const struct stance_calibration *calibration, enum stance_side side)
{
  for (size_t c = 0; c < calibration->channel_count; c++)
    if (calibration->channel[c].side == side)
      return true;
  return false;
}

enum stance_status stance_rig_claim_side(enum stance_side side, const char *instrument,
                                         struct stance_calibration *calibration,
                                         struct stance_problem *problem)
{
  if (side == STANCE_SIDE_NONE)
    return STANCE_OK;
  const enum stance_side from = has_side(calibration, STANCE_TOTAL) ? STANCE_TOTAL : side;
  if (!has_side(calibration, from))
    return stance_problem_set(
        problem, STANCE_USAGE,
        "%s has no channel for the %s side; give it one with map=%s:CHANNEL in "
        "its URI",
        instrument, stance_side_name(side), stance_side_name(side));
  for (size_t c = 0; c < calibration->channel_count; c++)
    calibration->channel[c].side = calibration->channel[c].side == from ? side : STANCE_SIDE_NONE;
  return STANCE_OK;
}

/* Behind what is in `joined`: the channels in use, with their plates. Points stay with the profile
   that they prove. */
static void add_profile(const struct stance_calibration *from, const bool *uses,
                        struct stance_calibration *joined)
{
  const unsigned plates_before = (unsigned)joined->plate_count;

  for (size_t c = 0; c < from->channel_count; c++) {
    if (!uses[c])
      continue;
    struct stance_calibration_channel *channel = &joined->channel[joined->channel_count++];
    *channel = from->channel[c];
    if (channel->plate > 0)
      channel->plate += plates_before;
  }
  for (size_t p = 0; p < from->plate_count; p++)
    joined->plate[joined->plate_count++] = from->plate[p];
}

static void join_profiles(const struct stance_calibration *one,
                          const struct stance_calibration *two,
                          const struct stance_alignment *alignment,
                          struct stance_calibration *ret_calibration)
{
  struct stance_calibration joined = *one;

  joined.calibrated = one->calibrated && two->calibrated;
  joined.channel_count = joined.plate_count = joined.point_count = 0;
  snprintf(joined.id, sizeof joined.id, "%.31s+%.31s", one->id, two->id);
  snprintf(joined.instrument, sizeof joined.instrument, "%.31s+%.31s", one->instrument,
           two->instrument);
  if (two->standard_uncertainty_pct > joined.standard_uncertainty_pct)
    joined.standard_uncertainty_pct = two->standard_uncertainty_pct;
  add_profile(one, alignment->uses[0], &joined);
  add_profile(two, alignment->uses[1], &joined);
  *ret_calibration = joined;
}

/* "left AIN0": two instruments of a kind call their inputs by the same names. */
static void name_apart(const struct stance_rig_stream streams[STANCE_STREAM_MAX],
                       struct stance_raw_trace *trace, struct stance_calibration *calibration)
{
  bool same = false;
  for (size_t a = 0; a < streams[0].calibration.channel_count; a++)
    for (size_t b = 0; b < streams[1].calibration.channel_count; b++)
      same = same || strcmp(streams[0].calibration.channel[a].channel,
                            streams[1].calibration.channel[b].channel) == 0;
  for (size_t c = 0; same && c < calibration->channel_count; c++) {
    struct stance_calibration_channel *channel = &calibration->channel[c];
    const char *side = stance_side_name(channel->side);
    char name[sizeof channel->channel];
    if (strcmp(channel->channel, side) == 0)
      continue;
    snprintf(name, sizeof name, "%s %.50s", side, channel->channel);
    memcpy(channel->channel, name, sizeof name);
    memcpy(trace->channel[c].name, name, sizeof name);
  }
}

/* A matrix plate needs all its channels; otherwise only those with a side. */
static bool is_used(const struct stance_calibration *calibration, size_t channel)
{
  const struct stance_calibration_channel *about = &calibration->channel[channel];
  return about->plate > 0 || about->side != STANCE_SIDE_NONE;
}

enum stance_status stance_rig_join(const struct stance_rig_stream streams[STANCE_STREAM_MAX],
                                   struct stance_aligned *ret_aligned,
                                   struct stance_calibration *ret_calibration,
                                   struct stance_problem *problem)
{
  struct stance_alignment alignment = {0};

  for (size_t k = 0; k < STANCE_STREAM_MAX; k++) {
    alignment.trace[k] = streams[k].trace;
    alignment.clock[k] = streams[k].clock;
    for (size_t c = 0; c < streams[k].calibration.channel_count; c++)
      alignment.uses[k][c] = is_used(&streams[k].calibration, c);
  }
  if (streams[0].calibration.plate_count + streams[1].calibration.plate_count >
      STANCE_CALIBRATION_PLATE_MAX)
    return stance_problem_set(problem, STANCE_USAGE, "two instruments with more than %d plates",
                              STANCE_CALIBRATION_PLATE_MAX);
  const enum stance_status status = stance_alignment_apply(&alignment, ret_aligned, problem);
  if (status != STANCE_OK)
    return status;
  join_profiles(&streams[0].calibration, &streams[1].calibration, &alignment, ret_calibration);
  name_apart(streams, &ret_aligned->trace, ret_calibration);
  return STANCE_OK;
}
