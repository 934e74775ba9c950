/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How late the station is: from the arrival of a frame (the simulated instrument's transfer) to the
   live engine, to a cue in the buffer of a sound callback, to the event at twenty onlookers; alone
   and with one core fully loaded beside it. A frame counts that arrives while an effort is
   possible: between efforts nobody waits for an answer, and the engine sleeps longer.
     bench_station [SECONDS]          of each of the two measurements; 60
   The station is the real one with its threads and its door; only three functions are wrapped
   (CMakeLists.txt), to note instants. The wanted numbers are the station's own goals. */
#include "cue_mixer.h"
#include "http.h"
#include "measure.h"
#include "stance/live.h"
#include "stance/ring.h"
#include "station.h"

#include "station_load.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum {
  CHANNELS = 8,
  RATE_HZ = 1000,
  ONLOOKERS = 20,
  ARRIVAL_COUNT = 1 << 16, /* a minute of frames: nobody is that late */
  CUE_EVERY = 37,          /* frames: 27 a second, in step with nothing else */
  PERIOD_FRAMES = 256,     /* what a sound card asks for at a time, at 48 kHz */
  SOUND_HZ = 48000,
};
static const char device[] = "sim:nordic?spare_channels=6";
static const double ns_per_ms = 1e6;

struct samples {
  double *ms;
  size_t count, capacity;
};

static _Atomic int64_t arrival_ns[ARRIVAL_COUNT];
static struct samples live, cue, event[ONLOOKERS];
static struct stance_cue_mixer *mixer;
static _Atomic int64_t cue_arrival_ns; /* of the frame that a cue was asked for with; 0: none */
static atomic_bool stopping;
static atomic_bool in_effort;

static void keep(struct samples *samples, int64_t late_ns)
{
  if (samples->count < samples->capacity)
    samples->ms[samples->count++] = (double)late_ns / ns_per_ms;
}

bool __real_stance_frame_ring_push(struct stance_frame_ring *ring,
                                   const struct stance_raw_frame *frame);
bool __wrap_stance_frame_ring_push(struct stance_frame_ring *ring,
                                   const struct stance_raw_frame *frame);
bool __wrap_stance_frame_ring_push(struct stance_frame_ring *ring,
                                   const struct stance_raw_frame *frame)
{
  atomic_store(&arrival_ns[frame->index % ARRIVAL_COUNT], load_now_ns());
  return __real_stance_frame_ring_push(ring, frame);
}

void __real_stance_live_push(struct stance_live *engine, const struct stance_force_frame *frame);
void __wrap_stance_live_push(struct stance_live *engine, const struct stance_force_frame *frame);
void __wrap_stance_live_push(struct stance_live *engine, const struct stance_force_frame *frame)
{
  const int64_t arrived_ns = atomic_load(&arrival_ns[frame->index % ARRIVAL_COUNT]);
  __real_stance_live_push(engine, frame);
  if (!atomic_load(&in_effort))
    return;
  keep(&live, load_now_ns() - arrived_ns);
  if (frame->index % CUE_EVERY == 0 && atomic_load(&cue_arrival_ns) == 0) {
    atomic_store(&cue_arrival_ns, arrived_ns);
    (void)stance_cue_mixer_play(mixer, STANCE_CUE_HOLD, 0);
  }
}

/* A sound card's callback: at its period, whatever else the computer does. Its thread comes before
   the desktop where that is allowed, as a sound server's does. */
static void *play_sound(void *context)
{
  const struct sched_param before = {.sched_priority = 5};
  static float buffer[2 * PERIOD_FRAMES];
  struct stance_cue_event heard;
  int64_t next_ns = load_now_ns();
  (void)context;
  (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &before);
  while (!atomic_load(&stopping)) {
    next_ns += PERIOD_FRAMES * INT64_C(1000000000) / SOUND_HZ;
    load_sleep_until(next_ns);
    stance_cue_mixer_render(mixer, buffer, PERIOD_FRAMES, load_now_ns());
    if (!stance_cue_mixer_take_event(mixer, &heard))
      continue;
    keep(&cue, load_now_ns() - atomic_load(&cue_arrival_ns));
    atomic_store(&cue_arrival_ns, 0);
  }
  return NULL;
}

/* The oldest frame of an event has waited longest: {"t_s":1.2345,… */
static void take_event(void *context, const char *data, int64_t now_ns)
{
  const char *start = strstr(data, "\"t_s\":");
  if (strstr(data, "\"now_s\":") != NULL) /* of all events only the state says when it is */
    atomic_store(&in_effort, strstr(data, "\"state\":\"effort\"") != NULL);
  if (start == NULL)
    return;
  const uint64_t index = (uint64_t)llround(strtod(start + 6, NULL) * RATE_HZ);
  keep(context, now_ns - atomic_load(&arrival_ns[index % ARRIVAL_COUNT]));
}

static void not_asked(void *context, const struct stance_http_request *request,
                      struct stance_http_reply *reply)
{
  (void)context, (void)request;
  stance_http_fail(reply, 404, "no_such_path", "a benchmark has only events");
}

static void begin(struct samples *samples, double seconds, double a_second)
{
  free(samples->ms);
  samples->count = 0;
  samples->capacity = (size_t)(seconds * a_second) + 1000;
  samples->ms = calloc(samples->capacity, sizeof *samples->ms);
}

static void run_test(struct stance_station *station, double seconds)
{
  struct stance_test_request request = stance_test_request_default;
  struct stance_problem problem = {""};
  char id[STANCE_UUID_SIZE];
  request.protocol = "hold-prone-30"; /* from its eleventh second on an effort of 45 s */
  request.duration_s = seconds;
  if (stance_station_start(station, &request, id, &problem) != STANCE_OK)
    load_fail(problem.text);
  while (stance_station_is_testing(station))
    load_sleep_until(load_now_ns() + INT64_C(100000000));
}

static void measure(const char *folder, double seconds)
{
  struct stance_problem problem = {""};
  struct stance_station *station = NULL;
  struct stance_http *http = NULL;
  struct load_reader reader[ONLOOKERS];
  char token[STANCE_HTTP_TOKEN_SIZE], path[512];
  pthread_t sound;
  snprintf(path, sizeof path, "%s/store.db", folder);
  const struct stance_station_options options = {.store_path = path,
                                                 .device = {{device, STANCE_SIDE_NONE}},
                                                 .device_count = 1,
                                                 .unattended = true};
  if (stance_http_new_token(token, &problem) != STANCE_OK ||
      stance_station_create(&options, &station, &problem) != STANCE_OK)
    load_fail(problem.text);
  const struct stance_http_options door = {.token = token,
                                           .events_path = LOAD_EVENTS_PATH,
                                           .hub = stance_station_hub(station),
                                           .files = (const struct stance_http_file[]){{0}},
                                           .handle = not_asked};
  if (stance_http_start(&door, &http, &problem) != STANCE_OK ||
      stance_cue_mixer_create(SOUND_HZ, &mixer) != STANCE_OK)
    load_fail(problem.text);
  begin(&live, seconds, RATE_HZ);
  begin(&cue, seconds, (double)RATE_HZ / CUE_EVERY);
  for (size_t k = 0; k < ONLOOKERS; k++) {
    begin(&event[k], seconds, 70);
    load_reader_start(&reader[k], stance_http_port(http), token, take_event, &event[k]);
  }
  atomic_store(&cue_arrival_ns, 0);
  atomic_store(&stopping, false);
  atomic_store(&in_effort, false);
  pthread_create(&sound, NULL, play_sound, NULL);
  run_test(station, seconds);
  atomic_store(&stopping, true);
  pthread_join(sound, NULL);
  stance_station_close(station);
  stance_http_stop(http);
  for (size_t k = 0; k < ONLOOKERS; k++)
    load_reader_join(&reader[k]);
  stance_station_destroy(station);
  stance_cue_mixer_destroy(mixer);
}

static double percentile(const struct samples *sorted, double share)
{
  const size_t at = (size_t)(share * (double)sorted->count);
  return sorted->ms[at < sorted->count ? at : sorted->count - 1];
}

/* The share of samples below `share` must be at most `wanted_ms` late. */
static bool print(const char *what, const char *beside, struct samples *samples, double wanted_ms)
{
  if (samples->count == 0)
    load_fail("nothing was measured");
  qsort(samples->ms, samples->count, sizeof *samples->ms, compare_doubles);
  const double p99 = percentile(samples, 0.99);
  printf("frame -> %s, %s | p50 %.3f ms | p99 %.3f ms, p99.9 %.3f ms | of %zu | p99 <= %.1f ms | "
         "%s\n",
         what, beside, percentile(samples, 0.5), p99, percentile(samples, 0.999), samples->count,
         wanted_ms, p99 <= wanted_ms ? "ok" : "MISSED");
  return p99 <= wanted_ms;
}

static bool print_all(const char *beside)
{
  const double period_ms = 1000.0 * PERIOD_FRAMES / SOUND_HZ;
  struct samples all = {0};
  for (size_t k = 0; k < ONLOOKERS; k++)
    all.capacity += event[k].count;
  all.ms = calloc(all.capacity + 1, sizeof *all.ms);
  for (size_t k = 0; k < ONLOOKERS; k++)
    for (size_t n = 0; n < event[k].count; n++)
      all.ms[all.count++] = event[k].ms[n];
  bool holds = print("live engine", beside, &live, 1);
  holds &= print("cue in a buffer of 5.3 ms", beside, &cue, period_ms + 1);
  holds &= print("event at 20 onlookers", beside, &all, 50);
  free(all.ms);
  return holds;
}

int main(int argc, char **argv)
{
  const double seconds = argc > 1 ? strtod(argv[1], NULL) : 60;
  char folder[] = "/tmp/stance-bench-XXXXXX";
  if (mkdtemp(folder) == NULL || !(seconds >= 20 && seconds <= 3600))
    load_fail("no folder, or SECONDS is not within 20 ... 3600");
  measure(folder, seconds);
  bool holds = print_all("alone");
  const pid_t busy = load_one_core();
  measure(folder, seconds);
  kill(busy, SIGKILL);
  holds &= print_all("one core loaded");
  load_remove(folder);
  return holds ? 0 : 1;
}
