/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: one SQLite file that holds raw values, what is known about them, calibrations and
   results. WAL, synchronous=FULL, one transaction per block; mode 0600. All functions: WORK. One
   store object belongs to one thread at a time. */
#ifndef STANCE_STORE_H
#define STANCE_STORE_H

#include "reliability_record.h"
#include "stance/calibration.h"
#include "stance/clock.h"
#include "stance/frame.h"
#include "stance/source.h"
#include "stance/status.h"
#include "stance/trace.h"
#include "verification_record.h"

#include <stdint.h>

enum { STANCE_UUID_SIZE = 37 };
/* "sha256/1:" with 64 hexadecimal digits; 1 is the version of what it covers. */
enum { STANCE_RECORDING_DIGEST_SIZE = 80 };

struct stance_store;

enum stance_store_access { STANCE_STORE_READ, STANCE_STORE_WRITE };

/* $STANCE_STORE, else $XDG_DATA_HOME/stance/store.db, else ~/.local/share/stance/store.db. */
STANCE_MUST_CHECK enum stance_status stance_store_default_path(char *ret_path, size_t size,
                                                               struct stance_problem *problem);

/* WRITE creates the file (0600) and its folders (0700), migrates the schema and proves that a
   commit succeeds and that the disk has room for a test. READ changes nothing. STANCE_STORE with a
   sentence that names the path, the reason and the remedy. */
STANCE_MUST_CHECK enum stance_status stance_store_open(const char *path,
                                                       enum stance_store_access access,
                                                       struct stance_store **ret_store,
                                                       struct stance_problem *problem);
/* Accepts NULL. */
void stance_store_close(struct stance_store *store);
/* As given to open; borrowed until close. */
const char *stance_store_path(const struct stance_store *store);
/* True where open found that the last writer had not closed: its commits were brought back. */
bool stance_store_was_recovered(const struct stance_store *store);
/* SQLite's own check of the whole file and of its references. STANCE_STORE with the first fault. */
STANCE_MUST_CHECK enum stance_status stance_store_check(struct stance_store *store,
                                                        struct stance_problem *problem);

/* Instruments of one rig. */
enum { STANCE_STREAM_MAX = 2 };

/* What one instrument delivers to a recording. */
struct stance_recording_stream {
  struct stance_source_info source;
  enum stance_side side;  /* the side that this instrument measures; NONE: as its channels say */
  char *calibration_text; /* calibration.h's text form, NULL where none is known; owned */
  /* read back only */
  uint64_t frames_stored;
  struct stance_clock_fit clock;
  struct stance_problem fault; /* why it ended early; "" where it did not */
};

/* What is known when a recording starts. Texts are copied. */
enum { STANCE_DAY_SIZE = 11 };

struct stance_recording {
  char id[STANCE_UUID_SIZE];      /* filled by begin */
  char session[STANCE_UUID_SIZE]; /* filled by begin when empty */
  char athlete[64];
  char operator_name[64];
  char started_at[32]; /* RFC 3339 UTC; filled by begin when empty */
  int utc_offset_min;
  char protocol_id[48];
  char *protocol_text;          /* the whole INI, so that the result can be recomputed; owned */
  char *ground_truth;           /* of a simulated rig; NULL else; owned */
  double body_mass_kg, lever_m; /* NaN where unknown */
  enum stance_side injured_side;
  char side_order[256]; /* as given, "" else */
  struct stance_recording_stream stream[STANCE_STREAM_MAX];
  size_t stream_count; /* 1 or 2 */
  char software[32];
  /* read back only */
  char finished_at[32];                      /* "" where the recording was cut off: truncated */
  char digest[STANCE_RECORDING_DIGEST_SIZE]; /* as kept at its end; "" where there is none */
};
void stance_recording_finish(struct stance_recording *recording);
void stance_recording_new_uuid(char ret_uuid[STANCE_UUID_SIZE]);

STANCE_MUST_CHECK enum stance_status stance_store_begin(struct stance_store *store,
                                                        struct stance_recording *recording,
                                                        struct stance_problem *problem);
/* The newest recording, where whoever made it never came to finish it: what a crash cut off, and
   how many seconds of it are there. STANCE_END where it was finished, or there is none. */
STANCE_MUST_CHECK enum stance_status stance_store_last_cut_off(struct stance_store *store,
                                                               char ret_id[STANCE_UUID_SIZE],
                                                               double *ret_stored_s,
                                                               struct stance_problem *problem);
/* What the athlete's latest test by this protocol was made with, and the day of it (YYYY-MM-DD): a
   lever belongs to a person and where the force acts. STANCE_END where there is none. */
STANCE_MUST_CHECK enum stance_status
stance_store_last_lever(struct stance_store *store, const char *athlete, const char *protocol_id,
                        double *ret_lever_m, char ret_day[STANCE_DAY_SIZE],
                        struct stance_problem *problem);
/* One durable commit: on STANCE_OK the frames survive a power cut. Any number of frames. For whole
   recordings at once; while sampling, the recorder does this. */
STANCE_MUST_CHECK enum stance_status stance_store_append(struct stance_store *store,
                                                         const char *recording_id, size_t stream,
                                                         const struct stance_raw_frame *frames,
                                                         size_t count, size_t channel_count,
                                                         struct stance_problem *problem);
/* Durable when it returns. Spans are in frame indices of the first stream; a count of 0 means up to
   the end, so that a phase is known from its start on. Adding the same kind and first index again
   replaces the count. While a recorder runs, use stance_recorder_add_phase. */
STANCE_MUST_CHECK enum stance_status stance_store_add_phase(struct stance_store *store,
                                                            const char *recording_id,
                                                            const struct stance_phase *phase,
                                                            struct stance_problem *problem);
/* Gives a recording that has begun the phases of another one, the times at which its frames
   arrived, its cues, and what was said of it, which locks nobody: for one that is played back. */
STANCE_MUST_CHECK enum stance_status stance_store_copy_timing(struct stance_store *store,
                                                              const char *from_id,
                                                              const char *to_id,
                                                              struct stance_problem *problem);
/* Marks the recording complete, with the sources' own counters, one for each of `stream_count`
   streams. What a source produced after the last stored frame is a gap at the end. Where every
   source has failed the recording counts as cut off; the faults are kept. Then the small blocks of
   a live recording are merged: that concerns only how fast it is read, and where it fails they stay
   as they are. Last, the digest of everything that is stored of it is kept. */
STANCE_MUST_CHECK enum stance_status
stance_store_finish_recording(struct stance_store *store, const char *recording_id,
                              const struct stance_source_health *health, size_t stream_count,
                              struct stance_problem *problem);

/* Reads a recording back: for each stream a raw trace with gaps in place (position = frame index),
   and the phases (owned by the caller, to be freed), cut to the first trace. A block whose checksum
   is wrong becomes a gap, never a guess, and its frames count as corrupt. The rate of a trace is
   the one measured by the host's clock where that is known better than the nominal one (clock.h).
   `ret_info` by stance_recording_finish, the `ret_info->stream_count` traces each by
   stance_raw_trace_finish; those beyond are zeroed. A recording cut off before its first commit is
   STANCE_END: everything is returned all the same, the traces are empty, `problem` says so.
   STANCE_INPUT where there is no such recording. */
STANCE_MUST_CHECK enum stance_status stance_store_load(
    struct stance_store *store, const char *recording_id, struct stance_recording *ret_info,
    struct stance_raw_trace ret_traces[STANCE_STREAM_MAX], struct stance_phase **ret_phases,
    size_t *ret_phase_count, struct stance_problem *problem);
/* What the simulated rig of a recording did, as a table; the caller frees it; NULL of any other
   rig. STANCE_INPUT where there is no such recording. */
STANCE_MUST_CHECK enum stance_status stance_store_get_truth(struct stance_store *store,
                                                            const char *recording_id,
                                                            char **ret_truth,
                                                            struct stance_problem *problem);
/* Ids of all recordings, oldest first; the caller frees the array. */
STANCE_MUST_CHECK enum stance_status stance_store_list(struct stance_store *store,
                                                       char (**ret_ids)[STANCE_UUID_SIZE],
                                                       size_t *ret_count,
                                                       struct stance_problem *problem);

/* What a list shows of a recording. */
struct stance_recording_summary {
  char id[STANCE_UUID_SIZE];
  char session[STANCE_UUID_SIZE];
  char athlete[64];
  char protocol_id[48];
  char started_at[32];
  char finished_at[32]; /* "" where it was cut off or is still being recorded */
  char model[64];
  double rate_hz;
  uint64_t frames_stored;
};
/* All recordings, oldest first; the caller frees the array. */
STANCE_MUST_CHECK enum stance_status
stance_store_list_recordings(struct stance_store *store,
                             struct stance_recording_summary **ret_summaries, size_t *ret_count,
                             struct stance_problem *problem);

/* Calibration profiles: immutable, keyed by id; the one that was put last, for the first time or
   again, is the instrument's. Another one under a known id is STANCE_MISMATCH. */
STANCE_MUST_CHECK enum stance_status
stance_store_put_calibration(struct stance_store *store,
                             const struct stance_calibration *calibration,
                             struct stance_problem *problem);
/* The profile that was put last for `instrument`; STANCE_END where there is none. */
STANCE_MUST_CHECK enum stance_status
stance_store_get_calibration(struct stance_store *store, const char *instrument,
                             struct stance_calibration *ret_calibration,
                             struct stance_problem *problem);

/* The profile with this id, or with the only id that begins with it. STANCE_INPUT where there is
   none, or more than one. */
STANCE_MUST_CHECK enum stance_status
stance_store_load_calibration(struct stance_store *store, const char *id,
                              struct stance_calibration *ret_calibration,
                              struct stance_problem *problem);
/* Ids of all profiles for `instrument` (NULL: for all) as they were put, so that the last one is in
   use; the caller frees the array. */
STANCE_MUST_CHECK enum stance_status stance_store_list_calibrations(struct stance_store *store,
                                                                    const char *instrument,
                                                                    char (**ret_ids)[64],
                                                                    size_t *ret_count,
                                                                    struct stance_problem *problem);

/* The digest of everything that is stored of a recording, made now: what was sampled and when, what
   is known of instrument, channels and calibration, the athlete, the protocol. The same as
   `digest` of stance_recording as long as no bit of it has changed. */
STANCE_MUST_CHECK enum stance_status
stance_store_digest(struct stance_store *store, const char *recording_id,
                    char ret_digest[STANCE_RECORDING_DIGEST_SIZE], struct stance_problem *problem);

/* A result as it was told at the time of the test. */
struct stance_stored_result {
  char software[64];   /* that made it */
  char created_at[32]; /* filled by put */
  char *settings;      /* of the analysis, "key=value" a line; NULL: not kept; owned */
  char *ledger;        /* stance_report_ledger's text; NULL: not kept; owned */
  char *long_csv;      /* the long layout; owned */
  /* read back only */
  bool has_digest;
  bool digest_holds; /* no bit of it, or of what it says of the recording's digest, has changed */
};
/* Accepts NULL. */
void stance_stored_result_finish(struct stance_stored_result *result);

/* One per recording and software version: an older one is replaced. */
STANCE_MUST_CHECK enum stance_status
stance_store_put_result(struct stance_store *store, const char *recording_id,
                        const struct stance_stored_result *result, struct stance_problem *problem);
/* The result by `software`, or the newest where it is NULL; by stance_stored_result_finish.
   STANCE_END where there is none. */
STANCE_MUST_CHECK enum stance_status
stance_store_get_result(struct stance_store *store, const char *recording_id, const char *software,
                        struct stance_stored_result *ret_result, struct stance_problem *problem);

/* Saves the records of one study together; `ret_study` names it. */
STANCE_MUST_CHECK enum stance_status
stance_store_put_reliability(struct stance_store *store,
                             const struct stance_reliability_record *records, size_t count,
                             char ret_study[STANCE_UUID_SIZE], struct stance_problem *problem);
/* STANCE_INPUT where there is no such study. */
STANCE_MUST_CHECK enum stance_status
stance_store_remove_reliability(struct stance_store *store, const char *study,
                                struct stance_problem *problem);
/* Oldest first; the caller frees the array, which is NULL where there is none. */
STANCE_MUST_CHECK enum stance_status
stance_store_list_reliability(struct stance_store *store,
                              struct stance_reliability_record **ret_records, size_t *ret_count,
                              struct stance_problem *problem);

/* Checks of instruments: immutable. */
STANCE_MUST_CHECK enum stance_status
stance_store_put_verification(struct stance_store *store,
                              const struct stance_verification *verification,
                              struct stance_problem *problem);
/* Oldest first; the caller frees the array, which is NULL where there is none. */
STANCE_MUST_CHECK enum stance_status
stance_store_list_verifications(struct stance_store *store, struct stance_verification **ret_checks,
                                size_t *ret_count, struct stance_problem *problem);
/* The latest decided check of each kind and force of `instrument` that was made by the time `at`
   (RFC 3339, UTC). `room` of STANCE_CHECK_KIND_COUNT * STANCE_SIDE_COUNT holds them all. */
STANCE_MUST_CHECK enum stance_status
stance_store_verifications_in_force(struct stance_store *store, const char *instrument,
                                    const char *at, struct stance_verification_in_force *ret_checks,
                                    size_t room, size_t *ret_count, struct stance_problem *problem);

#endif
