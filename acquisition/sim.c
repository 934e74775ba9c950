/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim.h"

#include <math.h>
#include <string.h>

static const double s_per_min = 60.0;
static const double ns_per_s = 1e9;
enum { LOSS_STREAM = 4 };

static size_t force_channel_count(const struct stance_sim_settings *settings)
{
  return settings->rig == STANCE_SIM_PLATE ? 1 : 2;
}

/* With an epoch the athlete lives in the host's time, sped up; several rigs then stand under one.
 */
static double athlete_begin_s(const struct stance_sim_settings *settings, int64_t start_ns)
{
  if (settings->epoch_s <= 0.0 || isinf(settings->speed))
    return 0.0;
  return ((double)start_ns / ns_per_s - settings->epoch_s) * settings->speed;
}

void stance_sim_rewind(struct stance_sim *sim, int64_t start_ns)
{
  const struct stance_sim_settings *settings = &sim->plan.settings;

  sim->begin_s = athlete_begin_s(settings, start_ns);

  stance_sim_sensor_init(&sim->sensor, settings, sim->channel_count);
  stance_random_init(&sim->losses, (uint64_t)settings->seed, LOSS_STREAM);
  sim->index = 0;
  sim->random_gap_end = 0;
  sim->next_gap = 0;
  sim->instants_lost = 0;
}

enum stance_status stance_sim_init(struct stance_sim *sim, const struct stance_uri *uri,
                                   struct stance_problem *problem)
{
  struct stance_sim_settings settings;
  enum stance_status status = stance_sim_settings_read(uri, &settings, problem);

  if (status != STANCE_OK)
    return status;
  *sim = (struct stance_sim){0};
  status = stance_sim_plan_init(&sim->plan, &settings, problem);
  if (status != STANCE_OK)
    return status;
  sim->channel_count = force_channel_count(&settings) + (size_t)settings.spare_channels;
  sim->sampled_rate_hz = settings.rate_hz * settings.oversampling;
  sim->true_rate_hz = sim->sampled_rate_hz * (1.0 + settings.clock_ppm * 1e-6);
  sim->frame_count = settings.duration_s > 0.0
                         ? (uint64_t)ceil(settings.duration_s * sim->sampled_rate_hz)
                         : (uint64_t)ceil(sim->plan.end_s * sim->true_rate_hz);
  stance_sim_rewind(sim, 0);
  return STANCE_OK;
}

void stance_sim_finish(struct stance_sim *sim)
{
  stance_sim_plan_finish(&sim->plan);
}

double stance_sim_time_s(const struct stance_sim *sim, uint64_t index)
{
  return sim->begin_s + (double)index / sim->true_rate_hz;
}

void stance_sim_channel_force(const struct stance_sim *sim, double time_s, double *ret_force_n)
{
  double side_n[STANCE_SIM_SIDE_COUNT];

  stance_sim_force(&sim->plan, time_s, side_n);
  for (size_t k = 0; k < sim->channel_count; k++)
    ret_force_n[k] = 0.0;
  if (sim->plan.settings.rig == STANCE_SIM_PLATE) {
    ret_force_n[0] = side_n[STANCE_LEFT] + side_n[STANCE_RIGHT];
    return;
  }
  ret_force_n[0] = side_n[STANCE_LEFT];
  ret_force_n[1] = side_n[STANCE_RIGHT];
}

/* Drawn for every instant outside a random loss, so that listed gaps leave the random ones where
   they are. */
static bool is_lost_at_random(struct stance_sim *sim)
{
  const struct stance_sim_settings *settings = &sim->plan.settings;

  if (sim->index < sim->random_gap_end)
    return true;
  if (settings->gap_rate_per_min <= 0.0 ||
      stance_random_uniform(&sim->losses) >=
          settings->gap_rate_per_min / s_per_min / sim->sampled_rate_hz)
    return false;
  /* Uniform on 1 … 2·mean − 1. */
  sim->random_gap_end =
      sim->index + 1 +
      (uint64_t)(stance_random_uniform(&sim->losses) * (2.0 * settings->gap_frames - 1.0));
  return true;
}

static bool is_lost_as_listed(struct stance_sim *sim)
{
  const struct stance_sim_settings *settings = &sim->plan.settings;

  while (sim->next_gap < settings->gap_count &&
         sim->index >= settings->gap[sim->next_gap].first + settings->gap[sim->next_gap].count)
    sim->next_gap++;
  return sim->next_gap < settings->gap_count && sim->index >= settings->gap[sim->next_gap].first;
}

/* Each channel of a multiplexed converter at its own instant. */
static void skewed_force(const struct stance_sim *sim, double time_s, double *ret_force_n)
{
  const double skew_s = sim->plan.settings.skew_s;
  double force_n[STANCE_CHANNEL_COUNT_MAX];

  stance_sim_channel_force(sim, time_s, ret_force_n);
  for (size_t k = 1; skew_s > 0.0 && k < sim->channel_count; k++) {
    stance_sim_channel_force(sim, time_s + (double)k * skew_s, force_n);
    ret_force_n[k] = force_n[k];
  }
}

bool stance_sim_next(struct stance_sim *sim, struct stance_raw_frame *ret_frame)
{
  while (sim->index < sim->frame_count) {
    const uint64_t index = sim->index;
    const double time_s = stance_sim_time_s(sim, index);
    const bool lost_at_random = is_lost_at_random(sim);
    const bool lost = is_lost_as_listed(sim) || lost_at_random;
    struct stance_raw_frame frame = {.index = index};
    double force_n[STANCE_CHANNEL_COUNT_MAX];

    /* Lost on the wire, but sampled: the noise goes on. */
    skewed_force(sim, time_s, force_n);
    stance_sim_sensor_sample(&sim->sensor, index, time_s, force_n, &frame);
    sim->index++;
    if (lost) {
      sim->instants_lost++;
      continue;
    }
    frame.gap_before = sim->instants_lost > UINT32_MAX ? UINT32_MAX : (uint32_t)sim->instants_lost;
    sim->instants_lost = 0;
    *ret_frame = frame;
    return true;
  }
  return false;
}
