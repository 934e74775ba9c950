/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recording itself: source, ring and recorder, from arming to the last commit. */
#include "run.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

volatile sig_atomic_t stance_run_interrupted;

/* An interrupt after the first one: do not wait for a store that refuses. */
static atomic_bool give_up;

static void interrupt(int signal)
{
  (void)signal;
  if (stance_run_interrupted != 0)
    atomic_store(&give_up, true);
  stance_run_interrupted = 1;
}

static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { HANDLED_COUNT = sizeof handled / sizeof *handled };

/* A reader of stderr that goes away must not end a recording: SIGPIPE is ignored. */
static void catch_signals(struct sigaction previous[HANDLED_COUNT])
{
  for (int k = 0; k < HANDLED_COUNT; k++) {
    struct sigaction action = {.sa_handler = handled[k] == SIGPIPE ? SIG_IGN : interrupt};
    sigaction(handled[k], &action, &previous[k]);
  }
}

/* From here on a second Ctrl-C ends the program: everything is committed. */
static void release_signals(const struct sigaction previous[HANDLED_COUNT])
{
  for (int k = 0; k < HANDLED_COUNT; k++)
    if (handled[k] != SIGPIPE)
      sigaction(handled[k], &previous[k], NULL);
}

/* Drains, commits and closes. The first thing that failed is the one that is told. */
static enum stance_status stop(struct stance_run *run, struct stance_problem *problem)
{
  struct stance_source_health source_health[STANCE_STREAM_MAX];
  struct stance_recorder_health recorder_health;
  atomic_store(&give_up, false);
  stance_run_interrupted = 1;
  for (size_t k = 0; k < run->stream_count; k++)
    stance_source_stop(run->stream[k].source);
  for (size_t k = 0; k < run->stream_count; k++)
    stance_source_health(run->stream[k].source, &source_health[k]);
  stance_recorder_health(run->recorder, &recorder_health);
  if (recorder_health.failing && !recorder_health.gave_up)
    stance_run_say(run,
                   "The store still refuses %" PRIu64 " frames: they are tried again for up to ten "
                   "minutes. Ctrl-C gives them up.",
                   recorder_health.frames_waiting);
  if (run->has_phase)
    run->has_phase = false; /* it lasts up to the end, as it was begun */
  enum stance_status status = stance_recorder_stop(run->recorder, &recorder_health, problem);
  run->recorder = NULL;
  if (status == STANCE_OK)
    status = stance_store_finish_recording(run->store, run->recording.id, source_health,
                                           run->stream_count, problem);
  struct stance_problem what = {""};
  const enum stance_status sources = stance_run_instruments_status(run, source_health, &what);
  if (status == STANCE_OK && sources != STANCE_OK)
    status = stance_problem_set(problem, sources, "%s", what.text);
  return status;
}

static enum stance_status start_sources(struct stance_run *run, struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < run->stream_count && status == STANCE_OK; k++) {
    struct stance_frame_ring *rings[] = {run->stream[k].ring, run->stream[k].live_ring};
    status = stance_source_start(run->stream[k].source, rings,
                                 run->stream[k].live_ring == NULL ? 1 : 2, problem);
  }
  for (size_t k = 0; k < run->stream_count && status != STANCE_OK; k++)
    stance_source_stop(run->stream[k].source); /* harmless where it was not started */
  return status;
}

enum stance_status stance_run_record(struct stance_run *run, struct stance_problem *problem)
{
  struct stance_recorder_options options = {.log_commits = run->arguments->log_commits,
                                            .give_up = &give_up};
  struct stance_frame_ring *rings[STANCE_STREAM_MAX] = {NULL};
  struct sigaction previous[HANDLED_COUNT];
  for (size_t k = 0; k < run->stream_count; k++) {
    rings[k] = run->stream[k].ring;
    /* of a recording that is played back it is known when its frames arrived */
    options.source[k] = stance_run_is_played(run) ? NULL : run->stream[k].source;
  }
  enum stance_status status =
      stance_recorder_start(run->store, rings, &run->recording, &options, &run->recorder, problem);
  if (status != STANCE_OK)
    return status;
  catch_signals(previous);
  status = start_sources(run, problem);
  if (status == STANCE_OK) {
    stance_run_lead(run);
    status = stop(run, problem);
  } else if (stance_recorder_stop(run->recorder, NULL, NULL) != STANCE_OK) {
    stance_run_say(run, "the recorder did not stop cleanly");
  }
  release_signals(previous);
  return status;
}
