/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cue_output.h"

#include "cue_card.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  WATCH_MS = 250,   /* between two looks at the card */
  SILENT_LOOKS = 4, /* looks without a callback until the card counts as hung: 1 s, fifty buffers */
  RETRY_LOOKS = 12, /* looks between two attempts to open: 3 s, for enumerating alone takes one */
};
static const double default_latency_s = 0.02;
static const double fallback_rate_hz = 48000; /* what every card takes, while none is open */

struct stance_sound {
  struct stance_cue_mixer *mixer;
  char wanted[128], wanted_input[128];
  double latency_s;
  struct stance_sound_capture *capture; /* NULL: nothing is heard */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool ending, open;                 /* under `lock` */
  struct stance_sound_health health; /* under `lock`, but for what the callback counts */
  atomic_bool playing;
  atomic_uint_least64_t callbacks, underflows;
  uint64_t at_opening;   /* callbacks before the card was opened; changes while none runs */
  struct cue_card *card; /* of the thread alone; NULL: none is open */
};

static void render(void *context, float *ret_frames, size_t frame_count, int64_t dac_ns,
                   bool ran_dry)
{
  struct stance_sound *sound = context;
  /* open is not enough: a card may take a stream and then hang */
  if (atomic_fetch_add_explicit(&sound->callbacks, 1, memory_order_relaxed) == sound->at_opening)
    atomic_store(&sound->playing, true);
  if (ran_dry)
    atomic_fetch_add_explicit(&sound->underflows, 1, memory_order_relaxed);
  stance_cue_mixer_render(sound->mixer, ret_frames, frame_count, dac_ns);
}

/* What no longer fits is not heard. */
static void hear(void *context, const float *frames, size_t frame_count, size_t channel_count,
                 int64_t adc_ns)
{
  struct stance_sound_capture *capture = ((struct stance_sound *)context)->capture;
  const size_t used = atomic_load_explicit(&capture->used, memory_order_relaxed);
  if (frame_count > capture->capacity - used || capture->chunk_count == capture->chunk_capacity)
    return;
  capture->chunk[capture->chunk_count++] =
      (struct stance_sound_chunk){.first = used, .count = frame_count, .adc_ns = adc_ns};
  for (size_t k = 0; k < frame_count; k++) {
    float sum = 0;
    for (size_t c = 0; c < channel_count; c++)
      sum += frames[k * channel_count + c];
    capture->sample[used + k] = sum / (float)channel_count;
  }
  atomic_store_explicit(&capture->used, used + frame_count, memory_order_release);
}

static void restart(void *context, double rate_hz)
{
  struct stance_sound *sound = context;
  sound->at_opening = atomic_load(&sound->callbacks);
  stance_cue_mixer_restart(sound->mixer, rate_hz);
}

static enum stance_status open_card(struct stance_sound *sound, struct stance_problem *problem)
{
  const struct cue_card_options options = {
      .output = sound->wanted,
      .latency_s = sound->latency_s,
      .input = sound->capture == NULL ? NULL : sound->wanted_input,
      .render = render,
      .hear = hear,
      .context = sound,
  };
  struct cue_card_info info;
  enum stance_status status = cue_card_open(&options, restart, &sound->card, &info, problem);
  if (status != STANCE_OK) {
    atomic_store(&sound->playing, false); /* the output may have run until the input was refused */
    return status;
  }
  pthread_mutex_lock(&sound->lock);
  sound->open = true;
  snprintf(sound->health.device, sizeof sound->health.device, "%s", info.output);
  snprintf(sound->health.input, sizeof sound->health.input, "%s", info.input);
  sound->health.rate_hz = info.rate_hz;
  sound->health.latency_s = info.latency_s;
  pthread_mutex_unlock(&sound->lock);
  return STANCE_OK;
}

static void close_card(struct stance_sound *sound)
{
  pthread_mutex_lock(&sound->lock);
  sound->open = false;
  pthread_mutex_unlock(&sound->lock);
  atomic_store(&sound->playing,
               false); /* closing may take long: what is asked for now is unheard */
  cue_card_close(sound->card);
  sound->card = NULL;
  atomic_store(&sound->playing, false); /* its first buffer may have come meanwhile */
}

static void report(struct stance_sound *sound, const struct stance_problem *problem, bool lost)
{
  pthread_mutex_lock(&sound->lock);
  sound->health.problem = *problem;
  sound->health.losses += lost ? 1 : 0;
  pthread_mutex_unlock(&sound->lock);
}

/* False when it is to end. */
static bool wait_a_look(struct stance_sound *sound)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += WATCH_MS * 1000000L;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&sound->lock);
  while (!sound->ending && pthread_cond_timedwait(&sound->wake, &sound->lock, &until) == 0)
    continue;
  bool going = !sound->ending;
  pthread_mutex_unlock(&sound->lock);
  return going;
}

static bool hangs(struct stance_sound *sound, uint64_t *seen, unsigned *silent_looks)
{
  uint64_t callbacks = atomic_load(&sound->callbacks);
  *silent_looks = callbacks == *seen ? *silent_looks + 1 : 0;
  *seen = callbacks;
  return *silent_looks >= SILENT_LOOKS || !cue_card_is_active(sound->card);
}

static void *watch(void *argument)
{
  struct stance_sound *sound = argument;
  struct stance_problem problem = {""};
  uint64_t seen = 0;
  unsigned silent_looks = 0, looks_to_retry = 0;

  do {
    if (sound->card != NULL && hangs(sound, &seen, &silent_looks)) {
      stance_problem_write(&problem,
                           "no sound: the card %s stopped answering; it is opened anew "
                           "as soon as it is there",
                           sound->health.device);
      close_card(sound);
      report(sound, &problem, true);
      looks_to_retry = 0;
    }
    if (sound->card == NULL && looks_to_retry-- == 0) {
      looks_to_retry = RETRY_LOOKS;
      silent_looks = 0;
      if (open_card(sound, &problem) != STANCE_OK)
        report(sound, &problem, false);
    }
  } while (wait_a_look(sound));
  close_card(sound);
  return NULL;
}

/* Signals belong to the program's own threads; PortAudio's thread inherits this one's mask. */
static bool begin_watch(struct stance_sound *sound)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&sound->thread, NULL, watch, sound);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0;
}

enum stance_status stance_sound_create(const struct stance_sound_options *options,
                                       struct stance_sound **ret_sound,
                                       struct stance_problem *problem)
{
  struct stance_sound *sound = calloc(1, sizeof *sound);
  pthread_condattr_t monotonic;

  if (sound == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  snprintf(sound->wanted, sizeof sound->wanted, "%s",
           options->device == NULL ? "" : options->device);
  snprintf(sound->wanted_input, sizeof sound->wanted_input, "%s",
           options->input == NULL ? "" : options->input);
  sound->capture = options->capture;
  sound->latency_s = options->latency_s > 0 ? options->latency_s : default_latency_s;
  stance_problem_write(&sound->health.problem, "no sound yet: the card is being opened");
  pthread_mutex_init(&sound->lock, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&sound->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (stance_cue_mixer_create(fallback_rate_hz, &sound->mixer) == STANCE_OK && begin_watch(sound)) {
    *ret_sound = sound;
    return STANCE_OK;
  }
  stance_cue_mixer_destroy(sound->mixer);
  pthread_cond_destroy(&sound->wake);
  pthread_mutex_destroy(&sound->lock);
  free(sound);
  return stance_problem_set(problem, STANCE_MEMORY, "out of memory for sound");
}

void stance_sound_destroy(struct stance_sound *sound)
{
  if (sound == NULL)
    return;
  pthread_mutex_lock(&sound->lock);
  sound->ending = true;
  pthread_cond_signal(&sound->wake);
  pthread_mutex_unlock(&sound->lock);
  pthread_join(sound->thread, NULL);
  stance_cue_mixer_destroy(sound->mixer);
  pthread_cond_destroy(&sound->wake);
  pthread_mutex_destroy(&sound->lock);
  free(sound);
}

void stance_sound_health(struct stance_sound *sound, struct stance_sound_health *ret_health)
{
  pthread_mutex_lock(&sound->lock);
  *ret_health = sound->health;
  ret_health->playing = sound->open && atomic_load(&sound->playing);
  pthread_mutex_unlock(&sound->lock);
  if (ret_health->playing)
    ret_health->problem.text[0] = '\0';
  ret_health->callbacks = atomic_load(&sound->callbacks);
  ret_health->underflows = atomic_load(&sound->underflows);
}

bool stance_sound_play(struct stance_sound *sound, enum stance_cue cue, int64_t at_ns)
{
  return atomic_load(&sound->playing) && stance_cue_mixer_play(sound->mixer, cue, at_ns);
}

bool stance_sound_silence(struct stance_sound *sound)
{
  return atomic_load(&sound->playing) && stance_cue_mixer_silence(sound->mixer);
}

bool stance_sound_take_event(struct stance_sound *sound, struct stance_cue_event *ret_event)
{
  return stance_cue_mixer_take_event(sound->mixer, ret_event);
}

void stance_sound_feedback(struct stance_sound *sound, double force_n, double band_low_n,
                           double band_high_n)
{
  stance_cue_mixer_feedback(sound->mixer, force_n, band_low_n, band_high_n);
}
