/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording as what acts on the inputs: read whole, straight lines between its samples, its last
   sample afterwards. */
#include "input_private.h"

#include "stance/calibration.h"
#include "stance/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RING_FRAMES = 1 << 14, FRAMES_MAX = 1 << 26 };

static enum stance_status calibration_of(const struct stance_source_info *info,
                                         struct stance_calibration *ret_calibration,
                                         struct stance_problem *problem)
{
  if (info->calibration[0] != '\0')
    return stance_calibration_import(info->uri, info->calibration, ret_calibration, problem);
  return stance_calibration_for_units(info->channel, info->channel_count, NULL, ret_calibration,
                                      problem);
}

/* Room for one more instant on each side. */
static enum stance_status grow(struct stance_virtual_input *input, size_t count,
                               struct stance_problem *problem)
{
  if (count > FRAMES_MAX)
    return stance_problem_set(problem, STANCE_INPUT, "the recording has more than %d samples",
                              FRAMES_MAX);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    double *longer = realloc(input->recorded_n[side], count * sizeof *longer);
    if (longer == NULL)
      return stance_problem_set(problem, STANCE_MEMORY, "out of memory for the recording");
    input->recorded_n[side] = longer;
  }
  return STANCE_OK;
}

static enum stance_status keep(struct stance_virtual_input *input,
                               const struct stance_calibration *calibration,
                               const struct stance_raw_frame *frame, size_t *capacity,
                               struct stance_problem *problem)
{
  struct stance_force_frame force;

  if (frame->index >= *capacity) {
    const size_t wanted = 2 * (size_t)frame->index + RING_FRAMES;
    const enum stance_status status = grow(input, wanted, problem);
    if (status != STANCE_OK)
      return status;
    *capacity = wanted;
  }
  stance_calibration_apply_frame(calibration, frame, &force);
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    double *kept = input->recorded_n[side];
    /* What was lost is held at the value before it. */
    for (size_t k = input->recorded_count; k < frame->index; k++)
      kept[k] = k == 0 ? force.force_n[side] : kept[k - 1];
    kept[frame->index] = isnan(force.force_n[side]) && frame->index > 0 ? kept[frame->index - 1]
                                                                        : force.force_n[side];
  }
  input->recorded_count = (size_t)frame->index + 1;
  return STANCE_OK;
}

static enum stance_status read_all(struct stance_virtual_input *input, struct stance_source *source,
                                   const struct stance_calibration *calibration,
                                   struct stance_frame_ring *ring, struct stance_problem *problem)
{
  static struct stance_raw_frame frames[1024];
  struct stance_source_health health;
  size_t capacity = 0, count;

  do {
    stance_source_health(source, &health); /* before the ring: what came until `ended` is in it */
    count = stance_frame_ring_read(ring, frames, 1024);
    for (size_t k = 0; k < count; k++) {
      const enum stance_status status = keep(input, calibration, &frames[k], &capacity, problem);
      if (status != STANCE_OK)
        return status;
    }
    if (count == 0 && !health.ended)
      nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  } while (count > 0 || !health.ended);
  if (input->recorded_count == 0)
    return stance_problem_set(problem, STANCE_INPUT, "the recording has no sample");
  return STANCE_OK;
}

enum stance_status stance_input_open_recording(struct stance_virtual_input *input, const char *uri,
                                               struct stance_problem *problem)
{
  char text[STANCE_URI_SIZE];
  struct stance_source *source = NULL;
  struct stance_frame_ring *ring = NULL;
  struct stance_calibration calibration;
  const int length = snprintf(text, sizeof text, "%s%s", uri,
                              strstr(uri, "speed=") != NULL ? ""
                              : strchr(uri, '?') == NULL    ? "?speed=max"
                                                            : "&speed=max");

  if (length < 0 || (size_t)length >= sizeof text)
    return stance_problem_set(problem, STANCE_USAGE, "%.64s…: the URI is too long", uri);
  enum stance_status status = stance_source_open(text, NULL, &source, problem);
  if (status != STANCE_OK)
    return status;
  const struct stance_source_info *info = stance_source_info(source);
  input->recorded_rate_hz = info->rate_hz;
  status = calibration_of(info, &calibration, problem);
  if (status == STANCE_OK && info->frame_count == 0)
    status = stance_problem_set(problem, STANCE_USAGE, "%s has no end: play sim: or replay:", uri);
  if (status == STANCE_OK)
    status = stance_frame_ring_create(RING_FRAMES, &ring);
  if (status == STANCE_OK)
    status = stance_source_start(source, &ring, 1, problem);
  if (status == STANCE_OK)
    status = read_all(input, source, &calibration, ring, problem);
  stance_source_destroy(source);
  stance_frame_ring_destroy(ring);
  return status;
}

void stance_input_recorded_force(const struct stance_virtual_input *input, double time_s,
                                 double ret_force_n[STANCE_MEASURED_SIDE_COUNT])
{
  const double at = time_s * input->recorded_rate_hz;
  const size_t last = input->recorded_count == 0 ? 0 : input->recorded_count - 1;
  const size_t k = at >= (double)last ? last : (size_t)at;
  const double share = at >= (double)last ? 0.0 : at - (double)k;

  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const double *recorded = input->recorded_n[side];
    ret_force_n[side] = recorded == NULL ? (double)NAN
                        : share == 0.0   ? recorded[k]
                                         : recorded[k] + share * (recorded[k + 1] - recorded[k]);
  }
}
