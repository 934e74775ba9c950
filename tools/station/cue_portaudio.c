/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PortAudio's functions, found in its library when sound is first wanted: it brings five libraries
   along, which are a quarter of the start of every command that makes none. Only cue_card.c calls
   them; a test that has functions of these names of its own gets those. */
#include <dlfcn.h>
#include <pa_linux_alsa.h>
#include <portaudio.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* Debian's name for PortAudio 19 since its ABI is stable. */
static const char library[] = "libportaudio.so.2";

#define FUNCTIONS(X)           \
  X(Pa_Initialize)             \
  X(Pa_Terminate)              \
  X(Pa_GetDeviceCount)         \
  X(Pa_GetDefaultOutputDevice) \
  X(Pa_GetDefaultInputDevice)  \
  X(Pa_GetDeviceInfo)          \
  X(Pa_GetHostApiInfo)         \
  X(Pa_OpenStream)             \
  X(Pa_StartStream)            \
  X(Pa_CloseStream)            \
  X(Pa_IsStreamActive)         \
  X(Pa_GetStreamInfo)          \
  X(Pa_GetErrorText)           \
  X(Pa_GetLastHostErrorInfo)

#define DECLARE(name) __typeof__(&(name)) name;
static struct {
  FUNCTIONS(DECLARE)
  DECLARE(PaAlsa_EnableRealtimeScheduling) /* NULL in a library that was built without ALSA */
} found;

static bool is_loaded;

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
static void quieten_libraries(void *module)
{
  typedef void alsa_handler(const char *, int, const char *, int, const char *, ...);
  void (*set_jack)(void (*)(const char *)), (*set_alsa)(alsa_handler *);
  static const char *const jack[] = {"jack_set_error_function", "jack_set_info_function"};
  void *symbol;

  for (size_t k = 0; k < sizeof jack / sizeof *jack; k++)
    if ((symbol = dlsym(module, jack[k])) != NULL) {
      memcpy(&set_jack, &symbol, sizeof set_jack);
      set_jack(ignore);
    }
  if ((symbol = dlsym(module, "snd_lib_error_set_handler")) != NULL) {
    memcpy(&set_alsa, &symbol, sizeof set_alsa);
    set_alsa(ignore_alsa);
  }
}

/* Stays loaded until the program ends: a card's driver may have a thread left in it. */
static void load(void)
{
  void *alsa;
  void *module = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL)
    return;
  quieten_libraries(module);
  is_loaded = true;
#define FIND(name)                               \
  {                                              \
    void *symbol = dlsym(module, #name);         \
    is_loaded = is_loaded && symbol != NULL;     \
    memcpy(&found.name, &symbol, sizeof symbol); \
  }
  FUNCTIONS(FIND)
  alsa = dlsym(module, "PaAlsa_EnableRealtimeScheduling");
  memcpy(&found.PaAlsa_EnableRealtimeScheduling, &alsa, sizeof alsa);
}

/* Comes before all others. */
PaError Pa_Initialize(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return is_loaded ? found.Pa_Initialize() : paNotInitialized;
}

PaError Pa_Terminate(void)
{
  return is_loaded ? found.Pa_Terminate() : paNotInitialized;
}

const char *Pa_GetErrorText(PaError code)
{
  return is_loaded ? found.Pa_GetErrorText(code)
                   : "libportaudio.so.2 is not there; install libportaudio2";
}

const PaHostErrorInfo *Pa_GetLastHostErrorInfo(void)
{
  return found.Pa_GetLastHostErrorInfo();
}

PaDeviceIndex Pa_GetDeviceCount(void)
{
  return found.Pa_GetDeviceCount();
}

PaDeviceIndex Pa_GetDefaultOutputDevice(void)
{
  return found.Pa_GetDefaultOutputDevice();
}

PaDeviceIndex Pa_GetDefaultInputDevice(void)
{
  return found.Pa_GetDefaultInputDevice();
}

const PaDeviceInfo *Pa_GetDeviceInfo(PaDeviceIndex device)
{
  return found.Pa_GetDeviceInfo(device);
}

const PaHostApiInfo *Pa_GetHostApiInfo(PaHostApiIndex index)
{
  return found.Pa_GetHostApiInfo(index);
}

void PaAlsa_EnableRealtimeScheduling(PaStream *stream, int enable)
{
  if (found.PaAlsa_EnableRealtimeScheduling != NULL)
    found.PaAlsa_EnableRealtimeScheduling(stream, enable);
}

PaError Pa_OpenStream(PaStream **stream, const PaStreamParameters *input,
                      const PaStreamParameters *output, double rate_hz, unsigned long frames,
                      PaStreamFlags flags, PaStreamCallback *callback, void *context)
{
  return found.Pa_OpenStream(stream, input, output, rate_hz, frames, flags, callback, context);
}

PaError Pa_StartStream(PaStream *stream)
{
  return found.Pa_StartStream(stream);
}

PaError Pa_CloseStream(PaStream *stream)
{
  return found.Pa_CloseStream(stream);
}

PaError Pa_IsStreamActive(PaStream *stream)
{
  return found.Pa_IsStreamActive(stream);
}

const PaStreamInfo *Pa_GetStreamInfo(PaStream *stream)
{
  return found.Pa_GetStreamInfo(stream);
}
