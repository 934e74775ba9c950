/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the open plate share. */
#ifndef STANCE_OPEN_PLATE_H
#define STANCE_OPEN_PLATE_H

#include "open_frame.h"
#include "usb_serial.h"

struct stance_open_talk {
  const uint8_t *script;
  size_t act, described_count;
  unsigned attempt, reads;
  bool asked; /* and the answer is still to come */
  struct stance_open_gatherer gatherer;
};

struct stance_open_plate_state {
  struct stance_open_stream stream;
  struct stance_bridge bridge;
  struct stance_open_talk talk; /* of the dialogue under way */
  /* As asked for. */
  const char *channels, *map; /* borrowed from the URI */
  double wanted_rate_hz;
  /* As it says. */
  size_t input_count;
  size_t sample_bytes;
  double lowest_rate_hz, highest_rate_hz;
  char serial[17], model[25], firmware[13];
  struct stance_channel input[STANCE_CHANNEL_COUNT_MAX];
  /* Both together. */
  unsigned channel[STANCE_CHANNEL_COUNT_MAX]; /* sampled ones, lowest first */
  enum stance_side side[STANCE_CHANNEL_COUNT_MAX];
  size_t channel_count;
};

extern const char stance_open_scheme[];

/* Channels and sides of the URI against the inputs that there are. STANCE_USAGE. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_open_choose_channels(struct stance_open_plate_state *plate, struct stance_problem *problem);
/* `converse` of the instrument. WORK. */
STANCE_MUST_CHECK enum stance_status
stance_open_converse(void *state, enum stance_dialogue dialogue, unsigned step,
                     const struct stance_usb_reply *reply, struct stance_usb_exchange *ret_exchange,
                     struct stance_problem *problem);

#endif
