/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cue_card.h"

#include "stance/rt.h"

#include <pa_linux_alsa.h>
#include <portaudio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Longer than any card takes: such a report is a fault of its driver, and no delay the better
   guess. */
static const double delay_max_s = 10;
static const double ns_per_s = 1e9;

struct cue_card {
  PaStream *output, *input; /* NULL: not open */
  size_t input_channels;
  struct cue_card_options options; /* its texts are not kept */
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

static int64_t after_ns(double delay_s)
{
  const bool possible = delay_s > -delay_max_s && delay_s < delay_max_s;
  return monotonic_ns() + (possible ? (int64_t)(ns_per_s * delay_s) : 0);
}

/* PortAudio's own clock is CLOCK_REALTIME on Debian: only the difference of its times is used, so
   that a step of the wall clock moves no cue. */
static int fill(const void *input, void *output, unsigned long frame_count,
                const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *context)
{
  struct cue_card *card = context;
  const enum stance_rt_context previous = stance_rt_enter(STANCE_RT_AUDIO);
  const double delay_s = time->outputBufferDacTime - time->currentTime;
  (void)input;
  card->options.render(card->options.context, output, frame_count,
                       after_ns(delay_s > 0 ? delay_s : 0), (flags & paOutputUnderflow) != 0);
  stance_rt_leave(previous);
  return paContinue;
}

static int listen(const void *input, void *output, unsigned long frame_count,
                  const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *context)
{
  struct cue_card *card = context;
  const enum stance_rt_context previous = stance_rt_enter(STANCE_RT_AUDIO);
  (void)output, (void)flags;
  if (input != NULL)
    card->options.hear(card->options.context, input, frame_count, card->input_channels,
                       after_ns(time->inputBufferAdcTime - time->currentTime));
  stance_rt_leave(previous);
  return paContinue;
}

/* The system's choice, or the first whose name contains `wanted`. */
static PaDeviceIndex find_device(const char *wanted, bool is_input)
{
  if (wanted[0] == '\0')
    return is_input ? Pa_GetDefaultInputDevice() : Pa_GetDefaultOutputDevice();
  for (PaDeviceIndex k = 0; k < Pa_GetDeviceCount(); k++) {
    const PaDeviceInfo *info = Pa_GetDeviceInfo(k);
    if (info != NULL && (is_input ? info->maxInputChannels >= 1 : info->maxOutputChannels >= 2) &&
        strstr(info->name, wanted) != NULL)
      return k;
  }
  return paNoDevice;
}

static enum stance_status initialize(struct stance_problem *problem)
{
  const PaError code = Pa_Initialize();
  return code == paNoError ? STANCE_OK : fail(code, "the sound system cannot be started", problem);
}

static bool is_by_alsa(const PaDeviceInfo *info)
{
  const PaHostApiInfo *system = Pa_GetHostApiInfo(info->hostApi);
  return system != NULL && system->type == paALSA;
}

/* The callback's thread is an ordinary one where nothing is asked for, and a busy desktop makes it
   late. JACK has its own, which comes first anyway. Whoever has no right to it gets an ordinary
   one. */
static void ask_to_come_first(PaStream *stream, PaDeviceIndex device)
{
  if (is_by_alsa(Pa_GetDeviceInfo(device)))
    PaAlsa_EnableRealtimeScheduling(stream, 1);
}

static enum stance_status start(PaStream **stream, const PaStreamParameters *input,
                                const PaStreamParameters *output, double rate_hz,
                                struct cue_card *card, struct stance_problem *problem)
{
  PaError code = Pa_OpenStream(stream, input, output, rate_hz, paFramesPerBufferUnspecified,
                               paNoFlag, input != NULL ? listen : fill, card);
  if (code != paNoError) {
    *stream = NULL;
    return fail(code, input != NULL ? "the input cannot be opened" : "the card cannot be opened",
                problem);
  }
  ask_to_come_first(*stream, (input != NULL ? input : output)->device);
  code = Pa_StartStream(*stream);
  return code == paNoError
             ? STANCE_OK
             : fail(code, input != NULL ? "the input does not start" : "the card does not start",
                    problem);
}

static enum stance_status open_input(struct cue_card *card, const struct cue_card_options *options,
                                     struct cue_card_info *info, struct stance_problem *problem)
{
  const PaDeviceIndex device = find_device(options->input, true);
  const PaDeviceInfo *about = device == paNoDevice ? NULL : Pa_GetDeviceInfo(device);
  if (about == NULL)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "there is no sound input%s%s; plug in a microphone or a cable",
                              options->input[0] == '\0' ? "" : " called ", options->input);
  card->input_channels = about->maxInputChannels < 2 ? 1 : 2;
  const PaStreamParameters parameters = {.device = device,
                                         .channelCount = (int)card->input_channels,
                                         .sampleFormat = paFloat32,
                                         .suggestedLatency = options->latency_s};
  snprintf(info->input, sizeof info->input, "%s", about->name);
  return start(&card->input, &parameters, NULL, info->rate_hz, card, problem);
}

static enum stance_status open_output(struct cue_card *card, const struct cue_card_options *options,
                                      void (*before)(void *context, double rate_hz),
                                      struct cue_card_info *info, struct stance_problem *problem)
{
  const PaDeviceIndex device = find_device(options->output, false);
  const PaDeviceInfo *about = device == paNoDevice ? NULL : Pa_GetDeviceInfo(device);
  if (about == NULL)
    return stance_problem_set(problem, STANCE_INSTRUMENT,
                              "no sound: there is no sound card%s%s; the test goes on without; "
                              "plug one in, or choose another with `stance doctor`",
                              options->output[0] == '\0' ? "" : " called ", options->output);
  const PaStreamParameters parameters = {.device = device,
                                         .channelCount = 2,
                                         .sampleFormat = paFloat32,
                                         .suggestedLatency = options->latency_s};
  before(options->context, about->defaultSampleRate);
  const enum stance_status status =
      start(&card->output, NULL, &parameters, about->defaultSampleRate, card, problem);
  if (status != STANCE_OK)
    return status;
  const PaStreamInfo *stream = Pa_GetStreamInfo(card->output);
  snprintf(info->output, sizeof info->output, "%s", about->name);
  info->rate_hz = stream->sampleRate;
  info->latency_s = stream->outputLatency;
  return STANCE_OK;
}

enum stance_status cue_card_open(const struct cue_card_options *options,
                                 void (*before)(void *context, double rate_hz),
                                 struct cue_card **ret_card, struct cue_card_info *ret_info,
                                 struct stance_problem *problem)
{
  struct cue_card_info info = {.rate_hz = 0};
  enum stance_status status = initialize(problem);
  if (status != STANCE_OK)
    return status;
  struct cue_card *card = calloc(1, sizeof *card);
  if (card == NULL) {
    Pa_Terminate();
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for sound");
  }
  card->options = *options;
  card->options.output = card->options.input = NULL;
  status = open_output(card, options, before, &info, problem);
  if (status == STANCE_OK && options->input != NULL)
    status = open_input(card, options, &info, problem);
  if (status != STANCE_OK) {
    cue_card_close(card);
    return status;
  }
  *ret_card = card;
  *ret_info = info;
  return STANCE_OK;
}

bool cue_card_is_active(const struct cue_card *card)
{
  return Pa_IsStreamActive(card->output) == 1 &&
         (card->input == NULL || Pa_IsStreamActive(card->input) == 1);
}

void cue_card_close(struct cue_card *card)
{
  if (card == NULL)
    return;
  if (card->input != NULL)
    Pa_CloseStream(card->input);
  if (card->output != NULL)
    Pa_CloseStream(card->output);
  Pa_Terminate();
  free(card);
}

static void describe(PaDeviceIndex index, struct stance_sound_device *device)
{
  const PaDeviceInfo *info = Pa_GetDeviceInfo(index);
  *device = (struct stance_sound_device){.rate_hz = info->defaultSampleRate,
                                         .latency_s = info->defaultLowOutputLatency,
                                         .is_default = index == Pa_GetDefaultOutputDevice(),
                                         .is_by_alsa = is_by_alsa(info)};
  snprintf(device->name, sizeof device->name, "%s", info->name);
}

enum stance_status stance_sound_list(struct stance_sound_device **ret_devices, size_t *ret_count,
                                     struct stance_problem *problem)
{
  const enum stance_status status = initialize(problem);
  if (status != STANCE_OK)
    return status;
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
