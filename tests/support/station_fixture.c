/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/station_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int station_fixture_setup(void **state)
{
  struct station_fixture *fixture = calloc(1, sizeof *fixture);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/stance-station-XXXXXX");
  if (mkdtemp(fixture->folder) == NULL)
    return -1;
  snprintf(fixture->store_path, sizeof fixture->store_path, "%s/store.db", fixture->folder);
  *state = fixture;
  return 0;
}

void station_fixture_close(struct station_fixture *fixture)
{
  if (fixture->station == NULL)
    return;
  stance_station_close(fixture->station);
  stance_event_hub_leave(fixture->onlooker);
  stance_station_destroy(fixture->station);
  fixture->station = NULL;
}

int station_fixture_teardown(void **state)
{
  struct station_fixture *fixture = *state;
  char command[128];
  station_fixture_close(fixture);
  for (size_t k = 0; k < fixture->event_count; k++)
    free(fixture->event[k].text);
  free(fixture->event);
  snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
  int error = system(command);
  free(fixture);
  return error;
}

void station_fixture_open(struct station_fixture *fixture, const char *device, bool unattended)
{
  const struct stance_station_options options = {
      .store_path = fixture->store_path,
      .device = {{.uri = device, .side = STANCE_SIDE_NONE}},
      .device_count = 1,
      .clock = fixture->clock,
      .sound = fixture->sound,
      .unattended = unattended,
  };
  struct stance_problem problem = {""};
  if (stance_station_create(&options, &fixture->station, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  fixture->onlooker = stance_event_hub_join(stance_station_hub(fixture->station));
  assert_non_null(fixture->onlooker);
}

void station_fixture_start(struct station_fixture *fixture, const char *protocol,
                           const char *athlete)
{
  struct stance_test_request request = stance_test_request_default;
  struct stance_problem problem = {""};
  request.protocol = protocol;
  request.athlete = athlete;
  if (stance_station_start(fixture->station, &request, fixture->id, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
}

void station_fixture_command(struct station_fixture *fixture, enum stance_test_command command,
                             int value)
{
  struct stance_problem problem = {""};
  if (stance_station_command(fixture->station, fixture->id, command, value, &problem) != STANCE_OK)
    fail_msg("command %d: %s; %s", (int)command, problem.text,
             station_fixture_last(fixture, "state"));
}

static double now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const char *keep(struct station_fixture *fixture, const struct stance_event *event)
{
  if (fixture->event_count == fixture->event_capacity) {
    fixture->event_capacity = fixture->event_capacity == 0 ? 256 : 2 * fixture->event_capacity;
    fixture->event = realloc(fixture->event, fixture->event_capacity * sizeof *fixture->event);
    assert_non_null(fixture->event);
  }
  struct watched_event *kept = &fixture->event[fixture->event_count++];
  snprintf(kept->name, sizeof kept->name, "%s", event->name);
  kept->text = strdup(event->text);
  assert_non_null(kept->text);
  return kept->text;
}

bool station_fixture_wait(struct station_fixture *fixture, const char *name, const char *part,
                          double timeout_s)
{
  const double until_s = now_s() + timeout_s;
  const char *last = part == NULL ? NULL : station_fixture_last(fixture, name);
  bool closed = false;
  while (last == NULL || strstr(last, part == NULL ? "" : part) == NULL) {
    uint64_t missed = 0;
    if (closed || now_s() >= until_s)
      return false;
    const struct stance_event *event =
        stance_onlooker_next(fixture->onlooker, 50, &missed, &closed);
    fixture->missed += missed;
    if (event == NULL)
      continue;
    const char *text = keep(fixture, event);
    if (strcmp(event->name, name) == 0)
      last = text;
    stance_event_release(event);
  }
  return true;
}

const char *station_fixture_last(const struct station_fixture *fixture, const char *name)
{
  for (size_t k = fixture->event_count; k-- > 0;)
    if (strcmp(fixture->event[k].name, name) == 0)
      return fixture->event[k].text;
  return NULL;
}

size_t station_fixture_count(const struct station_fixture *fixture, const char *name,
                             const char *part)
{
  size_t count = 0;
  for (size_t k = 0; k < fixture->event_count; k++)
    if (strcmp(fixture->event[k].name, name) == 0 && strstr(fixture->event[k].text, part) != NULL)
      count++;
  return count;
}

size_t station_fixture_notes(const struct station_fixture *fixture, enum stance_note_kind kind,
                             const char *name)
{
  struct stance_store *store = NULL;
  struct stance_note *notes = NULL;
  struct stance_problem problem = {""};
  size_t count = 0, found = 0;
  if (stance_store_open(fixture->store_path, STANCE_STORE_READ, &store, &problem) != STANCE_OK ||
      stance_store_list_notes(store, fixture->id, &notes, &count, &problem) != STANCE_OK)
    fail_msg("%s", problem.text);
  for (size_t k = 0; k < count; k++)
    found += notes[k].kind == kind && (name[0] == '\0' || strcmp(notes[k].name, name) == 0) ? 1 : 0;
  free(notes);
  stance_store_close(store);
  return found;
}
