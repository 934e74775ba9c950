/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A driver's dialogues and decoder on one side, a virtual instrument on the other, and no USB
   between them: each was written from the maker's documents alone. */
#ifndef STANCE_TESTS_VIRTUAL_TRIP_H
#define STANCE_TESTS_VIRTUAL_TRIP_H

#include "support/decoder_bench.h"
#include "support/virtual_line.h"

#include "instrument.h"

struct virtual_trip {
  struct virtual_line line; /* the instrument */
  const struct stance_instrument *instrument;
  struct stance_uri uri;
  void *state;
  struct stance_source_info info;
  struct stance_usb_shape shape;
  struct stance_usb_exchange exchange;
  uint8_t answer[STANCE_USB_DATA_MAX + 64];
  size_t answer_length;
  struct decoder_bench bench;
};

/* Opens, identifies, tests and configures; terminal k carries k · `step_v`. Fails the test where a
   dialogue does. */
void virtual_trip_open(struct virtual_trip *trip, const char *uri,
                       const struct stance_virtual_kind *kind, double step_v);
void virtual_trip_close(struct virtual_trip *trip);
void virtual_trip_start(struct virtual_trip *trip);
void virtual_trip_run(struct virtual_trip *trip, unsigned ms);
void virtual_trip_stop(struct virtual_trip *trip);
/* STANCE_OK or what the driver says of it. */
enum stance_status virtual_trip_converse(struct virtual_trip *trip, enum stance_dialogue dialogue,
                                         struct stance_problem *problem);

#endif
