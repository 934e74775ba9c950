/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `sim:` in the registry. */
#include "driver.h"
#include "player.h"
#include "sim.h"

#include <stdlib.h>

struct sim_source {
  struct stance_sim sim;
  struct stance_player *player;
};

static bool next(void *context, struct stance_raw_frame *ret_frame)
{
  return stance_sim_next(context, ret_frame);
}

static void rewind_sim(void *context, int64_t start_ns)
{
  stance_sim_rewind(context, start_ns);
}

static enum stance_status open_sim(const struct stance_uri *uri, const struct stance_clock *clock,
                                   struct stance_source_info *ret_info, void **ret_state,
                                   struct stance_problem *problem)
{
  struct sim_source *source = calloc(1, sizeof *source);
  enum stance_status status;

  if (source == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  status = stance_sim_init(&source->sim, uri, problem);
  if (status != STANCE_OK)
    goto free_source;
  const struct stance_sim_settings *settings = &source->sim.plan.settings;
  const struct stance_feed feed = {
      .next = next,
      .rewind = rewind_sim,
      .context = &source->sim,
      .frame_count = source->sim.frame_count,
      .instants_per_s = source->sim.true_rate_hz * settings->speed,
      .transfer_s = settings->transfer_s,
      .jitter_s = settings->jitter_s / settings->speed,
      .seed = (uint64_t)settings->seed,
      .delay_s = settings->start_s / settings->speed,
      .speed = settings->speed,
      .fail_at = (uint64_t)(settings->fail_s * source->sim.sampled_rate_hz),
      .back_at = (uint64_t)(settings->back_s * source->sim.sampled_rate_hz),
  };
  status = stance_player_create(&feed, clock, &source->player, problem);
  if (status != STANCE_OK)
    goto finish_sim;
  stance_sim_describe(&source->sim, ret_info);
  *ret_state = source;
  return STANCE_OK;
finish_sim:
  stance_sim_finish(&source->sim);
free_source:
  free(source);
  return status;
}

static enum stance_status start(void *state, struct stance_frame_ring *const *rings,
                                size_t ring_count, struct stance_problem *problem)
{
  struct sim_source *source = state;
  return stance_player_start(source->player, rings, ring_count, problem);
}

static void stop(void *state)
{
  struct sim_source *source = state;
  stance_player_stop(source->player);
}

static void health(const void *state, struct stance_source_health *ret_health)
{
  const struct sim_source *source = state;
  stance_player_health(source->player, ret_health);
}

static bool take_mark(void *state, struct stance_clock_mark *ret_mark)
{
  struct sim_source *source = state;
  return stance_player_take_mark(source->player, ret_mark);
}

static char *ground_truth(const void *state)
{
  const struct sim_source *source = state;
  return stance_sim_truth(&source->sim.plan);
}

static void destroy(void *state)
{
  struct sim_source *source = state;
  stance_player_destroy(source->player);
  stance_sim_finish(&source->sim);
  free(source);
}

const struct stance_source_driver stance_sim_driver = {
    .kind = {.scheme = "sim",
             .summary = "simulated athlete on a simulated rig, with its ground truth",
             .example = "sim:nordic?seed=7",
             .keys = stance_sim_keys,
             .profiles = stance_sim_profiles},
    .open = open_sim,
    .start = start,
    .stop = stop,
    .health = health,
    .take_mark = take_mark,
    .ground_truth = ground_truth,
    .destroy = destroy,
};
