/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A station on a store of its own, with one onlooker who writes everything down. */
#ifndef STANCE_STATION_FIXTURE_H
#define STANCE_STATION_FIXTURE_H

#include "station.h"
#include "store_note.h"

#include <stdbool.h>

struct watched_event {
  char name[16];
  char *text;
};

struct station_fixture {
  char folder[64], store_path[96];
  const struct stance_clock *clock; /* NULL: the host's */
  struct stance_sound *sound;       /* NULL: silence; the test's own */
  struct stance_station *station;
  struct stance_onlooker *onlooker;
  char id[STANCE_UUID_SIZE];
  struct watched_event *event;
  size_t event_count, event_capacity;
  uint64_t missed;
};

/* cmocka's setup and teardown. */
int station_fixture_setup(void **state);
int station_fixture_teardown(void **state);

/* Another device: begins a station on the same store. */
void station_fixture_open(struct station_fixture *fixture, const char *device, bool unattended);
void station_fixture_close(struct station_fixture *fixture);
void station_fixture_start(struct station_fixture *fixture, const char *protocol,
                           const char *athlete);
/* Fails the test where the command is refused. */
void station_fixture_command(struct station_fixture *fixture, enum stance_test_command command,
                             int value);
/* Watches until the newest event `name` contains `part` (NULL: any new one); false after
   `timeout_s`. */
bool station_fixture_wait(struct station_fixture *fixture, const char *name, const char *part,
                          double timeout_s);
/* The newest of this name; NULL: none. */
const char *station_fixture_last(const struct station_fixture *fixture, const char *name);
size_t station_fixture_count(const struct station_fixture *fixture, const char *name,
                             const char *part);
/* Notes of the last test, by kind and name ("": any). */
size_t station_fixture_notes(const struct station_fixture *fixture, enum stance_note_kind kind,
                             const char *name);

#endif
