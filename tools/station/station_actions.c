/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the machine wants done: sound, notes, and news for the onlookers. */
#include "station_private.h"

#include <math.h>
#include <string.h>
#include <time.h>

void station_note(struct stance_station *station, struct station_test *test,
                  const struct stance_note *note)
{
  struct stance_note full = *note;
  struct stance_problem problem;
  full.frame = test->frames;
  if (full.host_ns == 0)
    full.host_ns = station_now_ns(station);
  if (stance_recorder_add_note(test->recorder, &full, &problem) != STANCE_OK)
    station_test_fail(test, STANCE_MEMORY, &problem); /* told with the result */
}

static void note_side(struct stance_station *station, struct station_test *test,
                      enum stance_note_kind kind, enum stance_side side)
{
  station_note(station, test,
               &(struct stance_note){.kind = kind, .side = side, .value = (double)NAN});
}

static void today(char ret_day[16])
{
  time_t now = time(NULL);
  struct tm local;
  if (localtime_r(&now, &local) == NULL || strftime(ret_day, 16, "%Y-%m-%d", &local) == 0)
    ret_day[0] = '\0';
}

static void side_proved(struct stance_station *station, struct station_test *test,
                        enum stance_side side)
{
  enum { BOTH_PROVED = 1 << STANCE_LEFT | 1 << STANCE_RIGHT };
  test->sides_proved |= 1U << side;
  if (test->sides_proved != BOTH_PROVED)
    return;
  today(station->proved_on);
  station_test_rig_name(station, test, station->proved_rig);
  note_side(station, test, STANCE_NOTE_SIDES_PROVED, STANCE_SIDE_NONE);
}

/* What was proved was proved of what was plugged in then. */
static void doubt_sides(struct stance_station *station, struct station_test *test)
{
  station->proved_on[0] = '\0';
  if (test->sides_proved != 0 && test->two_sided && !test->simulated)
    note_side(station, test, STANCE_NOTE_SIDES_UNPROVED, STANCE_SIDE_NONE);
  test->sides_proved = 0;
}

/* What must outlive the test. */
static void remember(struct stance_station *station, struct station_test *test,
                     const struct stance_test_action *action)
{
  switch (action->message) {
  case STANCE_MESSAGE_SIDE_PROVED:
    side_proved(station, test, action->side);
    break;
  case STANCE_MESSAGE_SIDES_UNPROVED:
    note_side(station, test, STANCE_NOTE_SIDES_UNPROVED, STANCE_SIDE_NONE);
    break;
  case STANCE_MESSAGE_INSTRUMENT_LOST: /* whatever is plugged in next is to be proved anew */
    doubt_sides(station, test);
    break;
  default:
    break;
  }
}

static void tell(struct stance_station *station, const struct station_test *test,
                 const struct stance_test_action *action)
{
  char sentence[STATION_SENTENCE_MAX];
  struct stance_text text = {0};
  /* The table's texts take a number and its unit, or neither. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(sentence, sizeof sentence, stance_test_message_text(action->message), action->number,
           station_test_unit(test));
#pragma GCC diagnostic pop
  stance_text_format(&text, "{\"message\":\"%s\",\"text\":\"%s\",\"side\":\"%s\",\"number\":",
                     stance_test_message_id(action->message), sentence,
                     action->side == STANCE_SIDE_NONE ? "none" : stance_side_name(action->side));
  station_json_number(&text, "%.6g", action->number);
  stance_text_string(&text, "}");
  if (!text.failed)
    stance_event_hub_publish(station->hub, "tell", text.bytes, false);
  stance_text_finish(&text);
}

void station_tell(struct stance_station *station, const struct station_test *test,
                  enum stance_test_message message)
{
  tell(station, test,
       &(struct stance_test_action){.message = message, .side = STANCE_SIDE_NONE, .number = 0});
}

/* A new attempt, or one that is taken back. */
static struct station_attempt *find_attempt(struct station_test *test, unsigned number)
{
  for (size_t k = 0; k < test->attempt_count; k++)
    if (test->attempt[k].repetition.number == number)
      return &test->attempt[k];
  if (test->attempt_count == STATION_ATTEMPT_MAX)
    memmove(test->attempt, test->attempt + 1, --test->attempt_count * sizeof *test->attempt);
  test->attempt[test->attempt_count] = (struct station_attempt){0};
  return &test->attempt[test->attempt_count++];
}

static double highest(const struct stance_test_repetition *repetition)
{
  return fmax(fmax(repetition->peak_n[STANCE_LEFT], repetition->peak_n[STANCE_RIGHT]),
              repetition->peak_n[STANCE_TOTAL]);
}

static void take_repetition(struct stance_station *station, struct station_test *test,
                            const struct stance_test_repetition *repetition)
{
  struct stance_text text = {0};
  struct station_attempt *attempt = find_attempt(test, repetition->number);
  const bool known = attempt->repetition.number != 0;
  const double peak_n = highest(repetition);
  attempt->repetition = *repetition;
  attempt->message = repetition->counted       ? STANCE_MESSAGE_COUNTED
                     : repetition->false_start ? STANCE_MESSAGE_FALSE_START
                     : repetition->broken_off  ? STANCE_MESSAGE_BROKEN_OFF
                     : known || !isnan(peak_n) ? STANCE_MESSAGE_REPEATED
                                               : STANCE_MESSAGE_MISSED;
  struct stance_note note = {.kind = known ? STANCE_NOTE_REJECT : STANCE_NOTE_REPETITION,
                             .side = repetition->side,
                             .repetition = repetition->number,
                             .value = peak_n};
  station_note(station, test, &note);
  note.kind = STANCE_NOTE_REJECT;
  if (!known && repetition->broken_off) /* nobody will say so later */
    station_note(station, test, &note);
  station_attempt_json(&text, test, attempt);
  if (!text.failed)
    stance_event_hub_publish(station->hub, "repetition", text.bytes, false);
  stance_text_finish(&text);
}

static void tell_onset(struct stance_station *station, const struct station_test *test,
                       const struct stance_test_action *action)
{
  char text[96];
  snprintf(text, sizeof text, "{\"t_s\":%.4f,\"side\":\"%s\"}",
           action->number / test->stream[0].info->rate_hz, stance_side_name(action->side));
  stance_event_hub_publish(station->hub, "onset", text, false);
}

static void take_pain(struct stance_station *station, struct station_test *test,
                      const struct stance_test_action *action)
{
  station_note(station, test,
               &(struct stance_note){.kind = STANCE_NOTE_PAIN,
                                     .side = action->side,
                                     .repetition = action->repetition.number,
                                     .value = action->number});
}

static void lock(struct stance_station *station, struct station_test *test, enum stance_side locked)
{
  for (int side = STANCE_LEFT; side <= STANCE_RIGHT; side++)
    if (locked == (enum stance_side)side || locked == STANCE_BOTH)
      note_side(station, test, STANCE_NOTE_LOCK, (enum stance_side)side);
}

static void take(struct stance_station *station, struct station_test *test,
                 const struct stance_test_action *action)
{
  struct stance_problem problem;
  switch (action->kind) {
  case STANCE_ACTION_STATE:
    break;
  case STANCE_ACTION_CUE:
    station_cue_play(station, test, action->cue, action->at_ns);
    return;
  case STANCE_ACTION_SILENCE:
    station_cue_silence(station, test);
    return;
  case STANCE_ACTION_PHASE:
    if (stance_recorder_add_phase(test->recorder, &action->phase, &problem) != STANCE_OK)
      station_test_fail(test, STANCE_MEMORY, &problem);
    return;
  case STANCE_ACTION_TELL:
    remember(station, test, action);
    tell(station, test, action);
    break;
  case STANCE_ACTION_ONSET:
    tell_onset(station, test, action);
    return;
  case STANCE_ACTION_REPETITION:
    take_repetition(station, test, &action->repetition);
    break;
  case STANCE_ACTION_PAIN:
    take_pain(station, test, action);
    break;
  case STANCE_ACTION_LOCK:
    lock(station, test, action->side);
    break;
  case STANCE_ACTION_END:
    test->ending = true;
    break;
  }
  station->changed = true;
}

void station_take_actions(struct stance_station *station, struct station_test *test)
{
  struct stance_test_action action;
  while (stance_machine_take_action(&test->machine, &action))
    take(station, test, &action);
}

/* A pain is left as by who aborts. */
void station_test_end(struct stance_station *station, struct station_test *test)
{
  const enum stance_test_state state = test->machine.state;
  if (test->leads && (state == STANCE_TEST_PAIN || state == STANCE_TEST_PAIN_SIDE))
    station_test_abort(station, test);
  test->ending = true;
}
