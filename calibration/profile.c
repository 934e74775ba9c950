/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static bool terminated(const char *text, size_t size)
{
  return memchr(text, '\0', size) != NULL;
}

/* The texts about the profile are names for people. A channel's may come from any file's header. */
static bool is_one_line(const char *text)
{
  for (; *text != '\0'; text++)
    if (iscntrl((unsigned char)*text))
      return false;
  return true;
}

static bool side_is_usable(enum stance_side side)
{
  return side == STANCE_LEFT || side == STANCE_RIGHT || side == STANCE_TOTAL ||
         side == STANCE_SIDE_NONE;
}

static enum stance_status validate_channel(const struct stance_calibration_channel *channel,
                                           size_t number, struct stance_problem *problem)
{
  if (!terminated(channel->channel, sizeof channel->channel) ||
      !terminated(channel->serial, sizeof channel->serial) ||
      !terminated(channel->unit, sizeof channel->unit))
    return stance_problem_set(problem, STANCE_INPUT, "channel %zu holds a text that is too long",
                              number);
  if (!side_is_usable(channel->side))
    return stance_problem_set(problem, STANCE_INPUT,
                              "channel '%s': a channel measures left, right, total or none",
                              channel->channel);
  if (channel->polarity != 1 && channel->polarity != -1)
    return stance_problem_set(problem, STANCE_INPUT, "channel '%s': polarity is 1 or -1, not %d",
                              channel->channel, channel->polarity);
  if (!isfinite(channel->zero_raw))
    return stance_problem_set(problem, STANCE_INPUT, "channel '%s': zero is not a number",
                              channel->channel);
  if (!isfinite(channel->slope_n_per_unit) || channel->slope_n_per_unit <= 0.0)
    return stance_problem_set(problem, STANCE_INPUT,
                              "channel '%s': slope is %g; it is a positive number, and polarity = "
                              "-1 turns the sign",
                              channel->channel, channel->slope_n_per_unit);
  return STANCE_OK;
}

enum stance_status stance_calibration_validate(const struct stance_calibration *calibration,
                                               struct stance_problem *problem)
{
  if (!terminated(calibration->id, sizeof calibration->id) ||
      !terminated(calibration->instrument, sizeof calibration->instrument) ||
      !terminated(calibration->created_at, sizeof calibration->created_at) ||
      !terminated(calibration->operator_name, sizeof calibration->operator_name))
    return stance_problem_set(problem, STANCE_INPUT, "the profile holds a text that is too long");
  if (!is_one_line(calibration->id) || !is_one_line(calibration->instrument) ||
      !is_one_line(calibration->created_at) || !is_one_line(calibration->operator_name))
    return stance_problem_set(problem, STANCE_INPUT,
                              "id, instrument, created_at and operator hold no control characters");
  if (calibration->id[0] == '\0')
    return stance_problem_set(problem, STANCE_INPUT, "the profile has no id");
  if (calibration->channel_count == 0 || calibration->channel_count > STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the profile has %zu channels; 1 to %d are possible",
                              calibration->channel_count, STANCE_CHANNEL_COUNT_MAX);
  for (size_t k = 0; k < calibration->channel_count; k++) {
    enum stance_status status = validate_channel(&calibration->channel[k], k + 1, problem);
    if (status != STANCE_OK)
      return status;
  }
  return STANCE_OK;
}

enum stance_status stance_calibration_check_channels(const struct stance_calibration *calibration,
                                                     const struct stance_raw_trace *raw,
                                                     struct stance_problem *problem)
{
  bool any_side = false;

  if (calibration->channel_count != raw->channel_count)
    return stance_problem_set(problem, STANCE_INPUT,
                              "profile '%s' is for %zu channels, the recording has %zu: choose the "
                              "profile of this instrument",
                              calibration->id, calibration->channel_count, raw->channel_count);
  for (size_t k = 0; k < raw->channel_count; k++) {
    const struct stance_calibration_channel *mine = &calibration->channel[k];
    const struct stance_channel *theirs = &raw->channel[k];
    if (strcmp(mine->channel, theirs->name) != 0 || strcmp(mine->unit, theirs->unit) != 0)
      return stance_problem_set(problem, STANCE_INPUT,
                                "profile '%s' expects channel %zu to be '%s' in '%s', the "
                                "recording has '%s' in '%s': choose the profile of this instrument",
                                calibration->id, k + 1, mine->channel, mine->unit, theirs->name,
                                theirs->unit);
    any_side = any_side || mine->side != STANCE_SIDE_NONE;
  }
  if (!any_side)
    return stance_problem_set(problem, STANCE_INPUT,
                              "profile '%s' maps no channel to left, right or total: nothing would "
                              "be measured",
                              calibration->id);
  return STANCE_OK;
}

struct stance_calibration_sides
stance_calibration_sides(const struct stance_calibration *calibration)
{
  struct stance_calibration_sides sides = {0};

  for (size_t k = 0; k < calibration->channel_count; k++)
    if (calibration->channel[k].side != STANCE_SIDE_NONE)
      sides.measured[calibration->channel[k].side] = true;
  sides.total_is_sum =
      !sides.measured[STANCE_TOTAL] && sides.measured[STANCE_LEFT] && sides.measured[STANCE_RIGHT];
  if (sides.total_is_sum)
    sides.measured[STANCE_TOTAL] = true;
  return sides;
}
