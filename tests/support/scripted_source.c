/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/scripted_source.h"

#include "stance/usb.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_HZ = 1000, TRANSFER_NS = 2000000 };

struct stance_source {
  struct stance_source_info info;
  const struct stance_clock *clock;
  struct stance_frame_ring *rings[4];
  size_t ring_count;
  pthread_t thread;
  bool running;
  atomic_bool stopping;
  atomic_uint_least64_t produced, lost, interruptions;
};

static _Atomic double pull_n[2];
static atomic_bool plugged = true, second_plugged = true, failing;
static atomic_uint pluggings = 1;

void scripted_source_pull(double left_n, double right_n)
{
  atomic_store(&pull_n[0], left_n);
  atomic_store(&pull_n[1], right_n);
}

void scripted_source_plug(bool is_plugged)
{
  if (is_plugged && !atomic_exchange(&plugged, true))
    atomic_fetch_add(&pluggings, 1);
  atomic_store(&plugged, is_plugged);
}

void scripted_source_plug_second(bool is_plugged)
{
  atomic_store(&second_plugged, is_plugged);
}

static bool is_plugged_in(const struct stance_source *source)
{
  const bool second = strcmp(source->info.uri, SCRIPTED_SOURCE_SECOND) == 0;
  return atomic_load(&plugged) && (!second || atomic_load(&second_plugged));
}

void scripted_source_fail(bool fails)
{
  atomic_store(&failing, fails);
}

bool stance_usb_is_plugged_in(const char *root, const char *const *uri, size_t count,
                              struct stance_problem *ret_why)
{
  (void)root, (void)count;
  ret_why->text[0] = '\0';
  if (atomic_load(&plugged))
    return true;
  stance_problem_write(ret_why, "%s is not connected; plug it in", uri[0]);
  return false;
}

const struct stance_source_kind *stance_source_kind(size_t k)
{
  (void)k;
  return NULL;
}

enum stance_status stance_source_open(const char *uri, const struct stance_clock *clock,
                                      struct stance_source **ret_source,
                                      struct stance_problem *problem)
{
  struct stance_source *source = calloc(1, sizeof *source);
  if (source == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  source->clock = clock;
  snprintf(source->info.uri, sizeof source->info.uri, "%s", uri);
  snprintf(source->info.model, sizeof source->info.model, "scripted rig");
  snprintf(source->info.serial, sizeof source->info.serial, "7");
  source->info.plugging = atomic_load(&pluggings);
  source->info.rate_hz = RATE_HZ;
  source->info.oversampling = 1;
  source->info.channel_count = 2;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++) {
    struct stance_channel *channel = &source->info.channel[side];
    snprintf(channel->name, sizeof channel->name, "%s", stance_side_name((enum stance_side)side));
    snprintf(channel->unit, sizeof channel->unit, "N");
    channel->side = (enum stance_side)side;
    channel->minimum = -(double)INFINITY;
    channel->maximum = (double)INFINITY;
  }
  *ret_source = source;
  return STANCE_OK;
}

/* Nothing is played back here. */
enum stance_status stance_replay_request_read(const char *uri,
                                              struct stance_replay_request *ret_request,
                                              struct stance_problem *problem)
{
  (void)uri, (void)ret_request, (void)problem;
  return STANCE_END;
}

enum stance_status stance_source_from_recording(struct stance_raw_trace *trace,
                                                const struct stance_source_info *instrument,
                                                const char *fault, const char *uri, double speed,
                                                const struct stance_clock *clock,
                                                struct stance_source **ret_source,
                                                struct stance_problem *problem)
{
  (void)trace, (void)instrument, (void)fault, (void)speed, (void)clock, (void)ret_source;
  return stance_problem_set(problem, STANCE_USAGE, "%s is a script, no recording", uri);
}

const struct stance_source_info *stance_source_info(const struct stance_source *source)
{
  return &source->info;
}

static int64_t now_ns(const struct stance_source *source)
{
  return source->clock->now_ns(source->clock->context);
}

/* A little noise, or no reading would ever be a real one's; the same for both. */
static double noise_n(uint64_t index)
{
  return 0.3 * sin((double)index * 1.7) + 0.2 * sin((double)index * 0.31);
}

static void deliver(struct stance_source *source, uint64_t index)
{
  struct stance_raw_frame frame = {.index = index};
  frame.value[0] = atomic_load(&pull_n[0]) + noise_n(index);
  frame.value[1] = atomic_load(&pull_n[1]) + noise_n(index + 7);
  for (size_t k = 0; k < source->ring_count; k++)
    stance_frame_ring_push(source->rings[k], &frame);
}

static void *produce(void *argument)
{
  struct stance_source *source = argument;
  const int64_t start_ns = now_ns(source);
  uint64_t index = 0;
  bool was_plugged = true;
  while (!atomic_load(&source->stopping) && !atomic_load(&failing)) {
    const uint64_t due = (uint64_t)((double)(now_ns(source) - start_ns) * RATE_HZ / 1e9);
    const bool is_plugged = is_plugged_in(source);
    if (was_plugged && !is_plugged)
      atomic_fetch_add(&source->interruptions, 1);
    was_plugged = is_plugged;
    for (; index < due && is_plugged; index++)
      deliver(source, index);
    for (size_t k = 0; k < source->ring_count; k++)
      stance_frame_ring_notify(source->rings[k]);
    if (index < due) {
      atomic_fetch_add(&source->lost, due - index);
      index = due;
    }
    atomic_store(&source->produced, index);
    source->clock->sleep_until_ns(source->clock->context, now_ns(source) + TRANSFER_NS);
  }
  return NULL;
}

enum stance_status stance_source_start(struct stance_source *source,
                                       struct stance_frame_ring *const *rings, size_t ring_count,
                                       struct stance_problem *problem)
{
  for (size_t k = 0; k < ring_count; k++)
    source->rings[k] = rings[k];
  source->ring_count = ring_count;
  if (pthread_create(&source->thread, NULL, produce, source) != 0)
    return stance_problem_set(problem, STANCE_MEMORY, "no thread");
  source->running = true;
  return STANCE_OK;
}

void stance_source_stop(struct stance_source *source)
{
  atomic_store(&source->stopping, true);
  if (source->running)
    pthread_join(source->thread, NULL);
  source->running = false;
}

void stance_source_health(const struct stance_source *source,
                          struct stance_source_health *ret_health)
{
  *ret_health = (struct stance_source_health){
      .frames_produced = atomic_load(&source->produced),
      .frames_lost = atomic_load(&source->lost),
      .interruptions = atomic_load(&source->interruptions),
      .state = is_plugged_in(source) ? STANCE_SOURCE_STREAMING : STANCE_SOURCE_ABSENT,
      .ended = atomic_load(&failing),
      .failed = atomic_load(&failing),
  };
  if (!is_plugged_in(source))
    stance_problem_write(&ret_health->notice, "it was unplugged: plug it in again");
  if (atomic_load(&failing))
    stance_problem_write(&ret_health->problem, "it fell silent");
}

bool stance_source_take_mark(struct stance_source *source, struct stance_clock_mark *ret_mark)
{
  (void)source, (void)ret_mark;
  return false;
}

char *stance_source_ground_truth(const struct stance_source *source)
{
  (void)source;
  return NULL;
}

void stance_source_destroy(struct stance_source *source)
{
  if (source == NULL)
    return;
  stance_source_stop(source);
  free(source);
}

static int64_t fast_now_ns(void *context)
{
  const double *speed = context;
  return (int64_t)((double)stance_clock_host.now_ns(stance_clock_host.context) * *speed);
}

static void fast_sleep_until_ns(void *context, int64_t deadline_ns)
{
  const double *speed = context;
  stance_clock_host.sleep_until_ns(stance_clock_host.context,
                                   (int64_t)((double)deadline_ns / *speed));
}

struct stance_clock fast_clock(double *speed)
{
  return (struct stance_clock){
      .now_ns = fast_now_ns, .sleep_until_ns = fast_sleep_until_ns, .context = speed};
}
