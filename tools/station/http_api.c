/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http_api_private.h"

#include "daemon_file.h"

#include <stdlib.h>
#include <string.h>

/* The longest texts that the store keeps of a recording. */
enum { NAME_MAX_BYTES = 63, PROTOCOL_MAX_BYTES = 47, SIDE_ORDER_MAX_BYTES = 255 };

static const char state_path[] = "/api/v1/state";

enum stance_status stance_http_api_create(struct stance_station *station,
                                          struct stance_http_api **ret_api,
                                          struct stance_problem *problem)
{
  struct stance_http_api *api = calloc(1, sizeof *api);
  if (api == NULL)
    return stance_problem_set(problem, STANCE_MEMORY, "out of memory");
  api->station = station;
  pthread_mutex_init(&api->writing, NULL);
  pthread_mutex_init(&api->analysing, NULL);
  *ret_api = api;
  return STANCE_OK;
}

void stance_http_api_destroy(struct stance_http_api *api)
{
  if (api == NULL)
    return;
  pthread_mutex_destroy(&api->writing);
  pthread_mutex_destroy(&api->analysing);
  free(api);
}

static void get_state(struct stance_http_api *api, const struct stance_http_request *request,
                      struct stance_http_reply *reply)
{
  if (!api_check_query(request, NULL, reply))
    return;
  char *state = stance_station_state_json(api->station);
  if (state == NULL) {
    stance_http_fail(reply, 503, "no_memory", "out of memory");
    return;
  }
  reply->body = state;
  reply->length = strlen(state);
  reply->content_type = "application/json";
}

/* A path would let whoever has the token read files by their error messages: ids alone. */
static bool is_protocol_id(const char *text)
{
  return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
         strlen(text);
}

/* Texts borrowed from `object`. */
static enum stance_status take_settings(json_t *object, struct stance_setting *ret_settings,
                                        size_t *ret_count, struct stance_problem *problem)
{
  const char *key;
  json_t *value;
  size_t count = 0;
  if (object != NULL && !json_is_object(object))
    return stance_problem_set(problem, STANCE_USAGE,
                              "`settings` is an object such as {\"onset_sd\":\"5\"}");
  json_object_foreach(object, key, value)
  {
    if (count == STANCE_TEST_SETTING_MAX || !json_is_string(value))
      return stance_problem_set(problem, STANCE_USAGE, "`settings` holds at most %d texts",
                                STANCE_TEST_SETTING_MAX);
    ret_settings[count++] = (struct stance_setting){.key = key, .value = json_string_value(value)};
  }
  *ret_count = count;
  return STANCE_OK;
}

/* Texts borrowed from `array`. */
static enum stance_status take_devices(const json_t *array,
                                       struct stance_station_device *ret_device, size_t *ret_count,
                                       struct stance_problem *problem)
{
  const size_t count = json_array_size(array);
  if (array != NULL && (count < 1 || count > STANCE_STREAM_MAX))
    return stance_problem_set(problem, STANCE_USAGE, "`devices` is a list of one or two texts");
  for (size_t k = 0; k < count; k++) {
    const char *name = json_string_value(json_array_get(array, k));
    if (name == NULL)
      return stance_problem_set(problem, STANCE_USAGE, "`devices` is a list of one or two texts");
    ret_device[k] = stance_daemon_device_of(name);
  }
  *ret_count = count;
  return STANCE_OK;
}

/* What is no plain text or number. */
static enum stance_status check_test(struct stance_test_request *wanted, const char *injured,
                                     const json_t *unattended, struct stance_problem *problem)
{
  if (!is_protocol_id(wanted->protocol))
    return stance_problem_set(problem, STANCE_USAGE,
                              "`protocol` is an id out of GET /api/v1/protocols");
  if (unattended != NULL && !json_is_boolean(unattended))
    return stance_problem_set(problem, STANCE_USAGE, "`unattended` is true or false");
  wanted->unattended = json_is_true(unattended);
  return api_parse_injured(injured, &wanted->injured_side, problem);
}

static void post_test(struct stance_http_api *api, const struct stance_http_request *request,
                      struct stance_http_reply *reply)
{
  struct stance_test_request wanted = stance_test_request_default;
  struct stance_setting settings[STANCE_TEST_SETTING_MAX];
  struct stance_station_device devices[STANCE_STREAM_MAX];
  const char *injured = NULL;
  json_t *unattended = NULL, *set = NULL, *rig = NULL;
  double duration_s = 0;
  /* Ranges: what is possible in a day, so that a slip is noticed. */
  const struct api_member members[] = {
      {.name = "protocol",
       .required = true,
       .text = &wanted.protocol,
       .length_max = PROTOCOL_MAX_BYTES},
      {.name = "athlete", .text = &wanted.athlete, .length_max = NAME_MAX_BYTES},
      {.name = "operator", .text = &wanted.operator_name, .length_max = NAME_MAX_BYTES},
      api_mass_member(&wanted.body_mass_kg),
      api_lever_member(&wanted.lever_m),
      api_injured_member(&injured),
      {.name = "target_low_pct", .number = &wanted.target_low_pct, .minimum = 1, .maximum = 150},
      {.name = "target_high_pct", .number = &wanted.target_high_pct, .minimum = 1, .maximum = 150},
      {.name = "duration_s", .number = &duration_s, .minimum = 0.1, .maximum = 86400},
      {.name = "side_order", .text = &wanted.side_order, .length_max = SIDE_ORDER_MAX_BYTES},
      {.name = "settings", .any = &set},
      {.name = "devices", .any = &rig},
      {.name = "unattended", .any = &unattended},
  };
  json_t *body = api_take_body(request, members, sizeof members / sizeof *members, reply);
  if (body == NULL)
    return;
  struct stance_problem problem = {""};
  char id[STANCE_UUID_SIZE] = "";
  wanted.duration_s = duration_s;
  wanted.setting = settings;
  wanted.device = devices;
  enum stance_status status = take_settings(set, settings, &wanted.setting_count, &problem);
  if (status == STANCE_OK)
    status = take_devices(rig, devices, &wanted.device_count, &problem);
  if (status == STANCE_OK)
    status = check_test(&wanted, injured, unattended, &problem);
  if (status == STANCE_OK)
    status = stance_station_start(api->station, &wanted, id, &problem);
  json_decref(body);
  if (status != STANCE_OK)
    api_answer_problem(reply, status, &problem);
  else
    api_answer(reply, 201, json_pack("{s:s}", "test", id));
}

static void accept_command(struct stance_http_reply *reply, enum stance_status status,
                           const struct stance_problem *problem)
{
  if (status != STANCE_OK)
    api_answer_problem(reply, status, problem);
  else
    api_answer(reply, 202, json_pack("{}"));
}

static void post_stop(struct stance_http_api *api, const struct stance_http_request *request,
                      const char *id, struct stance_http_reply *reply)
{
  struct stance_problem problem = {""};
  if (request->body_length > 0) {
    json_t *body = api_take_body(request, NULL, 0, reply);
    if (body == NULL)
      return;
    json_decref(body);
  }
  accept_command(reply, stance_station_stop_test(api->station, id, &problem), &problem);
}

enum value_kind { NO_VALUE, PAIN_VALUE, SIDE_VALUE };

static enum value_kind value_kind_of(enum stance_test_command command)
{
  if (command == STANCE_COMMAND_PAIN)
    return PAIN_VALUE;
  return command == STANCE_COMMAND_SIDE || command == STANCE_COMMAND_RELEASE ? SIDE_VALUE
                                                                             : NO_VALUE;
}

/* STANCE_TEST_COMMAND_COUNT where there is none. */
static int find_command(const char *name)
{
  int k = 0;
  while (k < STANCE_TEST_COMMAND_COUNT &&
         strcmp(stance_test_command_id((enum stance_test_command)k), name) != 0)
    k++;
  return k;
}

/* False where `value` is not what the command wants. */
static bool take_value(enum value_kind kind, const json_t *value, int *ret_value)
{
  enum stance_side side = STANCE_SIDE_NONE;
  switch (kind) {
  case NO_VALUE:
    return value == NULL || json_is_null(value);
  case PAIN_VALUE: /* 0 to 10, as pain is asked everywhere; whole numbers */
    *ret_value = (int)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
           json_integer_value(value) <= 10;
  case SIDE_VALUE:
    if (!json_is_string(value) || !api_parse_side(json_string_value(value), &side))
      return false;
    *ret_value = (int)side;
    return true;
  }
  return false;
}

static void post_command(struct stance_http_api *api, const struct stance_http_request *request,
                         const char *id, struct stance_http_reply *reply)
{
  const char *name = NULL;
  json_t *value = NULL;
  const struct api_member members[] = {
      {.name = "command", .required = true, .text = &name, .length_max = 16},
      {.name = "value", .any = &value},
  };
  json_t *body = api_take_body(request, members, sizeof members / sizeof *members, reply);
  if (body == NULL)
    return;
  int number = 0;
  struct stance_problem problem = {""};
  const int k = find_command(name);
  const enum stance_test_command command = (enum stance_test_command)k;
  if (k == STANCE_TEST_COMMAND_COUNT)
    stance_http_fail(reply, 400, "bad_request",
                     "`command` is next, repeat, reject, stop, finish, abort, pain, side, release "
                     "or unattended");
  else if (!take_value(value_kind_of(command), value, &number))
    stance_http_fail(reply, 400, "bad_request",
                     "`value` is 0 to 10 for pain, \"left\" or \"right\" for side and release, and "
                     "absent for the others");
  else
    accept_command(reply, stance_station_command(api->station, id, command, number, &problem),
                   &problem);
  json_decref(body);
}

static bool is_uuid(const char *text)
{
  static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  for (size_t k = 0; k < sizeof shape - 1; k++)
    if (shape[k] == '-' ? text[k] != '-'
                        : strchr("0123456789abcdef", text[k]) == NULL || text[k] == '\0')
      return false;
  return text[sizeof shape - 1] == '\0';
}

/* What is asked of one test: /api/v1/tests/ID/VERB */
static const struct act {
  const char *verb, *method;
  enum stance_http_pace pace;
  void (*act)(struct stance_http_api *api, const struct stance_http_request *request,
              const char *id, struct stance_http_reply *reply);
} acts[] = {
    {"stop", "POST", STANCE_HTTP_URGENT, post_stop},
    {"command", "POST", STANCE_HTTP_URGENT, post_command},
    {"athlete", "POST", STANCE_HTTP_SLOW, api_move},
    {"report.csv", "GET", STANCE_HTTP_SLOW, api_get_report_csv},
    {"report.json", "GET", STANCE_HTTP_SLOW, api_get_report_json},
};

static const struct act *find_act(const char *verb)
{
  for (size_t k = 0; k < sizeof acts / sizeof *acts; k++)
    if (strcmp(acts[k].verb, verb) == 0)
      return &acts[k];
  return NULL;
}

/* The verb of a path that may name a test, and what stands for its id; NULL: it names none. */
static const char *take_apart(const char *path, char ret_id[STANCE_UUID_SIZE])
{
  static const char tests[] = "/api/v1/tests/";
  const char *rest = path + sizeof tests - 1;
  if (strncmp(path, tests, sizeof tests - 1) != 0)
    return NULL;
  const size_t length = strcspn(rest, "/");
  if (length >= STANCE_UUID_SIZE || rest[length] != '/')
    return NULL;
  memcpy(ret_id, rest, length);
  ret_id[length] = '\0';
  return rest + length + 1;
}

enum stance_http_pace stance_http_api_pace(const struct stance_http_request *request)
{
  char id[STANCE_UUID_SIZE];
  const char *verb = take_apart(request->path, id);
  const struct act *act = verb == NULL ? NULL : find_act(verb);
  if (act != NULL)
    return act->pace;
  return strcmp(request->path, state_path) == 0 ? STANCE_HTTP_URGENT : STANCE_HTTP_ORDINARY;
}

static void handle_test(struct stance_http_api *api, const struct stance_http_request *request,
                        const char *id, const char *verb, struct stance_http_reply *reply)
{
  const struct act *act = find_act(verb);
  if (act == NULL)
    stance_http_fail(reply, 404, "no_such_path", "there is no such path; see HTTP_API.md");
  else if (strcmp(request->method, act->method) != 0)
    api_fail_method(reply, act->method);
  else if (!is_uuid(id))
    stance_http_fail(reply, 404, "no_such_test", "a test is named by the id it was given");
  else
    act->act(api, request, id, reply);
}

static void handle_tests(struct stance_http_api *api, const struct stance_http_request *request,
                         struct stance_http_reply *reply)
{
  if (strcmp(request->method, "GET") == 0)
    api_get_history(api, request, reply);
  else if (strcmp(request->method, "POST") == 0)
    post_test(api, request, reply);
  else
    api_fail_method(reply, "GET or POST");
}

static void handle_roster(struct stance_http_api *api, const struct stance_http_request *request,
                          struct stance_http_reply *reply)
{
  if (strcmp(request->method, "GET") == 0)
    api_get_roster(api, request, reply);
  else if (strcmp(request->method, "PUT") == 0)
    api_put_roster(api, request, reply);
  else
    api_fail_method(reply, "GET or PUT");
}

void stance_http_api_handle(void *context, const struct stance_http_request *asked,
                            struct stance_http_reply *reply)
{
  struct stance_http_api *api = context;
  struct stance_http_request request = *asked;
  if (strcmp(request.method, "HEAD") == 0)
    request.method = "GET"; /* the door leaves the body away */
  const bool reads = strcmp(request.method, "GET") == 0;
  char id[STANCE_UUID_SIZE];
  if (!reads && !api_check_query(&request, NULL, reply))
    return;
  const char *path = request.path, *verb = take_apart(path, id);
  if (strcmp(path, "/api/v1/tests") == 0) {
    handle_tests(api, &request, reply);
  } else if (strcmp(path, "/api/v1/roster") == 0) {
    handle_roster(api, &request, reply);
  } else if (verb != NULL) {
    handle_test(api, &request, id, verb, reply);
  } else if (strcmp(path, state_path) != 0 && strcmp(path, "/api/v1/protocols") != 0) {
    stance_http_fail(reply, 404, "no_such_path", "there is no such path; see HTTP_API.md");
  } else if (!reads) {
    api_fail_method(reply, "GET");
  } else if (strcmp(path, state_path) == 0) {
    get_state(api, &request, reply);
  } else {
    api_get_protocols(&request, reply);
  }
}
