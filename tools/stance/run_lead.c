/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leads clinician and athlete through the phases: by Enter, or by time alone. */
#include "run.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 20 };

/* In frames of the first instrument; where it fell silent, the other one goes on counting. */
static uint64_t frames_now(const struct stance_run *run)
{
  uint64_t most = 0;
  for (size_t k = 0; k < run->stream_count; k++) {
    struct stance_source_health health;
    stance_source_health(run->stream[k].source, &health);
    const double ratio = run->stream[0].info->rate_hz / run->stream[k].info->rate_hz;
    const uint64_t frames =
        k == 0 ? health.frames_produced : (uint64_t)((double)health.frames_produced * ratio);
    most = frames > most ? frames : most;
  }
  return most;
}

static uint64_t frames_of(const struct stance_run *run, double seconds)
{
  return (uint64_t)llround(seconds * run->stream[0].info->rate_hz);
}

/* The first one's: where there are two they are of one kind in this. */
static bool is_endless(const struct stance_run *run)
{
  return run->stream[0].info->frame_count == 0;
}

/* Says once when the store begins to refuse, and when it takes frames again. */
static bool recorder_goes_on(struct stance_run *run)
{
  struct stance_recorder_health health;
  stance_recorder_health(run->recorder, &health);
  if (health.failing != run->recorder_failing) {
    run->recorder_failing = health.failing;
    if (health.failing)
      stance_run_say(run,
                     "THE STORE REFUSES: %s. The test goes on, frames are kept in memory and tried "
                     "again for ten minutes: make room now.",
                     health.problem.text);
    else
      stance_run_say(run, "The store takes frames again; nothing was lost.");
  }
  return !health.gave_up;
}

/* Seconds that all prompts and efforts take by the protocol. */
static double protocol_length_s(const struct stance_protocol *protocol)
{
  double sides = protocol->sides == STANCE_SIDES_EACH ? 2 : 1;
  return protocol->unloaded_s + protocol->get_on_s + protocol->limb_s +
         sides * protocol->repetitions * (protocol->effort_s + protocol->rest_s);
}

static bool must_end(struct stance_run *run, bool by_time)
{
  const struct stance_run_arguments *arguments = run->arguments;
  if (!stance_run_instruments_go_on(run) || stance_run_interrupted != 0 || !recorder_goes_on(run))
    return true;
  if (arguments->duration_s > 0)
    return frames_now(run) >= frames_of(run, arguments->duration_s);
  return by_time && is_endless(run) &&
         frames_now(run) >= frames_of(run, protocol_length_s(&run->protocol));
}

enum key { KEY_NONE, KEY_ENTER, KEY_CLOSED };

/* Waits one tick; tells whether Enter was pressed meanwhile. */
static enum key wait_tick(bool watch_keys)
{
  struct pollfd input = {.fd = watch_keys ? STDIN_FILENO : -1, .events = POLLIN};
  if (poll(&input, 1, TICK_MS) <= 0 || input.revents == 0)
    return KEY_NONE;
  char bytes[64];
  ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count < 0 && (errno == EINTR || errno == EAGAIN))
    return KEY_NONE;
  if (count <= 0)
    return KEY_CLOSED;
  for (ssize_t k = 0; k < count; k++)
    if (bytes[k] == '\n')
      return KEY_ENTER;
  return KEY_NONE;
}

static void begin_phase(struct stance_run *run, enum stance_phase_kind kind, uint64_t count)
{
  struct stance_problem problem = {""};
  run->phase = (struct stance_phase){.kind = kind, .span = {frames_now(run), count}};
  run->has_phase = true;
  if (stance_recorder_add_phase(run->recorder, &run->phase, &problem) != STANCE_OK)
    stance_run_say(run, "%s", problem.text);
}

/* Goes on until `frame`; false when the recording must end before. */
static bool wait_until_frame(struct stance_run *run, uint64_t frame, bool by_time)
{
  while (frames_now(run) < frame) {
    if (must_end(run, by_time))
      return false;
    wait_tick(false);
    stance_run_live_update(run);
  }
  return !must_end(run, by_time);
}

/* False when the recording must end; true on Enter. Where nobody can press Enter, *by_time becomes
   true and `patience_s` passes instead. */
static bool wait_for_enter(struct stance_run *run, double patience_s, bool *by_time)
{
  while (!*by_time) {
    if (must_end(run, false))
      return false;
    enum key key = wait_tick(true);
    stance_run_live_update(run);
    if (key == KEY_ENTER)
      return true;
    if (key == KEY_CLOSED) {
      stance_run_say(run, "Standard input is closed: going on by time alone.");
      *by_time = true;
    }
  }
  return wait_until_frame(run, frames_now(run) + frames_of(run, patience_s), true);
}

/* The efforts last until Enter, or by time until the recording ends. */
static void wait_for_end(struct stance_run *run, bool by_time)
{
  while (!must_end(run, by_time)) {
    enum key key = wait_tick(!by_time);
    stance_run_live_update(run);
    if (key == KEY_ENTER)
      return;
    by_time = by_time || key == KEY_CLOSED;
  }
}

static void lead_attended(struct stance_run *run)
{
  const struct stance_protocol *protocol = &run->protocol;
  bool by_time = false;
  if (protocol->unloaded_s > 0) {
    stance_run_say(run, "1. Nothing may touch the instrument. Press Enter.");
    if (!wait_for_enter(run, 0, &by_time))
      return;
    begin_phase(run, STANCE_PHASE_UNLOADED, frames_of(run, protocol->unloaded_s));
    stance_run_say(run, "   Measuring the empty instrument for %g s.", protocol->unloaded_s);
    if (!wait_until_frame(run, run->phase.span.first + run->phase.span.count, by_time))
      return;
  }
  stance_run_say(run, "2. Athlete into position, relaxed and still. Press Enter.");
  if (!wait_for_enter(run, protocol->get_on_s, &by_time))
    return;
  if (protocol->limb_s > 0) {
    begin_phase(run, STANCE_PHASE_LIMB, frames_of(run, protocol->limb_s));
    stance_run_say(run, "   Measuring the relaxed limb for %g s.", protocol->limb_s);
    if (!wait_until_frame(run, run->phase.span.first + run->phase.span.count, by_time))
      return;
  }
  begin_phase(run, STANCE_PHASE_EFFORTS, 0);
  stance_run_say(run, "3. %s\n   %u repetitions%s, %g s of rest. Press Enter after the last one.",
                 protocol->instruction, protocol->repetitions,
                 protocol->sides == STANCE_SIDES_EACH ? " on each side" : "", protocol->rest_s);
  wait_for_end(run, by_time);
}

static void lead_by_time(struct stance_run *run)
{
  const struct stance_protocol *protocol = &run->protocol;
  uint64_t limb = frames_of(run, protocol->unloaded_s + protocol->get_on_s);
  stance_run_say(run, "1. Nothing may touch the instrument, for %g s.", protocol->unloaded_s);
  if (!wait_until_frame(run, frames_of(run, protocol->unloaded_s), true))
    return;
  stance_run_say(run, "2. Athlete into position within %g s, then relaxed and still for %g s.",
                 protocol->get_on_s, protocol->limb_s);
  if (!wait_until_frame(run, limb + frames_of(run, protocol->limb_s), true))
    return;
  stance_run_say(run, "3. %s", protocol->instruction);
  wait_for_end(run, run->arguments->unattended);
}

void stance_run_lead(struct stance_run *run)
{
  stance_run_say(run, "%s: %s%s%s, %.6g Hz. Recording %s.", run->protocol.title,
                 run->stream[0].info->model, run->stream_count > 1 ? " and " : "",
                 run->stream_count > 1 ? run->stream[1].info->model : "",
                 run->stream[0].info->rate_hz, run->recording.id);
  if (!stance_run_follows_prompts(run))
    wait_for_end(run, run->arguments->unattended);
  else if (stance_run_goes_by_time(run))
    lead_by_time(run);
  else
    lead_attended(run);
  stance_run_live_clear(run);
  if (stance_run_interrupted != 0)
    stance_run_say(run, "Interrupted: the recording is kept and analysed.");
}
