/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A station behind the private socket: it tells and takes what one in this process does. */
#include "station_remote.h"

#include "http_api.h"
#include "station_view.h"
#include "support/station_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char fast[] = "sim:?speed=max&rate=250&seed=7";
static const char waiting[] = "sim:?speed=20&unloaded_s=900&duration=920"; /* for its clinician */

static struct station_fixture *fixture;
static struct stance_daemon_address address;
static struct stance_daemon_socket *private;
static struct stance_http_api *api;
static struct stance_http *http;
static struct stance_remote *remote;

static int begin(void **state)
{
  if (station_fixture_setup(state) != 0)
    return -1;
  fixture = *state;
  return setenv("XDG_RUNTIME_DIR", fixture->folder, 1);
}

static void shut(void)
{
  stance_http_stop(http);
  stance_daemon_socket_close(private);
  stance_http_api_destroy(api);
  http = NULL;
  private = NULL;
  api = NULL;
}

static int end(void **state)
{
  stance_remote_close(remote);
  remote = NULL;
  shut();
  return station_fixture_teardown(state);
}

static void serve(const char *device, bool unattended)
{
  station_fixture_open(fixture, device, unattended);
  address = (struct stance_daemon_address){0};
  assert_int_equal(stance_http_new_token(address.token, NULL), STANCE_OK);
  assert_int_equal(stance_http_api_create(fixture->station, &api, NULL), STANCE_OK);
  assert_int_equal(stance_daemon_socket_open(&private, NULL), STANCE_OK);
  const struct stance_http_options options = {.token = address.token,
                                              .socket = private,
                                              .events_path = STANCE_HTTP_EVENTS_PATH,
                                              .hub = stance_station_hub(fixture->station),
                                              .handle = stance_http_api_handle,
                                              .pace = stance_http_api_pace,
                                              .context = api};
  assert_int_equal(stance_http_start(&options, &http, NULL), STANCE_OK);
  address.port = stance_http_port(http);
  strcpy(address.socket, stance_daemon_socket_path(private));
}

static void dial(void)
{
  struct stance_problem problem = {""};
  if (stance_remote_open(&address, &remote, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
}

static struct stance_test_request request_of(const char *protocol)
{
  struct stance_test_request request = stance_test_request_default;
  request.protocol = protocol;
  return request;
}

/* Reads until an event `name` with `part` in it, which is copied; NULL where they end before. */
static char *read_until(const char *name, const char *part, struct stance_station_view *view)
{
  const char *told, *text;
  bool gone = false;
  while (!gone) {
    stance_remote_wait(remote, -1, 100);
    while (stance_remote_next(remote, &told, &text, &gone)) {
      char *found = strcmp(told, name) == 0 && strstr(text, part) != NULL ? strdup(text) : NULL;
      stance_station_view_take(view, told, text);
      if (found != NULL)
        return found;
    }
  }
  return NULL;
}

/* Whoever cannot be told the events hears the daemon's own reason. */
static void a_refusal_is_the_daemons_own(void **state)
{
  struct stance_onlooker *others[STANCE_ONLOOKER_MAX + 1];
  struct stance_problem problem = {""};
  size_t count = 0;
  (void)state;
  serve(fast, false);
  struct stance_event_hub *hub = stance_station_hub(fixture->station);
  while ((others[count] = stance_event_hub_join(hub)) != NULL)
    count++;
  assert_int_equal(stance_remote_open(&address, &remote, &problem), STANCE_END);
  while (count > 0)
    stance_event_hub_leave(others[--count]);
  assert_int_equal(strncmp(problem.text, "too many pages are open", 23), 0);
}

static void a_test_is_told_to_its_end(void **state)
{
  static const struct stance_setting setting[] = {{.key = "onset_sd", .value = "4"}};
  struct stance_test_request request = request_of("nordic");
  struct stance_station_view view = {0};
  char id[STANCE_UUID_SIZE];
  (void)state;
  request.athlete = "Zoë \"Z\"";
  request.operator_name = "Kim";
  request.body_mass_kg = 81.5;
  request.lever_m = 0.41;
  request.injured_side = STANCE_RIGHT;
  request.setting = setting;
  request.setting_count = 1;
  request.unattended = true;
  serve(fast, false);
  dial();
  assert_int_equal(stance_remote_start(remote, &request, id, NULL), STANCE_OK);
  char *state_text = read_until("state", "\"athlete\":\"Zo", &view);
  assert_non_null(state_text);
  assert_string_equal(view.test.id, id);
  assert_true(view.test.lever_m == 0.41);
  char *result = read_until("result", id, &view);
  assert_non_null(result);
  assert_true(view.result.has_report);
  assert_int_equal(view.result.status, STANCE_OK);
  for (const char *const *part =
           (const char *const[]){"81.5", "Kim", "onset_sd=4", "Zo\xc3\xab \\\"Z\\\"", NULL};
       *part != NULL; part++)
    if (strstr(result, *part) == NULL)
      fail_msg("the result does not know of %s", *part);
  /* what an onlooker in that process is told, to the byte */
  assert_true(station_fixture_wait(fixture, "result", id, 30));
  assert_string_equal(result, station_fixture_last(fixture, "result"));
  free(result);
  free(state_text);
  stance_station_view_finish(&view);
}

static void refusals_keep_their_status_and_sentence(void **state)
{
  struct stance_test_request request = request_of("no-such-test");
  struct stance_problem problem = {""};
  char id[STANCE_UUID_SIZE] = "untouched";
  (void)state;
  serve(waiting, false);
  dial();
  assert_int_equal(stance_remote_start(remote, &request, id, &problem), STANCE_USAGE);
  assert_non_null(strstr(problem.text, "no-such-test"));
  request = request_of("nordic");
  request.athlete = "\xff";
  assert_int_equal(stance_remote_start(remote, &request, id, &problem), STANCE_USAGE);
  request.athlete = NULL;
  const struct stance_station_device other = {.uri = fast, .side = STANCE_SIDE_NONE};
  const struct stance_station_device own = {.uri = waiting, .side = STANCE_SIDE_NONE};
  request.device = &other;
  request.device_count = 1;
  assert_int_equal(stance_remote_start(remote, &request, id, &problem), STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "other instruments"));
  assert_string_equal(id, "untouched");
  request.device = &own;
  assert_int_equal(stance_remote_start(remote, &request, id, &problem), STANCE_OK);
  assert_int_equal(stance_remote_start(remote, &request, (char[STANCE_UUID_SIZE]){0}, &problem),
                   STANCE_MISMATCH);
  assert_non_null(strstr(problem.text, "going on"));
  assert_int_equal(stance_remote_command(remote, id, STANCE_COMMAND_REPEAT, 0, &problem),
                   STANCE_MISMATCH);
  static const char unknown[] = "00000000-0000-0000-0000-000000000000";
  assert_int_equal(stance_remote_command(remote, unknown, STANCE_COMMAND_NEXT, 0, NULL),
                   STANCE_END);
  assert_int_equal(stance_remote_stop_test(remote, unknown, NULL), STANCE_END);
  assert_int_equal(stance_remote_stop_test(remote, id, NULL), STANCE_OK);
}

static void commands_and_their_values_arrive(void **state)
{
  struct stance_test_request request = request_of("nordic");
  struct stance_station_view view = {0};
  struct stance_problem problem = {""};
  char id[STANCE_UUID_SIZE];
  (void)state;
  request.athlete = "A";
  serve(waiting, false);
  dial();
  assert_int_equal(stance_remote_start(remote, &request, id, NULL), STANCE_OK);
  while ((view.test.commands & 1U << STANCE_COMMAND_STOP) == 0) {
    free(read_until("state", id, &view));
    if (strcmp(view.test.needs, "next") == 0 &&
        stance_remote_command(remote, id, STANCE_COMMAND_NEXT, 0, &problem) != STANCE_OK)
      assert_non_null(strstr(problem.text, "now")); /* it has gone on meanwhile */
  }
  if (stance_remote_command(remote, id, STANCE_COMMAND_STOP, 0, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  free(read_until("state", "\"needs\":\"pain\"", &view));
  assert_int_equal(stance_remote_command(remote, id, STANCE_COMMAND_PAIN, 11, NULL), STANCE_USAGE);
  assert_int_equal(stance_remote_command(remote, id, STANCE_COMMAND_PAIN, 7, NULL), STANCE_OK);
  free(read_until("state", "\"needs\":\"side\"", &view));
  assert_int_equal(stance_remote_command(remote, id, STANCE_COMMAND_SIDE, STANCE_RIGHT, NULL),
                   STANCE_OK);
  free(read_until("state", "\"locked\":[\"right\"]", &view));
  assert_int_equal(stance_remote_command(remote, id, STANCE_COMMAND_RELEASE, STANCE_RIGHT, NULL),
                   STANCE_OK);
  free(read_until("state", "\"locked\":[]", &view));
  assert_int_equal(stance_remote_command(remote, id, STANCE_COMMAND_ABORT, 0, NULL), STANCE_OK);
  free(read_until("result", id, &view));
  assert_string_equal(view.result.id, id);
  stance_station_view_finish(&view);
}

static void a_daemon_that_ends_is_noticed(void **state)
{
  struct stance_station_view view = {0};
  struct stance_problem problem = {""};
  (void)state;
  serve(fast, true);
  dial();
  shut();
  assert_null(read_until("result", "never", &view));
  assert_int_equal(stance_remote_stop_test(remote, "x", &problem), STANCE_END);
  assert_non_null(strstr(problem.text, address.socket));
  stance_station_view_finish(&view);
}

static void nobody_and_a_wrong_token_are_told(void **state)
{
  struct stance_problem problem = {""};
  (void)state;
  serve(fast, true);
  address.token[0] = address.token[0] == '0' ? '1' : '0';
  assert_int_equal(stance_remote_open(&address, &remote, &problem), STANCE_END);
  assert_non_null(strstr(problem.text, "the token is missing or not this station's"));
  assert_null(remote);
  shut();
  assert_int_equal(stance_remote_open(&address, &remote, &problem), STANCE_END);
  assert_non_null(strstr(problem.text, address.socket));
}

/* A key is told while no event comes, an event while no key does. */
static void keys_and_events_are_waited_for_together(void **state)
{
  struct stance_station_view view = {0};
  int keys[2];
  (void)state;
  serve(fast, true);
  dial();
  free(read_until("state", "{", &view));
  assert_int_equal(pipe(keys), 0);
  assert_false(stance_remote_wait(remote, keys[0], 1));
  assert_int_equal(write(keys[1], "x", 1), 1);
  assert_true(stance_remote_wait(remote, keys[0], 10000));
  char byte;
  assert_int_equal(read(keys[0], &byte, 1), 1);
  close(keys[1]);
  assert_true(stance_remote_wait(remote, keys[0], 10000)); /* its end is read, too */
  close(keys[0]);
  stance_station_view_finish(&view);
}

int main(void)
{
#define WITH_A_STATION(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
      WITH_A_STATION(a_refusal_is_the_daemons_own),
      WITH_A_STATION(a_test_is_told_to_its_end),
      WITH_A_STATION(refusals_keep_their_status_and_sentence),
      WITH_A_STATION(commands_and_their_values_arrive),
      WITH_A_STATION(a_daemon_that_ends_is_noticed),
      WITH_A_STATION(nobody_and_a_wrong_token_are_told),
      WITH_A_STATION(keys_and_events_are_waited_for_together),
  };
  signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
