/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/fake_portaudio.h"

#include <math.h>
#include <pa_linux_alsa.h>
#include <portaudio.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct fake_card fake_card;

/* What was played, by the number of its frame: long enough for any trip. */
enum { MEMORY = 1 << 17 };

struct stream {
  PaStreamCallback *callback;
  void *context;
  bool is_input, running, comes_first;
  pthread_t thread;
  atomic_bool ending, active;
};

static _Atomic float played[MEMORY];
static _Atomic uint64_t played_until;
static unsigned initialized;
static int64_t origin_ns; /* frame 0 is asked for */
static const char name[] = "fake card: 0", input_name[] = "fake card: ear";

void fake_card_reset(void)
{
  atomic_store(&fake_card.present, true);
  atomic_store(&fake_card.hangs, false);
  atomic_store(&fake_card.has_input, true);
  atomic_store(&fake_card.eager, false);
  atomic_store(&fake_card.run_dry, 0);
  atomic_store(&fake_card.opened, 0);
  atomic_store(&fake_card.callbacks, 0);
  atomic_store(&fake_card.first, 0);
  fake_card.by_jack = false;
  fake_card.claimed_output_s = 0.02;
  fake_card.claimed_input_s = 0.01;
  fake_card.true_trip_s = 0.03;
  fake_card.deaf_share = 0;
  fake_card.around = NULL;
  for (size_t k = 0; k < MEMORY; k++)
    atomic_store_explicit(&played[k], 0, memory_order_relaxed);
}

void fake_card_last(double *ret_samples, size_t count)
{
  const uint64_t until = atomic_load(&played_until);
  for (size_t k = 0; k < count; k++)
    ret_samples[k] =
        (double)atomic_load_explicit(&played[(until - count + k) % MEMORY], memory_order_relaxed);
}

static int64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t frame_ns(uint64_t frame)
{
  return origin_ns + (int64_t)((double)frame * 1e9 / FAKE_CARD_RATE_HZ);
}

static void sleep_until(int64_t ns)
{
  const struct timespec at = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
    continue;
}

static void call_back(const struct stream *stream, const void *input, void *output,
                      const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags)
{
  if (fake_card.around != NULL)
    fake_card.around(true);
  stream->callback(input, output, FAKE_CARD_PERIOD, time, flags, stream->context);
  if (fake_card.around != NULL)
    fake_card.around(false);
}

/* One buffer: the card's clock says when it was asked for, the host is later by what it is. */
static void ask_output(struct stream *stream, uint64_t frame)
{
  float frames[2 * FAKE_CARD_PERIOD];
  const double late_s = 1e-9 * (double)(now_ns() - frame_ns(frame));
  const PaStreamCallbackTimeInfo time = {
      .currentTime = 1000, .outputBufferDacTime = 1000 + fake_card.claimed_output_s - late_s};
  unsigned dry = atomic_load(&fake_card.run_dry);
  while (dry > 0 && !atomic_compare_exchange_weak(&fake_card.run_dry, &dry, dry - 1))
    continue;
  call_back(stream, NULL, frames, &time, dry > 0 ? paOutputUnderflow : 0);
  for (size_t k = 0; k < FAKE_CARD_PERIOD; k++)
    atomic_store_explicit(&played[(frame + k) % MEMORY], (frames[2 * k] + frames[2 * k + 1]) / 2,
                          memory_order_relaxed);
  atomic_store(&played_until, frame + FAKE_CARD_PERIOD);
  atomic_fetch_add(&fake_card.callbacks, 1);
}

static void offer_input(struct stream *stream, uint64_t frame)
{
  float frames[2 * FAKE_CARD_PERIOD];
  const uint64_t trip = (uint64_t)llround(fake_card.true_trip_s * FAKE_CARD_RATE_HZ);
  const double late_s = 1e-9 * (double)(now_ns() - frame_ns(frame));
  const PaStreamCallbackTimeInfo time = {
      .currentTime = 1000, .inputBufferAdcTime = 1000 - fake_card.claimed_input_s - late_s};
  /* every other second, or a share of it, nothing is heard */
  const bool deaf = fmod((double)frame / FAKE_CARD_RATE_HZ, 1) < fake_card.deaf_share;
  for (size_t k = 0; k < FAKE_CARD_PERIOD; k++) {
    const uint64_t at = frame + k;
    const float heard = at < trip || deaf ? 0
                                          : atomic_load_explicit(&played[(at - trip) % MEMORY],
                                                                 memory_order_relaxed);
    frames[2 * k] = -heard; /* the other way round, as many inputs are */
    frames[2 * k + 1] = -heard;
  }
  call_back(stream, frames, NULL, &time, 0);
}

static void *run(void *argument)
{
  struct stream *stream = argument;
  uint64_t frame = (uint64_t)((double)(now_ns() - origin_ns) * 1e-9 * FAKE_CARD_RATE_HZ);
  frame -= frame % FAKE_CARD_PERIOD;
  while (!atomic_load(&stream->ending)) {
    frame += FAKE_CARD_PERIOD;
    sleep_until(frame_ns(frame));
    if (!atomic_load(&fake_card.present)) {
      atomic_store(&stream->active, false);
      continue;
    }
    if (atomic_load(&fake_card.hangs))
      continue;
    if (stream->is_input)
      offer_input(stream, frame);
    else
      ask_output(stream, frame);
  }
  return NULL;
}

PaError Pa_Initialize(void)
{
  if (initialized++ == 0 && origin_ns == 0)
    origin_ns = now_ns() - INT64_C(10000000000);
  return paNoError;
}

PaError Pa_Terminate(void)
{
  initialized--;
  return paNoError;
}

PaDeviceIndex Pa_GetDeviceCount(void)
{
  return atomic_load(&fake_card.present) ? 1 + (atomic_load(&fake_card.has_input) ? 1 : 0) : 0;
}

PaDeviceIndex Pa_GetDefaultOutputDevice(void)
{
  return Pa_GetDeviceCount() > 0 ? 0 : paNoDevice;
}

PaDeviceIndex Pa_GetDefaultInputDevice(void)
{
  return Pa_GetDeviceCount() > 1 ? 1 : paNoDevice;
}

const PaDeviceInfo *Pa_GetDeviceInfo(PaDeviceIndex device)
{
  static PaDeviceInfo info[2];
  if (device < 0 || device >= Pa_GetDeviceCount())
    return NULL;
  info[device] = (PaDeviceInfo){.name = device == 0 ? name : input_name,
                                .maxOutputChannels = device == 0 ? 2 : 0,
                                .maxInputChannels = device == 0 ? 0 : 2,
                                .defaultSampleRate = FAKE_CARD_RATE_HZ};
  return &info[device];
}

PaError Pa_OpenStream(PaStream **stream, const PaStreamParameters *input,
                      const PaStreamParameters *output, double rate_hz, unsigned long frames,
                      PaStreamFlags flags, PaStreamCallback *callback, void *context)
{
  (void)output, (void)rate_hz, (void)frames, (void)flags;
  if (!atomic_load(&fake_card.present))
    return paDeviceUnavailable;
  struct stream *own = calloc(1, sizeof *own);
  own->callback = callback;
  own->context = context;
  own->is_input = input != NULL;
  *stream = own;
  if (!own->is_input)
    atomic_fetch_add(&fake_card.opened, 1);
  return paNoError;
}

const PaHostApiInfo *Pa_GetHostApiInfo(PaHostApiIndex index)
{
  static const PaHostApiInfo alsa = {.type = paALSA}, jack = {.type = paJACK};
  (void)index;
  return fake_card.by_jack ? &jack : &alsa;
}

/* To be called between open and start, as the library says, and for its own streams alone: of
   another's it would write behind the end. */
void PaAlsa_EnableRealtimeScheduling(PaStream *stream, int enable)
{
  struct stream *own = stream;
  if (own->running || fake_card.by_jack)
    abort();
  own->comes_first = enable != 0;
}

PaError Pa_StartStream(PaStream *stream)
{
  struct stream *own = stream;
  const unsigned before = atomic_load(&fake_card.callbacks);
  atomic_fetch_add(&fake_card.first, own->comes_first ? 1 : 0);
  atomic_store(&own->active, true);
  own->running = pthread_create(&own->thread, NULL, run, own) == 0;
  while (own->running && atomic_load(&fake_card.eager) &&
         atomic_load(&fake_card.callbacks) == before)
    usleep(1000);
  return own->running ? paNoError : paInternalError;
}

PaError Pa_CloseStream(PaStream *stream)
{
  struct stream *own = stream;
  atomic_store(&own->ending, true);
  if (own->running)
    pthread_join(own->thread, NULL);
  free(own);
  return paNoError;
}

PaError Pa_IsStreamActive(PaStream *stream)
{
  return atomic_load(&((struct stream *)stream)->active) ? 1 : 0;
}

const PaStreamInfo *Pa_GetStreamInfo(PaStream *stream)
{
  static PaStreamInfo info;
  (void)stream;
  info =
      (PaStreamInfo){.sampleRate = FAKE_CARD_RATE_HZ, .outputLatency = fake_card.claimed_output_s};
  return &info;
}

const char *Pa_GetErrorText(PaError code)
{
  return code == paDeviceUnavailable ? "Device unavailable" : "Internal error";
}

const PaHostErrorInfo *Pa_GetLastHostErrorInfo(void)
{
  return NULL;
}
