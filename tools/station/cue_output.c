/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cue_output.h"

#include "stance/rt.h"

#include <dlfcn.h>
#include <portaudio.h>
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
  char wanted[128];
  double latency_s;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool ending;                       /* under `lock` */
  struct stance_sound_health health; /* under `lock`, but for what the callback counts */
  atomic_bool playing;
  atomic_uint_least64_t callbacks, underflows;
  /* Of the thread alone. */
  PaStream *stream;
  bool initialized;
};

/* PortAudio's codes become a sentence here and nowhere else. */
static enum stance_status fail(PaError code, const char *what, struct stance_problem *problem)
{
  const PaHostErrorInfo *host = code == paUnanticipatedHostError ? Pa_GetLastHostErrorInfo() : NULL;
  return stance_problem_set(problem, STANCE_INSTRUMENT,
                            "no sound: %s: %s%s%s; the test goes on without; check that the card "
                            "is plugged in and not held by another program",
                            what, Pa_GetErrorText(code), host == NULL ? "" : ": ",
                            host == NULL ? "" : host->errorText);
}

static int64_t monotonic_ns(void)
{
  struct timespec now; /* answered by the vDSO: no system call on any kernel we run on */
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* PortAudio's own clock is CLOCK_REALTIME on Debian: only the difference of its times is used, so
   that a step of the wall clock moves no cue. */
static int fill(const void *input, void *output, unsigned long frame_count,
                const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *context)
{
  struct stance_sound *sound = context;
  enum stance_rt_context previous = stance_rt_enter(STANCE_RT_AUDIO);
  double delay_s = time->outputBufferDacTime - time->currentTime;
  int64_t dac_ns = monotonic_ns() + (delay_s > 0 && delay_s < 10 ? (int64_t)(1e9 * delay_s) : 0);

  (void)input;
  atomic_fetch_add_explicit(&sound->callbacks, 1, memory_order_relaxed);
  if ((flags & paOutputUnderflow) != 0)
    atomic_fetch_add_explicit(&sound->underflows, 1, memory_order_relaxed);
  stance_cue_mixer_render(sound->mixer, output, frame_count, dac_ns);
  stance_rt_leave(previous);
  return paContinue;
}

/* The system's choice, or the first whose name contains `wanted`. */
static PaDeviceIndex find_device(const char *wanted)
{
  if (wanted[0] == '\0')
    return Pa_GetDefaultOutputDevice();
  for (PaDeviceIndex k = 0; k < Pa_GetDeviceCount(); k++) {
    const PaDeviceInfo *info = Pa_GetDeviceInfo(k);
    if (info != NULL && info->maxOutputChannels >= 2 && strstr(info->name, wanted) != NULL)
      return k;
  }
  return paNoDevice;
}

static void ignore(const char *message)
{
  (void)message;
}

static void ignore_alsa(const char *file, int line, const char *function, int code,
                        const char *format, ...)
{
  (void)file, (void)line, (void)function, (void)code, (void)format;
}

/* PortAudio brings ALSA and JACK, and both write pages to standard error whenever no card or server
   is there: every three seconds here. What matters is in our own sentence. */
static void quieten_libraries(void)
{
  typedef void alsa_handler(const char *, int, const char *, int, const char *, ...);
  void (*set_jack)(void (*)(const char *)), (*set_alsa)(alsa_handler *);
  static const char *const jack[] = {"jack_set_error_function", "jack_set_info_function"};
  void *symbol;

  for (size_t k = 0; k < sizeof jack / sizeof *jack; k++)
    if ((symbol = dlsym(RTLD_DEFAULT, jack[k])) != NULL) {
      memcpy(&set_jack, &symbol, sizeof set_jack);
      set_jack(ignore);
    }
  if ((symbol = dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler")) != NULL) {
    memcpy(&set_alsa, &symbol, sizeof set_alsa);
    set_alsa(ignore_alsa);
  }
}

static enum stance_status initialize(struct stance_sound *sound, struct stance_problem *problem)
{
  if (sound->initialized)
    return STANCE_OK;
  quieten_libraries();
  PaError code = Pa_Initialize();
  sound->initialized = code == paNoError;
  return sound->initialized ? STANCE_OK : fail(code, "the sound system cannot be started", problem);
}

static enum stance_status start(struct stance_sound *sound, const PaStreamParameters *parameters,
                                double rate_hz, struct stance_problem *problem)
{
  stance_cue_mixer_restart(sound->mixer, rate_hz);
  PaError code = Pa_OpenStream(&sound->stream, NULL, parameters, rate_hz,
                               paFramesPerBufferUnspecified, paNoFlag, fill, sound);
  if (code != paNoError) {
    sound->stream = NULL;
    return fail(code, "the card cannot be opened", problem);
  }
  code = Pa_StartStream(sound->stream);
  if (code == paNoError)
    return STANCE_OK;
  Pa_CloseStream(sound->stream);
  sound->stream = NULL;
  return fail(code, "the card does not start", problem);
}

static enum stance_status open_card(struct stance_sound *sound, struct stance_problem *problem)
{
  enum stance_status status = initialize(sound, problem);
  if (status != STANCE_OK)
    return status;
  PaDeviceIndex device = find_device(sound->wanted);
  const PaDeviceInfo *info = device == paNoDevice ? NULL : Pa_GetDeviceInfo(device);
  if (info == NULL)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "no sound: there is no sound card%s%s; the test goes on without; "
                              "plug one in, or choose another with `stance doctor`",
                              sound->wanted[0] == '\0' ? "" : " called ", sound->wanted);
  const PaStreamParameters parameters = {.device = device,
                                         .channelCount = 2,
                                         .sampleFormat = paFloat32,
                                         .suggestedLatency = sound->latency_s};
  status = start(sound, &parameters, info->defaultSampleRate, problem);
  if (status != STANCE_OK)
    return status;
  const PaStreamInfo *stream = Pa_GetStreamInfo(sound->stream);
  pthread_mutex_lock(&sound->lock);
  snprintf(sound->health.device, sizeof sound->health.device, "%s", info->name);
  sound->health.rate_hz = stream->sampleRate;
  sound->health.latency_s = stream->outputLatency;
  sound->health.problem.text[0] = '\0';
  pthread_mutex_unlock(&sound->lock);
  atomic_store(&sound->playing, true);
  return STANCE_OK;
}

/* After a card is gone PortAudio must be started anew to see another one. */
static void close_card(struct stance_sound *sound)
{
  atomic_store(&sound->playing, false);
  if (sound->stream != NULL)
    Pa_CloseStream(sound->stream);
  sound->stream = NULL;
  if (sound->initialized)
    Pa_Terminate();
  sound->initialized = false;
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
  return *silent_looks >= SILENT_LOOKS || Pa_IsStreamActive(sound->stream) != 1;
}

static void *watch(void *argument)
{
  struct stance_sound *sound = argument;
  struct stance_problem problem = {""};
  uint64_t seen = 0;
  unsigned silent_looks = 0, looks_to_retry = 0;

  do {
    if (sound->stream != NULL && hangs(sound, &seen, &silent_looks)) {
      stance_problem_write(&problem,
                           "no sound: the card %s stopped answering; it is opened anew "
                           "as soon as it is there",
                           sound->health.device);
      report(sound, &problem, true);
      close_card(sound);
      looks_to_retry = 0;
    }
    if (sound->stream == NULL && looks_to_retry-- == 0) {
      looks_to_retry = RETRY_LOOKS;
      silent_looks = 0;
      if (open_card(sound, &problem) != STANCE_OK) {
        report(sound, &problem, false);
        close_card(sound);
      }
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
  pthread_mutex_unlock(&sound->lock);
  ret_health->playing = atomic_load(&sound->playing);
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

static void describe(PaDeviceIndex index, struct stance_sound_device *device)
{
  const PaDeviceInfo *info = Pa_GetDeviceInfo(index);
  *device = (struct stance_sound_device){.rate_hz = info->defaultSampleRate,
                                         .latency_s = info->defaultLowOutputLatency,
                                         .is_default = index == Pa_GetDefaultOutputDevice()};
  snprintf(device->name, sizeof device->name, "%s", info->name);
}

enum stance_status stance_sound_list(struct stance_sound_device **ret_devices, size_t *ret_count,
                                     struct stance_problem *problem)
{
  quieten_libraries();
  PaError code = Pa_Initialize();
  if (code != paNoError)
    return fail(code, "the sound system cannot be started", problem);
  PaDeviceIndex count = Pa_GetDeviceCount();
  struct stance_sound_device *devices = calloc(count > 0 ? (size_t)count : 1, sizeof *devices);
  size_t used = 0;
  for (PaDeviceIndex k = 0; devices != NULL && k < count; k++)
    if (Pa_GetDeviceInfo(k)->maxOutputChannels >= 2)
      describe(k, &devices[used++]);
  Pa_Terminate();
  if (devices == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  *ret_devices = devices;
  *ret_count = used;
  return STANCE_OK;
}
