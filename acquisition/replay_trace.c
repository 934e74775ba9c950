/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace in memory, played like an instrument. */
#include "replay.h"

#include "driver.h"
#include "player.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct stance_replay {
  struct stance_raw_trace owned;        /* empty where the trace is the caller's */
  const struct stance_raw_trace *trace; /* `owned`, or borrowed */
  struct stance_player *player;
  size_t position;             /* of the next instant */
  struct stance_problem fault; /* with which it ends; "" where it ends well */
};

/* A cue is late by no more than that. */
static const double transfer_s = 0.002;

/* Nothing was received at this instant. */
static bool is_lost(const struct stance_raw_trace *trace, size_t position)
{
  for (size_t channel = 0; channel < trace->channel_count; channel++)
    if (!isnan(trace->value[channel][position]))
      return false;
  return true;
}

static bool next(void *context, struct stance_raw_frame *ret_frame)
{
  struct stance_replay *replay = context;
  const struct stance_raw_trace *trace = replay->trace;
  const size_t first = replay->position;
  size_t position = first;

  while (position < trace->sample_count && is_lost(trace, position))
    position++;
  if (position == trace->sample_count)
    return false;
  *ret_frame = (struct stance_raw_frame){
      .index = position,
      .gap_before = position - first > UINT32_MAX ? UINT32_MAX : (uint32_t)(position - first),
      .flags = trace->flags != NULL ? trace->flags[position] : 0,
  };
  for (size_t channel = 0; channel < trace->channel_count; channel++)
    ret_frame->value[channel] = trace->value[channel][position];
  replay->position = position + 1;
  return true;
}

static void rewind_replay(void *context, int64_t start_ns)
{
  (void)start_ns;
  struct stance_replay *replay = context;
  replay->position = 0;
}

/* What must hold before anything is played; fills what is known of it. */
static enum stance_status describe(const struct stance_raw_trace *trace, double speed,
                                   struct stance_source_info *info, struct stance_problem *problem)
{
  if (trace->sample_count == 0 || !(trace->time.rate_hz > 0.0) || !isfinite(trace->time.rate_hz))
    return stance_problem_set(problem, STANCE_INPUT,
                              "%.300s: holds no samples with a known rate, so it cannot be played",
                              info->uri);
  if (!(speed > 0.0))
    return stance_problem_set(problem, STANCE_USAGE, "%.300s: speed %g is not above 0", info->uri,
                              speed);
  snprintf(info->model, sizeof info->model, "recording");
  info->rate_hz = trace->time.rate_hz;
  info->elastic = isinf(speed);
  info->rate_is_exact = true;
  info->frame_count = trace->sample_count;
  info->channel_count = trace->channel_count;
  memcpy(info->channel, trace->channel, sizeof info->channel);
  return STANCE_OK;
}

static enum stance_status create(const struct stance_raw_trace *trace, double speed,
                                 const struct stance_clock *clock, struct stance_source_info *info,
                                 struct stance_replay **ret_replay, struct stance_problem *problem)
{
  enum stance_status status = describe(trace, speed, info, problem);
  struct stance_replay *replay;

  if (status != STANCE_OK)
    return status;
  replay = calloc(1, sizeof *replay);
  if (replay == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  const struct stance_feed feed = {.next = next,
                                   .rewind = rewind_replay,
                                   .context = replay,
                                   .frame_count = trace->sample_count,
                                   .instants_per_s = trace->time.rate_hz * speed,
                                   .transfer_s = transfer_s,
                                   .speed = speed};
  replay->trace = trace;
  status = stance_player_create(&feed, clock, &replay->player, problem);
  if (status != STANCE_OK) {
    free(replay);
    return status;
  }
  *ret_replay = replay;
  return STANCE_OK;
}

enum stance_status stance_replay_create(struct stance_raw_trace *trace, double speed,
                                        const struct stance_clock *clock,
                                        struct stance_source_info *info,
                                        struct stance_replay **ret_replay,
                                        struct stance_problem *problem)
{
  struct stance_replay *replay;
  const enum stance_status status = create(trace, speed, clock, info, &replay, problem);

  if (status != STANCE_OK)
    return status;
  replay->owned = *trace;
  replay->trace = &replay->owned;
  *trace = (struct stance_raw_trace){0};
  *ret_replay = replay;
  return STANCE_OK;
}

enum stance_status stance_replay_start(void *state, struct stance_frame_ring *const *rings,
                                       size_t ring_count, struct stance_problem *problem)
{
  struct stance_replay *replay = state;
  return stance_player_start(replay->player, rings, ring_count, problem);
}

void stance_replay_stop(void *state)
{
  struct stance_replay *replay = state;
  stance_player_stop(replay->player);
}

void stance_replay_health(const void *state, struct stance_source_health *ret_health)
{
  const struct stance_replay *replay = state;
  stance_player_health(replay->player, ret_health);
  if (!ret_health->ended || replay->fault.text[0] == '\0')
    return;
  ret_health->failed = true;
  ret_health->problem = replay->fault;
}

bool stance_replay_take_mark(void *state, struct stance_clock_mark *ret_mark)
{
  struct stance_replay *replay = state;
  return stance_player_take_mark(replay->player, ret_mark);
}

void stance_replay_destroy(void *state)
{
  struct stance_replay *replay = state;
  stance_player_destroy(replay->player);
  stance_raw_trace_finish(&replay->owned);
  free(replay);
}

/* Not in the registry: no URI opens it. */
static const struct stance_source_driver trace_driver = {
    .kind = {.scheme = "replay"},
    .start = stance_replay_start,
    .stop = stance_replay_stop,
    .health = stance_replay_health,
    .take_mark = stance_replay_take_mark,
    .destroy = stance_replay_destroy,
};

enum stance_status stance_source_from_trace(const struct stance_raw_trace *trace, const char *uri,
                                            double speed, const struct stance_clock *clock,
                                            struct stance_source **ret_source,
                                            struct stance_problem *problem)
{
  struct stance_source_info info = {0};
  struct stance_replay *replay;
  enum stance_status status;

  snprintf(info.uri, sizeof info.uri, "%s", uri);
  status =
      create(trace, speed, clock != NULL ? clock : &stance_clock_host, &info, &replay, problem);
  if (status != STANCE_OK)
    return status;
  status = stance_source_create(&trace_driver, &info, replay, ret_source, problem);
  if (status != STANCE_OK)
    stance_replay_destroy(replay);
  return status;
}

enum stance_status stance_source_from_recording(struct stance_raw_trace *trace,
                                                const struct stance_source_info *instrument,
                                                const char *fault, const char *uri, double speed,
                                                const struct stance_clock *clock,
                                                struct stance_source **ret_source,
                                                struct stance_problem *problem)
{
  struct stance_source_info info = *instrument, made = {0};
  struct stance_raw_trace taken = *trace;
  struct stance_replay *replay;
  enum stance_status status;

  snprintf(made.uri, sizeof made.uri, "%s", uri);
  memcpy(info.uri, made.uri, sizeof info.uri);
  status = stance_replay_create(&taken, speed, clock != NULL ? clock : &stance_clock_host, &made,
                                &replay, problem);
  if (status != STANCE_OK)
    return status;
  info.elastic = made.elastic;
  info.frame_count = made.frame_count;
  snprintf(replay->fault.text, sizeof replay->fault.text, "%s", fault);
  status = stance_source_create(&trace_driver, &info, replay, ret_source, problem);
  if (status == STANCE_OK) {
    *trace = (struct stance_raw_trace){0};
  } else {
    replay->owned = (struct stance_raw_trace){0}; /* still the caller's */
    stance_replay_destroy(replay);
  }
  return status;
}
