/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that can fail before anything is armed, in the order in which it is checked: the
   protocol, the reports' folder, the store, the instrument. */
#include "run.h"

#include "protocol_find.h"
#include "rig.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A second of the fastest instrument (100 kS/s): the bar takes what it holds every 20 ms. */
enum { LIVE_RING_CAPACITY = 1 << 17 };

static enum stance_status cannot_use(const char *path, struct stance_problem *problem)
{
  return stance_problem_set(problem, STANCE_STORE,
                            "%s: reports cannot be written there: %s; choose another folder with "
                            "--output",
                            path, strerror(errno));
}

enum stance_status stance_run_make_folder(const char *path, struct stance_problem *problem)
{
  char partial[STANCE_RUN_PATH_MAX];
  if (strlen(path) >= sizeof partial - 32) {
    errno = ENAMETOOLONG;
    return cannot_use(path, problem);
  }
  for (size_t k = 1; k <= strlen(path); k++) {
    if (path[k] != '/' && path[k] != '\0')
      continue;
    snprintf(partial, sizeof partial, "%.*s", (int)k, path);
    if (mkdir(partial, 0777) != 0 && errno != EEXIST)
      return cannot_use(path, problem);
  }
  snprintf(partial, sizeof partial, "%s/.stance.XXXXXX", path);
  int descriptor = mkstemp(partial);
  if (descriptor < 0)
    return cannot_use(path, problem);
  close(descriptor);
  unlink(partial);
  return STANCE_OK;
}

static enum stance_status open_store(struct stance_run *run, struct stance_problem *problem)
{
  char path[PATH_MAX];
  enum stance_status status = stance_store_default_path(path, sizeof path, problem);
  if (status == STANCE_OK)
    status = stance_store_open(path, STANCE_STORE_WRITE, &run->store, problem);
  if (status == STANCE_OK && stance_store_was_recovered(run->store))
    fprintf(stderr, "The store was not closed the last time: what had been committed was brought "
                    "back.\n");
  return status;
}

/* Simulated rigs under one athlete need one beginning. */
static double epoch_now_s(const struct stance_run_arguments *arguments)
{
  const int64_t now_ns = stance_clock_host.now_ns(stance_clock_host.context);
  return arguments->device_count > 1 ? (double)now_ns / 1e9 : 0;
}

static enum stance_status open_source(struct stance_run *run, size_t k,
                                      struct stance_problem *problem)
{
  struct stance_run_stream *stream = &run->stream[k];
  char uri[sizeof stream->info->uri];
  enum stance_status status = stance_run_device_uri(run, k, uri, sizeof uri, problem);
  if (status == STANCE_OK)
    status = stance_source_open(uri, NULL, &stream->source, problem);
  if (status != STANCE_OK)
    return status;
  stream->info = stance_source_info(stream->source);
  stream->side = run->arguments->device_side[k];
  run->stream_count++;
  return STANCE_OK;
}

/* A recording that is played back keeps its profile, whatever the store knows by now. */
static enum stance_status take_calibration(struct stance_run *run, size_t k, const char *instrument,
                                           struct stance_problem *problem)
{
  struct stance_run_stream *stream = &run->stream[k];
  const char *text = run->played.stream[k].calibration_text;
  run->recording.stream[k].calibration_text = strdup(text);
  if (run->recording.stream[k].calibration_text == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  enum stance_status status =
      stance_calibration_import(run->played.id, text, &stream->calibration, problem);
  return status == STANCE_OK
             ? stance_rig_claim_side(stream->side, instrument, &stream->calibration, problem)
             : status;
}

/* The recording keeps the profile as it is; which side it was claimed for stands beside it. */
static enum stance_status find_calibration(struct stance_run *run, size_t k,
                                           struct stance_problem *problem)
{
  struct stance_run_stream *stream = &run->stream[k];
  char instrument[sizeof stream->calibration.instrument];
  struct stance_calibration stored;
  stance_pipeline_instrument(stream->info, instrument, sizeof instrument);
  if (stance_run_is_played(run) && run->played.stream[k].calibration_text != NULL)
    return take_calibration(run, k, instrument, problem);
  enum stance_status status =
      stance_store_get_calibration(run->store, instrument, &stored, problem);
  if (status != STANCE_OK && status != STANCE_END)
    return status;
  status = stance_pipeline_calibration(stream->info, status == STANCE_OK ? &stored : NULL,
                                       &stream->calibration, problem);
  if (status == STANCE_OK && !stream->calibration.calibrated)
    fprintf(stderr,
            "NO CALIBRATION is known for %s: it is recorded as it is, but its numbers are not "
            "newtons.\n",
            instrument);
  if (status == STANCE_OK)
    status =
        stance_calibration_export(&stream->calibration, &run->recording.stream[k].calibration_text);
  if (status == STANCE_OK)
    status = stance_rig_claim_side(stream->side, instrument, &stream->calibration, problem);
  return status;
}

static enum stance_status make_rings(struct stance_run_stream *stream,
                                     struct stance_problem *problem)
{
  enum stance_status status =
      stance_frame_ring_create(STANCE_RECORDER_RING_CAPACITY, &stream->ring);
  if (status == STANCE_OK && isatty(STDERR_FILENO))
    status = stance_frame_ring_create(LIVE_RING_CAPACITY, &stream->live_ring);
  if (status != STANCE_OK)
    stance_problem_set(problem, status, "out of memory for the rings");
  return status;
}

static enum stance_status open_streams(struct stance_run *run, struct stance_problem *problem)
{
  enum stance_status status = stance_run_open_played(run, problem);
  run->epoch_s = epoch_now_s(run->arguments);
  for (size_t k = 0; k < run->arguments->device_count && status == STANCE_END; k++) {
    const enum stance_status opened = open_source(run, k, problem);
    if (opened != STANCE_OK)
      return opened;
  }
  if (status == STANCE_END)
    status = STANCE_OK;
  for (size_t k = 0; k < run->stream_count && status == STANCE_OK; k++) {
    status = find_calibration(run, k, problem);
    if (status == STANCE_OK)
      status = make_rings(&run->stream[k], problem);
  }
  return status;
}

static int utc_offset_min(void)
{
  time_t now = time(NULL);
  struct tm local;
  return localtime_r(&now, &local) == NULL ? 0 : (int)(local.tm_gmtoff / 60);
}

static enum stance_status describe_recording(struct stance_run *run, struct stance_problem *problem)
{
  const struct stance_run_arguments *arguments = run->arguments;
  struct stance_recording *recording = &run->recording;
  recording->utc_offset_min = utc_offset_min();
  recording->protocol_text = run->protocol_text;
  recording->ground_truth = stance_source_ground_truth(run->stream[0].source);
  recording->body_mass_kg = arguments->mass_kg;
  recording->lever_m = arguments->lever_m;
  recording->injured_side = arguments->injured_side;
  recording->stream_count = run->stream_count;
  for (size_t k = 0; k < run->stream_count; k++) {
    recording->stream[k].source = *run->stream[k].info;
    recording->stream[k].side = run->stream[k].side;
  }
  run->protocol_text = NULL; /* the recording owns it now */
  const char *athlete = arguments->athlete == NULL ? "" : arguments->athlete;
  const char *operator_name = arguments->operator_name == NULL ? "" : arguments->operator_name;
  const char *side_order = arguments->side_order == NULL ? "" : arguments->side_order;
  if (strlen(athlete) >= sizeof recording->athlete ||
      strlen(operator_name) >= sizeof recording->operator_name ||
      strlen(side_order) >= sizeof recording->side_order)
    return stance_problem_set(problem, STANCE_USAGE,
                              "--athlete and --operator may have %zu bytes, --side-order %zu",
                              sizeof recording->athlete - 1, sizeof recording->side_order - 1);
  strcpy(recording->athlete, athlete);
  strcpy(recording->operator_name, operator_name);
  strcpy(recording->side_order, side_order);
  snprintf(recording->protocol_id, sizeof recording->protocol_id, "%s", run->protocol.id);
  snprintf(recording->software, sizeof recording->software, "%s", STANCE_SOFTWARE);
  return stance_run_is_played(run) ? stance_run_describe_played(run, problem) : STANCE_OK;
}

/* Measured once, an athlete's lever is taken over, and said. */
static enum stance_status take_over_lever(struct stance_run *run, struct stance_problem *problem)
{
  struct stance_recording *recording = &run->recording;
  char day[STANCE_DAY_SIZE];
  if (!isnan(recording->lever_m) || recording->athlete[0] == '\0' || stance_run_is_played(run))
    return STANCE_OK;
  enum stance_status status = stance_store_last_lever(
      run->store, recording->athlete, recording->protocol_id, &recording->lever_m, day, problem);
  if (status == STANCE_OK)
    stance_run_say(run, "Lever arm %g m, as in this athlete's test of %s; --lever changes it.",
                   recording->lever_m, day);
  return status == STANCE_END ? STANCE_OK : status;
}

/* By time, the phases lie where the protocol's seconds put them, counted in frames, and are
   known before the first one: no speed and no delay of this machine can move them. */
static enum stance_status add_timed_phases(struct stance_run *run, struct stance_problem *problem)
{
  const struct stance_protocol *protocol = &run->protocol;
  double rate_hz = run->stream[0].info->rate_hz;
  double limb_start_s = protocol->unloaded_s + protocol->get_on_s;
  const struct {
    enum stance_phase_kind kind;
    double first_s, length_s; /* 0: up to the end */
    bool asked_for;
  } plan[] = {
      {STANCE_PHASE_UNLOADED, 0, protocol->unloaded_s, protocol->unloaded_s > 0},
      {STANCE_PHASE_LIMB, limb_start_s, protocol->limb_s, protocol->limb_s > 0},
      {STANCE_PHASE_EFFORTS, limb_start_s + protocol->limb_s, 0, true},
  };
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < sizeof plan / sizeof *plan && status == STANCE_OK; k++) {
    const struct stance_phase phase = {
        .kind = plan[k].kind,
        .span = {.first = (size_t)llround(plan[k].first_s * rate_hz),
                 .count = (size_t)llround(plan[k].length_s * rate_hz)},
    };
    if (plan[k].asked_for)
      status = stance_store_add_phase(run->store, run->recording.id, &phase, problem);
  }
  return status;
}

enum stance_status stance_run_prepare(struct stance_run *run, struct stance_problem *problem)
{
  enum stance_status status = stance_protocol_find(run->arguments->protocol, &run->protocol,
                                                   &run->protocol_text, NULL, problem);
  if (status == STANCE_OK)
    status = stance_run_make_folder(run->arguments->output, problem);
  if (status == STANCE_OK)
    status = open_store(run, problem);
  if (status == STANCE_OK)
    status = open_streams(run, problem);
  if (status == STANCE_OK)
    status = describe_recording(run, problem);
  if (status == STANCE_OK)
    status = take_over_lever(run, problem);
  if (status == STANCE_OK)
    status = stance_store_begin(run->store, &run->recording, problem);
  if (status == STANCE_OK && stance_run_is_played(run))
    status = stance_store_copy_timing(run->store, run->played.id, run->recording.id, problem);
  if (status == STANCE_OK && stance_run_goes_by_time(run) && stance_run_follows_prompts(run))
    status = add_timed_phases(run, problem);
  return status;
}

void stance_run_finish(struct stance_run *run)
{
  for (size_t k = 0; k < STANCE_STREAM_MAX; k++) {
    stance_source_destroy(run->stream[k].source);
    stance_frame_ring_destroy(run->stream[k].ring);
    stance_frame_ring_destroy(run->stream[k].live_ring);
  }
  stance_recording_finish(&run->recording);
  stance_recording_finish(&run->played);
  stance_store_close(run->store);
  free(run->protocol_text);
}
