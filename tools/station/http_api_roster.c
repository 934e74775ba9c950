/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Team days: who comes next, and a recording that belongs to somebody else. */
#include "http_api_private.h"

#include "store_move.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void api_get_roster(struct stance_http_api *api, const struct stance_http_request *request,
                    struct stance_http_reply *reply)
{
  struct stance_store *store = NULL;
  struct stance_problem problem = {""};
  char *text = NULL;
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
  else
    *reply = (struct stance_http_reply){
        .status = 200, .body = text, .length = strlen(text), .content_type = "application/json"};
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
  return true;
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
  enum { DIGITS = 15 };
  char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
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
