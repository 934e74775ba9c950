/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The station: one rig, at most one test at a time. A thread of its own takes the frames from the
   instruments' rings, drives the test's state machine, plays its cues, tells onlookers; when a test
   ends, what the recorder has stored is analysed. Daemon, page and terminal are onlookers.

   What it tells, on its hub, one JSON object each: `state` (kept; on every change and each second),
   `live` (60 a second while an instrument streams), `repetition`, `tell`, `result` (kept). Their
   members are in tools/station/README.md. */
#ifndef STANCE_STATION_H
#define STANCE_STATION_H

#include "cue_output.h"
#include "event_hub.h"
#include "report.h"
#include "stance/machine.h"
#include "stance/source.h"
#include "stance/status.h"
#include "store.h"
#include "trial.h"

#include <stdatomic.h>
#include <stdbool.h>

struct stance_station;

struct stance_station_device {
  const char *uri;
  enum stance_side side; /* NONE: as its channels say */
};

/* Zeroes are the defaults. Texts are copied, what is pointed to is borrowed until destroy. */
struct stance_station_options {
  const char *store_path; /* NULL: the default */
  struct stance_station_device device[STANCE_STREAM_MAX];
  size_t device_count;              /* 1, or 2 with a side each */
  const struct stance_clock *clock; /* NULL: the host's */
  struct stance_sound *sound;       /* NULL: silence */
  bool unattended;                  /* prompts answer themselves */
  const atomic_bool *give_up;       /* true while closing: do not wait for a store that refuses */
  bool log_commits;                 /* as the recorder's */
  /* Shown each report while it lives, before its `result` is told, in a thread of the station's;
     `truth` is a simulated rig's, NULL else. NULL: nobody. */
  void (*analysed)(void *context, const struct stance_report *report, const char *truth);
  void *analysed_context;
};

enum { STANCE_TEST_SETTING_MAX = 64 };

/* NULL, NaN and SIDE_NONE: unknown. Everything is copied. */
struct stance_test_request {
  const char *protocol; /* as stance_protocol_find takes it */
  const char *athlete, *operator_name;
  double body_mass_kg, lever_m;
  enum stance_side injured_side;
  /* Percent of the maximum, instead of the protocol's; NaN: as the protocol has it. */
  double target_low_pct, target_high_pct;
  double duration_s;      /* > 0: records so long whatever happens */
  const char *side_order; /* one plate used for both in turn, as stance_trial_side_order takes it */
  const struct stance_setting *setting; /* of the analysis */
  size_t setting_count;                 /* up to STANCE_TEST_SETTING_MAX */
  /* That the station must have, or there is no test; 0: whichever it has. */
  const struct stance_station_device *device;
  size_t device_count;
  bool unattended; /* prompts of this test answer themselves */
};
extern const struct stance_test_request stance_test_request_default;

/* Opens the store for writing, so that what cannot be kept is refused before anybody kneels down.
   STANCE_STORE, STANCE_USAGE (devices), STANCE_MEMORY. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_station_create(const struct stance_station_options *options,
                      struct stance_station **ret_station, struct stance_problem *problem);
/* A test that goes on is ended, kept and analysed. Onlookers are sent away: the hub is closed, and
   must have no readers left before the station is destroyed. Accepts NULL. WORK. */
void stance_station_close(struct stance_station *station);
/* Closes first. Accepts NULL. WORK. */
void stance_station_destroy(struct stance_station *station);

/* The four below may be called from any thread that may block; each waits for the station's own.
   STANCE_MISMATCH: not now; STANCE_USAGE: never as asked; STANCE_END: there is no such test. */

/* Opens the instrument and begins. `ret_id` is the recording's UUID. STANCE_MISMATCH while a test
   goes on or the station closes, or where it has other instruments; STANCE_USAGE, STANCE_INPUT (the
   protocol), STANCE_INSTRUMENT, STANCE_STORE, STANCE_MEMORY. */
STANCE_MUST_CHECK enum stance_status stance_station_start(struct stance_station *station,
                                                          const struct stance_test_request *request,
                                                          char ret_id[STANCE_UUID_SIZE],
                                                          struct stance_problem *problem);
/* A command to the test `id`. STANCE_MISMATCH with a sentence where it means nothing in its state,
   STANCE_USAGE where `value` is impossible, STANCE_END where `id` does not go on. */
STANCE_MUST_CHECK enum stance_status
stance_station_command(struct stance_station *station, const char *id,
                       enum stance_test_command command, int value, struct stance_problem *problem);
/* The test `id` ends now; everything is kept and analysed. Harmless where it is the last one and
   has ended already; STANCE_END for any other. */
STANCE_MUST_CHECK enum stance_status stance_station_stop_test(struct stance_station *station,
                                                              const char *id,
                                                              struct stance_problem *problem);
/* Between two tests: no test begins until it goes on, and the sound is let go of. STANCE_MISMATCH
   while a test goes on. */
STANCE_MUST_CHECK enum stance_status stance_station_pause(struct stance_station *station,
                                                          struct stance_problem *problem);
/* Goes on after a pause, with other instruments (none: with those it had) and sound (NULL: silence;
   borrowed as in the options). STANCE_USAGE where the instruments make no rig: it goes on with
   those it had. */
STANCE_MUST_CHECK enum stance_status
stance_station_resume(struct stance_station *station, const struct stance_station_device *device,
                      size_t device_count, struct stance_sound *sound,
                      struct stance_problem *problem);
/* From the request on until its result was told, or why there is none. */
bool stance_station_is_testing(struct stance_station *station);

/* False where its thread has not come round for seconds: for a watchdog. Any thread. */
bool stance_station_is_alive(struct stance_station *station);

/* Borrowed until destroy. */
struct stance_event_hub *stance_station_hub(struct stance_station *station);
/* The `state` event as it was told last; the caller frees it; NULL: out of memory. Any thread that
   may block. */
char *stance_station_state_json(struct stance_station *station);
/* Where `id` is the test whose `result` was told last, that is told anew: with what the recording
   says now, and what went wrong in the test. `report` NULL: it has none any more, `why`. Any thread
   that may block. */
void stance_station_tell_again(struct stance_station *station, const char *id,
                               const struct stance_report *report, const char *why);
/* Borrowed until destroy. A store is for one thread: others open it for reading. */
const char *stance_station_store_path(const struct stance_station *station);
/* True where the last writer of the store had not closed it. */
bool stance_station_was_recovered(const struct stance_station *station);
/* The recording that the end of that writer cut off, and the seconds of it that are there; false
   where nothing was being recorded. Before the first test; onlookers are told until one is over. */
bool stance_station_cut_off(const struct stance_station *station, char ret_id[STANCE_UUID_SIZE],
                            double *ret_stored_s);

#endif
