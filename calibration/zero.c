/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

#include <math.h>
#include <string.h>

struct reading {
  double mean_raw;
  double sd_raw; /* n − 1 */
  size_t unusable;
};

/* Two passes about the first value: a small spread on a large offset survives. */
static struct reading read_span(const struct stance_raw_trace *raw, size_t channel,
                                struct stance_span span)
{
  const struct stance_channel *about = &raw->channel[channel];
  const double *value = raw->value[channel] + span.first;
  const uint32_t spoilt = STANCE_FRAME_SATURATED(channel) | STANCE_FRAME_CORRUPT;
  struct reading reading = {0};
  double sum = 0.0;

  for (size_t k = 0; k < span.count; k++) {
    if (!isfinite(value[k]) || value[k] <= about->minimum || value[k] >= about->maximum ||
        (raw->flags != NULL && (raw->flags[span.first + k] & spoilt) != 0))
      reading.unusable++;
    sum += value[k] - value[0];
  }
  reading.mean_raw = value[0] + sum / (double)span.count;
  double square_sum = 0.0;
  for (size_t k = 0; k < span.count; k++)
    square_sum += (value[k] - reading.mean_raw) * (value[k] - reading.mean_raw);
  reading.sd_raw = sqrt(square_sum / (double)(span.count - 1));
  return reading;
}

static enum stance_status check_reading(const struct stance_calibration_channel *channel,
                                        const struct stance_calibration_share *share,
                                        const struct reading *reading, double still_limit_n,
                                        double offset_limit_n, struct stance_problem *problem)
{
  if (reading->unusable > 0)
    return stance_problem_set(
        problem, STANCE_MISMATCH,
        "channel '%s': %zu samples of the zero span are lost or at the end of "
        "the range: check the cable, unload the rig and zero again",
        channel->channel, reading->unusable);
  double sd_n = fabs(share->gain_n_per_unit) * reading->sd_raw;
  if (!(sd_n <= still_limit_n))
    return stance_problem_set(problem, STANCE_MISMATCH,
                              "channel '%s' was not still: standard deviation %.3g N, allowed %.3g "
                              "N; nothing may touch the rig while it is zeroed",
                              channel->channel, sd_n, still_limit_n);
  double offset_n = stance_calibration_share_force(share, reading->mean_raw);
  if (!(fabs(offset_n) <= offset_limit_n))
    return stance_problem_set(problem, STANCE_MISMATCH,
                              "channel '%s' reads %.4g N unloaded, allowed is %.4g N: is something "
                              "on the rig, or is the sensor overloaded?",
                              channel->channel, offset_n, offset_limit_n);
  return STANCE_OK;
}

enum stance_status stance_calibration_zero(const struct stance_calibration *calibration,
                                           const struct stance_raw_trace *raw,
                                           struct stance_span span, double still_limit_n,
                                           double offset_limit_n,
                                           struct stance_calibration *ret_calibration,
                                           struct stance_problem *problem)
{
  enum stance_status status = stance_calibration_validate(calibration, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_calibration_check_channels(calibration, raw, problem);
  if (status != STANCE_OK)
    return status;
  if (span.count < 2 || span.first > raw->sample_count ||
      span.count > raw->sample_count - span.first)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the zero span is samples %zu to %zu of %zu: it needs at least two "
                              "samples inside the recording",
                              span.first, span.first + span.count, raw->sample_count);

  struct stance_calibration zeroed = *calibration;
  for (size_t c = 0; c < zeroed.channel_count; c++) {
    if (zeroed.channel[c].side == STANCE_SIDE_NONE)
      continue;
    struct reading reading = read_span(raw, c, span);
    const struct stance_calibration_share share = stance_calibration_share_in_side(calibration, c);
    status =
        check_reading(&zeroed.channel[c], &share, &reading, still_limit_n, offset_limit_n, problem);
    if (status != STANCE_OK)
      return status;
    zeroed.channel[c].zero_raw = reading.mean_raw;
  }
  *ret_calibration = zeroed;
  return STANCE_OK;
}
