/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by station*.c. Everything here belongs to the station's thread but what says otherwise. */
#ifndef STANCE_STATION_PRIVATE_H
#define STANCE_STATION_PRIVATE_H

#include "station.h"

#include "maximum.h"
#include "recorder.h"
#include "stance/calibration.h"
#include "stance/live.h"
#include "stance/ring.h"
#include "store_sound.h"
#include "text.h"

#include <pthread.h>
#include <sched.h>

enum {
  STATION_ATTEMPT_MAX = 128, /* told; the recording has them all */
  STATION_POINT_MAX = 1024,  /* of a `live` event: five seconds, should nobody have looked */
  STATION_SENTENCE_MAX = 160,
  STATION_CUE_MAX = 64, /* ordered and not yet heard of: more than the mixer can hold */
  /* of each instrument its URI (1024), name (136), profile (64), and what stands between them */
  STATION_RIG_NAME_SIZE = STANCE_STREAM_MAX * 1280,
};

/* One instrument of the rig in a test. */
struct station_stream {
  enum stance_side side;
  struct stance_source *source;
  const struct stance_source_info *info;
  struct stance_calibration calibration; /* with the side claimed */
  struct stance_frame_ring *ring;        /* to the recorder */
  struct stance_frame_ring *live_ring;   /* to this thread */
  struct stance_force_frame force;       /* the newest */
  struct stance_source_health health;    /* as it was last looked at */
};

struct station_attempt {
  struct stance_test_repetition repetition;
  enum stance_test_message message;
};

/* The trace for onlookers: means over whole frames of point_length, by side. */
struct station_trace {
  uint64_t point_length; /* frames */
  uint64_t point;        /* number of the one being filled */
  double sum[STANCE_MEASURED_SIDE_COUNT];
  unsigned count; /* frames in it */
  uint64_t first; /* number of the first finished point */
  size_t point_count;
  double force_n[STANCE_MEASURED_SIDE_COUNT][STATION_POINT_MAX];
  int64_t told_ns;
};

/* The sound card has taken it, and has not yet said that it sounded. */
struct station_cue {
  enum stance_cue cue;
  int64_t asked_ns; /* as the card was told: 0, at once */
  int64_t due_ns;   /* the host's */
  uint64_t losses;  /* of the card until then */
};

struct station_test {
  struct stance_protocol protocol;
  struct stance_recording recording;
  struct station_stream stream[STANCE_STREAM_MAX];
  size_t stream_count;
  struct stance_recorder *recorder;
  struct stance_recording played; /* of the store, played back; id "" where none is */
  struct stance_setting setting[STANCE_TEST_SETTING_MAX]; /* owned texts */
  size_t setting_count;
  char lever_from[STANCE_DAY_SIZE]; /* the day of the test it was taken over from; "" */
  double duration_s;                /* 0: as the machine leads */
  double epoch_s; /* when several simulated rigs' one athlete begins; 0: each has its own */
  bool leads;     /* false: a recording played back follows no prompts */
  bool unattended;
  bool simulated, two_sided;
  bool by_frames;  /* the test's time is counted in frames: a simulation may run at any speed */
  bool to_the_end; /* of its sources, however early the machine has finished */
  int64_t start_ns;
  uint64_t frames; /* number of the one after the newest, of the first instrument */
  uint64_t steps;  /* quanta of frames that the machine knows of */
  bool streaming;
  int64_t away_since_ns; /* 0: it is there */
  int64_t looked_ns;     /* at the instruments */
  unsigned sides_proved; /* bit of each side */
  struct stance_live live;
  struct stance_machine machine;
  struct station_trace trace;
  struct station_attempt attempt[STATION_ATTEMPT_MAX];
  size_t attempt_count;
  struct stance_maximum maximum;              /* that the target band is a part of; day "": none */
  struct stance_sound_latency *sound_latency; /* of every card that was measured; owned */
  size_t sound_latency_count;
  struct station_cue cue[STATION_CUE_MAX]; /* in the order in which they were asked for */
  size_t cue_count;
  double noted_late_s; /* of the card that plays, as it was noted last; NaN: not measured */
  bool ending;         /* nothing leads it any more */
  bool finishing;

  /* The finishing thread's, until `finished`. */
  pthread_t finisher;
  const struct stance_clock *clock;
  struct stance_store *store;
  atomic_bool finished;
  struct stance_text result; /* the `result` event */
  bool has_result;
  enum stance_status ended_as;      /* what went wrong first, */
  struct stance_problem ended_by;   /* in a sentence; STANCE_OK, "" */
  struct stance_text interruptions; /* JSON texts, each with a comma before it */
  void (*analysed)(void *context, const struct stance_report *report, const char *truth);
  void *analysed_context;
};

/* Of the station's thread, while an instrument streams. */
struct station_priority {
  bool taken;
  cpu_set_t allowed;  /* processors, before */
  unsigned elsewhere; /* times in a row that frames came on another one */
};

struct station_device {
  char uri[1024];
  enum stance_side side;
};

enum station_request_kind {
  STATION_START,
  STATION_COMMAND,
  STATION_STOP,
  STATION_PAUSE,
  STATION_RESUME,
  STATION_CLOSE,
};
/* What another thread wants; on its stack until `done`. */
struct station_request {
  enum station_request_kind kind;
  const struct stance_test_request *test;
  const char *id;
  enum stance_test_command command;
  int value;
  const struct stance_station_device *device; /* of STATION_RESUME */
  size_t device_count;
  struct stance_sound *sound;
  char ret_id[STANCE_UUID_SIZE];
  enum stance_status status;
  struct stance_problem *problem;
  bool done;
};

struct stance_station {
  char store_path[4096];
  struct station_device device[STANCE_STREAM_MAX];
  size_t device_count;
  const struct stance_clock *clock;
  struct stance_sound *sound;
  bool unattended, log_commits;
  const atomic_bool *give_up;
  void (*analysed)(void *context, const struct stance_report *report, const char *truth);
  void *analysed_context;
  bool recovered;
  char cut_off_id[STANCE_UUID_SIZE]; /* "": nothing was, or a test has been finished since */
  double cut_off_s;
  struct stance_event_hub *hub;
  pthread_t thread;
  bool joined; /* of whoever closes */

  pthread_mutex_t lock;
  pthread_cond_t wake, answered;
  struct station_request *request;  /* under `lock` */
  bool closed;                      /* under `lock` */
  bool testing;                     /* under `lock` */
  char *state_json;                 /* under `lock` */
  struct stance_problem disk;       /* under `lock`: why the store refuses; "" */
  bool disk_gave_up;                /* under `lock` */
  struct stance_text last_problems; /* under `lock`: what its `result` says beside the report */
  atomic_bool disk_news;
  atomic_int_least64_t alive_ns;

  struct station_request *waiting; /* a STATION_START, for the result of the test before */
  bool paused;
  struct stance_store *store; /* the thread's, lent to recorder and finisher */
  struct station_test *test;
  char last_id[STANCE_UUID_SIZE]; /* of the thread, which writes it under `lock` */
  bool has_result;                /* last_id has one */
  bool changed;                   /* the state must be told */
  int64_t told_ns;
  int64_t looked_ns;                /* for the instruments, without a test: */
  struct stance_problem missing;    /* which is not plugged in; "" */
  struct stance_sound_health heard; /* as it was last told */
  struct station_priority priority;
  char proved_on[16]; /* the day on which the sides of the rig were proved; "" */
  char proved_rig[STATION_RIG_NAME_SIZE]; /* station_test_rig_name */
};

static inline int64_t station_now_ns(const struct stance_station *station)
{
  return station->clock->now_ns(station->clock->context);
}

/* station_create.c: the rig's instruments, copied; nothing is changed where they make no rig. */
STANCE_MUST_CHECK enum stance_status
station_take_devices(struct stance_station *station, const struct stance_station_device *device,
                     size_t count, struct stance_problem *problem);
/* These, in either order. The station's thread. */
bool station_has_devices(const struct stance_station *station,
                         const struct stance_station_device *device, size_t count);

/* station.c: the thread; `station` is a struct stance_station. */
void *station_thread(void *station);

/* station_prepare.c: everything that can fail before anything samples. */
STANCE_MUST_CHECK enum stance_status station_test_prepare(struct stance_station *station,
                                                          const struct stance_test_request *request,
                                                          struct station_test **ret_test,
                                                          struct stance_problem *problem);
void station_test_destroy(struct station_test *test);
/* Whether any of its instruments measures it. */
bool station_test_has_side(const struct station_test *test, enum stance_side side);

/* station_replay.c. Opens the streams of the recording that the device asks to be played back;
   STANCE_END where it asks for anything else. */
STANCE_MUST_CHECK enum stance_status station_open_played(const struct stance_station *station,
                                                         struct station_test *test,
                                                         struct stance_problem *problem);
/* What the recording that is made takes over from the one that is played, but for what was asked
   for, and who the athlete was: a copy is no new test of his. */
STANCE_MUST_CHECK enum stance_status station_describe_played(struct station_test *test,
                                                             struct stance_problem *problem);
static inline bool station_is_played(const struct station_test *test)
{
  return test->played.id[0] != '\0';
}
/* Of an instrument of several: "LEFT: "; "" of the only one. */
static inline const char *station_stream_name(const struct station_test *test, size_t k)
{
  if (test->stream_count == 1)
    return "";
  return test->stream[k].side == STANCE_LEFT ? "LEFT: " : "RIGHT: ";
}
/* "N", or what uncalibrated values are in. */
const char *station_test_unit(const struct station_test *test);
/* The first thing that went wrong is the one that is told. */
void station_test_fail(struct station_test *test, enum stance_status status,
                       const struct stance_problem *problem);
/* What a proof of the sides holds for: of every instrument model, serial, which plugging in of it
   this is, the side and the URI it was given with, and its profile. */
void station_test_rig_name(const struct stance_station *station, const struct station_test *test,
                           char ret_name[STATION_RIG_NAME_SIZE]);

/* station_test.c: a test that goes on. */
STANCE_MUST_CHECK enum stance_status station_test_begin(struct stance_station *station,
                                                        struct station_test *test,
                                                        struct stance_problem *problem);
/* Takes the frames that are there; true where there were any. */
bool station_test_pump(struct stance_station *station, struct station_test *test);
STANCE_MUST_CHECK enum stance_status
station_test_command(struct stance_station *station, struct station_test *test,
                     enum stance_test_command command, int value, struct stance_problem *problem);
/* Ended early by whoever may. */
void station_test_abort(struct stance_station *station, struct station_test *test);
/* station_presence.c: without a test nothing holds the instruments; are they plugged in? At once,
 */
void station_look_for_devices(struct stance_station *station);
/* now and then. */
void station_watch_devices(struct stance_station *station, int64_t now_ns);
/* station_wait.c: until the instrument's next frames: each packet where something may have to be
   answered at once, else as many as make the next event for onlookers. */
void station_wait(struct stance_station *station, struct station_test *test);
/* Between two `live` events: as often as a screen draws where something may happen, else half as
   often. */
int64_t station_look_ns(const struct station_test *test);
/* station_priority.c: while an instrument streams at its own pace, the station's thread comes
   before the desktop, where the system allows it: a busy page must not make the live engine late.
   Its threads do not. */
void station_take_priority(struct stance_station *station);
void station_give_priority_back(struct stance_station *station);
/* Where it has priority, it moves to the processor on which frames come for a while: waking another
   one costs more than all that is done with them. */
void station_follow(struct stance_station *station, const struct stance_frame_ring *frames);
/* In the test's own time. */
int64_t station_test_now_ns(const struct stance_station *station, const struct station_test *test);

/* station_actions.c: what the machine wants done. */
void station_take_actions(struct stance_station *station, struct station_test *test);
/* By itself: nobody can answer any more of what was asked. */
void station_test_end(struct stance_station *station, struct station_test *test);
void station_note(struct stance_station *station, struct station_test *test,
                  const struct stance_note *note);

/* station_cues.c. Each cue is noted once: as it sounded, or that nobody heard it. `at_ns` in the
   test's own time; 0: at once. */
void station_cue_play(struct stance_station *station, struct station_test *test,
                      enum stance_cue cue, int64_t at_ns);
/* What has not yet sounded is no longer wanted. */
void station_cue_silence(struct stance_station *station, struct station_test *test);
/* Cues that have sounded meanwhile. */
void station_take_cues(struct stance_station *station, struct station_test *test);
/* What went down with the card, as it was just looked at, or is long overdue. NULL: all that is
   left, for the test ends. */
void station_miss_cues(struct stance_station *station, struct station_test *test,
                       const struct stance_sound_health *card);
/* The card ran dry: what it plays about now comes at an unknown instant. */
void station_note_sound_gap(struct stance_station *station, struct station_test *test);

/* station_target.c. STANCE_USAGE where the protocol names another one that there is not. */
STANCE_MUST_CHECK enum stance_status station_target_find(struct stance_station *station,
                                                         struct station_test *test,
                                                         struct stance_problem *problem);
/* In the forces that `live` shows; false where there is none now. */
bool station_target_band(const struct station_test *test, double *ret_low_n, double *ret_high_n);
/* Whether the tone sounds, and how; each time that the force has changed. */
void station_feedback(struct stance_station *station, const struct station_test *test);
/* Tells what the machine does not know of. */
void station_tell(struct stance_station *station, const struct station_test *test,
                  enum stance_test_message message);

/* station_trace.c */
void station_trace_begin(struct station_trace *trace, double rate_hz);
void station_trace_add(struct station_trace *trace, const struct stance_force_frame *force);
/* Tells what is finished, when it is time to. */
void station_trace_tell(struct stance_station *station, struct station_test *test);

/* station_state.c: the `state` event. */
void station_state_tell(struct stance_station *station);
void station_json_number(struct stance_text *text, const char *format, double value);
void station_attempt_json(struct stance_text *text, const struct station_test *test,
                          const struct station_attempt *attempt);

/* station_finish.c: stops, commits, analyses, in a thread of its own: a disk that refuses may keep
   it for minutes. */
void station_finish_begin(struct stance_station *station, struct station_test *test);
/* Once `finished`: tells the result. */
void station_finish_end(struct stance_station *station, struct station_test *test);

#endif
