/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Team days: who comes next, and a recording that belongs to somebody else. */
#include "http_api_private.h"

#include "store_move.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ATHLETE_MAX = 500, NAME_MAX_BYTES = 63 };

/* Opens for writing, one at a time; to be ended by end_writing. */
static enum stance_status begin_writing(struct stance_http_api *api,
                                        struct stance_store **ret_store,
                                        struct stance_problem *problem)
{
  pthread_mutex_lock(&api->writing);
  return stance_store_open(stance_station_store_path(api->station), STANCE_STORE_WRITE, ret_store,
                           problem);
}

static void end_writing(struct stance_http_api *api, struct stance_store *store)
{
  stance_store_close(store);
  pthread_mutex_unlock(&api->writing);
}

/* Here, as a person would say it; "" where the computer does not know. */
static void today(char ret_day[STANCE_DAY_SIZE])
{
  struct tm local;
  const time_t now = time(NULL);
  if (localtime_r(&now, &local) == NULL ||
      strftime(ret_day, STANCE_DAY_SIZE, "%Y-%m-%d", &local) == 0)
    ret_day[0] = '\0';
}

/* Kept beside `done`: the local day on which it was said. */
static const char done_on[] = "done_on";

/* Whoever was done on another day is to be tested today. Takes the text over; NULL: it cannot be
   read. */
static json_t *read_roster(char *text)
{
  char day[STANCE_DAY_SIZE];
  size_t k;
  json_t *athlete, *roster = json_loads(text, 0, NULL);
  today(day);
  json_array_foreach(json_object_get(roster, "athletes"), k, athlete)
  {
    const char *on = json_string_value(json_object_get(athlete, done_on));
    if (on == NULL || strcmp(on, day) != 0)
      json_object_set_new(athlete, "done", json_false());
    json_object_del(athlete, done_on);
  }
  free(text);
  return roster;
}

/* As it is kept; NULL: out of memory. */
static char *write_roster(const json_t *roster)
{
  enum { DIGITS = 15 };
  char day[STANCE_DAY_SIZE];
  size_t k;
  json_t *athlete, *kept = json_deep_copy(roster);
  bool failed = kept == NULL;
  today(day);
  json_array_foreach(json_object_get(kept, "athletes"), k, athlete)
  {
    if (json_is_true(json_object_get(athlete, "done")))
      failed = json_object_set_new(athlete, done_on, json_string(day)) != 0 || failed;
  }
  char *text = failed ? NULL : json_dumps(kept, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
  json_decref(kept);
  return text;
}

void api_get_roster(struct stance_http_api *api, const struct stance_http_request *request,
                    struct stance_http_reply *reply)
{
  struct stance_store *store = NULL;
  struct stance_problem problem = {""};
  char *text = NULL;
  json_t *roster;
  if (!api_check_query(request, NULL, reply))
    return;
  enum stance_status status = stance_store_open(stance_station_store_path(api->station),
                                                STANCE_STORE_READ, &store, &problem);
  if (status == STANCE_OK)
    status = stance_store_get_roster(store, &text, &problem);
  stance_store_close(store);
  if (status == STANCE_END)
    api_answer(reply, 200, json_pack("{s:[], s:i}", "athletes", "position", 0));
  else if (status != STANCE_OK)
    api_answer_problem(reply, status, &problem);
  else if ((roster = read_roster(text)) == NULL)
    stance_http_fail(reply, 503, "store",
                     "the team list that is kept cannot be read; save it anew");
  else
    api_answer(reply, 200, roster);
}

static bool check_athlete(json_t *athlete, size_t number, struct stance_http_reply *reply)
{
  const char *name = NULL;
  json_t *done = NULL;
  double mass_kg = (double)NAN, lever_m = (double)NAN;
  char what[64];
  const struct api_member members[] = {
      {.name = "athlete", .required = true, .text = &name, .length_max = NAME_MAX_BYTES},
      api_mass_member(&mass_kg),
      api_lever_member(&lever_m),
      {.name = "done", .required = true, .any = &done},
  };
  snprintf(what, sizeof what, "athlete %zu of the roster", number + 1);
  if (!api_take_members(athlete, what, members, sizeof members / sizeof *members, reply))
    return false;
  if (!json_is_boolean(done))
    stance_http_fail(reply, 400, "bad_request", "`done` is true or false");
  return json_is_boolean(done);
}

/* Two of a name could not be told apart, neither in a scan nor in the history. All have one. */
static bool check_names(const json_t *athletes, struct stance_http_reply *reply)
{
  json_t *seen = json_object();
  const char *twice = NULL;
  size_t k;
  json_t *athlete;
  bool failed = seen == NULL;
  json_array_foreach(athletes, k, athlete)
  {
    const char *name = json_string_value(json_object_get(athlete, "athlete"));
    if (json_object_get(seen, name) != NULL)
      twice = name;
    failed |= json_object_set_new(seen, name, json_true()) != 0;
  }
  json_decref(seen);
  if (twice != NULL) {
    char detail[256];
    snprintf(detail, sizeof detail,
             "`%s` is twice on the list: two of a name cannot be told apart; give one another name",
             twice);
    stance_http_fail(reply, 400, "bad_request", detail);
  } else if (failed) {
    stance_http_fail(reply, 503, "no_memory", "out of memory");
  }
  return twice == NULL && !failed;
}

static bool check_roster(const json_t *athletes, double position, struct stance_http_reply *reply)
{
  const size_t count = json_array_size(athletes);
  if (!json_is_array(athletes) || count > ATHLETE_MAX || position != floor(position) ||
      position > (double)count) {
    stance_http_fail(reply, 400, "bad_request",
                     "`athletes` is a list of at most 500, `position` a whole number from 0 to "
                     "their number");
    return false;
  }
  for (size_t k = 0; k < count; k++)
    if (!check_athlete(json_array_get(athletes, k), k, reply))
      return false;
  return check_names(athletes, reply);
}

void api_put_roster(struct stance_http_api *api, const struct stance_http_request *request,
                    struct stance_http_reply *reply)
{
  json_t *athletes = NULL;
  double position = 0;
  const struct api_member members[] = {
      {.name = "athletes", .required = true, .any = &athletes},
      {.name = "position", .required = true, .number = &position, .maximum = ATHLETE_MAX},
  };
  json_t *body = api_take_body(request, members, sizeof members / sizeof *members, reply);
  if (body == NULL)
    return;
  if (!check_roster(athletes, position, reply)) {
    json_decref(body);
    return;
  }
  char *text = write_roster(body);
  struct stance_store *store = NULL;
  struct stance_problem problem = {"out of memory"};
  enum stance_status status = text == NULL ? STANCE_MEMORY : begin_writing(api, &store, &problem);
  if (status == STANCE_OK)
    status = stance_store_put_roster(store, text, &problem);
  if (text != NULL)
    end_writing(api, store);
  free(text);
  if (status == STANCE_OK) {
    api_answer(reply, 200, body);
    return;
  }
  json_decref(body);
  api_answer_problem(reply, status, &problem);
}

/* Its own athlete would still be told by the station. */
static bool goes_on(struct stance_http_api *api, const char *id)
{
  char *text = stance_station_state_json(api->station);
  json_t *state = text == NULL ? NULL : json_loads(text, 0, NULL);
  const char *current = json_string_value(json_object_get(json_object_get(state, "test"), "id"));
  bool same = current != NULL && strcmp(current, id) == 0;
  json_decref(state);
  free(text);
  return same;
}

/* `to` NULL: under whom it was before. The result that goes with the move is made anew, with the
   settings it had. */
static enum stance_status file_under(struct stance_http_api *api, const char *id,
                                     const struct stance_subject *to,
                                     struct stance_problem *problem)
{
  struct stance_store *store = NULL;
  struct api_settings settings = {0};
  enum stance_status status = begin_writing(api, &store, problem);
  if (status == STANCE_OK)
    status = api_read_settings(store, id, &settings, problem);
  if (status == STANCE_OK)
    status = to == NULL ? stance_store_undo_move(store, id, problem)
                        : stance_store_move_recording(store, id, to, problem);
  if (status == STANCE_OK)
    api_keep_result(api, store, id, &settings);
  end_writing(api, store);
  free(settings.text);
  return status;
}

void api_move(struct stance_http_api *api, const struct stance_http_request *request,
              const char *id, struct stance_http_reply *reply)
{
  const char *injured = NULL;
  json_t *undo = NULL;
  struct stance_subject to = {
      .body_mass_kg = (double)NAN, .lever_m = (double)NAN, .injured_side = STANCE_SIDE_NONE};
  const struct api_member members[] = {
      {.name = "athlete", .text = &to.athlete, .length_max = NAME_MAX_BYTES},
      api_mass_member(&to.body_mass_kg),
      api_lever_member(&to.lever_m),
      api_injured_member(&injured),
      {.name = "undo", .any = &undo},
  };
  json_t *body = api_take_body(request, members, sizeof members / sizeof *members, reply);
  if (body == NULL)
    return;
  struct stance_problem problem = {""};
  enum stance_status status = api_parse_injured(injured, &to.injured_side, &problem);
  if (status == STANCE_OK &&
      ((undo != NULL) == (to.athlete != NULL) || (undo != NULL && !json_is_true(undo))))
    status = stance_problem_set(&problem, STANCE_USAGE,
                                "either `athlete`, with `mass_kg`, `lever_m` and `injured` where "
                                "they are known, or `undo`: true");
  if (status == STANCE_OK && goes_on(api, id))
    status = stance_problem_set(&problem, STANCE_MISMATCH, "this test goes on; move it afterwards");
  if (status == STANCE_OK)
    status = file_under(api, id, undo == NULL ? &to : NULL, &problem);
  json_decref(body);
  if (status == STANCE_OK)
    api_answer(reply, 200, json_pack("{}"));
  else
    api_answer_problem(reply, status, &problem);
}
