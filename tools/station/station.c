/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station's thread, and how others speak with it: one request at a time, answered by it. */
#include "station.h"

#include "station_private.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  TELL_EVERY_NS = 1000000000,  /* the state, where nothing changes */
  LISTEN_EVERY_NS = 100000000, /* to the sound card's health */
  IDLE_MS = 100,
  HANGS_AFTER_NS = 2000000000,
};

const struct stance_test_request stance_test_request_default = {
    .body_mass_kg = (double)NAN,
    .lever_m = (double)NAN,
    .injured_side = STANCE_SIDE_NONE,
    .target_low_pct = (double)NAN,
    .target_high_pct = (double)NAN,
};

static void set_testing(struct stance_station *station, bool testing)
{
  pthread_mutex_lock(&station->lock);
  station->testing = testing;
  if (testing) {
    station->disk.text[0] = '\0';
    station->disk_gave_up = false;
  }
  pthread_mutex_unlock(&station->lock);
}

static enum stance_status start_test(struct stance_station *station,
                                     const struct stance_test_request *request, char *ret_id,
                                     struct stance_problem *problem)
{
  struct station_test *test = NULL;
  if (request->device_count > 0 &&
      !station_has_devices(station, request->device, request->device_count))
    return stance_problem_set(problem, STANCE_MISMATCH, "the station has other instruments");
  enum stance_status status = station_test_prepare(station, request, &test, problem);
  if (status != STANCE_OK)
    return status;
  set_testing(station, true);
  status = station_test_begin(station, test, problem);
  if (status != STANCE_OK) {
    station_test_destroy(test);
    set_testing(station, false);
    return status;
  }
  station->test = test;
  memcpy(ret_id, test->recording.id, STANCE_UUID_SIZE);
  return STANCE_OK;
}

static bool is_id(const struct station_test *test, const char *id)
{
  return test != NULL && strcmp(test->recording.id, id) == 0;
}

static enum stance_status command(struct stance_station *station,
                                  const struct station_request *request)
{
  if (!is_id(station->test, request->id))
    return stance_problem_set(request->problem, STANCE_END, "there is no such test going on");
  return station_test_command(station, station->test, request->command, request->value,
                              request->problem);
}

static enum stance_status stop_test(struct stance_station *station,
                                    const struct station_request *request)
{
  if (is_id(station->test, request->id))
    station_test_abort(station, station->test);
  else if (strcmp(station->last_id, request->id) != 0)
    return stance_problem_set(request->problem, STANCE_END, "there is no such test");
  return STANCE_OK;
}

static enum stance_status pause_tests(struct stance_station *station,
                                      const struct station_request *request)
{
  if (station->test != NULL)
    return stance_problem_set(request->problem, STANCE_MISMATCH, "a test is going on");
  station->paused = true;
  station->sound = NULL;
  station->heard = (struct stance_sound_health){0};
  return STANCE_OK;
}

static enum stance_status resume_tests(struct stance_station *station,
                                       const struct station_request *request)
{
  station->paused = false;
  station->sound = request->sound;
  return request->device_count == 0 ? STANCE_OK
                                    : station_take_devices(station, request->device,
                                                           request->device_count, request->problem);
}

/* What waits for the result of the test before; a store that refuses would keep it waiting. */
static bool must_wait(struct stance_station *station, const struct station_request *request)
{
  if (request->kind != STATION_START || station->test == NULL || !station->test->finishing)
    return false;
  pthread_mutex_lock(&station->lock);
  const bool refuses = station->disk.text[0] != '\0';
  pthread_mutex_unlock(&station->lock);
  return !refuses;
}

static enum stance_status start(struct stance_station *station, struct station_request *request,
                                bool closing)
{
  if (closing)
    return stance_problem_set(request->problem, STANCE_MISMATCH, "the station closes");
  if (station->test != NULL || station->paused)
    return stance_problem_set(request->problem, STANCE_MISMATCH,
                              station->paused ? "the settings are being read anew; try again"
                                              : "a test is going on; end it first");
  return start_test(station, request->test, request->ret_id, request->problem);
}

static void answer(struct stance_station *station, struct station_request *request, bool *closing)
{
  switch (request->kind) {
  case STATION_START:
    request->status = start(station, request, *closing);
    break;
  case STATION_COMMAND:
    request->status = command(station, request);
    break;
  case STATION_STOP:
    request->status = stop_test(station, request);
    break;
  case STATION_PAUSE:
    request->status = pause_tests(station, request);
    break;
  case STATION_RESUME:
    request->status = resume_tests(station, request);
    break;
  case STATION_CLOSE:
    if (station->test != NULL)
      station_test_abort(station, station->test);
    request->status = STANCE_OK;
    *closing = true;
    break;
  }
}

static void tell_state(struct stance_station *station, int64_t now)
{
  station->changed = false;
  station->told_ns = now;
  station_state_tell(station);
}

/* The state is told first, so that whoever asked finds it changed. */
static void reply(struct stance_station *station, struct station_request *request)
{
  tell_state(station, station_now_ns(station));
  pthread_mutex_lock(&station->lock);
  request->done = true;
  pthread_cond_broadcast(&station->answered);
  pthread_mutex_unlock(&station->lock);
}

static struct station_request *take_request(struct stance_station *station)
{
  pthread_mutex_lock(&station->lock);
  struct station_request *request = station->request;
  station->request = NULL;
  if (request != NULL)
    pthread_cond_broadcast(&station->answered); /* the next one may ask */
  pthread_mutex_unlock(&station->lock);
  return request;
}

/* Answers what is asked. One that has to wait stands aside, so that others are answered. */
static void listen(struct stance_station *station, bool *closing)
{
  struct station_request *request = station->waiting;
  if (request != NULL && (*closing || !must_wait(station, request)))
    station->waiting = NULL;
  else if ((request = take_request(station)) == NULL)
    return;
  else if (station->waiting == NULL && must_wait(station, request)) {
    station->waiting = request;
    return;
  }
  answer(station, request, closing);
  reply(station, request);
}

static void idle(struct stance_station *station)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += IDLE_MS * 1000000L;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&station->lock);
  if (station->request == NULL)
    pthread_cond_timedwait(&station->wake, &station->lock, &until);
  pthread_mutex_unlock(&station->lock);
}

static void hear_sound(struct stance_station *station)
{
  struct stance_sound_health now;
  if (station->sound == NULL)
    return;
  stance_sound_health(station->sound, &now);
  station->changed |= now.playing != station->heard.playing ||
                      now.underflows != station->heard.underflows ||
                      strcmp(now.problem.text, station->heard.problem.text) != 0;
  const bool ran_dry = now.underflows != station->heard.underflows;
  station->heard = now;
  if (station->test == NULL || station->test->finishing)
    return;
  if (ran_dry)
    station_note_sound_gap(station, station->test);
  station_miss_cues(station, station->test, &now);
}

static void run_test(struct stance_station *station)
{
  struct station_test *test = station->test;
  if (!test->finishing) {
    const bool any = station_test_pump(station, test);
    if (test->ending)
      station_finish_begin(station, test);
    else if (!any)
      station_wait(station, test);
  } else if (atomic_load(&test->finished)) {
    station_finish_end(station, test);
    station->test = NULL;
    station_test_destroy(test);
    station->looked_ns = station_now_ns(station); /* it was there; its terminal may yet come back */
    set_testing(station, false);
  } else {
    idle(station);
  }
}

void *station_thread(void *argument)
{
  struct stance_station *station = argument;
  int64_t heard_ns = 0;
  bool closing = false;
  while (!closing || station->test != NULL || station->waiting != NULL) {
    const int64_t now = station_now_ns(station);
    atomic_store(&station->alive_ns, now);
    if (now - heard_ns >= LISTEN_EVERY_NS) {
      heard_ns = now;
      hear_sound(station);
    }
    listen(station, &closing);
    if (station->test != NULL)
      run_test(station);
    else if (!closing) {
      station_watch_devices(station, now);
      idle(station);
    }
    station->changed |= atomic_exchange(&station->disk_news, false);
    if (station->changed || now - station->told_ns >= TELL_EVERY_NS)
      tell_state(station, now);
  }
  stance_event_hub_close(station->hub);
  return NULL;
}

/* Waits for the thread's answer. */
static enum stance_status ask(struct stance_station *station, struct station_request *request)
{
  pthread_mutex_lock(&station->lock);
  while (station->request != NULL && !station->closed)
    pthread_cond_wait(&station->answered, &station->lock);
  if (station->closed) {
    pthread_mutex_unlock(&station->lock);
    return stance_problem_set(request->problem, STANCE_MISMATCH, "the station closes");
  }
  station->closed = request->kind == STATION_CLOSE;
  station->request = request;
  pthread_cond_signal(&station->wake);
  while (!request->done)
    pthread_cond_wait(&station->answered, &station->lock);
  pthread_mutex_unlock(&station->lock);
  return request->status;
}

enum stance_status stance_station_start(struct stance_station *station,
                                        const struct stance_test_request *request,
                                        char ret_id[STANCE_UUID_SIZE],
                                        struct stance_problem *problem)
{
  struct station_request asked = {.kind = STATION_START, .test = request, .problem = problem};
  enum stance_status status = ask(station, &asked);
  if (status == STANCE_OK)
    memcpy(ret_id, asked.ret_id, STANCE_UUID_SIZE);
  return status;
}

enum stance_status stance_station_command(struct stance_station *station, const char *id,
                                          enum stance_test_command command_wanted, int value,
                                          struct stance_problem *problem)
{
  struct station_request asked = {.kind = STATION_COMMAND,
                                  .id = id,
                                  .command = command_wanted,
                                  .value = value,
                                  .problem = problem};
  return ask(station, &asked);
}

enum stance_status stance_station_stop_test(struct stance_station *station, const char *id,
                                            struct stance_problem *problem)
{
  struct station_request asked = {.kind = STATION_STOP, .id = id, .problem = problem};
  return ask(station, &asked);
}

enum stance_status stance_station_pause(struct stance_station *station,
                                        struct stance_problem *problem)
{
  struct station_request asked = {.kind = STATION_PAUSE, .problem = problem};
  return ask(station, &asked);
}

enum stance_status stance_station_resume(struct stance_station *station,
                                         const struct stance_station_device *device,
                                         size_t device_count, struct stance_sound *sound,
                                         struct stance_problem *problem)
{
  struct station_request asked = {.kind = STATION_RESUME,
                                  .device = device,
                                  .device_count = device_count,
                                  .sound = sound,
                                  .problem = problem};
  return ask(station, &asked);
}

bool stance_station_is_testing(struct stance_station *station)
{
  pthread_mutex_lock(&station->lock);
  const bool testing = station->testing;
  pthread_mutex_unlock(&station->lock);
  return testing;
}

struct stance_event_hub *stance_station_hub(struct stance_station *station)
{
  return station->hub;
}

char *stance_station_state_json(struct stance_station *station)
{
  pthread_mutex_lock(&station->lock);
  char *copy = station->state_json == NULL ? NULL : strdup(station->state_json);
  pthread_mutex_unlock(&station->lock);
  return copy;
}

bool stance_station_is_alive(struct stance_station *station)
{
  return station_now_ns(station) - atomic_load(&station->alive_ns) < HANGS_AFTER_NS;
}

void stance_station_close(struct stance_station *station)
{
  struct station_request asked = {.kind = STATION_CLOSE};
  if (station != NULL && !station->joined && ask(station, &asked) == STANCE_OK) {
    pthread_join(station->thread, NULL);
    station->joined = true;
  }
}
