/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the simulated rig says about itself, its calibration profile included. */
#include "sim.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char *const rig_names[] = {"strap", "two-plates", "plate"};

/* Half of the converter's range. */
static const double range_v = 10.0;

static double volts_per_count(const struct stance_sim *sim)
{
  return -range_v / sim->sensor.lowest;
}

static void describe_channel(const struct stance_sim *sim, size_t k, struct stance_channel *channel)
{
  const struct stance_sim_settings *settings = &sim->plan.settings;
  const bool plate = settings->rig == STANCE_SIM_PLATE;
  const size_t force_channels = plate ? 1 : 2;

  *channel = (struct stance_channel){
      .side = k >= force_channels ? STANCE_SIDE_NONE
              : plate             ? STANCE_TOTAL
                                  : (enum stance_side)k,
      .minimum = sim->sensor.lowest,
      .maximum = sim->sensor.highest,
      .resolution = settings->bits > 0 ? 1.0 : 0.0,
      .skew_s = (double)k * settings->skew_s,
  };
  if (settings->converter == STANCE_SIM_VOLTS)
    channel->converter = (struct stance_converter){
        .unit = "V", .slope_above = volts_per_count(sim), .slope_below = volts_per_count(sim)};
  snprintf(channel->unit, sizeof channel->unit, "%s", settings->bits > 0 ? "counts" : "N");
  if (k >= force_channels)
    snprintf(channel->name, sizeof channel->name, "spare%zu", k - force_channels + 1);
  else
    snprintf(channel->name, sizeof channel->name, "%s",
             plate ? "plate" : stance_side_name(channel->side));
}

/* The slope is exact. Not 0, which would say that nobody knows: a hundredth of the 0.1 % that the
   best load cells are sold with. */
static const double own_uncertainty_pct = 0.001;

/* The text form of a profile (calibration.h): the rig knows it by heart, zero as it was when the
   rig was calibrated. */
static void write_profile(const struct stance_sim *sim, struct stance_source_info *info)
{
  const bool volts = sim->plan.settings.converter == STANCE_SIM_VOLTS;
  const double units_per_count = volts ? volts_per_count(sim) : 1.0;
  char *text = info->calibration;
  const size_t size = sizeof info->calibration;
  size_t used = 0;

  used += (size_t)snprintf(text, size,
                           "[calibration]\nid = %s\ninstrument = %s %s\n"
                           "created_at = 2026-01-01T00:00:00Z\noperator =\ncalibrated = yes\n"
                           "standard_uncertainty_pct = %g\n",
                           info->serial, info->model, info->serial, own_uncertainty_pct);
  for (size_t k = 0; k < info->channel_count; k++) {
    const struct stance_channel *channel = &info->channel[k];
    assert(used < size);
    used += (size_t)snprintf(
        text + used, size - used,
        "[channel %s]\nserial = %s-%zu\nunit = %s\nside = %s\npolarity = 1\nzero = %.17g\n"
        "slope_n_per_unit = %.17g\n",
        channel->name, info->serial, k + 1, volts ? "V" : channel->unit,
        channel->side == STANCE_SIDE_NONE ? "none" : stance_side_name(channel->side),
        sim->sensor.channel[k].zero_raw * units_per_count,
        sim->sensor.slope_n_per_unit / units_per_count);
  }
  /* Eight channels of at most 300 characters fit into the 4096 of the contract. */
  assert(used < size);
}

void stance_sim_describe(const struct stance_sim *sim, struct stance_source_info *info)
{
  const struct stance_sim_settings *settings = &sim->plan.settings;

  snprintf(info->model, sizeof info->model, "simulated rig");
  /* A profile is immutable under its name, so all that it depends on is part of the name. */
  snprintf(info->serial, sizeof info->serial, "sim-%.0f-%s%.0f-%.0fbit-%gN%s", settings->seed,
           rig_names[settings->rig], settings->spare_channels, settings->bits, settings->range_n,
           settings->converter == STANCE_SIM_VOLTS ? "-volts" : "");
  snprintf(info->firmware, sizeof info->firmware, "%s", STANCE_VERSION);
  info->rate_hz = sim->sampled_rate_hz;
  info->oversampling = (unsigned)settings->oversampling;
  info->elastic = isinf(settings->speed);
  info->frame_count = sim->frame_count;
  info->channel_count = sim->channel_count;
  for (size_t k = 0; k < sim->channel_count; k++)
    describe_channel(sim, k, &info->channel[k]);
  if (settings->profile == STANCE_SIM_PROFILE_YES)
    write_profile(sim, info);
}
