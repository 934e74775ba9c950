/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One live test, from the first prompt to the reports; private to run_*.c and command_run.c. */
#ifndef STANCE_RUN_H
#define STANCE_RUN_H

#include "pipeline.h"
#include "recorder.h"
#include "stance/ring.h"
#include "stance/source.h"
#include "store.h"
#include "trial.h"

#include <signal.h>
#include <stdbool.h>

enum { STANCE_RUN_SETTING_MAX = 64, STANCE_RUN_PATH_MAX = 4096 };

struct stance_run_arguments {
  const char *protocol;
  const char *device[STANCE_STREAM_MAX]; /* URIs; the first may be the default */
  enum stance_side device_side[STANCE_STREAM_MAX];
  size_t device_count;
  const char *athlete;
  const char *operator_name;
  const char *output; /* folder of the reports */
  const char *side_order;
  double mass_kg, lever_m; /* NaN: not given */
  enum stance_side injured_side;
  bool unattended;
  double duration_s; /* 0: none given */
  bool log_commits, json, locale;
  struct stance_setting setting[STANCE_RUN_SETTING_MAX];
  size_t setting_count;
};
/* Ends the program with status 2 and a sentence on a wrong use. */
void stance_run_parse(int argc, char **argv, struct stance_run_arguments *ret_arguments);

/* One instrument of the rig. */
struct stance_run_stream {
  enum stance_side side; /* NONE: as its channels say */
  struct stance_source *source;
  const struct stance_source_info *info;
  struct stance_calibration calibration; /* for the bar: with the side claimed */
  struct stance_frame_ring *ring;        /* to the recorder */
  struct stance_frame_ring *live_ring;   /* to the bar on the terminal; NULL without one */
  bool failure_told;
  struct stance_problem notice;        /* as last told to the user */
  int64_t away_since_s;                /* CLOCK_MONOTONIC; 0: it is there */
  bool lost;                           /* waited for in vain */
  uint64_t interruptions, frames_lost; /* known after the recording */
};

struct stance_run {
  const struct stance_run_arguments *arguments;
  struct stance_protocol protocol;
  char *protocol_text;
  struct stance_store *store;
  struct stance_run_stream stream[STANCE_STREAM_MAX];
  size_t stream_count;
  double epoch_s; /* when several simulated rigs' one athlete begins; 0: each has its own */
  struct stance_recording recording;
  struct stance_recording played; /* of the store, played back; id "" where none is */
  struct stance_recorder *recorder;
  bool recorder_failing;     /* as last told to the user */
  struct stance_phase phase; /* the one going on while the clinician leads */
  bool has_phase;
  double live_n[STANCE_MEASURED_SIDE_COUNT];
  int64_t live_shown_ns;
  bool live_line; /* the bar stands on the terminal's last line */
};

/* The URI that is opened: to a simulated rig it adds the protocol's timing, its repetitions and
   --duration where the user did not set them, so that the simulated athlete follows the prompts; to
   two simulated rigs the moment at which their one athlete begins. */
STANCE_MUST_CHECK enum stance_status stance_run_device_uri(const struct stance_run *run,
                                                           size_t stream, char *ret_uri,
                                                           size_t size,
                                                           struct stance_problem *problem);
/* False for a recording played back: its athlete cannot follow prompts. */
bool stance_run_follows_prompts(const struct stance_run *run);
/* True when nobody presses Enter: --unattended, or a simulated athlete with the protocol's timing,
   who follows the clock and would not wait. */
bool stance_run_goes_by_time(const struct stance_run *run);

/* run_replay.c. Opens the streams of the recording that --device asks to be played back; STANCE_END
   where it asks for anything else. */
STANCE_MUST_CHECK enum stance_status stance_run_open_played(struct stance_run *run,
                                                            struct stance_problem *problem);
/* What the recording that is made takes over from the one that is played, but for what the user
   gave, and who the athlete was: a copy is no new test of his. */
STANCE_MUST_CHECK enum stance_status stance_run_describe_played(struct stance_run *run,
                                                                struct stance_problem *problem);
static inline bool stance_run_is_played(const struct stance_run *run)
{
  return run->played.id[0] != '\0';
}
/* Store, source, calibration, recording and phases known beforehand: everything that can fail
   before anything is armed. */
STANCE_MUST_CHECK enum stance_status stance_run_prepare(struct stance_run *run,
                                                        struct stance_problem *problem);
/* Samples until the end. STANCE_INSTRUMENT or STANCE_STORE where source or recorder failed on the
   way; what was recorded until then is in the store. */
STANCE_MUST_CHECK enum stance_status stance_run_record(struct stance_run *run,
                                                       struct stance_problem *problem);
/* Prompts and waits; returns when the recording shall end. */
void stance_run_lead(struct stance_run *run);
/* Analyses what the store holds, writes the reports, prints the summary. */
STANCE_MUST_CHECK enum stance_status stance_run_report(struct stance_run *run,
                                                       struct stance_problem *problem);
void stance_run_finish(struct stance_run *run);

/* Tells the user what the instruments tell; false when none samples any more. */
bool stance_run_instruments_go_on(struct stance_run *run);
/* After the recording, with the health of each stream: STANCE_INSTRUMENT where one failed or did
   not come back. */
STANCE_MUST_CHECK enum stance_status
stance_run_instruments_status(struct stance_run *run, const struct stance_source_health *health,
                              struct stance_problem *problem);
/* A sentence for the summary; none where there was no interruption. */
void stance_run_tell_interruptions(const struct stance_run *run, struct stance_text *text);

/* The bar: takes what the live ring holds, and shows it ten times a second. */
void stance_run_live_update(struct stance_run *run);
/* Takes the bar off the terminal. */
void stance_run_live_clear(struct stance_run *run);
/* A line for the clinician on stderr, above the bar. */
STANCE_PRINTF(2, 3) void stance_run_say(struct stance_run *run, const char *format, ...);

/* Set by SIGINT, SIGTERM and SIGHUP: finish, keep everything. */
extern volatile sig_atomic_t stance_run_interrupted;

/* Makes the folder, with its parents, and proves that a file can be created in it. */
STANCE_MUST_CHECK enum stance_status stance_run_make_folder(const char *path,
                                                            struct stance_problem *problem);

#endif
