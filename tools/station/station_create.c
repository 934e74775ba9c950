/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beginning and end of a station. */
#include "station_private.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum stance_status station_take_devices(struct stance_station *station,
                                        const struct stance_station_device *device, size_t count,
                                        struct stance_problem *problem)
{
  if (count < 1 || count > STANCE_STREAM_MAX)
    return stance_problem_set(problem, STANCE_USAGE, "one or two instruments make a rig, not %zu",
                              count);
  if (count == 2 && !((device[0].side == STANCE_LEFT && device[1].side == STANCE_RIGHT) ||
                      (device[0].side == STANCE_RIGHT && device[1].side == STANCE_LEFT)))
    return stance_problem_set(problem, STANCE_USAGE,
                              "two instruments are given as --device left=URI --device right=URI");
  for (size_t k = 0; k < count; k++)
    if (strlen(device[k].uri) >= sizeof station->device[k].uri)
      return stance_problem_set(problem, STANCE_USAGE, "--device: the URI is longer than %zu bytes",
                                sizeof station->device[k].uri - 1);
  for (size_t k = 0; k < count; k++) {
    strcpy(station->device[k].uri, device[k].uri);
    station->device[k].side = device[k].side;
  }
  station->device_count = count;
  station_look_for_devices(station);
  return STANCE_OK;
}

static bool has_device(const struct stance_station *station,
                       const struct stance_station_device *device)
{
  for (size_t k = 0; k < station->device_count; k++)
    if (station->device[k].side == device->side && strcmp(station->device[k].uri, device->uri) == 0)
      return true;
  return false;
}

bool station_has_devices(const struct stance_station *station,
                         const struct stance_station_device *device, size_t count)
{
  bool has = count == station->device_count;
  for (size_t k = 0; has && k < count; k++)
    has = has_device(station, &device[k]);
  return has;
}

static enum stance_status open_store(struct stance_station *station, const char *path,
                                     struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  if (path == NULL)
    status = stance_store_default_path(station->store_path, sizeof station->store_path, problem);
  else if (strlen(path) < sizeof station->store_path)
    strcpy(station->store_path, path);
  else
    status = stance_problem_set(problem, STANCE_USAGE, "the store's path is longer than %zu bytes",
                                sizeof station->store_path - 1);
  if (status == STANCE_OK)
    status = stance_store_open(station->store_path, STANCE_STORE_WRITE, &station->store, problem);
  if (status == STANCE_OK)
    station->recovered = stance_store_was_recovered(station->store);
  if (station->recovered && stance_store_last_cut_off(station->store, station->cut_off_id,
                                                      &station->cut_off_s, NULL) != STANCE_OK)
    station->cut_off_id[0] = '\0';
  return status;
}

static void make_locks(struct stance_station *station)
{
  pthread_condattr_t monotonic;
  pthread_mutexattr_t
      inherits; /* whoever asks for the state may be slow, and holds up the thread */
  pthread_mutexattr_init(&inherits);
  pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&station->lock, &inherits);
  pthread_mutexattr_destroy(&inherits);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&station->wake, &monotonic);
  pthread_cond_init(&station->answered, &monotonic);
  pthread_condattr_destroy(&monotonic);
}

static void release(struct stance_station *station)
{
  stance_event_hub_destroy(station->hub);
  stance_store_close(station->store);
  pthread_cond_destroy(&station->answered);
  pthread_cond_destroy(&station->wake);
  pthread_mutex_destroy(&station->lock);
  stance_text_finish(&station->last_problems);
  free(station->state_json);
  free(station);
}

/* Signals are for the program's main thread. */
static enum stance_status begin_thread(struct stance_station *station,
                                       struct stance_problem *problem)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&station->thread, NULL, station_thread, station);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0 ? STANCE_OK
                    : stance_problem_set(problem, STANCE_MEMORY, "no thread for the station");
}

enum stance_status stance_station_create(const struct stance_station_options *options,
                                         struct stance_station **ret_station,
                                         struct stance_problem *problem)
{
  struct stance_station *station = calloc(1, sizeof *station);
  if (station == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory for the station");
  make_locks(station);
  station->clock = options->clock == NULL ? &stance_clock_host : options->clock;
  station->sound = options->sound;
  station->unattended = options->unattended;
  station->give_up = options->give_up;
  station->log_commits = options->log_commits;
  station->analysed = options->analysed;
  station->analysed_context = options->analysed_context;
  enum stance_status status =
      station_take_devices(station, options->device, options->device_count, problem);
  if (status == STANCE_OK)
    status = open_store(station, options->store_path, problem);
  if (status == STANCE_OK && stance_event_hub_create(&station->hub) != STANCE_OK)
    status = stance_problem_set(problem, STANCE_MEMORY, "out of memory for the station");
  if (status == STANCE_OK) {
    atomic_store(&station->alive_ns, station_now_ns(station));
    station->told_ns = station_now_ns(station);
    station_state_tell(station);
    status = begin_thread(station, problem);
  }
  if (status == STANCE_OK)
    *ret_station = station;
  else
    release(station);
  return status;
}

const char *stance_station_store_path(const struct stance_station *station)
{
  return station->store_path;
}

bool stance_station_was_recovered(const struct stance_station *station)
{
  return station->recovered;
}

bool stance_station_cut_off(const struct stance_station *station, char ret_id[STANCE_UUID_SIZE],
                            double *ret_stored_s)
{
  if (station->cut_off_id[0] == '\0')
    return false;
  memcpy(ret_id, station->cut_off_id, STANCE_UUID_SIZE);
  *ret_stored_s = station->cut_off_s;
  return true;
}

void stance_station_destroy(struct stance_station *station)
{
  if (station == NULL)
    return;
  stance_station_close(station);
  release(station);
}
