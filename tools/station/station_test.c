/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test that goes on: frames to the live engine, time to the machine. */
#include "station_private.h"

#include "stance/conditioning.h"

#include <math.h>
#include <string.h>

enum {
  FRAMES_AT_ONCE = 256,
  LOOK_EVERY_NS = 20000000, /* at the instruments' health */
  ROUNDS_MAX = 4,           /* states that pass in one moment: prompts that answer themselves */
};
/* A simulation's time moves in steps of so much, so that its speed changes nothing. */
static const double step_s = 0.01;
/* Enough to find the cable and plug it in again, where nobody can decide. */
static const double return_within_s = 60;
static const double ns_per_s = 1e9;

int64_t station_test_now_ns(const struct stance_station *station, const struct station_test *test)
{
  if (!test->by_frames)
    return station_now_ns(station);
  return test->start_ns +
         (int64_t)((double)test->frames / test->stream[0].info->rate_hz * ns_per_s);
}

/* Lets the machine see where time has come to; a state that ends at once is left at once. */
static void step(struct stance_station *station, struct station_test *test)
{
  if (!test->leads || test->ending)
    return;
  for (int round = 0; round < ROUNDS_MAX; round++) {
    const enum stance_test_state before = test->machine.state;
    stance_machine_advance(&test->machine, station_test_now_ns(station, test), test->frames,
                           test->streaming, &test->live);
    station_take_actions(station, test);
    if (test->machine.state == before || test->ending)
      return;
  }
}

/* One that was claimed for a side measures that side alone; together they make the total. */
static void merge(const struct station_test *test, struct stance_force_frame *force)
{
  const struct stance_force_frame *other = &test->stream[1].force;
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    if (isnan(force->force_n[side]))
      force->force_n[side] = other->force_n[side];
  force->force_n[STANCE_TOTAL] = force->force_n[STANCE_LEFT] + force->force_n[STANCE_RIGHT];
}

static void convert(struct station_stream *stream, const struct stance_raw_frame *raw)
{
  struct stance_raw_frame conditioned;
  stance_conditioning_frame(stream->info->channel, stream->info->channel_count, raw, &conditioned);
  stance_calibration_apply_frame(&stream->calibration, &conditioned, &stream->force);
}

static void take_frame(struct stance_station *station, struct station_test *test,
                       const struct stance_raw_frame *raw)
{
  struct station_stream *stream = &test->stream[0];
  if (raw->index < test->frames) /* late: its place has passed, here; the recording has it */
    return;
  convert(stream, raw);
  test->frames = raw->index + 1;
  if (test->stream_count > 1)
    merge(test, &stream->force);
  if (test->leads)
    stance_live_push(&test->live, &stream->force);
  station_trace_add(&test->trace, &stream->force);
  const uint64_t steps = (uint64_t)((double)test->frames / (step_s * stream->info->rate_hz));
  if (test->by_frames && steps > test->steps) {
    test->steps = steps;
    step(station, test);
  }
}

/* The second instrument is shown beside the first as they come: on one axis only the recording
   brings them. */
static void take_second(struct station_test *test, size_t share, size_t of)
{
  struct stance_raw_frame frame;
  struct station_stream *stream = &test->stream[1];
  const size_t used = stance_frame_ring_used(stream->live_ring);
  for (size_t k = (used + of - 1) / of * share; k > 0; k--)
    if (stance_frame_ring_read(stream->live_ring, &frame, 1) == 1)
      convert(stream, &frame);
}

static bool take_frames(struct stance_station *station, struct station_test *test)
{
  struct stance_raw_frame frames[FRAMES_AT_ONCE];
  bool any = false;
  size_t count;
  do {
    count = stance_frame_ring_read(test->stream[0].live_ring, frames, FRAMES_AT_ONCE);
    any = any || count > 0;
    for (size_t k = 0; k < count && !test->ending; k++) {
      if (test->stream_count > 1)
        take_second(test, 1, count - k);
      take_frame(station, test, &frames[k]);
    }
  } while (count == FRAMES_AT_ONCE && !test->ending);
  if (!any && test->stream_count > 1)
    take_second(test, 1, 1);
  return any;
}

static bool is_away(enum stance_source_state state)
{
  return state == STANCE_SOURCE_ABSENT || state == STANCE_SOURCE_OPENING ||
         state == STANCE_SOURCE_CONFIGURING;
}

static void forget_force(struct station_stream *stream)
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    stream->force.force_n[side] = (double)NAN;
}

/* True where one of them has news for the state. */
static bool look_at(struct station_stream *stream, bool *away, bool *ended)
{
  struct stance_source_health now;
  stance_source_health(stream->source, &now);
  const bool news = now.state != stream->health.state || now.ended != stream->health.ended ||
                    strcmp(now.notice.text, stream->health.notice.text) != 0 ||
                    strcmp(now.problem.text, stream->health.problem.text) != 0 ||
                    now.frames_lost != stream->health.frames_lost;
  stream->health = now;
  const bool is_gone = is_away(now.state) || now.failed;
  if (is_gone) /* what it measured last is not what is pulled now */
    forget_force(stream);
  *away = *away || is_gone;
  *ended = *ended && now.ended;
  return news;
}

/* The first that did not come back. */
static void tell_absence(struct station_test *test)
{
  struct stance_problem problem;
  size_t k = 0;
  while (k + 1 < test->stream_count && !is_away(test->stream[k].health.state))
    k++;
  stance_problem_write(&problem,
                       "%s%.300s was away for %g s and did not come back; check its cable, then "
                       "repeat the test",
                       station_stream_name(test, k), test->stream[k].info->uri, return_within_s);
  station_test_fail(test, STANCE_INSTRUMENT, &problem);
}

static void look_at_instruments(struct stance_station *station, struct station_test *test)
{
  bool away = false, ended = true;
  const int64_t now = station_now_ns(station);
  for (size_t k = 0; k < test->stream_count; k++)
    station->changed |= look_at(&test->stream[k], &away, &ended);
  test->looked_ns = now;
  /* of two, one is back with its first force: nothing is to be measured without it */
  const bool whole = test->stream_count < 2 || !isnan(test->stream[0].force.force_n[STANCE_TOTAL]);
  test->streaming = !away && (test->streaming || whole);
  test->away_since_ns = !away ? 0 : test->away_since_ns == 0 ? now : test->away_since_ns;
  if (away && test->unattended &&
      (double)(now - test->away_since_ns) >= return_within_s * ns_per_s) {
    tell_absence(test);
    ended = true;
  }
  /* what was still in the ring when it ended comes first */
  if (ended && stance_frame_ring_used(test->stream[0].live_ring) == 0)
    station_test_end(station, test);
}

static bool has_lasted(const struct station_test *test)
{
  return test->duration_s > 0 &&
         (double)test->frames >= test->duration_s * test->stream[0].info->rate_hz;
}

static bool all_have_ended(const struct station_test *test)
{
  for (size_t k = 0; k < test->stream_count; k++)
    if (!test->stream[k].health.ended)
      return false;
  return true;
}

/* What comes after this is lost anyway. */
static bool has_store_given_up(struct stance_station *station)
{
  pthread_mutex_lock(&station->lock);
  const bool gave_up = station->disk_gave_up;
  pthread_mutex_unlock(&station->lock);
  return gave_up;
}

void station_test_fail(struct station_test *test, enum stance_status status,
                       const struct stance_problem *problem)
{
  if (status == STANCE_OK || test->ended_as != STANCE_OK)
    return;
  test->ended_as = status;
  test->ended_by = *problem;
}

bool station_test_pump(struct stance_station *station, struct station_test *test)
{
  const bool any = take_frames(station, test);
  if (!any || station_now_ns(station) - test->looked_ns >= LOOK_EVERY_NS)
    look_at_instruments(station, test);
  if (!test->by_frames || !test->streaming)
    step(station, test);
  if (has_lasted(test) || has_store_given_up(station))
    station_test_end(station, test);
  else if (test->to_the_end && test->leads && test->machine.state == STANCE_TEST_FINISHED)
    test->ending = all_have_ended(test);
  station_take_cues(station, test);
  station_feedback(station, test);
  station_trace_tell(station, test);
  return any;
}

/* Where nobody is there to pull, or no longer; a proof that comes after it takes it back. */
static void note_unproved(struct stance_station *station, struct station_test *test)
{
  enum { BOTH_PROVED = 1 << STANCE_LEFT | 1 << STANCE_RIGHT };
  if (test->leads && test->two_sided && !test->simulated && test->unattended &&
      test->sides_proved != BOTH_PROVED)
    station_note(station, test,
                 &(struct stance_note){.kind = STANCE_NOTE_SIDES_UNPROVED,
                                       .side = STANCE_SIDE_NONE,
                                       .value = (double)NAN});
}

static bool is_value_possible(enum stance_test_command command, int value,
                              struct stance_problem *problem)
{
  const bool is_side = value == STANCE_LEFT || value == STANCE_RIGHT;
  if (command == STANCE_COMMAND_PAIN && (value < 0 || value > 10))
    stance_problem_write(problem, "pain is a number from 0 to 10, not %d", value);
  else if (command == STANCE_COMMAND_SIDE && !is_side && value != STANCE_BOTH)
    stance_problem_write(problem, "the side is left, right or both");
  else if (command == STANCE_COMMAND_RELEASE && !is_side)
    stance_problem_write(problem, "the side is left or right");
  else
    return true;
  return false;
}

enum stance_status station_test_command(struct stance_station *station, struct station_test *test,
                                        enum stance_test_command command, int value,
                                        struct stance_problem *problem)
{
  if (!is_value_possible(command, value, problem))
    return STANCE_USAGE;
  if (test->ending)
    return stance_problem_set(problem, STANCE_MISMATCH, "the test has ended");
  if (!test->leads) {
    if (command != STANCE_COMMAND_ABORT)
      return stance_problem_set(problem, STANCE_MISMATCH,
                                "a recording is played back: it follows no commands");
    test->ending = true;
    return STANCE_OK;
  }
  step(station, test); /* the command is given at this moment */
  if (test->ending)
    return stance_problem_set(problem, STANCE_MISMATCH, "the test has ended");
  if (stance_machine_command(&test->machine, command, value, &test->live, problem) != STANCE_OK)
    return STANCE_MISMATCH;
  if (command == STANCE_COMMAND_RELEASE)
    station_note(station, test,
                 &(struct stance_note){.kind = STANCE_NOTE_RELEASE,
                                       .side = (enum stance_side)value,
                                       .value = (double)NAN});
  if (command == STANCE_COMMAND_UNATTENDED) {
    test->unattended = true;
    note_unproved(station, test);
  }
  station_take_actions(station, test);
  step(station, test);
  station->changed = true;
  return STANCE_OK;
}

void station_test_abort(struct stance_station *station, struct station_test *test)
{
  if (test->ending)
    return;
  if (test->leads && stance_machine_command(&test->machine, STANCE_COMMAND_ABORT, 0, &test->live,
                                            NULL) == STANCE_OK)
    station_take_actions(station, test);
  test->ending = true;
}

static bool are_sides_proved(const struct stance_station *station, const struct station_test *test)
{
  char rig[STATION_RIG_NAME_SIZE], day[16];
  time_t now = time(NULL);
  struct tm local;
  station_test_rig_name(station, test, rig);
  return localtime_r(&now, &local) != NULL && strftime(day, sizeof day, "%Y-%m-%d", &local) > 0 &&
         strcmp(day, station->proved_on) == 0 && strcmp(rig, station->proved_rig) == 0;
}

static enum stance_status begin_machine(struct stance_station *station, struct station_test *test,
                                        struct stance_problem *problem)
{
  struct stance_machine_options options = stance_machine_options_default;
  bool locked[2];
  const bool proved = are_sides_proved(station, test);
  enum stance_status status =
      stance_store_locked_sides(station->store, test->recording.athlete, locked, problem);
  if (status != STANCE_OK)
    return status;
  options.protocol = &test->protocol;
  options.unattended = test->unattended;
  options.two_sided = test->two_sided;
  options.prove_sides = !proved;
  options.seed = (uint64_t)test->start_ns;
  stance_machine_init(&test->machine, &options, test->start_ns);
  memcpy(test->machine.locked, locked, sizeof locked);
  if (proved)
    test->sides_proved = 1U << STANCE_LEFT | 1U << STANCE_RIGHT;
  return STANCE_OK;
}

static void hear_recorder(void *context, const struct stance_recorder_health *health)
{
  struct stance_station *station = context;
  pthread_mutex_lock(&station->lock);
  station->disk_gave_up = health->gave_up;
  if (health->failing)
    station->disk = health->problem;
  else
    station->disk.text[0] = '\0';
  pthread_mutex_unlock(&station->lock);
  atomic_store(&station->disk_news, true);
}

static enum stance_status start_sources(struct station_test *test, struct stance_problem *problem)
{
  enum stance_status status = STANCE_OK;
  for (size_t k = 0; k < test->stream_count && status == STANCE_OK; k++) {
    struct stance_frame_ring *rings[] = {test->stream[k].ring, test->stream[k].live_ring};
    status = stance_source_start(test->stream[k].source, rings, 2, problem);
  }
  for (size_t k = 0; k < test->stream_count && status != STANCE_OK; k++)
    stance_source_stop(test->stream[k].source); /* harmless where it was not started */
  return status;
}

enum stance_status station_test_begin(struct stance_station *station, struct station_test *test,
                                      struct stance_problem *problem)
{
  struct stance_recorder_options options = {.clock = station->clock,
                                            .log_commits = station->log_commits,
                                            .give_up = station->give_up,
                                            .notify = hear_recorder,
                                            .notify_context = station};
  struct stance_frame_ring *rings[STANCE_STREAM_MAX] = {NULL};
  for (size_t k = 0; k < test->stream_count; k++) {
    rings[k] = test->stream[k].ring;
    /* of a recording that is played back it is known when its frames arrived */
    options.source[k] = station_is_played(test) ? NULL : test->stream[k].source;
    forget_force(&test->stream[k]);
  }
  station_trace_begin(&test->trace, test->stream[0].info->rate_hz);
  test->start_ns = station_now_ns(station);
  test->streaming = true;
  enum stance_status status = STANCE_OK;
  if (test->leads)
    status = begin_machine(station, test, problem);
  if (status == STANCE_OK)
    status = stance_recorder_start(station->store, rings, &test->recording, &options,
                                   &test->recorder, problem);
  if (status != STANCE_OK)
    return status;
  status = start_sources(test, problem);
  if (status != STANCE_OK) {
    (void)!stance_recorder_stop(test->recorder, NULL, NULL); /* nothing was sampled */
    test->recorder = NULL;
    return status;
  }
  note_unproved(station, test);
  if (test->leads && !isnan(test->protocol.target_low_pct) && test->maximum.day[0] == '\0')
    station_tell(station, test, STANCE_MESSAGE_NO_TARGET);
  station_take_priority(station);
  station_take_actions(station, test);
  step(station, test);
  return STANCE_OK;
}
