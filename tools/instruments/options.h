/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of stance-instrument. */
#ifndef STANCE_INSTRUMENT_OPTIONS_H
#define STANCE_INSTRUMENT_OPTIONS_H

#include "stance/frame.h"
#include "virtual_server.h"

enum { STANCE_INSTRUMENT_MAX = 8 };

/* One instrument as it is asked for. */
struct stance_instrument_request {
  const struct stance_virtual_kind *kind;
  const char *serial, *play, *wiring, *truth;
  double newton_per_volt, bias_v, marks_v, speed, ppm;
  unsigned sampled[STANCE_CHANNEL_COUNT_MAX]; /* for the profile: as the station will sample it */
  size_t sampled_count;
  bool real_time;
  const char *fault[STANCE_VIRTUAL_FAULT_MAX];
  size_t fault_count;
};

struct stance_instrument_options {
  struct stance_instrument_request request[STANCE_INSTRUMENT_MAX];
  size_t count;
  struct stance_virtual_server_options server;
  bool print_profile, list;
};

/* Ends the program with status 2 and a sentence on a wrong use. */
void stance_instrument_parse(int argc, char **argv, struct stance_instrument_options *ret_options);

/* profile.c: the calibration profile that turns the readings of these inputs, in that order, back
   into the newtons that are played; the text of calibration.h. The caller frees it. */
STANCE_MUST_CHECK enum stance_status
stance_instrument_profile(const struct stance_virtual_device *device, const unsigned *inputs,
                          size_t input_count, char **ret_text, struct stance_problem *problem);

#endif
