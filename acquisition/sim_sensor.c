/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_sensor.h"

#include <math.h>

static const double two_pi = 6.283185307179586;
static const double s_per_min = 60.0;
/* No bridge is balanced to the last count: shares of the converter's half range. */
static const double imbalance[] = {0.005, -0.003};
enum { HUM_STREAM = 3, NOISE_STREAM = 16, WANDER_STREAM = 32 };

void stance_sim_sensor_init(struct stance_sim_sensor *sensor,
                            const struct stance_sim_settings *settings, size_t channel_count)
{
  const uint64_t seed = (uint64_t)settings->seed;
  const double half_range = settings->bits > 0 ? exp2(settings->bits - 1.0) : settings->range_n;
  struct stance_random hum;

  *sensor = (struct stance_sim_sensor){
      .settings = settings,
      .channel_count = channel_count,
      .slope_n_per_unit = settings->range_n / half_range,
      .lowest = -half_range,
      .highest = settings->bits > 0 ? half_range - 1.0 : half_range,
  };
  stance_random_init(&hum, seed, HUM_STREAM);
  sensor->hum_rad = stance_random_between(&hum, 0.0, two_pi);
  for (size_t k = 0; k < channel_count; k++) {
    struct stance_sim_sensor_channel *channel = &sensor->channel[k];
    stance_random_init(&channel->noise, seed, NOISE_STREAM + k);
    stance_random_init(&channel->wander, seed, WANDER_STREAM + k);
    for (size_t row = 0; row < STANCE_SIM_WANDER_ROWS; row++)
      channel->wander_row[row] = stance_random_normal(&channel->wander);
    channel->zero_raw = settings->bits > 0 ? imbalance[k % 2] * half_range : 0.0;
  }
}

/* Pink noise after Voss and McCartney (Gardner 1978, Scientific American 238(4)): row r changes
   every 2^(r+1) samples, so that each octave carries the same power. SD 1. */
static double wander(struct stance_sim_sensor_channel *channel, uint64_t index)
{
  double sum = 0.0;

  if (index > 0) {
    const int row = __builtin_ctzll(index);
    if (row < STANCE_SIM_WANDER_ROWS)
      channel->wander_row[row] = stance_random_normal(&channel->wander);
  }
  for (size_t row = 0; row < STANCE_SIM_WANDER_ROWS; row++)
    sum += channel->wander_row[row];
  return sum / sqrt(STANCE_SIM_WANDER_ROWS);
}

/* Odd harmonics, as rectifiers and saturated iron leave them. The same on all channels. */
static double hum_n(const struct stance_sim_sensor *sensor, double time_s)
{
  const struct stance_sim_settings *settings = sensor->settings;
  const double mains_hz = settings->hum_hz == 0 ? 50.0 : 60.0;
  double sum = 0.0;

  if (settings->hum_n <= 0.0)
    return 0.0;
  for (double k = 1.0; k <= settings->hum_harmonics; k++) {
    const double order = 2.0 * k - 1.0;
    sum += sin(order * (two_pi * mains_hz * time_s + sensor->hum_rad)) / order;
  }
  return settings->hum_n * sum;
}

static double convert(const struct stance_sim_sensor *sensor, size_t k, double reading_n)
{
  const double raw = reading_n / sensor->slope_n_per_unit + sensor->channel[k].zero_raw;
  /* A converter has one zero: adding it turns −0, which rint makes of −0.3, into that. */
  const double value = sensor->settings->bits > 0 ? rint(raw) + 0.0 : raw;

  return fmin(fmax(value, sensor->lowest), sensor->highest);
}

void stance_sim_sensor_sample(struct stance_sim_sensor *sensor, uint64_t index, double time_s,
                              const double *force_n, struct stance_raw_frame *frame)
{
  const struct stance_sim_settings *settings = sensor->settings;
  const double common_n = settings->zero_shift_n + settings->drift_n_per_min * time_s / s_per_min +
                          hum_n(sensor, time_s);

  frame->flags = 0;
  for (size_t k = 0; k < sensor->channel_count; k++) {
    struct stance_sim_sensor_channel *channel = &sensor->channel[k];
    double reading_n = force_n[k] + common_n;
    if (settings->noise_n > 0.0)
      reading_n += settings->noise_n * stance_random_normal(&channel->noise);
    if (settings->wander_n > 0.0)
      reading_n += settings->wander_n * wander(channel, index);
    frame->value[k] = convert(sensor, k, reading_n);
    if (frame->value[k] <= sensor->lowest || frame->value[k] >= sensor->highest)
      frame->flags |= STANCE_FRAME_SATURATED(k);
  }
}
