/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibrator.h"

#include <math.h>
#include <string.h>

static enum stance_status copy_text(const char *what, const char *text, char *ret_text, size_t size,
                                    struct stance_problem *problem)
{
  if (text == NULL)
    return STANCE_OK;
  if (strlen(text) >= size)
    return stance_problem_set(problem, STANCE_USAGE, "%s '%.60s' is longer than %zu bytes", what,
                              text, size - 1);
  strcpy(ret_text, text);
  return STANCE_OK;
}

bool stance_calibrator_is_complete(const struct stance_calibration *calibration,
                                   size_t *ret_channel)
{
  for (size_t k = 0; k < calibration->channel_count; k++)
    if (calibration->channel[k].side != STANCE_SIDE_NONE &&
        calibration->channel[k].method == STANCE_METHOD_UNSTATED) {
      *ret_channel = k;
      return false;
    }
  return true;
}

/* The standards of this calibration go first; those of the other channels' follow while there is
   room. */
static enum stance_status name_standards(const struct stance_calibrator *calibrator,
                                         const struct stance_calibration *base,
                                         struct stance_calibration *next,
                                         struct stance_problem *problem)
{
  size_t count = 0;
  memset(next->standard, 0, sizeof next->standard);
  for (size_t k = 0; k < STANCE_CALIBRATION_STANDARD_MAX; k++) {
    if (calibrator->standard[k] == NULL)
      continue;
    enum stance_status status = copy_text("--standard", calibrator->standard[k],
                                          next->standard[count++], sizeof *next->standard, problem);
    if (status != STANCE_OK)
      return status;
  }
  for (size_t k = 0; k < STANCE_CALIBRATION_STANDARD_MAX; k++) {
    bool known = base->standard[k][0] == '\0';
    for (size_t other = 0; other < count; other++)
      known = known || strcmp(base->standard[k], next->standard[other]) == 0;
    if (!known && count < STANCE_CALIBRATION_STANDARD_MAX)
      strcpy(next->standard[count++], base->standard[k]);
  }
  return STANCE_OK;
}

/* All but the numbers. */
static enum stance_status begin(const struct stance_calibrator *calibrator,
                                const struct stance_calibration *base,
                                struct stance_calibration *next, struct stance_problem *problem)
{
  *next = *base;
  struct stance_calibration_channel *channel = &next->channel[calibrator->channel];
  if (channel->plate > 0 && base->plate[channel->plate - 1].kind == STANCE_PLATE_MATRIX)
    return stance_problem_set(problem, STANCE_USAGE,
                              "channel '%s' is one of a matrix, whose channels have no force of "
                              "their own: change the profile's text (stance calibrate export) and "
                              "import it",
                              channel->channel);
  const struct {
    const char *what, *text;
    char *to;
    size_t size;
  } texts[] = {
      {"the id", calibrator->id, next->id, sizeof next->id},
      {"the date", calibrator->created_at, next->created_at, sizeof next->created_at},
      {"--operator", calibrator->operator_name, next->operator_name, sizeof next->operator_name},
      {"--serial", calibrator->serial, channel->serial, sizeof channel->serial},
      {"the date", calibrator->created_at, channel->calibrated_at, sizeof channel->calibrated_at},
      {"--valid-until", calibrator->valid_until, channel->valid_until, sizeof channel->valid_until},
  };
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    enum stance_status status =
        copy_text(texts[k].what, texts[k].text, texts[k].to, texts[k].size, problem);
    if (status != STANCE_OK)
      return status;
  }
  if (calibrator->operator_name == NULL)
    next->operator_name[0] = '\0'; /* not that of the profile before */
  next->version = calibrator->version;
  next->standard_uncertainty_pct =
      fmax(base->standard_uncertainty_pct, calibrator->standard_uncertainty_pct);
  if (calibrator->gravity_m_per_s2 > 0)
    next->gravity_m_per_s2 = calibrator->gravity_m_per_s2;
  channel->poor_fit[0] = '\0';
  if (calibrator->side != STANCE_SIDE_NONE)
    channel->side = calibrator->side;
  return name_standards(calibrator, base, next, problem);
}

static enum stance_status finish(struct stance_calibration *next,
                                 const struct stance_calibration *base,
                                 struct stance_problem *problem)
{
  size_t open;
  /* A base that states no method, as the simulated rig's own, vouches for its channels. */
  next->calibrated = base->calibrated || stance_calibrator_is_complete(next, &open);
  return stance_calibration_validate(next, problem);
}

/* The channel's own points make room for the new ones. */
static enum stance_status keep_points(struct stance_calibration *next, size_t channel,
                                      const struct stance_calibration_point *points, size_t count,
                                      struct stance_problem *problem)
{
  size_t kept = 0;
  for (size_t k = 0; k < next->point_count; k++)
    if (next->point[k].channel != channel)
      next->point[kept++] = next->point[k];
  if (count > STANCE_CALIBRATION_POINT_MAX - kept)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%zu points are too many: a profile holds %d, and its other channels "
                              "have %zu",
                              count, STANCE_CALIBRATION_POINT_MAX, kept);
  for (size_t k = 0; k < count; k++) {
    next->point[kept] = points[k];
    next->point[kept++].channel = (unsigned)channel;
  }
  for (size_t k = kept; k < STANCE_CALIBRATION_POINT_MAX; k++)
    next->point[k] = (struct stance_calibration_point){0};
  next->point_count = kept;
  return STANCE_OK;
}

/* Every load stood still while it was read; else the point that moved most becomes the reason why
   the fit is poor. */
static enum stance_status check_stillness(const struct stance_calibrator *calibrator,
                                          const struct stance_calibration_point *points,
                                          size_t count, struct stance_calibration_channel *channel,
                                          struct stance_problem *problem)
{
  const double *moved = calibrator->moved_raw;
  const double limit_n = calibrator->still_pct / 100 * channel->quality.range_n;
  size_t worst = 0;
  if (moved == NULL || calibrator->still_pct == 0)
    return STANCE_OK;
  for (size_t k = 1; k < count; k++)
    worst = moved[k] > moved[worst] ? k : worst;
  const double moved_n = moved[worst] * channel->slope_n_per_unit;
  if (moved_n <= limit_n)
    return STANCE_OK;
  if (!calibrator->keep)
    return stance_problem_set(problem, STANCE_MISMATCH,
                              "channel '%s': point %zu (%.4g N) moved by %.3g N while it was read, "
                              "allowed are %.3g N (--still %g %%): wait until nothing swings and "
                              "measure it again, or keep it with --keep: every result will then "
                              "say so",
                              channel->channel, worst + 1, points[worst].applied_n, moved_n,
                              limit_n, calibrator->still_pct);
  if (channel->poor_fit[0] == '\0')
    snprintf(channel->poor_fit, sizeof channel->poor_fit, "point %zu moved by %.3g N while read",
             worst + 1, moved_n);
  return STANCE_OK;
}

enum stance_status stance_calibrator_fit(const struct stance_calibrator *calibrator,
                                         const struct stance_calibration *base,
                                         const struct stance_calibration_point *points,
                                         size_t count, struct stance_evaluation *ret_evaluation,
                                         struct stance_calibration *ret_calibration,
                                         struct stance_problem *problem)
{
  struct stance_calibration next;
  struct stance_calibration_channel *channel = &next.channel[calibrator->channel];
  struct stance_evaluation evaluation;
  enum stance_status status =
      stance_evaluate(points, count, calibrator->degree_max, &evaluation, NULL, problem);
  if (status != STANCE_OK)
    return status;
  if (evaluation.load_count < 3)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%zu different loads do not show whether the sensor is linear: apply "
                              "at least three (five or more are better), up and down",
                              evaluation.load_count);
  *ret_evaluation = evaluation;
  status = begin(calibrator, base, &next, problem);
  if (status == STANCE_OK)
    status = keep_points(&next, calibrator->channel, points, count, problem);
  if (status != STANCE_OK)
    return status;
  stance_evaluation_use(&evaluation, channel);
  if (!stance_evaluation_is_good(&evaluation, points, calibrator->limit_pct, channel->poor_fit,
                                 sizeof channel->poor_fit) &&
      !calibrator->keep)
    return stance_problem_set(
        problem, STANCE_MISMATCH,
        "channel '%s' fits poorly: %s; point %zu (%.4g N) is furthest off, by "
        "%.3g N. Measure that load again, look for what touches the sensor, "
        "or keep it with --keep: every result will then say so",
        channel->channel, channel->poor_fit, evaluation.worst_point + 1,
        points[evaluation.worst_point].applied_n, evaluation.worst_residual_n);
  status = check_stillness(calibrator, points, count, channel, problem);
  if (status != STANCE_OK)
    return status;
  status = finish(&next, base, problem);
  if (status == STANCE_OK)
    *ret_calibration = next;
  return status;
}

enum stance_status stance_calibrator_enter(const struct stance_calibrator *calibrator,
                                           const struct stance_calibration *base,
                                           double slope_n_per_unit, double zero_raw, double range_n,
                                           enum stance_calibration_method method,
                                           struct stance_calibration *ret_calibration,
                                           struct stance_problem *problem)
{
  struct stance_calibration next;
  struct stance_calibration_channel *channel = &next.channel[calibrator->channel];
  enum stance_status status = begin(calibrator, base, &next, problem);
  if (status == STANCE_OK)
    status = keep_points(&next, calibrator->channel, NULL, 0, problem);
  if (status != STANCE_OK)
    return status;
  channel->polarity = slope_n_per_unit < 0 ? -1 : 1;
  channel->slope_n_per_unit = fabs(slope_n_per_unit);
  channel->quadratic_n_per_unit2 = channel->cubic_n_per_unit3 = 0;
  channel->zero_raw = zero_raw;
  channel->method = method;
  channel->quality = (struct stance_calibration_quality){.range_n = range_n};
  status = finish(&next, base, problem);
  if (status == STANCE_OK)
    *ret_calibration = next;
  return status;
}
