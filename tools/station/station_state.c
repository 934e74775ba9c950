/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `state` event: everything an onlooker who has just come must know. */
#include "station_private.h"

#include "json_text.h"
#include "pipeline.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void station_json_number(struct stance_text *text, const char *format, double value)
{
  char number[32];
  if (!isfinite(value)) {
    stance_text_string(text, "null");
    return;
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(number, sizeof number, format, value);
#pragma GCC diagnostic pop
  stance_text_string(text, number);
}

static void add_text(struct stance_text *text, const char *name, const char *value)
{
  stance_text_format(text, "\"%s\":", name);
  if (value == NULL || value[0] == '\0')
    stance_text_string(text, "null");
  else
    stance_json_string(text, value);
}

static const char *side_id(enum stance_side side)
{
  return side == STANCE_SIDE_NONE ? "none" : stance_side_name(side);
}

static const char *instrument_state(const struct station_test *test)
{
  static const char *const ids[] = {
      [STANCE_SOURCE_READY] = "opening",       [STANCE_SOURCE_STREAMING] = "streaming",
      [STANCE_SOURCE_ABSENT] = "absent",       [STANCE_SOURCE_OPENING] = "opening",
      [STANCE_SOURCE_CONFIGURING] = "opening", [STANCE_SOURCE_DRAINING] = "streaming",
      [STANCE_SOURCE_CLOSED] = "idle",
  };
  const struct station_stream *worst = &test->stream[0];
  for (size_t k = 0; k < test->stream_count; k++)
    if (test->stream[k].health.failed)
      return "lost";
  for (size_t k = 0; k < test->stream_count; k++)
    if (test->stream[k].health.state != STANCE_SOURCE_STREAMING)
      worst = &test->stream[k];
  return ids[worst->health.state];
}

/* The first thing an instrument has to say. */
static void instrument_problem(const struct station_test *test, struct stance_problem *ret_problem)
{
  ret_problem->text[0] = '\0';
  for (size_t k = 0; k < test->stream_count; k++) {
    const struct stance_source_health *health = &test->stream[k].health;
    if (health->failed && test->stream_count > 1)
      stance_problem_write(
          ret_problem, "THE %s INSTRUMENT FAILED: %.600s. The other one is recorded on.",
          test->stream[k].side == STANCE_LEFT ? "LEFT" : "RIGHT", health->problem.text);
    else if (health->failed)
      *ret_problem = health->problem;
    else if (health->notice.text[0] != '\0')
      stance_problem_write(ret_problem, "%s%.740s", station_stream_name(test, k),
                           health->notice.text);
    if (ret_problem->text[0] != '\0')
      return;
  }
}

static bool is_calibrated(const struct station_test *test)
{
  bool calibrated = true;
  for (size_t k = 0; k < test->stream_count; k++)
    calibrated = calibrated && test->stream[k].calibration.calibrated;
  return calibrated;
}

const char *station_test_unit(const struct station_test *test)
{
  return is_calibrated(test) ? "N" : test->stream[0].info->channel[0].unit;
}

/* Both, where two make the rig. */
static void add_instrument_name(struct stance_text *text, const struct station_test *test)
{
  struct stance_text name = {0};
  for (size_t k = 0; k < test->stream_count; k++)
    stance_text_format(&name, "%s%s", k > 0 ? " and " : "", test->stream[k].info->model);
  add_text(text, "name", name.bytes);
  text->failed = text->failed || name.failed;
  stance_text_finish(&name);
}

/* Nothing holds them: only whether they are plugged in is known. */
static void add_waiting_instrument(struct stance_text *text, const struct stance_station *station)
{
  const char *missing = station->missing.text;
  stance_text_format(text, ",\"instrument\":{\"state\":\"%s\",",
                     missing[0] == '\0' ? "idle" : "absent");
  add_text(text, "name", station->device[0].uri);
  stance_text_string(text, ",\"serial\":null,\"rate_hz\":null,\"measured_rate_hz\":null,"
                           "\"frames\":0,\"lost\":0,\"unit\":null,\"uncalibrated\":false,"
                           "\"simulated\":false,");
  add_text(text, "problem", missing);
  stance_text_string(text, "}");
}

static void add_instrument(struct stance_text *text, const struct stance_station *station)
{
  const struct station_test *test = station->test;
  if (test == NULL) {
    add_waiting_instrument(text, station);
    return;
  }
  const struct station_stream *first = &test->stream[0];
  struct stance_problem problem;
  uint64_t lost = 0;
  for (size_t k = 0; k < test->stream_count; k++)
    lost += test->stream[k].health.frames_lost;
  stance_text_format(text, ",\"instrument\":{\"state\":\"%s\",", instrument_state(test));
  add_instrument_name(text, test);
  stance_text_string(text, ",");
  add_text(text, "serial", first->info->serial);
  /* measured over the whole recording, when it is analysed: a loop alone is off by 100 ppm */
  stance_text_format(text, ",\"rate_hz\":%.6g,\"measured_rate_hz\":null,", first->info->rate_hz);
  stance_text_format(text, "\"frames\":%" PRIu64 ",\"lost\":%" PRIu64 ",", test->frames, lost);
  add_text(text, "unit", station_test_unit(test));
  stance_text_format(text, ",\"uncalibrated\":%s,\"simulated\":%s,",
                     is_calibrated(test) ? "false" : "true", test->simulated ? "true" : "false");
  instrument_problem(test, &problem);
  add_text(text, "problem", problem.text);
  stance_text_string(text, "}");
}

static void add_sound(struct stance_text *text, const struct stance_station *station)
{
  const struct stance_sound_health *heard = &station->heard;
  const char *state = station->sound == NULL ? "off"
                      : heard->playing       ? "ok"
                      : heard->losses > 0    ? "lost"
                                             : "absent";
  stance_text_format(text, ",\"sound\":{\"state\":\"%s\",", state);
  add_text(text, "device", heard->device);
  stance_text_format(text, ",\"underflows\":%" PRIu64 ",", heard->underflows);
  add_text(text, "problem", heard->playing ? NULL : heard->problem.text);
  stance_text_string(text, "}");
}

static void add_store(struct stance_text *text, struct stance_station *station)
{
  pthread_mutex_lock(&station->lock);
  const struct stance_problem disk = station->disk;
  const bool gave_up = station->disk_gave_up;
  pthread_mutex_unlock(&station->lock);
  const char *state = gave_up ? "failed" : disk.text[0] != '\0' ? "retrying" : "ok";
  stance_text_format(text, ",\"store\":{\"state\":\"%s\",", state);
  add_text(text, "problem", disk.text);
  stance_text_string(text, "}");
}

static void add_commands(struct stance_text *text, const struct station_test *test)
{
  bool any = false;
  stance_text_string(text, ",\"commands\":[");
  for (int k = 0; k < STANCE_TEST_COMMAND_COUNT; k++) {
    const enum stance_test_command command = (enum stance_test_command)k;
    const bool means = test->leads ? stance_machine_accepts(&test->machine, command)
                                   : command == STANCE_COMMAND_ABORT;
    if (!means || test->ending)
      continue;
    stance_text_format(text, "%s\"%s\"", any ? "," : "", stance_test_command_id(command));
    any = true;
  }
  stance_text_string(text, "]");
}

static const char *needs(const struct station_test *test)
{
  const struct stance_machine *machine = &test->machine;
  if (!test->leads || test->ending)
    return NULL;
  if (machine->state == STANCE_TEST_PAIN)
    return "pain";
  if (machine->state == STANCE_TEST_PAIN_SIDE)
    return "side";
  return machine->until_ns == 0 && stance_machine_accepts(machine, STANCE_COMMAND_NEXT) ? "next"
                                                                                        : NULL;
}

void station_attempt_json(struct stance_text *text, const struct station_test *test,
                          const struct station_attempt *attempt)
{
  const struct stance_test_repetition *repetition = &attempt->repetition;
  char sentence[STATION_SENTENCE_MAX];
  const double peak_n =
      fmax(fmax(repetition->peak_n[STANCE_LEFT], repetition->peak_n[STANCE_RIGHT]),
           repetition->peak_n[STANCE_TOTAL]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(sentence, sizeof sentence, stance_test_message_text(attempt->message), peak_n,
           station_test_unit(test));
#pragma GCC diagnostic pop
  stance_text_format(text, "{\"number\":%u,\"side\":\"%s\",\"counted\":%s,\"message\":\"%s\",",
                     repetition->number, side_id(repetition->side),
                     repetition->counted ? "true" : "false",
                     stance_test_message_id(attempt->message));
  add_text(text, "text", sentence);
  stance_text_string(text, ",\"peak_left_n\":");
  station_json_number(text, "%.1f", repetition->peak_n[STANCE_LEFT]);
  stance_text_string(text, ",\"peak_right_n\":");
  station_json_number(text, "%.1f", repetition->peak_n[STANCE_RIGHT]);
  stance_text_string(text, ",\"peak_total_n\":");
  station_json_number(text, "%.1f", repetition->peak_n[STANCE_TOTAL]);
  stance_text_string(text, "}");
}

/* In the forces that `live` shows, so that it can be drawn beside them. */
static void add_target(struct stance_text *text, const struct station_test *test)
{
  const struct stance_maximum *maximum = &test->maximum;
  double low_n, high_n;
  if (!station_target_band(test, &low_n, &high_n)) {
    stance_text_string(text, ",\"target\":null");
    return;
  }
  stance_text_format(text,
                     ",\"target\":{\"low_n\":%.1f,\"high_n\":%.1f,\"low_pct\":%.6g,"
                     "\"high_pct\":%.6g,",
                     low_n, high_n, test->protocol.target_low_pct, test->protocol.target_high_pct);
  add_text(text, "of", maximum->protocol_id);
  stance_text_string(text, ",");
  add_text(text, "day", maximum->day);
  stance_text_string(text, "}");
}

static void add_progress(struct stance_text *text, const struct station_test *test)
{
  const struct stance_machine *machine = &test->machine;
  /* both legs together: what counts for one counts for the other */
  const unsigned right = test->protocol.sides == STANCE_SIDES_BOTH ? machine->counted[STANCE_LEFT]
                                                                   : machine->counted[STANCE_RIGHT];
  stance_text_format(text, ",\"wanted\":%u,\"counted\":{\"left\":%u,\"right\":%u},\"attempts\":[",
                     test->protocol.repetitions, machine->counted[STANCE_LEFT], right);
  for (size_t k = 0; k < test->attempt_count; k++) {
    if (k > 0)
      stance_text_string(text, ",");
    station_attempt_json(text, test, &test->attempt[k]);
  }
  stance_text_string(text, "]");
  add_target(text, test);
  stance_text_format(text, ",\"locked\":[%s%s%s],\"sides_proved\":%s",
                     machine->locked[STANCE_LEFT] ? "\"left\"" : "",
                     machine->locked[STANCE_LEFT] && machine->locked[STANCE_RIGHT] ? "," : "",
                     machine->locked[STANCE_RIGHT] ? "\"right\"" : "",
                     test->sides_proved == 3 ? "true" : "false");
}

static void add_moment(struct stance_text *text, const struct station_test *test)
{
  const struct stance_machine *machine = &test->machine;
  const enum stance_test_state state = test->leads    ? machine->state
                                       : test->ending ? STANCE_TEST_FINISHED
                                                      : STANCE_TEST_EFFORT;
  stance_text_format(text, ",\"state\":\"%s\",", stance_test_state_id(state));
  add_text(text, "text",
           test->leads || test->ending ? stance_test_state_text(state)
                                       : "A recording is played back.");
  stance_text_format(
      text, ",\"side\":\"%s\",\"remaining_s\":", test->leads ? side_id(machine->side) : "none");
  station_json_number(text, "%.2f",
                      test->leads ? stance_machine_remaining_s(machine) : (double)NAN);
  stance_text_string(text, ",");
  add_text(text, "needs", needs(test));
}

static void add_test(struct stance_text *text, const struct station_test *test)
{
  if (test == NULL) {
    stance_text_string(text, ",\"test\":null");
    return;
  }
  stance_text_format(text, ",\"test\":{\"id\":\"%s\",", test->recording.id);
  add_text(text, "protocol", test->protocol.id);
  stance_text_string(text, ",");
  add_text(text, "title", test->protocol.title);
  stance_text_string(text, ",\"athlete\":");
  stance_json_string(text, test->recording.athlete);
  stance_text_string(text, ",");
  add_text(text, "instruction", test->protocol.instruction);
  stance_text_string(text, ",\"lever_m\":");
  station_json_number(text, "%.6g", test->recording.lever_m);
  stance_text_string(text, ",");
  add_text(text, "lever_from", test->lever_from);
  stance_text_format(text, ",\"unattended\":%s,\"two_sided\":%s",
                     test->leads && test->machine.options.unattended ? "true" : "false",
                     test->two_sided ? "true" : "false");
  add_moment(text, test);
  add_commands(text, test);
  add_progress(text, test);
  stance_text_string(text, "}");
}

/* The test that the last writer's end cut off. */
static void add_cut_off(struct stance_text *text, const struct stance_station *station)
{
  if (station->cut_off_id[0] == '\0')
    stance_text_string(text, ",\"cut_off\":null");
  else
    stance_text_format(text, ",\"cut_off\":{\"id\":\"%s\",\"stored_s\":%.2f}", station->cut_off_id,
                       station->cut_off_s);
}

void station_state_tell(struct stance_station *station)
{
  struct stance_text text = {0};
  stance_text_string(&text, "{\"api\":1,\"version\":");
  stance_json_string(&text, STANCE_VERSION);
  stance_text_format(&text, ",\"now_s\":%.3f", (double)station_now_ns(station) * 1e-9);
  add_instrument(&text, station);
  add_sound(&text, station);
  add_store(&text, station);
  add_test(&text, station->test);
  add_cut_off(&text, station);
  stance_text_string(&text, ",");
  add_text(&text, "last_result", station->has_result ? station->last_id : NULL);
  stance_text_string(&text, "}");
  if (text.failed) { /* told again with the next change */
    stance_text_finish(&text);
    return;
  }
  /* before it is told: whoever hears of it may ask at once */
  pthread_mutex_lock(&station->lock);
  free(station->state_json);
  station->state_json = text.bytes;
  pthread_mutex_unlock(&station->lock);
  stance_event_hub_publish(station->hub, "state", text.bytes, true);
}
