/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix of a six-axis sensor: read, proven where known loads are at hand, made a profile. */
#include "calibrate.h"
#include "matrix_file.h"

#include <string.h>

/* Every channel of the instrument becomes one of the plate; what was entered for them is kept. */
static void describe_plate(const struct stance_calibrate_arguments *arguments,
                           const struct stance_calibrator *calibrator,
                           struct stance_calibration *next)
{
  next->plate_count = 1;
  next->plate[0] = (struct stance_calibration_plate){.kind = STANCE_PLATE_MATRIX,
                                                     .axis = arguments->axis,
                                                     .polarity = arguments->axis_polarity,
                                                     .top_m = arguments->top_m};
  for (size_t k = 0; k < next->channel_count; k++) {
    struct stance_calibration_channel *channel = &next->channel[k];
    channel->plate = 1;
    channel->side = arguments->side;
    channel->method = STANCE_METHOD_CERTIFICATE;
    snprintf(channel->calibrated_at, sizeof channel->calibrated_at, "%s", calibrator->created_at);
    snprintf(channel->valid_until, sizeof channel->valid_until, "%s", calibrator->valid_until);
    if (calibrator->serial != NULL)
      snprintf(channel->serial, sizeof channel->serial, "%s", calibrator->serial);
  }
}

static enum stance_status check_loads(const struct stance_calibrate_arguments *arguments,
                                      struct stance_calibration *next,
                                      struct stance_problem *problem)
{
  struct stance_plate_point points[STANCE_KNOWN_LOAD_MAX];
  size_t count = 0;
  if (arguments->check == NULL) {
    fprintf(stderr, "Nothing proves that the matrix is read the right way round: put a known mass "
                    "on the plate and give --check.\n");
    return STANCE_OK;
  }
  enum stance_status status =
      stance_known_loads_read(arguments->check, next, points, &count, problem);
  if (status == STANCE_OK)
    status = stance_matrix_check(next->plate[0].matrix, next->channel_count, points, count,
                                 arguments->limit_pct, problem);
  next->plate[0].matrix_checked = status == STANCE_OK;
  return status;
}

enum stance_status stance_calibrate_matrix(const struct stance_calibrate_arguments *arguments,
                                           const struct stance_calibrator *calibrator,
                                           const struct stance_calibration *base,
                                           struct stance_calibration *ret_calibration,
                                           struct stance_problem *problem)
{
  double number[64];
  size_t rows = 0, columns = 0;
  struct stance_calibration plain = *base, next;
  /* Of what the channels were before, their zeros are left. */
  plain.plate_count = 0;
  for (size_t k = 0; k < plain.channel_count; k++)
    plain.channel[k] = (struct stance_calibration_channel){.side = STANCE_SIDE_NONE,
                                                           .polarity = 1,
                                                           .slope_n_per_unit = 1,
                                                           .zero_raw = base->channel[k].zero_raw};
  for (size_t k = 0; k < plain.channel_count; k++) {
    memcpy(plain.channel[k].channel, base->channel[k].channel, sizeof plain.channel[k].channel);
    memcpy(plain.channel[k].unit, base->channel[k].unit, sizeof plain.channel[k].unit);
  }
  enum stance_status status =
      stance_calibrator_enter(calibrator, &plain, 1, base->channel[calibrator->channel].zero_raw, 0,
                              STANCE_METHOD_CERTIFICATE, &next, problem);
  if (status == STANCE_OK)
    status = stance_matrix_file_read(arguments->matrix, number, &rows, &columns, problem);
  if (status != STANCE_OK)
    return status;
  describe_plate(arguments, calibrator, &next);
  status = stance_matrix_orient(number, rows, columns, arguments->orientation, next.plate[0].matrix,
                                problem);
  const size_t channels = rows == STANCE_LOAD_COUNT ? columns : rows;
  if (status == STANCE_OK && channels != next.channel_count)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: the matrix is for %zu channels, the instrument has %zu",
                              arguments->matrix, channels, next.channel_count);
  if (status == STANCE_OK)
    status = check_loads(arguments, &next, problem);
  next.point_count = 0;
  next.calibrated = true;
  if (status == STANCE_OK)
    status = stance_calibration_validate(&next, problem);
  if (status == STANCE_OK)
    *ret_calibration = next;
  return status;
}
