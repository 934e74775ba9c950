/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether this computer can record a test: each check says what it found and, where that does not
   do, the command that mends it. Looks only, but for the one check that says otherwise: nothing is
   opened for writing, no instrument is asked. */
#ifndef STANCE_DOCTOR_H
#define STANCE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stance_verdict {
  STANCE_VERDICT_GOOD,
  STANCE_VERDICT_ADVICE, /* it works, and could work better */
  STANCE_VERDICT_BAD,    /* it does not hold: the exit status is 1 */
};

struct stance_finding {
  const char *check; /* lives as long as the program */
  enum stance_verdict verdict;
  char what[512];
  char mend[512]; /* "" where there is nothing to mend */
};

enum { STANCE_FINDING_MAX = 64 };
/* Zeroed but for `root`, which stands before every system path: "" but in tests. */
struct stance_doctor {
  const char *root;
  struct stance_finding finding[STANCE_FINDING_MAX]; /* what is beyond is not kept */
  size_t count;
};

/* What this process may do; `stance_doctor_read_limits` asks the system. */
struct stance_doctor_limits {
  uint64_t realtime_priority; /* RLIMIT_RTPRIO */
  uint64_t locked_bytes;      /* RLIMIT_MEMLOCK; UINT64_MAX for no limit */
  bool superuser;             /* whom no limit binds */
};
struct stance_doctor_limits stance_doctor_read_limits(void);

void stance_doctor_check_instruments(struct stance_doctor *doctor);
void stance_doctor_check_limits(struct stance_doctor *doctor,
                                const struct stance_doctor_limits *limits);
/* usbfs memory, processor governor, clock source. */
void stance_doctor_check_host(struct stance_doctor *doctor);
/* Disk, file system and health of the store at `path`, which need not be there yet. The disk is
   looked up without `root`, what is mounted with it. */
void stance_doctor_check_store(struct stance_doctor *doctor, const char *path);
/* Sound cards, and whether it is known how late each plays: from the store at `path`, which need
   not be there. Takes seconds on some machines. */
void stance_doctor_check_sound(struct stance_doctor *doctor, const char *path);
/* Plays and listens (cue_loopback.h), and keeps in the store at `path` how late the card plays: the
   one check that changes something. */
struct stance_loopback_options;
void stance_doctor_measure_sound(struct stance_doctor *doctor, const char *path,
                                 const struct stance_loopback_options *options);
/* True where nothing is bad. */
bool stance_doctor_holds(const struct stance_doctor *doctor);

/* For the files of the doctor. `mend` may be "". */
void stance_doctor_note(struct stance_doctor *doctor, const char *check,
                        enum stance_verdict verdict, const char *mend, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* First line of a file under the root; false where it cannot be read. */
bool stance_doctor_read_line(const struct stance_doctor *doctor, const char *path, char *ret_line,
                             size_t size);

#endif
