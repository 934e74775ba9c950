/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A check of an instrument as it is kept: what was checked, with what, and what came of it. */
#ifndef STANCE_VERIFICATION_RECORD_H
#define STANCE_VERIFICATION_RECORD_H

#include "stance/reason.h"
#include "stance/side.h"
#include "stance/verification.h"

#include <stddef.h>

enum { STANCE_VERIFICATION_SUBJECT_MAX = 6 }; /* two instruments, three forces each */

/* One force of one instrument that was checked. */
struct stance_verification_subject {
  char instrument[136]; /* model and serial, as calibrations are kept under */
  enum stance_side side;
  char serial[64];      /* of the sensor; "" where the profile names none, or several */
  char calibration[64]; /* id of the profile it was checked with */
};

/* Immutable once stored. "" stands for what was not given. */
struct stance_verification {
  char id[64];
  enum stance_check_kind kind;
  enum stance_check_verdict verdict;
  char performed_at[32]; /* RFC 3339, UTC */
  char valid_until[32];  /* the same */
  char operator_name[64];
  char standard[192];
  char software[32];
  char words[512];        /* the verdict, and how far it may be trusted */
  char values_json[2048]; /* one object: what was read, what follows, with uncertainties */
  struct stance_verification_subject subject[STANCE_VERIFICATION_SUBJECT_MAX];
  size_t subject_count;
};

/* The latest decided check of one kind and force of an instrument at some time. */
struct stance_verification_in_force {
  char id[64];
  enum stance_check_kind kind;
  enum stance_side side;
  enum stance_check_verdict verdict;
  char valid_until[32];
  char calibration[64];
};
/* What the checks in force make of a recording started `at` (RFC 3339, UTC) with the profile
   `calibration`: verification_failed, verification_overdue. A check holds for the profile it was
   made with. Any context. */
stance_reason_set stance_verification_doubts(const struct stance_verification_in_force *checks,
                                             size_t count, const char *at, const char *calibration);

#endif
