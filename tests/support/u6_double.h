/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STANCE_TESTS_U6_DOUBLE_H
#define STANCE_TESTS_U6_DOUBLE_H

#include "instrument.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A U6 that answers as its documents say, with switches for what can go wrong. */
struct u6_double {
  uint8_t answer[64];
  size_t answer_length;
  uint8_t commands[64][40]; /* as received */
  size_t command_count;
  bool streaming;
  unsigned silent;    /* that many commands are not answered */
  unsigned garbled;   /* that many answers have a wrong checksum */
  unsigned refused;   /* that many are answered B8 B8 */
  uint8_t error_of;   /* the command with this number … */
  uint8_t error_code; /* … is answered with this code */
  double slope_factor;
  bool pro;
  bool broken; /* the cable */
};

struct u6_double u6_double_make(void);
/* A bench_answer over it; fails the test at a wrong endpoint or checksum. */
struct stance_usb_reply u6_double_answer(void *context, const struct stance_usb_exchange *exchange);

#endif
