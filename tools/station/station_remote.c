/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station_remote.h"

#include "error_word.h"
#include "http_client.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  START_S = 60,  /* an instrument may take long to open */
  ANSWER_S = 10, /* to what the station does at once */
};

struct stance_remote {
  struct stance_http_client *client;
};

enum stance_status stance_remote_open(const struct stance_daemon_address *address,
                                      struct stance_remote **ret_remote,
                                      struct stance_problem *problem)
{
  struct stance_remote *remote = calloc(1, sizeof *remote);
  if (remote == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  const enum stance_status status = stance_http_client_open(address, &remote->client, problem);
  if (status == STANCE_OK)
    *ret_remote = remote;
  else
    free(remote);
  return status;
}

/* What the interface made of its status (http_api_json.c) becomes one again. */
static enum stance_status refuse(const json_t *answer, int code, struct stance_problem *problem)
{
  const char *error = json_string_value(json_object_get(answer, "error"));
  const char *detail = json_string_value(json_object_get(answer, "detail"));
  if (error == NULL || detail == NULL)
    return stance_problem_set(problem, STANCE_END, "stanced answers %d without a reason", code);
  return stance_problem_set(problem, stance_error_status(error), "%s", detail);
}

/* Takes `body` over; the answer, to be given back, where it is one of success. */
static enum stance_status post(struct stance_remote *remote, const char *path, json_t *body,
                               int patience_s, json_t **ret_answer, struct stance_problem *problem)
{
  char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
  struct stance_text heard = {0};
  int code = 0;
  json_decref(body);
  if (text == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  enum stance_status status =
      stance_http_client_post(remote->client, path, text, patience_s, &code, &heard, problem);
  free(text);
  if (status == STANCE_OK) {
    json_t *answer = json_loadb(heard.bytes == NULL ? "" : heard.bytes, heard.length, 0, NULL);
    if (code >= 200 && code < 300)
      *ret_answer = answer;
    else
      status = refuse(answer, code, problem);
    if (status != STANCE_OK)
      json_decref(answer);
  }
  stance_text_finish(&heard);
  return status;
}

/* False where the text is no UTF-8, or memory is short. */
static bool add_text(json_t *body, const char *name, const char *value)
{
  return value == NULL || json_object_set_new(body, name, json_string(value)) == 0;
}

/* An empty one is none, as for the station itself. */
static bool add_name(json_t *body, const char *name, const char *value)
{
  return value == NULL || value[0] == '\0' || add_text(body, name, value);
}

static bool add_number(json_t *body, const char *name, double value)
{
  return isnan(value) || json_object_set_new(body, name, json_real(value)) == 0;
}

static bool add_settings(json_t *body, const struct stance_test_request *request)
{
  json_t *settings = json_object();
  bool added = settings != NULL;
  for (size_t k = 0; k < request->setting_count && added; k++)
    added = add_text(settings, request->setting[k].key, request->setting[k].value);
  added = added && json_object_set(body, "settings", settings) == 0;
  json_decref(settings);
  return added;
}

static bool add_devices(json_t *body, const struct stance_test_request *request)
{
  json_t *devices = json_array();
  bool added = devices != NULL;
  for (size_t k = 0; k < request->device_count && added; k++) {
    char device[STANCE_DAEMON_DEVICE_SIZE];
    added = stance_daemon_device_name(&request->device[k], device) &&
            json_array_append_new(devices, json_string(device)) == 0;
  }
  added = added && json_object_set(body, "devices", devices) == 0;
  json_decref(devices);
  return added;
}

static json_t *describe(const struct stance_test_request *request)
{
  static const char *const sides[] = {[STANCE_LEFT] = "left", [STANCE_RIGHT] = "right"};
  const char *injured = request->injured_side <= STANCE_RIGHT ? sides[request->injured_side] : NULL;
  json_t *body = json_object();
  if (body != NULL && add_text(body, "protocol", request->protocol) &&
      add_name(body, "athlete", request->athlete) &&
      add_name(body, "operator", request->operator_name) && add_text(body, "injured", injured) &&
      add_text(body, "side_order", request->side_order) &&
      add_number(body, "mass_kg", request->body_mass_kg) &&
      add_number(body, "lever_m", request->lever_m) &&
      add_number(body, "target_low_pct", request->target_low_pct) &&
      add_number(body, "target_high_pct", request->target_high_pct) &&
      add_number(body, "duration_s", request->duration_s > 0 ? request->duration_s : (double)NAN) &&
      (request->setting_count == 0 || add_settings(body, request)) &&
      (request->device_count == 0 || add_devices(body, request)) &&
      json_object_set_new(body, "unattended", json_boolean(request->unattended)) == 0)
    return body;
  json_decref(body);
  return NULL;
}

enum stance_status stance_remote_start(struct stance_remote *remote,
                                       const struct stance_test_request *request,
                                       char ret_id[STANCE_UUID_SIZE],
                                       struct stance_problem *problem)
{
  json_t *answer = NULL, *body = describe(request);
  if (body == NULL)
    return stance_problem_set(problem, STANCE_USAGE,
                              "a text of the request, such as a name, is no UTF-8");
  enum stance_status status = post(remote, "/api/v1/tests", body, START_S, &answer, problem);
  if (status != STANCE_OK)
    return status;
  const char *id = json_string_value(json_object_get(answer, "test"));
  if (id != NULL && strlen(id) == STANCE_UUID_SIZE - 1)
    memcpy(ret_id, id, STANCE_UUID_SIZE);
  else
    status = stance_problem_set(problem, STANCE_END, "stanced began a test and did not name it");
  json_decref(answer);
  return status;
}

/* To the test `id`. */
static enum stance_status post_to(struct stance_remote *remote, const char *id, const char *verb,
                                  json_t *body, struct stance_problem *problem)
{
  char path[128];
  json_t *answer = NULL;
  snprintf(path, sizeof path, "/api/v1/tests/%s/%s", id, verb);
  const enum stance_status status = post(remote, path, body, ANSWER_S, &answer, problem);
  json_decref(answer);
  return status;
}

enum stance_status stance_remote_command(struct stance_remote *remote, const char *id,
                                         enum stance_test_command command, int value,
                                         struct stance_problem *problem)
{
  json_t *body = json_pack("{s:s}", "command", stance_test_command_id(command));
  int added = 0;
  if (command == STANCE_COMMAND_PAIN)
    added = json_object_set_new(body, "value", json_integer(value));
  else if (command == STANCE_COMMAND_SIDE || command == STANCE_COMMAND_RELEASE)
    added =
        json_object_set_new(body, "value", json_string(value == STANCE_LEFT ? "left" : "right"));
  if (added != 0) {
    json_decref(body);
    body = NULL;
  }
  return post_to(remote, id, "command", body, problem);
}

enum stance_status stance_remote_stop_test(struct stance_remote *remote, const char *id,
                                           struct stance_problem *problem)
{
  return post_to(remote, id, "stop", json_object(), problem);
}

bool stance_remote_wait(struct stance_remote *remote, int descriptor, int timeout_ms)
{
  return stance_http_client_wait(remote->client, descriptor, timeout_ms);
}

bool stance_remote_next(struct stance_remote *remote, const char **ret_name, const char **ret_text,
                        bool *ret_gone)
{
  return stance_http_client_next(remote->client, ret_name, ret_text, ret_gone);
}

void stance_remote_close(struct stance_remote *remote)
{
  if (remote == NULL)
    return;
  stance_http_client_close(remote->client);
  free(remote);
}
