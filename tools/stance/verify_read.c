/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instruments read while nothing, or a known load, stands on them. */
#include "verify.h"

#include "pipeline.h"
#include "rig.h"
#include "stance/conditioning.h"
#include "stance/step_release.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum stance_status open_device(struct stance_verify *verify, size_t number,
                                      struct stance_problem *problem)
{
  const struct stance_verify_arguments *arguments = verify->arguments;
  struct stance_verify_device *device = &verify->device[number];
  struct stance_calibration stored;
  enum stance_status status =
      stance_source_open(arguments->device[number], NULL, &device->source, problem);
  if (status != STANCE_OK)
    return status;
  verify->device_count = number + 1;
  device->info = *stance_source_info(device->source);
  stance_pipeline_instrument(&device->info, device->instrument, sizeof device->instrument);
  if (arguments->instrument != NULL) /* a recording of that instrument is played back */
    snprintf(device->instrument, sizeof device->instrument, "%s", arguments->instrument);
  status = stance_store_get_calibration(verify->store, device->instrument, &stored, problem);
  if (status != STANCE_OK && status != STANCE_END)
    return status;
  status = stance_pipeline_calibration(&device->info, status == STANCE_OK ? &stored : NULL,
                                       &device->calibration, problem);
  if (status == STANCE_OK)
    status = stance_rig_claim_side(arguments->device_side[number], device->instrument,
                                   &device->calibration, problem);
  if (status == STANCE_OK && !device->calibration.calibrated)
    status = stance_problem_set(problem, STANCE_USAGE,
                                "%s is not calibrated: there is nothing to check yet (stance "
                                "calibrate)",
                                device->instrument);
  return status;
}

enum stance_status stance_verify_open(struct stance_verify *verify, struct stance_problem *problem)
{
  char path[PATH_MAX];
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  if (status == STANCE_OK)
    status = stance_store_open(path, STANCE_STORE_WRITE, &verify->store, problem);
  for (size_t k = 0; k < verify->arguments->device_count && status == STANCE_OK; k++)
    status = open_device(verify, k, problem);
  for (size_t k = 0; k < verify->device_count && status == STANCE_OK; k++)
    status = stance_live_reader_create(verify->device[k].source, &verify->device[k].live, problem);
  return status;
}

void stance_verify_close(struct stance_verify *verify)
{
  for (size_t k = 0; k < verify->device_count; k++) {
    stance_live_reader_destroy(verify->device[k].live);
    stance_source_destroy(verify->device[k].source);
  }
  stance_store_close(verify->store);
  free(verify->release);
}

static bool measures(const struct stance_verify_device *device, enum stance_side side)
{
  for (size_t c = 0; c < device->calibration.channel_count; c++)
    if (device->calibration.channel[c].side == side)
      return true;
  return false;
}

enum stance_side stance_verify_side(const struct stance_verify *verify)
{
  enum stance_side only = verify->arguments->side;
  if (only != STANCE_SIDE_NONE)
    return only;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    for (size_t k = 0; k < verify->device_count; k++)
      if (measures(&verify->device[k], (enum stance_side)side)) {
        if (only != STANCE_SIDE_NONE && only != (enum stance_side)side)
          return STANCE_SIDE_NONE;
        only = (enum stance_side)side;
      }
  return only;
}

static unsigned used_channels(const struct stance_calibration *calibration)
{
  unsigned used = 0;
  for (size_t c = 0; c < calibration->channel_count; c++)
    if (calibration->channel[c].side != STANCE_SIDE_NONE || calibration->channel[c].plate > 0)
      used |= 1u << c;
  return used;
}

/* The frames of a stretch, `*ret_frames` to be freed. */
static enum stance_status take_frames(struct stance_verify *verify,
                                      struct stance_verify_device *device, double from_s,
                                      double to_s, struct stance_raw_frame **ret_frames,
                                      size_t *ret_count, struct stance_problem *problem)
{
  const double rate_hz = device->info.rate_hz;
  const bool now = isnan(from_s);
  const size_t count = (size_t)llround((now ? verify->seconds : to_s) * rate_hz) -
                       (now ? 0 : (size_t)llround(from_s * rate_hz));
  struct stance_raw_frame *frames = calloc(count + 1, sizeof *frames);
  if (frames == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "no memory for %zu samples", count);
  enum stance_status status = stance_live_reader_frames(
      device->live, now ? STANCE_READ_NOW : (uint64_t)llround(from_s * rate_hz), count,
      used_channels(&device->calibration), frames, problem);
  if (status != STANCE_OK) {
    free(frames);
    return status;
  }
  *ret_frames = frames;
  *ret_count = count;
  return STANCE_OK;
}

/* The force of one side in newtons, to be freed; NULL without memory. */
static double *force_of(const struct stance_verify_device *device,
                        const struct stance_raw_frame *frames, size_t count, enum stance_side side)
{
  double *force_n = malloc((count + 1) * sizeof *force_n);
  for (size_t k = 0; k < count && force_n != NULL; k++) {
    struct stance_force_frame force;
    stance_calibration_apply_frame(&device->calibration, &frames[k], &force);
    force_n[k] = force.force_n[side];
  }
  return force_n;
}

static enum stance_status read_side(const struct stance_verify *verify,
                                    const struct stance_verify_device *device,
                                    const struct stance_raw_frame *frames, size_t count,
                                    enum stance_side side, struct stance_verify_row *row,
                                    struct stance_problem *problem)
{
  struct stance_still_reading reading;
  double *force_n = force_of(device, frames, count, side);
  if (force_n == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "no memory for %zu samples", count);
  enum stance_status status = stance_still_read(force_n, count, &reading, problem);
  free(force_n);
  if (status != STANCE_OK)
    return status;
  if (reading.moved > verify->arguments->still_n || reading.sd > verify->arguments->still_n)
    return stance_problem_set(problem, STANCE_INPUT,
                              "%s: it was not still: the %s side moved by %.2f N (standard "
                              "deviation %.2f N) while it was read, allowed is %.2f N (--still); "
                              "wait until nothing swings, and read again",
                              device->instrument, stance_side_name(side), reading.moved, reading.sd,
                              verify->arguments->still_n);
  row->force_n[side] = reading.mean;
  row->uncertainty_n[side] = reading.uncertainty;
  return STANCE_OK;
}

/* Mean loads of the first plate, where the device is one. */
static void read_plate(const struct stance_verify_device *device,
                       const struct stance_raw_frame *frames, size_t count,
                       struct stance_verify_row *row)
{
  if (device->calibration.plate_count == 0)
    return;
  memset(row->load, 0, sizeof row->load);
  for (size_t k = 0; k < count; k++) {
    double load[STANCE_LOAD_COUNT];
    stance_plate_loads(&device->calibration, 0, &frames[k], load);
    for (int c = 0; c < STANCE_LOAD_COUNT; c++)
      row->load[c] += load[c] / (double)count;
  }
}

enum stance_status stance_verify_take(struct stance_verify *verify, struct stance_verify_row *row,
                                      struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  /* What touches the other side is no matter of a mass on this one. */
  if (row->side == STANCE_SIDE_NONE && verify->arguments->kind == STANCE_CHECK_MASS)
    row->side = stance_verify_side(verify);
  for (size_t d = 0; d < verify->device_count && status == STANCE_OK; d++) {
    struct stance_verify_device *device = &verify->device[d];
    struct stance_raw_frame *frames = NULL;
    size_t count = 0;
    if (row->side != STANCE_SIDE_NONE && !measures(device, row->side))
      continue;
    status = take_frames(verify, device, row->from_s, row->to_s, &frames, &count, problem);
    for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT && status == STANCE_OK; side++)
      if (measures(device, (enum stance_side)side) &&
          (row->side == STANCE_SIDE_NONE || row->side == (enum stance_side)side))
        status = read_side(verify, device, frames, count, (enum stance_side)side, row, problem);
    if (status == STANCE_OK)
      read_plate(device, frames, count, row);
    free(frames);
  }
  return status;
}

enum stance_status stance_verify_take_release(struct stance_verify *verify,
                                              struct stance_problem *problem)
{
  const enum stance_side side = stance_verify_side(verify);
  const bool stretch = verify->row_count > 0;
  struct stance_raw_frame *frames = NULL;
  size_t count = 0, d = 0;
  while (d < verify->device_count && !measures(&verify->device[d], side))
    d++;
  if (d == verify->device_count)
    return stance_problem_set(problem, STANCE_USAGE, "no instrument measures that side");
  struct stance_verify_device *device = &verify->device[d];
  enum stance_status status =
      take_frames(verify, device, stretch ? verify->row[0].from_s : (double)NAN,
                  stretch ? verify->row[0].to_s : (double)NAN, &frames, &count, problem);
  if (status != STANCE_OK)
    return status;
  double *force_n = force_of(device, frames, count, side);
  verify->release = calloc(1, sizeof *verify->release);
  status =
      force_n == NULL || verify->release == NULL
          ? stance_problem_set(problem, STANCE_MEMORY, "no memory for %zu samples", count)
          : stance_step_release_fit(force_n, count, device->info.rate_hz, verify->release, problem);
  free(force_n);
  free(frames);
  return status;
}
