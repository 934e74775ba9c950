/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cue_loopback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  BURSTS = 20,             /* enough for a spread that is known to a sixth */
  CHUNKS_PER_S = 4000,     /* shorter buffers no card has */
  OPENING_PATIENCE_S = 20, /* enumerating takes seconds on some machines */
};
/* From one burst to the next: its 0.15 s, and the longest trip that is looked for. */
static const double pause_s = 0.6;
static const double lead_s = 0.1;     /* ordered so long before, so that no buffer comes too late */
static const double early_s = 0.05;   /* looked for from so long before it is said to leave */
static const double trip_max_s = 0.4; /* and until so long after */
static const double heard_share = 0.75; /* of the bursts; fewer are no measurement */
static const double rate_max_hz = 192000;
static const double ns_per_s = 1e9;

struct listening {
  struct stance_sound_capture capture;
  struct stance_cue_event *event; /* that have sounded */
  size_t event_count;
  double *trip_s;
};

static int64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_s(double seconds)
{
  const int64_t until = now_ns() + (int64_t)(seconds * ns_per_s);
  const struct timespec at = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
    continue;
}

static bool reserve(struct listening *listening, unsigned bursts)
{
  const double seconds = OPENING_PATIENCE_S + (bursts + 2) * pause_s;
  listening->capture.capacity = (size_t)(seconds * rate_max_hz);
  listening->capture.chunk_capacity = (size_t)(seconds * CHUNKS_PER_S);
  listening->capture.sample = malloc(listening->capture.capacity * sizeof(float));
  listening->capture.chunk =
      malloc(listening->capture.chunk_capacity * sizeof(struct stance_sound_chunk));
  listening->event = malloc(bursts * sizeof *listening->event);
  listening->trip_s = malloc(bursts * sizeof *listening->trip_s);
  return listening->capture.sample != NULL && listening->capture.chunk != NULL &&
         listening->event != NULL && listening->trip_s != NULL;
}

static void release(struct listening *listening)
{
  free(listening->capture.sample);
  free(listening->capture.chunk);
  free(listening->event);
  free(listening->trip_s);
}

/* The first word on why it does not play counts: later ones are of further attempts. */
static enum stance_status wait_for_card(struct stance_sound *sound,
                                        struct stance_sound_health *ret_health,
                                        struct stance_problem *problem)
{
  const int64_t until = now_ns() + OPENING_PATIENCE_S * INT64_C(1000000000);
  stance_sound_health(sound, ret_health);
  const struct stance_problem opening = ret_health->problem;
  while (!ret_health->playing && strcmp(ret_health->problem.text, opening.text) == 0 &&
         now_ns() < until) {
    wait_s(0.02);
    stance_sound_health(sound, ret_health);
  }
  return ret_health->playing
             ? STANCE_OK
             : stance_problem_set(problem, STANCE_INSTRUMENT, "%s", ret_health->problem.text);
}

static void play(struct stance_sound *sound, unsigned bursts, struct listening *listening)
{
  for (unsigned k = 0; k < bursts; k++) {
    (void)stance_sound_play(sound, STANCE_CUE_GO, now_ns() + (int64_t)(lead_s * ns_per_s));
    wait_s(pause_s);
    while (listening->event_count < bursts &&
           stance_sound_take_event(sound, &listening->event[listening->event_count]))
      listening->event_count++;
  }
}

/* Sample that came to the card at `at_ns`, by the buffer that it came in; NaN: not heard. */
static double sample_at(const struct stance_sound_capture *capture, double rate_hz, int64_t at_ns)
{
  for (size_t k = capture->chunk_count; k-- > 0;) {
    const struct stance_sound_chunk *chunk = &capture->chunk[k];
    if (chunk->adc_ns <= at_ns)
      return (double)chunk->first + (double)(at_ns - chunk->adc_ns) / ns_per_s * rate_hz;
  }
  return (double)NAN;
}

/* Instant at which a sample came to the card. */
static double seconds_since(const struct stance_sound_capture *capture, double rate_hz,
                            double sample, int64_t since_ns)
{
  size_t k = capture->chunk_count - 1;
  while (k > 0 && (double)capture->chunk[k].first > sample)
    k--;
  return (double)(capture->chunk[k].adc_ns - since_ns) / ns_per_s +
         (sample - (double)capture->chunk[k].first) / rate_hz;
}

static size_t find_trips(struct listening *listening, double rate_hz)
{
  const struct stance_sound_capture *capture = &listening->capture;
  const size_t used = atomic_load(&capture->used);
  size_t heard = 0;
  for (size_t k = 0; k < listening->event_count; k++) {
    const int64_t leaves_ns = listening->event[k].leaves_ns;
    const double about = sample_at(capture, rate_hz, leaves_ns);
    if (isnan(about))
      continue;
    const double from = fmax(0, about - early_s * rate_hz);
    const double at = stance_cue_locate(STANCE_CUE_GO, capture->sample, used, rate_hz, (size_t)from,
                                        (size_t)(about + trip_max_s * rate_hz));
    if (!isnan(at))
      listening->trip_s[heard++] = seconds_since(capture, rate_hz, at, leaves_ns);
  }
  return heard;
}

static int by_value(const void *a, const void *b)
{
  const double l = *(const double *)a, r = *(const double *)b;
  return (l > r) - (l < r);
}

static void judge(double *trip_s, size_t heard, struct stance_loopback *ret_loopback)
{
  double mean = 0, squares = 0;
  for (size_t k = 0; k < heard; k++)
    mean += trip_s[k] / (double)heard;
  for (size_t k = 0; k < heard; k++)
    squares += (trip_s[k] - mean) * (trip_s[k] - mean);
  qsort(trip_s, heard, sizeof *trip_s, by_value);
  ret_loopback->trip_s = 0.5 * (trip_s[(heard - 1) / 2] + trip_s[heard / 2]);
  ret_loopback->spread_s = heard > 1 ? sqrt(squares / (double)(heard - 1)) : 0;
  ret_loopback->latency.heard = (unsigned)heard;
  ret_loopback->latency.late_s = ret_loopback->trip_s / 2;
  ret_loopback->latency.uncertainty_s =
      2 * hypot(ret_loopback->trip_s / 2 / sqrt(3.0), ret_loopback->spread_s);
}

static enum stance_status conclude(struct listening *listening, unsigned bursts,
                                   const struct stance_sound_health *health,
                                   struct stance_loopback *ret_loopback,
                                   struct stance_problem *problem)
{
  struct stance_loopback loopback = {
      .played = bursts, .latency = {.rate_hz = health->rate_hz, .latency_s = health->latency_s}};
  const size_t heard = find_trips(listening, health->rate_hz);
  if (heard == 0 || (double)heard < heard_share * bursts)
    return stance_problem_set(
        problem, STANCE_INSTRUMENT,
        "of %u bursts on %s only %zu were heard on %s: lead the output to the "
        "input with a cable, or hold the microphone to the loudspeaker, and "
        "turn both up",
        bursts, health->device, heard, health->input);
  snprintf(loopback.latency.card, sizeof loopback.latency.card, "%s", health->device);
  snprintf(loopback.latency.microphone, sizeof loopback.latency.microphone, "%s", health->input);
  judge(listening->trip_s, heard, &loopback);
  *ret_loopback = loopback;
  return STANCE_OK;
}

enum stance_status stance_loopback_measure(const struct stance_loopback_options *options,
                                           struct stance_loopback *ret_loopback,
                                           struct stance_problem *problem)
{
  const unsigned bursts = options->bursts == 0 ? BURSTS : options->bursts;
  struct listening listening = {.event = NULL};
  const struct stance_sound_options wanted = {.device = options->device,
                                              .latency_s = options->latency_s,
                                              .capture = &listening.capture,
                                              .input = options->input};
  struct stance_sound_health health;
  struct stance_sound *sound = NULL;
  enum stance_status status = STANCE_OK;
  if (!reserve(&listening, bursts))
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory for the recording");
  if (status == STANCE_OK)
    status = stance_sound_create(&wanted, &sound, problem);
  if (status == STANCE_OK)
    status = wait_for_card(sound, &health, problem);
  if (status == STANCE_OK)
    play(sound, bursts, &listening);
  stance_sound_destroy(sound); /* from here on nobody writes what was heard */
  if (status == STANCE_OK)
    status = conclude(&listening, bursts, &health, ret_loopback, problem);
  release(&listening);
  return status;
}
