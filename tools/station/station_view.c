/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station_view.h"

#include "error_word.h"

#include <jansson.h>

#include <math.h>
#include <string.h>

/* "" where it is null, not there or no text. */
static void take_text(const json_t *object, const char *name, char *ret_text, size_t size)
{
  const char *value = json_string_value(json_object_get(object, name));
  snprintf(ret_text, size, "%s", value == NULL ? "" : value);
}

static double take_number(const json_t *object, const char *name)
{
  const json_t *value = json_object_get(object, name);
  return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static unsigned take_count(const json_t *object, const char *name)
{
  return (unsigned)json_integer_value(json_object_get(object, name));
}

static enum stance_side take_side(const json_t *object, const char *name)
{
  const char *value = json_string_value(json_object_get(object, name));
  for (int side = STANCE_LEFT; value != NULL && side <= STANCE_BOTH; side++)
    if (strcmp(stance_side_name((enum stance_side)side), value) == 0)
      return (enum stance_side)side;
  return STANCE_SIDE_NONE;
}

static unsigned take_commands(const json_t *array)
{
  unsigned commands = 0;
  for (size_t k = 0; k < json_array_size(array); k++) {
    const char *id = json_string_value(json_array_get(array, k));
    for (int c = 0; c < STANCE_TEST_COMMAND_COUNT && id != NULL; c++)
      if (strcmp(stance_test_command_id((enum stance_test_command)c), id) == 0)
        commands |= 1U << c;
  }
  return commands;
}

static void take_test(const json_t *test, struct stance_view_test *ret_test)
{
  const json_t *counted = json_object_get(test, "counted");
  take_text(test, "id", ret_test->id, sizeof ret_test->id);
  take_text(test, "title", ret_test->title, sizeof ret_test->title);
  take_text(test, "instruction", ret_test->instruction, sizeof ret_test->instruction);
  take_text(test, "state", ret_test->state, sizeof ret_test->state);
  take_text(test, "text", ret_test->text, sizeof ret_test->text);
  take_text(test, "needs", ret_test->needs, sizeof ret_test->needs);
  take_text(test, "lever_from", ret_test->lever_from, sizeof ret_test->lever_from);
  ret_test->side = take_side(test, "side");
  ret_test->remaining_s = take_number(test, "remaining_s");
  ret_test->lever_m = take_number(test, "lever_m");
  ret_test->commands = take_commands(json_object_get(test, "commands"));
  ret_test->wanted = take_count(test, "wanted");
  ret_test->counted[STANCE_LEFT] = take_count(counted, "left");
  ret_test->counted[STANCE_RIGHT] = take_count(counted, "right");
}

static void take_health(const json_t *object, struct stance_view_health *ret_health)
{
  take_text(object, "state", ret_health->state, sizeof ret_health->state);
  take_text(object, "problem", ret_health->problem.text, sizeof ret_health->problem.text);
}

static void take_state(const json_t *state, struct stance_station_view *view)
{
  const json_t *instrument = json_object_get(state, "instrument");
  struct stance_view_instrument *own = &view->instrument;
  take_text(instrument, "state", own->state, sizeof own->state);
  take_text(instrument, "name", own->name, sizeof own->name);
  take_text(instrument, "unit", own->unit, sizeof own->unit);
  take_text(instrument, "problem", own->problem.text, sizeof own->problem.text);
  own->rate_hz = take_number(instrument, "rate_hz");
  own->frames = take_number(instrument, "frames");
  own->lost = take_number(instrument, "lost");
  own->uncalibrated = json_is_true(json_object_get(instrument, "uncalibrated"));
  take_health(json_object_get(state, "sound"), &view->sound);
  view->sound_underflows = take_number(json_object_get(state, "sound"), "underflows");
  take_health(json_object_get(state, "store"), &view->store);
  const json_t *cut_off = json_object_get(state, "cut_off");
  take_text(cut_off, "id", view->cut_off_id, sizeof view->cut_off_id);
  view->cut_off_s = take_number(cut_off, "stored_s");
  take_test(json_object_get(state, "test"), &view->test);
}

/* The newest point that is there. */
static void take_live(const json_t *live, struct stance_station_view *view)
{
  static const char *const names[STANCE_MEASURED_SIDE_COUNT] = {
      [STANCE_LEFT] = "left_n", [STANCE_RIGHT] = "right_n", [STANCE_TOTAL] = "total_n"};
  size_t longest = 0;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    const json_t *points = json_object_get(live, names[side]);
    size_t last = json_array_size(points);
    longest = last > longest ? last : longest;
    view->force_n[side] = (double)NAN;
    while (last > 0 && isnan(view->force_n[side])) {
      const json_t *point = json_array_get(points, --last);
      view->force_n[side] = json_is_number(point) ? json_number_value(point) : (double)NAN;
    }
  }
  view->has_force = true;
  view->time_s = take_number(live, "t_s") + (double)longest * take_number(live, "dt_s");
}

static void take_repetition(const json_t *told, struct stance_view_repetition *ret_repetition)
{
  ret_repetition->number = take_count(told, "number");
  ret_repetition->side = take_side(told, "side");
  ret_repetition->counted = json_is_true(json_object_get(told, "counted"));
  ret_repetition->peak_n[STANCE_LEFT] = take_number(told, "peak_left_n");
  ret_repetition->peak_n[STANCE_RIGHT] = take_number(told, "peak_right_n");
  ret_repetition->peak_n[STANCE_TOTAL] = take_number(told, "peak_total_n");
  take_text(told, "text", ret_repetition->text, sizeof ret_repetition->text);
}

static void take_result(const json_t *told, struct stance_view_result *ret_result)
{
  const json_t *problem = json_object_get(told, "problem");
  const json_t *warnings = json_object_get(told, "warnings");
  const char *error = json_string_value(json_object_get(problem, "error"));
  const char *summary = json_string_value(json_object_get(told, "summary"));
  stance_text_finish(&ret_result->summary);
  stance_text_finish(&ret_result->warnings);
  take_text(told, "id", ret_result->id, sizeof ret_result->id);
  take_text(problem, "detail", ret_result->problem.text, sizeof ret_result->problem.text);
  ret_result->status = error == NULL ? STANCE_OK : stance_error_status(error);
  ret_result->has_report = json_is_object(json_object_get(told, "report"));
  stance_text_string(&ret_result->summary, summary == NULL ? "" : summary);
  for (size_t k = error == NULL ? 0 : 1; k < json_array_size(warnings); k++) {
    const char *warning = json_string_value(json_array_get(warnings, k));
    stance_text_format(&ret_result->warnings, "%s\n", warning == NULL ? "" : warning);
  }
}

enum stance_station_news stance_station_view_take(struct stance_station_view *view,
                                                  const char *name, const char *text)
{
  enum stance_station_news news = STANCE_NEWS_NONE;
  json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  if (!json_is_object(object)) {
    json_decref(object);
    return news;
  }
  if (strcmp(name, "state") == 0) {
    take_state(object, view);
    news = STANCE_NEWS_STATE;
  } else if (strcmp(name, "live") == 0) {
    take_live(object, view);
    news = STANCE_NEWS_LIVE;
  } else if (strcmp(name, "repetition") == 0) {
    take_repetition(object, &view->repetition);
    news = STANCE_NEWS_REPETITION;
  } else if (strcmp(name, "tell") == 0) {
    take_text(object, "message", view->told_id, sizeof view->told_id);
    take_text(object, "text", view->told, sizeof view->told);
    view->told_side = take_side(object, "side");
    news = STANCE_NEWS_TELL;
  } else if (strcmp(name, "result") == 0) {
    take_result(object, &view->result);
    news = STANCE_NEWS_RESULT;
  }
  json_decref(object);
  return news;
}

void stance_station_view_finish(struct stance_station_view *view)
{
  stance_text_finish(&view->result.summary);
  stance_text_finish(&view->result.warnings);
}
