/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

#include "plate_private.h"

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

/* Numbers, or NaN where nothing was measured; the covariance is a result or zero. */
static enum stance_status validate_quality(const struct stance_calibration_channel *channel,
                                           struct stance_problem *problem)
{
  const struct stance_calibration_quality *quality = &channel->quality;
  bool usable = !isinf(quality->range_n) && !isinf(quality->residual_sd_n) &&
                !isinf(quality->degrees_of_freedom) && !isinf(quality->fit_error_pct) &&
                !isinf(quality->nonlinearity_pct) && !isinf(quality->hysteresis_pct) &&
                !isinf(quality->zero_return_pct) && !isinf(quality->creep_pct) &&
                !isinf(quality->repeatability_pct) && !isinf(quality->reversibility_pct);
  for (size_t k = 0; k < sizeof quality->covariance / sizeof *quality->covariance; k++)
    usable = usable && !isinf(quality->covariance[k]);
  return usable ? STANCE_OK
                : stance_problem_set(problem, STANCE_INPUT,
                                     "channel '%s': a number about its quality is infinite",
                                     channel->channel);
}

static enum stance_status validate_channel(const struct stance_calibration_channel *channel,
                                           size_t number, struct stance_problem *problem)
{
  if (!terminated(channel->channel, sizeof channel->channel) ||
      !terminated(channel->serial, sizeof channel->serial) ||
      !terminated(channel->unit, sizeof channel->unit) ||
      !terminated(channel->calibrated_at, sizeof channel->calibrated_at) ||
      !terminated(channel->valid_until, sizeof channel->valid_until) ||
      !terminated(channel->poor_fit, sizeof channel->poor_fit))
    return stance_problem_set(problem, STANCE_INPUT, "channel %zu holds a text that is too long",
                              number);
  if (!is_one_line(channel->calibrated_at) || !is_one_line(channel->poor_fit))
    return stance_problem_set(problem, STANCE_INPUT,
                              "channel '%s': calibrated_at and poor_fit hold no control characters",
                              channel->channel);
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
  if (!isfinite(channel->quadratic_n_per_unit2) || !isfinite(channel->cubic_n_per_unit3) ||
      !isfinite(channel->x_m) || !isfinite(channel->y_m))
    return stance_problem_set(problem, STANCE_INPUT,
                              "channel '%s': a coefficient or its place is no finite number",
                              channel->channel);
  if (channel->method > STANCE_METHOD_CERTIFICATE || channel->role > STANCE_ROLE_FZ4)
    return stance_problem_set(problem, STANCE_INPUT, "channel '%s': method or role is unknown",
                              channel->channel);
  if (channel->valid_until[0] != '\0' && (!stance_calibration_is_date(channel->valid_until) ||
                                          strlen(channel->valid_until) != strlen("2026-01-01")))
    return stance_problem_set(problem, STANCE_INPUT,
                              "channel '%s': valid_until is '%s'; it is a date, YYYY-MM-DD",
                              channel->channel, channel->valid_until);
  return validate_quality(channel, problem);
}

static enum stance_status validate_texts(const struct stance_calibration *calibration,
                                         struct stance_problem *problem)
{
  const struct {
    const char *text;
    size_t size;
  } texts[] = {
      {calibration->id, sizeof calibration->id},
      {calibration->instrument, sizeof calibration->instrument},
      {calibration->created_at, sizeof calibration->created_at},
      {calibration->operator_name, sizeof calibration->operator_name},
      {calibration->standard[0], sizeof calibration->standard[0]},
      {calibration->standard[1], sizeof calibration->standard[1]},
      {calibration->standard[2], sizeof calibration->standard[2]},
  };

  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    if (!terminated(texts[k].text, texts[k].size))
      return stance_problem_set(problem, STANCE_INPUT, "the profile holds a text that is too long");
    if (!is_one_line(texts[k].text))
      return stance_problem_set(problem, STANCE_INPUT,
                                "the texts of the profile hold no control characters");
  }
  if (calibration->id[0] == '\0')
    return stance_problem_set(problem, STANCE_INPUT, "the profile has no id");
  if (!(calibration->standard_uncertainty_pct >= 0.0 && calibration->gravity_m_per_s2 >= 0.0 &&
        isfinite(calibration->standard_uncertainty_pct) && isfinite(calibration->gravity_m_per_s2)))
    return stance_problem_set(problem, STANCE_INPUT,
                              "standard_uncertainty_pct and gravity_m_per_s2 are not negative");
  return STANCE_OK;
}

static enum stance_status validate_points(const struct stance_calibration *calibration,
                                          struct stance_problem *problem)
{
  if (calibration->point_count > STANCE_CALIBRATION_POINT_MAX)
    return stance_problem_set(problem, STANCE_INPUT, "%zu points; at most %d are possible",
                              calibration->point_count, STANCE_CALIBRATION_POINT_MAX);
  for (size_t k = 0; k < calibration->point_count; k++) {
    const struct stance_calibration_point *point = &calibration->point[k];
    if (point->channel >= calibration->channel_count || point->direction > STANCE_LOAD_HOLD ||
        !isfinite(point->applied_n) || !isfinite(point->raw))
      return stance_problem_set(problem, STANCE_INPUT,
                                "point %zu belongs to no channel, or is no number", k + 1);
  }
  return STANCE_OK;
}

static enum stance_status validate_plates(const struct stance_calibration *calibration,
                                          struct stance_problem *problem)
{
  if (calibration->plate_count > STANCE_CALIBRATION_PLATE_MAX)
    return stance_problem_set(problem, STANCE_INPUT, "%zu plates; at most %d are possible",
                              calibration->plate_count, STANCE_CALIBRATION_PLATE_MAX);
  for (size_t k = 0; k < calibration->channel_count; k++)
    if (calibration->channel[k].plate > calibration->plate_count)
      return stance_problem_set(problem, STANCE_INPUT,
                                "channel '%s' belongs to plate %u, and there %s",
                                calibration->channel[k].channel, calibration->channel[k].plate,
                                calibration->plate_count == 0 ? "is none" : "are fewer");
  for (size_t k = 0; k < calibration->plate_count; k++) {
    enum stance_status status = plate_validate(calibration, k, problem);
    if (status != STANCE_OK)
      return status;
  }
  return STANCE_OK;
}

enum stance_status stance_calibration_validate(const struct stance_calibration *calibration,
                                               struct stance_problem *problem)
{
  enum stance_status status = validate_texts(calibration, problem);
  if (status != STANCE_OK)
    return status;
  if (calibration->channel_count == 0 || calibration->channel_count > STANCE_CHANNEL_COUNT_MAX)
    return stance_problem_set(problem, STANCE_INPUT,
                              "the profile has %zu channels; 1 to %d are possible",
                              calibration->channel_count, STANCE_CHANNEL_COUNT_MAX);
  for (size_t k = 0; k < calibration->channel_count; k++) {
    status = validate_channel(&calibration->channel[k], k + 1, problem);
    if (status != STANCE_OK)
      return status;
  }
  status = validate_plates(calibration, problem);
  return status != STANCE_OK ? status : validate_points(calibration, problem);
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

struct stance_calibration_share
stance_calibration_share_in_side(const struct stance_calibration *calibration, size_t channel)
{
  const unsigned number = calibration->channel[channel].plate;
  struct stance_calibration_share share =
      stance_calibration_share_of(&calibration->channel[channel]);
  if (number == 0 || calibration->plate[number - 1].kind != STANCE_PLATE_MATRIX)
    return share;
  const struct stance_calibration_plate *plate = &calibration->plate[number - 1];
  size_t column = 0;
  for (size_t c = 0; c < channel; c++)
    column += calibration->channel[c].plate == number;
  share.gain_n_per_unit *= plate->polarity * plate->matrix[plate->axis][column];
  return share;
}
