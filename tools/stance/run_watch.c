/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the instruments have to tell while a test runs, and how long one that was unplugged is
   waited for. */
#include "run.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* Enough to find the cable and plug it in again; longer, and the test is to be repeated anyway. */
enum { RETURN_WITHIN_S = 60 };

static int64_t now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static const char *name_of(const struct stance_run *run, const struct stance_run_stream *stream)
{
  if (run->stream_count == 1)
    return "";
  return stream->side == STANCE_LEFT ? "LEFT: " : "RIGHT: ";
}

/* Each sentence once, until there is another. */
static void tell(struct stance_run *run, struct stance_run_stream *stream,
                 const struct stance_problem *notice)
{
  if (strcmp(stream->notice.text, notice->text) == 0)
    return;
  stream->notice = *notice;
  if (notice->text[0] != '\0')
    stance_run_say(run, "%s%s", name_of(run, stream), notice->text);
}

static void note_absence(struct stance_run_stream *stream, enum stance_source_state state)
{
  const bool away = state == STANCE_SOURCE_ABSENT || state == STANCE_SOURCE_OPENING ||
                    state == STANCE_SOURCE_CONFIGURING;
  if (!away)
    stream->away_since_s = 0;
  else if (stream->away_since_s == 0)
    stream->away_since_s = now_s();
  else if (now_s() - stream->away_since_s >= RETURN_WITHIN_S)
    stream->lost = true;
}

static bool goes_on(struct stance_run *run, struct stance_run_stream *stream)
{
  struct stance_source_health health;
  stance_source_health(stream->source, &health);
  tell(run, stream, &health.notice);
  note_absence(stream, health.state);
  if (run->stream_count > 1 && (health.failed || stream->lost) && !stream->failure_told) {
    stream->failure_told = true;
    stance_run_say(run, "THE %s INSTRUMENT FAILED: %.600s. The other one is recorded on.",
                   stream->side == STANCE_LEFT ? "LEFT" : "RIGHT",
                   health.failed ? health.problem.text : "it does not come back");
  }
  return !health.ended && !stream->lost;
}

bool stance_run_instruments_go_on(struct stance_run *run)
{
  bool going = false;
  for (size_t k = 0; k < run->stream_count; k++)
    going |= goes_on(run, &run->stream[k]);
  return going;
}

enum stance_status stance_run_instruments_status(struct stance_run *run,
                                                 const struct stance_source_health *health,
                                                 struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < run->stream_count; k++) {
    struct stance_run_stream *stream = &run->stream[k];
    stream->interruptions = health[k].interruptions;
    stream->frames_lost = health[k].frames_lost;
    if (status == STANCE_OK && health[k].failed)
      status = stance_problem_set(problem, STANCE_INSTRUMENT, "%s%.480s", name_of(run, stream),
                                  health[k].problem.text);
    else if (status == STANCE_OK && stream->lost)
      status = stance_problem_set(problem, STANCE_INSTRUMENT,
                                  "%s%.300s was away for %d s and did not come back; check its "
                                  "cable, then repeat the test",
                                  name_of(run, stream), stream->info->uri, RETURN_WITHIN_S);
    else if (status == STANCE_OK && health[k].interruptions > 0 &&
             health[k].frames_produced == health[k].frames_lost)
      status = stance_problem_set(problem, STANCE_INSTRUMENT,
                                  "%s%.300s was unplugged or interrupted before its first sample "
                                  "and the test was over when it came back; repeat the test",
                                  name_of(run, stream), stream->info->uri);
  }
  return status;
}

void stance_run_tell_interruptions(const struct stance_run *run, struct stance_text *text)
{
  for (size_t k = 0; k < run->stream_count; k++) {
    const struct stance_run_stream *stream = &run->stream[k];
    if (stream->interruptions > 0)
      stance_text_format(text,
                         "\n%sThe instrument was interrupted %" PRIu64 " time%s; %" PRIu64
                         " frames (%.3f s) are missing from the recording and kept as gaps.\n",
                         name_of(run, stream), stream->interruptions,
                         stream->interruptions == 1 ? "" : "s", stream->frames_lost,
                         (double)stream->frames_lost / stream->info->rate_hz);
  }
}
