/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any request that has come through the door: METHOD, path, arguments and body, by lines. Whatever
   it is, the answer is a status that the interface knows, and JSON where it says so; what reaches
   the station is in range; GET and HEAD reach nothing that changes. The station is a stub, the
   store a real one. */
#include "http_api.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void require(bool holds)
{
  if (!holds)
    abort();
}

struct stance_station {
  char path[64];
};
static struct stance_station station;
static bool only_reads; /* what is asked now */

const struct stance_test_request stance_test_request_default = {
    .body_mass_kg = (double)NAN, .lever_m = (double)NAN, .injured_side = STANCE_SIDE_NONE};

enum stance_status stance_station_start(struct stance_station *to,
                                        const struct stance_test_request *request,
                                        char ret_id[STANCE_UUID_SIZE],
                                        struct stance_problem *problem)
{
  (void)to;
  require(!only_reads);
  require(request->protocol != NULL && strchr(request->protocol, '/') == NULL);
  require(strlen(request->protocol) < 48);
  require(request->athlete == NULL || strlen(request->athlete) < 64);
  require(request->operator_name == NULL || strlen(request->operator_name) < 64);
  require(isnan(request->body_mass_kg) || request->body_mass_kg > 0);
  require(isnan(request->lever_m) || request->lever_m > 0);
  require(request->duration_s >= 0 && isfinite(request->duration_s));
  if (strlen(request->protocol) % 2 == 1)
    return stance_problem_set(problem, STANCE_MISMATCH, "a test of '%s' goes on",
                              request->protocol);
  snprintf(ret_id, STANCE_UUID_SIZE, "00000000-0000-0000-0000-000000000001");
  return STANCE_OK;
}

enum stance_status stance_station_command(struct stance_station *to, const char *id,
                                          enum stance_test_command command, int value,
                                          struct stance_problem *problem)
{
  (void)to, (void)problem;
  require(!only_reads);
  require(strlen(id) == STANCE_UUID_SIZE - 1);
  require(command <= STANCE_COMMAND_RELEASE && value >= 0 && value <= 10);
  return STANCE_OK;
}

enum stance_status stance_station_stop_test(struct stance_station *to, const char *id,
                                            struct stance_problem *problem)
{
  (void)to;
  require(!only_reads);
  require(strlen(id) == STANCE_UUID_SIZE - 1);
  return stance_problem_set(problem, STANCE_END, "there is no test %s", id);
}

char *stance_station_state_json(struct stance_station *to)
{
  (void)to;
  return strdup("{\"api\":1,\"test\":null}");
}

void stance_station_tell_again(struct stance_station *to, const char *id,
                               const struct stance_report *report, const char *why)
{
  (void)to;
  require(!only_reads);
  require(strlen(id) == STANCE_UUID_SIZE - 1);
  require(report != NULL || why != NULL);
}

const char *stance_station_store_path(const struct stance_station *of)
{
  return of->path;
}

static void remove_store(void)
{
  char other[80];
  unlink(station.path);
  snprintf(other, sizeof other, "%s-wal", station.path);
  unlink(other);
  snprintf(other, sizeof other, "%s-shm", station.path);
  unlink(other);
}

static struct stance_http_api *open_api(void)
{
  struct stance_http_api *api = NULL;
  struct stance_store *store = NULL;
  snprintf(station.path, sizeof station.path, "/tmp/fuzz_http_%ld.db", (long)getpid());
  remove_store();
  require(stance_store_open(station.path, STANCE_STORE_WRITE, &store, NULL) == STANCE_OK);
  stance_store_close(store);
  require(stance_http_api_create(&station, &api, NULL) == STANCE_OK);
  atexit(remove_store);
  return api;
}

/* Of the store: every write ends in it, for nobody else has it open. */
static struct timespec last_write(void)
{
  struct stat there;
  require(stat(station.path, &there) == 0);
  return there.st_mtim;
}

/* The next line of the input, terminated. */
static char *next_line(char **rest)
{
  char *line = *rest;
  size_t length = strcspn(line, "\n");
  *rest = line + length + (line[length] == '\n');
  line[length] = '\0';
  return line;
}

static void check(const struct stance_http_reply *reply)
{
  static const int known[] = {200, 201, 202, 400, 404, 405, 409, 503};
  bool is_known = false;
  for (size_t k = 0; k < sizeof known / sizeof *known; k++)
    is_known = is_known || reply->status == known[k];
  require(is_known && reply->body != NULL && reply->content_type != NULL);
  require(strspn(reply->file_name,
                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
          strlen(reply->file_name));
  if (strcmp(reply->content_type, "application/json") != 0)
    return;
  json_t *json = json_loadb(reply->body, reply->length, 0, NULL);
  require(json != NULL);
  if (reply->status >= 400) {
    require(json_is_string(json_object_get(json, "error")));
    require(json_is_string(json_object_get(json, "detail")));
  }
  json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct stance_http_api *api;
  if (api == NULL)
    api = open_api();
  if (size > STANCE_HTTP_BODY_MAX)
    return 0;
  char *text = malloc(size + 1), *rest = text;
  require(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  struct stance_http_request request = {.method = next_line(&rest), .path = next_line(&rest)};
  for (char *line = next_line(&rest);
       *line != '\0' && request.argument_count < STANCE_HTTP_ARGUMENT_MAX;
       line = next_line(&rest)) {
    char *value = strchr(line, '=');
    if (value == NULL)
      continue;
    *value = '\0';
    request.argument[request.argument_count++] =
        (struct stance_http_argument){.name = line, .value = value + 1};
  }
  /* The rest may hold a NUL, as a body may. */
  request.body_length = (size_t)(text + size - rest);
  request.body = request.body_length > 0 ? rest : NULL;
  struct stance_http_reply reply = {.status = 200};
  only_reads = strcmp(request.method, "GET") == 0 || strcmp(request.method, "HEAD") == 0;
  const struct timespec before = last_write();
  stance_http_api_handle(api, &request, &reply);
  const struct timespec after = last_write();
  require(!only_reads || (before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec));
  check(&reply);
  free(reply.body);
  free(text);
  return 0;
}
