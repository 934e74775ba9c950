/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <stdlib.h>
#include <string.h>

/* The side that is wired to a terminal. */
static enum stance_side side_of(const struct stance_virtual_device *device, unsigned terminal)
{
  struct stance_virtual_path path[STANCE_VIRTUAL_PATH_COUNT];
  const size_t count = stance_virtual_input_paths(device->input, path);

  for (size_t k = 0; k < count; k++)
    if (path[k].terminal == terminal)
      return path[k].side;
  return STANCE_SIDE_NONE;
}

enum stance_status stance_instrument_profile(const struct stance_virtual_device *device,
                                             const unsigned *inputs, size_t input_count,
                                             char **ret_text, struct stance_problem *problem)
{
  struct stance_calibration calibration = {
      .calibrated = true, .created_at = "2026-01-01T00:00:00Z", .channel_count = input_count};

  snprintf(calibration.id, sizeof calibration.id, "virtual-%s-%s", device->kind->name,
           device->serial);
  snprintf(calibration.instrument, sizeof calibration.instrument, "%s %s", device->kind->model,
           device->serial);
  for (size_t k = 0; k < input_count; k++) {
    struct stance_calibration_channel *channel = &calibration.channel[k];
    struct stance_virtual_channel reading;
    device->kind->describe_channel(device, inputs[k], &reading);
    *channel = (struct stance_calibration_channel){
        .side = side_of(device, inputs[k]),
        .polarity = 1,
        .zero_raw = stance_virtual_input_bias_v(device->input) * reading.unit_per_volt,
        .slope_n_per_unit =
            stance_virtual_input_newton_per_volt(device->input) / reading.unit_per_volt};
    snprintf(channel->channel, sizeof channel->channel, "%s", reading.name);
    snprintf(channel->unit, sizeof channel->unit, "%s", reading.unit);
    snprintf(channel->serial, sizeof channel->serial, "cell-%zu", k + 1);
  }
  if (stance_calibration_export(&calibration, ret_text) != STANCE_OK)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  return STANCE_OK;
}
