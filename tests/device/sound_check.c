/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sound card truly plays, heard on its other end: the guest's loopback card. Each cue at the
   instant at which it was said to leave, no click where it begins and ends, and a tone whose pitch
   follows the force. sound_check OUTPUT INPUT LATENCY_S ROUNDS; one line a finding; exit status 1
   where one does not hold, 3 where the card ran dry, so that nothing can be said. */
#include "cue_loopback.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  CHUNK_WINDOW_MAX = 256,
  ROUNDS_MAX = 20,
  EVENT_MAX = ROUNDS_MAX * STANCE_CUE_COUNT,
  STEPS = 8,
  PATIENCE_S = 60
};
static const double ns_per_s = 1e9;
/* Buffers so long before and after a sample tell its instant. */
static const double window_s = 0.25;
static const double band_low_n = 100, band_high_n = 200;
/* Both inside the band, where no flutter hides the pitch. */
static const double step_n[2] = {110, 190};
/* Of the tone's glide (cue_mixer.c): after so long 63 % of a step is heard. */
static const double glide_s = 0.015;
/* −60 dB of the loudest that may sound, −6 dB. */
static const double click_max = 1e-3 * 0.501187;

struct recording {
  struct stance_sound_capture capture;
  double rate_hz, period_s;
  struct stance_cue_event event[EVENT_MAX];
  size_t event_count;
  int64_t tone_on_ns, tone_off_ns, step_ns[STEPS];
  struct stance_sound_health health;
  bool has_hole; /* the microphone lost samples, too */
};
static struct recording heard;
static unsigned complaints;

static int64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_s(double seconds)
{
  struct timespec rest = {.tv_sec = (time_t)seconds,
                          .tv_nsec = (long)((seconds - floor(seconds)) * ns_per_s)};
  while (nanosleep(&rest, &rest) != 0)
    continue;
}

static void judge(bool holds, const char *what, double found, double allowed, const char *unit)
{
  printf("%-8s %s: %.3f %s, at most %.3f\n", holds ? "ok" : "FAILED", what, found, unit, allowed);
  complaints += holds ? 0 : 1;
}

static void take_events(struct stance_sound *sound)
{
  while (heard.event_count < EVENT_MAX &&
         stance_sound_take_event(sound, &heard.event[heard.event_count]))
    heard.event_count++;
}

/* At instants that fall on no buffer's edge. */
static void play_cues(struct stance_sound *sound, unsigned rounds)
{
  for (int round = 0; round < (int)rounds; round++)
    for (int cue = 0; cue < STANCE_CUE_COUNT; cue++) {
      const int64_t at_ns = now_ns() + INT64_C(250000000) + (cue * 37 + round * 11) % 50 * 100003;
      if (!stance_sound_play(sound, (enum stance_cue)cue, at_ns))
        judge(false, "a cue was not taken", cue, 0, "");
      wait_s(0.45 + stance_cue_duration_s((enum stance_cue)cue));
      take_events(sound);
    }
}

static void play_tone(struct stance_sound *sound)
{
  heard.tone_on_ns = now_ns();
  stance_sound_feedback(sound, step_n[0], band_low_n, band_high_n);
  wait_s(0.5);
  for (int k = 0; k < STEPS; k++) {
    heard.step_ns[k] = now_ns();
    stance_sound_feedback(sound, step_n[(k + 1) % 2], band_low_n, band_high_n);
    wait_s(0.3 + 0.0037 * k);
  }
  heard.tone_off_ns = now_ns();
  stance_sound_feedback(sound, 0, 0, 0);
  wait_s(0.5);
}

static bool record(const char *output, const char *input, double latency_s, unsigned rounds)
{
  const size_t seconds = 60 + rounds * 20;
  const struct stance_sound_options options = {
      .device = output, .latency_s = latency_s, .capture = &heard.capture, .input = input};
  struct stance_sound *sound = NULL;
  struct stance_problem problem = {""};
  heard.capture.capacity = seconds * 48000;
  heard.capture.chunk_capacity = seconds * 2000;
  heard.capture.sample = malloc(heard.capture.capacity * sizeof(float));
  heard.capture.chunk = malloc(heard.capture.chunk_capacity * sizeof *heard.capture.chunk);
  if (heard.capture.sample == NULL || heard.capture.chunk == NULL ||
      stance_sound_create(&options, &sound, &problem) != STANCE_OK) {
    fprintf(stderr, "sound_check: %s\n", problem.text);
    return false;
  }
  const int64_t until = now_ns() + PATIENCE_S * INT64_C(1000000000);
  do {
    wait_s(0.05);
    stance_sound_health(sound, &heard.health);
  } while (!heard.health.playing && now_ns() < until);
  const int64_t begin = now_ns();
  const struct stance_sound_health before = heard.health;
  if (before.playing) {
    play_cues(sound, rounds);
    play_tone(sound);
  }
  stance_sound_health(sound, &heard.health);
  heard.rate_hz = heard.health.rate_hz;
  heard.period_s =
      (double)(now_ns() - begin) / ns_per_s / (double)(heard.health.callbacks - before.callbacks);
  stance_sound_destroy(sound);
  if (!before.playing)
    fprintf(stderr, "sound_check: %s\n", before.problem.text);
  return before.playing;
}

static size_t chunk_of(double sample)
{
  size_t k = heard.capture.chunk_count - 1;
  while (k > 0 && (double)heard.capture.chunk[k].first > sample)
    k--;
  return k;
}

static int by_value(const void *a, const void *b)
{
  const double l = *(const double *)a, r = *(const double *)b;
  return (l > r) - (l < r);
}

/* Instant of the recording's first sample, in s since it began, as the buffers from `low` up to
   `high` have it, by their median: the emulator stamps one late where it was kept from it. */
static double origin_s(size_t low, size_t high)
{
  static double origin[CHUNK_WINDOW_MAX];
  size_t count = 0;
  for (size_t k = low; k < high && count < CHUNK_WINDOW_MAX; k++)
    origin[count++] =
        (double)(heard.capture.chunk[k].adc_ns - heard.capture.chunk[0].adc_ns) / ns_per_s -
        (double)heard.capture.chunk[k].first / heard.rate_hz;
  qsort(origin, count, sizeof *origin, by_value);
  return 0.5 * (origin[(count - 1) / 2] + origin[count / 2]);
}

/* The same, about a sample; where samples are missing there, nothing can be said. */
static double origin_about(double sample)
{
  const size_t middle = chunk_of(sample), last = heard.capture.chunk_count;
  const size_t reach = (size_t)fmin(CHUNK_WINDOW_MAX / 2.0, 3 + window_s / heard.period_s);
  const size_t low = middle > reach ? middle - reach : 0;
  const size_t high = middle + reach < last ? middle + reach : last;
  const double before = origin_s(low, middle + 1), after = origin_s(middle, high);
  heard.has_hole = heard.has_hole || fabs(after - before) > heard.period_s;
  return origin_s(low, high);
}

/* Seconds from `since_ns` until a sample came to the card. */
static double seconds_at(double sample, int64_t since_ns)
{
  return (double)(heard.capture.chunk[0].adc_ns - since_ns) / ns_per_s + origin_about(sample) +
         sample / heard.rate_hz;
}

static double sample_at(int64_t at_ns)
{
  size_t k = heard.capture.chunk_count - 1;
  while (k > 0 && heard.capture.chunk[k].adc_ns > at_ns)
    k--;
  const int64_t since_first_ns = at_ns - heard.capture.chunk[0].adc_ns;
  return ((double)since_first_ns / ns_per_s - origin_about((double)heard.capture.chunk[k].first)) *
         heard.rate_hz;
}

/* The loudest of what lies far above everything that sounds, in 10 ms about a sample: Goertzel's
   recursion under a Hann window, every 2 kHz from 6 kHz on. */
static double click_at(double sample)
{
  const size_t width = (size_t)(0.01 * heard.rate_hz), used = atomic_load(&heard.capture.used);
  const double from = fmax(0, sample - 0.5 * (double)width);
  const size_t first = (size_t)from;
  double loudest = 0;
  if (first + width > used)
    return 0;
  for (double hz = 6000; hz <= 20000; hz += 2000) {
    const double turn = 2 * cos(2 * M_PI * hz / heard.rate_hz);
    double one = 0, two = 0;
    for (size_t k = 0; k < width; k++) {
      const double window = 0.5 - 0.5 * cos(2 * M_PI * (double)k / (double)width);
      const double next = window * (double)heard.capture.sample[first + k] + turn * one - two;
      two = one;
      one = next;
    }
    loudest = fmax(loudest, 4 / (double)width * sqrt(one * one + two * two - turn * one * two));
  }
  return loudest;
}

/* Ends of every note of a cue that begins at a sample. */
static double clicks_of(enum stance_cue cue, double begins)
{
  const struct stance_cue_note *note;
  const size_t notes = stance_cue_notes(cue, &note);
  double loudest = 0;
  for (size_t k = 0; k < notes; k++) {
    loudest = fmax(loudest, click_at(begins + note[k].start_s * heard.rate_hz));
    loudest =
        fmax(loudest, click_at(begins + (note[k].start_s + note[k].duration_s) * heard.rate_hz));
  }
  return loudest;
}

/* Mean of how much later than claimed the cues were heard, in s. */
static double judge_cues(unsigned rounds)
{
  double worst_s = 0, asked_s = 0, click = 0, sum_s = 0;
  unsigned found = 0;
  for (size_t k = 0; k < heard.event_count; k++) {
    const struct stance_cue_event *event = &heard.event[k];
    const double about = sample_at(event->leaves_ns);
    const double at = stance_cue_locate(
        event->cue, heard.capture.sample, atomic_load(&heard.capture.used), heard.rate_hz,
        (size_t)fmax(0, about - 0.05 * heard.rate_hz), (size_t)(about + 0.1 * heard.rate_hz));
    const double late_s = isnan(at) ? (double)NAN : seconds_at(at, event->leaves_ns);
    printf("         %-10s heard %+8.3f ms, asked for %+8.3f ms from when it was said to leave\n",
           stance_cue_id(event->cue), 1e3 * late_s,
           1e-6 * (double)(event->requested_ns - event->leaves_ns));
    if (isnan(at))
      continue;
    found++;
    sum_s += late_s;
    worst_s = fmax(worst_s, fabs(late_s));
    asked_s = fmax(asked_s, fabs((double)(event->leaves_ns - event->requested_ns)) / ns_per_s);
    click = fmax(click, clicks_of(event->cue, at));
  }
  const unsigned played = rounds * STANCE_CUE_COUNT;
  judge(found == played, "cues that were not found", played - found, 0, "");
  judge(worst_s <= heard.period_s, "worst cue, from its claimed instant", 1e3 * worst_s,
        1e3 * heard.period_s, "ms");
  judge(asked_s <= heard.period_s, "worst cue, claimed from asked for", 1e3 * asked_s,
        1e3 * heard.period_s, "ms");
  judge(click <= click_max, "loudest click, in millionths of full scale", 1e6 * click,
        1e6 * click_max, "");
  return found > 0 ? sum_s / found : 0;
}

/* Seconds after the step until the pitch has come 63 % of its way, turn by turn; NaN: never. */
static double follow(int step)
{
  const double from_hz = stance_feedback_hz(step_n[step % 2], band_low_n, band_high_n);
  const double to_hz = stance_feedback_hz(step_n[(step + 1) % 2], band_low_n, band_high_n);
  const double wanted_hz = from_hz + (1 - exp(-1)) * (to_hz - from_hz);
  const float *x = heard.capture.sample;
  const size_t used = atomic_load(&heard.capture.used);
  const size_t first = (size_t)sample_at(heard.step_ns[step]) + 1;
  double crossing = (double)NAN;
  for (size_t k = first; k < first + (size_t)(0.3 * heard.rate_hz) && k < used; k++) {
    if (!(x[k - 1] < 0 && x[k] >= 0))
      continue;
    const double at = (double)k - (double)(x[k] / (x[k] - x[k - 1]));
    const double hz = heard.rate_hz / (at - crossing);
    if (!isnan(crossing) && (to_hz > from_hz ? hz >= wanted_hz : hz <= wanted_hz) &&
        fabs(hz - wanted_hz) < fabs(to_hz - from_hz))
      return seconds_at(0.5 * (at + crossing), heard.step_ns[step]);
    crossing = at;
  }
  return (double)NAN;
}

static void judge_tone(double trip_s)
{
  /* read at the next callback, leaves the card its latency later; then the glide, a turn to see it
   */
  const double allowed_s =
      heard.health.latency_s + 2 * heard.period_s + glide_s + fmax(trip_s, 0) + 1 / 600.0;
  double worst_s = 0;
  unsigned missed = 0;
  for (int k = 0; k < STEPS; k++) {
    const double after_s = follow(k);
    printf("         step %d heard after %.1f ms\n", k + 1, 1e3 * after_s);
    missed += isnan(after_s) ? 1 : 0;
    worst_s = fmax(worst_s, after_s);
  }
  judge(missed == 0, "steps of force that were not heard", missed, 0, "");
  judge(worst_s <= allowed_s, "worst step, until 63 % of it is heard", 1e3 * worst_s,
        1e3 * allowed_s, "ms");
  double click = 0;
  /* wherever the tone begins and ends within 150 ms, once what was asked for leaves the card */
  const int looks = (int)((heard.health.latency_s + 0.15) / 0.005);
  for (int k = 0; k < looks; k++)
    click = fmax(click, fmax(click_at(sample_at(heard.tone_on_ns) + 0.005 * k * heard.rate_hz),
                             click_at(sample_at(heard.tone_off_ns) + 0.005 * k * heard.rate_hz)));
  judge(click <= click_max, "loudest click of the tone, in millionths of full scale", 1e6 * click,
        1e6 * click_max, "");
}

int main(int argc, char **argv)
{
  const unsigned rounds = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
  if (rounds < 1 || rounds > ROUNDS_MAX) {
    fprintf(stderr, "usage: sound_check OUTPUT INPUT LATENCY_S ROUNDS\n");
    return 2;
  }
  if (!record(argv[1], argv[2], strtod(argv[3], NULL), rounds))
    return 2;
  printf("         %s, heard on %s: %.0f Hz, period %.2f ms, latency %.1f ms, underflows %llu\n",
         heard.health.device, heard.health.input, heard.rate_hz, 1e3 * heard.period_s,
         1e3 * heard.health.latency_s, (unsigned long long)heard.health.underflows);
  judge_tone(judge_cues(rounds));
  free(heard.capture.sample);
  free(heard.capture.chunk);
  if (heard.health.underflows > 0 || heard.has_hole)
    return 3;
  return complaints == 0 ? 0 : 1;
}
