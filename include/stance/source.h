/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Anything that delivers raw frames: an instrument, the simulated rig, a file played back. */
#ifndef STANCE_SOURCE_H
#define STANCE_SOURCE_H

#include "stance/clock.h"
#include "stance/ring.h"
#include "stance/status.h"
#include "stance/trace.h"

#include <stdbool.h>
#include <stdint.h>

/* Time is injected, so that a day passes in seconds in a test. now_ns is CLOCK_MONOTONIC. */
struct stance_clock {
  int64_t (*now_ns)(void *context);
  void (*sleep_until_ns)(void *context, int64_t deadline_ns);
  void *context;
};
/* The host's own CLOCK_MONOTONIC. */
extern const struct stance_clock stance_clock_host;

enum { STANCE_OVERSAMPLING_MAX = 64 };

struct stance_source_info {
  char uri[1024];
  char model[64];
  char serial[64];
  char firmware[32];
  unsigned
      plugging;   /* as the kernel numbers it: another one each time it is plugged in; 0: unknown */
  double rate_hz; /* nominal, as sampled */
  unsigned oversampling; /* analysis works at rate_hz / oversampling; 0 and 1: as sampled; up to
                            STANCE_OVERSAMPLING_MAX */
  size_t channel_count;
  struct stance_channel channel[STANCE_CHANNEL_COUNT_MAX];
  bool elastic;         /* its clock waits for room in the ring: nothing is ever dropped */
  bool rate_is_exact;   /* rate_hz is what it is by definition (a recording played back, elastic
                           time): the host's clock says nothing of it */
  uint64_t frame_count; /* instants it will deliver; 0: endless */
  /* Profile that the source knows for itself (the simulated rig), as the text of calibration.h;
     "" where it knows none. */
  char calibration[4096];
};

enum stance_source_state {
  STANCE_SOURCE_READY = 0, /* configured, not started */
  STANCE_SOURCE_STREAMING,
  STANCE_SOURCE_ABSENT,      /* unplugged: it is waited for */
  STANCE_SOURCE_OPENING,     /* it is there again and is opened */
  STANCE_SOURCE_CONFIGURING, /* identified and set up */
  STANCE_SOURCE_DRAINING,    /* stopping */
  STANCE_SOURCE_CLOSED,
};

/* Counters; a snapshot may lag. */
struct stance_source_health {
  uint64_t frames_produced; /* instants that the instrument sampled, lost ones included */
  uint64_t frames_lost;     /* lost inside the instrument or on the wire, or while it was away */
  uint64_t frames_corrupt;  /* came damaged; a part of the lost */
  uint64_t frames_duplicated;
  uint64_t interruptions; /* how often it was unplugged or had to be started anew */
  enum stance_source_state state;
  unsigned backlog_pct; /* fill of the instrument's own buffer, where it says so */
  /* One sentence on what a user should know or do while it goes on; "" where there is nothing. */
  struct stance_problem notice;
  bool ended;  /* no further frame will come */
  bool failed; /* ended because of a fault; `problem` says which */
  struct stance_problem problem;
};

struct stance_source;

/* `clock` is borrowed until destroy; NULL means stance_clock_host. Settings ride in the URI:
   `sim:nordic?seed=7&speed=max`, `replay:FILE?speed=2`; `%26` stands for `&`, `%3F` for `?`, `%25`
   for `%`. STANCE_USAGE names the key, its value and what is allowed. WORK. */
STANCE_MUST_CHECK enum stance_status stance_source_open(const char *uri,
                                                        const struct stance_clock *clock,
                                                        struct stance_source **ret_source,
                                                        struct stance_problem *problem);
/* A source that plays `trace` (borrowed until destroy) as `replay:` plays a file: lost instants are
   jumps of the index, a lone NaN in a frame stays NaN. `speed` > 0 is relative to the trace's own
   rate, INFINITY as fast as the readers go. `uri` (copied) is what info says. WORK. */
STANCE_MUST_CHECK enum stance_status stance_source_from_trace(const struct stance_raw_trace *trace,
                                                              const char *uri, double speed,
                                                              const struct stance_clock *clock,
                                                              struct stance_source **ret_source,
                                                              struct stance_problem *problem);
/* A stored recording that a URI asks for: `replay:ID?speed=N`. What is not in a file only the
   store's owner can play, by stance_source_from_recording. */
struct stance_replay_request {
  char recording[40];
  double speed; /* INFINITY: max */
};
/* STANCE_END where `uri` asks for anything else; STANCE_USAGE for a setting that only files have.
   Any context. */
STANCE_MUST_CHECK enum stance_status
stance_replay_request_read(const char *uri, struct stance_replay_request *ret_request,
                           struct stance_problem *problem);
/* A source that plays one instrument's raw frames as that instrument: `instrument` says who it was,
   with its nominal rate. Takes over what `trace` owns, on success only. `fault`, where not "", is
   how it ends: as the instrument did then. The rest as stance_source_from_trace. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_source_from_recording(struct stance_raw_trace *trace,
                             const struct stance_source_info *instrument, const char *fault,
                             const char *uri, double speed, const struct stance_clock *clock,
                             struct stance_source **ret_source, struct stance_problem *problem);
const struct stance_source_info *stance_source_info(const struct stance_source *source);
/* Starts delivery into `ring_count` rings (each borrowed until stop), every frame into each.
   STANCE_USAGE while it already runs; after a stop it starts again from the first frame. WORK. */
STANCE_MUST_CHECK enum stance_status stance_source_start(struct stance_source *source,
                                                         struct stance_frame_ring *const *rings,
                                                         size_t ring_count,
                                                         struct stance_problem *problem);
/* Returns after the last frame was pushed. Harmless when not started. WORK. */
void stance_source_stop(struct stance_source *source);
void stance_source_health(const struct stance_source *source,
                          struct stance_source_health *ret_health);
/* The least delayed mark since the last call by the loop that follows the instrument's clock, else
   the newest; false where there is none since then. One caller (the recorder). WORK. */
bool stance_source_take_mark(struct stance_source *source, struct stance_clock_mark *ret_mark);
/* The truth behind a simulated recording as CSV text (what each metric would be without noise);
   NULL where the source knows none. The caller frees it. WORK. */
char *stance_source_ground_truth(const struct stance_source *source);
/* Stops first. Accepts NULL. WORK. */
void stance_source_destroy(struct stance_source *source);

/* What the value of one setting in a URI may be. */
enum stance_source_key_type {
  STANCE_KEY_NUMBER,        /* within [minimum, maximum] */
  STANCE_KEY_INTEGER,       /* within [minimum, maximum] */
  STANCE_KEY_NUMBER_OR_MAX, /* the same, or the word `max` */
  STANCE_KEY_CHOICE,        /* one of `choices` */
  STANCE_KEY_FLAGS,         /* some of `choices`, separated by commas; "" for none */
  STANCE_KEY_TEXT,
};

/* One setting, from which messages, `stance devices` and the man page are made. */
struct stance_source_key {
  const char *name;
  enum stance_source_key_type type;
  const char *default_value;
  const char *unit; /* "" where it has none */
  double minimum, maximum;
  const char *choices; /* separated by `|`; NULL where any text or a number is meant */
  const char *meaning;
  size_t member; /* the source's own use */
};

/* What the path of a URI selects: a set of settings that the query can still change. */
struct stance_source_profile {
  const char *path; /* "nordic" */
  const char *summary;
  const char *settings; /* as in a query: "peak_n=250&rest_s=3" */
};

/* One line of the registry: what `stance devices` lists. */
struct stance_source_kind {
  const char *scheme;                           /* "sim" */
  const char *summary;                          /* one line for a user */
  const char *example;                          /* a URI that works */
  const struct stance_source_key *keys;         /* ends with a NULL name; NULL where none */
  const struct stance_source_profile *profiles; /* ends with a NULL path; NULL where none */
};
/* The k-th kind, NULL past the end. */
const struct stance_source_kind *stance_source_kind(size_t k);

/* What is plugged in. */
struct stance_source_found {
  char uri[128];  /* for stance_source_open: by serial number where it has one, else by port */
  char port[32];  /* "1-2.3": bus and port path */
  char model[64]; /* as the instrument says, else by its vendor and product numbers */
  char serial[64];
  char firmware[32];
  bool generic;    /* a chip that is in many devices: it was left alone, its port must be named */
  bool identified; /* it answered; else `problem` says why not, "" for a generic one */
  struct stance_problem problem;
};
/* Asks every supported instrument who it is; those that are in use say so. The caller frees the
   array. STANCE_OK with a count of 0 where nothing is there. WORK. */
STANCE_MUST_CHECK enum stance_status stance_source_list(struct stance_source_found **ret_found,
                                                        size_t *ret_count,
                                                        struct stance_problem *problem);

#endif
