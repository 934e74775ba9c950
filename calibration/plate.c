/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stance/plate.h"

#include "plate_private.h"
#include "profile.h"

#include <math.h>

size_t plate_channels(const struct stance_calibration *calibration, size_t plate,
                      size_t ret_channel[STANCE_CHANNEL_COUNT_MAX])
{
  size_t count = 0;
  for (size_t c = 0; c < calibration->channel_count; c++)
    if (calibration->channel[c].plate == plate + 1)
      ret_channel[count++] = c;
  return count;
}

/* Adds what one channel of a Kistler plate contributes. */
static void add_kistler(const struct stance_calibration_plate *plate, enum stance_plate_role role,
                        double force_n, double load[STANCE_LOAD_COUNT])
{
  /* Signs of Mx and My for fz1 … fz4. */
  static const double along_b[] = {1, 1, -1, -1}, along_a[] = {-1, 1, 1, -1};

  switch (role) {
  case STANCE_ROLE_NONE:
    break;
  case STANCE_ROLE_FX12:
  case STANCE_ROLE_FX34:
    load[STANCE_FX] += force_n;
    load[STANCE_MZ] += (role == STANCE_ROLE_FX12 ? -1 : 1) * plate->b_m * force_n;
    break;
  case STANCE_ROLE_FY14:
  case STANCE_ROLE_FY23:
    load[STANCE_FY] += force_n;
    load[STANCE_MZ] += (role == STANCE_ROLE_FY14 ? 1 : -1) * plate->a_m * force_n;
    break;
  case STANCE_ROLE_FZ1:
  case STANCE_ROLE_FZ2:
  case STANCE_ROLE_FZ3:
  case STANCE_ROLE_FZ4:
    load[STANCE_FZ] += force_n;
    load[STANCE_MX] += along_b[role - STANCE_ROLE_FZ1] * plate->b_m * force_n;
    load[STANCE_MY] += along_a[role - STANCE_ROLE_FZ1] * plate->a_m * force_n;
    break;
  }
}

void stance_plate_loads(const struct stance_calibration *calibration, size_t number,
                        const struct stance_raw_frame *raw, double ret_load[STANCE_LOAD_COUNT])
{
  const struct stance_calibration_plate *plate = &calibration->plate[number];
  double load[STANCE_LOAD_COUNT] = {0};
  size_t column = 0;

  for (size_t c = 0; c < calibration->channel_count; c++) {
    const struct stance_calibration_channel *channel = &calibration->channel[c];
    if (channel->plate != number + 1)
      continue;
    const double value = (raw->flags & STANCE_FRAME_CORRUPT) != 0
                             ? (double)NAN
                             : stance_calibration_channel_force(channel, raw->value[c]);
    if (plate->kind == STANCE_PLATE_MATRIX) {
      for (int row = 0; row < STANCE_LOAD_COUNT; row++)
        load[row] += plate->matrix[row][column] * value;
      column++;
    } else if (plate->kind == STANCE_PLATE_KISTLER) {
      add_kistler(plate, channel->role, value, load);
    } else {
      load[STANCE_FZ] += value;
      load[STANCE_MX] += channel->y_m * value;
      load[STANCE_MY] -= channel->x_m * value;
      load[STANCE_MZ] = (double)NAN;
    }
  }
  for (int row = 0; row < STANCE_LOAD_COUNT; row++)
    ret_load[row] = load[row];
}

void stance_plate_centre(const double load[STANCE_LOAD_COUNT], double top_m, double blank_below_n,
                         struct stance_plate_centre *ret_centre)
{
  const double fz = load[STANCE_FZ];
  struct stance_plate_centre centre = {(double)NAN, (double)NAN, (double)NAN};

  if (fabs(fz) >= blank_below_n && fz != 0.0) {
    centre.x_m = (top_m * load[STANCE_FX] - load[STANCE_MY]) / fz;
    centre.y_m = (load[STANCE_MX] + top_m * load[STANCE_FY]) / fz;
    centre.free_moment_nm =
        load[STANCE_MZ] - centre.x_m * load[STANCE_FY] + centre.y_m * load[STANCE_FX];
  }
  *ret_centre = centre;
}

/* Each of the eight roles once; only the vertical ones carry the side's force. */
static enum stance_status validate_kistler(const struct stance_calibration *calibration,
                                           size_t number, const size_t *channels, size_t count,
                                           struct stance_problem *problem)
{
  const struct stance_calibration_plate *plate = &calibration->plate[number];
  unsigned seen = 0;

  for (size_t k = 0; k < count; k++) {
    const struct stance_calibration_channel *channel = &calibration->channel[channels[k]];
    const bool vertical = channel->role >= STANCE_ROLE_FZ1;
    if (vertical != (channel->side != STANCE_SIDE_NONE))
      return stance_problem_set(problem, STANCE_INPUT,
                                "channel '%s': on a Kistler plate fz1 to fz4 have the plate's side "
                                "and the others none",
                                channel->channel);
    seen |= 1u << channel->role;
  }
  if (count != 8 || seen != 0x1fe)
    return stance_problem_set(problem, STANCE_INPUT,
                              "plate %zu: a Kistler plate has eight channels with the roles fx12 "
                              "fx34 fy14 fy23 fz1 fz2 fz3 fz4, each once",
                              number + 1);
  if (!(plate->a_m > 0.0 && plate->b_m > 0.0))
    return stance_problem_set(problem, STANCE_INPUT,
                              "plate %zu: a_m and b_m, from the centre to the sensors, are missing",
                              number + 1);
  return STANCE_OK;
}

static enum stance_status validate_matrix(const struct stance_calibration *calibration,
                                          size_t number, const size_t *channels, size_t count,
                                          struct stance_problem *problem)
{
  const struct stance_calibration_plate *plate = &calibration->plate[number];
  double along_axis = 0.0;

  if (count < STANCE_LOAD_COUNT)
    return stance_problem_set(problem, STANCE_INPUT,
                              "plate %zu: a matrix has six to eight channels, these are %zu",
                              number + 1, count);
  for (size_t k = 0; k < count; k++) {
    const struct stance_calibration_channel *channel = &calibration->channel[channels[k]];
    if (channel->side == STANCE_SIDE_NONE)
      return stance_problem_set(problem, STANCE_INPUT,
                                "channel '%s': every channel of a matrix has the plate's side",
                                channel->channel);
    if (channel->quadratic_n_per_unit2 != 0.0 || channel->cubic_n_per_unit3 != 0.0)
      return stance_problem_set(problem, STANCE_INPUT,
                                "channel '%s': a channel of a matrix has a slope and no curve",
                                channel->channel);
    along_axis += fabs(plate->matrix[plate->axis][k]);
  }
  if (!(along_axis > 0.0))
    return stance_problem_set(problem, STANCE_INPUT,
                              "plate %zu: the matrix gives no force along its axis", number + 1);
  return STANCE_OK;
}

static bool plate_is_finite(const struct stance_calibration_plate *plate)
{
  bool finite = isfinite(plate->a_m) && isfinite(plate->b_m) && isfinite(plate->top_m);
  for (int row = 0; row < STANCE_LOAD_COUNT; row++)
    for (int column = 0; column < STANCE_CHANNEL_COUNT_MAX; column++)
      finite = finite && isfinite(plate->matrix[row][column]);
  return finite;
}

enum stance_status plate_validate(const struct stance_calibration *calibration, size_t number,
                                  struct stance_problem *problem)
{
  const struct stance_calibration_plate *plate = &calibration->plate[number];
  size_t channels[STANCE_CHANNEL_COUNT_MAX];
  const size_t count = plate_channels(calibration, number, channels);

  if (plate->kind == STANCE_PLATE_NONE || plate->kind > STANCE_PLATE_MATRIX)
    return stance_problem_set(problem, STANCE_INPUT, "plate %zu: kind is cells, kistler or matrix",
                              number + 1);
  if (plate->polarity != 1 && plate->polarity != -1)
    return stance_problem_set(problem, STANCE_INPUT, "plate %zu: polarity is 1 or -1, not %d",
                              number + 1, plate->polarity);
  if (plate->axis > STANCE_FZ || !plate_is_finite(plate))
    return stance_problem_set(problem, STANCE_INPUT,
                              "plate %zu: a length or the matrix holds no finite number, or the "
                              "axis is none of fx, fy and fz",
                              number + 1);
  if (plate->kind != STANCE_PLATE_MATRIX && (plate->axis != STANCE_FZ || plate->polarity != 1))
    return stance_problem_set(problem, STANCE_INPUT,
                              "plate %zu: of cells and Kistler plates the axis is fz and the "
                              "polarity 1; a cell's own polarity turns its sign",
                              number + 1);
  for (size_t k = 1; k < count; k++) {
    const enum stance_side side = calibration->channel[channels[k]].side;
    const enum stance_side before = calibration->channel[channels[k - 1]].side;
    if (side != before && side != STANCE_SIDE_NONE && before != STANCE_SIDE_NONE)
      return stance_problem_set(problem, STANCE_INPUT,
                                "plate %zu: its channels belong to two sides", number + 1);
  }
  switch (plate->kind) {
  case STANCE_PLATE_KISTLER:
    return validate_kistler(calibration, number, channels, count, problem);
  case STANCE_PLATE_MATRIX:
    return validate_matrix(calibration, number, channels, count, problem);
  default:
    return count >= 3 ? STANCE_OK
                      : stance_problem_set(problem, STANCE_INPUT,
                                           "plate %zu: %zu cells; three or four carry a plate",
                                           number + 1, count);
  }
}
